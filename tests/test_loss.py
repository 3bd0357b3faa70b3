# SPDX-License-Identifier: GPL-2.0
"""One frame in twenty is lost: TCP sends again what is still in flight."""

import pytest

from headroom import impairment, transfer
from headroom.pair import Pair

LOSS_PPM = 50000
SEED = 20261121


def carry(pair: Pair, octets: int, timeout: float) -> None:
    """Send a file by hgso over a wire that loses frames; compare SHA-256.

    What was lost is counted, and is about as much as was asked for.
    """
    sent = transfer.payload(pair.host, octets)
    pair.reset(tx="hgso")
    before = pair.counters()
    with impairment.impaired(pair.left, seed=SEED, loss_ppm=LOSS_PPM):
        arrived = transfer.send(pair, 4, sent, timeout=timeout)
    counted = (pair.counters() - before).left
    lost = counted["wire.lost"] / counted["wire.sent"]
    print(f"{arrived.seconds:.1f} s, {counted['wire.lost']} of "
          f"{counted['wire.sent']} frames lost")
    assert lost == pytest.approx(LOSS_PPM / 1e6, rel=0.2)
    assert counted["driver.tx_hgso_skbs"] > 0
    assert counted["link.tx_dropped"] == 0


def test_sixteen_mebibytes(pair: Pair) -> None:
    """A short file, in each run of the tests."""
    carry(pair, 16 * transfer.MIB, 240)


@pytest.mark.long
def test_a_quarter_of_a_gibibyte(pair: Pair) -> None:
    """A long one."""
    carry(pair, 256 * transfer.MIB, 3600)
