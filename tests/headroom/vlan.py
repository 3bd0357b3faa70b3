# SPDX-License-Identifier: GPL-2.0
"""VLAN interfaces above the NICs of a pair."""

import contextlib
from collections.abc import Iterator

from headroom import executor
from headroom.pair import Pair

UP = """
set -e
for n in 1 2; do
    ns=left; ((n == 1)) || ns=right
    ip -n $ns link add link nic$n name nic$n.$1 type vlan id "$1"
    ip -n $ns address add 198.51.100.$n/24 dev nic$n.$1
    ip -n $ns address add 2001:db8:7::$n/64 dev nic$n.$1 nodad
    ip -n $ns link set nic$n.$1 up
done
"""
DOWN = """
ip -n left link del nic1."$1"
ip -n right link del nic2."$1"
"""
# Of the right end, by IP version.
ADDRESS = {4: "198.51.100.2", 6: "2001:db8:7::2"}


@contextlib.contextmanager
def tagged(pair: Pair, number: int) -> Iterator[dict[int, str]]:
    """Make VLAN *number* at both ends; give the right end's addresses.

    Raises CommandError when it cannot be made.
    """
    executor.script(pair.host, UP, str(number))
    try:
        yield ADDRESS
    finally:
        executor.script(pair.host, DOWN, str(number))
