# SPDX-License-Identifier: GPL-2.0
"""LRO, ours and hardware's: streams arrive intact; it is off where it must."""

import contextlib
from collections.abc import Iterator

import pytest

from headroom import counters, iperf, superpacket, transfer
from headroom.nic import RX_STRATEGIES, Nic
from headroom.pair import Pair
from headroom.vlan import tagged

LRO = ("lro-skb", "lro-frags")
FEATURE = "large-receive-offload"
# Exactly, so that what was merged may be forwarded.
HARDWARE = "lro-hw"
HARDWARE_FEATURE = "rx-gro-hw"
OCTETS = transfer.MIB
GUARD = "received packets cannot be forwarded while LRO is enabled"


def check_hardware(counted: counters.Counters) -> None:
    """Every frame was received that way, and most came merged."""
    frames = counted["driver.rx_lro_hw"]
    merged = counted["driver.rx_hw_merged_segs"]
    assert frames == counted["driver.rx_packets"] == counted["hw.rx_frames"]
    assert counted["driver.rx_bytes"] == counted["hw.rx_bytes"]
    assert merged == counted["hw.rx_merged"]
    assert merged > frames / 2
    assert merged > 2 * counted["driver.rx_hw_merged"] > 0


def check_merged(counted: counters.Counters, rx: str) -> None:
    """Every frame was LRO's, is in one counter, and most were merged."""
    if rx == HARDWARE:
        check_hardware(counted)
        return
    frames = counted[f"driver.rx_{rx.replace('-', '_')}"]
    aggregated = counted["driver.rx_lro_aggregated"]
    assert frames == aggregated + sum(
        counted[f"driver.rx_lro_{name}"]
        for name in ("no_desc", "passed", "dropped"))
    assert counted["driver.rx_lro_dropped"] == 0
    assert aggregated > frames / 2
    assert aggregated > 2 * counted["driver.rx_lro_flushed"]


def hardware_address(nic: Nic) -> str:
    """Return its link-layer address."""
    return nic.run("ip", "-br", "link", "show", "dev", nic.ifname,
                   ).stdout.split()[2]


def lro_on(nic: Nic, feature: str = FEATURE) -> bool:
    """Tell whether LRO is on, by ``ethtool -k``."""
    return nic.features()[feature].on


def carry(pair: Pair, rx: str, family: int) -> None:
    """A stream and a file: the file is right, and most frames were merged.

    Only iperf3 writes so much at a time that jumbo frames can be.
    """
    sent = transfer.payload(pair.host, OCTETS)
    before = pair.counters_at_rest()
    with iperf.server(pair):
        stream = iperf.stream(pair, family)
    transfer.send(pair, family, sent)
    counted = (pair.counters_at_rest() - before).right
    print(stream, counted.show())
    check_merged(counted, rx)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("rx", [*LRO, HARDWARE])
def test_stream(pair: Pair, rx: str, family: int) -> None:
    """They arrive by each way."""
    pair.reset(rx=rx)
    carry(pair, rx, family)


@pytest.mark.parametrize("rx", [*LRO, HARDWARE])
@pytest.mark.parametrize("buffer", [4096, 16384])
def test_jumbo_frames(pair: Pair, rx: str, buffer: int) -> None:
    """Frames in three buffers of a page, and in one of four pages."""
    pair.reset(rx=rx)
    try:
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "9000")
        pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                       str(buffer))
        pair.up()
        carry(pair, rx, 4)
    finally:
        pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                       "4096")
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "1500")


@contextlib.contextmanager
def priority_tagged(pair: Pair) -> Iterator[str]:
    """Let the left end tag what it sends with VLAN 0; give an address.

    A frame with such a tag is for the NIC itself: no VLAN device is needed.
    """
    left, right = pair.nics
    tag = "niclro.0"
    try:
        left.run("ip", "link", "add", "link", left.ifname, "name", tag,
                 "type", "vlan", "id", "0")
        left.run("ip", "address", "add", "198.51.100.1/24", "dev", tag)
        left.run("ip", "link", "set", tag, "up")
        left.run("ip", "neighbour", "add", "198.51.100.2", "lladdr",
                 hardware_address(right), "dev", tag)
        right.run("ip", "address", "add", "198.51.100.2/24", "dev",
                  right.ifname)
        yield "198.51.100.2"
    finally:
        right.run("ip", "address", "del", "198.51.100.2/24", "dev",
                  right.ifname, check=False)
        left.run("ip", "link", "del", tag, check=False)


@pytest.mark.parametrize("taken_out", [False, True])
def test_vlan(pair: Pair, taken_out: bool) -> None:
    """Tagged streams aggregate, with the tag in the frame or beside it."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="lro-frags")
    try:
        pair.right.set_features(rxvlan=taken_out)
        with priority_tagged(pair) as address:
            before = pair.right.counters()
            transfer.send(pair, 4, sent, address=address)
            counted = pair.right.counters() - before
    finally:
        pair.right.set_features(rxvlan=False)
    check_merged(counted, "lro-frags")


def test_vlan_device(pair: Pair) -> None:
    """A VLAN device has no LRO, so the kernel turns off that of its NIC."""
    pair.reset(rx="lro-frags")
    assert lro_on(pair.right)
    with tagged(pair, 7):
        pair.right.run("ethtool", "-K", pair.right.ifname, "lro", "on",
                       check=False)
        assert not lro_on(pair.right)
        transfer.send(pair, 4, transfer.payload(pair.host, OCTETS))


def test_features_are_true(pair: Pair) -> None:
    """ethtool -k shows each with the strategies that do it, and no other."""
    for rx in RX_STRATEGIES:
        pair.reset(rx=rx)
        features = pair.right.features()
        for name, ways in ((FEATURE, LRO), (HARDWARE_FEATURE, [HARDWARE])):
            assert features[name].on == (rx in ways), rx
            assert features[name].fixed == (rx not in ways), rx
    pair.reset(rx="lro-skb")
    pair.right.set_features(lro=False)
    # From one to the other it stays as the administrator set it.
    pair.reset(rx="lro-frags")
    assert not lro_on(pair.right)


def test_off_under_traffic(pair: Pair) -> None:
    """ethtool -K lro off and on while a stream comes."""
    block = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="lro-frags")
    with transfer.flow(pair, 4, block):
        for on in (False, True, False, True):
            pair.right.set_features(lro=on)
            assert lro_on(pair.right) == on
            counted = pair.right.counted("driver.rx_lro_frags", 200)
            assert (counted["driver.rx_lro_aggregated"] > 0) == on
            assert (counted["driver.rx_lro_passed"] >= 200) == (not on)


def test_hardware_off_under_traffic(pair: Pair) -> None:
    """ethtool -K rx-gro-hw off and on while a stream comes."""
    block = transfer.payload(pair.host, OCTETS)
    pair.reset(rx=HARDWARE)
    with transfer.flow(pair, 4, block):
        for on in (False, True, False, True):
            pair.right.set_features(rx_gro_hw=on)
            assert lro_on(pair.right, HARDWARE_FEATURE) == on
            counted = pair.right.counted("driver.rx_lro_hw", 300)
            # A few were in the ring already.
            assert (counted["driver.rx_hw_merged_segs"] > 150) == on


@contextlib.contextmanager
def forwarding(nic: Nic, family: int) -> Iterator[None]:
    """Let a NIC forward."""
    name = f"net.ipv{family}.conf.{nic.ifname}.forwarding"
    try:
        nic.run("sysctl", "-w", f"{name}=1")
        yield
    finally:
        nic.run("sysctl", "-w", f"{name}=0")


@contextlib.contextmanager
def bridged(nic: Nic) -> Iterator[None]:
    """Make a NIC a port of a bridge."""
    try:
        nic.run("ip", "link", "add", "lrobr", "type", "bridge")
        nic.run("ip", "link", "set", nic.ifname, "master", "lrobr")
        yield
    finally:
        nic.run("ip", "link", "del", "lrobr")


def test_forwarding_turns_it_off(pair: Pair) -> None:
    """Who forwards or bridges has LRO off, whichever came first."""
    nic = pair.right
    ways = [lambda: forwarding(nic, 4), lambda: forwarding(nic, 6)]
    if nic.run("ip", "link", "add", "lrobr", "type", "bridge",
               check=False).returncode == 0:
        nic.run("ip", "link", "del", "lrobr")
        ways.append(lambda: bridged(nic))
    else:
        print("the kernel has no bridge: forwarding only")
    for way in ways:
        pair.reset(rx="gro")
        pair.reset(rx="lro-skb")
        assert lro_on(nic)
        with way():
            assert not lro_on(nic)
            pair.reset(rx="gro")
            pair.reset(rx="lro-skb")
            assert not lro_on(nic)


def test_guard(pair: Pair) -> None:
    """Merged packets that reach forwarding all the same are stopped."""
    nic = pair.right
    own = hardware_address(nic)
    pair.reset(rx="lro-frags")
    assert GUARD not in pair.host.dmesg()
    try:
        pair.down()
        nic.run("ip", "link", "set", nic.ifname, "address",
                superpacket.DESTINATION.hex(":"))
        pair.up()
        nic.run("ip", "route", "add", "192.0.2.200", "via", "192.0.2.1",
                "dev", nic.ifname)
        with forwarding(nic, 4):
            nic.set_features(lro=True)
            before = nic.counters()
            superpacket.send(pair.left, 4, 0, 1, 1000, [8000] * 4)
            counted = nic.counters() - before
    finally:
        pair.down()
        nic.run("ip", "link", "set", nic.ifname, "address", own)
        pair.up()
    assert counted["driver.rx_lro_aggregated"] > 0
    assert GUARD in pair.host.dmesg()
