# SPDX-License-Identifier: GPL-2.0
"""What segmentation costs on each path without TSO, by the kernel and hgso."""

import dataclasses
from collections.abc import Callable, Sequence

from bench.record import Figure, Row
from headroom import executor, iperf, takeover
from headroom.pair import Pair
from headroom.takeover import Path

UNTRUSTED = takeover.HERE / "untrusted.py"
WHO = ("kernel", "hgso")
# On this path the senders are compared, too.
SENDERS_ON = "veth"
# Unit, limit and better of each figure.
COLUMNS = {
    "segments each": ("segments", 50.0, ""),
    "kernel": ("ns a segment", 50.0, "less"),
    "hgso": ("ns a segment", 50.0, "less"),
    "times less": ("", 50.0, "more"),
    "off": ("CPU s/GB", 50.0, "less"),
    "on": ("CPU s/GB", 50.0, "less"),
    "sent, off": ("Mbit/s", 50.0, "more"),
    "sent, on": ("Mbit/s", 50.0, "more"),
}
TEXT = """\
A super-packet of each path is timed in turn by the kernel's function and by
hgso, side by side, segmentation alone; then the same stream is sent with the
takeover off, and on. processor time is of both ends and their programs, and
what User-mode Linux used of the machine."""


class PathsError(Exception):
    """Nothing was segmented where something had to be."""


@dataclasses.dataclass(frozen=True)
class Sender:
    """What sends, and by which words *way* of untrusted.py, "" for iperf3."""

    name: str
    way: str = ""


TCP = Sender("TCP")
SENDERS = (Sender("packet socket", "packet"), Sender("tap", "tap"))


@dataclasses.dataclass(frozen=True)
class Sent:
    """Octets that were sent, seconds it took, and of processor time."""

    octets: int
    seconds: float
    cpu: float

    @property
    def mbits(self) -> float:
        """Megabits a second."""
        return self.octets * 8 / self.seconds / 1e6

    @property
    def cpu_gb(self) -> float:
        """Seconds of processor time a gigabyte, of both ends."""
        return self.cpu / self.octets * 1e9


@dataclasses.dataclass(frozen=True)
class Round:
    """Segmentation timed, each super-packet by the one or the other.

    *each* is nanoseconds a segment, by who made it.
    """

    packets: int
    segments: int
    passed: dict[str, int]
    each: dict[str, float]
    off: Sent
    on: Sent

    @property
    def times(self) -> float:
        """How many times less hgso takes."""
        return self.each["kernel"] / self.each["hgso"]


def counters(host: executor.Executor) -> dict[str, int]:
    """Return the numbers of the status file."""
    return {name: int(value) for name, value in takeover.status(host).items()
            if value.isdecimal()}


@dataclasses.dataclass(frozen=True)
class Way:
    """What is measured: a sender on a path, for some *seconds* each time.

    ``used`` tells the processor time used so far, of all the guest's.
    """

    path: Path
    sender: Sender
    seconds: int
    used: Callable[[], float]

    def __str__(self) -> str:
        return f"{self.path.name}, {self.sender.name}"


def send(pair: Pair, way: Way) -> Sent:
    """Send over a path. Raises CommandError, ValueError."""
    path, sender, seconds = way.path, way.sender, way.seconds
    before = way.used()
    if sender.way:
        done = pair.host.run(
            ["/usr/bin/python3", "-ISE", str(UNTRUSTED), sender.way,
             path.left, str(seconds)], check=True, timeout=60 + 5 * seconds)
        octets, took = int(done.stdout), float(seconds)
    else:
        stream = iperf.stream(pair, 4, seconds, address=path.address)
        octets, took = stream.octets, stream.seconds
    return Sent(octets, took, way.used() - before)


def timed(pair: Pair, way: Way) -> dict[str, int]:
    """Send with all of it timed, by both in turn; return what was counted."""
    host = pair.host
    host.write(takeover.SWITCH, "1")
    host.write(takeover.SAMPLE, "1")
    before = counters(host)
    send(pair, way)
    after = counters(host)
    host.write(takeover.SAMPLE, "0")
    return {name: value - before.get(name, 0)
            for name, value in after.items()}


def measure_round(pair: Pair, way: Way, words: str) -> Round:
    """Measure once; with the takeover off and on in the order of *words*.

    Raises PathsError, CommandError, ValueError.
    """
    counted = timed(pair, way)
    packets = {who: counted.get(f"timed.{who}.packets", 0) for who in WHO}
    segments = {who: counted.get(f"timed.{who}.segments", 0) for who in WHO}
    if not all(segments.values()):
        raise PathsError(f"{way}: nothing was segmented in software: "
                         f"{counted}")
    passed = {name.removeprefix("passed."): value
              for name, value in counted.items()
              if name.startswith("passed.") and value
              and name not in ("passed.sample", "passed.nested")}
    sent = {}
    for word in words:
        pair.host.write(takeover.SWITCH, word)
        sent[word] = send(pair, way)
    return Round(sum(packets.values()), sum(segments.values()), passed,
                 {who: counted[f"timed.{who}.ns"] / segments[who]
                  for who in WHO}, sent["0"], sent["1"])


def measure(pair: Pair, way: Way, rounds: int) -> list[Round]:
    """Measure a path *rounds* times, off first and on first in turn.

    Raises as measure_round().
    """
    with (takeover.taken_over(pair.host), takeover.made(pair, way.path),
          iperf.server(pair)):
        return [measure_round(pair, way, "10" if number % 2 else "01")
                for number in range(rounds)]


def choices(names: Sequence[str]) -> list[tuple[Path, Sender]]:
    """Return paths by name, all if none is given, and what sends on each."""
    return [(path, sender) for path in takeover.PATHS
            if not names or path.name in names
            for sender in (TCP, *(SENDERS if path.name == SENDERS_ON else ()))]


def samples(one: Round) -> dict[str, float]:
    """Return what a round gives, by column."""
    return {"segments each": one.segments / one.packets,
            "kernel": one.each["kernel"], "hgso": one.each["hgso"],
            "times less": one.times,
            "off": one.off.cpu_gb, "on": one.on.cpu_gb,
            "sent, off": one.off.mbits, "sent, on": one.on.mbits}


def row(name: str, rounds: Sequence[Round]) -> Row:
    """Return a row of the table; its note says what was passed on."""
    taken = [samples(one) for one in rounds]
    passed: dict[str, int] = {}
    for one in rounds:
        for reason, value in one.passed.items():
            passed[reason] = passed.get(reason, 0) + value
    note = (f"{sum(one.packets for one in rounds)} super-packets taken; "
            "passed on: ")
    note += ", ".join(f"{value} {reason}"
                      for reason, value in passed.items()) or "none"
    return Row(name, {
        column: Figure(unit, tuple(each[column] for each in taken), limit,
                       better)
        for column, (unit, limit, better) in COLUMNS.items()}, note)
