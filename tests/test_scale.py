# SPDX-License-Identifier: GPL-2.0
"""Many NICs: a thousand made and removed, 256 around one switch."""

import random

import pytest

from headroom import executor
from headroom.pair import Pair
from headroom.star import address, star
from headroom.testbed import Testbed

pytestmark = [pytest.mark.long, pytest.mark.no_pair]
MANY = 1000
AROUND = 256
LEAKED = "/sys/module/nsim_iommu/parameters/leaked_pages"
QUEUE_PAIRS = 4
# $1 NICs of $2 queue pairs each; every tenth goes up. Then all go.
MAKE_AND_REMOVE = """
set -eo pipefail
bus=/sys/bus/netdevsim
remove() {
    for ((n = 100; n < 100 + $1; n++)); do
        [[ ! -d $bus/devices/netdevsim$n ]] || echo $n >$bus/del_device
    done
}
trap 'remove '$1 EXIT
for ((n = 100; n < 100 + $1; n++)); do
    echo "$n 1 $2" >$bus/new_device
done
for ((n = 100; n < 100 + $1; n++)); do
    echo "dev param set netdevsim/netdevsim$n name nic value true" \
        "cmode driverinit"
    echo "dev reload netdevsim/netdevsim$n"
done | devlink -b - >/dev/null
for ((n = 100; n < 100 + $1; n += 10)); do
    dev=$(echo $bus/devices/netdevsim$n/net/*)
    echo "link set ${dev##*/} up"
done | ip -b -
ls -d $bus/devices/netdevsim*/net/* | wc -l
pgrep -c nsim-hw
remove $1
ls $bus/devices | wc -l
pgrep -c nsim-hw || true
"""


def queue_pairs(testbed: Testbed) -> int:
    """Return how many queue pairs each of very many NICs can have.

    User-mode Linux has 1024 interrupts for all devices.
    """
    return 1 if "uml" in testbed.flavour.split("-") else QUEUE_PAIRS


def test_thousand_interfaces(testbed: Testbed) -> None:
    """They are all there at a time, and nothing of them afterwards."""
    Pair(testbed.host).load()
    leaked = testbed.host.read(LEAKED)
    done = executor.script(testbed.host, MAKE_AND_REMOVE, str(MANY),
                           str(queue_pairs(testbed)), timeout=1800)
    assert [int(word) for word in done.stdout.split()] == [MANY, MANY, 0, 0]
    assert testbed.host.read(LEAKED) == leaked
    testbed.check_nothing_mapped()


def test_many_nics_around_a_switch(testbed: Testbed) -> None:
    """Any two of them find each other; the switch knows who has spoken."""
    Pair(testbed.host).load()
    pick = random.Random(1)
    with star(testbed.host, AROUND, queues=queue_pairs(testbed)) as joined:
        spoke = set()
        for _ in range(20):
            one, other = pick.sample(joined.nics, 2)
            joined.ping(one, other)
            spoke |= {f"{one.ifname}.0", f"{other.ifname}.0"}
        assert spoke <= set(joined.switch.fdb().values())
        counted = joined.switch.counters()
        assert counted["switch.full"] == 0
        print(f"{len(joined.nics)} NICs, {address(joined.nics[-1])} the "
              f"last one\n{counted.show()}")
