# SPDX-License-Identifier: GPL-2.0
"""Tunnels between the NICs of a pair."""

import contextlib
from collections.abc import Iterator

from headroom import executor
from headroom.pair import Pair

MODULES = {"vxlan": "vxlan", "geneve": "geneve", "gre": "ip_gre",
           "ipip": "ipip"}
# What is special about each kind; $1 is the NIC's number, $2 the other one's.
WORDS = {
    "vxlan": "vxlan id 42 remote 192.0.2.$2 dstport 4789 dev nic$1",
    "geneve": "geneve id 42 remote 192.0.2.$2 dstport 6081",
    "gre": "gre local 192.0.2.$1 remote 192.0.2.$2 ttl 64",
    "ipip": "ipip local 192.0.2.$1 remote 192.0.2.$2 ttl 64",
}
UP = """
set -e
make() {
    ip -n $3 link add tun$1 type %s
    ip -n $3 address add 203.0.113.$1/24 dev tun$1
    ip -n $3 link set tun$1 up
}
make 1 2 left
make 2 1 right
"""
DOWN = """
ip -n left link del tun1
ip -n right link del tun2
true
"""
ADDRESS = "203.0.113.2"


@contextlib.contextmanager
def tunnel(pair: Pair, kind: str) -> Iterator[str]:
    """Make a tunnel of *kind* between both ends; give the right one's address.

    Kinds are the keys of MODULES. Raises CommandError when it cannot be made.
    """
    pair.host.modprobe(MODULES[kind])
    try:
        executor.script(pair.host, UP % WORDS[kind])
        yield ADDRESS
    finally:
        executor.script(pair.host, DOWN)
