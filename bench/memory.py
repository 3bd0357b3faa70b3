# SPDX-License-Identifier: GPL-2.0
"""What sending costs in memory: rings and header buffers by the ledger of the
DMA API, header room by the kernel's own calls that enlarge a head."""

import pathlib
import re
import statistics

from bench import probe
from bench.context import REFUSED, Bench
from bench.mapping import open_ledger
from bench.record import Row, Section, gather
from bench.repeat import Repetitions
from headroom import executor
from headroom.pair import Pair

SENDER = pathlib.Path(__file__).resolve().parent / "sender.py"
FIFO = "/run/bench-sender"
SEGMENT, SEGMENTS, BURST = 1448, 45, 16
PROBE = "expand"
# The second argument is the new room in front.
DEFINITION = "pskb_expand_head nhead=%si:s32"
EVENT = re.compile(r"\bexpand: .*nhead=(-?\d+)")
MAP = re.compile(r"\blen (\d+) .*\bkind coherent\b.* by (\S+)")
ROOM = "header room of a super-packet"
TEXT = f"""\
Octets. Coherent memory of a NIC of one queue pair whose link is up, by the
code that allocated it: this driver has the memory of all its strategies all
the time, so what one strategy needs is its own lines. {ROOM}: by how much the
head of one of {SEGMENTS} segments of {SEGMENT} octets is enlarged while it is
sent with hgso, for headers and the DMA addresses of its maps; it goes with the
packet."""
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


class Sender:
    """Sends super-packets from the left NIC, all alike."""

    def __init__(self, pair: Pair) -> None:
        self.host = pair.host
        executor.script(self.host, 'rm -f "$1" "$1.done"', FIFO)
        self.running = self.host.popen(
            ["nsenter", f"--net=/run/netns/{pair.left.netns}",
             "/usr/bin/python3", "-SE", str(SENDER), pair.left.ifname, FIFO,
             str(SEGMENT), str(SEGMENT * SEGMENTS)])

    def send(self, count: int) -> None:
        """Send *count* of them. Raises CommandError."""
        executor.script(self.host, SEND, FIFO, str(count), timeout=120)

    def stop(self) -> None:
        """End the process."""
        self.running.kill()


def clear_trace(host: executor.Executor) -> None:
    """Empty the kernel's trace."""
    executor.script(host, 'echo >"$1"', f"{probe.TRACING}/trace")


def enlarged(host: executor.Executor) -> float:
    """Return by how much heads were enlarged since, their median.

    Raises ValueError when fewer were than super-packets were sent.
    """
    found = [int(octets) for octets
             in EVENT.findall(host.read(f"{probe.TRACING}/trace"))
             if int(octets) > 0]
    if len(found) < BURST:
        raise ValueError(f"{len(found)} heads enlarged, {BURST} packets sent")
    return statistics.median(found)


def coherent(pair: Pair) -> dict[str, float]:
    """Return the octets of coherent memory, by the code that allocated it."""
    found: dict[str, float] = {}
    for octets, stack in MAP.findall(pair.left.read("dma/live")):
        names = [name.partition("+")[0] for name in stack.split("<-")]
        owner = " < ".join(names[:2])
        found[owner] = found.get(owner, 0) + int(octets)
    if not found:
        raise ValueError("the ledger knows of no coherent memory")
    return found


def repetition(pair: Pair, sender: Sender) -> dict[str, float]:
    """Return all lines of one repetition."""
    pair.down()
    pair.reset(tx="hgso")
    pair.up()
    found = coherent(pair)
    clear_trace(pair.host)
    sender.send(BURST)
    pair.counters_at_rest()
    return {**found, ROOM: enlarged(pair.host)}


def memory(bench: Bench) -> list[Section]:
    """Return the section: a line for each owner, and the header room."""
    testbed = bench.testbed()
    pair = testbed.create("strict")
    executor.script(pair.host, QUIET)
    open_ledger(pair)
    section = Section("memory", "Memory of a queue", TEXT.replace("\n", " "),
                      bench.kernel(), [])
    turns = Repetitions(["hgso"], bench.settings.repetitions, bench.progress)
    sender = Sender(pair)
    try:
        with probe.probe(pair.host, PROBE, DEFINITION):
            taken = turns.run(lambda _: repetition(pair, sender),
                              errors=REFUSED)
    finally:
        sender.stop()
    for owner, samples in taken.get("hgso", {}).items():
        section.rows += gather([owner], {owner: {"octets": samples}},
                               {"octets": ("octets", 0.0, "less")})
    if "hgso" in turns.failed:
        section.rows.append(Row("hgso", note=turns.failed["hgso"]))
    testbed.check_quiet()
    testbed.clear()
    return [section]
