# SPDX-License-Identifier: GPL-2.0
"""Several queues: who receives what, how many are in use, what they count."""

import collections
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headroom import executor, transfer
from headroom.nic import Nic
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.kernel import source

pytestmark = pytest.mark.no_pair
QUEUES = 4
# $1 files of $2 octets from left to right, at once, from ports of their own:
# what is hashed repeats from run to run.
FLOWS = """
set -e
for ((i = 0; i < $1; i++)); do
    timeout 60 nsenter --net=/run/netns/right \\
        socat -u "TCP4-LISTEN:$((6000 + i)),reuseaddr" STDOUT |
        head -c "$2" | wc -c >"/tmp/headroom/flow-$i" &
done
for ((i = 0; i < $1; i++)); do
    head -c "$2" /dev/zero | timeout 60 nsenter --net=/run/netns/left \\
        socat -u STDIN "TCP4:$3:$((6000 + i)),sourceport=$((7000 + i)),\\
reuseaddr,retry=600,interval=0.05" &
done
wait
for ((i = 0; i < $1; i++)); do cat "/tmp/headroom/flow-$i"; done
"""


@pytest.fixture
def wide(testbed: Testbed) -> Iterator[Pair]:
    """A pair with four queues each; it goes with the scenario."""
    pair = testbed.create(queues=QUEUES)
    pair.reset()
    pair.host.run(["mkdir", "-p", transfer.FOLDER], check=True)
    yield pair
    testbed.check_quiet()
    testbed.clear()


def interrupts(nic: Nic) -> collections.Counter[int]:
    """Return how many interrupts each queue of *nic* has had."""
    found: collections.Counter[int] = collections.Counter()
    for line in nic.host.read("/proc/interrupts").splitlines():
        words = line.split()
        if match := re.fullmatch(rf"{nic.ifname}-(\d+)", words[-1]):
            found[int(match[1])] = sum(
                int(word) for word in words[1:] if word.isdecimal())
    return found


def send(pair: Pair, flows: int = 8, octets: int = 200_000) -> None:
    """Send several flows at once; all of each must arrive."""
    done = executor.script(pair.host, FLOWS, str(flows), str(octets),
                           pair.right.address4, timeout=120)
    assert done.stdout.split() == [str(octets)] * flows


def used(nic: Nic, act: Callable[[], None]) -> set[int]:
    """Return which queues of *nic* had an interrupt while *act* ran."""
    before = interrupts(nic)
    act()
    return {queue for queue, count in interrupts(nic).items()
            if count > before[queue]}


def test_flows_are_spread(wide: Pair) -> None:
    """The table decides which queue receives; ethtool -X changes it."""
    nic = wide.right
    assert set(interrupts(nic)) == set(range(QUEUES))
    assert len(used(nic, lambda: send(wide))) > 1
    shown = nic.run("ethtool", "-x", nic.ifname).stdout
    assert f"with {QUEUES} RX ring(s)" in shown
    assert "toeplitz: on" in shown
    nic.run("ethtool", "-X", nic.ifname, "weight", "0", "0", "1", "0")
    # Queue 0 has what is not IP (ARP), and any queue may transmit.
    received = nic.counters()["driver.rx_packets"]
    spread = used(nic, lambda: send(wide))
    assert 2 in spread
    assert nic.counters()["driver.rx_packets"] > received
    with pytest.raises(executor.CommandError):
        nic.run("ethtool", "-L", nic.ifname, "combined", "2")
    nic.run("ethtool", "-X", nic.ifname, "default")


def test_queues_come_and_go(wide: Pair) -> None:
    """ethtool -L takes queues out of use and back, beneath a stream."""
    block = transfer.payload(wide.host, transfer.MIB)
    with transfer.flow(wide, 4, block):
        for count in (1, 3, 2, QUEUES):
            for nic in wide.nics:
                nic.run("ethtool", "-L", nic.ifname, "combined", str(count))
            assert f"Combined:\t{count}" in wide.left.run(
                "ethtool", "-l", "nic1").stdout
    for refused in ("0", str(QUEUES + 1)):
        with pytest.raises(executor.CommandError):
            wide.left.run("ethtool", "-L", "nic1", "combined", refused)
    send(wide)


def pinged(pair: Pair, queue: int) -> int:
    """Let one queue of the right NIC have 50 echoes; return its interrupts."""
    nic = pair.right
    nic.run("ethtool", "-X", nic.ifname, "weight",
            *("1" if queue == n else "0" for n in range(QUEUES)))
    before = interrupts(nic)
    pair.left.run("ping", "-q", "-c", "50", "-i", "0.01", nic.address4)
    return interrupts(nic)[queue] - before[queue]


def test_moderation_by_queue(wide: Pair) -> None:
    """ethtool --per-queue sets one queue; without it, all."""
    nic = wide.right

    def shown() -> list[str]:
        return re.findall(r"rx-usecs:\s+(\d+)", nic.run(
            "ethtool", "--per-queue", nic.ifname, "queue_mask", "0xf",
            "--show-coalesce").stdout)

    nic.run("ethtool", "-C", nic.ifname, "rx-usecs", "10")
    assert shown() == ["10"] * QUEUES
    nic.run("ethtool", "--per-queue", nic.ifname, "queue_mask", "0x4",
            "--coalesce", "rx-usecs", "400000", "rx-frames", "0")
    assert shown() == ["10", "10", "400000", "10"]
    # The hardware keeps to it: what waits has next to no interrupts.
    assert pinged(wide, 1) > 2 * pinged(wide, 2)
    for words in (("0x10", "1"), ("0x1", "1000001")):
        done = nic.run("ethtool", "--per-queue", nic.ifname, "queue_mask",
                       words[0], "--coalesce", "rx-usecs", words[1],
                       check=False)
        # It fails, and its status does not say so.
        assert "Cannot " in done.stderr, done.stdout
    nic.run("ethtool", "-C", nic.ifname, "rx-usecs", "0")


def dump(nic: Nic, operation: str, **asked: str) -> list[dict[str, Any]]:
    """Return what the netdev family of netlink says of *nic*."""
    tree = source.pristine()
    said = nic.run("/usr/bin/python3", str(tree / "tools/net/ynl/cli.py"),
                   "--spec", str(tree / "Documentation/netlink/specs/"
                                 "netdev.yaml"), "--no-schema",
                   "--output-json", "--dump", operation, "--json",
                   json.dumps(asked)).stdout
    index = int(nic.run("cat", f"/proc/net/dev_snmp6/{nic.ifname}")
                .stdout.split()[1])
    return [found for found in json.loads(said)
            if found.get("ifindex") == index]


def test_netlink_knows_queues(wide: Pair) -> None:
    """napi-get, queue-get and page-pool-get name what there really is."""
    nic = wide.left
    irqs = {int(line.split(":")[0]) for line in
            nic.host.read("/proc/interrupts").splitlines()
            if re.search(rf"{nic.ifname}-\d+$", line)}
    napis = dump(nic, "napi-get")
    assert {napi["irq"] for napi in napis} == irqs
    assert len(napis) == QUEUES
    ids = {napi["id"] for napi in napis}
    queues = dump(nic, "queue-get")
    assert sorted((queue["type"], queue["id"]) for queue in queues) == [
        (kind, n) for kind in ("rx", "tx") for n in range(QUEUES)]
    assert {queue["napi-id"] for queue in queues} == ids
    pools = dump(nic, "page-pool-get")
    assert {pool["napi-id"] for pool in pools} == ids
    # One page a posted buffer, at least.
    assert all(pool["inflight"] >= 511 for pool in pools)
    nic.down()
    assert dump(nic, "page-pool-get") == []
    wide.up()


def test_counters_by_queue(wide: Pair) -> None:
    """qstats-get: each queue's packets, and their sum is the device's."""
    nic = wide.right
    send(wide)
    wide.counters_at_rest()
    counted = nic.counters()
    queues = dump(nic, "qstats-get", scope="queue")
    whole, = dump(nic, "qstats-get")
    for kind in ("rx", "tx"):
        each = [queue[f"{kind}-packets"] for queue in queues
                if queue["queue-type"] == kind]
        assert len(each) == QUEUES
        assert sum(packets > 0 for packets in each) > 1
        assert (sum(each) == whole[f"{kind}-packets"]
                == counted[f"driver.{kind}_packets"])


# The kernel's own driver selftests, unmodified; with NETIF they take a device
# that is there instead of making one.
# Of User-mode Linux: without RPS sysfs shows no receive queues, and netlink's
# messages have padding attributes, which the ynl of this version cannot read.
SELFTESTS = (
    pytest.param("queues.py", marks=pytest.mark.not_uml("CONFIG_RPS")),
    pytest.param("stats.py", marks=pytest.mark.not_uml(
        "64-bit netlink attributes without padding")),
    "ping.py")


@pytest.mark.stock
@pytest.mark.parametrize("name", SELFTESTS)
def test_driver_selftest(wide: Pair, name: str) -> None:
    """It passes over our NIC; what it skips is shown with its reason."""
    folder = source.pristine() / "tools/testing/selftests/drivers/net"
    nic, peer = wide.nics
    done = wide.host.run(
        ["/usr/bin/python3", f"./{name}"], netns=nic.netns, timeout=300,
        cwd=str(folder), env={
            "NETIF": nic.ifname, "LOCAL_V4": nic.address4,
            "LOCAL_V6": nic.address6, "REMOTE_V4": peer.address4,
            "REMOTE_V6": peer.address6, "REMOTE_TYPE": "netns",
            "REMOTE_ARGS": peer.netns})
    said = done.stdout + done.stderr
    print(said)
    assert done.returncode == 0, said
    assert "not ok" not in said
    assert re.search(r"^ok \d+", said, re.M), said
