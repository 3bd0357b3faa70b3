# SPDX-License-Identifier: GPL-2.0
"""The testbed finds bugs: a driver broken on purpose, one bug at a time.

Each bug is one that drivers have (netdevsim-ext/driver/nic_bug.h), turned on
by ``nic/driver/bug``. The DMA ledger must say what was done wrong, and name
the code that made the map.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator

import pytest

from headroom import burst, executor, replay, superpacket, transfer
from headroom.ledger import Ledger, WrongMaps, ledgers
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair


def wait_for(fault: str, named: str, ledger: Ledger,
             act: Callable[[], None]) -> None:
    """Act until the ledger has a fault of this kind that names who did it."""
    for _ in range(10):
        act()
        time.sleep(0.3)
        found = [line for line in ledger.faults()
                 if line.startswith(f"kind {fault} ")]
        for line in found:
            if re.search(named, line):
                print(line)
                return
    raise AssertionError(f"{found or 'no fault'} of kind {fault} and by "
                         f"{named}: {ledger.kinds()}, {ledger.counters()}")


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


# Headers and linear data of a super-packet are one map, its page frags the
# rest. The stack may send a few packets of its own.
HGSO_MAPS, OTHERS = "hgso_map", "nic_plain_send"
SUPER = (60000, 30001)
SEGMENT = 1448
HEADERS = 66


def test_maps_explained(pair: Pair) -> None:
    """So many maps for this packet; else the ledger says which, and whose."""
    with ledgers(pair) as (left, _):
        pair.reset(tx="hgso")

        def send() -> None:
            superpacket.send(pair.left, 4, 0, 1, SEGMENT, SUPER)

        first = left.made()
        send()
        lengths = [one.length for one in left.since(first)
                   if HGSO_MAPS in one.owner]
        # Of each super-packet, headers are mapped beside what there was.
        assert sum(lengths) >= sum(SUPER) + sum(
            -(-octets // SEGMENT) * HEADERS for octets in SUPER)
        for wanted in (lengths, len(lengths)):
            with left.expected({HGSO_MAPS: wanted}, ignore=OTHERS):
                send()
        with left.expected({HGSO_MAPS: lengths}, packets=2, ignore=OTHERS):
            send()
            send()
        with pytest.raises(WrongMaps) as more:
            with left.expected({HGSO_MAPS: lengths[1:]}, ignore=OTHERS):
                send()
        assert re.search(rf"more: 1 of {lengths[0]} octets by \S*hgso_map",
                         str(more.value)), more.value
        with pytest.raises(WrongMaps) as less:
            with left.expected({HGSO_MAPS: [*lengths, 77]}, ignore=OTHERS):
                send()
        assert "missing: 1 of 77 octets" in str(less.value)
        with pytest.raises(WrongMaps, match="by nobody who was") as other:
            with left.expected({}, ignore=OTHERS):
                send()
        assert f"more: 1 of {lengths[0]} octets" in str(other.value)


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
        wait_for(fault, named, left, lambda: burst.datagrams(
            pair.left, pair.right.address4))
        pair.left.write("driver/bug", "none")
        pair.left.write("wire/rate_bps", 0)
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))


# The same on what hgso maps: headers and linear data as one, and page frags.
BY_HGSO = r"mapped_by hgso_\w+(\.\w+)*\+"
HGSO_BUGS = [
    ("use-after-unmap", "stale", BY_HGSO + r".* unmapped_by .*nic_bug_hgso\+"),
    ("length", "past-end", r"by device-read .* len 1 .*" + BY_HGSO),
    ("early", "stale", BY_HGSO + r".* unmapped_by .*nic_poll\+"),
    ("direction", "direction", r"by device-write .* map_dir to-device .*"
     + BY_HGSO),
    ("header", "rewritten", r"by device-read .*" + BY_HGSO),
]


@pytest.mark.parametrize("bug,fault,named", HGSO_BUGS,
                         ids=[b[0] for b in HGSO_BUGS])
def test_hgso_bug(pair: Pair, expected_faults: list[int], bug: str,
                  fault: str, named: str) -> None:
    """A driver that misuses hgso's maps is caught, and hgso is named."""
    def both_ways() -> None:
        superpacket.send(pair.left, 4, 0, 1, SEGMENT, (60000, 30001, 20000))
        replay.send(pair.right, 100, 100)

    with ledgers(pair) as (left, _), faulty(pair, expected_faults):
        pair.reset(tx="hgso")
        # So slow that maps are there when frames come from the other side.
        pair.left.write("wire/rate_bps", 1_000_000 if bug == "direction"
                        else 20_000_000)
        pair.left.write("driver/bug", bug)
        wait_for(fault, named, left, both_ways)
        pair.left.write("driver/bug", "none")
        pair.left.write("wire/rate_bps", 0)
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))


def test_missing_sync(pair: Pair, expected_faults: list[int]) -> None:
    """A received page goes back to the hardware and nobody synced it."""
    sent = transfer.payload(pair.host, transfer.MIB)
    with ledgers(pair) as (_, right), faulty(pair, expected_faults):
        pair.right.write("driver/bug", "no-sync")
        wait_for("unsynced", r"<-nic_rx_(refill|post)\+", right,
                 lambda: transfer.send(pair, 4, sent) and None)


def test_ring_overrun(pair: Pair, expected_faults: list[int]) -> None:
    """The hardware fetches a descriptor behind the ring's memory."""
    with ledgers(pair) as (left, _), faulty(pair, expected_faults):
        pair.left.write("driver/bug", "ring")
        pair.down()
        pair.up()
        # Which of them the compiler left as a function is its business.
        wait_for("past-end", r"by device-read .*mapped_by "
                 r"nic_(dma|tx_mem|mem|layout)_alloc(_tx)?\+", left,
                 lambda: burst.datagrams(pair.left, pair.right.address4, 600,
                                         100))
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


def test_hgso_leak(pair: Pair) -> None:
    """Super-packets freed from a ring that stops, and not unmapped."""
    with ledgers(pair) as (left, _):
        pair.reset(tx="hgso")
        # The hardware is slow, so that packets are in the ring then.
        pair.left.write("wire/rate_bps", 1_000_000)
        pair.left.write("driver/bug", "leak")
        superpacket.send(pair.left, 4, 0, 1, SEGMENT, (60000,) * 4)
        pair.down()
        lost = left.live()
        print("\n".join(lost[:5]))
        assert lost, left.counters()
        assert all(" dir to-device " in line for line in lost), lost
        assert all(" by hgso_" in line for line in lost), lost
        pair.left.write("wire/rate_bps", 0)
        pair.left.write("driver/bug", "none")
        assert not left.live()
        assert not left.faults()
        pair.up()


@pytest.mark.debug
@pytest.mark.kasan
def test_read_before_sync(pair: Pair, expected_faults: list[int]) -> None:
    """Who reads what was received, before it is synced, is named.

    A driver without bugs first, that nobody is accused of.
    """
    sent = transfer.payload(pair.host, 65536)
    with ledgers(pair) as (_, right), faulty(pair, expected_faults):
        pair.right.write("dma/reads", 1)
        transfer.send(pair, 4, sent)
        assert not right.faults()
        assert not pair.host.splats()
        pair.right.write("driver/bug", "no-sync")
        wait_for("read-before-sync", r" by driver .*map_dir from-device .* "
                 r"mapped_by (?!ledger_).*nic_rx_\w+.* done_by \w+\+", right,
                 lambda: burst.datagrams(pair.left, pair.right.address4))
        pair.right.write("driver/bug", "none")
        pair.right.write("dma/reads", 0)
        # KASAN says it too, which is expected here and nowhere else.
        reports = pair.host.splats()
        assert reports and all("KASAN" in report for report in reports)
    transfer.send(pair, 4, sent)


def test_bugs_are_refused(pair: Pair) -> None:
    """There are no other bugs, and none without being asked for."""
    assert pair.left.read("driver/bug").splitlines()[0] == "[none]"
    with pytest.raises(executor.CommandError):
        pair.left.write("driver/bug", "no-such-bug")
    assert pair.left.host.run(
        ["stat", "-c", "%a", f"{pair.left.debugfs}/driver/bug"],
        check=True).stdout.strip() == "600"
