# SPDX-License-Identifier: GPL-2.0
"""Super-packets of untrusted senders, malformed in every way."""

import collections
import contextlib
import json
import pathlib
import time
from collections.abc import Iterator

import pytest

from headroom import capture, executor, malformed, wire
from headroom.nic import Nic
from headroom.pair import Pair

SOURCE = 6
TAP = "untrusted"
# What is written to the tap device goes out of the NIC as it is.
MAKE = """
set -e
ip -n "$1" tuntap add "$2" mode tap vnet_hdr
ip -n "$1" link set "$2" up
tc -n "$1" qdisc add dev "$2" ingress
tc -n "$1" filter add dev "$2" ingress matchall \
    action mirred egress redirect dev "$3"
"""


@contextlib.contextmanager
def device(nic: Nic, way: str) -> Iterator[str]:
    """Make what *way* writes to, and remove it in the end."""
    if way == "packet":
        yield nic.ifname
        return
    executor.script(nic.host, MAKE, nic.netns, TAP, nic.ifname)
    try:
        yield TAP
    finally:
        nic.host.run(["ip", "-n", nic.netns, "link", "del", TAP], check=True)


def settle(nic: Nic) -> None:
    """Wait until no frame has left for a while."""
    last = -1
    while (now := wire.read(nic)["wire.sent"]) != last:
        last = now
        time.sleep(0.5)


def send(pair: Pair, way: str, strategy: str, path: pathlib.Path) -> tuple[
        str, "collections.Counter[bytes]", dict[str, int]]:
    """Send them; return what the sender said, our frames and counters.

    The order is not compared: each that is changed may be a flow of its own.
    """
    pair.reset(tx=strategy)
    link = json.loads(pair.left.run("ip", "-j", "link", "show",
                                    pair.left.ifname).stdout)
    own = bytes.fromhex(link[0]["address"].replace(":", ""))
    before = pair.counters()
    with device(pair.left, way) as name, \
            capture.wire(pair.left, path) as captured:
        said = pair.left.run("/usr/bin/python3", "-ISE",
                             str(pathlib.Path(malformed.__file__).resolve()),
                             way, name, timeout=200).stdout
        settle(pair.left)
    counted = (pair.counters() - before).left
    return said, collections.Counter(
        frame for frame in captured.frames()
        if frame[SOURCE:SOURCE + len(own)] != own), counted


@pytest.mark.parametrize("way", ["packet", "tap"])
def test_untrusted(pair: Pair, out: pathlib.Path, way: str) -> None:
    """Nothing breaks, and the frames that leave are the stack's own."""
    said, expected, counted = send(pair, way, "gso", out / "gso.pcap")
    assert counted["driver.tx_super_packets"] == 0
    ours, frames, counted = send(pair, way, "hgso", out / "hgso.pcap")
    print(f"{said.strip()}: {sum(frames.values())} frames,",
          {name: count for name, count in counted.items()
           if "hgso" in name and count})
    assert ours == said
    assert frames == expected
    assert counted["driver.tx_hgso_prepared"] > 0
