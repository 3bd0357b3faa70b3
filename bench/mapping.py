# SPDX-License-Identifier: GPL-2.0
"""What a super-packet costs in DMA: maps, IOVAs, octets, IOTLB misses.

Known super-packets are sent with each strategy behind each mode of the IOMMU.
All are counts: of the sending NIC's driver, of the ledger of the DMA API, of
the emulated IOMMU, and of calls in the kernel's own IOVA allocator.
"""

import contextlib
import pathlib
from collections.abc import Iterator

from bench import perf
from bench.context import REFUSED, Bench, pin
from bench.record import Section, gather
from bench.repeat import Repetitions
from headroom import counters, executor
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair
from tools.vm import GuestDied

MODES = ("strict", "lazy", "identity")
SEGMENT, SEGMENTS, BURST = 1448, 45, 48
LENGTH = SEGMENT * SEGMENTS
SENDER = pathlib.Path(__file__).resolve().parent / "sender.py"
FIFO = "/run/bench-sender"
TRACING = "/sys/kernel/tracing"
PROBE = "bench/iova"

# Nobody else speaks: no search for neighbours, no router.
QUIET = """
set -e
for ns in left right; do
    ip netns exec $ns sysctl -q net.ipv6.conf.all.disable_ipv6=1
done
"""
SEND = """
set -e
for ((i = 0; i < 600; i++)); do [[ -p $1 ]] && break; sleep 0.05; done
echo "$2" >"$1"
read -r said <"$1.done"
[[ $said == sent ]]
"""
# Columns: unit, limit of the spread, what is better.
COLUMNS = {
    "maps": ("maps", 1.0, "less"),
    "unmaps": ("unmaps", 1.0, "less"),
    "IOVAs": ("allocations", 5.0, "less"),
    "octets mapped": ("octets", 1.0, "less"),
    "pages mapped": ("pages", 5.0, "less"),
    "IOTLB misses": ("misses", 10.0, "less"),
    "IOTLB flushes": ("flushes", 10.0, "less"),
    "maps a GB": ("maps", 1.0, "less"),
    "receive: maps": ("maps", 10.0, "less"),
    "receive: IOTLB misses": ("misses", 10.0, "less"),
}
TEXT = f"""\
Of one TCPv4 super-packet of {SEGMENTS} segments of {SEGMENT} octets; {BURST}
of them a repetition. Octets are what the DMA API was asked to map. IOVAs are
calls of the kernel's alloc_iova_fast(), of both NICs. receive: of the other
NIC, whose page pool keeps its pages mapped. A GB is of payload."""


@contextlib.contextmanager
def iova_probe(host: executor.Executor) -> Iterator[bool]:
    """Count calls of alloc_iova_fast(); False where there is no such probe."""
    made = True
    try:
        host.write(f"{TRACING}/kprobe_events", f"p:{PROBE} alloc_iova_fast\n")
        host.write(f"{TRACING}/events/{PROBE}/enable", "1")
    except executor.CommandError:
        made = False
    try:
        yield made
    finally:
        if made:
            host.write(f"{TRACING}/events/{PROBE}/enable", "0")
            host.write(f"{TRACING}/kprobe_events", f"-:{PROBE}\n")


def iovas(host: executor.Executor) -> int:
    """Return how often alloc_iova_fast() was called so far."""
    for line in host.read(f"{TRACING}/kprobe_profile").splitlines():
        name, hits, _ = line.split()
        if name == PROBE.rpartition("/")[2]:
            return int(hits)
    raise ValueError("the probe of alloc_iova_fast() is gone")


class Sender:
    """Sends bursts from the left NIC."""

    def __init__(self, pair: Pair) -> None:
        self.host = pair.host
        executor.script(self.host, 'rm -f "$1" "$1.done"', FIFO)
        self.running = self.host.popen(
            ["nsenter", f"--net=/run/netns/{pair.left.netns}",
             "/usr/bin/python3", "-SE", str(SENDER), pair.left.ifname, FIFO,
             str(SEGMENT), str(LENGTH)])

    def send(self, count: int) -> None:
        """Send *count* super-packets. Raises CommandError."""
        executor.script(self.host, SEND, FIFO, str(count), timeout=120)

    def stop(self) -> None:
        """End the process."""
        self.running.kill()


def ledger(pair: Pair) -> counters.Counters:
    """Return what the left NIC's ledger counted."""
    return counters.Counters(counters.parse(
        "dma", pair.left.read("dma/counters")))


class Burst:
    """Measures one strategy: what a burst changes in all counters."""

    def __init__(self, pair: Pair, sender: Sender, probed: bool) -> None:
        self.pair = pair
        self.sender = sender
        self.probed = probed

    def snapshot(self) -> tuple[counters.Counters, counters.Counters, int]:
        """Return counters of left and right, and IOVA allocations."""
        both = self.pair.counters_at_rest()
        left = counters.Counters({**both.left, **ledger(self.pair)})
        return left, both.right, (iovas(self.pair.host) if self.probed
                                  else 0)

    def __call__(self, strategy: str) -> dict[str, float]:
        """Send a burst; return the columns."""
        self.pair.reset(tx=strategy)
        before = self.snapshot()
        self.sender.send(BURST)
        after = self.snapshot()
        left, right = after[0] - before[0], after[1] - before[1]
        frames = left["hw.tx_frames"]
        if frames != BURST * SEGMENTS:
            raise ValueError(f"{frames} frames, not {BURST * SEGMENTS}")
        found = {
            "maps": left["driver.tx_dma_maps"] / BURST,
            "unmaps": left["driver.tx_dma_unmaps"] / BURST,
            "octets mapped": left["dma.bytes_mapped"] / BURST,
            "pages mapped": left["iommu.pages_mapped"] / BURST,
            "IOTLB misses": left["iommu.iotlb_misses"] / BURST,
            "IOTLB flushes": left["iommu.iotlb_flushes"] / BURST,
            "maps a GB": left["driver.tx_dma_maps"] * 1e9 / BURST / LENGTH,
            "receive: maps": right["driver.rx_page_pool_maps"] / BURST,
            "receive: IOTLB misses": right["iommu.iotlb_misses"] / BURST,
        }
        if self.probed:
            found["IOVAs"] = (after[2] - before[2]) / BURST
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
    executor.script(pair.host, QUIET)
    pin(pair)
    open_ledger(pair)
    turns = Repetitions(TX_STRATEGIES, bench.settings.repetitions,
                        bench.progress)
    sender = Sender(pair)
    try:
        with iova_probe(pair.host) as probed:
            if not probed:
                section.missing.append(f"{mode}: IOVAs: no probe on "
                                       "alloc_iova_fast()")
            burst = Burst(pair, sender, probed)
            taken = turns.run(burst, errors=REFUSED)
            if bench.settings.perf:
                perf.profile(pair.host, bench.settings.out, section,
                             TX_STRATEGIES, burst)
    finally:
        sender.stop()
    for row in gather(TX_STRATEGIES, taken, COLUMNS):
        row.note = turns.failed.get(row.name, "")
        row.name = f"{row.name}, {mode}"
        section.rows.append(row)
    testbed.check_quiet()
    testbed.clear()


def mapping(bench: Bench) -> list[Section]:
    """Return the section: each strategy, each mode that there is."""
    bench.testbed()
    section = Section("dma", "DMA, per super-packet",
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
