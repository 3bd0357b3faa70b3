# SPDX-License-Identifier: GPL-2.0
"""What sending and receiving cost in DMA: maps, IOVAs, octets, IOTLB misses,
instructions.

A stream is sent with each strategy behind each mode of the IOMMU. Counts are
those of a NIC's driver, of the ledger of the DMA API, of the emulated IOMMU,
and of calls in the kernel's own IOVA allocator.
"""

from bench import guest, probe
from bench.context import Bench
from bench.record import Section
from bench.streams import KIND, Plan, measure
from bench.traffic import FIXED_BUFFERS, MEGA, Choice, Spent, Traffic
from headroom import executor
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES
from headroom.testbed import Testbed
from tools.vm import GuestDied, Machine

MODES = ("strict", "lazy", "identity")
PROBE = "iova"
# What is sent while calls of the IOVA allocator are counted.
PROBED = ["-n", "2M", *FIXED_BUFFERS]

IOMMU_COLUMNS = {
    "IOMMU maps": ("maps/MB", 15.0, "less"),
    "IOMMU unmaps": ("unmaps/MB", 15.0, "less"),
    "pages mapped": ("pages/MB", 15.0, "less"),
    "IOTLB misses": ("misses/MB", 15.0, "less"),
    "IOTLB flushes": ("flushes/MB", 15.0, "less"),
}
SEND_COLUMNS = {
    "maps a super-packet": ("maps", 15.0, "less"),
    "maps": ("maps/MB", 15.0, "less"),
    "unmaps": ("unmaps/MB", 15.0, "less"),
    "mapped": ("octets/octet", 5.0, "less"),
    **IOMMU_COLUMNS,
}
RECEIVE_COLUMNS = {
    "pool maps": ("maps/MB", 15.0, "less"),
    "maps of answers": ("maps/MB", 15.0, "less"),
    "mapped": ("octets/MB", 15.0, "less"),
    **IOMMU_COLUMNS,
    "answers": ("frames/MB", 15.0, "less"),
}
COUNT_COLUMNS = {
    "driver side": ("instructions/octet", 10.0, "less"),
    "a super-packet": ("instructions", 10.0, "less"),
    "IOVAs": ("allocations/MB", 15.0, "less"),
    "maps": ("maps/MB", 15.0, "less"),
}
COUNT_RECEIVE_COLUMNS = {
    "driver side": ("instructions/octet", 10.0, "less"),
    "IOVAs": ("allocations/MB", 15.0, "less"),
    **{name: column for name, column in RECEIVE_COLUMNS.items()
       if name != "mapped"},
}
SEND_TEXT = """\
One TCPv4 stream of iperf3, {mb} MB a repetition, MTU 1500, received by GRO,
through sockets with buffers of a fixed size. Of
the sending NIC: its driver's maps, the octets that the DMA API was asked to
map (by the ledger), and what the emulated IOMMU counted. One of its maps is of
pages that are neighbours in memory; where hgso joins buffers to a range,
several maps have one IOVA, and one flush ends them. A MB is of frames sent; a
GB is 1000 of them."""
RECEIVE_TEXT = """\
The same of the NIC that receives, sent by hgso. Its page pool keeps its pages
mapped: pool maps are pages that it took from the system, none as long as all
that wait in sockets come back to it. Its answers are acknowledgments, and each
is mapped; what the sockets' buffers hold decides how many there are, more than
what was merged."""
COUNT_TEXT = """\
One TCPv4 stream of iperf3, {mb} MB a repetition, MTU 1500, where a nanosecond
is an instruction: of programs, stack and driver of both ends, without the
modelled hardware. IOVAs are calls of the kernel's alloc_iova_fast(), by both
NICs, counted by a kprobe in a stream of its own."""


def per_mb(side: dict[str, int], mega: float) -> dict[str, float]:
    """Return what the IOMMU of one NIC counted, a MB."""
    return {"IOMMU maps": side["iommu.maps"] / mega,
            "IOMMU unmaps": side["iommu.unmaps"] / mega,
            "pages mapped": side["iommu.pages_mapped"] / mega,
            "IOTLB misses": side["iommu.iotlb_misses"] / mega,
            "IOTLB flushes": side["iommu.iotlb_flushes"] / mega}


def sent(spent: Spent, choice: Choice) -> dict[str, float]:
    """Return the columns of the NIC that sends."""
    left, mega = spent.left, spent.sent_mb
    found = {"maps": left["driver.tx_dma_maps"] / mega,
             "unmaps": left["driver.tx_dma_unmaps"] / mega,
             "mapped": left["dma.bytes_mapped"] / mega / MEGA,
             **per_mb(left, mega)}
    if spent.supers:
        found["maps a super-packet"] = left[
            f"driver.tx_{KIND[choice.tx]}_maps"] / spent.supers
    return found


def answered(spent: Spent) -> dict[str, float]:
    """Return the columns of the NIC that receives, but for octets."""
    right = spent.right
    mega = right["hw.rx_bytes"] / MEGA
    return {"pool maps": right["driver.rx_page_pool_maps"] / mega,
            "maps of answers": right["driver.tx_dma_maps"] / mega,
            "answers": right["hw.tx_frames"] / mega, **per_mb(right, mega)}


def received(spent: Spent, _: Choice) -> dict[str, float]:
    """Return the columns of the NIC that receives, whose ledger is open."""
    mega = spent.right["hw.rx_bytes"] / MEGA
    return {**answered(spent),
            "mapped": spent.right["dma.bytes_mapped"] / mega}


def counted(spent: Spent, _: Choice) -> dict[str, float]:
    """Return the columns in instructions."""
    found = {"driver side": spent.driver / spent.stream.sent,
             "maps": spent.left["driver.tx_dma_maps"] / spent.sent_mb}
    if spent.supers:
        found["a super-packet"] = spent.driver / spent.supers
    return found


def counted_receiver(spent: Spent, _: Choice) -> dict[str, float]:
    """Return the columns in instructions, and what the receiver mapped.

    Octets are the ledger's to know, which would cost instructions.
    """
    return {"driver side": spent.driver / spent.stream.sent,
            **answered(spent)}


def iovas(traffic: Traffic, choice: Choice) -> dict[str, float]:
    """Return the IOVAs of a stream of its own."""
    host = traffic.pair.host
    with probe.probe(host, PROBE, "alloc_iova_fast"):
        spent = traffic.send(choice, PROBED)
        return {"IOVAs": probe.hits(host, PROBE) / spent.sent_mb}


def senders(mode: str) -> dict[str, Choice]:
    """Return the rows of one mode, of the NIC that sends."""
    return {f"{strategy}, {mode}": Choice(tx=strategy)
            for strategy in TX_STRATEGIES}


def receivers(mode: str, quick: bool) -> dict[str, Choice]:
    """Return the rows of one mode, of the NIC that receives."""
    return {f"{strategy}, {mode}": Choice(rx=strategy)
            for strategy in (("hgro",) if quick else RX_STRATEGIES)}


def modes(bench: Bench) -> tuple[str, ...]:
    """Return the modes of the IOMMU that are measured."""
    return MODES[:1] if bench.settings.quick else MODES


def announce(bench: Bench) -> None:
    """Say how many steps the rows of all modes are."""
    rows = sum(len(senders(mode)) + len(receivers(mode, bench.settings.quick))
               for mode in modes(bench))
    bench.progress.plan(rows * (bench.settings.repetitions + 1))


def behind(bench: Bench, testbed: Testbed, section: Section,
           rows: dict[str, Choice], plan: Plan) -> None:
    """Measure *rows*; a mode that there is not is missing."""
    try:
        measure(bench, testbed, section, rows, plan)
    except GuestDied:
        raise
    except executor.CommandError as error:
        section.missing.append(f"{plan.mode}: " + " ".join(
            str(error).split())[:300])
        testbed.clear()


def mapping(bench: Bench) -> list[Section]:
    """Counts natively: each strategy, each mode that there is."""
    testbed = bench.testbed("native")
    megabytes = 4 if bench.settings.quick else 64
    words = ["-n", f"{megabytes}M", *FIXED_BUFFERS]
    kernel = bench.kernel("native")
    send = Section("dma", "DMA of sending: maps, IOVAs, IOTLB",
                   SEND_TEXT.format(mb=megabytes).replace("\n", " "), kernel,
                   [])
    receive = Section("dma-receive", "DMA of receiving",
                      RECEIVE_TEXT.replace("\n", " "), kernel, [])
    announce(bench)
    for mode in modes(bench):
        behind(bench, testbed, send, senders(mode),
               Plan(words, SEND_COLUMNS, sent, mode, ledger=True))
        behind(bench, testbed, receive, receivers(mode, bench.settings.quick),
               Plan(words, RECEIVE_COLUMNS, received, mode, ledger=True))
    if bench.settings.quick:
        for section in (send, receive):
            section.missing.append("lazy, identity: not in a quick bench")
    return [send, receive]


def mapping_instructions(bench: Bench) -> list[Section]:
    """Instructions and IOVAs, in a guest that counts them."""
    out = bench.settings.out / "dma-instructions"
    megabytes = 8
    with Machine(bench.settings.flavour, icount=True, out=out) as machine:
        testbed = Testbed(machine, bench.settings.flavour, out)
        text = COUNT_TEXT.format(mb=megabytes).replace("\n", " ")
        kernel = guest.describe(machine.tree, machine.release)
        send = Section("dma-instructions", "DMA of sending, in instructions",
                       text, kernel, [])
        receive = Section("dma-receive-instructions",
                          "DMA of receiving, in instructions",
                          f"{text} Of the NIC that receives, sent by hgso.",
                          kernel, [])
        more = iovas
        try:
            with probe.probe(machine, PROBE, "alloc_iova_fast"):
                pass
        except executor.CommandError as error:
            for section in (send, receive):
                section.missing.append(f"IOVAs: {error}")
            more = None
        words = ["-n", f"{megabytes}M", *FIXED_BUFFERS]
        announce(bench)
        for mode in modes(bench):
            # Nobody asks for an IOVA where addresses are those of memory.
            again = more if mode != "identity" else None
            behind(bench, testbed, send, senders(mode),
                   Plan(words, COUNT_COLUMNS, counted, mode, more=again))
            behind(bench, testbed, receive,
                   receivers(mode, bench.settings.quick),
                   Plan(words, COUNT_RECEIVE_COLUMNS, counted_receiver, mode,
                        more=again))
    return [send, receive]
