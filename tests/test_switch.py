# SPDX-License-Identifier: GPL-2.0
"""Three NICs in three namespaces around a modelled switch."""

import json

import pytest

from headroom import burst, executor, wire
from headroom.pair import Pair
from headroom.star import Star, address, star

pytestmark = pytest.mark.usefixtures("pair")


def partition(sw: Star) -> None:
    """Each frame that came in is in exactly one counter."""
    counted = sw.switch.counters()
    assert counted["switch.received"] == sum(
        counted[f"switch.{name}"]
        for name in ("forwarded", "flooded", "filtered", "malformed"))


def test_learning(pair: Pair) -> None:
    """It floods what it does not know, and then sends to the one port."""
    with star(pair.host) as sw:
        one, two, three = sw.nics
        sw.ping(one, two)
        macs = {nic.ifname: json.loads(nic.run(
            "ip", "-j", "link", "show", nic.ifname).stdout)[0]["address"]
                for nic in (one, two)}
        assert {macs[n.ifname]: f"{n.ifname}.0" for n in (one, two)}.items() \
            <= sw.switch.fdb().items()
        before = sw.switch.counters()
        idle = wire.read(three)["wire.received"]
        sw.ping(one, two, count=20, octets=1400)
        counted = sw.switch.counters() - before
        assert counted["switch.forwarded"] >= 40
        # But for a neighbour that is asked for anew.
        assert wire.read(three)["wire.received"] - idle == \
            counted["switch.flooded"]
        sw.ping(three, two)
        sw.ping(three, one)
        partition(sw)
        assert sw.switch.counters()["switch.full"] == 0


def test_egress_queue(pair: Pair) -> None:
    """A burst to a slow port is queued up to a bound, and the rest counted."""
    with star(pair.host) as sw:
        one, two, _ = sw.nics
        sw.ping(one, two)
        sw.switch.set_port(two, "rate_bps", 1)
        before = wire.read(one)["wire.sent"]
        burst.datagrams(one, address(two), 300, 100)
        wire.wait(one, lambda c: c["wire.sent"] >= before + 300)
        queue = sw.switch.port_counters(two)
        assert queue["wire.queued"] == 256
        assert queue["wire.queue_full"] >= 300 - 256
        assert sw.switch.counters()["switch.full"] == queue["wire.queue_full"]
        sw.switch.set_port(two, "rate_bps", 0)
        wire.wait(two, lambda c: c["wire.received"] >= 256)
        sw.ping(one, two)
        partition(sw)


def test_bad_names(pair: Pair) -> None:
    """A switch's name is a word; blanks around it do not belong to it."""
    new, gone = ("/sys/kernel/debug/nsim_switch/new",
                 "/sys/kernel/debug/nsim_switch/del")
    for name in ("", "a/b", ".x", "new", "x" * 32):
        with pytest.raises(executor.CommandError):
            pair.host.write(new, name or "\n")
    pair.host.write(new, "  spaced \n")
    with pytest.raises(executor.CommandError):
        pair.host.write(new, "spaced")
    pair.host.write(gone, "\tspaced")
    with pytest.raises(executor.CommandError):
        pair.host.write(gone, "spaced")
