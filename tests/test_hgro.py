# SPDX-License-Identifier: GPL-2.0
"""hgro at a NIC: what its counters and tracepoints tell, and late packets."""

import collections
import contextlib
import re
from collections.abc import Iterator

import pytest

from headroom import counters, executor, replay, transfer, wire
from headroom.impairment import impaired
from headroom.nic import link_address
from headroom.pair import Pair, PairCounters

OCTETS = transfer.MIB
PACKETS = 4000
TRACE = "/sys/kernel/tracing"
FLUSH = re.compile(r" hgro_flush: .*packets=(\d+) bytes=\d+ reason=\d+ "
                   r"\((\w+)\)")
PASS = re.compile(r" hgro_pass: .*reason=\d+ \((\w+)\)")
REORDER_US = 2000
SWITCH = """
[[ -d $1/events ]] || mount -t tracefs tracefs "$1"
echo "$2" >"$1/events/hgro/enable"
"""


@contextlib.contextmanager
def traced(host: executor.Executor) -> Iterator[None]:
    """Have hgro's tracepoints in the trace while the block runs."""
    executor.script(host, SWITCH, TRACE, "1")
    try:
        executor.script(host, 'echo 8192 >"$1/buffer_size_kb"; : >"$1/trace"',
                        TRACE)
        yield
    finally:
        executor.script(host, SWITCH, TRACE, "0")


def told(counted: PairCounters) -> dict[str, int]:
    """Return what hgro counted, of both NICs."""
    found: collections.Counter[str] = collections.Counter()
    for nic in (counted.left, counted.right):
        for name, value in nic.items():
            found[name.removeprefix("driver.rx_hgro_")] += value
    return found


def traces(trace: str) -> dict[str, int]:
    """Return the same, from the trace."""
    flushes = FLUSH.findall(trace)
    found = collections.Counter(f"flush_{name}" for _, name in flushes)
    found.update(f"not_{name}" for name in PASS.findall(trace))
    merged = [int(packets) for packets, _ in flushes if packets != "1"]
    found.update(merged=sum(merged), supers=len(merged),
                 single=len(flushes) - len(merged))
    return found


def test_tracepoints(pair: Pair) -> None:
    """Each flush and each packet passed on is traced, as it is counted."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx="hgro")
    outside = pair.counters_at_rest()
    with traced(pair.host):
        inside = pair.counters_at_rest()
        transfer.send(pair, 4, sent)
        least = told(pair.counters_at_rest() - inside)
    counted = pair.counters_at_rest() - outside
    most = told(counted)
    seen = traces(pair.host.read(f"{TRACE}/trace"))
    print(seen)
    assert seen["merged"] > OCTETS / 1448 / 2
    # A stray packet of IPv6 may come at any time.
    for name in sorted(seen):
        assert least[name] <= seen[name] <= most[name], name
    for nic in (counted.left, counted.right):
        assert nic["driver.rx_hgro"] == sum(
            value for name, value in nic.items() if re.fullmatch(
                r"driver\.rx_hgro_(merged|single|held|dropped|not_.*)", name))


@contextlib.contextmanager
def patient(pair: Pair, usecs: int) -> Iterator[None]:
    """Let the right NIC's early packets wait."""
    pair.right.set_param("rx_reorder_us", str(usecs))
    try:
        yield
    finally:
        pair.right.set_param("rx_reorder_us", "0")


def rate(pair: Pair, frames: list[bytes],
         **trouble: int) -> tuple[float, counters.Counters]:
    """Return packets in a merged one or alone, and what was counted."""
    before = pair.counters_at_rest()
    with impaired(pair.left, seed=5, **trouble):
        replay.send_frames(pair.left, frames)
        counted = (pair.counters_at_rest() - before).right
    packets = counted["driver.rx_hgro_merged"] + counted[
        "driver.rx_hgro_single"]
    return packets / (counted["driver.rx_hgro_supers"]
                      + counted["driver.rx_hgro_single"]), counted


@pytest.mark.not_debug("polls find too few packets to compare")
def test_late_packets(pair: Pair) -> None:
    """With patience a hundredth of packets may be late, at a tenth at most."""
    frames = replay.tcp(link_address(pair.right), PACKETS)
    pair.reset(rx="hgro")
    ordered, _ = rate(pair, frames)
    late = {"reorder_ppm": 10_000, "reorder_gap": 3}
    plain, counted = rate(pair, frames, **late)
    assert counted["driver.rx_hgro_waited"] == 0
    with patient(pair, REORDER_US):
        waited, counted = rate(pair, frames, **late)
    print(f"packets that go up as one: {ordered:.1f} in order, {plain:.1f} "
          f"with late ones, {waited:.1f} with patience\n{counted.show()}")
    assert counted["driver.rx_hgro_waited"] > 0
    assert waited > 0.9 * ordered
    assert plain < waited


def test_patience_is_bounded(pair: Pair) -> None:
    """What is refused says so; what is lost is not waited for for ever."""
    with pytest.raises(executor.CommandError, match="at most"):
        pair.right.set_param("rx_reorder_us", "100001")
    pair.reset(rx="hgro")
    with patient(pair, REORDER_US):
        before = wire.read(pair.left)
        lost, counted = rate(pair, replay.tcp(link_address(pair.right),
                                              PACKETS), loss_ppm=10_000)
        assert (wire.read(pair.left) - before)["wire.lost"] > 0
    print(f"packets that go up as one: {lost:.1f}\n{counted.show()}")
    assert counted["driver.rx_hgro_flush_gap"] > 0
    assert counted["driver.rx_hgro_held"] == 0
