# SPDX-License-Identifier: GPL-2.0
"""Debian's own kernel, unmodified, with our modules in it."""

import pathlib

import pytest

from headroom import transfer
from headroom.testbed import Testbed
from tools.kernel import distro
from tools.vm import Machine

# It boots a guest of its own.
pytestmark = [pytest.mark.no_guest, pytest.mark.stock,
              pytest.mark.not_uml("it is another kernel, in a VM")]


def test_distribution_kernel(out: pathlib.Path) -> None:
    """hgso carries files there, every map is undone, nothing is left."""
    with Machine("release", tree=distro.tree(), out=out) as machine:
        assert machine.release == distro.release(distro.tree())
        testbed = Testbed(machine, "release", out)
        pair = testbed.pair()
        pair.reset(tx="hgso")
        sent = transfer.payload(machine, 4 * transfer.MIB)
        for family in (4, 6):
            transfer.send(pair, family, sent)
        counted = pair.counters().left
        assert counted["driver.tx_hgso_skbs"] > 0
        assert counted["driver.tx_gso_fallback"] == 0
        testbed.check_down()
        testbed.unload()
        testbed.check_nothing_mapped()
