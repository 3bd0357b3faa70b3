# SPDX-License-Identifier: GPL-2.0
"""The table of ways to receive: each against none, of the same MTU."""

import pytest

from bench import receivers
from bench.traffic import Choice, Spent
from headroom import iperf
from headroom.counters import Counters

pytestmark = pytest.mark.no_guest


def spent(cpu: float, **counted: int) -> Spent:
    """Return a stream of 1000 octets whose receiver was busy for *cpu* s."""
    stream = iperf.Stream(1e9 / cpu, 1000, 0, 1.0, 1000, 0.5, cpu)
    right = Counters({f"driver.{name}": n for name, n in counted.items()})
    return Spent(stream, Counters(), right, 2, 1)


def test_against_none() -> None:
    """Costs and throughput are those of none, so many times."""
    judge = receivers.against_none()
    judge(spent(2.0), Choice(rx="none", mtu=1500))
    judge(spent(1.0), Choice(rx="none", mtu=9000))
    given = judge(spent(0.5, rx_lro_aggregated=40, rx_lro_flushed=4),
                  Choice(rx="lro-skb", mtu=1500))
    assert given["receiver against none"] == 0.25
    assert given["throughput against none"] == 4
    assert given["frames a packet"] == 10
    assert set(given) == set(receivers.COLUMNS)
    assert judge(spent(0.5), Choice(mtu=9000))["receiver against none"] == 0.5


def test_nothing_to_compare() -> None:
    """A row without none before it, or that did not merge, is refused."""
    judge = receivers.against_none()
    with pytest.raises(ValueError, match="compare"):
        judge(spent(1.0), Choice(mtu=1500))
    judge(spent(1.0), Choice(rx="none", mtu=1500))
    with pytest.raises(ValueError, match="hardly"):
        judge(spent(1.0, rx_hw_merged_segs=5, rx_hw_merged=3),
              Choice(rx="lro-hw", mtu=1500))


def test_none_comes_first() -> None:
    """Else there would be nothing to compare with."""
    first: dict[int, str] = {}
    for choice in receivers.rows().values():
        first.setdefault(choice.mtu, choice.rx)
    assert first == {mtu: "none" for mtu in receivers.MTUS}
