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

# $1: the switch, $2: queue pairs, then numbers of NICs. Nobody but the
# scenario speaks: no IPv6, and so no search for neighbours. A command costs
# more than what it does: as few as can be for each of very many NICs.
MAKE = """
set -eo pipefail
switch=$1
queues=$2
shift 2
bus=/sys/bus/netdevsim
echo "$switch" >/sys/kernel/debug/nsim_switch/new
for n; do
    echo "$n 1 $queues" >$bus/new_device
done
for n; do
    echo "dev param set netdevsim/netdevsim$n name nic value true" \
        "cmode driverinit"
    echo "dev reload netdevsim/netdevsim$n"
done | devlink -b - >/dev/null
for n; do
    dev=$(echo $bus/devices/netdevsim$n/net/*)
    echo "netns add ns$n"
    echo "link set ${dev##*/} down"
    echo "link set ${dev##*/} name nic$n netns ns$n"
done | ip -b -
for n; do
    nsenter --net=/run/netns/ns$n bash -ec '
        echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
        # Many of them, with a page a descriptor, take more than a guest has.
        (($2 <= 32)) || ethtool -G nic$1 rx 64 tx 64
        ip -b - <<<"address add 198.18.$(($1 / 250)).$(($1 % 250 + 1))/16 \
dev nic$1
link set nic$1 up"' star $n $#
    echo "$switch" \
        >/sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic/wire/switch
done
SECONDS=0
for n; do
    until [[ $(ip -n ns$n link show nic$n) == *LOWER_UP* ]]; do
        ((SECONDS < 10 + $#)) || { echo "nic$n: no carrier" >&2; exit 1; }
        sleep 0.05
    done
done
"""
# What runs in a namespace is found by its inode, in one go.
REMOVE = """
switch=$1
shift
declare -A ours
while read -r inode path; do
    if [[ $path == /run/netns/* ]]; then
        ours[$inode]=1
    elif [[ ${ours[$inode]} ]]; then
        pid=${path#/proc/}
        kill -KILL "${pid%%/*}"
    fi
done < <(stat -Lc '%i %n' "${@/#//run/netns/ns}" /proc/[0-9]*/ns/net \
    2>/dev/null)
for n; do
    [[ ! -d /sys/bus/netdevsim/devices/netdevsim$n ]] ||
        echo $n >/sys/bus/netdevsim/del_device
done
for n; do
    [[ ! -e /run/netns/ns$n ]] || echo "netns del ns$n"
done | ip -force -b -
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
def star(host: executor.Executor, size: int = 3, name: str = "sw0",
         queues: int = 1) -> Iterator[Star]:
    """Make *size* NICs in namespaces ns3, ns4, ... and join them.

    Our modules are loaded. At the end all of it goes. Raises CommandError.
    """
    numbers = [str(n) for n in range(3, 3 + size)]
    try:
        executor.script(host, MAKE, name, str(queues), *numbers,
                        timeout=120 + 4 * size)
        nics = [Nic(host, int(n), f"ns{n}") for n in numbers]
        for nic in nics:
            nic.hold()
        yield Star(Switch(host, name), nics)
    finally:
        executor.script(host, REMOVE, name, *numbers,
                        timeout=120 + 4 * size)
