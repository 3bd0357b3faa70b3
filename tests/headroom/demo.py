# SPDX-License-Identifier: GPL-2.0
"""What ``make demo`` does: one run a strategy and IP version, and a table."""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import sys
import time
from collections.abc import Iterator, Sequence

from headroom import cputime, executor, iperf, transfer
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair
from headroom.testbed import Testbed, Unclean
from tools import cache
from tools.kernel import config, source
from tools.kernel import tree as kernels
from tools.modules import tree as modules
from tools.vm import GuestDied, Machine, SplatError, VMError

ROW = {"gso": "plain", "tso-lib": "tso_lib", "hgso": "hgso",
       "tso-hw": "tso_hw"}
HARDWARE_CPU, TRAFFIC_CPU = 1, 0
HEADING = (
    "transmit", "IP", "Mbit/s", "driver", "hardware", "super-", "frames on",
    "maps per", "maps per", "faults", "64 MiB file")
HEADING2 = (
    "strategy", "", "", "CPU s/GB", "CPU s/GB", "packets", "the wire",
    "super-p.", "MB", "", "SHA-256")
WIDTHS = (9, 3, 8, 9, 9, 8, 10, 9, 9, 7, 12)


@dataclasses.dataclass(frozen=True)
class Row:
    """What one strategy did with one IP version."""

    strategy: str
    family: int
    stream: iperf.Stream
    cpu: cputime.CpuTime
    supers: int
    frames: int
    maps: int
    super_maps: int
    faults: int
    file: str

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table."""
        giga = self.stream.octets / 1e9
        per_super = f"{self.super_maps / self.supers:.2f}" if (
            self.supers) else "-"
        return (self.strategy, str(self.family),
                f"{self.stream.bits_per_second / 1e6:.0f}",
                f"{self.cpu.driver / giga:.1f}",
                f"{self.cpu.hardware / giga:.1f}",
                str(self.supers), str(self.frames), per_super,
                f"{self.maps / giga / 1000:.0f}", str(self.faults), self.file)


def line(cells: tuple[str, ...]) -> str:
    """Return a line of the table."""
    first, *rest = (cell.rjust(width) if at else cell.ljust(width)
                    for at, (cell, width) in enumerate(zip(cells, WIDTHS)))
    return " ".join([first, *rest])


def measure(pair: Pair, strategy: str, family: int, seconds: int,
            sent: transfer.Payload, bug: str = "none") -> Row:
    """Run a stream and send a file; raises what those raise.

    A file that arrives altered does not raise: the row says so. *bug* is how
    the sending driver is broken.
    """
    pair.reset(tx=strategy)
    pair.left.write("driver/bug", bug)
    before, cpu = pair.counters(), cputime.read(pair)
    stream = iperf.stream(pair, family, seconds, cpu=TRAFFIC_CPU)
    cpu = cputime.read(pair) - cpu
    streamed = pair.counters() - before
    try:
        transfer.send(pair, family, sent, cpu=TRAFFIC_CPU)
        file = "same"
    except transfer.HashMismatch:
        file = "DIFFERS"
    whole = pair.counters() - before
    row = f"driver.tx_{ROW[strategy]}"
    faults = sum(side[name] for side in (whole.left, whole.right)
                 for name in ("iommu.faults", "hw.dma_faults"))
    return Row(strategy, family, stream, cpu,
               supers=streamed.left["driver.tx_super_packets"],
               frames=streamed.left["hw.tx_frames"],
               maps=streamed.left["driver.tx_dma_maps"],
               super_maps=streamed.left[f"{row}_maps"], faults=faults,
               file=file)


def complaints(rows: list[Row]) -> list[str]:
    """Return what is wrong with what was measured; none if all is well.

    A stream without super-packets or frames is wrong too: it shows nothing.
    """
    wrong = []
    for row in rows:
        name = f"{row.strategy} over IPv{row.family}"
        if row.file != "same":
            wrong.append(f"{name}: the file arrived altered")
        if row.faults:
            wrong.append(f"{name}: {row.faults} DMA faults")
        if not row.frames or (row.strategy == "gso") == bool(row.supers):
            wrong.append(f"{name}: {row.supers} super-packets, {row.frames} "
                         "frames: it did not go that way")
    return wrong


@dataclasses.dataclass
class Output:
    """What is printed, kept in a file, too: README shows it."""

    path: pathlib.Path

    def __post_init__(self) -> None:
        self.path.write_text("", encoding="utf-8")

    def say(self, text: str) -> None:
        """Print *text*, and keep it."""
        print(text, flush=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(text + "\n")


def run(host: executor.Executor, output: Output, seconds: int,
        mib: int, bug: str = "none",
        strategies: Sequence[str] = TX_STRATEGIES) -> list[str]:
    """Measure everything, print the table; return what went wrong."""
    testbed = Testbed(host, "release", output.path.parent)
    pair = testbed.pair()
    output.say(pair.report.rstrip())
    for nic in pair.nics:
        nic.write("hw/cpu", HARDWARE_CPU)
    output.say(f"The hardware halves run on CPU {HARDWARE_CPU}, programs (and "
               f"so stack and driver) on CPU {TRAFFIC_CPU}.")
    sent = transfer.payload(host, mib * transfer.MIB)
    rows: list[Row] = []
    wrong: list[str] = []
    with iperf.server(pair, cpu=TRAFFIC_CPU):
        for family in (4, 6):
            for strategy in strategies:
                cache.say(f"demo: {strategy} over IPv{family}...")
                try:
                    rows.append(measure(pair, strategy, family, seconds, sent,
                                        bug))
                except (ValueError, executor.CommandError,
                        executor.CommandTimeout) as error:
                    wrong.append(f"{strategy} over IPv{family}: {error}")
    table = [line(HEADING[:-1] + (f"{mib} MiB file",)), line(HEADING2),
             *(line(row.cells()) for row in rows)]
    output.say("\n" + "\n".join(table) + "\n")
    wrong += complaints(rows)
    try:
        testbed.check_down(sum(row.faults for row in rows))
    except Unclean as error:
        wrong.append(str(error))
    testbed.clear()
    try:
        testbed.check_nothing_mapped()
        testbed.check_health()
    except Unclean as error:
        wrong.append(str(error))
    return wrong


EXPLAINED = """\
driver CPU: what all processors did during the stream less what the modelled
hardware did; programs, stack and driver of both ends are in it. hardware CPU:
the time that both hardware halves worked. GB and MB are of what iperf3
received. Super-packets, frames and maps are of the sending NIC during the
stream; with gso the stack segments, so the driver sees no super-packet."""


@contextlib.contextmanager
def host_for(local: bool, out: pathlib.Path) -> Iterator[executor.Executor]:
    """Where it runs: a guest, or this machine."""
    if local:
        here = executor.Local(out)
        try:
            yield here
        finally:
            here.stop()
        return
    with Machine("release", out=out) as machine:
        yield machine


def main(usage: str) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="tests/demo", description=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3,
                        help="length of a stream, whole seconds")
    parser.add_argument("--mib", type=int, default=64, help="size of the file")
    parser.add_argument("--bug", default="none",
                        help="break the sending NIC's driver on purpose, to "
                        "see this fail (docs/testbed.md has the names)")
    parser.add_argument("--local", action="store_true",
                        help="this machine's own kernel, as root")
    words = parser.parse_args()
    if words.seconds < 1 or words.mib < 1:
        parser.error("--seconds and --mib are 1 at least")
    out = pathlib.Path(os.environ.get("OUT") or cache.REPO / "out")
    out = out.resolve() / "demo"
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        with host_for(words.local, out) as host:
            output = Output(out / "output.txt")
            output.say(f"Linux {host.release} on {host.accel}")
            wrong = run(host, output, words.seconds, words.mib, words.bug)
            output.say(EXPLAINED)
            output.say(f"It ran on Linux {host.release}, {host.accel.upper()};"
                       f" {time.monotonic() - started:.0f} s in all.")
    except (SplatError, GuestDied, VMError, executor.CommandError,
            executor.CommandTimeout, ValueError, config.ConfigError,
            source.SourceError, kernels.BuildError, modules.ModuleError,
            FileNotFoundError) as error:
        wrong = [str(error)]
    for text in wrong:
        print(f"FAILED: {text}", file=sys.stderr)
    if not wrong:
        output.say("No file was altered, no access faulted, nothing is left "
                   "mapped, and the kernel has no complaint.")
    return 1 if wrong else 0
