# SPDX-License-Identifier: GPL-2.0
"""A stream of iperf3 between two NICs, and everything that changed meanwhile:
what both NICs counted, and for how long processors were busy.

A repetition is one command in the guest, in which nothing but iperf3 is
started between the two readings of the clocks.
"""

import dataclasses
import re
from collections.abc import Callable

from headroom import counters, executor, iperf
from headroom.pair import Pair

MEGA = 1e6
# iperf3's words for sockets with buffers of one size from the start. What TCP
# has them grow to differs each time, and with it how many packets are under
# way, and wait, and all counts that follow.
FIXED_BUFFERS = ("-w", "256K")
SET_MTU = """
ip -n left link set nic1 mtu "$1"
ip -n right link set nic2 mtu "$1"
"""
# Arguments: the namespace that sends, then the client's words. Only what bash
# does itself: a process would be a part of what it measures.
AROUND = """
set -eo pipefail
shopt -s nullglob
ports=/sys/kernel/debug/netdevsim/netdevsim[12]/ports/0/nic
show() {
    local file lines
    for file in "$@"; do
        mapfile -t lines <"$file"
        echo "@ $file"
        printf '%s\\n' "${lines[@]}"
    done
}
spent() { show /proc/timer_list /proc/stat $ports/hw/counters; }
counted() { show $ports/{driver,wire,iommu,dma}/counters; }
where=$1
shift
counted; spent; echo =
nsenter --net="$where" "$@" || true
echo =; spent; read -rt 0.05 <> <(:) || true; counted
"""
PLACE = re.compile(r"netdevsim([12])/ports/0/nic/(\w+)/counters")
NOW = re.compile(r"^now at (\d+) nsecs$", re.M)
SLEPT = re.compile(r"^ *\.idle_sleeptime *: (\d+) nsecs$", re.M)
IDLE = re.compile(r"^cpu\d+(?: \d+){3} (\d+) (\d+)", re.M)
# /proc/stat counts in this unit, whatever the kernel's timer does.
TICK_NS = 10_000_000


@dataclasses.dataclass(frozen=True)
class Choice:
    """What is sent how: a row of a table. ``buffer``: the receiver's, octets.
    """

    tx: str = "hgso"
    rx: str = "gro"
    streams: int = 1
    mtu: int = 1500
    family: int = 4
    buffer: int = 4096

    def __str__(self) -> str:
        return (f"{self.tx}, {self.rx}, MTU {self.mtu}, {self.streams} stream"
                f"{'s' if self.streams > 1 else ''}")


@dataclasses.dataclass(frozen=True)
class Reading:
    """Both NICs' counters, and time in ns: now, and busy until now."""

    left: counters.Counters
    right: counters.Counters
    now: int
    busy: int


@dataclasses.dataclass(frozen=True)
class Spent:
    """What a stream came to, and what it cost.

    ``busy`` is the time of all processors, ``hardware`` the modelled NICs'
    part of it, both in ns: of a guest that counts, instructions. ``outside``
    is what the guest used of this machine's processors, in seconds, where it
    is known.
    """

    stream: iperf.Stream
    left: counters.Counters
    right: counters.Counters
    busy: int
    hardware: int
    outside: float | None = None

    @property
    def driver(self) -> int:
        """What is not the modelled hardware's: programs, stack, driver."""
        return self.busy - self.hardware

    @property
    def sent_mb(self) -> float:
        """Octets of frames that the left NIC sent, in MB."""
        return self.left["hw.tx_bytes"] / MEGA

    @property
    def supers(self) -> int:
        """Super-packets that the left NIC's driver was given."""
        return self.left["driver.tx_super_packets"]


def busy_time(texts: dict[str, str]) -> tuple[int, int]:
    """Return the time now, and that processors were busy, ns.

    The kernel says to the nanosecond how long a processor slept when it woke
    up last. That is up to date for the one that reads; where there are more,
    /proc/stat knows of all, in hundredths of a second. Raises ValueError.
    """
    timers, stat = texts["/proc/timer_list"], texts["/proc/stat"]
    now, slept = NOW.search(timers), SLEPT.findall(timers)
    idle = IDLE.findall(stat)
    if now is None or not idle or len(slept) != len(idle):
        raise ValueError("the kernel does not say how long it was idle")
    asleep = int(slept[0]) if len(idle) == 1 else TICK_NS * sum(
        int(word) for words in idle for word in words)
    return int(now[1]), int(now[1]) * len(idle) - asleep


def parse(text: str) -> Reading:
    """Return the reading that AROUND printed. Raises ValueError."""
    texts = {}
    for part in text.split("@ /")[1:]:
        name, _, body = part.partition("\n")
        texts["/" + name] = body
    sides = {"1": counters.Counters(), "2": counters.Counters()}
    for name, body in texts.items():
        if place := PLACE.search(name):
            sides[place[1]].update(counters.parse(place[2], body))
    if not sides["1"] or not sides["2"]:
        raise ValueError("there are no two NICs")
    return Reading(sides["1"], sides["2"], *busy_time(texts))


class Traffic:
    """Sends streams from the left NIC of a pair to the right one."""

    def __init__(self, pair: Pair, words: list[str], cpu: int | None = None,
                 outside: Callable[[], float] | None = None) -> None:
        """*words* are iperf3's, how much it sends; *cpu* is where it runs.

        *outside* tells the processor time that the guest has used.
        """
        self.outside = outside
        self.pair = pair
        self.words = words
        self.pinned = [] if cpu is None else ["taskset", "-c", str(cpu)]
        self.mtu = 1500
        self.buffer = 4096

    def prepare(self, choice: Choice) -> None:
        """Set strategies, MTU and buffers. Raises CommandError."""
        self.pair.reset(tx=choice.tx, rx=choice.rx)
        if choice.buffer != self.buffer:
            self.pair.right.run("ethtool", "-G", self.pair.right.ifname,
                                "rx-buf-len", str(choice.buffer))
            self.pair.up()
            self.buffer = choice.buffer
        if choice.mtu != self.mtu:
            executor.script(self.pair.host, SET_MTU, str(choice.mtu))
            self.mtu = choice.mtu

    def send(self, choice: Choice, words: list[str] | None = None) -> Spent:
        """Send, with strategies as they are, *words* instead of the usual.

        Raises ValueError.
        """
        address = self.pair.right.address(choice.family)
        began = self.outside() if self.outside else None
        done = executor.script(
            self.pair.host, AROUND,
            f"/run/netns/{self.pair.left.netns}", *self.pinned, "iperf3",
            "-J", "-c", address, "-p", str(iperf.PORT), "-P",
            str(choice.streams), *(words or self.words), timeout=240)
        used = None if began is None else self.outside() - began
        first, said, last = done.stdout.split("\n=\n")
        before, after = parse(first), parse(last)
        stream = iperf.parse(said)
        if not stream.octets:
            raise ValueError("nothing arrived")
        left, right = after.left - before.left, after.right - before.right
        if (choice.tx == "gso") == bool(left["driver.tx_super_packets"]):
            raise ValueError(f"{left['driver.tx_super_packets']} "
                             "super-packets: it did not go that way")
        if not right[f"driver.rx_{choice.rx.replace('-', '_')}"]:
            raise ValueError(f"{choice.rx} received nothing")
        return Spent(stream, left, right, after.busy - before.busy,
                     left["hw.busy_ns"] + right["hw.busy_ns"], used)

    def run(self, choice: Choice) -> Spent:
        """Prepare and send. Raises CommandError, ValueError."""
        self.prepare(choice)
        return self.send(choice)
