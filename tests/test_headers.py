# SPDX-License-Identifier: GPL-2.0
"""Where hgso's headers go, and devices that sum nothing: each forced."""

import contextlib
import pathlib
from collections.abc import Iterator

import pytest

from headroom import bigtcp, burst, capture, executor, tap, transfer
from headroom.counters import Counters
from headroom.pair import Pair

MIB = transfer.MIB
# More than a ring of 512 descriptors takes is not asked for.
BIG = 300000
TRACING = "/sys/kernel/tracing"
EVENT = f"{TRACING}/events/hgso/hgso_prepare"


@contextlib.contextmanager
def driver(pair: Pair, **knobs: str | int) -> Iterator[None]:
    """Set knobs of the left driver until the block ends; links go down."""
    def write(values: dict[str, str | int]) -> None:
        pair.down()
        for name, value in values.items():
            pair.left.write(f"driver/{name}", value)
        pair.up()
    pair.reset(tx="hgso")
    write(knobs)
    try:
        yield
    finally:
        write({"headers": "both", "tx_csum": 1})


def carry(pair: Pair, octets: int = MIB) -> Counters:
    """Send a file over each IP version; return what the left NIC counted."""
    before = pair.counters()
    for family in (4, 6):
        transfer.send(pair, family, transfer.payload(pair.host, octets))
        burst.super_datagram(pair.left, family, pair.right.address(family),
                             58500, 1300)
    counted = (pair.counters() - before).left
    assert counted["hw.tx_errors"] == 0, counted.show()
    assert counted["link.tx_dropped"] == 0, counted.show()
    assert counted["driver.tx_hgso_prepared"] > 40
    return counted


@contextlib.contextmanager
def big_ones(pair: Pair) -> Iterator[list[str]]:
    """Collect the lines of hgso's tracepoint about more than 64 KiB."""
    lines: list[str] = []
    pair.host.write(f"{TRACING}/trace", "\n")
    pair.host.write(f"{EVENT}/filter", "len > 65700")
    pair.host.write(f"{EVENT}/enable", "1")
    try:
        yield lines
    finally:
        pair.host.write(f"{EVENT}/enable", "0")
        pair.host.write(f"{EVENT}/filter", "0")
    lines += [line for line in pair.host.read(f"{TRACING}/trace").splitlines()
              if "hgso_prepare:" in line]


@pytest.mark.parametrize(("family", "headers"), [
    pytest.param(4, "both", marks=pytest.mark.debug), (6, "ring")])
def test_big_tcp(pair: Pair, out: pathlib.Path, family: int,
                 headers: str) -> None:
    """Beyond 64 KB: every frame is one of MTU size, its checksums right.

    No jumbo header is on the wire.
    """
    sent = transfer.payload(pair.host, 4 * MIB)
    path = out / "wire.pcap"
    with driver(pair, headers=headers), bigtcp.sized(pair.left, BIG), \
            big_ones(pair) as lines, capture.wire(pair.left, path):
        before = pair.counters()
        transfer.send(pair, family, sent)
        counted = (pair.counters() - before).left
    verdict = capture.check(path)
    print(f"{len(lines)} of more than 64 KiB; the last: {lines[-1:]}")
    assert lines
    assert verdict.payload >= sent.octets
    assert all(f"headroom={int(headers != 'ring')}" in line for line in lines)
    assert counted["driver.tx_gso_fallback"] == 0
    assert counted["link.tx_dropped"] == 0


def test_big_tcp_is_the_engines_only(pair: Pair) -> None:
    """No other way has it: the limit is refused, and goes with hgso."""
    pair.reset(tx="tso-hw")
    with pytest.raises(executor.CommandError):
        with bigtcp.sized(pair.left, BIG):
            pass
    pair.reset(tx="hgso")
    with bigtcp.sized(pair.left, BIG):
        pair.left.set_strategy(tx="tso-lib")
        transfer.send(pair, 6, transfer.payload(pair.host, MIB))
        shown = pair.left.run("ip", "-d", "link", "show",
                              pair.left.ifname).stdout
        assert f"gso_max_size {bigtcp.LEGACY} " in shown, shown


def test_all_headers_in_a_ring(pair: Pair) -> None:
    """Headers in the driver's memory: no head is expanded, tapped or not."""
    with driver(pair, headers="ring"):
        with tap.tapped(pair.left, "tcp") as seen:
            counted = carry(pair)
            seen.stop()
    assert counted["driver.tx_hgso_expanded"] == 0
    assert counted["driver.tx_hgso_skbs"] > 20


def test_headroom_alone(pair: Pair) -> None:
    """Without a ring the headroom has all of them, each head longer."""
    with driver(pair, headers="headroom"), bigtcp.sized(pair.left, BIG), \
            big_ones(pair) as lines:
        counted = carry(pair, 4 * MIB)
    assert counted["driver.tx_hgso_expanded"] == counted[
        "driver.tx_hgso_prepared"]
    assert all("headroom=1" in line for line in lines)


def test_hardware_that_sums_nothing(pair: Pair, out: pathlib.Path) -> None:
    """Super-packets and plain ones leave with finished checksums.

    The hardware's own are off: a frame that asked for one would be an error.
    """
    path = out / "wire.pcap"
    with driver(pair, tx_csum=0), capture.wire(pair.left, path):
        counted = carry(pair)
    capture.check(path)
    assert counted["driver.tx_summed"] > 0
    assert counted["driver.tx_hgso_skbs"] > 20


def test_other_ways_need_sums(pair: Pair) -> None:
    """What leaves the sum to hardware takes no super-packet then."""
    with driver(pair, tx_csum=0):
        for strategy in ("gso", "tso-lib", "tso-hw"):
            pair.reset(tx=strategy)
            before = pair.counters()
            transfer.send(pair, 4, transfer.payload(pair.host, MIB // 4))
            counted = (pair.counters() - before).left
            assert counted["driver.tx_super_packets"] == 0, strategy
            assert counted["driver.tx_summed"] > 100, strategy
            assert counted["hw.tx_errors"] == 0, strategy


def test_values(pair: Pair) -> None:
    """Knobs take what they know, and while the link is down."""
    for name, value in (("headers", "ring"), ("tx_csum", 0)):
        with pytest.raises(executor.CommandError):
            pair.left.write(f"driver/{name}", value)
    pair.down()
    try:
        for name, value in (("headers", "nowhere"), ("headers", "x" * 40),
                            ("tx_csum", 2), ("tx_csum", "yes")):
            with pytest.raises(executor.CommandError):
                pair.left.write(f"driver/{name}", value)
    finally:
        pair.up()
    assert pair.left.read("driver/headers") == "both"
    assert pair.left.read("driver/tx_csum") == "1"
