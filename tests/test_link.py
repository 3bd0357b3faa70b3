# SPDX-License-Identifier: GPL-2.0
"""What a NIC says of its link is true; the carrier can be taken away."""

import re

import pytest

from headroom import executor, star, transfer, wire
from headroom.nic import Nic
from headroom.pair import Pair
from headroom.testbed import Testbed


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


@pytest.mark.no_pair
def test_pause(testbed: Testbed) -> None:
    """Between two NICs the wire holds senders back, at a switch it loses."""
    pair = testbed.pair()
    assert "RX: on\nTX: on" in said(pair.left, "-a")
    assert pair.left.run("ethtool", "-A", "nic1", "rx", "off",
                         check=False).returncode != 0
    testbed.clear()
    with star.star(testbed.host, 2) as joined:
        assert "RX: off\nTX: off" in said(joined.nics[0], "-a")


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
