# SPDX-License-Identifier: GPL-2.0
"""Headers of TCP in buffers of their own, payload in pages without them."""

import json
from collections.abc import Iterator

import pytest

from headroom import transfer
from headroom.nic import RX_STRATEGIES, Nic
from headroom.pair import Pair
from tools.kernel import source

OFF, ON = 1, 2


def rings(nic: Nic, operation: str, **attributes: object) -> str:
    """Talk to the ethtool family of netlink; return what it says.

    The program ethtool of Debian 12 shows this setting and cannot change it.
    """
    tree = source.pristine()
    return nic.run(
        "/usr/bin/python3", str(tree / "tools/net/ynl/cli.py"), "--spec",
        str(tree / "Documentation/netlink/specs/ethtool.yaml"), "--no-schema",
        "--do", operation, "--json",
        json.dumps({"header": {"dev-name": nic.ifname}, **attributes})).stdout


def shown(nic: Nic) -> str:
    """Return what ``ethtool -g`` says of it."""
    said = nic.run("ethtool", "-g", nic.ifname).stdout
    return said.rsplit("TCP data split:", 1)[1].split()[0]


@pytest.fixture
def split(pair: Pair) -> Iterator[Pair]:
    """A pair whose right NIC splits."""
    assert shown(pair.right) == "off"
    rings(pair.right, "rings-set", **{"tcp-data-split": ON})
    assert shown(pair.right) == "on"
    yield pair
    rings(pair.right, "rings-set", **{"tcp-data-split": OFF})
    assert shown(pair.right) == "off"


@pytest.mark.parametrize("rx", RX_STRATEGIES)
def test_files_arrive(split: Pair, rx: str) -> None:
    """By each strategy, of both IP versions; and every packet was split."""
    sent = transfer.payload(split.host, transfer.MIB)
    split.reset(rx=rx)
    for family in (4, 6):
        before = split.counters_at_rest()
        transfer.send(split, family, sent)
        counted = (split.counters_at_rest() - before).right
        full = counted["driver.rx_split"]
        if rx == "lro-hw":
            # Those of a super-packet of the hardware's are split once.
            full += (counted["driver.rx_hw_merged_segs"]
                     - counted["driver.rx_hw_merged"])
        assert full >= transfer.MIB // 1500
        assert counted["driver.rx_drop_error"] == 0


def test_beneath_a_stream(pair: Pair) -> None:
    """It is turned on and off, with other rings, while a stream comes."""
    block = transfer.payload(pair.host, transfer.MIB)
    nic = pair.right
    with transfer.flow(pair, 4, block):
        for how, size in ((ON, 512), (ON, 128), (OFF, 128), (OFF, 512)):
            rings(nic, "rings-set", **{"tcp-data-split": how, "rx": size})
            counted = nic.counted("driver.rx_packets", 500)
            assert (counted["driver.rx_split"] > 0) == (how == ON)
            assert nic.rings().rx == size
