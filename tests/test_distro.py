# SPDX-License-Identifier: GPL-2.0
"""Debian's own kernel, unmodified, with our modules in it."""

import pathlib

import pytest

from headroom import executor, takeover, transfer
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.kernel import distro
from tools.vm import Machine

# It boots a guest of its own.
pytestmark = [pytest.mark.no_guest, pytest.mark.stock,
              pytest.mark.not_uml("it is another kernel, in a VM")]

CONTAINER = 'unshare --user --map-root-user bash -c "echo $1 >$2"'


def take_over(host: executor.Executor, pair: Pair,
              sent: transfer.Payload) -> None:
    """The takeover on this unmodified kernel: all of a file is taken. The
    root of a container cannot switch it.
    """
    pair.reset(tx="gso")
    with takeover.taken_over(host):
        for attempt in ("1", "0"):
            refused = executor.script(host, CONTAINER, attempt,
                                      takeover.SWITCH, check=False)
            assert "Operation not permitted" in refused.stderr
            assert takeover.status(host)["state"] == "off"
        host.write(takeover.SWITCH, "1")
        for family in (4, 6):
            transfer.send(pair, family, sent)
        counted = takeover.status(host)
    assert int(counted["segments"]) > sent.octets // 1448
    assert [word for word in counted if word.startswith("passed.")] == []


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
        take_over(machine, pair, sent)
        testbed.check_down()
        testbed.unload()
        testbed.check_nothing_mapped()
