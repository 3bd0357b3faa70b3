# SPDX-License-Identifier: GPL-2.0
"""What a NIC says of itself is true, and what it cannot do it refuses."""

import json
import pathlib

import pytest

from headroom import (capture, counters, executor, pair as pairs, transfer,
                      vlan)
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES, Nic
from headroom.pair import Pair
from headroom.testbed import Testbed

TSO = ("tx-tcp-segmentation", "tx-tcp6-segmentation")
VLAN = 7


def tso_state(nic: Nic) -> dict[str, tuple[bool, bool]]:
    """Return (on, can be changed) of TSO for both IP versions."""
    features = nic.features()
    return {name: (features[name].on, not features[name].fixed)
            for name in TSO}


def test_features_tell_the_truth(pair: Pair) -> None:
    """ethtool -k shows what a strategy offers, ethtool -K narrows it."""
    sent = transfer.payload(pair.host, transfer.MIB)
    for strategy in TX_STRATEGIES:
        pair.reset(tx=strategy)
        offers = strategy != "gso"
        assert pair.left.param("tx_strategy") == strategy
        assert tso_state(pair.left) == dict.fromkeys(TSO, (offers, offers))
        features = pair.left.features()
        assert features["scatter-gather"].on
        assert features["tx-checksumming"].on
        if not offers:
            continue
        before = pair.counters()
        transfer.send(pair, 4, sent)
        pair.left.set_features(tx_tcp_segmentation=False)
        middle = pair.counters()
        transfer.send(pair, 4, sent)
        after = pair.counters()
        narrowed = tso_state(pair.left)
        pair.left.set_features(tx_tcp_segmentation=True)
        assert (middle - before).left["driver.tx_super_packets"] > 0
        assert (after - middle).left["driver.tx_super_packets"] == 0
        assert narrowed == dict(zip(TSO, ((False, True), (True, True))))


def test_tools_show_what_is_counted(pair: Pair) -> None:
    """ethtool -S and ip -s link say what the files say that scenarios read."""
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))
    for nic in pair.nics:
        before = nic.counters()
        text = nic.run("ethtool", "-S", nic.ifname).stdout
        stats = json.loads(nic.run("ip", "-s", "-s", "-j", "link", "show",
                                   nic.ifname).stdout)[0]["stats64"]
        after = nic.counters()
        shown = counters.parse("driver", text)
        for side in ("rx", "tx"):
            # /proc/net/dev has one column for both.
            stats[side]["dropped"] += stats[side].get("missed_errors", 0)
            shown |= {f"link.{side}_{name}": stats[side][name]
                      for name in ("bytes", "packets", "errors", "dropped")}
        assert shown.keys() == {name for name in before if name.startswith(
            ("driver.", "link."))}
        wrong = {name: (before[name], value, after[name])
                 for name, value in shown.items()
                 if not before[name] <= value <= after[name]
                 # The one that is a state, not a sum.
                 and name != "driver.iommu_pages_live"}
        assert not wrong
        assert shown["link.rx_packets"] > 0


def test_without_offloads(pair: Pair) -> None:
    """Without scatter-gather and checksums a NIC still carries files."""
    sent = transfer.payload(pair.host, transfer.MIB)
    try:
        for nic in pair.nics:
            nic.run("ethtool", "-K", nic.ifname, "tx", "off", "sg", "off",
                    "rx", "off")
        features = pair.left.features()
        for name in ("tx-checksumming", "scatter-gather",
                     "tcp-segmentation-offload"):
            assert not features[name].on, name
        before = pair.counters()
        for family in (4, 6):
            transfer.send(pair, family, sent)
        counted = (pair.counters() - before).left
        assert counted["driver.tx_super_packets"] == 0
    finally:
        for nic in pair.nics:
            nic.run("ethtool", "-K", nic.ifname, "tx", "on", "sg", "on", "rx",
                    "on", "tso", "on")


def test_vlan_tag_in_the_frame(pair: Pair, out: pathlib.Path) -> None:
    """Super-packets with a tag are segmented too, and each frame has it."""
    sent = transfer.payload(pair.host, transfer.MIB)
    with vlan.tagged(pair, VLAN) as there:
        for strategy in TX_STRATEGIES:
            pair.reset(tx=strategy)
            before = pair.counters()
            path = out / f"{strategy}.pcap"
            with capture.wire(pair.left, path):
                for family in (4, 6):
                    transfer.send(pair, family, sent, address=there[family])
            counted = (pair.counters() - before).left
            verdict = capture.check(path, tags=1)
            assert verdict.tagged >= verdict.tcp > 0
            assert verdict.longest == 1518
            if strategy != "gso":
                assert counted["driver.tx_super_packets"] > 0, strategy


@pytest.mark.vm
@pytest.mark.no_pair
@pytest.mark.parametrize(("mode", "domain"),
                         [("strict", "DMA"), ("lazy", "DMA-FQ"),
                          ("identity", "identity")])
def test_iommu_mode_is_the_one_asked_for(testbed: Testbed, mode: str,
                                         domain: str) -> None:
    """The IOMMU, its domain and its flushes agree on the mode.

    A strict one invalidates the IOTLB for each unmap, a lazy one for many
    at once; with identity nothing is mapped.
    """
    pair = testbed.create(iommu=mode)
    assert f"IOMMU {mode}" in pair.report
    groups = executor.script(
        pair.host, "cat /sys/bus/platform/devices/netdevsim-nic.*/"
        "iommu_group/type").stdout.split()
    assert groups == [domain, domain]
    pair.reset(tx="tso-lib")
    for nic in pair.nics:
        assert nic.param("iommu") == mode
        assert nic.read("iommu/mode") == mode
    before = pair.counters()
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))
    counted = (pair.counters() - before).left
    unmaps = counted["iommu.unmaps"]
    if mode == "identity":
        assert unmaps == counted["iommu.maps"] == 0
        assert counted["driver.tx_dma_maps"] > 100
        return
    assert unmaps > 100
    if mode == "strict":
        assert counted["iommu.iotlb_flushes"] >= unmaps
    else:
        assert counted["iommu.iotlb_flushes"] < unmaps / 4
    assert counted["iommu.iotlb_stale"] == 0


def refused(nic: Nic, what: str, *words: str) -> str:
    """Run a command that must be refused; return what it said."""
    done = nic.run(*words, check=False)
    assert done.returncode != 0, f"{what} was accepted"
    return done.stdout + done.stderr


def test_bad_values_are_refused(pair: Pair) -> None:
    """Each bad value gets an error that helps, and changes nothing."""
    nic = pair.left
    before = (nic.param("tx_strategy"), nic.param("rx_strategy"),
              nic.param("iommu"), nic.rings())
    for name, value, cmode, names in (
            ("tx_strategy", "tso", "runtime", TX_STRATEGIES),
            ("rx_strategy", "lro", "runtime", RX_STRATEGIES),
            ("iommu", "on", "driverinit", ("strict", "lazy", "identity"))):
        with pytest.raises(executor.CommandError) as caught:
            nic.set_param(name, value, cmode)
        said = str(caught.value)
        for word in names:
            assert word in said, said
    for words in (("tx", "63"), ("tx", "4097"), ("rx", "63"), ("rx", "4097"),
                  ("tx", "0")):
        refused(nic, f"ring {words}", "ethtool", "-G", nic.ifname, *words)
    for mtu in ("67", "9711"):
        refused(nic, f"mtu {mtu}", "ip", "link", "set", nic.ifname, "mtu",
                mtu)
    for name, value in (
            ("wire/loss_ppm", "1000001"), ("wire/dup_ppm", "-1"),
            ("wire/reorder_ppm", "many"), ("wire/reorder_gap", "0"),
            ("wire/reorder_gap", "65"), ("wire/snaplen", "0"),
            ("hw/cpu", "4095"), ("hw/cpu", "-2"), ("hw/cpu", "x")):
        old = nic.read(name)
        with pytest.raises(executor.CommandError):
            nic.write(name, value)
        assert nic.read(name) == old, name
    assert before == (nic.param("tx_strategy"), nic.param("rx_strategy"),
                      nic.param("iommu"), nic.rings())


def test_links_that_cannot_be(pair: Pair) -> None:
    """A NIC is not linked with a stock port, itself, or a second peer."""
    text = """
set -e
echo 7 >/sys/bus/netdevsim/new_device
trap 'echo 7 >/sys/bus/netdevsim/del_device' EXIT
udevadm settle 2>/dev/null || true
stock=$(cat /sys/bus/netdevsim/devices/netdevsim7/net/*/ifindex)
nic=$(ip -n left -o link show nic1 | cut -d: -f1)
exec {left}</run/netns/left {here}</proc/self/ns/net
for peer in "$here:$stock" "$left:$nic"; do
    if echo "$left:$nic $peer" >/sys/bus/netdevsim/link_device; then
        echo "linked with $peer"
        exit 1
    fi
done
echo "$left:$nic" >/sys/bus/netdevsim/unlink_device
for peer in "$here:$stock" "$left:$nic"; do
    if echo "$left:$nic $peer" >/sys/bus/netdevsim/link_device; then
        echo "linked with $peer"
        exit 1
    fi
done
"""
    executor.script(pair.host, text)
    done = pair.host.run([str(pairs.SETUP)], check=True, timeout=60)
    assert done.stdout == pair.report
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))


def test_setup_may_be_run_again(pair: Pair) -> None:
    """setup-two-nics leaves what is there as it is."""
    before = pair.counters()
    done = pair.host.run([str(pairs.SETUP)], check=True, timeout=60)
    assert done.stdout == pair.report
    after = pair.counters()
    assert after.left["hw.tx_frames"] >= before.left["hw.tx_frames"]
    transfer.send(pair, 6, transfer.payload(pair.host, transfer.MIB))


def test_jumbo_frames(pair: Pair, out: pathlib.Path) -> None:
    """Frames are as long as the MTU allows, and no longer."""
    sent = transfer.payload(pair.host, 2 * transfer.MIB)
    try:
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "9000")
        for strategy in TX_STRATEGIES:
            pair.reset(tx=strategy)
            path = out / f"{strategy}.pcap"
            with capture.wire(pair.left, path):
                transfer.send(pair, 4, sent)
            assert capture.check(path, mtu=9000).longest == 9014
    finally:
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "1500")
