# SPDX-License-Identifier: GPL-2.0
"""Request and response: what aggregation costs one who waits for an answer."""

import contextlib
import dataclasses
import itertools
import re
from collections.abc import Iterator

from bench import perf
from bench.context import REFUSED, TRAFFIC_CPU, Bench, pin
from bench.record import Section, gather
from bench.repeat import Repetitions
from headroom import executor, iperf
from headroom.nic import RX_STRATEGIES
from headroom.pair import Pair

PORT = 11111
OCTETS = 64
AVERAGE = re.compile(r"avg-(?:latency|rtt)=\s*([\d.]+)")
PERCENTILE = re.compile(r"percentile (50|99)\.0+ =\s*([\d.]+)")
COLUMNS = {
    "mean": ("µs", 25.0, "less"),
    "median": ("µs", 25.0, "less"),
    "99 %": ("µs", 50.0, "less"),
}
TEXT = """\
sockperf ping-pong over TCP, {octets} octets there and back, the round trip;
transmit by hgso; one processor does everything, at this machine's own speed.
busy: one iperf3 stream the same way at the same time."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """One row: how the NICs receive, and whether a stream is beside it."""

    strategy: str
    busy: bool

    def __str__(self) -> str:
        return f"{self.strategy}, {'busy' if self.busy else 'idle'}"


def parse(text: str) -> dict[str, float]:
    """Return the columns in what sockperf printed. Raises ValueError."""
    mean = AVERAGE.search(text)
    percentiles = dict(PERCENTILE.findall(text))
    if mean is None or set(percentiles) != {"50", "99"}:
        raise ValueError("sockperf gave no latency: "
                         + " ".join(text.split())[-300:])
    return {"mean": float(mean[1]), "median": float(percentiles["50"]),
            "99 %": float(percentiles["99"])}


@contextlib.contextmanager
def server(pair: Pair) -> Iterator[None]:
    """Answer in the right namespace."""
    running = pair.host.popen(
        ["nsenter", f"--net=/run/netns/{pair.right.netns}", "taskset", "-c",
         str(TRAFFIC_CPU), "sockperf", "server", "--tcp", "-i",
         pair.right.address4, "-p", str(PORT)])
    try:
        executor.script(pair.host, iperf.LISTENING, pair.right.netns,
                        str(PORT))
        yield
    finally:
        running.kill()


@contextlib.contextmanager
def beside(pair: Pair, busy: bool, seconds: int) -> Iterator[None]:
    """Have a stream for a while if *busy*."""
    if not busy:
        yield
        return
    running = pair.host.popen(
        ["nsenter", f"--net=/run/netns/{pair.left.netns}", "taskset", "-c",
         str(TRAFFIC_CPU), "iperf3", "-c", pair.right.address4, "-p",
         str(iperf.PORT), "-t", str(seconds + 5)])
    try:
        yield
    finally:
        running.kill("INT")
        running.wait(30)


def ping_pong(pair: Pair, choice: Choice, seconds: int) -> dict[str, float]:
    """Return the columns of one repetition."""
    pair.reset(tx="hgso", rx=choice.strategy)
    with beside(pair, choice.busy, seconds):
        done = pair.left.run(
            "taskset", "-c", str(TRAFFIC_CPU), "sockperf", "ping-pong",
            "--tcp", "--full-rtt", "-i", pair.right.address4, "-p", str(PORT),
            "-m", str(OCTETS), "-t", str(seconds), timeout=60 + 5 * seconds,
            check=False)
    return parse(done.stdout + done.stderr)


def latency(bench: Bench) -> list[Section]:
    """Return the section: each receive strategy, idle and busy."""
    quick = bench.settings.quick
    testbed = bench.testbed("native")
    pair = testbed.create("strict")
    cpu = pin(pair)
    rows = [Choice(strategy, busy) for busy, strategy in itertools.product(
        (False,) if quick else (False, True),
        ("hgro",) if quick else RX_STRATEGIES)]
    turns = Repetitions(rows, bench.settings.repetitions, bench.progress)
    section = Section("latency", "Request and response",
                      TEXT.format(octets=OCTETS).replace("\n", " "),
                      bench.kernel("native"), [])
    with server(pair), iperf.server(pair, cpu=cpu):
        taken = turns.run(lambda choice: ping_pong(pair, choice, 1),
                          errors=REFUSED)
        section.rows = gather([str(row) for row in rows], taken, COLUMNS)
        if bench.settings.perf:
            perf.profile(pair.host, bench.settings.out, section, rows,
                         lambda choice: ping_pong(pair, choice, 1))
    testbed.check_quiet()
    testbed.clear()
    for row in section.rows:
        row.note = turns.failed.get(row.name, "")
    if quick:
        section.missing.append("busy, and other ways to receive: not in a "
                               "quick bench")
    return [section]
