# SPDX-License-Identifier: GPL-2.0
"""What a queue costs in memory, by strategy: rings and header buffers by the
ledger of the DMA API, slots by the sizes of their structures, header room by
the kernel's own calls that enlarge a head, what the engines allocate by the
kernel's tracepoint, pages of a pool by the driver's counter."""

import dataclasses
import pathlib
import re
import statistics
import subprocess
from collections.abc import Mapping

from bench import allocations, probe
from bench.context import REFUSED, Bench
from bench.record import Section, gather
from bench.repeat import Repetitions
from bench.streams import open_ledger
from headroom import executor
from headroom.nic import RX_STRATEGIES
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.modules import tree as modules

SENDER = pathlib.Path(__file__).resolve().parent / "sender.py"
FIFO = "/run/bench-sender"
SEGMENT, BURST = 1448, 16
# Super-packets of so many segments: from two of them follows what a segment's
# headers take, and what is there once.
MANY, FEW = 45, 15
PROBE = "expand"
# Of a slot of a receive ring: the page that is posted there.
POINTER = 8
PAGE = 4096
# The second argument is the new room in front.
DEFINITION = "pskb_expand_head nhead=%si:s32"
EVENT = re.compile(r"\bexpand: .*nhead=(-?\d+)")
MAP = re.compile(r"\blen (\d+) .*\bkind coherent\b.* by (\S+)")
SIZE = re.compile(r"/\* size: (\d+),")
MEMBER = r"\b{}(?:\[\d+\])?; */\* +\d+ +(\d+) \*/"
# net/core/tso.c's own, of which a driver has one for each descriptor.
TSO_HEADER_SIZE = 256

COLUMNS = {name: ("octets", 0.0, "less") for name in (
    "descriptors", "slots", "header buffers", f"headers of {MANY} segments",
    "cookies", "table of flows", "posted pages")}
TEXT = f"""\
Octets of a queue with rings of the default size. slots: what the driver notes
beside each descriptor. header buffers: memory for headers of packets in the
ring, coherent, and what the host notes of it. headers and cookies: of one
super-packet under way, where they are added to it: the head of one of {MANY}
segments of {SEGMENT} octets is enlarged by both, for headers and for the DMA
addresses of its maps (from what one of {FEW} segments is enlarged by follows
which is which). The others keep addresses in the slots. hgso with a ring
writes headers that the head has no room for, those of BIG TCP, to a ring.
Receiving: what the engine knows flows by (stock GRO's is in the kernel's own
struct of a NAPI), and pages that the page pool took when the link came up."""
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


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Octets that do not change with rings: of a slot to send, of tables of
    flows, of what the host notes of a ring of headers."""

    slot: int
    hgro: float
    lro: int
    ring: float


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


def coherent(pair: Pair) -> list[tuple[int, str]]:
    """Return the pieces of coherent memory: octets, and who asked for them."""
    found = [(int(octets), stack) for octets, stack in MAP.findall(
        pair.left.read("dma/live"))]
    if not found:
        raise ValueError("the ledger knows of no coherent memory")
    return found


def asked_by(pieces: list[tuple[int, str]], function: str) -> float:
    """Return the octets that *function* asked for. Raises ValueError."""
    found = sum(octets for octets, stack in pieces
                if re.search(rf"\b{function}\+", stack))
    if not found:
        raise ValueError(f"{function}() asked for no coherent memory")
    return float(found)


def pahole(tree: pathlib.Path, name: str) -> str:
    """Return a structure of netdevsim as pahole shows it."""
    module = next(path for path in modules.built(modules.build(tree))
                  if path.stem == "netdevsim")
    return subprocess.run(
        ["pahole", "--btf_base", str(tree / "vmlinux"), "-C", name,
         str(module)], capture_output=True, text=True, check=False).stdout


def size_of(tree: pathlib.Path, name: str, *members: str) -> int:
    """Return the octets of a structure, or of *members*. Raises ValueError."""
    text = pahole(tree, name)
    sizes = [re.search(pattern, text) for pattern in (
        [MEMBER.format(member) for member in members] or [SIZE.pattern])]
    if not all(sizes):
        raise ValueError(f"pahole knows no {name} {' '.join(members)}")
    return sum(int(size[1]) for size in sizes if size)


def contexts(testbed: Testbed) -> dict[str, float]:
    """Return what an end allocates for flows, and for its ring of headers.

    The NICs are made anew. Raises ValueError when nothing is allocated.
    """
    with allocations.traced(testbed.host, ("devlink", "ip")) as found:
        ends = len(testbed.create("strict").nics)
    flows = [octets for octets, stack in found if "hgro_create" in stack]
    # One each time that a link comes up.
    rings = [octets for octets, stack in found if "hgso_ring_init" in stack]
    if not flows or not rings:
        raise ValueError("no context of hgro, or no ring of hgso, was made")
    return {"hgro": sum(flows) / ends, "ring": statistics.fmean(rings)}


def receiving(pair: Pair, flows: Mapping[str, float],
              pieces: list[tuple[int, str]],
              pages: int) -> dict[str, dict[str, float]]:
    """Return the rows of receiving; *flows* are tables, octets by strategy."""
    common = {"descriptors": asked_by(pieces, "nic_layout_alloc_rx"),
              "slots": float(POINTER * pair.left.rings().rx),
              "posted pages": float(PAGE * pages)}
    rows = {strategy: dict(common) for strategy in RX_STRATEGIES}
    for strategy, octets in flows.items():
        rows[strategy]["table of flows"] = octets
    return {f"received by {strategy}": row for strategy, row in rows.items()}


def repetition(pair: Pair, sizes: Sizes,
               senders: dict[int, Sender]) -> dict[str, dict[str, float]]:
    """Return the rows of one repetition."""
    pair.down()
    pair.reset(tx="hgso")
    before = pair.left.counters()
    pair.up()
    pages = (pair.left.counters() - before)["driver.rx_page_pool_maps"]
    rings, pieces = pair.left.rings(), coherent(pair)
    headers = rings.tx * TSO_HEADER_SIZE
    if headers not in (octets for octets, _ in pieces):
        raise ValueError(f"no {headers} octets for headers of tso.c")
    many, few = (senders[n].enlarged(pair) for n in (MANY, FEW))
    room = MANY * (many - few) / (MANY - FEW)
    common = {"descriptors": asked_by(pieces, "nic_layout_alloc_tx"),
              "slots": float(sizes.slot * rings.tx)}
    room_row = {**common, f"headers of {MANY} segments": room,
                "cookies": many - room}
    return {
        "gso": common,
        "tso-lib": {**common, "header buffers": float(headers)},
        "hgso": {**room_row, "header buffers": 0.0},
        "hgso with a ring": {
            **room_row, "header buffers": sizes.ring + asked_by(
                pieces, "nic_hdr_ring_alloc")},
        "tso-hw": common,
        **receiving(pair, {"hgro": sizes.hgro, "lro-skb": sizes.lro,
                           "lro-frags": sizes.lro}, pieces, pages),
    }


def made(bench: Bench, testbed: Testbed) -> Sizes:
    """Return the sizes, which are the same each time that NICs are made.

    Raises ValueError where they are not.
    """
    tree = bench.guest().tree
    turns = Repetitions(["NICs"], bench.settings.repetitions, bench.progress)
    samples = turns.run(lambda _: contexts(testbed))["NICs"]
    if any(len(set(taken)) > 1 for taken in samples.values()):
        raise ValueError(f"NICs differ: {samples}")
    return Sizes(size_of(tree, "nic_tx_buf"), samples["hgro"][0],
                 size_of(tree, "nic_rx_ring", "lro", "lro_desc"),
                 samples["ring"][0])


def memory(bench: Bench) -> list[Section]:
    """Return the section: a row for each strategy."""
    testbed = bench.testbed()
    sizes = made(bench, testbed)
    pair = testbed.create("strict")
    executor.script(pair.host, QUIET)
    open_ledger(pair)
    section = Section("memory", "Memory of a queue", TEXT.replace("\n", " "),
                      bench.kernel(), [])
    turns = Repetitions(["all"], bench.settings.repetitions, bench.progress)
    rows: dict[str, dict[str, list[float]]] = {}

    def once(_: str) -> dict[str, float]:
        return {f"{row}|{column}": octets
                for row, columns in repetition(pair, sizes, senders).items()
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
    if turns.failed:
        raise ValueError(turns.failed["all"])
    for name, samples in taken["all"].items():
        row, _, column = name.partition("|")
        rows.setdefault(row, {})[column] = samples
    section.rows = gather(list(rows), rows, COLUMNS)
    testbed.check_quiet()
    testbed.clear()
    return [section]
