# SPDX-License-Identifier: GPL-2.0
"""Hardware that can do less: the driver keeps to it, however it sends."""

import re

import pytest

from headroom import executor, transfer
from headroom.limits import limited
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES
from headroom.pair import Pair

ADDRESS = re.compile(r"^map \d+ addr (0x[0-9a-f]+) len (\d+) ", re.M)
OCTETS = transfer.MIB // 4
BROKEN = r"hw\.limit_.*"


def carry(pair: Pair, strategy: str) -> dict[str, int]:
    """Send files with a strategy; return what the left NIC counted."""
    pair.reset(tx=strategy)
    before = pair.counters()
    for family in (4, 6):
        transfer.send(pair, family,
                      transfer.payload(pair.host, OCTETS))
    counted = (pair.counters() - before).left
    assert counted.total(BROKEN) == 0, counted.show()
    assert counted["hw.tx_errors"] == 0
    return counted


def test_few_short_slices(pair: Pair) -> None:
    """Frames of at most 8 slices, none longer than 1300 octets."""
    with limited(pair, pair.left, max_slice=1300, max_descs=8):
        for strategy in TX_STRATEGIES:
            counted = carry(pair, strategy)
            # A full frame is longer than a slice: it takes more of them.
            assert counted["driver.tx_plain_frames"] > 10
            assert (counted["driver.tx_plain_descs"]
                    > counted["driver.tx_plain_frames"])


def test_one_descriptor(pair: Pair) -> None:
    """Hardware without scatter-gather: frames are made one, and counted."""
    with limited(pair, pair.left, max_descs=1):
        for strategy in ("gso", "hgso"):
            assert carry(pair, strategy)["driver.tx_linearized"] > 50


def test_narrow_addresses(pair: Pair) -> None:
    """With 32 address lines, all that is mapped is below 4 GiB."""
    with limited(pair, pair.left, dma_bits=32):
        pair.down()
        pair.left.write("dma/open", 1)
        pair.up()
        try:
            for strategy in ("hgso", "tso-hw"):
                carry(pair, strategy)
            maps = ADDRESS.findall(pair.left.read("dma/live"))
        finally:
            pair.down()
            pair.left.write("dma/open", 0)
            pair.up()
    assert len(maps) > 100
    assert all(int(addr, 16) + int(octets) <= 1 << 32
               for addr, octets in maps)


def test_short_descriptors(pair: Pair) -> None:
    """Half as long, 32 bits of address, headers apart, and no TSO.

    Every strategy carries its files; where the hardware is to segment, the
    stack does.
    """
    with limited(pair, pair.left, tx_layout="short"):
        for strategy in TX_STRATEGIES:
            counted = carry(pair, strategy)
            assert counted["hw.tx_tso"] == 0
            name = strategy.replace("-", "_")
            if strategy in ("hgso", "tso-lib"):
                assert counted[f"driver.tx_{name}_skbs"] > 0
            else:
                # Each full frame is longer than a descriptor of headers.
                assert (counted["driver.tx_plain_descs"]
                        > counted["driver.tx_plain_frames"] + 120)
        for nic in pair.nics:
            nic.set_rings(tx=64)
        try:
            carry(pair, "hgso")
        finally:
            for nic in pair.nics:
                nic.set_rings(tx=512)


def test_another_family(pair: Pair) -> None:
    """Short descriptors both ways: the same driver half, by two other rows.

    What they cannot say is not offered, and all strategies work.
    """
    nic = pair.right
    sent = transfer.payload(pair.host, OCTETS)
    with limited(pair, nic, tx_layout="short", rx_layout="short"):
        for rx in RX_STRATEGIES:
            pair.reset(rx=rx)
            features = nic.features()
            assert not features["receive-hashing"].on
            assert not features["rx-gro-hw"].on
            before = pair.counters_at_rest()
            for family in (4, 6):
                transfer.send(pair, family, sent)
            counted = (pair.counters_at_rest() - before).right
            assert counted["driver.rx_csum_ok"] > 2 * OCTETS // 1500
            assert counted["driver.rx_drop_error"] == 0
            assert counted["hw.rx_merged"] == 0
        nic.set_rings(rx=64)
        try:
            transfer.send(pair, 4, sent)
        finally:
            nic.set_rings(rx=512)
    pair.reset(rx="lro-hw")
    assert nic.features()["rx-gro-hw"].on


def test_values(pair: Pair) -> None:
    """A limit is set while the link is down, and within reason."""
    nic = pair.left
    with pytest.raises(executor.CommandError):
        nic.write("hw/max_descs", 8)
    assert nic.read("hw/max_descs") == "4095"
    pair.down()
    try:
        for name, value in (("max_descs", 0), ("max_descs", 4096),
                            ("max_slice", 511), ("max_slice", 600000),
                            ("dma_bits", 31), ("dma_bits", 65),
                            ("tx_layout", "wide"), ("rx_layout", "wide")):
            old = nic.read(f"hw/{name}")
            with pytest.raises(executor.CommandError):
                nic.write(f"hw/{name}", value)
            assert nic.read(f"hw/{name}") == old
        nic.write("hw/max_slice", 512)
        with pytest.raises(executor.CommandError):
            nic.write("hw/max_descs", 18)
        nic.write("hw/max_slice", 524288)
    finally:
        pair.up()
    assert "must hold a frame of 9728 octets" in pair.host.dmesg()
