# SPDX-License-Identifier: GPL-2.0
"""The bpftrace tools: known traffic in, the right counts out."""

import json
import pathlib
import time
from typing import Any

import pytest

from headroom import executor, superpacket, transfer
from headroom.pair import Pair
from tools import cache

TOOLS = sorted((cache.REPO / "tools" / "bpftrace").glob("*.bt"))
# What bpftrace runs once its probes are there: says so, and waits for the end.
CHILD = """#!/bin/sh
touch "$1.ready"
while [ ! -e "$2" ]; do sleep 0.1; done
"""
# What a tool wants to be told.
WORDS = {"xmitcost": ["nic1", "3000"]}
TO_DEVICE, FROM_DEVICE = 1, 2
LENGTHS = (30001, 60000, 2896, 14481)
SEGMENT = 1448


class Watch:
    """All tools at once, on the same traffic."""

    def __init__(self, host: executor.Executor) -> None:
        self.host = host
        self.folder = host.share / "bpftrace"
        self.folder.mkdir()
        self.guest = f"{host.guest_share}/bpftrace"
        child = self.folder / "child"
        child.write_text(CHILD, encoding="utf-8")
        self.running = {tool.stem: host.popen(
            ["bpftrace", "-f", "json", "-c", " ".join((
                "/bin/sh", f"{self.guest}/child", f"{self.guest}/{tool.stem}",
                f"{self.guest}/end")), str(tool), *WORDS.get(tool.stem, [])])
            for tool in TOOLS}

    def wait(self, timeout: float = 240) -> None:
        """Wait until every probe of every tool is attached."""
        deadline = time.monotonic() + timeout
        for name, running in self.running.items():
            while not (self.folder / f"{name}.ready").exists():
                said = running.stdout() + running.stderr()
                assert running.poll() is None, f"{name}: {said}"
                assert time.monotonic() < deadline, f"{name}: {said}"
                time.sleep(0.2)

    def end(self) -> dict[str, dict[str, Any]]:
        """End all; return the maps that each printed, by its name."""
        (self.folder / "end").touch()
        said = {}
        for name, running in self.running.items():
            done = running.wait(120)
            assert done.returncode == 0, f"{name}: {done.stderr}"
            said[name] = {}
            for line in done.stdout.splitlines():
                if not line.strip():
                    continue
                entry = json.loads(line)
                if entry["type"] in ("map", "hist"):
                    said[name] |= entry["data"]
        return said


def total(histogram: list[dict[str, int]]) -> int:
    """Return how many values a histogram has."""
    return sum(bucket["count"] for bucket in histogram)


def both_devices(said: dict[str, dict[str, Any]], name: str,
                 direction: int) -> int:
    """Return what dmamaps.bt has in *name* for a direction, all devices."""
    return sum(value for key, value in said["dmamaps"].get(name, {}).items()
               if key.endswith(f",{direction}"))


@pytest.mark.not_uml("kprobes, and BPF at tracepoints")
@pytest.mark.no_recorder
def test_tools_count_what_was_sent(pair: Pair) -> None:
    """Known super-packets by hgso, then a stream that is merged again."""
    pair.reset(tx="hgso")
    # Nothing is sent while the links are down, so tools and counters begin
    # with the same packet.
    pair.down()
    watch = Watch(pair.host)
    watch.wait()
    before = pair.counters()
    pair.up()
    pair.left.run("/usr/bin/python3", "-ISE",
                  str(pathlib.Path(superpacket.__file__).resolve()),
                  pair.left.ifname, "4", "0", "1", str(SEGMENT),
                  *map(str, LENGTHS), timeout=120)
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))
    counted = pair.counters_at_rest() - before
    said = watch.end()
    left, right = counted.left, counted.right

    def total_of(name: str) -> int:
        return left[name] + right[name]

    print(json.dumps(said))

    supers = left["driver.tx_super_packets"]
    assert supers >= len(LENGTHS)
    sizes = said["gsosize"]
    assert sizes["@super_packets"]["nic1"] == supers
    assert total(sizes["@octets"]["nic1"]) == supers
    assert total(sizes["@segments"]["nic1"]) == supers
    assert said["hgsodecline"]["@prepared"] >= supers
    assert "@declined" not in said["hgsodecline"]
    assert said["gsocost"]["@hgso_calls"] >= supers
    assert total(said["gsocost"]["@hgso_ns"]) == said["gsocost"]["@hgso_calls"]
    assert 3 <= said["xmitcost"]["@packets"] <= supers
    assert said["xmitcost"]["@xmit_ns"] > 0
    assert total(said["txring"]["@in_flight"]) == supers
    assert total(said["txring"]["@ns"]) == supers

    given = sum(said["gromerge"]["@in"].values())
    assert given == total_of("driver.rx_gro")
    merged = sum(said["gromerge"]["@merged"].values())
    assert 0 < merged <= sum(said["gromerge"]["@up"].values()) < given

    maps = both_devices(said, "@maps", TO_DEVICE)
    buffers = both_devices(said, "@buffers", TO_DEVICE)
    assert buffers > 0
    assert maps + buffers == total_of("driver.tx_dma_maps")
    assert both_devices(said, "@lists", TO_DEVICE) == both_devices(
        said, "@unlists", TO_DEVICE)
    assert both_devices(said, "@unmaps", TO_DEVICE) == maps
    assert both_devices(said, "@live", TO_DEVICE) == 0
    assert both_devices(said, "@maps", FROM_DEVICE) == total_of(
        "driver.rx_page_pool_maps")
