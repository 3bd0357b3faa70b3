# SPDX-License-Identifier: GPL-2.0
"""What a NIC says of its link is true; the carrier can be taken away."""

import contextlib
import re
from collections.abc import Iterator

import pytest

from headroom import executor, replay, star, transfer, wire
from headroom.nic import Nic
from headroom.pair import Pair, PairCounters
from headroom.testbed import Testbed

# More than a receive FIFO holds, some times over.
FLOOD = 5000


def said(nic: Nic, *words: str) -> str:
    """Return what ``ethtool`` prints, its blanks made one."""
    return re.sub(r"[ \t]+", " ", nic.run("ethtool", *words,
                                          nic.ifname).stdout)


def test_speed_and_driver(pair: Pair) -> None:
    """A wire with a rate has a speed; one without has none that is known."""
    nic = pair.left
    assert "Speed: Unknown!" in said(nic)
    with wire.settings(nic, rate_bps=250_000_000):
        shown = said(nic)
        assert "Speed: 250Mb/s" in shown
        assert "Duplex: Full" in shown
        assert "Link detected: yes" in shown
    # The other direction has a rate of its own.
    with wire.settings(pair.right, rate_bps=250_000_000):
        assert "Speed: Unknown!" in said(nic)
    shown = said(nic, "-i")
    assert "driver: netdevsim" in shown
    assert "bus-info: netdevsim1" in shown


def pause(nic: Nic) -> tuple[bool, bool]:
    """Tell whether *nic* heeds and sends pause frames, by ``ethtool -a``."""
    shown = said(nic, "-a")
    return "RX: on" in shown, "TX: on" in shown


@contextlib.contextmanager
def slow(nic: Nic) -> Iterator[None]:
    """Let the hardware of *nic* wait for the IOMMU all the time."""
    try:
        nic.write("iommu/iotlb_entries", 4)
        nic.write("iommu/iotlb_miss_ns", 100_000)
        yield
    finally:
        nic.write("iommu/iotlb_miss_ns", 0)
        nic.write("iommu/iotlb_entries", 256)


def flood(pair: Pair) -> PairCounters:
    """Send more, and faster, than the right NIC can take."""
    before = pair.counters_at_rest()
    with slow(pair.right):
        replay.send(pair.left, FLOOD, 60)
        counted = pair.counters_at_rest(tries=200) - before
    assert counted.left["wire.sent"] == (counted.right["wire.received"]
                                         + counted.right["wire.missed"])
    assert counted.left["wire.overrun"] == counted.right["wire.missed"]
    assert counted.right["hw.rx_overrun"] == counted.right["wire.missed"]
    return counted


def test_pause(pair: Pair) -> None:
    """Pause frames are sent and heeded, or frames are lost, and counted."""
    left, right = pair.nics
    assert pause(left) == pause(right) == (True, True)
    counted = flood(pair)
    stops = counted.right["hw.tx_pauses"]
    assert stops > 0 and counted.left["hw.rx_pauses"] == stops
    assert counted.right["wire.missed"] == 0
    told = said(right, "--include-statistics", "-a")
    assert f"tx_pause_frames: {right.counters()['hw.tx_pauses']}" in told
    for nic, words, shown in ((right, ("tx", "off"), (True, False)),
                              (left, ("rx", "off"), (False, True))):
        try:
            nic.run("ethtool", "-A", nic.ifname, *words)
            # It lasts when the link goes down and up.
            nic.down()
            pair.up()
            assert pause(nic) == shown
            counted = flood(pair)
            assert counted.right["wire.missed"] > 0
            assert counted.left["hw.rx_pauses"] == 0
        finally:
            nic.run("ethtool", "-A", nic.ifname, "rx", "on", "tx", "on",
                    check=False)
    assert pause(left) == pause(right) == (True, True)
    assert left.run("ethtool", "-A", left.ifname, "autoneg", "on",
                    check=False).returncode != 0


@pytest.mark.no_pair
def test_switch_knows_no_pause(testbed: Testbed) -> None:
    """At a switch nobody is held back, and nothing else can be set."""
    Pair(testbed.host).load()
    with star.star(testbed.host, 2) as joined:
        nic = joined.nics[0]
        assert pause(nic) == (False, False)
        assert nic.run("ethtool", "-A", nic.ifname, "rx", "on",
                       check=False).returncode != 0


def carrier(nic: Nic) -> bool:
    """Tell whether a NIC has a carrier."""
    return "LOWER_UP" in nic.run("ip", "link", "show", nic.ifname).stdout


def test_carrier_is_a_knob(pair: Pair) -> None:
    """Without a carrier nothing passes, at either end; then all goes on."""
    nic = pair.left
    block = transfer.payload(pair.host, transfer.MIB // 4)
    try:
        with transfer.flow(pair, 4, block):
            nic.run("ip", "link", "set", nic.ifname, "carrier", "off")
            assert not carrier(nic) and not carrier(pair.right)
            with pytest.raises(executor.CommandError):
                nic.run("ping", "-c", "1", "-W", "1", pair.right.address4)
            # Link down and up does not bring it back.
            pair.right.run("ip", "link", "set", "nic2", "down")
            pair.right.run("ip", "link", "set", "nic2", "up")
            assert not carrier(nic)
            nic.run("ip", "link", "set", nic.ifname, "carrier", "on")
            assert carrier(nic) and carrier(pair.right)
    finally:
        nic.run("ip", "link", "set", nic.ifname, "carrier", "on")
