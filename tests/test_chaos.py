# SPDX-License-Identifier: GPL-2.0
"""Anything may happen beneath mixed traffic; nothing is lost uncounted."""

import os

import pytest

from headroom import chaos, executor, faults, transfer
from headroom.pair import Pair, PairCounters
from headroom.testbed import Testbed

SEED = int(os.environ.get("SEED") or 20261125)
SECONDS = 12
# Most frames that the hardware merges to one.
MERGED = 44
LONG_SECONDS = int(os.environ.get("CHAOS_SECONDS") or 600)
# Beside the stream of TCP that is compared: datagrams and echoes, both ways
# and in both IP versions, of all sizes.
NOISE = """
nsenter --net=/run/netns/left /usr/bin/python3 -ISEc '
import random, socket, time
pick = random.Random(1)
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
while True:
    try:
        four.sendto(bytes(pick.randint(0, 3000)), ("192.0.2.2", 9))
        six.sendto(bytes(pick.randint(0, 9000)), ("2001:db8::2", 9))
    except OSError:
        pass
    time.sleep(pick.random() / 50)
' &
nsenter --net=/run/netns/right ping -q -i 0.02 -s 1400 2001:db8::1 &
nsenter --net=/run/netns/right ping -q -i 0.02 -s 6000 192.0.2.1 &
wait
"""


def unaccounted(counted: PairCounters, lost: dict[str, int]) -> list[str]:
    """Return what does not add up; *lost* descriptors may have been frames.

    Those that were late when a reset came are lost too.
    """
    wrong = []
    for name, side in (("left", counted.left), ("right", counted.right)):
        best = min((faults.unaccounted(side, n)
                    for n in range(lost[name] + 1)), key=len)
        wrong += [f"{name}: {line}" for line in best]
    return wrong


def anything(testbed: Testbed, pair: Pair, seconds: int) -> None:
    """Chaos for so many seconds; then a file must arrive, and all add up."""
    print(f"SEED={SEED}")
    block = transfer.payload(pair.host, transfer.MIB // 4)
    before = pair.counters_at_rest()
    hits = {nic.ifname: lost(nic) for nic in pair.nics}
    executor.script(pair.host, chaos.FRAGMENTS, "1", "1")
    noise = pair.host.popen(["bash", "-c", NOISE])
    try:
        with transfer.flow(pair, 4, block, timeout=6 * seconds + 120):
            print(chaos.Chaos(SEED).run(pair, seconds))
            executor.script(pair.host, chaos.RESTORE)
    finally:
        executor.script(pair.host, chaos.RESTORE)
        noise.kill()
        executor.script(pair.host, chaos.FRAGMENTS, *chaos.FRAGMENT_SECONDS)
    executor.script(pair.host, chaos.NO_FRAGMENTS)
    pair.reset()
    pair.down()
    pair.up()
    counted = pair.counters_at_rest() - before
    print(counted.show())
    wrong = unaccounted(counted, {
        "left": lost(pair.left) - hits["nic1"],
        "right": lost(pair.right) - hits["nic2"]})
    assert not wrong, wrong
    assert counted.left["driver.resets"] + counted.right["driver.resets"] > 0
    transfer.send(pair, 6, block)


def lost(nic: faults.Nic) -> int:
    """Return how many frames at most had descriptors not written back.

    What the hardware merged is many in one.
    """
    return MERGED * (faults.hits(nic, "rx_lost") + faults.hits(nic, "rx_late"))


def test_chaos(testbed: Testbed, pair: Pair) -> None:
    """A few seconds of it."""
    anything(testbed, pair, SECONDS)


@pytest.mark.debug
@pytest.mark.long
def test_chaos_goes_on(testbed: Testbed, pair: Pair) -> None:
    """Ten minutes of it (CHAOS_SECONDS=)."""
    anything(testbed, pair, LONG_SECONDS)
