# SPDX-License-Identifier: GPL-2.0
"""The demo fails when the NIC is broken, and only then."""

import pathlib

import pytest

from headroom import demo
from headroom.testbed import Testbed

pytestmark = [
    pytest.mark.no_pair,
    pytest.mark.not_uml("a second CPU, which is the hardware's")]


@pytest.mark.parametrize("bug", ["none", "use-after-unmap"])
def test_demo(testbed: Testbed, out: pathlib.Path, bug: str) -> None:
    """A driver that unmaps what the hardware has yet to read is told of it.

    The same run with the driver as it is has nothing to complain of.
    """
    testbed.clear()
    wrong = demo.run(testbed.host, demo.Output(out / "output.txt"), 1, 1,
                     bug, ["gso"])
    if bug == "none":
        assert not wrong
        return
    assert any("DMA faults" in text for text in wrong), wrong
    assert any("gso over IPv4" in text for text in wrong), wrong
