# SPDX-License-Identifier: GPL-2.0
"""Devices without TSO: the takeover changes the cost, not what arrives."""

import pytest

from headroom import takeover, transfer
from headroom.pair import Pair
from headroom.takeover import Path

# Three TCP and two UDP segments of 1300 octets and so on, by each sender.
ARRIVING = 4 * sum(-(-length // 1300)
                   for length in (1301, 20000, 5200, 40001, 60000)) * 2

# Twenty seconds a path where the machine is emulated.
pytestmark = pytest.mark.long


@pytest.mark.parametrize("path", takeover.PATHS, ids=lambda path: path.name)
def test_path(pair: Pair, path: Path) -> None:
    """Known packets and a file arrive as they do without it, and all that is
    segmented is the takeover's.
    """
    pair.reset(tx="gso")
    with takeover.taken_over(pair.host), takeover.made(pair, path):
        off, on = takeover.known_packets(pair, path)
        print(off, on, sep="\n")
        assert off.counted == {}
        assert off.arrived == on.arrived == ARRIVING
        assert off.digest == on.digest
        expected = {"packets": on.sent, "segments": ARRIVING}
        if path.verified:
            expected["passed.whole"] = (
                len(path.verified) * on.sent // len(takeover.ALL))
        assert on.counted == expected
        sent = transfer.payload(pair.host, transfer.MIB)
        transfer.send(pair, 4, sent, address=path.address)
        after = takeover.status(pair.host)
        assert int(after["packets"]) > on.sent
        assert {word for word in after if word.startswith("passed.")} <= {
            "passed.whole"}
