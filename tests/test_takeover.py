# SPDX-License-Identifier: GPL-2.0
"""The kernel's own segmentation is taken over and given back under streams."""

import contextlib
from collections.abc import Iterator

import pytest

from headroom import executor, transfer
from headroom.pair import Pair
from headroom.testbed import Testbed

SWITCH = "/sys/module/hgso_takeover/parameters/enabled"
STATUS = "/sys/kernel/debug/hgso_takeover/status"

# Throws the switch $1 times, the last time off. A packet or two in between.
FLIP = """
set -e
for ((i = 0; i < $1; i++)); do
    echo $((i % 2 ? 0 : 1)) >"$2"
    sleep 0.01
done
echo 0 >"$2"
"""
FLIPS = 200

VETH = """
set -e
ip link add veth-left netns left type veth peer veth-right netns right
ip -n left addr add 198.51.100.1/24 dev veth-left
ip -n right addr add 198.51.100.2/24 dev veth-right
ip netns exec left ethtool -K veth-left tso off
ip -n left link set veth-left up
ip -n right link set veth-right up
"""
VETH_RIGHT = "198.51.100.2"


def status(host: executor.Executor) -> dict[str, str]:
    """Return the status file, word by word."""
    return dict(line.split(": ", 1)
                for line in host.read(STATUS).splitlines())


@contextlib.contextmanager
def taken_over(host: executor.Executor) -> Iterator[None]:
    """The module is there, switched off at first and at the end."""
    host.modprobe("hgso_takeover", "enabled=0")
    try:
        yield
    finally:
        host.write(SWITCH, "0")
        executor.script(host, "rmmod hgso_takeover")


@pytest.mark.debug
def test_flipped_under_a_stream(testbed: Testbed, pair: Pair) -> None:
    """A NIC without TSO: what arrives is what was sent, whoever segments."""
    host = pair.host
    flips = FLIPS // 10 if testbed.flavour == "debug" else FLIPS
    pair.reset(tx="gso")
    with taken_over(host):
        block = transfer.payload(host, transfer.MIB)
        with transfer.flow(pair, 4, block):
            executor.script(host, FLIP, str(flips), SWITCH, timeout=240)
        after = status(host)
    assert after["state"] == "off"
    assert 0 < int(after["packets"]) < int(after["segments"])
    # Nothing of TCP's is beyond it, least of all the socket's accounting.
    assert "passed.owner" not in after
    assert "passed.header" not in after


def test_veth_without_tso(pair: Pair) -> None:
    """veth with TSO off: all that TCP sends is taken, and arrives."""
    host = pair.host
    executor.script(host, VETH)
    try:
        with taken_over(host):
            host.write(SWITCH, "1")
            sent = transfer.payload(host, 4 * transfer.MIB)
            transfer.send(pair, 4, sent, address=VETH_RIGHT)
            after = status(host)
    finally:
        executor.script(host, "ip -n left link del veth-left")
    assert after["state"] == "on"
    assert int(after["segments"]) > sent.octets // 1448 // 2
    assert [word for word in after if word.startswith("passed.")] == []


def test_stays_while_it_is_on(pair: Pair) -> None:
    """The module cannot be unloaded while the kernel calls it."""
    host = pair.host
    with taken_over(host):
        host.write(SWITCH, "1")
        refused = executor.script(host, "rmmod hgso_takeover", check=False)
        assert refused.returncode != 0
        assert host.read(SWITCH).strip() == "Y"
        host.write(SWITCH, "0")
        assert host.read(SWITCH).strip() == "N"
        with pytest.raises(executor.CommandError):
            host.write(SWITCH, "perhaps")
