# SPDX-License-Identifier: GPL-2.0
"""What each part of a NIC counted.

Names are those of the kernel behind a word for who counted:

    driver.*  debugfs nic/driver/counters, the same as ethtool -S
    link.*    the network namespace's /proc/net/dev, the same as ip -s link
    hw.*      debugfs nic/hw/counters
    wire.*    debugfs nic/wire/counters
    iommu.*   debugfs nic/iommu/counters

All are files, since a guest reads twenty of them in the time of one command.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from headroom import executor

if TYPE_CHECKING:
    from headroom.nic import Nic

PARTS = ("driver", "hw", "wire", "iommu")
LINE = re.compile(r"^\s*([^\s:]+):? +(\d+)$")
LINK = {"bytes": 0, "packets": 1, "errors": 2, "dropped": 3}
LINK_TX = 8


class Counters(dict[str, int]):
    """Counters by name; absent ones are an error that shows what there is."""

    def __missing__(self, name: str) -> int:
        group = name.partition(".")[0]
        there = sorted(key for key in self if key.startswith(group + "."))
        raise KeyError(f"no counter {name}; there are {there}")

    def __sub__(self, before: "Counters") -> "Counters":
        return Counters({name: value - before.get(name, 0)
                         for name, value in self.items()})

    def total(self, pattern: str) -> int:
        """Return the sum of all counters whose name matches *pattern*.

        None that matches is a KeyError: a sum over nothing proves nothing.
        """
        found = [value for name, value in self.items()
                 if re.fullmatch(pattern, name)]
        if not found:
            raise KeyError(f"no counter matches {pattern}: {sorted(self)}")
        return sum(found)

    def show(self) -> str:
        """Return one line a counter that is not 0."""
        return "\n".join(f"{name} {value}" for name, value in self.items()
                         if value) + "\n"


def link_counters(text: str, ifname: str) -> dict[str, int]:
    """Return link.* of an interface in what /proc/net/dev says.

    link.rx_dropped holds the frames that the hardware missed, too. Raises
    KeyError when there is no such interface.
    """
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name.strip() == ifname:
            values = [int(word) for word in rest.split()]
            return {f"link.{side}_{word}": values[first + at]
                    for side, first in (("rx", 0), ("tx", LINK_TX))
                    for word, at in LINK.items()}
    raise KeyError(f"no interface {ifname} in:\n{text}")


def parse(part: str, text: str) -> dict[str, int]:
    """Return what a counters file of *part*, or ethtool -S, says."""
    return {f"{part}.{match[1]}": int(match[2])
            for line in text.splitlines() if (match := LINE.match(line))}


def read_one(host: executor.Executor, nic: "Nic") -> Counters:
    """Return the counters of one NIC now.

    Raises KeyError, or what the host does, when some cannot be read.
    """
    found = Counters(link_counters(
        host.read(f"/proc/{nic.holder}/net/dev"), nic.ifname))
    for part in PARTS:
        counted = parse(part, host.read(f"{nic.debugfs}/{part}/counters"))
        if not counted:
            raise KeyError(f"{nic.debugfs}/{part}/counters is empty")
        found.update(counted)
    return found


def read(host: executor.Executor,
         nics: "Iterable[Nic]") -> dict[str, Counters]:
    """Return the counters of *nics* now, by interface name."""
    return {nic.ifname: read_one(host, nic) for nic in nics}
