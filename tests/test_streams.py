# SPDX-License-Identifier: GPL-2.0
"""Every strategy carries streams and files, and the wire shows real frames."""

import pathlib

import pytest

from headroom import capture, counters, iperf, superpacket, tap, transfer
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES
from headroom.pair import Pair
from headroom.testbed import Testbed

# What the driver calls the row of counters of a strategy.
ROW = {"gso": "plain", "tso-lib": "tso_lib", "hgso": "hgso",
       "tso-hw": "tso_hw"}
SUPER_ROWS = {row for row in ROW.values() if row != "plain"}
ON_DEBUG = {("hgso", 4)}


def check_row(strategy: str, left: counters.Counters) -> None:
    """Super-packets went the way of *strategy*, all of them."""
    for row in SUPER_ROWS:
        used = left[f"driver.tx_{row}_skbs"]
        assert (used > 0) == (row == ROW[strategy]), (strategy, row, used)
    supers = left["driver.tx_super_packets"]
    assert (supers > 0) == (strategy != "gso")
    assert left["driver.tx_gso_fallback"] == 0
    assert (left["hw.tx_tso"] > 0) == (strategy == "tso-hw")


def check_nothing_lost(side: counters.Counters) -> None:
    """Nothing was dropped, by whoever."""
    assert side["link.tx_dropped"] == 0
    assert side["link.tx_errors"] == 0
    assert side["link.rx_dropped"] == side["hw.rx_missed"]
    assert side["link.rx_errors"] == 0
    assert side["hw.dma_faults"] == 0
    assert side.total(r"wire\.(lost|no_link|no_memory)") == 0


def check_counts_agree(sent: counters.Counters,
                       received: counters.Counters) -> None:
    """Driver, stack, hardware and wire speak of the same frames."""
    frames, octets = sent["hw.tx_frames"], sent["hw.tx_bytes"]
    assert sent["wire.sent"] == frames
    assert sent["driver.tx_packets"] == sent["link.tx_packets"] == frames
    assert sent["driver.tx_bytes"] == sent["link.tx_bytes"] == octets
    assert sent["wire.delivered"] == frames == received["wire.received"]
    arrived = received["hw.rx_frames"] + received["hw.rx_missed"]
    assert arrived == frames
    assert received["driver.rx_packets"] == received["link.rx_packets"]
    assert received["link.rx_packets"] == received["hw.rx_frames"]
    assert received["link.rx_bytes"] == received["hw.rx_bytes"]


@pytest.mark.parametrize(
    ("strategy", "family"),
    [pytest.param(strategy, family, marks=(
        [pytest.mark.debug] * ((strategy, family) in ON_DEBUG)
        + [pytest.mark.vm] * (family == 4)))
     for strategy in TX_STRATEGIES for family in (4, 6)])
def test_streams(testbed: Testbed, pair: Pair, out: pathlib.Path,
                 strategy: str, family: int) -> None:
    """iperf3 runs, a file arrives intact, and its frames are in order.

    The wire's own capture holds each frame that the counters tell of; none
    is longer than the MTU allows, and tshark finds no bad checksum.
    """
    sent = transfer.payload(pair.host, transfer.MIB * (
        1 if testbed.flavour == "debug" else 4))
    pair.reset(tx=strategy)
    before = pair.counters_at_rest()
    with iperf.server(pair):
        stream = iperf.stream(pair, family)
    # How fast is for benchmarks; that it moves is for here.
    assert stream.octets > 100_000
    path = out / "wire.pcap"
    middle = pair.counters_at_rest()
    with capture.wire(pair.left, path):
        inside = pair.counters_at_rest()
        transfer.send(pair, family, sent)
    after = pair.counters_at_rest()

    # A late frame of the stream may come before the capture, or be in it.
    least, most = (after - inside).left, (after - middle).left
    verdict = capture.check(path)
    assert least["wire.sent"] <= verdict.frames <= most["wire.sent"]
    assert least["hw.tx_bytes"] <= verdict.octets <= most["hw.tx_bytes"]
    assert verdict.payload >= sent.octets
    total = after - before
    check_row(strategy, total.left)
    for side, other in ((total.left, total.right),
                        (total.right, total.left)):
        check_nothing_lost(side)
        check_counts_agree(side, other)


# Sends a known super-packet and prints what BQL says is on its way. The limit
# must not stop the queue half-way; it is in force after a completion.
IN_FLIGHT = """
bql=/sys/class/net/$2/queues/tx-0/byte_queue_limits
echo 1000000 >"$bql/limit_min"
/usr/bin/python3 -ISE "$@"
echo $(<"$bql/inflight")
"""


def in_flight(pair: Pair) -> tuple[int, int]:
    """Send a super-packet; return what BQL has in flight, what was sent.

    Both in octets. An interrupt that comes before the first is read makes it
    0.
    """
    before = pair.counters_at_rest()
    done = pair.host.run(
        ["ip", "netns", "exec", pair.left.netns, "bash", "-c", IN_FLIGHT,
         "in-flight", superpacket.__file__, pair.left.ifname, "4", "0", "1",
         "1448", "60000"], check=True)
    sent = (pair.counters_at_rest() - before).left["hw.tx_bytes"]
    return int(done.stdout), sent


@pytest.mark.parametrize("strategy", ["gso", "hgso"])
def test_byte_queue_limits_count_wire_frames(pair: Pair,
                                             strategy: str) -> None:
    """BQL counts the octets on the wire, and all of them are completed.

    Interrupts a second late keep what was sent in flight. A packet socket's
    packets are untrusted, so only hgso takes its super-packets.
    """
    pair.reset(tx=strategy)
    octets = 60000 + 42 * (14 + 20 + 32)
    try:
        pair.left.run("ethtool", "-C", pair.left.ifname, "rx-usecs",
                      "1000000")
        seen: list[tuple[int, int]] = []
        while (octets, octets) not in seen and len(seen) < 10:
            seen.append(in_flight(pair))
    finally:
        pair.left.run("ethtool", "-C", pair.left.ifname, "rx-usecs", "0")
    print(f"in flight, sent: {seen}")
    assert (octets, octets) in seen
    pair.counters_at_rest()
    for nic in pair.nics:
        done = pair.host.run(
            ["ip", "netns", "exec", nic.netns, "sh", "-c",
             'cat "$1"/byte_queue_limits/inflight "$1"/tx_timeout', "sh",
             f"/sys/class/net/{nic.ifname}/queues/tx-0"], check=True)
        assert done.stdout.split() == ["0", "0"]


@pytest.mark.vm
@pytest.mark.parametrize("rx", RX_STRATEGIES)
def test_receive_strategy(pair: Pair, rx: str) -> None:
    """The stack sees merged packets, with "none" only frames."""
    sent = transfer.payload(pair.host, 4 * transfer.MIB)
    pair.reset(rx=rx)
    assert pair.right.param("rx_strategy") == rx
    before = pair.counters()
    with tap.tapped(pair.right, "tcp and inbound and greater 2000") as seen:
        transfer.send(pair, 4, sent)
        seen.stop()
        merged = len(tap.packets(seen.path))
    counted = (pair.counters() - before).right
    assert (merged > 0) == (rx != "none")
    for name in RX_STRATEGIES:
        used = counted[f"driver.rx_{name.replace('-', '_')}"]
        assert (used > 0) == (name == rx), name
    feature = pair.right.features()["generic-receive-offload"]
    # What the hardware merges the stack does not look at again.
    assert feature.on == (rx not in ("none", "lro-hw"))
