# SPDX-License-Identifier: GPL-2.0
"""The last of all: everything is removed, and nothing of it stays behind."""

import pytest

from headroom.testbed import Testbed

pytestmark = [pytest.mark.debug, pytest.mark.vm, pytest.mark.no_recorder,
              pytest.mark.last]


def test_nothing_is_left(testbed: Testbed) -> None:
    """Down, no streaming mapping; removed, none at all; unloaded, no leak.

    On the debug flavours the kernel's own DMA debugging and kmemleak have the
    word, elsewhere the NIC's and the IOMMU's counters.
    """
    testbed.end_recorder()
    testbed.check_down()
    testbed.clear()
    testbed.check_nothing_mapped()
    testbed.unload()
    testbed.check_nothing_mapped()
    testbed.check_health()
    loaded = testbed.host.read("/proc/modules")
    for name in ("hgso ", "hgro ", "inet_lro ", "nsim_iommu ", "netdevsim "):
        assert not any(line.startswith(name) for line in loaded.splitlines())
    if testbed.debug:
        assert testbed.has_dma_debug
    assert testbed.host.kmemleak() == ""
