# SPDX-License-Identifier: GPL-2.0
"""Drivers of the kernel's own that were taken to ours, on QEMU's NICs."""

import pathlib
import re
import time
from collections.abc import Iterator

import pytest

from headroom import burst, executor, iperf, superpacket, transfer, tunnel
from headroom.dmamaps import MapCounter
from headroom.qemu_pair import QemuPair, booted

REPO = pathlib.Path(__file__).resolve().parents[1]
PATCHES = sorted((REPO / "kernel" / "ports").glob("*/*.patch"))
COMMENT = re.compile(r"^(/\*.*|//.*|\*( .*|/)?)$")
SEGMENT, FRAMES = 1448, 45
SUPERS = 8
# Neighbours and groups are asked for beside them.
OTHERS = 12
LRO_STAT = re.compile(r"^\s*lro_(\w+): (\d+)", re.M)
# Rings of several sizes beneath a stream: the driver frees and makes them.
RINGS = """
set -e
for size in 64 256; do
    nsenter --net=/run/netns/left ethtool -G nic1 tx $size
    sleep 0.3
done
"""


def added_lines(patch: pathlib.Path) -> list[str]:
    """Return the lines of code that a patch adds, comments and blanks not."""
    lines = [line[1:].strip() for line in
             patch.read_text(encoding="utf-8").splitlines()
             if line.startswith("+") and not line.startswith("+++")]
    return [line for line in lines if line and not COMMENT.match(line)]


@pytest.mark.no_guest
@pytest.mark.parametrize("patch", PATCHES,
                         ids=lambda patch: f"{patch.parent.name}-{patch.stem}")
def test_lines(patch: pathlib.Path) -> None:
    """A patch adds the lines that docs/ports.md says; for hgso 40 at most."""
    lines = len(added_lines(patch))
    assert 0 < lines <= (40 if "hgso" in patch.name else 50)
    said = (REPO / "docs" / "ports.md").read_text(encoding="utf-8")
    assert f"/{patch.name}) | {lines} |" in said, lines


@pytest.fixture(scope="module")
def e1000(request: pytest.FixtureRequest) -> Iterator[QemuPair]:
    """Two e1000 with our driver. In the end it goes, and nothing faulted."""
    config = request.config
    with booted("e1000", config.getoption("flavour"),
                config.getoption("out") / "e1000") as machine:
        pair = QemuPair(machine, "e1000")
        pair.create()
        yield pair
        pair.remove()
        pair.check_no_fault()


def send_supers(pair: QemuPair) -> float:
    """Send SUPERS super-packets; return the maps of one.

    All must have been sent as so many frames, and nothing may be left mapped.
    """
    device = pair.bus_address(pair.left)
    # New rings take the carrier away for a while.
    pair.left.up()
    before = pair.sent()
    with MapCounter(pair.host) as counter:
        superpacket.send(pair.left, 4, 0, 1, SEGMENT,
                         [SEGMENT * FRAMES] * SUPERS)
        maps = counter.maps(device)
        # Of what others send, going down may drop what waits.
        dropped = pair.sent()["dropped"]
        pair.left.down()
        assert counter.unmaps(device) >= counter.maps(device)
    pair.left.up()
    now = pair.sent()
    assert dropped == before["dropped"]
    frames = now["frames"] - before["frames"]
    assert FRAMES * SUPERS <= frames <= FRAMES * SUPERS + OTHERS
    return maps / SUPERS


def received(pair: QemuPair, family: int) -> int:
    """Return how many datagrams came to a port that nobody has.

    They are counted when their checksum was found right.
    """
    name = "UdpNoPorts" if family == 4 else "Udp6NoPorts"
    return int(pair.right.run("nstat", "-asz", name).stdout.split()[-2])


def send_datagrams(pair: QemuPair, family: int) -> None:
    """Send eleven datagrams as one; all must arrive, and be right."""
    before = received(pair, family)
    burst.super_datagram(pair.left, family, pair.right.address(family),
                         13001, 1300)
    deadline = time.monotonic() + 20
    while received(pair, family) < before + 11:
        assert time.monotonic() < deadline, received(pair, family) - before
        time.sleep(0.2)


@pytest.mark.no_guest
@pytest.mark.not_uml("it boots a guest with emulated PCI NICs")
def test_e1000_segments_by_hgso(e1000: QemuPair) -> None:
    """Files arrive intact by IPv4 and IPv6, a super-packet is few maps.

    So do datagrams, and a file through a tunnel. With TSO off the stack
    segments: as many frames, each with maps of its own. Rings are made anew
    beneath a stream.
    """
    pair = e1000
    sent = transfer.payload(pair.host, transfer.MIB)
    for family in (4, 6):
        transfer.send(pair, family, sent)
        send_datagrams(pair, family)
    with tunnel.tunnel(pair, "vxlan") as address:
        transfer.send(pair, 4, sent, address=address)
    assert pair.sent()["dropped"] == 0
    # What waits was made for the larger ring, and may be dropped.
    with transfer.flow(pair, 4, sent):
        executor.script(pair.host, RINGS)

    maps = send_supers(pair)
    pair.left.set_features(tcp_segmentation_offload=False)
    stock = send_supers(pair)
    pair.left.set_features(tcp_segmentation_offload=True)
    print(f"{maps:g} maps a super-packet, {stock:g} when the stack segments")
    # The head, and the page frags of what a packet socket allocates.
    assert maps <= 4
    assert stock >= FRAMES


def lro_on(pair: QemuPair) -> bool:
    """Tell whether the receiver merges, by ``ethtool -k``."""
    lro = pair.right.features()["large-receive-offload"]
    assert not lro.fixed
    return lro.on


def lro_counted(pair: QemuPair) -> dict[str, int]:
    """Return what the receiver's LRO counted, by ``ethtool -S``."""
    text = pair.right.run("ethtool", "-S", pair.right.ifname).stdout
    return {name: int(value) for name, value in LRO_STAT.findall(text)}


def lro_grows(pair: QemuPair, name: str) -> None:
    """Wait until so many more packets are counted by *name*."""
    before = lro_counted(pair)[name]
    deadline = time.monotonic() + 60
    while lro_counted(pair)[name] < before + 50:
        assert time.monotonic() < deadline, lro_counted(pair)
        time.sleep(0.2)


@pytest.mark.no_guest
@pytest.mark.not_uml("it boots a guest with emulated PCI NICs")
def test_e1000_receives_by_lro(e1000: QemuPair) -> None:
    """Streams are merged once asked for; ethtool ends it beneath one.

    What cannot have LRO has it off: frames in pages, and who forwards.
    """
    pair = e1000
    right = pair.right
    sent = transfer.payload(pair.host, transfer.MIB)
    assert not lro_on(pair)
    right.set_features(lro=True)
    assert lro_on(pair)
    for family in (4, 6):
        before = lro_counted(pair)
        transfer.send(pair, family, sent)
        now = lro_counted(pair)
        merged = {name: now[name] - before[name] for name in now}
        print(f"IPv{family}: {merged}")
        assert merged["aggregated"] > 2 * merged["flushed"]
        assert merged["dropped"] == 0
    with iperf.server(pair):
        before = lro_counted(pair)
        rate = iperf.stream(pair, 4, seconds=2)
        now = lro_counted(pair)
    aggregated = now["aggregated"] - before["aggregated"]
    print(f"{rate.bits_per_second / 1e6:.0f} Mbit/s, {aggregated} packets in "
          f"{now['flushed'] - before['flushed']}")
    assert aggregated > 0

    with transfer.flow(pair, 4, sent):
        lro_grows(pair, "aggregated")
        right.set_features(lro=False)
        assert not lro_on(pair)
        off = lro_counted(pair)
        time.sleep(1)
        assert lro_counted(pair) == off
        right.set_features(lro=True)
        lro_grows(pair, "aggregated")

    right.run("ip", "link", "set", right.ifname, "mtu", "4000")
    assert not lro_on(pair)
    right.run("ip", "link", "set", right.ifname, "mtu", "1500")
    right.up()
    assert lro_on(pair)
    forwarding = f"net.ipv4.conf.{right.ifname}.forwarding"
    right.run("sysctl", "-qw", f"{forwarding}=1")
    assert not lro_on(pair)
    right.run("sysctl", "-qw", f"{forwarding}=0")
    transfer.send(pair, 4, sent)
