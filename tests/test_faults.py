# SPDX-License-Identifier: GPL-2.0
"""Hardware that goes wrong: traffic survives, or stops and recovers.

That each fault is what it is called is for the suite nsim_nic_fault; here the
driver half, the stack and the engine have to bear it, nothing may be left
mapped, and every packet must be accounted for.
"""

import contextlib
import time
from collections.abc import Iterator

import pytest

from headroom import burst, executor, faults, transfer, wire
from headroom.nic import Nic
from headroom.pair import Pair, PairCounters

OCTETS = 256 * 1024
# The watch finds out what is wrong within this time; and not at all.
QUICK_MS = 600
NEVER_MS = 60_000
SETTLE = 15


@contextlib.contextmanager
def accounted(pair: Pair, lossy: Nic | None = None) -> Iterator[PairCounters]:
    """All packets of both NICs must add up in the end.

    What is yielded has the differences of the counters after the block. A
    completion that was lost may wait for the watch, so there is time. *lossy*
    loses what it has received: fault ``rx_lost``.
    """
    before = pair.counters_at_rest()
    lost_before = faults.hits(lossy, "rx_lost") if lossy else 0
    counted = PairCounters(before.left, before.right)
    yield counted
    deadline = time.monotonic() + SETTLE
    while True:
        lost = (faults.hits(lossy, "rx_lost") if lossy else 0) - lost_before
        after = pair.counters_at_rest() - before
        wrong = [*faults.unaccounted(after.left),
                 *faults.unaccounted(after.right, lost)]
        if not wrong or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert not wrong, f"{wrong}\n{after.show()}"
    counted.left, counted.right = after.left, after.right


def survive(pair: Pair, nic: Nic, name: str, *, nth: int = 0,
            ppm: int = 0) -> PairCounters:
    """A file must arrive intact though *name* happens to *nic*."""
    sent = transfer.payload(pair.host, OCTETS)
    before = faults.hits(nic, name)
    with accounted(pair, nic if name == "rx_lost" else None) as counted:
        with faults.injected(nic, name, nth=nth, ppm=ppm, seed=3):
            transfer.send(pair, 4, sent)
        assert faults.hits(nic, name) > before, name
    return counted


# Fault, how often of a million, and what of the left NIC counts it.
SENDING = (("tx_desc", 50_000, "hw.tx_errors"), ("tx_lost", 200_000, ""),
           ("tx_late", 200_000, ""), ("doorbell", 100_000, ""),
           ("irq_spurious", 300_000, ""),
           ("map", 20_000, "iommu.map_failures"))
# The same of the right one.
RECEIVING = (("rx_desc", 50_000, "rx_drop_error"),
             ("rx_error", 50_000, "rx_drop_error"), ("rx_cut", 50_000, ""),
             ("rx_csum", 300_000, "rx_csum_none"), ("rx_late", 50_000, ""),
             ("rx_alloc", 100_000, "rx_no_page"))


@pytest.mark.parametrize("strategy", ["gso", "hgso"])
def test_sending_survives(pair: Pair, strategy: str) -> None:
    """Doorbells, completions, interrupts, maps, chains: lost or late."""
    pair.reset(tx=strategy)
    with faults.watchdog(pair.left, QUICK_MS):
        for name, ppm, counter in SENDING:
            counted = survive(pair, pair.left, name, ppm=ppm)
            assert not counter or counted.left[counter] > 0, name
        counted = survive(pair, pair.left, "irq_lost", nth=3)
        assert counted.left["driver.watch_interrupts"] > 0
        assert counted.left["driver.resets"] == 0


@pytest.mark.parametrize("strategy", ["gro", "hgro"])
def test_receiving_survives(pair: Pair, strategy: str) -> None:
    """Frames that are cut, refused, late or lied about; no memory."""
    pair.reset(rx=strategy)
    with faults.watchdog(pair.right, QUICK_MS):
        for name, ppm, counter in RECEIVING:
            counted = survive(pair, pair.right, name, ppm=ppm)
            assert not counter or counted.right[f"driver.{counter}"] > 0, name


# What ends in a reset: side, fault, and at which such event.
STOPS = (("left", "tx_stuck", 20), ("left", "tx_stop", 20),
         ("left", "reset", 4), ("right", "rx_lost", 30),
         ("right", "rx_stuck", 30), ("right", "rx_stop", 30),
         ("right", "reset", 4))


def test_queues_stop_and_recover(pair: Pair) -> None:
    """A queue or all of the hardware ends; the driver notices and resets."""
    with faults.watchdog(pair.left, QUICK_MS), \
            faults.watchdog(pair.right, QUICK_MS):
        for side, name, nth in STOPS:
            counted = survive(pair, getattr(pair, side), name, nth=nth)
            counters = getattr(counted, side)
            assert counters["driver.resets"] > 0, name
            assert counters.total(r"driver\.(watch_hangs|tx_timeouts)"), name


def test_core_watchdog(pair: Pair) -> None:
    """A queue that is stopped for too long is the core's: ndo_tx_timeout.

    The watch would wait twice as long. The core takes the new time over when
    the link goes up.
    """
    pair.reset(tx="gso")
    with faults.watchdog(pair.left, 1000):
        pair.down()
        pair.up()
        with accounted(pair) as counted, \
                faults.injected(pair.left, "tx_stuck", nth=1):
            burst.datagrams(pair.left, pair.right.address4, count=600)
    assert counted.left["driver.tx_timeouts"] == 1
    assert counted.left["driver.watch_hangs"] == 0
    assert counted.left["driver.tx_drop_down"] > 0
    transfer.send(pair, 4, transfer.payload(pair.host, OCTETS))


def test_heads_that_go_back(pair: Pair) -> None:
    """An old index after a newer one is no completion, and is counted.

    The ring is large, so that no old index looks like a new one.
    """
    pair.reset(tx="gso")
    try:
        pair.left.set_rings(tx=4096)
        with faults.watchdog(pair.left, QUICK_MS):
            survive(pair, pair.left, "tx_stale", ppm=300_000)
    finally:
        pair.left.set_rings(tx=512)


def test_checksum_that_is_a_lie(pair: Pair) -> None:
    """A damaged frame that the hardware calls good reaches the application.

    So the fault is one, and who relies on the hardware's word knows what for.
    """
    sent = transfer.payload(pair.host, OCTETS)
    with wire.settings(pair.left, corrupt_ppm=100_000):
        transfer.send(pair, 4, sent)
        with faults.injected(pair.right, "rx_csum", ppm=1_000_000), \
                pytest.raises((transfer.HashMismatch, executor.CommandError)):
            transfer.send(pair, 4, sent, timeout=20)


# Link down and a reset, with the ring full and nothing completed.
ENDINGS = (("ip", "link", "set", "nic1", "down"),
           ("ethtool", "--reset", "nic1", "dedicated"))
FILL = """
set -e
ethtool -G nic1 tx 64
echo 1000000 >/sys/class/net/nic1/queues/tx-0/byte_queue_limits/limit_min
"""


def test_ring_is_full_when_it_ends(pair: Pair) -> None:
    """Each skb in the ring is dropped then, and counted, once."""
    pair.reset(tx="gso")
    pair.left.run("ip", "netns", "exec", "left", "bash", "-c", FILL)
    try:
        with faults.watchdog(pair.left, NEVER_MS):
            for words in ENDINGS:
                end_full_ring(pair, words)
    finally:
        pair.left.set_rings(tx=512)
    transfer.send(pair, 4, transfer.payload(pair.host, OCTETS))


def end_full_ring(pair: Pair, words: tuple[str, ...]) -> None:
    """Fill the left NIC's ring, run *words*, and look what became of it."""
    # Byte queue limits look at their minimum when something completes.
    echo(pair)
    with accounted(pair) as counted:
        with faults.injected(pair.left, "tx_lost", ppm=1_000_000):
            before = pair.counters()
            burst.datagrams(pair.left, pair.right.address4, count=60)
            full = (pair.counters() - before).left
            left = (full["driver.tx_plain_skbs"]
                    - full["driver.tx_skbs_done"])
            assert left >= 30, full.show()
            assert full["driver.tx_ring_full"] > 0
            pair.left.run(*words)
        # What had waited in the qdisc may be in the ring now, unreported: the
        # next report tells of it too.
        pair.up()
        echo(pair)
    assert counted.left["driver.tx_drop_down"] >= left


def echo(pair: Pair) -> None:
    """Something goes from left to right and back."""
    pair.left.run("ping", "-q", "-c", "3", "-i", "0.1", pair.right.address4)


def test_bad_faults_are_refused(pair: Pair) -> None:
    """What makes no sense is refused, and nothing is set."""
    nic = pair.left
    for name, value in (
            ("fault/tx_lost", "often"), ("fault/tx_lost", "ppm 1000001"),
            ("fault/map", "nth"), ("fault/rx_alloc", "seed 3"),
            ("fault/delay_us", "0"), ("fault/delay_us", "500001"),
            ("driver/watchdog_ms", "99"), ("driver/watchdog_ms", "x")):
        old = nic.read(name)
        with pytest.raises(executor.CommandError):
            nic.write(name, value)
        assert nic.read(name) == old, name
    nic.down()
    assert nic.run("ethtool", "--reset", nic.ifname, "dedicated",
                   check=False).returncode != 0
    pair.up()
