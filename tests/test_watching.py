# SPDX-License-Identifier: GPL-2.0
"""The live view, and the bench of a real host, on a pair of NICs' kernel."""

import contextlib
import re
import time

import pytest

from bench import realhost, record
from headroom import executor, iperf, transfer
from headroom.pair import Pair
from tools import cache

LIVE = str(cache.REPO / "tools" / "live")


def test_live_shows_a_transfer(pair: Pair) -> None:
    """What the lines of all seconds add up to is what the driver counted."""
    pair.reset(tx="hgso", rx="hgro")
    running = pair.host.popen(["/usr/bin/python3", "-ISE", LIVE, "--count",
                               "6"])
    # It has looked once when it has a line to show.
    deadline = time.monotonic() + 20
    while "\n" not in running.stdout() and time.monotonic() < deadline:
        time.sleep(0.1)
    before = pair.counters()
    sent = transfer.payload(pair.host, transfer.MIB)
    transfer.send(pair, 4, sent)
    counted = pair.counters_at_rest() - before
    done = running.wait(60)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    heads, *lines = done.stdout.splitlines()
    assert "maps each" in heads and len(lines) == 12
    rates = [float(line.split()[2]) for line in lines
             if line.split()[1] == "netdevsim1/0"]
    assert len(rates) == 6
    # Each is rounded, and of a second that is not quite one.
    supers = counted.left["driver.tx_hgso_skbs"]
    assert supers and sum(rates) == pytest.approx(supers, rel=0.2, abs=6)
    merging = [line for line in lines if "netdevsim2/0" in line
               and re.search(r"end of poll|psh|count|size|short", line)]
    assert merging, done.stdout


def test_bench_of_an_interface(pair: Pair) -> None:
    """TSO and GSO are measured, and everything is as it was afterwards."""
    host = realhost.RealHost(pair.host, pair.left.ifname,
                             pair.right.address4, 1, pair.left.netns)
    ways, missing = host.ways()
    assert [str(way) for way in ways] == ["tso", "gso"]
    assert missing == ["hgso: hgso_takeover is not loaded"]
    features = host.features()
    with iperf.server(pair), host.as_found():
        for way in ways:
            before = pair.counters()
            found = host.measure(way)
            spent = (pair.counters() - before).left
            assert found["throughput"] > 0 and found["processors"] > 0
            assert bool(spent["driver.tx_super_packets"]) == way.tso
    assert host.features() == features
    with contextlib.suppress(ValueError), host.as_found():
        host.choose(realhost.WAYS[1])
        raise ValueError
    assert host.features() == features


def test_bench_of_this_machine(host: executor.Executor) -> None:
    """segbench runs on whatever kernel it is started on, and is gone then."""
    out = f"{host.guest_share}/bench-here"
    done = host.run(
        ["/usr/bin/python3", str(cache.REPO / "bench" / "run"), "--here",
         "--filter", "stock/*/tcpv4-45-32k", "--out", out], timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    found = record.load(host.share / "bench-here" / "bench.json")
    section, = found.sections
    assert section.kernel["release"] == host.release
    row, = section.rows
    assert set(row.figures) == {"skb_segment()", "tso.c"}
    assert all(len(figure.samples) == record.ENOUGH
               for figure in row.figures.values())
    assert host.run(["grep", "-q", "^segbench ", "/proc/modules"]).returncode
