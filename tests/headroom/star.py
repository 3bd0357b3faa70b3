# SPDX-License-Identifier: GPL-2.0
"""Any number of NICs, each in a network namespace, joined by a switch."""

import contextlib
import re
from collections.abc import Iterator

from headroom import executor
from headroom.counters import Counters, parse
from headroom.nic import Nic

SWITCHES = "/sys/kernel/debug/nsim_switch"
ENTRY = re.compile(r"^addr (\S+) port (\S+) age_ms (\d+)$", re.M)

# $1: the switch, then numbers of NICs. Nobody but the scenario speaks: no
# IPv6, and so no search for neighbours.
MAKE = """
set -e
switch=$1
shift
echo "$switch" >/sys/kernel/debug/nsim_switch/new
for n; do
    echo "$n 1 1" >/sys/bus/netdevsim/new_device
    devlink dev param set netdevsim/netdevsim$n name nic value true \
        cmode driverinit
    devlink dev reload netdevsim/netdevsim$n >/dev/null
    ip netns add ns$n
    dev=$(ls /sys/bus/netdevsim/devices/netdevsim$n/net)
    ip link set "$dev" down
    ip link set "$dev" name nic$n netns ns$n
    ip netns exec ns$n sysctl -q net.ipv6.conf.all.disable_ipv6=1
    ip -n ns$n address add 198.18.$((n / 250)).$((n % 250 + 1))/16 dev nic$n
    # Many of them, with a page a descriptor, take more than a guest has.
    (($# <= 32)) || ip netns exec ns$n ethtool -G nic$n rx 64 tx 64
    ip -n ns$n link set nic$n up
    echo "$switch" \
        >/sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic/wire/switch
done
for ((i = 0; i < 200; i++)); do
    up=0
    for n; do
        [[ $(ip -n ns$n link show nic$n) != *LOWER_UP* ]] || up=$((up + 1))
    done
    ((up < $#)) || exit 0
    sleep 0.05
done
echo "no carrier after 10 s" >&2
exit 1
"""
REMOVE = """
switch=$1
shift
for n; do
    [[ ! -e /run/netns/ns$n ]] ||
        ip netns pids ns$n | xargs -r kill -KILL
    [[ ! -d /sys/bus/netdevsim/devices/netdevsim$n ]] ||
        echo $n >/sys/bus/netdevsim/del_device
    [[ ! -e /run/netns/ns$n ]] || ip netns del ns$n
done
[[ ! -d /sys/kernel/debug/nsim_switch/$switch ]] ||
    echo "$switch" >/sys/kernel/debug/nsim_switch/del
"""


class Switch:
    """A learning switch; its ports are named like ``nic3.0``."""

    def __init__(self, host: executor.Executor, name: str) -> None:
        self.host = host
        self.name = name
        self.folder = f"{SWITCHES}/{name}"

    def counters(self) -> Counters:
        """Return what it counted: ``switch.received`` and so on, frames."""
        return Counters(parse(
            "switch", self.host.read(f"{self.folder}/counters")))

    def fdb(self) -> dict[str, str]:
        """Return the port of each address that it has learned."""
        return {match[1]: match[2] for match in ENTRY.finditer(
            self.host.read(f"{self.folder}/fdb"))}

    def port_counters(self, nic: Nic) -> Counters:
        """Return ``wire.*`` of its end of *nic*'s wire, frames."""
        return Counters(parse("wire", self.host.read(
            f"{self.folder}/{nic.ifname}.0/wire/counters")))

    def set_port(self, nic: Nic, knob: str, value: int) -> None:
        """Set a *knob* of the direction to *nic*: ``rate_bps`` and so on.

        Raises CommandError when the value is refused.
        """
        self.host.write(f"{self.folder}/{nic.ifname}.0/wire/{knob}",
                        str(value))


class Star:
    """NICs around a switch. Addresses are in 198.18/16: see address()."""

    def __init__(self, switch: Switch, nics: list[Nic]) -> None:
        self.switch = switch
        self.nics = nics

    def ping(self, source: Nic, target: Nic, count: int = 3,
             octets: int = 56) -> None:
        """Send *count* echo requests of *octets*; all must be answered.

        Raises CommandError otherwise, after 30 s at most.
        """
        source.run("ping", "-q", "-n", "-i", "0.002", "-c", str(count),
                   "-s", str(octets), "-w", "30", address(target))


def address(nic: Nic) -> str:
    """Return the IPv4 address of a NIC of a star."""
    return f"198.18.{nic.number // 250}.{nic.number % 250 + 1}"


@contextlib.contextmanager
def star(host: executor.Executor, size: int = 3,
         name: str = "sw0") -> Iterator[Star]:
    """Make *size* NICs in namespaces ns3, ns4, ... and join them.

    Our modules are loaded. At the end all of it goes. Raises CommandError.
    """
    numbers = [str(n) for n in range(3, 3 + size)]
    try:
        executor.script(host, MAKE, name, *numbers, timeout=120 + 4 * size)
        nics = [Nic(host, int(n), f"ns{n}") for n in numbers]
        for nic in nics:
            nic.hold()
        yield Star(Switch(host, name), nics)
    finally:
        executor.script(host, REMOVE, name, *numbers,
                        timeout=120 + 4 * size)
