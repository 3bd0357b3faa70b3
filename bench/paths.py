# SPDX-License-Identifier: GPL-2.0
"""What segmentation costs on each path without TSO, by the kernel and hgso."""

import dataclasses
import statistics
from collections.abc import Sequence

from bench import results
from headroom import cputime, executor, iperf, takeover
from headroom.pair import Pair
from headroom.takeover import Path

UNTRUSTED = takeover.HERE / "untrusted.py"
WHO = ("kernel", "hgso")
# On this path the senders are compared, too.
SENDERS_ON = "veth"
COLUMNS = ("path", "sender", "taken", "passed on", "segments each",
           "kernel, ns", "hgso, ns", "times less", "CPU s/GB off", "on",
           "Mbit/s off", "on")


class PathsError(Exception):
    """Nothing was segmented where something had to be."""


@dataclasses.dataclass(frozen=True)
class Sender:
    """What sends, and by which words *way* of untrusted.py, "" for iperf3."""

    name: str
    way: str = ""


TCP = Sender("TCP")
SENDERS = (Sender("packet socket", "packet"), Sender("tun", "tun"))


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


def send(pair: Pair, path: Path, sender: Sender, seconds: int) -> Sent:
    """Send over a path. Raises CommandError, ValueError."""
    before = cputime.busy(pair.host)
    if sender.way:
        done = pair.host.run(
            ["/usr/bin/python3", "-ISE", str(UNTRUSTED), sender.way,
             path.left, str(seconds)], check=True, timeout=60 + 5 * seconds)
        octets, took = int(done.stdout), float(seconds)
    else:
        stream = iperf.stream(pair, 4, seconds, address=path.address)
        octets, took = stream.octets, stream.seconds
    return Sent(octets, took, cputime.busy(pair.host) - before)


def timed(pair: Pair, path: Path, sender: Sender,
          seconds: int) -> dict[str, int]:
    """Send with all of it timed, by both in turn; return what was counted."""
    host = pair.host
    host.write(takeover.SWITCH, "1")
    host.write(takeover.SAMPLE, "1")
    before = counters(host)
    send(pair, path, sender, seconds)
    after = counters(host)
    host.write(takeover.SAMPLE, "0")
    return {name: value - before.get(name, 0)
            for name, value in after.items()}


def measure_round(pair: Pair, path: Path, sender: Sender,
                  seconds: int) -> Round:
    """Measure once. Raises PathsError, CommandError, ValueError."""
    counted = timed(pair, path, sender, seconds)
    packets = {who: counted.get(f"timed.{who}.packets", 0) for who in WHO}
    segments = {who: counted.get(f"timed.{who}.segments", 0) for who in WHO}
    if not all(segments.values()):
        raise PathsError(f"{path.name}: nothing was segmented in software: "
                         f"{counted}")
    passed = {name.removeprefix("passed."): value
              for name, value in counted.items()
              if name.startswith("passed.") and value
              and name not in ("passed.sample", "passed.nested")}
    sent = {}
    for word, name in (("0", "off"), ("1", "on")):
        pair.host.write(takeover.SWITCH, word)
        sent[name] = send(pair, path, sender, seconds)
    return Round(sum(packets.values()), sum(segments.values()), passed,
                 {who: counted[f"timed.{who}.ns"] / segments[who]
                  for who in WHO}, sent["off"], sent["on"])


def measure(pair: Pair, path: Path, sender: Sender, rounds: int,
            seconds: int) -> list[Round]:
    """Measure a path *rounds* times. Raises as measure_round()."""
    with takeover.taken_over(pair.host), takeover.made(pair, path):
        if sender.way:
            return [measure_round(pair, path, sender, seconds)
                    for _ in range(rounds)]
        with iperf.server(pair):
            return [measure_round(pair, path, sender, seconds)
                    for _ in range(rounds)]


def choices(names: Sequence[str]) -> list[tuple[Path, Sender]]:
    """Return paths by name, all if none is given, and what sends on each."""
    return [(path, sender) for path in takeover.PATHS
            if not names or path.name in names
            for sender in (TCP, *(SENDERS if path.name == SENDERS_ON else ()))]


def spread(values: Sequence[float], digits: int) -> str:
    """Return the median and, in brackets, least and most."""
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}–{max(values):.{digits}f})")


def cells(path: Path, sender: Sender, rounds: Sequence[Round]) -> list[str]:
    """Return a row of the table: medians of all rounds."""
    packets = sum(one.packets for one in rounds)
    each = sum(one.segments for one in rounds) / packets
    passed: dict[str, int] = {}
    for one in rounds:
        for name, value in one.passed.items():
            passed[name] = passed.get(name, 0) + value
    cost = {who: statistics.median(one.each[who] for one in rounds) * each
            for who in WHO}
    return [path.name, sender.name, str(packets),
            ", ".join(f"{value} {name}" for name, value in passed.items())
            or "none", f"{each:.1f}", f"{cost['kernel']:.0f}",
            f"{cost['hgso']:.0f}", spread([one.times for one in rounds], 1),
            spread([one.off.cpu_gb for one in rounds], 2),
            spread([one.on.cpu_gb for one in rounds], 2),
            f"{statistics.median(one.off.mbits for one in rounds):.0f}",
            f"{statistics.median(one.on.mbits for one in rounds):.0f}"]


def markdown(rows: Sequence[list[str]]) -> str:
    """Return the table."""
    return results.markdown([list(COLUMNS), *rows], left=2)
