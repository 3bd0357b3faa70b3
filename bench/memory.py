# SPDX-License-Identifier: GPL-2.0
"""What a queue costs in memory, by strategy: rings and header buffers by the
ledger of the DMA API, slots by the sizes of their structures, header room by
the kernel's own calls that enlarge a head."""

import pathlib
import re
import statistics
import subprocess

from bench import probe
from bench.context import REFUSED, Bench
from bench.record import Section, gather
from bench.repeat import Repetitions
from bench.streams import open_ledger
from headroom import executor
from headroom.pair import Pair
from tools.modules import tree as modules

SENDER = pathlib.Path(__file__).resolve().parent / "sender.py"
FIFO = "/run/bench-sender"
SEGMENT, BURST = 1448, 16
# Super-packets of so many segments: from two of them follows what a segment's
# headers take, and what is there once.
MANY, FEW = 45, 15
PROBE = "expand"
# The second argument is the new room in front.
DEFINITION = "pskb_expand_head nhead=%si:s32"
EVENT = re.compile(r"\bexpand: .*nhead=(-?\d+)")
MAP = re.compile(r"\blen (\d+) .*\bkind coherent\b.* by (\S+)")
SIZE = re.compile(r"/\* size: (\d+),")
# net/core/tso.c's own, of which a driver has one for each descriptor.
TSO_HEADER_SIZE = 256

COLUMNS = {name: ("octets", 0.0, "less") for name in (
    "descriptors", "slots", "header buffers", f"headers of {MANY} segments",
    "cookies")}
TEXT = f"""\
Octets of a queue with rings of the default size. slots: what the driver notes
beside each descriptor. header buffers: coherent memory for headers of packets
in the ring. headers and cookies: of one super-packet under way, where they are
added to it: the head of one of {MANY} segments of {SEGMENT} octets is enlarged
by both, for headers and for the DMA addresses of its maps (from what one of
{FEW} segments is enlarged by follows which is which). The others keep
addresses in the slots. hgso with a ring writes headers that the head has no
room for, those of BIG TCP, to a ring. buffers of receiving are pages of a page
pool and not counted."""
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
    """Sends super-packets of *segments* from the left NIC, all alike."""

    def __init__(self, pair: Pair, segments: int) -> None:
        self.host = pair.host
        self.fifo = f"{FIFO}-{segments}"
        executor.script(self.host, 'rm -f "$1" "$1.done"', self.fifo)
        self.running = self.host.popen(
            ["nsenter", f"--net=/run/netns/{pair.left.netns}",
             "/usr/bin/python3", "-SE", str(SENDER), pair.left.ifname,
             self.fifo, str(SEGMENT), str(SEGMENT * segments)])

    def enlarged(self, pair: Pair) -> float:
        """Send; return by how much heads were enlarged, the median.

        Raises CommandError, and ValueError when fewer were than super-packets
        were sent.
        """
        executor.script(self.host, 'echo >"$1"', f"{probe.TRACING}/trace")
        executor.script(self.host, SEND, self.fifo, str(BURST), timeout=120)
        pair.counters_at_rest()
        found = [int(octets) for octets in EVENT.findall(
            self.host.read(f"{probe.TRACING}/trace")) if int(octets) > 0]
        if len(found) < BURST:
            raise ValueError(f"{len(found)} heads enlarged, {BURST} packets "
                             "sent")
        return statistics.median(found)

    def stop(self) -> None:
        """End the process."""
        self.running.kill()


def coherent(pair: Pair) -> dict[str, list[int]]:
    """Return the coherent memory's pieces, by the code that allocated them."""
    found: dict[str, list[int]] = {}
    for octets, stack in MAP.findall(pair.left.read("dma/live")):
        owner = stack.partition("<-")[0].partition("+")[0]
        found.setdefault(owner, []).append(int(octets))
    if not found:
        raise ValueError("the ledger knows of no coherent memory")
    return found


def size_of(tree: pathlib.Path, name: str) -> int:
    """Return the octets of a structure of netdevsim. Raises ValueError."""
    module = next(path for path in modules.built(modules.build(tree))
                  if path.stem == "netdevsim")
    done = subprocess.run(
        ["pahole", "--btf_base", str(tree / "vmlinux"), "-C", name,
         str(module)], capture_output=True, text=True, check=False)
    size = SIZE.search(done.stdout)
    if size is None:
        raise ValueError(f"pahole knows no {name}: {done.stderr.strip()}")
    return int(size[1])


def repetition(pair: Pair, slot: int,
               senders: dict[int, Sender]) -> dict[str, dict[str, float]]:
    """Return the rows of one repetition."""
    pair.down()
    pair.reset(tx="hgso")
    pair.up()
    rings, found = pair.left.rings(), coherent(pair)
    headers = rings.tx * TSO_HEADER_SIZE
    rest = found["nic_mem_alloc"]
    rest.remove(headers)
    rest.remove(receive := max(rest))
    many, few = (senders[n].enlarged(pair) for n in (MANY, FEW))
    room = MANY * (many - few) / (MANY - FEW)
    common = {"descriptors": float(sum(found["nic_layout_alloc"])),
              "slots": float(slot * rings.tx)}
    room_row = {**common, f"headers of {MANY} segments": room,
                "cookies": many - room}
    return {
        "gso": common,
        "tso-lib": {**common, "header buffers": float(headers)},
        "hgso": {**room_row, "header buffers": 0.0},
        "hgso with a ring": {**room_row, "header buffers": float(
            sum(found["nic_hdr_ring_alloc"]))},
        "tso-hw": common,
        "receiving, each way": {"descriptors": float(receive)},
    }


def memory(bench: Bench) -> list[Section]:
    """Return the section: a row for each strategy."""
    testbed = bench.testbed()
    pair = testbed.create("strict")
    executor.script(pair.host, QUIET)
    open_ledger(pair)
    section = Section("memory", "Memory of a queue", TEXT.replace("\n", " "),
                      bench.kernel(), [])
    slot = size_of(bench.guest().tree, "nic_tx_buf")
    turns = Repetitions(["all"], bench.settings.repetitions, bench.progress)
    rows: dict[str, dict[str, list[float]]] = {}

    def once(_: str) -> dict[str, float]:
        return {f"{row}|{column}": octets
                for row, columns in repetition(pair, slot, senders).items()
                for column, octets in columns.items()}

    senders: dict[int, Sender] = {}
    try:
        for segments in (MANY, FEW):
            senders[segments] = Sender(pair, segments)
        with probe.probe(pair.host, PROBE, DEFINITION):
            taken = turns.run(once, errors=REFUSED)
    finally:
        for sender in senders.values():
            sender.stop()
    for name, samples in taken.get("all", {}).items():
        row, _, column = name.partition("|")
        rows.setdefault(row, {})[column] = samples
    section.rows = gather(list(rows), rows, COLUMNS)
    section.missing += turns.failed.values()
    testbed.check_quiet()
    testbed.clear()
    return [section]
