# SPDX-License-Identifier: GPL-2.0
"""The table that LRO was announced with, made again: cost by way to receive.

Throughput and processor time per GB against receiving each frame alone. What
is asserted is that all ran the way that the row says; the figures are told.
"""

import dataclasses

import pytest

from headroom import cputime, iperf
from headroom.pair import Pair

CPU = 0
HARDWARE_CPU = 1
# Strategy, and octets of a receive buffer.
ROWS = (("none", 4096), ("gro", 4096), ("hgro", 4096), ("lro-skb", 4096),
        ("lro-frags", 4096), ("lro-frags", 16384), ("lro-hw", 4096))
SECONDS = 3


@dataclasses.dataclass(frozen=True)
class Row:
    """What one way to receive did with one MTU."""

    mtu: int
    name: str
    rate: float
    cost: float
    merged: float

    def text(self, alone: "Row") -> str:
        """Return a line of the table, against the row *alone*."""
        return (f"{self.mtu:5} {self.name:22} {self.rate / 1e6:7.0f} "
                f"{self.rate / alone.rate:6.2f} {self.cost:9.1f} "
                f"{self.cost / alone.cost:6.2f} {self.merged:8.1f}")


def measure(pair: Pair, mtu: int, rx: str, buffer: int) -> Row:
    """Run a stream; raises what that raises."""
    pair.reset(rx=rx)
    pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                   str(buffer), check=False)
    pair.up()
    before, cpu = pair.right.counters(), cputime.read(pair)
    stream = iperf.stream(pair, 4, SECONDS, cpu=CPU)
    cpu = cputime.read(pair) - cpu
    counted = pair.right.counters() - before
    assert counted[f"driver.rx_{rx.replace('-', '_')}"] > 0
    merged = 0.0
    if rx == "lro-hw":
        merged = (counted["driver.rx_hw_merged_segs"]
                  / counted["driver.rx_hw_merged"])
    elif rx.startswith("lro"):
        merged = (counted["driver.rx_lro_aggregated"]
                  / counted["driver.rx_lro_flushed"])
    return Row(mtu, f"{rx}, {buffer // 1024} KiB", stream.bits_per_second,
               cpu.driver / (stream.octets / 1e9), merged)


@pytest.mark.long
def test_lro_table(pair: Pair) -> None:
    """Print the table."""
    rows = []
    try:
        for nic in pair.nics:
            nic.write("hw/cpu", HARDWARE_CPU)
        with iperf.server(pair, cpu=CPU):
            for mtu in (1500, 9000):
                for nic in pair.nics:
                    nic.run("ip", "link", "set", nic.ifname, "mtu", str(mtu))
                rows += [measure(pair, mtu, *row) for row in ROWS]
    finally:
        pair.right.run("ethtool", "-G", pair.right.ifname, "rx-buf-len",
                       "4096", check=False)
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "1500")
            nic.write("hw/cpu", -1)
    print("  MTU receive                 Mbit/s  times  CPU s/GB  times"
          "   merged")
    for row in rows:
        print(row.text(next(alone for alone in rows if alone.mtu == row.mtu)))
    assert all(row.merged > 2 for row in rows if "lro" in row.name)
