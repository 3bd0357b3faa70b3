# SPDX-License-Identifier: GPL-2.0
"""What sending costs in DMA: maps, IOVAs, octets, IOTLB misses.

A stream is sent with each strategy behind each mode of the IOMMU.
All are counts: of the sending NIC's driver, of the ledger of the DMA API, of
the emulated IOMMU, and of calls in the kernel's own IOVA allocator.
"""

import contextlib

from bench import perf, probe
from bench.context import REFUSED, TRAFFIC_CPU, Bench, pin
from bench.record import Section, gather
from bench.repeat import Repetitions
from bench.streams import ROW, Choice, Streams
from headroom import counters, executor, iperf
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair
from tools.vm import GuestDied

MODES = ("strict", "lazy", "identity")
# What a repetition sends, MB.
SENT_MB = 8
MEGA = 1e6
PROBE = "iova"

# Columns: unit, limit of the spread, what is better.
COLUMNS = {
    "maps a super-packet": ("maps", 15.0, "less"),
    "maps": ("maps/MB", 15.0, "less"),
    "unmaps": ("unmaps/MB", 15.0, "less"),
    "IOVAs": ("allocations/MB", 15.0, "less"),
    "mapped": ("octets/octet", 5.0, "less"),
    "pages mapped": ("pages/MB", 15.0, "less"),
    "IOTLB misses": ("misses/MB", 15.0, "less"),
    "IOTLB flushes": ("flushes/MB", 15.0, "less"),
    "receive: maps": ("maps/MB", 15.0, "less"),
    "receive: IOTLB misses": ("misses/MB", 15.0, "less"),
}
TEXT = f"""\
One TCPv4 stream of iperf3, {SENT_MB} MB a repetition, MTU 1500. Of the sending
NIC: its driver's maps, the octets that the DMA API was asked to map (by the
ledger), and what the emulated IOMMU counted. A MB is of frames sent; a GB is
1000 of them. IOVAs are calls of the kernel's alloc_iova_fast(), of both NICs.
receive: of the other NIC, whose page pool keeps its pages mapped."""


def ledger(pair: Pair) -> counters.Counters:
    """Return what the left NIC's ledger counted."""
    return counters.Counters(counters.parse(
        "dma", pair.left.read("dma/counters")))


class Transfer:
    """Measures one strategy: what a stream changes in all counters."""

    def __init__(self, streams: Streams, probed: bool) -> None:
        self.streams = streams
        self.pair = streams.pair
        self.probed = probed

    def snapshot(self) -> tuple[counters.Counters, counters.Counters, int]:
        """Return counters of left and right, and IOVA allocations."""
        both = self.pair.counters_at_rest()
        left = counters.Counters({**both.left, **ledger(self.pair)})
        return left, both.right, (probe.hits(self.pair.host, PROBE)
                                  if self.probed else 0)

    def __call__(self, strategy: str) -> dict[str, float]:
        """Send; return the columns."""
        choice = Choice(strategy)
        self.streams.prepare(choice)
        before = self.snapshot()
        self.streams.stream(choice)
        after = self.snapshot()
        left, right = after[0] - before[0], after[1] - before[1]
        mega = left["hw.tx_bytes"] / MEGA
        supers = left["driver.tx_super_packets"]
        if (strategy == "gso") == bool(supers):
            raise ValueError(f"{supers} super-packets: it did not go that way")
        found = {
            "maps": left["driver.tx_dma_maps"] / mega,
            "unmaps": left["driver.tx_dma_unmaps"] / mega,
            "mapped": left["dma.bytes_mapped"] / mega / MEGA,
            "pages mapped": left["iommu.pages_mapped"] / mega,
            "IOTLB misses": left["iommu.iotlb_misses"] / mega,
            "IOTLB flushes": left["iommu.iotlb_flushes"] / mega,
            "receive: maps": right["driver.rx_page_pool_maps"] / mega,
            "receive: IOTLB misses": right["iommu.iotlb_misses"] / mega,
        }
        if supers:
            found["maps a super-packet"] = left[
                f"driver.tx_{ROW[strategy]}_maps"] / supers
        if self.probed:
            found["IOVAs"] = (after[2] - before[2]) / mega
        return found


def open_ledger(pair: Pair) -> None:
    """Open the left NIC's ledger, from before anything is mapped."""
    pair.down()
    pair.left.write("dma/open", 1)
    pair.up()


def behind(bench: Bench, mode: str, section: Section) -> None:
    """Measure all strategies behind an IOMMU in *mode*; add the rows."""
    testbed = bench.testbed()
    pair = testbed.create(mode)
    pin(pair)
    open_ledger(pair)
    turns = Repetitions(TX_STRATEGIES, bench.settings.repetitions,
                        bench.progress)
    streams = Streams(pair, ["-n", f"{SENT_MB}M"], TRAFFIC_CPU)
    with contextlib.ExitStack() as stack:
        probed = True
        try:
            stack.enter_context(probe.probe(pair.host, PROBE,
                                            "alloc_iova_fast"))
        except executor.CommandError as error:
            probed = False
            section.missing.append(f"{mode}: IOVAs: {error}")
        stack.enter_context(iperf.server(pair, cpu=TRAFFIC_CPU))
        transfer = Transfer(streams, probed)
        taken = turns.run(transfer, errors=REFUSED)
        if bench.settings.perf:
            perf.profile(pair.host, bench.settings.out, section,
                         TX_STRATEGIES, transfer)
    for row in gather(TX_STRATEGIES, taken, COLUMNS):
        row.note = turns.failed.get(row.name, "")
        row.name = f"{row.name}, {mode}"
        section.rows.append(row)
    testbed.check_quiet()
    testbed.clear()


def mapping(bench: Bench) -> list[Section]:
    """Return the section: each strategy, each mode that there is."""
    bench.testbed()
    section = Section("dma", "DMA: maps, IOVAs, IOTLB",
                      TEXT.replace("\n", " "), bench.kernel(), [])
    for mode in MODES[:1] if bench.settings.quick else MODES:
        try:
            behind(bench, mode, section)
        except GuestDied:
            raise
        except executor.CommandError as error:
            section.missing.append(f"{mode}: " + " ".join(
                str(error).split())[:300])
            bench.testbed().clear()
    if bench.settings.quick:
        section.missing.append("lazy, identity: not in a quick bench")
    return [section]
