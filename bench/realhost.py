# SPDX-License-Identifier: GPL-2.0
"""A real interface of a real host: who segments, and what that costs there.

An iperf3 server must run at the other end. The same stream goes with the
interface's own TSO, with the kernel's software GSO and, where hgso_takeover is
loaded, with hgso in its place. What was switched is put back at the end.
"""

import contextlib
import dataclasses
import re
from collections.abc import Iterator

from bench import perf
from bench.context import REFUSED
from bench.progress import Progress
from bench.record import Section, gather
from bench.repeat import Repetitions
from headroom import cputime, executor, iperf

SWITCH = "/sys/module/hgso_takeover/parameters/enabled"
FEATURES = ("tcp-segmentation-offload", "generic-segmentation-offload")
STATE = re.compile(r"^\s*(\S+): (on|off)( \[fixed\])?$", re.M)
GIGA = 1e9
COLUMNS = {
    "throughput": ("Mbit/s", 10.0, "more"),
    "processors": ("CPU s/GB", 10.0, "less"),
    "retransmits": ("a GB", 100.0, "less"),
    "cycles": ("cycles/octet", 10.0, "less"),
    "instructions": ("instructions/octet", 10.0, "less"),
}
TEXT = """\
iperf3 from this host over {interface} to {server}, one TCP stream of {seconds}
s a repetition. processors: what all of them did, whoever it was for. tso: the
interface segments; gso: the kernel does; hgso: hgso_takeover does."""


@dataclasses.dataclass(frozen=True)
class Way:
    """Who segments: TSO on or off, and hgso_takeover on or off."""

    name: str
    tso: bool
    takeover: bool

    def __str__(self) -> str:
        return self.name


WAYS = (Way("tso", True, False), Way("gso", False, False),
        Way("hgso", False, True))


class RealHost:
    """An interface of *host*, in a network namespace or not."""

    def __init__(self, host: executor.Executor, interface: str, server: str,
                 seconds: int = 3, netns: str | None = None) -> None:
        self.host = host
        self.interface = interface
        self.server = server
        self.seconds = seconds
        self.netns = netns
        self.counters = perf.event(host) == "cycles"

    def run(self, *argv: str, check: bool = True,
            timeout: float = 60) -> executor.Completed:
        """Run a command where the interface is."""
        return self.host.run(argv, netns=self.netns, check=check,
                             timeout=timeout)

    def features(self) -> dict[str, tuple[bool, bool]]:
        """Return whether each feature is on, and whether that is fixed."""
        text = self.run("ethtool", "-k", self.interface).stdout
        return {name: (state == "on", bool(fixed))
                for name, state, fixed in STATE.findall(text)}

    def takeover(self) -> bool | None:
        """Tell whether hgso_takeover is on; None when it is not loaded."""
        done = self.host.run(["cat", SWITCH])
        return None if done.returncode else done.stdout.strip() in ("1", "Y")

    def ways(self) -> tuple[list[Way], list[str]]:
        """Return what can be measured here, and why the rest cannot."""
        tso, fixed = self.features().get(FEATURES[0], (False, True))
        found, missing = [], []
        for way in WAYS:
            if way.tso != tso and fixed:
                missing.append(f"{way}: TSO of {self.interface} cannot be "
                               f"switched {'on' if way.tso else 'off'}")
            elif way.takeover and self.takeover() is None:
                missing.append(f"{way}: hgso_takeover is not loaded")
            else:
                found.append(way)
        return found, missing

    def choose(self, way: Way) -> None:
        """Let *way* segment. Raises CommandError."""
        self.switch(way.tso, True, way.takeover)

    def switch(self, tso: bool, gso: bool, takeover: bool | None) -> None:
        """Set the two features, and hgso_takeover where it is loaded."""
        now = self.features()
        for name, word, on in ((FEATURES[0], "tso", tso),
                               (FEATURES[1], "gso", gso)):
            if now.get(name, (on, True))[0] != on:
                self.run("ethtool", "-K", self.interface, word,
                         "on" if on else "off")
        if self.takeover() not in (None, takeover):
            self.host.write(SWITCH, "1" if takeover else "0")

    @contextlib.contextmanager
    def as_found(self) -> Iterator[None]:
        """Put everything back at the end, whatever happens."""
        features, taken = self.features(), self.takeover()
        try:
            yield
        finally:
            self.switch(features[FEATURES[0]][0], features[FEATURES[1]][0],
                        taken)

    def client(self) -> list[str]:
        """Return the command that sends."""
        words = ["iperf3", "-J", "-c", self.server, "-p", str(iperf.PORT),
                 "-t", str(self.seconds)]
        if not self.counters:
            return words
        return ["perf", "stat", "-a", "-x", ",", "-e", "cycles,instructions",
                *words]

    def measure(self, way: Way) -> dict[str, float]:
        """Return the columns of one repetition. Raises ValueError."""
        self.choose(way)
        before = cputime.busy(self.host)
        done = self.run(*self.client(), check=False,
                        timeout=60 + 5 * self.seconds)
        busy = cputime.busy(self.host) - before
        if done.returncode and not done.stdout.strip():
            raise executor.CommandError(done)
        stream = iperf.parse(done.stdout)
        if not stream.octets:
            raise ValueError("nothing arrived")
        giga = stream.octets / GIGA
        found = {"throughput": stream.bits_per_second / 1e6,
                 "processors": busy / giga,
                 "retransmits": stream.retransmits / giga}
        for count, name in re.findall(r"^(\d+),[^,]*,(cycles|instructions)",
                                      done.stderr, re.M):
            found[name] = int(count) / stream.octets
        return found


def real_host(real: RealHost, progress: Progress, repetitions: int,
              kernel: dict[str, str]) -> Section:
    """Return the section of one interface. Raises CommandError."""
    section = Section("host", f"A real host's interface {real.interface}",
                      TEXT.format(interface=real.interface,
                                  server=real.server, seconds=real.seconds)
                      .replace("\n", " "), kernel, [])
    ways, section.missing = real.ways()
    turns = Repetitions(ways, repetitions, progress)
    with real.as_found():
        taken = turns.run(real.measure, errors=REFUSED)
    section.rows = gather([str(way) for way in ways], taken, COLUMNS)
    for row in section.rows:
        row.note = turns.failed.get(row.name, "")
    if not real.counters:
        section.missing.append("cycles, instructions: no counters here")
    return section
