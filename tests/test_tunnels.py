# SPDX-License-Identifier: GPL-2.0
"""Files through tunnels, segmented by hgso and by the modelled hardware."""

import pytest

from headroom import transfer
from headroom.pair import Pair
from headroom.tunnel import tunnel

OCTETS = transfer.MIB // 4
ROW = {"hgso": "hgso", "tso-hw": "tso_hw"}


@pytest.mark.parametrize("strategy", ROW)
@pytest.mark.parametrize("kind", ["vxlan", "geneve", "gre", "ipip"])
def test_file_through_tunnel(pair: Pair, kind: str, strategy: str) -> None:
    """Super-packets stay whole down to the driver, and the file is right."""
    sent = transfer.payload(pair.host, OCTETS)
    pair.reset(tx=strategy)
    with tunnel(pair, kind) as address:
        before = pair.counters()
        transfer.send(pair, 4, sent, address=address)
        counted = (pair.counters() - before).left
        # Most of it: a connection begins with single frames.
        assert counted[f"driver.tx_{ROW[strategy]}_frames"] > 120
        assert counted["driver.tx_gso_fallback"] == 0
        assert counted["hw.tx_errors"] == 0
        assert (counted["hw.tx_tso"] > 0) == (strategy == "tso-hw")


def test_ports_are_learned(pair: Pair) -> None:
    """The stack tells the NIC its tunnels' ports, and takes them away."""
    def shown() -> str:
        return pair.left.run("ethtool", "--show-tunnels",
                             pair.left.ifname).stdout
    assert "4789" not in shown()
    with tunnel(pair, "vxlan"):
        assert "4789" in shown()
        # A reset of the hardware forgets ports; the driver does not.
        pair.left.set_rings(tx=256)
        pair.up()
        pair.reset(tx="tso-hw")
        before = pair.left.counters()
        transfer.send(pair, 4, transfer.payload(pair.host, OCTETS),
                      address="203.0.113.2")
        assert (pair.left.counters() - before)["hw.tx_errors"] == 0
    pair.left.set_rings(tx=512)
    assert "4789" not in shown()
