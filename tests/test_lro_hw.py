# SPDX-License-Identifier: GPL-2.0
"""What hardware merged can be forwarded, and so is told from LRO.

That streams arrive intact is in test_lro, with the other ways.
"""

import pytest

from headroom import tap, transfer, vlan
from headroom.pair import Pair
from test_lro import (HARDWARE, HARDWARE_FEATURE, OCTETS, check_merged,
                      forwarding, lro_on)


@pytest.mark.parametrize("taken_out", [False, True])
def test_vlan_device(pair: Pair, taken_out: bool) -> None:
    """Tagged streams merge, beneath a VLAN device, which has no LRO."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx=HARDWARE)
    try:
        pair.right.set_features(rxvlan=taken_out)
        with vlan.tagged(pair, 7) as there:
            assert lro_on(pair.right, HARDWARE_FEATURE)
            for family in (4, 6):
                before = pair.counters_at_rest()
                transfer.send(pair, family, sent, address=there[family])
                check_merged((pair.counters_at_rest() - before).right,
                             HARDWARE)
    finally:
        pair.right.set_features(rxvlan=False)


def test_feature_stays(pair: Pair) -> None:
    """Forwarding does not turn it off; it needs verified checksums."""
    nic = pair.right
    pair.reset(rx=HARDWARE)
    with forwarding(nic, 4):
        assert lro_on(nic, HARDWARE_FEATURE)
    try:
        nic.set_features(rx=False)
        assert not lro_on(nic, HARDWARE_FEATURE)
    finally:
        nic.set_features(rx=True)
    assert lro_on(nic, HARDWARE_FEATURE)


def test_stack_sees_super_packets(pair: Pair) -> None:
    """A tap sees few long packets, each with the headers of one."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(rx=HARDWARE)
    before = pair.right.counters()
    with tap.tapped(pair.right, "tcp", "and", "dst", "host",
                    pair.right.address4) as tapped:
        transfer.send(pair, 4, sent)
        tapped.stop()
        found = tap.packets(tapped.path)
    counted = pair.right.counters() - before
    # Their lengths are right, or this raises.
    assert sum(len(tap.tcp4(packet)[2]) for packet in found) >= OCTETS
    assert max(len(packet) for packet in found) > 10_000
    assert len(found) < counted["driver.rx_packets"] / 2
