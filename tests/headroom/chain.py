# SPDX-License-Identifier: GPL-2.0
"""Source, middle, target: two wires, and between them what forwards.

The middle routes, or it bridges: then what comes from either NIC goes through
a "virtual machine", a process with two taps that hands super-packets from one
to the other.
"""

import contextlib
import pathlib
from collections.abc import Iterator

from headroom import executor
from headroom.nic import Nic

HERE = pathlib.Path(__file__).resolve().parent
# NIC 3 is linked to 4, and 5 to 6.
PLACES = {3: "source", 4: "middle", 5: "middle", 6: "target"}
NAMESPACES = ("source", "middle", "target")
SOURCE = {4: "198.51.100.1", 6: "2001:db8:1::1"}
TARGET = {4: "203.0.113.1", 6: "2001:db8:2::1"}

# "number:namespace" each.
MAKE = """
set -e
for ns in source middle target; do
    ip netns add $ns
    ip netns exec $ns sysctl -q net.ipv6.conf.all.accept_dad=0 \
        net.ipv6.conf.default.accept_dad=0 \
        net.ipv6.conf.default.router_solicitations=0 \
        net.ipv4.tcp_no_metrics_save=1
    ip -n $ns link set lo up
done
for word; do
    n=${word%:*} ns=${word#*:}
    echo "$n 1 1" >/sys/bus/netdevsim/new_device
    devlink dev param set netdevsim/netdevsim$n name nic value true \
        cmode driverinit
    devlink dev reload netdevsim/netdevsim$n >/dev/null
    for strategy in tx_strategy:hgso rx_strategy:hgro; do
        devlink dev param set netdevsim/netdevsim$n name ${strategy%:*} \
            value ${strategy#*:} cmode runtime
    done
    dev=$(ls /sys/bus/netdevsim/devices/netdevsim$n/net)
    ip link set "$dev" down
    ip link set "$dev" name nic$n netns $ns
    ip -n $ns link set nic$n up
done
exec 3</run/netns/source 4</run/netns/middle 5</run/netns/target
index() { ip -n "$1" -o link show "$2" | cut -d: -f1; }
echo "3:$(index source nic3) 4:$(index middle nic4)" \
    >/sys/bus/netdevsim/link_device
echo "4:$(index middle nic5) 5:$(index target nic6)" \
    >/sys/bus/netdevsim/link_device
for ((i = 0; i < 200; i++)); do
    up=0
    for word; do
        [[ $(ip -n ${word#*:} link show nic${word%:*}) != *LOWER_UP* ]] ||
            up=$((up + 1))
    done
    ((up < $#)) || exit 0
    sleep 0.05
done
echo "no carrier after 10 s" >&2
exit 1
"""
ROUTES = """
set -e
ip netns exec middle sysctl -q net.ipv4.ip_forward=1 \
    net.ipv6.conf.all.forwarding=1
ip -n source address add 198.51.100.1/24 dev nic3
ip -n source address add 2001:db8:1::1/64 dev nic3 nodad
ip -n middle address add 198.51.100.2/24 dev nic4
ip -n middle address add 2001:db8:1::2/64 dev nic4 nodad
ip -n middle address add 203.0.113.2/24 dev nic5
ip -n middle address add 2001:db8:2::2/64 dev nic5 nodad
ip -n target address add 203.0.113.1/24 dev nic6
ip -n target address add 2001:db8:2::1/64 dev nic6 nodad
ip -n source route add default via 198.51.100.2
ip -n source route add default via 2001:db8:1::2
ip -n target route add default via 203.0.113.2
ip -n target route add default via 2001:db8:2::2
"""
# Source and target are in one network then, each with both prefixes.
BRIDGES = """
set -e
for n in 4 5; do
    ip -n middle link add br$n type bridge
    ip -n middle tuntap add tap$n mode tap vnet_hdr
    ip -n middle link set tap$n master br$n
    ip -n middle link set nic$n master br$n
    ip -n middle link set tap$n up
    ip -n middle link set br$n up
done
for end in source:nic3:198.51.100.1:2001:db8:1::1 \
    target:nic6:203.0.113.1:2001:db8:2::1; do
    ns=${end%%:*} end=${end#*:}
    dev=${end%%:*} end=${end#*:}
    ip -n $ns address add ${end%%:*}/24 dev $dev
    ip -n $ns address add ${end#*:}/64 dev $dev nodad
    for net in 198.51.100.0/24 203.0.113.0/24 2001:db8:1::/64 \
        2001:db8:2::/64; do
        ip -n $ns route replace $net dev $dev
    done
done
"""
REMOVE = """
for ns in source middle target; do
    [[ ! -e /run/netns/$ns ]] ||
        ip netns pids $ns | xargs -r kill -KILL
done
for n in 3 4 5 6; do
    [[ ! -d /sys/bus/netdevsim/devices/netdevsim$n ]] ||
        echo $n >/sys/bus/netdevsim/del_device
done
for ns in source middle target; do
    [[ ! -e /run/netns/$ns ]] || ip netns del $ns
done
"""


class Chain:
    """Four NICs; ``ins`` and ``outs`` are the middle's.

    They are towards ``first``, the source's, and ``last``, the target's.
    """

    def __init__(self, host: executor.Executor) -> None:
        self.host = host
        self.first, self.ins, self.outs, self.last = (
            Nic(host, number, netns) for number, netns in PLACES.items())

    @property
    def nics(self) -> tuple[Nic, Nic, Nic, Nic]:
        """All, from source to target."""
        return self.first, self.ins, self.outs, self.last


@contextlib.contextmanager
def machine(host: executor.Executor) -> Iterator[None]:
    """Run the process that has the middle's taps. Raises RuntimeError."""
    running = host.popen(["/usr/bin/python3", "-ISE",
                          str(HERE / "super_relay.py"), "middle", "tap4",
                          "middle", "tap5"])
    try:
        while "ready" not in running.stdout():
            if running.poll() is not None:
                raise RuntimeError(f"super_relay: {running.stderr()}")
        yield
    finally:
        running.kill()


@contextlib.contextmanager
def chain(host: executor.Executor, bridge: bool = False) -> Iterator[Chain]:
    """Make the NICs and what is between them; at the end all of it goes.

    Our modules are loaded. All NICs send with hgso and receive with hgro.
    Raises CommandError.
    """
    if bridge:
        host.modprobe("bridge")
    try:
        executor.script(host, MAKE, *(f"{number}:{netns}" for number, netns
                                      in PLACES.items()), timeout=120)
        made = Chain(host)
        for nic in made.nics:
            nic.hold()
        executor.script(host, BRIDGES if bridge else ROUTES)
        if bridge:
            with machine(host):
                yield made
        else:
            yield made
    finally:
        executor.script(host, REMOVE, timeout=120)
