# SPDX-License-Identifier: GPL-2.0
"""DMA maps that fail: one at a time, at every place of a super-packet."""

import pytest

from headroom import executor, transfer
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair

# Three times lets the map fail that comes $2, $3, ... after now, and waits
# until it has: the file is 0 then.
FAILURES = """
set -e
file=$1
shift
for round in 1 2 3; do
    for n; do
        echo "$n" >"$file"
        for ((i = 0; i < 600; i++)); do
            [[ $(<"$file") != 0 ]] || continue 2
            sleep 0.05
        done
        echo "map $n from then has not come in 30 s" >&2
        exit 1
    done
done
"""
TURNS = (1, 2, 3, 4, 6, 9)


@pytest.mark.debug("hgso")
@pytest.mark.parametrize("strategy", TX_STRATEGIES)
def test_maps_fail(pair: Pair, strategy: str) -> None:
    """The packet is dropped and counted, all else goes on.

    What was mapped of it is unmapped: the fixture sees that nothing is left.
    A super-packet of a stream has up to four maps, so each of them fails in
    turn. A map may also be one for a receive buffer.
    """
    pair.reset(tx=strategy)
    before = pair.counters()
    block = transfer.payload(pair.host, transfer.MIB)
    with transfer.flow(pair, 4, block):
        executor.script(pair.host, FAILURES,
                        f"{pair.left.debugfs}/iommu/fail_map",
                        *map(str, TURNS), timeout=240)
    counted = (pair.counters() - before).left
    failures = counted["iommu.map_failures"]
    print(f"{failures} maps failed; {counted['driver.tx_drop_map']} packets "
          "dropped")
    assert failures == 3 * len(TURNS)
    assert 0 < counted["driver.tx_drop_map"] <= failures
    if strategy == "hgso":
        assert counted["driver.tx_hgso_not_map"] > 0


def test_fail_map_takes_numbers_only(pair: Pair) -> None:
    """What makes no sense is refused, and nothing is set."""
    for value in ("-1", "4294967296", "soon"):
        with pytest.raises(executor.CommandError):
            pair.left.write("iommu/fail_map", value)
    assert pair.left.read("iommu/fail_map") == "0"
