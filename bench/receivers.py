# SPDX-License-Identifier: GPL-2.0
"""The table that LRO was announced with, made again: each way to receive
against receiving each frame alone, throughput and what the receiver pays.
"""

import dataclasses
from collections.abc import Callable

from bench import guest, streams
from bench.context import Bench
from bench.record import Section
from bench.traffic import FIXED_BUFFERS, Choice, Spent, Traffic
from headroom import executor
from headroom.testbed import Testbed
from tools.vm import Machine

# Strategy, and octets of a receive buffer.
WAYS = (("none", 4096), ("gro", 4096), ("hgro", 4096), ("lro-skb", 4096),
        ("lro-frags", 4096), ("lro-frags", 16384), ("lro-hw", 4096))
MTUS = (1500, 9000)

COLUMNS = {
    "throughput": ("Mbit/s", 10.0, "more"),
    "throughput against none": ("times", 10.0, "more"),
    "receiver": ("instructions/octet", 10.0, "less"),
    "receiver against none": ("times", 10.0, "less"),
    "sender": ("instructions/octet", 10.0, "less"),
    "frames a packet": ("frames", 25.0, "more"),
}
TEXT = """\
One emulated processor where a nanosecond is an instruction does everything,
the modelled hardware's part too, and so limits throughput; sockets have
buffers of a fixed size. Both NICs are polled by threads (threaded NAPI): the
receiver is iperf3's server and the thread that polls its NIC, the sender the
other two. An instruction an octet is 1e9 a GB. frames a packet: what the
driver or its hardware merged."""

# Polls in threads, whose time the kernel tells to the nanosecond.
THREADED = """
set -e
for n in 1 2; do
    ns=left; ((n == 1)) || ns=right
    ip netns exec $ns bash -c "echo 1 >/sys/class/net/nic$n/threaded"
    for pid in $(pgrep "^napi/nic$n-"); do
        read -r ran _ </proc/$pid/schedstat
        echo $n $ran
    done
done
"""
# The right NIC's counters of what went up merged, and of frames in that.
MERGED = {
    "hgro": ("driver.rx_hgro_merged", "driver.rx_hgro_supers"),
    "lro-skb": ("driver.rx_lro_aggregated", "driver.rx_lro_flushed"),
    "lro-frags": ("driver.rx_lro_aggregated", "driver.rx_lro_flushed"),
    "lro-hw": ("driver.rx_hw_merged_segs", "driver.rx_hw_merged"),
}


def rows() -> dict[str, Choice]:
    """Return the rows; of each MTU, ``none`` is the first."""
    return {f"{rx}, {buffer // 1024} KiB, MTU {mtu}":
            Choice(rx=rx, mtu=mtu, buffer=buffer)
            for mtu in MTUS for rx, buffer in WAYS}


def against_none() -> Callable[[Spent, Choice], dict[str, float]]:
    """Return what gives the columns of a row.

    It is compared with ``none`` of the same MTU in the same repetition, or in
    the last one in which that did not fail.
    """
    alone: dict[int, dict[str, float]] = {}

    def judge(spent: Spent, choice: Choice) -> dict[str, float]:
        given = {"throughput": spent.stream.bits_per_second / 1e6,
                 **streams.cost(spent, spent.stream.sent)}
        if choice.rx == "none":
            alone[choice.mtu] = given
        if choice.mtu not in alone:
            raise ValueError("there is nothing to compare with")
        return {**{name: given[name] for name in COLUMNS if name in given},
                **{f"{name} against none": given[name]
                   / alone[choice.mtu][name]
                   for name in ("throughput", "receiver")},
                **merged(spent, choice.rx)}
    return judge


def merged(spent: Spent, rx: str) -> dict[str, float]:
    """Return how many frames the right driver made a packet of, if it does.

    Raises ValueError when it hardly did.
    """
    if rx not in MERGED:
        return {}
    frames, packets = (spent.right[name] for name in MERGED[rx])
    if frames < 2 * packets or not packets:
        raise ValueError(f"{frames} frames in {packets} packets: {rx} "
                         "hardly merged")
    return {"frames a packet": frames / packets}


def polled(traffic: Traffic) -> tuple[int, int]:
    """Let threads poll; return what those of each end have run, ns.

    Raises CommandError, ValueError.
    """
    said = executor.script(traffic.pair.host, THREADED).stdout.split()
    times = {"1": 0, "2": 0}
    for number, ran in zip(said[::2], said[1::2], strict=True):
        times[number] += int(ran)
    if not all(number in said[::2] for number in times):
        raise ValueError(f"no thread polls: {said}")
    return times["1"], times["2"]


def run_polled(traffic: Traffic, choice: Choice) -> Spent:
    """Send; polling is a part of what the two ends' programs cost.

    Raises CommandError, ValueError.
    """
    traffic.prepare(choice)
    before = polled(traffic)
    spent = traffic.send(choice)
    left, right = ((now - then) * streams.NANO
                   for now, then in zip(polled(traffic), before))
    stream = dataclasses.replace(
        spent.stream, sender_cpu=spent.stream.sender_cpu + left,
        receiver_cpu=spent.stream.receiver_cpu + right)
    return dataclasses.replace(spent, stream=stream)


def receivers(bench: Bench) -> list[Section]:
    """What each way comes to, in a guest that counts instructions."""
    out, megabytes = bench.settings.out / "receivers", 16
    with Machine(bench.settings.flavour, icount=True, out=out) as machine:
        testbed = Testbed(machine, bench.settings.flavour, out)
        section = streams.section_of(
            "receivers", "Ways to receive against none", megabytes, [TEXT],
            guest.describe(machine.tree, machine.release))
        streams.measure(bench, testbed, section, rows(),
                        streams.Plan(["-n", f"{megabytes}M",
                                      *FIXED_BUFFERS], COLUMNS,
                                     against_none(), run=run_polled))
    return [section]
