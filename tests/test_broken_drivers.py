# SPDX-License-Identifier: GPL-2.0
"""The testbed finds bugs: a driver broken on purpose, one bug at a time.

Each bug is one that drivers have (netdevsim-ext/driver/nic_bug.h), turned on
by ``nic/driver/bug``. The DMA ledger must say what was done wrong, and name
the code that made the map.
"""

import collections
import contextlib
import re
import time
from collections.abc import Callable, Iterator

import pytest

from headroom import burst, executor, superpacket, transfer
from headroom.nic import TX_STRATEGIES, Nic
from headroom.pair import Pair

FAULT = re.compile(r"^kind (\S+) .*? by (\S+) ", re.M)
OWNER = re.compile(r"^maps (\d+) unmaps (\d+) live (\d+) bytes (\d+) by (\S+)",
                   re.M)


class Ledger:
    """The DMA ledger of a NIC."""

    def __init__(self, nic: Nic) -> None:
        self.nic = nic

    def counters(self) -> dict[str, int]:
        """Return what it counted since it was opened."""
        return {name: int(value) for name, value in
                (line.split() for line in
                 self.nic.read("dma/counters").splitlines())}

    def faults(self) -> list[str]:
        """Return the lines of the newest faults."""
        return self.nic.read("dma/faults").splitlines()

    def kinds(self) -> collections.Counter[str]:
        """Return how many of the newest faults are of each kind."""
        return collections.Counter(
            match[1] for line in self.faults()
            if (match := FAULT.match(line)))

    def live(self) -> list[str]:
        """Return a line for each map that there is now."""
        return self.nic.read("dma/live").splitlines()

    def maps_by(self) -> collections.Counter[str]:
        """Return how many maps were made by each chain of callers."""
        return collections.Counter({
            match[5]: int(match[1])
            for match in OWNER.finditer(self.nic.read("dma/owners"))})


@contextlib.contextmanager
def ledgers(pair: Pair) -> Iterator[tuple[Ledger, Ledger]]:
    """Open the ledgers of both NICs, complete: nothing is mapped before."""
    pair.down()
    for nic in pair.nics:
        nic.write("dma/open", 1)
        nic.write("dma/sums", 1)
    pair.up()
    left, right = Ledger(pair.left), Ledger(pair.right)
    assert left.counters()["complete"], "something was mapped when down"
    try:
        yield left, right
    finally:
        pair.down()
        for nic in pair.nics:
            nic.write("driver/bug", "none")
            nic.write("dma/open", 0)
            nic.write("wire/rate_bps", 0)
        pair.up()


def wait_for(fault: str, ledger: Ledger, act: Callable[[], None]) -> list[str]:
    """Act until the ledger has a fault of this kind; return such faults."""
    for _ in range(10):
        act()
        time.sleep(0.3)
        found = [line for line in ledger.faults()
                 if line.startswith(f"kind {fault} ")]
        if found:
            return found
    raise AssertionError(f"no fault of kind {fault}: {ledger.kinds()}, "
                         f"{ledger.counters()}")


def dma_faults(pair: Pair) -> int:
    """Return what the fixture counts as faults."""
    counted = pair.counters()
    return sum(side[name] for side in (counted.left, counted.right)
               for name in ("iommu.faults", "hw.dma_faults"))


@contextlib.contextmanager
def faulty(pair: Pair, expected_faults: list[int]) -> Iterator[None]:
    """The NICs may fault here; what they do is expected."""
    before = dma_faults(pair)
    yield
    pair.down()
    expected_faults.append(dma_faults(pair) - before)
    pair.up()


@pytest.mark.parametrize("strategy", TX_STRATEGIES)
def test_nothing_wrong(pair: Pair, strategy: str) -> None:
    """A driver without bugs is told of none, whichever way it sends."""
    sent = transfer.payload(pair.host, 2 * transfer.MIB)
    with ledgers(pair) as (left, right):
        pair.reset(tx=strategy)
        transfer.send(pair, 4, sent)
        transfer.send(pair, 6, sent)
        pair.down()
        for ledger in (left, right):
            counted = ledger.counters()
            assert not ledger.faults()
            assert counted["maps"] > 100
            assert counted["live"] == 0, "\n".join(ledger.live())
            assert counted["bytes_mapped"] == counted["bytes_unmapped"]
            assert not counted["no_memory"]
            assert not counted["owners_full"]
        pair.up()


def maps_and_packets(pair: Pair, ledger: Ledger) -> tuple[
        collections.Counter[str], int]:
    """Return maps by owner and packets sent, both of the same moment."""
    name = "driver.tx_plain_skbs"
    for _ in range(20):
        packets = pair.counters_at_rest().left[name]
        maps = ledger.maps_by()
        if pair.left.counters()[name] == packets:
            return maps, packets
    raise TimeoutError("something is always sent")


def test_maps_explained(pair: Pair) -> None:
    """So many packets are so many maps, and the ledger says whose."""
    with ledgers(pair) as (left, _):
        burst.datagrams(pair.left, pair.right.address4, 1)
        maps, sent = maps_and_packets(pair, left)
        burst.datagrams(pair.left, pair.right.address4, 25)
        maps_after, sent_after = maps_and_packets(pair, left)
        made = maps_after - maps
        packets = sent_after - sent
        ours = {owner: count for owner, count in made.items()
                if owner.startswith("nic_tx_map_single+")}
        others = {owner: count for owner, count in made.items()
                  if "page_pool" not in owner and owner not in ours}
        # Not all 25: one is refused for the answer to the one before.
        assert packets > 10
        assert sum(ours.values()) == packets, made
        assert not others, made


# Bug, kind of fault, and who must be named in it.
MAPPED_BY_TX = r"mapped_by (nic_tx_map_single|nic_tx_map_skb)\+"
BUGS = [
    ("use-after-unmap", "stale", MAPPED_BY_TX + r".* unmapped_by "
     r"(nic_tx_unmap|nic_bug_posted)\+"),
    ("length", "past-end", r"by device-read .* len 1 .*" + MAPPED_BY_TX),
    ("direction", "direction", r"by device-read .* map_dir from-device .*"
     + MAPPED_BY_TX),
    ("early", "stale", MAPPED_BY_TX + r".*nic_poll\+"),
    ("header", "rewritten", r"by device-read .*" + MAPPED_BY_TX),
]


@pytest.mark.parametrize("bug,fault,named", BUGS, ids=[b[0] for b in BUGS])
def test_transmit_bug(pair: Pair, expected_faults: list[int], bug: str,
                      fault: str, named: str) -> None:
    """What the hardware then reads is noted, with who had mapped it."""
    with ledgers(pair) as (left, _), faulty(pair, expected_faults):
        # The hardware is slow, so that packets wait for it.
        pair.left.write("wire/rate_bps", 20_000_000)
        pair.left.write("driver/bug", bug)
        found = wait_for(fault, left, lambda: burst.datagrams(
            pair.left, pair.right.address4))
        pair.left.write("driver/bug", "none")
        pair.left.write("wire/rate_bps", 0)
        print(found[0])
        assert any(re.search(named, line) for line in found), found
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))


# The same on what hgso maps: headers and linear data as one, and page frags.
BY_HGSO = r"mapped_by hgso_\w+(\.\w+)*\+"
HGSO_BUGS = [
    ("use-after-unmap", "stale", BY_HGSO + r".* unmapped_by .*nic_bug_hgso\+"),
    ("length", "past-end", r"by device-read .* len 1 .*" + BY_HGSO),
    ("early", "stale", BY_HGSO + r".* unmapped_by .*nic_poll\+"),
    ("header", "rewritten", r"by device-read .*" + BY_HGSO),
]


@pytest.mark.parametrize("bug,fault,named", HGSO_BUGS,
                         ids=[b[0] for b in HGSO_BUGS])
def test_hgso_bug(pair: Pair, expected_faults: list[int], bug: str,
                  fault: str, named: str) -> None:
    """A driver that misuses hgso's maps is caught, and hgso is named."""
    with ledgers(pair) as (left, _), faulty(pair, expected_faults):
        pair.reset(tx="hgso")
        pair.left.write("wire/rate_bps", 20_000_000)
        pair.left.write("driver/bug", bug)
        found = wait_for(fault, left, lambda: superpacket.send(
            pair.left, 4, 0, 1, 1448, (60000, 30001, 20000)))
        pair.left.write("driver/bug", "none")
        pair.left.write("wire/rate_bps", 0)
        print(found[0])
        assert any(re.search(named, line) for line in found), found
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))


def test_missing_sync(pair: Pair, expected_faults: list[int]) -> None:
    """A received page goes back to the hardware and nobody synced it."""
    sent = transfer.payload(pair.host, transfer.MIB)
    with ledgers(pair) as (_, right), faulty(pair, expected_faults):
        pair.right.write("driver/bug", "no-sync")
        found = wait_for("unsynced", right,
                         lambda: transfer.send(pair, 4, sent) and None)
        print(found[0])
        assert any("<-nic_rx_refill+" in line or "<-nic_rx_post+" in line
                   for line in found), found


def test_ring_overrun(pair: Pair, expected_faults: list[int]) -> None:
    """The hardware fetches a descriptor behind the ring's memory."""
    with ledgers(pair) as (left, _), faulty(pair, expected_faults):
        pair.left.write("driver/bug", "ring")
        pair.down()
        pair.up()
        found = wait_for("past-end", left, lambda: burst.datagrams(
            pair.left, pair.right.address4, 600, 100))
        print(found[0])
        # Which of them the compiler left as a function is its business.
        named = (r"by device-read .*mapped_by "
                 r"nic_(dma|tx_mem|mem|layout)_alloc\+")
        assert any(re.search(named, line) for line in found), found
        assert pair.counters().left["hw.queue_errors"]


def test_leak(pair: Pair) -> None:
    """What stays mapped when the link is down names who mapped it."""
    block = transfer.payload(pair.host, transfer.MIB)
    with ledgers(pair) as (left, _):
        pair.reset(tx="tso-hw")
        pair.left.write("driver/bug", "leak")
        # A packet whose second or later map fails leaves those before it.
        dropped = pair.left.counters()["driver.tx_drop_map"]
        with transfer.flow(pair, 4, block):
            for turn in range(2000):
                pair.left.write("iommu/fail_map", turn % 6 + 2)
                time.sleep(0.05)
                now = pair.left.counters()["driver.tx_drop_map"]
                if now > dropped + 5:
                    break
        pair.left.write("iommu/fail_map", 0)
        pair.down()
        lost = left.live()
        print("\n".join(lost[:5]))
        assert lost, left.counters()
        assert all(" dir to-device " in line for line in lost), lost
        assert all(re.search(r" by (nic_tx_map_|skb_frag_)", line)
                   for line in lost), lost
        # The variant remembers what it forgot, and gives it back.
        pair.left.write("driver/bug", "none")
        assert not left.live()
        pair.up()


def test_bugs_are_refused(pair: Pair) -> None:
    """There are no other bugs, and none without being asked for."""
    assert pair.left.read("driver/bug").splitlines()[0] == "[none]"
    with pytest.raises(executor.CommandError):
        pair.left.write("driver/bug", "no-such-bug")
    assert pair.left.host.run(
        ["stat", "-c", "%a", f"{pair.left.debugfs}/driver/bug"],
        check=True).stdout.strip() == "600"
