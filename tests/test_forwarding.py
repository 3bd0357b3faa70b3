# SPDX-License-Identifier: GPL-2.0
"""What hgro merges in the middle, hgso sends on as it came.

The wire's captures before and after whoever forwards hold the same frames, in
the same order within each flow, but for what a router changes.
"""

import contextlib
import json
import pathlib
import time
from collections.abc import Iterator

import pytest

from headroom import capture, executor, flows, transfer, wire
from headroom.chain import HERE, SOURCE, TARGET, Chain, chain
from headroom.impairment import impaired
from headroom.pair import Pair

pytestmark = pytest.mark.usefixtures("pair")

OCTETS = transfer.MIB
SUPERS, SEGMENT, DATAGRAMS = 20, 1200, 48000
UDP_PORT = 7000
TROUBLE = {"loss_ppm": 10_000, "dup_ppm": 10_000, "reorder_ppm": 10_000,
           "reorder_gap": 3}
ENDS = ("source", "target")
INNER = {4: "192.168.9.2", 6: "2001:db8:9::2"}
# The middle has a socket at the port, so that its stack names it to the NICs.
VXLAN = """
set -e
ip -n source link add vx type vxlan id 42 local 198.51.100.1 \
    remote 203.0.113.1 dstport 4789 dev nic3
ip -n target link add vx type vxlan id 42 local 203.0.113.1 \
    remote 198.51.100.1 dstport 4789 dev nic6
n=1
for ns in source target; do
    ip -n $ns address add 192.168.9.$n/24 dev vx
    ip -n $ns address add 2001:db8:9::$n/64 dev vx nodad
    ip -n $ns link set vx up
    n=$((n + 1))
done
ip -n middle link add vx type vxlan id 1 dstport 4789 dev nic4
ip -n middle link set vx up
"""
GONE = 'for ns in source middle target; do ip -n $ns link del vx; done'


def settled(made: Chain) -> None:
    """Wait until nothing is on its way any more. Raises TimeoutError."""
    def count() -> list[int]:
        return [wire.read(nic)[f"wire.{name}"]
                for nic in made.nics for name in ("sent", "received")]

    before = count()
    for _ in range(100):
        time.sleep(0.1)
        now = count()
        if now == before:
            return
        before = now
    raise TimeoutError("the wires are never quiet")


@contextlib.contextmanager
def unaltered(made: Chain, out: pathlib.Path, bridge: bool, merges: bool,
              hgso: bool = True) -> Iterator[None]:
    """What comes in from the source while the block runs goes out the same.

    Some of it was merged meanwhile; if it *merges*, most, and with *hgso* that
    was taken apart again by it. Raises FlowsDiffer.
    """
    settled(made)
    before = made.ins.counters(), made.outs.counters()
    paths = out / "before.pcap", out / "after.pcap"
    with capture.wire(made.ins, paths[0], "rx") as came, \
            capture.wire(made.outs, paths[1]) as went:
        yield
        settled(made)
    source = {*SOURCE.values()}
    frames = flows.compare(flows.by_flow(came.frames(), source),
                           flows.by_flow(went.frames(), source), not bridge)
    ins, outs = (nic.counters() - then for nic, then
                 in zip((made.ins, made.outs), before))
    print(f"{frames} frames; {ins.show()}{outs.show()}")
    assert ins["hw.rx_missed"] == 0
    assert frames > OCTETS / 1500 / 2
    assert ins["driver.rx_hgro_merged"] > (frames / 2 if merges else 0)
    if merges:
        assert (outs["driver.tx_hgso_skbs"] > 0) == hgso


def send_file(made: Chain, family: int, address: str) -> None:
    """Send a file from one end to the other; it arrives."""
    transfer.between(made.host, ENDS, family, address,
                     transfer.payload(made.host, OCTETS))


def send_datagrams(made: Chain, family: int, intact: bool) -> None:
    """Send datagrams; if *intact*, all arrive, several at a time."""
    done = executor.script(
        made.host, 'exec /usr/bin/python3 -ISE "$@"',
        str(HERE / "datagram_flow.py"), *ENDS, str(family), TARGET[family],
        str(UDP_PORT), str(SUPERS), str(SEGMENT), str(DATAGRAMS))
    told = json.loads(done.stdout)
    print(told)
    if intact:
        assert told["same"], told
        assert told["longest"] > SEGMENT
    assert told["received"] > told["sent"] / 2


@contextlib.contextmanager
def vxlan(made: Chain) -> Iterator[None]:
    """Have a tunnel from end to end."""
    made.host.modprobe("vxlan")
    try:
        executor.script(made.host, VXLAN)
        yield
    finally:
        executor.script(made.host, GONE, check=False)


@pytest.mark.parametrize(("bridge", "trouble"), [
    pytest.param(False, False, id="routes"),
    pytest.param(False, True, id="routes-trouble"),
    pytest.param(True, False, id="bridges"),
    pytest.param(True, True, id="bridges-trouble", marks=pytest.mark.long)])
def test_unaltered(pair: Pair, out: pathlib.Path, bridge: bool,
                   trouble: bool) -> None:
    """TCP, UDP and VXLAN over both IPs; with loss, copies and reordering.

    A tap takes no tunnels, so what goes through the bridge is taken apart by
    the stack before it.
    """
    with chain(pair.host, bridge) as made, contextlib.ExitStack() as stack:
        made.ins.set_features(rx_udp_gro_forwarding=True)
        if trouble:
            stack.enter_context(impaired(made.first, 7, **TROUBLE))
        for family in (4,) if trouble and not bridge else (4, 6):
            with unaltered(made, out, bridge, not trouble):
                send_file(made, family, TARGET[family])
            with unaltered(made, out, bridge, not trouble):
                send_datagrams(made, family, not trouble)
        with vxlan(made):
            for family in (6,) if trouble and not bridge else (4, 6):
                with unaltered(made, out, bridge, not trouble, not bridge):
                    send_file(made, family, INNER[family])


def test_room_for_headers(pair: Pair) -> None:
    """With room in what hgro builds, no head is expanded on the way out."""
    counted = {}
    with chain(pair.host) as made:
        with pytest.raises(executor.CommandError):
            made.ins.write("driver/rx_headroom", 20481)
        for room in (0, 6144):
            made.ins.write("driver/rx_headroom", room)
            assert made.ins.read("driver/rx_headroom") == str(room)
            before = made.outs.counters()
            send_file(made, 4, TARGET[4])
            settled(made)
            counted[room] = made.outs.counters() - before
            print(room, counted[room].show())
    assert counted[0]["driver.tx_hgso_expanded"] > 0
    assert counted[6144]["driver.tx_hgso_prepared"] > 0
    assert counted[6144]["driver.tx_hgso_expanded"] == 0
