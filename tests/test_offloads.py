# SPDX-License-Identifier: GPL-2.0
"""Each offload of the modelled hardware, switched, does what it says."""

import contextlib
import pathlib
import re
from collections.abc import Iterator

import pytest

from headroom import burst, capture, executor, transfer, vlan, wire
from headroom.nic import Nic
from headroom.pair import Pair

# What skbs look like when they reach the stack: GRO's own tracepoint. $1: the
# address to send to, $2: the device that receives.
TRACE = """
set -e
cd /sys/kernel/tracing
echo 0 >tracing_on
echo >trace
echo "name == \\"$2\\"" >events/net/napi_gro_receive_entry/filter
echo 1 >events/net/napi_gro_receive_entry/enable
echo 1 >tracing_on
trap 'echo 0 >tracing_on; echo 0 >events/net/napi_gro_receive_entry/enable' \\
    EXIT
ip netns exec left ping -q -c 3 -w 30 "$1" >/dev/null
ip netns exec left bash -c 'for n in 1 2; do echo >"/dev/udp/$0/9"; done' "$1"
ip netns exec left ping -q -c 1 -w 30 "$1" >/dev/null
cat trace
"""
OCTETS = transfer.MIB // 4
SUMMED = re.compile(r"ip_summed=(\d)")
NONE, UNNECESSARY, COMPLETE = "0", "1", "2"
HASH = re.compile(r"hash=0x([0-9a-f]+) l4_hash=(\d)")


@contextlib.contextmanager
def features(nic: Nic, on: dict[str, bool]) -> Iterator[None]:
    """Switch features of *nic*, and back; ``ethtool -K`` with these words."""
    def switch(state: dict[str, bool]) -> None:
        nic.run("ethtool", "-K", nic.ifname,
                *(word for name, to in state.items()
                  for word in (name, "on" if to else "off")))
    switch(on)
    try:
        yield
    finally:
        switch({name: not to for name, to in reversed(on.items())})


@pytest.mark.parametrize("strategy", ["hgso", "tso-hw"])
def test_checksums_by_protocol(pair: Pair, out: pathlib.Path,
                               strategy: str) -> None:
    """With checksums of TCP and UDP only, frames are as good."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(tx=strategy)
    with features(pair.left, {"tx-checksum-ip-generic": False,
                              "tx-checksum-ipv4": True,
                              "tx-checksum-ipv6": True}):
        shown = pair.left.features()
        assert not shown["tx-checksum-ip-generic"].on
        assert shown["tx-checksum-ipv4"].on and shown["tx-checksum-ipv6"].on
        path = out / "wire.pcap"
        with capture.wire(pair.left, path):
            for family in (4, 6):
                transfer.send(pair, family, sent)
        assert capture.check(path).tcp > 0
    assert pair.left.features()["tx-checksum-ip-generic"].on


def summed(pair: Pair) -> set[str]:
    """Return what is said of the checksums of echoes and datagrams."""
    text = executor.script(pair.host, TRACE, pair.right.address4,
                           pair.right.ifname).stdout
    return set(SUMMED.findall(text))


def test_receive_checksums(pair: Pair) -> None:
    """Verified ones are, given sums are taken, and off means none."""
    sent = transfer.payload(pair.host, OCTETS)
    nic = pair.right
    seen, said = {}, {}
    for name, switch in (("ok", ("-K", nic.ifname, "rx", "on")),
                         ("none", ("-K", nic.ifname, "rx", "off"))):
        nic.run("ethtool", *switch)
        before = nic.counters()
        transfer.send(pair, 4, sent)
        seen[name] = nic.counters() - before
        said[name] = summed(pair)
    nic.run("ethtool", "-K", nic.ifname, "rx", "on")
    # Of an echo the hardware says nothing.
    assert said["ok"] == {NONE, UNNECESSARY}
    assert said["none"] == {NONE}
    assert seen["ok"]["driver.rx_csum_ok"] > 150
    assert seen["none"]["driver.rx_csum_ok"] == 0
    assert seen["none"]["driver.rx_csum_none"] > 150
    nic.run("ethtool", "--set-priv-flags", nic.ifname, "rx-csum-complete",
            "on")
    try:
        for family in (4, 6):
            transfer.send(pair, family, sent)
        assert summed(pair) == {COMPLETE}
    finally:
        nic.run("ethtool", "--set-priv-flags", nic.ifname, "rx-csum-complete",
                "off")


@pytest.mark.parametrize("strategy", ["hgso", "tso-hw"])
def test_vlan_offloads(pair: Pair, out: pathlib.Path, strategy: str) -> None:
    """The hardware inserts a tag into each frame, and takes it out again."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(tx=strategy)
    with vlan.tagged(pair, 9) as there, \
            features(pair.left, {"tx-vlan-offload": True}), \
            features(pair.right, {"rx-vlan-offload": True}):
        path = out / "wire.pcap"
        with capture.wire(pair.left, path):
            for family in (4, 6):
                transfer.send(pair, family, sent, address=there[family])
        verdict = capture.check(path, tags=1)
        assert verdict.tagged >= verdict.tcp > 0
        assert verdict.longest == 1518


def test_hash(pair: Pair) -> None:
    """A packet's hash is the hardware's, where that gives one."""
    done = {}
    for on in (True, False):
        with features(pair.right, {"receive-hashing": on}):
            text = executor.script(pair.host, TRACE, pair.right.address4,
                                   pair.right.ifname).stdout
        done[on] = [int(word, 16) for word, _ in HASH.findall(text)]
        assert done[on], text
    assert any(done[True])
    # The switch is off at the start, and so it is to stay.
    pair.right.run("ethtool", "-K", pair.right.ifname, "receive-hashing",
                   "off")
    assert not any(done[False])


@pytest.mark.parametrize("strategy", ["gso", "hgso", "tso-hw"])
def test_uso(pair: Pair, strategy: str) -> None:
    """One send() of ten datagrams is one super-packet and ten frames."""
    pair.reset(tx=strategy)
    for family in (4, 6):
        pair.left.run("ping", "-q", "-c", "1", "-w", "30",
                      pair.right.address(family))
        before = pair.counters_at_rest().left
        burst.super_datagram(pair.left, family, pair.right.address(family),
                             13001, 1300)
        wire.wait(pair.left, lambda c, n=before["wire.sent"]:
                  c["wire.sent"] >= n + 11)
        counted = pair.counters_at_rest().left - before
        assert counted["driver.tx_super_packets"] == (strategy != "gso")
        if strategy != "gso":
            row = {"hgso": "hgso", "tso-hw": "tso_hw"}[strategy]
            assert counted[f"driver.tx_{row}_frames"] == 11
        assert counted["hw.tx_tso"] == (strategy == "tso-hw")
        assert counted["hw.tx_errors"] == 0


def test_high_order_buffers(pair: Pair) -> None:
    """Jumbo frames fit into one buffer of four pages, and need three else."""
    sent = transfer.payload(pair.host, OCTETS)
    used = {}
    try:
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "9000")
        for octets in (4096, 16384):
            pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                           str(octets))
            pair.up()
            before = pair.right.counters()
            transfer.send(pair, 4, sent)
            used[octets] = (pair.right.counters() - before)[
                "driver.rx_buffers"]
    finally:
        pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                       "4096")
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "1500")
    assert used[16384] < used[4096] / 2, used
