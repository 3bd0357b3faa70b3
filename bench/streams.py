# SPDX-License-Identifier: GPL-2.0
"""End to end: iperf3 across two linked NICs, each strategy.

The same rows are timed natively in User-mode Linux, timed in a virtual machine
whose second processor is the hardware's, and counted in instructions.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench import guest, perf
from bench.context import HARDWARE_CPU, REFUSED, TRAFFIC_CPU, Bench, pin
from bench.record import Section, gather
from bench.repeat import Repetitions
from bench.traffic import FIXED_BUFFERS, Choice, Spent, Traffic
from headroom import iperf
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.vm import Machine

# MTU, and how many streams.
SIZES = ((1500, 1), (1500, 16), (9000, 1), (9000, 16))
# Of what takes time there are more and shorter repetitions: a machine that has
# other work, too, disturbs some of them.
TIMES = 9
NANO, GIGA = 1e-9, 1e9
Columns = Mapping[str, tuple[str, float, str]]

NATIVE_COLUMNS = {
    "throughput": ("Mbit/s", 15.0, "more"),
    "processor time": ("CPU s/GB", 15.0, "less"),
    "maps a super-packet": ("maps", 15.0, "less"),
    "maps": ("maps/MB", 15.0, "less"),
}
TIME_COLUMNS = {
    "throughput": ("Mbit/s", 15.0, "more"),
    "driver side": ("CPU s/GB", 15.0, "less"),
    "sender": ("CPU s/GB", 15.0, "less"),
    "receiver": ("CPU s/GB", 15.0, "less"),
    "modelled hardware": ("CPU s/GB", 15.0, "less"),
    "maps a super-packet": ("maps", 15.0, "less"),
    "maps": ("maps/MB", 15.0, "less"),
}
COUNT_COLUMNS = {
    "driver side": ("instructions/octet", 10.0, "less"),
    "sender": ("instructions/octet", 15.0, "less"),
    "receiver": ("instructions/octet", 15.0, "less"),
    "modelled hardware": ("instructions/octet", 10.0, "less"),
    "maps": ("maps/MB", 10.0, "less"),
}
KIND = {"gso": "plain", "tso-lib": "tso_lib", "hgso": "hgso",
        "tso-hw": "tso_hw"}
COMMON = """\
TCP over IPv4, {octets} a repetition, IOMMU strict; what is not named is sent
by hgso and received by GRO."""
SHARES = """\
driver side: programs, stack and driver of both
ends, which is all that processors did less what the modelled hardware's own
clock says. Of it, sender and receiver are iperf3's two processes with the
system calls they made and the interrupts that came while they ran."""
NATIVE = """\
One processor does everything, at this machine's own speed. processor time:
what User-mode Linux used of it, programs, stack, driver and modelled hardware
of both ends, with starting iperf3; its clock is too coarse to tell them
apart."""
TIMED = f"""\
The hardware halves run on CPU {HARDWARE_CPU}, everything else on CPU
{TRAFFIC_CPU}. Emulated, unless it says KVM: compare rows with each other
only."""
COUNTED = """\
One emulated processor where a nanosecond is an instruction; sockets have
buffers of a fixed size. An instruction an octet is 1e9 a GB."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How rows are measured: iperf3's words, columns, and what makes them.

    ``mode`` is the IOMMU's; with ``ledger`` the DMA API's maps are noted,
    which costs time. ``more`` may send again, for what would disturb the
    first. ``outside`` tells the processor time that the guest used. ``times``
    is how many repetitions there are at least. ``run`` sends for a row.
    """

    words: list[str]
    columns: Columns
    judge: Callable[[Spent, Choice], dict[str, float]]
    mode: str = "strict"
    ledger: bool = False
    more: Callable[[Traffic, Choice], dict[str, float]] | None = None
    outside: Callable[[], float] | None = None
    times: int = 0
    run: Callable[[Traffic, Choice], Spent] = Traffic.run


def open_ledger(pair: Pair) -> None:
    """Open both ledgers, from before anything is mapped."""
    pair.down()
    for nic in pair.nics:
        nic.write("dma/open", 1)
    pair.up()


def measure(bench: Bench, testbed: Testbed, section: Section,
            rows: Mapping[str, Choice], plan: Plan) -> None:
    """Measure *rows* with a pair of its own; add them to *section*."""
    pair = testbed.create(plan.mode)
    cpu = pin(pair)
    if plan.ledger:
        open_ledger(pair)
    traffic = Traffic(pair, plan.words, cpu, plan.outside)
    turns = Repetitions(list(rows), max(bench.settings.repetitions,
                                        plan.times), bench.progress)

    def once(name: str) -> dict[str, float]:
        found = plan.judge(plan.run(traffic, rows[name]), rows[name])
        return {**found, **(plan.more(traffic, rows[name]) if plan.more
                            else {})}

    with iperf.server(pair, cpu=cpu):
        taken = turns.run(once, errors=REFUSED)
        if bench.settings.perf:
            perf.profile(pair.host, bench.settings.out, section, list(rows),
                         lambda name: traffic.run(rows[name]))
    for row in gather(list(rows), taken, plan.columns):
        row.note = turns.failed.get(row.name, "")
        section.rows.append(row)
    testbed.check_quiet()
    testbed.clear()


def maps(spent: Spent, choice: Choice) -> dict[str, float]:
    """Return what both tables say of maps."""
    found = {"maps": spent.left["driver.tx_dma_maps"] / spent.sent_mb}
    if spent.supers:
        found["maps a super-packet"] = spent.left[
            f"driver.tx_{KIND[choice.tx]}_maps"] / spent.supers
    return found


def cost(spent: Spent, unit: float) -> dict[str, float]:
    """Return the columns of cost, ns by *unit*."""
    return {"driver side": spent.driver / unit,
            "sender": spent.stream.sender_cpu / NANO / unit,
            "receiver": spent.stream.receiver_cpu / NANO / unit,
            "modelled hardware": spent.hardware / unit}


def natively(spent: Spent, choice: Choice) -> dict[str, float]:
    """Return the columns of a guest whose own clock is coarse."""
    found = {"throughput": spent.stream.bits_per_second / 1e6,
             **maps(spent, choice)}
    if spent.outside is not None:
        found["processor time"] = spent.outside / spent.stream.sent * GIGA
    return found


def timed(spent: Spent, choice: Choice) -> dict[str, float]:
    """Return the columns in seconds of processors."""
    return {"throughput": spent.stream.bits_per_second / 1e6,
            **cost(spent, spent.stream.sent / GIGA / NANO),
            **maps(spent, choice)}


def counted(spent: Spent, choice: Choice) -> dict[str, float]:
    """Return the columns in instructions."""
    return {**cost(spent, spent.stream.sent), **maps(spent, choice)}


def choices(sizes: Iterable[tuple[int, int]],
            received: Mapping[int, Sequence[str]],
            sent: Sequence[str] = TX_STRATEGIES) -> dict[str, Choice]:
    """Return the rows: ways to send by *sizes*, MTU and how many streams; then
    those to receive by MTU."""
    chosen = [Choice(tx=strategy, streams=streams, mtu=mtu)
              for mtu, streams in sizes for strategy in sent]
    rows = {f"{one.tx}, MTU {one.mtu}, {one.streams} stream"
            f"{'s' if one.streams > 1 else ''}": one for one in chosen}
    return {**rows, **{f"received by {strategy}, MTU {mtu}": Choice(
        rx=strategy, mtu=mtu) for mtu, strategies in received.items()
        for strategy in strategies}}


def rows_of(bench: Bench, jumbo: bool = False) -> dict[str, Choice]:
    """Return all rows, with *jumbo* those to receive large frames, too; few of
    them in a quick bench."""
    if bench.settings.quick:
        return choices([(1500, 1)], {1500: ("hgro",)}, ("gso", "hgso"))
    return choices(SIZES, {mtu: RX_STRATEGIES
                           for mtu in ((1500, 9000) if jumbo else (1500,))})


def section_of(key: str, title: str, megabytes: int, texts: Sequence[str],
               kernel: dict[str, str]) -> Section:
    """Return a section without rows."""
    text = " ".join([COMMON.format(octets=f"{megabytes} MB"), *texts])
    return Section(key, title, text.replace("\n", " "), kernel, [])


def native(bench: Bench) -> list[Section]:
    """At this machine's own speed; shorter if quick."""
    quick = bench.settings.quick
    testbed, megabytes = bench.testbed("native"), 16 if quick else 128
    section = section_of("streams", "End to end, natively", megabytes,
                         [NATIVE], bench.kernel("native"))
    measure(bench, testbed, section, rows_of(bench, jumbo=True),
            Plan(["-n", f"{megabytes}M"], NATIVE_COLUMNS, natively,
                 outside=bench.outside("native"),
                 times=0 if quick else TIMES))
    return [section]


def emulated(bench: Bench) -> list[Section]:
    """On two processors, on KVM where a guest boots on it, or emulated."""
    testbed, megabytes = bench.testbed("vm"), 16
    section = section_of("streams-vm", "End to end, in a virtual machine of "
                         "two processors", megabytes, [SHARES, TIMED],
                         bench.kernel("vm"))
    measure(bench, testbed, section, rows_of(bench),
            Plan(["-n", f"{megabytes}M"], TIME_COLUMNS, timed))
    return [section]


def stream_instructions(bench: Bench) -> list[Section]:
    """Instructions, in a guest that counts them."""
    out = bench.settings.out / "stream-instructions"
    megabytes = 16 if bench.settings.quick else 32
    with Machine(bench.settings.flavour, icount=True, out=out) as machine:
        testbed = Testbed(machine, bench.settings.flavour, out)
        section = section_of("stream-instructions",
                             "End to end, in instructions", megabytes,
                             [SHARES, COUNTED],
                             guest.describe(machine.tree, machine.release))
        measure(bench, testbed, section, rows_of(bench),
                Plan(["-n", f"{megabytes}M", *FIXED_BUFFERS], COUNT_COLUMNS,
                     counted))
    return [section]
