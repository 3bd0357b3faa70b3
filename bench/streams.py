# SPDX-License-Identifier: GPL-2.0
"""End to end: iperf3 across two linked NICs, each strategy."""

import dataclasses
import itertools
from collections.abc import Sequence

from bench import guest, perf
from bench.context import HARDWARE_CPU, REFUSED, TRAFFIC_CPU, Bench, pin
from bench.record import Section, gather
from bench.repeat import Repetitions
from headroom import cputime, executor, iperf
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.vm import Machine

MTUS = (1500, 9000)
STREAMS = (1, 16)
GIGA = 1e9
# What one stream sends where instructions are counted, MB.
COUNTED_MB = 16
SET_MTU = """
ip -n left link set nic1 mtu "$1"
ip -n right link set nic2 mtu "$1"
"""
# One command, so that no other command's cost is between the two readings.
# Arguments: a script that reads, then the client's words.
AROUND = """
set -e
read_=$1
shift
eval "$read_"
echo "=="
"$@" || true
echo "=="
eval "$read_"
"""
# The time that tasks ran on each processor, ns, and the hardware's own.
READ_RAN = """
cat /proc/schedstat
cat /sys/kernel/debug/netdevsim/netdevsim*/ports/0/nic/hw/counters
"""
RUNNING_FIELD = 7

TIME_COLUMNS = {
    "throughput": ("Mbit/s", 25.0, "more"),
    "driver side": ("CPU s/GB", 25.0, "less"),
    "modelled hardware": ("CPU s/GB", 25.0, "less"),
    "maps a super-packet": ("maps", 25.0, "less"),
    "maps a MB": ("maps", 25.0, "less"),
}
COUNT_COLUMNS = {
    "driver side": ("instructions/octet", 10.0, "less"),
    "modelled hardware": ("instructions/octet", 10.0, "less"),
    "maps a MB": ("maps", 10.0, "less"),
}
ROW = {"gso": "plain", "tso-lib": "tso_lib", "hgso": "hgso",
       "tso-hw": "tso_hw"}
TIME_TEXT = """\
TCP over IPv4, {seconds} s a repetition, IOMMU strict, receive by GRO. The
hardware halves run on CPU {hardware}, everything else on CPU {traffic}. driver
side: what all processors did less what the modelled hardware did, so programs,
stack and driver of both ends; it is told apart by the hardware's own clock.
Emulated: compare rows with each other only."""
COUNT_TEXT = """\
TCP over IPv4, {mb} MB a repetition, on one emulated processor where a
nanosecond is an instruction; IOMMU strict, receive by GRO. driver side: all
that tasks ran, less what the modelled hardware did: programs, stack and driver
of both ends. An instruction an octet is 1e9 a GB."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """One row."""

    strategy: str
    streams: int = 1
    mtu: int = 1500

    def __str__(self) -> str:
        return (f"{self.strategy}, MTU {self.mtu}, {self.streams} stream"
                f"{'s' if self.streams > 1 else ''}")


class Streams:
    """Runs iperf3 between the NICs of a pair and reads what it cost."""

    def __init__(self, pair: Pair, words: Sequence[str],
                 cpu: int | None) -> None:
        self.pair = pair
        self.words = list(words)
        self.cpu = cpu
        self.mtu = 1500

    def prepare(self, choice: Choice) -> None:
        """Set strategy and MTU."""
        self.pair.reset(tx=choice.strategy)
        if choice.mtu != self.mtu:
            executor.script(self.pair.host, SET_MTU, str(choice.mtu))
            self.mtu = choice.mtu

    def stream(self, choice: Choice,
               read: str = "") -> tuple[iperf.Stream, str, str]:
        """Send; return what iperf3 says, and what *read* printed around it.

        Raises ValueError.
        """
        pinned = ["taskset", "-c", str(self.cpu)] if (
            self.cpu is not None) else []
        done = self.pair.left.run(
            "bash", "-c", AROUND, "around", read, *pinned, "iperf3", "-J",
            "-c", self.pair.right.address4, "-p", str(iperf.PORT), "-P",
            str(choice.streams), *self.words, timeout=240)
        before, said, after = done.stdout.split("==\n")
        found = iperf.parse(said)
        if not found.octets:
            raise ValueError("nothing arrived")
        return found, before, after

    def timed(self, choice: Choice) -> dict[str, float]:
        """Return the columns of one repetition, in seconds of processors."""
        self.prepare(choice)
        before = self.pair.counters()
        stream, *texts = self.stream(choice, cputime.READ)
        first, last = map(cputime.parse, texts)
        cpu = last - first
        left = (self.pair.counters() - before).left
        giga = stream.octets / GIGA
        found = {"throughput": stream.bits_per_second / 1e6,
                 "driver side": cpu.driver / giga,
                 "modelled hardware": cpu.hardware / giga,
                 "maps a MB": left["driver.tx_dma_maps"] / giga / 1000}
        if supers := left["driver.tx_super_packets"]:
            found["maps a super-packet"] = left[
                f"driver.tx_{ROW[choice.strategy]}_maps"] / supers
        return found

    def counted(self, choice: Choice) -> dict[str, float]:
        """Return the columns of one repetition, in instructions."""
        self.prepare(choice)
        before = self.pair.counters()
        stream, *texts = self.stream(choice, READ_RAN)
        first, last = map(ran, texts)
        hardware = last[1] - first[1]
        spent = self.pair.counters() - before
        return {"driver side": (last[0] - first[0] - hardware) / stream.sent,
                "modelled hardware": hardware / stream.sent,
                "maps a MB": spent.left["driver.tx_dma_maps"]
                / stream.sent * 1e6}


def ran(text: str) -> tuple[int, int]:
    """Return for how long tasks ran, and the hardware's part of it, ns.

    Raises ValueError when the kernel does not say.
    """
    lines = [line.split() for line in text.splitlines()]
    tasks = [int(words[RUNNING_FIELD]) for words in lines
             if words and words[0].startswith("cpu")]
    hardware = [int(words[1]) for words in lines if words[:1] == ["busy_ns"]]
    if not tasks or not hardware:
        raise ValueError("no /proc/schedstat, or no hardware half")
    return sum(tasks), sum(hardware)


def choices(quick: bool) -> list[Choice]:
    """Return the rows."""
    if quick:
        return [Choice(strategy) for strategy in TX_STRATEGIES]
    return [Choice(strategy, streams, mtu) for mtu, streams, strategy
            in itertools.product(MTUS, STREAMS, TX_STRATEGIES)]


def end_to_end(bench: Bench) -> list[Section]:
    """Throughput and processor time."""
    testbed = bench.testbed()
    pair = testbed.create("strict")
    pin(pair)
    rows = choices(bench.settings.quick)
    streams = Streams(pair, ["-t", str(bench.settings.seconds)], TRAFFIC_CPU)
    turns = Repetitions(rows, bench.settings.repetitions, bench.progress)
    section = Section(
        "streams", "End to end, iperf3", TIME_TEXT.format(
            seconds=bench.settings.seconds, hardware=HARDWARE_CPU,
            traffic=TRAFFIC_CPU).replace("\n", " "), bench.kernel(), [])
    with iperf.server(pair, cpu=TRAFFIC_CPU):
        taken = turns.run(streams.timed, errors=REFUSED)
        section.rows = gather([str(row) for row in rows], taken, TIME_COLUMNS)
        if bench.settings.perf:
            perf.profile(pair.host, bench.settings.out, section, rows,
                         streams.timed)
    testbed.check_quiet()
    testbed.clear()
    for row in section.rows:
        row.note = turns.failed.get(row.name, "")
    return [section]


def stream_instructions(bench: Bench) -> list[Section]:
    """Instructions, in a guest that counts them."""
    rows = [Choice(strategy) for strategy in TX_STRATEGIES]
    out = bench.settings.out / "stream-instructions"
    with Machine(bench.settings.flavour, icount=True, out=out) as machine:
        testbed = Testbed(machine, bench.settings.flavour, out)
        pair = testbed.create("strict")
        streams = Streams(pair, ["-n", f"{COUNTED_MB}M"], None)
        section = Section(
            "stream-instructions", "End to end, in instructions",
            COUNT_TEXT.format(mb=COUNTED_MB).replace("\n", " "),
            guest.describe(machine.tree, machine.release), [])
        turns = Repetitions(rows, bench.settings.repetitions, bench.progress)
        with iperf.server(pair):
            taken = turns.run(streams.counted, errors=REFUSED)
            section.rows = gather([str(row) for row in rows], taken,
                                  COUNT_COLUMNS)
            if bench.settings.perf:
                perf.profile(machine, bench.settings.out, section, rows,
                             streams.counted)
        testbed.check_quiet()
    for row in section.rows:
        row.note = turns.failed.get(row.name, "")
    return [section]
