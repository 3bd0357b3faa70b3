# SPDX-License-Identifier: GPL-2.0
"""A wire does what it is set to; measured by what it counts."""

import re

import pytest

from headroom import executor, replay, transfer, wire
from headroom.pair import Pair

FRAMES = 200
OCTETS = 1000  # with 24 around them: 8192 bits on the line
RECEIVED = re.compile(r" (\d+) received")
RTT = re.compile(r"= ([\d.]+)/([\d.]+)/([\d.]+)/")
INDEX = """
set -e
exec {left}</run/netns/left {right}</run/netns/right
index() { ip -n $1 -o link show $2 | cut -d: -f1; }
"""
UNLINK = INDEX + """
echo "$left:$(index left nic1)" >/sys/bus/netdevsim/unlink_device
"""
LINK = INDEX + """
echo "$left:$(index left nic1) $right:$(index right nic2)" \
    >/sys/bus/netdevsim/link_device
"""
# Replays a capture, and prints how many microseconds of the guest's passed
# until all of it had arrived: the capture, the wire's folder, frames.
TIMED = """
import sys, time
capture, folder, frames = sys.argv[1:]
def delivered():
    with open(folder + "/counters") as file:
        return next(int(line.split()[1]) for line in file
                    if line.startswith("delivered "))
data = open(capture, "rb").read()
want = delivered() + int(frames)
start = time.monotonic()
with open(folder + "/replay", "wb") as file:
    file.write(data)
while delivered() < want:
    time.sleep(0.005)
print(int((time.monotonic() - start) * 1e6))
"""


def settle(pair: Pair) -> None:
    """Have the neighbours known, so that bursts are nothing but themselves."""
    pair.left.run("ping", "-q", "-c", "1", "-w", "30", pair.right.address4)


def test_rate(pair: Pair) -> None:
    """Frames take the time that they must, at least; and all arrive."""
    nic = pair.left
    before = wire.read(nic)
    path, there = replay.share(nic, replay.pcap(
        replay.numbered(FRAMES, OCTETS)))
    try:
        with wire.settings(nic, rate_bps=4_096_000, queue_frames=8):
            took = int(nic.run("/usr/bin/python3", "-ISEc", TIMED, there,
                               f"{nic.debugfs}/wire", str(FRAMES)).stdout)
    finally:
        path.unlink()
    counted = wire.read(nic) - before
    # 2 ms each, however fast the machine; how much more is its own affair.
    assert took >= FRAMES * 2000, took
    assert counted["wire.replayed"] == FRAMES
    assert counted["wire.delayed"] >= FRAMES
    assert counted["wire.queue_full"] > 0
    assert wire.read(nic)["wire.queue_peak"] <= 16
    assert counted["wire.lost"] == counted["wire.no_link"] == 0


def test_new_rate_holds_at_once(pair: Pair) -> None:
    """What a very slow line had queued goes out when it is fast again."""
    before = wire.read(pair.left)
    with wire.settings(pair.left, rate_bps=1):
        replay.send(pair.left, 5, OCTETS)
        waiting = wire.wait(pair.left, lambda c: c["wire.queued"] >= 5)
        assert waiting["wire.delivered"] == before["wire.delivered"]
    done = wire.wait(pair.left, lambda c: not c["wire.under_way"])
    assert done["wire.delivered"] - before["wire.delivered"] >= 5


@pytest.mark.parametrize("jitter", [0, 10], ids=["even", "jitter"])
def test_latency(pair: Pair, jitter: int) -> None:
    """A round trip is no shorter than both ways; none is lost or overtaken."""
    settle(pair)
    before = wire.read(pair.left)
    with wire.settings(pair.left, latency_ns=20_000_000,
                       jitter_ns=jitter * 1_000_000), \
            wire.settings(pair.right, latency_ns=10_000_000):
        said = pair.left.run("ping", "-q", "-n", "-i", "0.002", "-c", "20",
                             "-w", "60", pair.right.address4).stdout
    counted = wire.read(pair.left) - before
    shortest, mean, longest = map(float, RTT.search(said).groups())
    assert shortest >= 30, said
    assert longest >= mean >= shortest
    # More than it asked for may be under way when it has enough.
    assert int(RECEIVED.search(said)[1]) >= 20, said
    assert counted["wire.lost"] == counted["wire.cut"] == 0
    assert counted["wire.delayed"] >= 20
    assert counted["wire.reordered"] == 0


def test_cut(pair: Pair) -> None:
    """What is under way when the wire is cut is lost and counted."""
    before = wire.read(pair.left)
    with wire.settings(pair.left, latency_ns=10_000_000_000):
        replay.send(pair.left, 10, OCTETS)
        wire.wait(pair.left, lambda c: c["wire.under_way"] >= 10)
        executor.script(pair.host, UNLINK)
    counted = wire.read(pair.left) - before
    executor.script(pair.host, LINK)
    pair.up()
    assert counted["wire.cut"] >= 10
    assert counted["wire.under_way"] == 0
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))
