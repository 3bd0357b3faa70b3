# SPDX-License-Identifier: GPL-2.0
"""Hardware timestamps and the NIC's clock, as programs see them."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from headroom import executor, faults, stamps, transfer, wire
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES, Nic
from headroom.pair import Pair

OFF, ON, ONE_STEP = 0, 1, 2
NONE, ALL, V2_EVENT = 0, 1, 12
COUNT = 3
LATENCY_NS = 50_000_000
# Both clocks were set to the time of day, one after the other.
APART_NS = 20_000_000


@pytest.fixture
def stamped(pair: Pair) -> Iterator[Pair]:
    """A pair that stamps all that is sent and received."""
    for nic in pair.nics:
        assert stamps.run(nic, "configure", nic.ifname, str(ON),
                          str(ALL)) == [ON, ALL]
    yield pair
    for nic in pair.nics:
        stamps.run(nic, "configure", nic.ifname, str(OFF), str(NONE))


def exchange(pair: Pair) -> tuple[list[int], list[int]]:
    """Send datagrams; return when they left and when they arrived."""
    receiver = stamps.start(pair.right, "receive", pair.right.address4,
                            str(COUNT))
    deadline = time.monotonic() + 60
    while "ready" not in receiver.stderr():
        assert receiver.poll() is None, receiver.stderr()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    sent = stamps.run(pair.left, "send", pair.right.address4, str(COUNT))
    done = receiver.wait(60)
    assert done.returncode == 0, done.stderr
    return sent, json.loads(done.stdout)


def phc(nic: Nic) -> str:
    """Return the number of its clock, by ``ethtool -T``."""
    shown = nic.run("ethtool", "-T", nic.ifname).stdout
    for word in ("hardware-transmit", "hardware-receive",
                 "hardware-raw-clock"):
        assert word in shown
    found = re.search(r"PTP Hardware Clock: (\d+)", shown)
    assert found, shown
    return found[1]


def test_datagrams(stamped: Pair) -> None:
    """They left when they left, and arrived a wire's latency later."""
    before = stamped.counters()
    with wire.settings(stamped.left, latency_ns=LATENCY_NS):
        sent, received = exchange(stamped)
    assert all(sent) and all(received)
    assert sent == sorted(sent) and received == sorted(received)
    for one, other in zip(sent, received):
        assert other - one >= LATENCY_NS - APART_NS
    counted = stamped.counters() - before
    assert counted.left["driver.tx_stamps"] == COUNT
    assert counted.left["driver.tx_stamps_lost"] == 0
    assert counted.right["driver.rx_stamps"] >= COUNT


@pytest.mark.parametrize("rx", RX_STRATEGIES)
def test_every_way_to_receive(stamped: Pair, rx: str) -> None:
    """Each has the time, and a file is what it was."""
    stamped.reset(rx=rx)
    _, received = exchange(stamped)
    assert all(received)
    transfer.send(stamped, 4, transfer.payload(stamped.host, transfer.MIB))


@pytest.mark.parametrize("tx", TX_STRATEGIES)
def test_last_octet_of_a_stream(stamped: Pair, tx: str) -> None:
    """The one that was asked for, the last of the call, has a time."""
    octets = 100_000
    stamped.reset(tx=tx)
    sink = stamped.host.popen(
        ["nsenter", "--net=/run/netns/right", "socat", "-u",
         f"TCP4-LISTEN:{stamps.PORT},reuseaddr", "OPEN:/dev/null"])
    try:
        executor.script(stamped.host, """
for ((i = 0; i < 100; i++)); do
    nsenter --net=/run/netns/right ss -ltn | grep -q ":$1 " && exit
    sleep 0.1
done
exit 1""", str(stamps.PORT))
        before = stamped.left.counters()
        found = stamps.run(stamped.left, "stream", stamped.right.address4,
                           str(octets))
    finally:
        sink.kill()
    counted = stamped.left.counters() - before
    assert [octets - 1] == [key for key, when in found if when][-1:], found
    assert counted["driver.tx_stamps"] >= 1
    if tx != "gso":
        assert counted["driver.tx_super_packets"] > 0


def test_clock(pair: Pair) -> None:
    """Each NIC has a PTP clock: it can be set, and made to go faster."""
    assert phc(pair.left) != phc(pair.right)
    went = stamps.run(pair.left, "clock", phc(pair.left))
    print(went)
    assert abs(went["from_now"]) < 10
    assert 1000 <= went["set"] < 1010
    # A tenth faster, by a clock that was read a little later each time.
    assert 0.98 < went["usual"] < 1.02
    assert 1.08 < went["faster"] < 1.12


def test_what_is_refused(pair: Pair) -> None:
    """One-step stamps are; a filter for some frames lets all through."""
    nic = pair.left
    try:
        assert stamps.run(nic, "configure", nic.ifname, str(OFF),
                          str(V2_EVENT)) == [OFF, ALL]
        with pytest.raises(executor.CommandError):
            stamps.run(nic, "configure", nic.ifname, str(ONE_STEP), str(NONE))
    finally:
        stamps.run(nic, "configure", nic.ifname, str(OFF), str(NONE))
    # Descriptors without room for one cannot say when anything left.
    try:
        nic.down()
        nic.write("hw/tx_layout", "short")
        pair.up()
        assert "hardware-transmit" not in nic.run("ethtool", "-T",
                                                  nic.ifname).stdout
        with pytest.raises(executor.CommandError):
            stamps.run(nic, "configure", nic.ifname, str(ON), str(NONE))
    finally:
        nic.down()
        nic.write("hw/tx_layout", "long")
        pair.up()


def test_what_is_dropped_has_none(stamped: Pair) -> None:
    """What the hardware drops left at no time, and that is counted."""
    before = stamped.left.counters()
    # ARP first: a neighbour that is known sends nothing else.
    stamped.left.run("ping", "-q", "-c", "1", stamped.right.address4)
    with faults.injected(stamped.left, "tx_desc", ppm=1_000_000):
        found = stamps.run(stamped.left, "send", stamped.right.address4, "1")
    counted = stamped.left.counters() - before
    assert found == [0]
    assert counted["driver.tx_stamps_lost"] == 1
