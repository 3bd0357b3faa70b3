# SPDX-License-Identifier: GPL-2.0
"""Hardware that merges what it receives: exactly, and only when asked to."""

import pytest

from headroom import counters, iperf, tap, transfer, vlan
from headroom.nic import RX_STRATEGIES, Nic
from headroom.pair import Pair

FEATURE = "rx-gro-hw"
OCTETS = transfer.MIB


def check_merged(counted: counters.Counters) -> None:
    """Every frame was received that way, and most came merged."""
    frames = counted["driver.rx_lro_hw"]
    merged = counted["driver.rx_hw_merged_segs"]
    assert frames == counted["driver.rx_packets"] == counted["hw.rx_frames"]
    assert counted["driver.rx_bytes"] == counted["hw.rx_bytes"]
    assert merged == counted["hw.rx_merged"]
    assert merged > frames / 2
    assert merged > 2 * counted["driver.rx_hw_merged"] > 0


@pytest.mark.parametrize("family", [4, 6])
def test_stream(pair: Pair, family: int) -> None:
    """A stream and a file, and the file is right."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="lro-hw")
    before = pair.counters_at_rest()
    with iperf.server(pair):
        stream = iperf.stream(pair, family)
    transfer.send(pair, family, sent)
    counted = (pair.counters_at_rest() - before).right
    print(stream, counted.show())
    check_merged(counted)


@pytest.mark.parametrize("taken_out", [False, True])
def test_vlan_device(pair: Pair, taken_out: bool) -> None:
    """Tagged streams merge, beneath a VLAN device, which has no LRO."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="lro-hw")
    try:
        pair.right.set_features(rxvlan=taken_out)
        with vlan.tagged(pair, 7) as there:
            assert on(pair.right)
            for family in (4, 6):
                before = pair.counters_at_rest()
                transfer.send(pair, family, sent, address=there[family])
                check_merged((pair.counters_at_rest() - before).right)
    finally:
        pair.right.set_features(rxvlan=False)


@pytest.mark.parametrize("buffer", [4096, 16384])
def test_jumbo_frames(pair: Pair, buffer: int) -> None:
    """Super-packets of jumbo frames, in many buffers of a page, and in few."""
    sent = transfer.payload(pair.host, 4 * OCTETS)
    pair.reset(rx="lro-hw")
    try:
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "9000")
        pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                       str(buffer))
        pair.up()
        before = pair.counters_at_rest()
        transfer.send(pair, 4, sent)
        counted = (pair.counters_at_rest() - before).right
    finally:
        pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                       "4096")
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "1500")
    check_merged(counted)


def on(nic: Nic) -> bool:
    """Tell whether it merges, by ``ethtool -k``."""
    return nic.features()[FEATURE].on


def test_feature_is_true(pair: Pair) -> None:
    """ethtool -k shows it with the strategy that has it, and no other."""
    for rx in RX_STRATEGIES:
        pair.reset(rx=rx)
        feature = pair.right.features()[FEATURE]
        assert feature.on == (rx == "lro-hw"), rx
        assert feature.fixed == (rx != "lro-hw"), rx
    pair.reset(rx="lro-hw")
    # What was merged can be forwarded: it stays on.
    name = f"net.ipv4.conf.{pair.right.ifname}.forwarding"
    try:
        pair.right.run("sysctl", "-w", f"{name}=1")
        assert on(pair.right)
    finally:
        pair.right.run("sysctl", "-w", f"{name}=0")
    # It needs verified checksums.
    try:
        pair.right.set_features(rx=False)
        assert not on(pair.right)
    finally:
        pair.right.set_features(rx=True)
    assert on(pair.right)


def test_off_under_traffic(pair: Pair) -> None:
    """ethtool -K rx-gro-hw off and on while a stream comes."""
    block = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="lro-hw")
    with transfer.flow(pair, 4, block):
        for state in (False, True, False, True):
            pair.right.set_features(rx_gro_hw=state)
            assert on(pair.right) == state
            counted = pair.right.counted("driver.rx_lro_hw", 300)
            # A few were in the ring already.
            assert (counted["driver.rx_hw_merged_segs"] > 150) == state


def test_stack_sees_super_packets(pair: Pair) -> None:
    """A tap sees few long packets, each with the headers of one."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="lro-hw")
    before = pair.right.counters()
    with tap.tapped(pair.right, "tcp", "and", "dst", "host",
                    pair.right.address4) as tapped:
        transfer.send(pair, 4, sent)
        tapped.stop()
        found = tap.packets(tapped.path)
    counted = pair.right.counters() - before
    # Their lengths are right, or this raises.
    assert sum(len(tap.tcp4(packet)[2]) for packet in found) >= OCTETS
    assert max(len(packet) for packet in found) > 10_000
    assert len(found) < counted["driver.rx_packets"] / 2
