# SPDX-License-Identifier: GPL-2.0
"""What a strategy costs in memory: rings by the ledger of the DMA API, header
room by the kernel's own calls to expand a head."""

import re
import statistics

from bench.context import REFUSED, Bench
from bench.mapping import (BURST, QUIET, SEGMENT, SEGMENTS, TRACING, Sender,
                           open_ledger)
from bench.record import Section, gather
from bench.repeat import Repetitions
from headroom import executor
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair

PROBE = "bench/expand"
EVENT = re.compile(r"\bexpand: .*nhead=(-?\d+)")
MAP = re.compile(r"\blen (\d+) .*\bkind (coherent|streaming)\b")
COLUMNS = {
    "coherent memory": ("octets", 0.0, "less"),
    "pages mapped for receive": ("octets", 20.0, "less"),
    "header room": ("octets", 0.0, "less"),
}
TEXT = f"""\
Of one queue pair of the sending NIC with its link up. coherent memory: rings
and header buffers. header room: by how much the head of one super-packet of
{SEGMENTS} segments of {SEGMENT} octets is enlarged while it is sent, headers
and DMA addresses of the maps; it goes with the packet."""


def clear_trace(host: executor.Executor) -> None:
    """Empty the kernel's trace."""
    executor.script(host, 'echo >"$1"', f"{TRACING}/trace")


def enlarged(host: executor.Executor) -> float:
    """Return by how much heads were enlarged since, their median; 0: none."""
    found = [int(octets) for octets
             in EVENT.findall(host.read(f"{TRACING}/trace"))
             if int(octets) > 0]
    return statistics.median(found) if len(found) >= BURST else 0.0


def mapped(pair: Pair) -> dict[str, int]:
    """Return the octets that are mapped now, by kind."""
    found = {"coherent": 0, "streaming": 0}
    for octets, kind in MAP.findall(pair.left.read("dma/live")):
        found[kind] += int(octets)
    return found


def of_strategy(pair: Pair, sender: Sender,
                strategy: str) -> dict[str, float]:
    """Return the columns of one repetition."""
    pair.down()
    pair.reset(tx=strategy)
    pair.up()
    at_rest = mapped(pair)
    clear_trace(pair.host)
    sender.send(BURST)
    pair.counters_at_rest()
    return {"coherent memory": at_rest["coherent"],
            "pages mapped for receive": at_rest["streaming"],
            "header room": enlarged(pair.host)}


def memory(bench: Bench) -> list[Section]:
    """Return the section: each transmit strategy."""
    testbed = bench.testbed()
    pair = testbed.create("strict")
    executor.script(pair.host, QUIET)
    open_ledger(pair)
    host = pair.host
    section = Section("memory", "Memory of a queue", TEXT.replace("\n", " "),
                      bench.kernel(), [])
    turns = Repetitions(TX_STRATEGIES, bench.settings.repetitions,
                        bench.progress)
    sender = Sender(pair)
    # The second argument of pskb_expand_head() is the new room in front.
    host.write(f"{TRACING}/kprobe_events",
               f"p:{PROBE} pskb_expand_head nhead=%si:s32\n")
    try:
        host.write(f"{TRACING}/events/{PROBE}/enable", "1")
        taken = turns.run(lambda one: of_strategy(pair, sender, one),
                          errors=REFUSED)
        host.write(f"{TRACING}/events/{PROBE}/enable", "0")
    finally:
        sender.stop()
        host.write(f"{TRACING}/kprobe_events", f"-:{PROBE}\n")
    section.rows = gather(TX_STRATEGIES, taken, COLUMNS)
    for row in section.rows:
        row.note = turns.failed.get(row.name, "")
    testbed.check_quiet()
    testbed.clear()
    return [section]
