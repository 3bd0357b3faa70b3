# SPDX-License-Identifier: GPL-2.0
"""The kernel's own segmentation is taken over and given back under streams."""

import contextlib
import re

import pytest

from headroom import counters, executor, iperf, takeover, transfer
from headroom.pair import Pair
from headroom.takeover import SWITCH, status, taken_over
from headroom.testbed import Testbed

# Throws the switch $1 times, the last time off. A packet or two in between; no
# process is made for waiting, which takes long among many streams.
FLIP = """
set -e
silent=$(mktemp -u)
mkfifo "$silent"
exec 3<>"$silent"
rm "$silent"
for ((i = 0; i < $1; i++)); do
    echo $((i % 2 ? 0 : 1)) >"$2"
    read -rt 0.01 -u 3 || true
done
echo 0 >"$2"
"""
FLIPS = 200
MANY_FLIPS = 1000
STREAMS = 16
VETH = next(path for path in takeover.PATHS if path.name == "veth")
# What both ends and the queue between them have counted, and what TCP has.
COUNTED = """
nsenter --net=/run/netns/left cat /proc/net/dev
echo ==
nsenter --net=/run/netns/right cat /proc/net/dev
echo ==
cat /proc/net/softnet_stat
echo ==
nsenter --net=/run/netns/left cat /proc/net/snmp
"""


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
    with taken_over(host), takeover.made(pair, VETH):
        host.write(SWITCH, "1")
        sent = transfer.payload(host, 4 * transfer.MIB)
        transfer.send(pair, 4, sent, address=VETH.address)
        after = status(host)
    assert after["state"] == "on"
    assert int(after["segments"]) > sent.octets // 1448 // 2
    assert [word for word in after if word.startswith("passed.")] == []


def counted(host: executor.Executor) -> tuple[int, int, int]:
    """Return what was lost on the way to the other end's IP, what veth-left
    has sent, and what TCP has sent twice: it does when others are busy.

    A packet that could not be segmented is among a device's drops.
    """
    left, right, queue, snmp = executor.script(
        host, COUNTED).stdout.split("==\n")
    ends = (counters.link_counters(left, "veth-left"),
            counters.link_counters(right, "veth-right"))
    lost = sum(end[f"link.{way}_{what}"] for end in ends
               for way in ("rx", "tx") for what in ("dropped", "errors"))
    lost += sum(int(line.split()[1], 16) for line in queue.splitlines())
    names, values = (line.split() for line in snmp.splitlines()
                     if line.startswith("Tcp:"))
    return (lost, ends[0]["link.tx_packets"],
            int(dict(zip(names, values))["RetransSegs"]))


@pytest.mark.long
def test_flipped_often_under_many_streams(pair: Pair) -> None:
    """A thousand flips under 16 streams: each arrives as it was sent, and no
    packet is lost.
    """
    host = pair.host
    with taken_over(host), takeover.made(pair, VETH):
        block = transfer.payload(host, transfer.MIB)
        before = counted(host)
        with contextlib.ExitStack() as stack:
            for number in range(STREAMS):
                stack.enter_context(transfer.flow(
                    pair, 6 if number % 2 else 4, block, number=number,
                    timeout=500,
                    address=VETH.address6 if number % 2 else VETH.address))
            executor.script(host, FLIP, str(MANY_FLIPS), SWITCH, timeout=400)
        after = status(host)
        lost, sent, twice = (now - then for now, then in
                             zip(counted(host), before))
    print(after, f"lost {lost}, sent {sent}, twice {twice}", sep="\n")
    assert after["state"] == "off"
    assert lost == 0
    assert [word for word in after if word.startswith("passed.")] == []
    # Some were segmented by each.
    assert 0 < int(after["packets"]) < int(after["segments"]) < sent * 9 // 10


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


@pytest.mark.parametrize("word", [SWITCH, takeover.SAMPLE])
def test_root_without_the_capability(pair: Pair, word: str) -> None:
    """The file's owner is not enough: it takes CAP_NET_ADMIN."""
    host = pair.host
    with taken_over(host):
        refused = executor.script(
            host, 'setpriv --bounding-set=-net_admin bash -c "echo 1 >$1"',
            word, check=False)
        assert refused.returncode != 0
        assert "Operation not permitted" in refused.stderr
        assert host.read(SWITCH).strip() == "N"
        assert host.read(takeover.SAMPLE).strip() == "0"


def measured(host: executor.Executor, *words: str) -> tuple[str, int]:
    """Run tools/measure in the left namespace; return what it said, and how
    many super-packets were taken.
    """
    done = host.run(["nsenter", "--net=/run/netns/left",
                     str(takeover.MEASURE), "--rounds", "1", "--seconds", "1",
                     *words], check=True, timeout=180)
    print(done.stdout)
    assert host.read(SWITCH).strip() == "N"
    assert re.search(r"^on/off: \d+\.\d\d of the throughput", done.stdout,
                     re.M)
    taken = re.search(r"^super-packets taken: (\d+); passed on: none$",
                      done.stdout, re.M)
    assert taken
    return done.stdout, int(taken[1])


def test_measured(pair: Pair) -> None:
    """tools/measure makes its own devices, and leaves all as it was."""
    with taken_over(pair.host):
        _, taken = measured(pair.host)
        left = executor.script(pair.host, "ip netns list").stdout
    assert taken > 100
    assert "hgso-measure" not in left


def test_measured_on_an_interface(pair: Pair) -> None:
    """The same on a device of one's own; one with TSO needs no takeover, and
    that is said.
    """
    host = pair.host
    with taken_over(host), takeover.made(pair, VETH), iperf.server(pair):
        _, taken = measured(host, VETH.left, VETH.address)
        assert taken > 100
        executor.script(host, "ip netns exec left ethtool -K $1 tso on",
                        VETH.left)
        said, taken = measured(host, VETH.left, VETH.address)
    assert taken == 0
    assert "Nothing of it was segmented in software" in said


def test_says_what_is_saved(pair: Pair) -> None:
    """Asked to, it times itself and the kernel in turn, and says what all its
    segments would have taken longer.
    """
    host = pair.host
    with taken_over(host), takeover.made(pair, VETH):
        host.write(SWITCH, "1")
        sent = transfer.payload(host, 4 * transfer.MIB)
        transfer.send(pair, 4, sent, address=VETH.address)
        assert "saved_us" not in status(host)
        host.write(takeover.SAMPLE, "1")
        transfer.send(pair, 4, sent, address=VETH.address)
        host.write(takeover.SAMPLE, "0")
        after = status(host)
    print(after)
    timed = {who: {what: int(after[f"timed.{who}.{what}"])
                   for what in ("packets", "segments", "ns")}
             for who in ("kernel", "hgso")}
    assert timed["kernel"]["packets"] == int(after["passed.sample"])
    assert abs(timed["kernel"]["packets"] - timed["hgso"]["packets"]) <= 1
    kernel, hgso = (timed[who]["ns"] / timed[who]["segments"]
                    for who in ("kernel", "hgso"))
    saved = (kernel - hgso) * int(after["segments"]) / 1000
    assert int(after["saved_us"]) == pytest.approx(saved, rel=0.01, abs=2)


def test_another_module_over_it(pair: Pair) -> None:
    """Another module has chained over: ours cannot go, and passes all on."""
    host = pair.host
    with taken_over(host), takeover.made(pair, VETH):
        host.write(SWITCH, "1")
        host.modprobe("hgso_takeover_over")
        with contextlib.ExitStack() as stack:
            stack.callback(executor.script, host,
                           "rmmod hgso_takeover_over", check=False)
            with pytest.raises(executor.CommandError):
                host.write(SWITCH, "0")
            assert status(host)["state"] == (
                "off, but called by another module")
            refused = executor.script(host, "rmmod hgso_takeover", check=False)
            assert refused.returncode != 0
            sent = transfer.payload(host, transfer.MIB)
            transfer.send(pair, 4, sent, address=VETH.address)
            passed = int(status(host)["passed.off"])
            assert 0 < passed <= int(host.read(
                "/sys/module/hgso_takeover_over/parameters/calls"))
        # It has put ours back: the switch can be tried again.
        host.write(SWITCH, "0")
        assert status(host)["state"] == "off"
        transfer.send(pair, 4, sent, address=VETH.address)
        assert int(status(host)["passed.off"]) == passed
    assert executor.script(host, "grep hgso_takeover /proc/modules",
                           check=False).stdout == ""
