# SPDX-License-Identifier: GPL-2.0
"""Senders that leave room for the headers: no head is expanded."""

from collections.abc import Iterator

import pytest

from headroom import burst, executor, transfer
from headroom.counters import Counters
from headroom.pair import Pair

UNPATCHED = "the patches are the release kernel's"
pytestmark = [pytest.mark.not_uml(UNPATCHED), pytest.mark.not_debug(UNPATCHED)]
SYSCTL = "/proc/sys/net/core/gso_headroom"
# The headers of 46 segments of TCP over IPv6 with timestamps, and the state.
ROOM = 4608
LIMIT = 16384


@pytest.fixture
def patched(pair: Pair) -> Iterator[Pair]:
    """The pair, on a kernel that has the patch, which is off in the end.

    On any other there is nothing to see; what must work there is what every
    other scenario tries.
    """
    if pair.host.run(["test", "-e", SYSCTL]).returncode:
        pytest.skip(f"no {SYSCTL}: the kernel is without our patches")
    yield pair
    pair.host.write(SYSCTL, "0")


def sent(pair: Pair, room: int) -> Counters:
    """Send files and datagrams; return what the left NIC counted."""
    pair.host.write(SYSCTL, str(room))
    pair.reset(tx="hgso")
    before = pair.counters()
    for family in (4, 6):
        transfer.send(pair, family,
                      transfer.payload(pair.host, transfer.MIB))
        burst.super_datagram(pair.left, family, pair.right.address(family),
                             58500, 1300)
    return (pair.counters() - before).left


def test_no_head_is_expanded(patched: Pair) -> None:
    """With the room TCP and UDP send heads that hold all headers.

    Without it, which is how the kernel starts, each head is too short.
    """
    assert patched.host.read(SYSCTL).strip() == "0"
    counted = sent(patched, 0)
    prepared = counted["driver.tx_hgso_prepared"]
    assert prepared > 40
    assert counted["driver.tx_hgso_expanded"] == prepared
    counted = sent(patched, ROOM)
    assert counted["driver.tx_hgso_prepared"] > 40
    assert counted["driver.tx_hgso_expanded"] == 0
    assert counted["link.tx_dropped"] == 0


def test_values(patched: Pair) -> None:
    """What is not within reason is refused, and changes nothing."""
    patched.host.write(SYSCTL, "100")
    for value in ("-1", str(LIMIT + 1), "many", "5000000000"):
        with pytest.raises(executor.CommandError):
            patched.host.write(SYSCTL, value)
        assert patched.host.read(SYSCTL).strip() == "100"
    patched.host.write(SYSCTL, str(LIMIT))
    transfer.send(patched, 4, transfer.payload(patched.host, transfer.MIB))
