# SPDX-License-Identifier: GPL-2.0
"""What takes longer: every setting changes at random beneath streams."""

import os

import pytest

from headroom import chaos, executor, transfer
from headroom.pair import Pair

pytestmark = pytest.mark.long
SEED = int(os.environ.get("SEED") or 20261121)
ROUNDS = 12
STEPS = 12


@pytest.mark.parametrize("family", [4, 6])
def test_anything_goes(pair: Pair, family: int) -> None:
    """Whatever changes when, each file arrives intact.

    What is changed follows from a seed (SEED=), which is printed.
    """
    print(f"SEED={SEED}")
    steps_of = chaos.Chaos(SEED + family)
    block = transfer.payload(pair.host, transfer.MIB)
    try:
        for number in range(ROUNDS):
            steps = [steps_of.setting() for _ in range(STEPS)]
            print(f"round {number}:\n" + "\n".join(steps))
            with transfer.flow(pair, family, block):
                executor.script(pair.host, "\n".join(
                    ["set -e", *(f"{line}\nsleep 0.2" for line in steps)]),
                    timeout=300)
    finally:
        executor.script(pair.host, chaos.RESTORE)
        pair.reset()
