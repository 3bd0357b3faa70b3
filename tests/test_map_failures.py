# SPDX-License-Identifier: GPL-2.0
"""DMA maps that fail: one at a time, at every place of a super-packet."""

import pytest

from headroom import executor, transfer
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair
from headroom.testbed import Testbed

# While process $1 lives, three times lets the map fail that comes $3, $4, ...
# after now. Prints how many times it asked.
FAILURES = """
set -e
pid=$1 file=$2 asked=0
shift 2
for round in 1 2 3; do
    for n; do
        [[ -e /proc/$pid && $(</proc/"$pid"/stat) != *") Z "* ]] || break 2
        echo "$n" >"$file"
        asked=$((asked + 1))
        for ((i = 0; i < 20; i++)); do
            [[ $(<"$file") == 0 || ! -e /proc/$pid ]] && break
            sleep 0.02
        done
    done
done
echo 0 >"$file"
echo "$asked"
"""


@pytest.mark.debug("hgso")
@pytest.mark.parametrize("strategy", TX_STRATEGIES)
def test_maps_fail(testbed: Testbed, pair: Pair, strategy: str) -> None:
    """The packet is dropped and counted, all else goes on.

    What was mapped of it is unmapped: the fixture sees that nothing is left.
    A super-packet of a stream has up to four maps, so each of them fails in
    turn. A map may also be one for a receive buffer.
    """
    mib = 2 if testbed.flavour == "debug" else 8
    sent = transfer.payload(pair.host, mib * transfer.MIB)
    pair.reset(tx=strategy)
    before = pair.counters()
    with transfer.in_background(pair, 4, sent) as sending:
        asked = int(executor.script(
            pair.host, FAILURES, str(sending.pid),
            f"{pair.left.debugfs}/iommu/fail_map",
            *map(str, (1, 2, 3, 4, 6, 9)), timeout=180).stdout)
    counted = (pair.counters() - before).left
    failures = counted["iommu.map_failures"]
    print(f"{failures} maps failed, {asked} were asked for; "
          f"{counted['driver.tx_drop_map']} packets dropped")
    assert failures >= 4
    assert 0 < counted["driver.tx_drop_map"] <= failures
    if strategy == "hgso":
        assert counted["driver.tx_hgso_not_map"] > 0


def test_fail_map_takes_numbers_only(pair: Pair) -> None:
    """What makes no sense is refused, and nothing is set."""
    for value in ("-1", "4294967296", "soon"):
        with pytest.raises(executor.CommandError):
            pair.left.write("iommu/fail_map", value)
    assert pair.left.read("iommu/fail_map") == "0"
