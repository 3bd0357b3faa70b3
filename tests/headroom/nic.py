# SPDX-License-Identifier: GPL-2.0
"""One NIC: what can be asked of it and set on it."""

import dataclasses
import json
import re
import time

from headroom import counters, executor

TX_STRATEGIES = ("gso", "tso-lib", "hgso", "tso-hw")
RX_STRATEGIES = ("none", "gro", "gro-frags", "hgro", "lro-skb",
                 "lro-frags", "lro-hw")
FEATURE = re.compile(r"^\s*(\S+): (on|off)( \[fixed\])?", re.M)
RING = re.compile(r"^(RX|TX):\s+(\d+)", re.M)


@dataclasses.dataclass(frozen=True)
class Feature:
    """A line of ``ethtool -k``."""

    on: bool
    fixed: bool


@dataclasses.dataclass(frozen=True)
class Rings:
    """Descriptors of the rings, and the most there can be."""

    rx: int
    tx: int
    rx_max: int
    tx_max: int


class Nic:
    """A NIC in its network namespace; 1 and 2 are a pair's."""

    def __init__(self, host: executor.Executor, number: int,
                 netns: str | None = None) -> None:
        self.host = host
        self.number = number
        self.netns = netns or ("left", "right")[number - 1]
        self.ifname = f"nic{number}"
        self.bus = f"netdevsim/netdevsim{number}"
        self.port = (f"/sys/kernel/debug/netdevsim/netdevsim{number}"
                     "/ports/0")
        self.debugfs = f"{self.port}/nic"
        self.address4 = f"192.0.2.{number}"
        self.address6 = f"2001:db8::{number}"
        self.holder = 0

    def address(self, family: int) -> str:
        """Return its address of IP version 4 or 6."""
        return self.address4 if family == 4 else self.address6

    def run(self, *argv: str, timeout: float = 60,
            check: bool = True) -> executor.Completed:
        """Run a command in its network namespace."""
        return self.host.run(["nsenter", f"--net=/run/netns/{self.netns}",
                              *argv], timeout=timeout, check=check)

    def up(self, timeout: float = 20) -> None:
        """Set the link up and wait for the carrier. Raises CommandError."""
        executor.script(self.host, """
ip -n "$1" link set "$2" up
for ((i = 0; i < 10 * $3; i++)); do
    ip -n "$1" link show "$2" | grep -q LOWER_UP && exit
    sleep 0.1
done
echo "$2 has no carrier" >&2
exit 1""", self.netns, self.ifname, str(int(timeout)), timeout=2 * timeout)

    def down(self) -> None:
        """Set the link down."""
        self.host.run(["ip", "-n", self.netns, "link", "set", self.ifname,
                       "down"], check=True)

    def counted(self, name: str, count: int,
                timeout: float = 60) -> counters.Counters:
        """Return what it counts until *name* is up by *count*.

        Raises TimeoutError when that takes longer than *timeout* seconds.
        """
        before = self.counters()
        deadline = time.monotonic() + timeout
        while (found := self.counters() - before)[name] < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.ifname}: {name} is up by "
                                   f"{found[name]}, not {count}")
        return found

    def counters(self) -> counters.Counters:
        """Return what all its parts counted."""
        return counters.read(self.host, [self])[self.ifname]

    def hold(self) -> None:
        """Keep a process in its namespace: /proc shows what that sees."""
        holder = self.host.popen(
            ["nsenter", f"--net=/run/netns/{self.netns}", "sleep",
             "infinity"])
        # It is there once it is no longer nsenter.
        while self.host.read(f"/proc/{holder.pid}/comm").strip() != "sleep":
            if holder.poll() is not None:
                raise RuntimeError(f"{self.netns}: {holder.stderr()}")
            time.sleep(0.01)
        self.holder = holder.pid

    # devlink

    def param(self, name: str) -> str | bool:
        """Return the value in force of a devlink parameter."""
        done = self.host.run(["devlink", "-j", "dev", "param", "show",
                              self.bus, "name", name], check=True)
        entry = next(iter(json.loads(done.stdout)["param"].values()))[0]
        return entry["values"][0]["value"]

    def set_param(self, name: str, value: str,
                  cmode: str = "runtime") -> None:
        """Set a devlink parameter. CommandError says why it was refused."""
        self.host.run(["devlink", "dev", "param", "set", self.bus, "name",
                       name, "value", value, "cmode", cmode], check=True)

    def set_strategy(self, tx: str | None = None,
                     rx: str | None = None) -> None:
        """Choose how super-packets are sent, how frames are received."""
        if tx:
            self.set_param("tx_strategy", tx)
        if rx:
            self.set_param("rx_strategy", rx)

    # ethtool

    def features(self) -> dict[str, Feature]:
        """Return what ``ethtool -k`` shows."""
        text = self.run("ethtool", "-k", self.ifname).stdout
        return {name: Feature(state == "on", bool(fixed))
                for name, state, fixed in FEATURE.findall(text)}

    def set_features(self, **features: bool) -> None:
        """Switch features; ``tx_tcp_segmentation=False`` and the like."""
        words = [word for name, on in features.items()
                 for word in (name.replace("_", "-"), "on" if on else "off")]
        self.run("ethtool", "-K", self.ifname, *words)

    def rings(self) -> Rings:
        """Return the ring sizes."""
        found = RING.findall(self.run("ethtool", "-g", self.ifname).stdout)
        maxima, now = dict(found[:2]), dict(found[2:])
        return Rings(int(now["RX"]), int(now["TX"]), int(maxima["RX"]),
                     int(maxima["TX"]))

    def set_rings(self, **sizes: int) -> None:
        """Set ring sizes: ``rx`` and ``tx``. Raises CommandError."""
        words = [word for name, size in sizes.items()
                 for word in (name, str(size))]
        self.run("ethtool", "-G", self.ifname, *words)

    # debugfs

    def read(self, name: str) -> str:
        """Return the text of a file in its debugfs folder, ``hw/cpu`` say."""
        return self.host.read(f"{self.debugfs}/{name}").strip()

    def write(self, name: str, value: int | str) -> None:
        """Write a file in its debugfs folder. Raises CommandError."""
        self.host.write(f"{self.debugfs}/{name}", str(value))


def link_address(nic: Nic) -> str:
    """Return a NIC's Ethernet address."""
    return json.loads(nic.run("ip", "-j", "link", "show",
                              nic.ifname).stdout)[0]["address"]
