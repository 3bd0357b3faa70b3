# SPDX-License-Identifier: GPL-2.0
"""Two PCI NICs that QEMU emulates, joined by a hub in QEMU, in one guest.

They are for drivers that nobody here wrote, so there is no ledger and no wire
to set; an emulated Intel IOMMU is between them and memory.
"""

import contextlib
import pathlib
from collections.abc import Iterator

from headroom import executor
from headroom.nic import Nic
from tools.vm import Machine

MAC = "52:54:00:12:34:0"
FAULTS = "DMAR: DRHD: handling fault"
# $1 is the driver; the two interfaces become nic1 and nic2, each in a network
# namespace.
SETUP = """
set -euo pipefail
$1
for n in 1 2; do
    ns=left; ((n == 1)) || ns=right
    name=$(grep -l "$2$n" /sys/class/net/*/address)
    name=${name%/address}
    ip netns add $ns
    ip netns exec $ns sysctl -q net.ipv6.conf.all.keep_addr_on_down=1
    ip link set "${name##*/}" netns $ns name nic$n
    ip -n $ns addr add 192.0.2.$n/24 dev nic$n
    ip -n $ns addr add 2001:db8::$n/64 dev nic$n nodad
done
"""
REMOVE = """
set -euo pipefail
ip -n left link set nic1 down
ip -n right link set nic2 down
rmmod "$1"
ip netns del left
ip netns del right
"""


def qemu_args(model: str) -> list[str]:
    """Return QEMU's arguments for two NICs of a *model*, and the IOMMU."""
    words = ["-device", "intel-iommu,intremap=on"]
    for n in (1, 2):
        words += ["-netdev", f"hubport,id=port{n},hubid=0", "-device",
                  f"{model},netdev=port{n},mac={MAC}{n}"]
    return words


class QemuPair:
    """The two NICs; ``left`` and ``right`` are Nic, for what any NIC has."""

    def __init__(self, host: executor.Executor, driver: str) -> None:
        self.host = host
        self.driver = driver
        self.left = Nic(host, 1)
        self.right = Nic(host, 2)

    def create(self, load: str = "") -> None:
        """Load the driver, by the command *load* if given, and set both up."""
        executor.script(self.host, SETUP.replace(
            "$1", load or f"modprobe {self.driver}"), "", MAC, timeout=120)
        for nic in (self.left, self.right):
            nic.up()

    def remove(self) -> None:
        """Unload the driver. Raises CommandError if anything holds it."""
        executor.script(self.host, REMOVE, self.driver)

    def bus_address(self, nic: Nic) -> str:
        """Return how the bus, and so the DMA API, calls *nic*."""
        return nic.run("ethtool", "-i", nic.ifname).stdout.partition(
            "bus-info: ")[2].split()[0]

    def sent(self) -> dict[str, int]:
        """Return frames, octets and drops of the left NIC, as its driver has
        them."""
        words = self.left.run("cat", "/proc/net/dev").stdout.partition(
            f"{self.left.ifname}:")[2].split()[8:]
        return {"octets": int(words[0]), "frames": int(words[1]),
                "dropped": int(words[3])}

    def check_no_fault(self) -> None:
        """Raise AssertionError when the IOMMU refused an access."""
        log = self.host.dmesg()
        assert FAULTS not in log, log


@contextlib.contextmanager
def booted(model: str, flavour: str, out: pathlib.Path, *,
           icount: bool = False) -> Iterator[Machine]:
    """Boot a guest with two NICs of a *model* behind an Intel IOMMU.

    On the way out, what the kernel complained of is raised as SplatError.
    """
    with Machine(flavour, out=out, append="intel_iommu=on", icount=icount,
                 qemu_args=qemu_args(model)) as machine:
        yield machine
