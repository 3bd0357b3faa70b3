# SPDX-License-Identifier: GPL-2.0
"""Lost frames, links that go down, strategies and rings that change."""

import pathlib

import pytest

from headroom import capture, executor, impairment, transfer
from headroom.nic import TX_STRATEGIES, Rings
from headroom.pair import Pair
from headroom.testbed import Testbed

# Runs commands (lines of bash) $1 times. After each time, frames go over the
# wire again: that they go on is seen, not hoped for. rises() waits until a
# counter of the left NIC, $1 of file $2, has grown by more than $3.
ROUNDS = """
set -e
nic=/sys/kernel/debug/netdevsim/netdevsim1/ports/0/nic
value() { sed -n "s/^$1 //p" "$nic/$2"; }
rises() {
    local before
    before=$(value "$1" "$2")
    for ((wait = 0; wait < 600; wait++)); do
        (($(value "$1" "$2") <= before + $3)) || return 0
        sleep 0.05
    done
    echo "$1 stays at $(value "$1" "$2"): no traffic for 30 s" >&2
    exit 1
}
rises sent wire/counters 20
for ((round = 0; round < $1; round++)); do
    eval "$2"
    rises sent wire/counters 20
done
"""
# Each strategy carries some of the stream before the next one's turn. The
# way called gso has no TSO to switch on and off.
STRATEGY = """for s in tso-lib hgso gso tso-hw; do
devlink dev param set netdevsim/netdevsim1 name tx_strategy value $s \
cmode runtime
if [[ $s == gso ]]; then rises sent wire/counters 20; continue; fi
nsenter --net=/run/netns/left ethtool -K nic1 tso off
rises sent wire/counters 20
nsenter --net=/run/netns/left ethtool -K nic1 tso on
rises tx_${s//-/_}_skbs driver/counters 0; done"""
RINGS = """for size in 64 4096 100 512; do
nsenter --net=/run/netns/left ethtool -G nic1 tx $size rx $size
nsenter --net=/run/netns/right ethtool -G nic2 tx $size rx $size; done"""
FLAP = """ip -n left link set nic1 down; sleep 0.1
ip -n left link set nic1 up; rises sent wire/counters 20
ip -n right link set nic2 down; ip -n right link set nic2 up"""


def during(pair: Pair, family: int, commands: str, rounds: int = 2) -> None:
    """Run *commands* in turn beneath a stream that goes on.

    All of the stream must arrive intact.
    """
    block = transfer.payload(pair.host, transfer.MIB)
    with transfer.flow(pair, family, block):
        executor.script(pair.host, ROUNDS, str(rounds), commands, timeout=240)


@pytest.mark.debug("hgso")
@pytest.mark.parametrize("strategy", TX_STRATEGIES)
def test_frames_are_lost(testbed: Testbed, pair: Pair, out: pathlib.Path,
                         strategy: str) -> None:
    """Frames are lost, doubled and delayed, always the same for a seed.

    Late interrupts keep what was sent in the ring while TCP sends parts of it
    again. The file arrives intact, and each loss is counted.
    """
    sent = transfer.payload(
        pair.host, (1 if testbed.flavour == "debug" else 8) * transfer.MIB)
    pair.reset(tx=strategy)
    pair.left.run("ethtool", "-C", pair.left.ifname, "rx-usecs", "2000")
    before = pair.counters()
    path = out / "wire.pcap"
    try:
        with impairment.impaired(pair.left, seed=7, loss_ppm=5000,
                                 dup_ppm=5000, reorder_ppm=5000,
                                 reorder_gap=3), \
                capture.wire(pair.left, path):
            transfer.send(pair, 4, sent, timeout=120)
    finally:
        pair.left.run("ethtool", "-C", pair.left.ifname, "rx-usecs", "0")
    counted = (pair.counters() - before).left
    verdict = capture.check(path)
    assert counted["wire.lost"] > 0
    # Each octet at least once, and what was lost again. (tshark cannot tell a
    # retransmission from a late frame among doubled and delayed ones.)
    assert verdict.payload > sent.octets
    assert counted["link.tx_dropped"] == 0
    assert counted["wire.sent"] == counted["hw.tx_frames"]
    assert (counted["wire.delivered"] - counted["wire.duplicated"]
            == counted["wire.sent"] - counted["wire.lost"])


@pytest.mark.debug
def test_strategies_are_switched_under_traffic(testbed: Testbed,
                                               pair: Pair) -> None:
    """No packet is lost when the way of sending changes beneath a stream."""
    before = pair.counters()
    during(pair, 4, STRATEGY, rounds=1 if testbed.flavour == "debug" else 2)
    counted = (pair.counters() - before).left
    for name in ("tso_lib", "hgso", "tso_hw"):
        assert counted[f"driver.tx_{name}_skbs"] > 0, name
    assert counted["link.tx_dropped"] == 0
    assert counted.total(r"driver\.tx_drop_.*") == 0


def test_link_goes_down_under_traffic(pair: Pair) -> None:
    """A link that goes down and up, at either end, delays and no more."""
    during(pair, 6, FLAP)


def test_rings_change_under_traffic(pair: Pair) -> None:
    """Rings of other sizes are swapped in while a stream runs."""
    during(pair, 4, RINGS)
    rings = pair.left.rings()
    assert (rings.tx, rings.rx) == (512, 512)


@pytest.mark.parametrize("size", [64, 4096])
def test_rings_small_and_large(pair: Pair, size: int) -> None:
    """Every strategy carries a file with the smallest and largest rings.

    A ring of 64 cannot hold the largest super-packets; the stack is told, so
    none is dropped, and a full ring stops the queue.
    """
    sent = transfer.payload(pair.host, 2 * transfer.MIB)
    try:
        for nic in pair.nics:
            nic.set_rings(tx=size, rx=size)
        assert pair.left.rings() == Rings(rx=size, tx=size, rx_max=4096,
                                          tx_max=4096)
        before = pair.counters()
        for strategy in TX_STRATEGIES:
            pair.reset(tx=strategy)
            transfer.send(pair, 4, sent)
            transfer.send(pair, 6, sent)
        counted = (pair.counters() - before).left
    finally:
        for nic in pair.nics:
            nic.set_rings(tx=512, rx=512)
    assert counted["link.tx_dropped"] == 0
    for name in ("tso_lib", "hgso", "tso_hw"):
        assert counted[f"driver.tx_{name}_skbs"] > 0, name
    if size == 64:
        assert counted["driver.tx_ring_full"] > 0
        assert counted["driver.tx_wakes"] > 0


def test_wire_is_cut_and_joined_under_traffic(pair: Pair) -> None:
    """unlink_device and link_device, across namespaces, beneath a stream."""
    commands = """exec {l}</run/netns/left {r}</run/netns/right
a=$(ip -n left -o link show nic1 | cut -d: -f1)
b=$(ip -n right -o link show nic2 | cut -d: -f1)
echo $l:$a >/sys/bus/netdevsim/unlink_device
[[ $(ip -n right link show nic2) == *NO-CARRIER* ]]
sleep 0.2
echo $l:$a $r:$b >/sys/bus/netdevsim/link_device
exec {l}<&- {r}<&-"""
    during(pair, 4, commands)
