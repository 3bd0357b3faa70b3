# SPDX-License-Identifier: GPL-2.0
"""XDP beside the transmit strategies: a NIC refuses it, and says so."""

import errno
import pathlib

from headroom import transfer
from headroom.pair import Pair

SCRIPT = (pathlib.Path(__file__).resolve().parent / "headroom" /
          "xdp_attach.py").read_text(encoding="utf-8")


def attach(pair: Pair, mode: str) -> str:
    """Attach a program to the sender in *mode*; return what came of it."""
    done = pair.host.run(
        ["ip", "netns", "exec", pair.left.netns, "python3", "-c", SCRIPT,
         pair.left.ifname, mode], check=True)
    return str(done.stdout).strip()


def test_native_xdp_is_refused(pair: Pair) -> None:
    """Its frames would share a ring with hgso's: not here, and why.

    The generic one, which the message names, works, and a stream goes on
    after either.
    """
    pair.reset(tx="hgso")
    sent = transfer.payload(pair.host, transfer.MIB)
    answer = attach(pair, "driver")
    number, _, text = answer.partition(" ")
    assert number == str(errno.EOPNOTSUPP), answer
    assert "native XDP" in text and "generic XDP" in text, answer
    assert attach(pair, "generic") == "attached"
    before = pair.counters()
    transfer.send(pair, 4, sent)
    assert (pair.counters() - before).left["driver.tx_hgso_prepared"] > 0
