# SPDX-License-Identifier: GPL-2.0
"""What takes longer: every setting changes at random beneath streams."""

import os
import random

import pytest

from headroom import executor, transfer
from headroom.nic import RX_STRATEGIES, TX_STRATEGIES
from headroom.pair import Pair

pytestmark = pytest.mark.long
SEED = int(os.environ.get("SEED") or 20261121)
ROUNDS = 12
STEPS = 12
FEATURES = ("tso", "tx", "sg", "gro", "rx", "tx-tcp6-segmentation")


def step(pick: random.Random) -> str:
    """Return a command that changes one setting of one of the NICs."""
    number = pick.choice((1, 2))
    ns, nic = ("left", "right")[number - 1], f"nic{number}"
    inside = f"nsenter --net=/run/netns/{ns}"
    param = f"devlink dev param set netdevsim/netdevsim{number} name"
    debugfs = f"/sys/kernel/debug/netdevsim/netdevsim{number}/ports/0/nic"
    return pick.choice((
        f"{param} tx_strategy value {pick.choice(TX_STRATEGIES)} "
        "cmode runtime",
        f"{param} rx_strategy value {pick.choice(RX_STRATEGIES)} "
        "cmode runtime",
        f"{inside} ethtool -G {nic} tx {pick.randint(64, 4096)} "
        f"rx {pick.randint(64, 4096)}",
        f"{inside} ethtool -K {nic} {pick.choice(FEATURES)} "
        # One that another one needs may refuse.
        f"{pick.choice(('on', 'off'))} || true",
        f"{inside} ethtool -C {nic} rx-usecs {pick.choice((0, 50, 5000))}",
        f"ip -n {ns} link set {nic} down; sleep 0.05; "
        f"ip -n {ns} link set {nic} up",
        f"echo {pick.choice((-1, 0, 1))} >{debugfs}/hw/cpu",
        f"echo {pick.randint(0, 3000)} >{debugfs}/wire/loss_ppm",
        f"echo {pick.randint(0, 3000)} >{debugfs}/wire/dup_ppm",
        f"echo {pick.randint(0, 3000)} >{debugfs}/wire/reorder_ppm"))


RESTORE = """
for n in 1 2; do
    ns=left; ((n == 1)) || ns=right
    ip -n $ns link set nic$n up
    nsenter --net=/run/netns/$ns ethtool -K nic$n tx on sg on rx on tso on \\
        gro on tx-tcp6-segmentation on
    nsenter --net=/run/netns/$ns ethtool -G nic$n tx 512 rx 512
    nsenter --net=/run/netns/$ns ethtool -C nic$n rx-usecs 0
    echo -1 >/sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic/hw/cpu
done
true
"""


@pytest.mark.parametrize("family", [4, 6])
def test_anything_goes(pair: Pair, family: int) -> None:
    """Whatever changes when, each file arrives intact.

    What is changed follows from a seed (SEED=), which is printed.
    """
    print(f"SEED={SEED}")
    pick = random.Random(SEED + family)
    sent = transfer.payload(pair.host, 16 * transfer.MIB)
    try:
        for number in range(ROUNDS):
            steps = [step(pick) for _ in range(STEPS)]
            print(f"round {number}:\n" + "\n".join(steps))
            with transfer.in_background(pair, family, sent, timeout=300):
                executor.script(pair.host, "\n".join(
                    ["set -e", *(f"{line}\nsleep 0.2" for line in steps)]),
                    timeout=300)
    finally:
        executor.script(pair.host, RESTORE)
        pair.reset()
