# SPDX-License-Identifier: GPL-2.0
"""What a bench runs with, and the guests that measurements share."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

from bench import guest, proctime
from bench.progress import Progress
from headroom import executor
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.vm import Guest, guest_of

HARDWARE_CPU, TRAFFIC_CPU = 1, 0
# What figures of User-mode Linux were taken on.
NATIVE = ("User-mode Linux on the host's processor, one CPU, no LOCK prefixes")


@dataclasses.dataclass
class Settings:
    """What the command line asks for."""

    out: pathlib.Path
    repetitions: int = 5
    quick: bool = False
    flavour: str = "release"
    pattern: str = "*"
    perf: bool = False


class Bench:
    """Settings, progress, and guests, each booted when it is asked for.

    ``vm`` is a virtual machine with the settings' flavour and two processors;
    ``native`` is User-mode Linux, at this machine's own speed, with one.
    """

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings = settings
        self.progress = progress
        self.testbeds: dict[str, Testbed] = {}
        self.guests: dict[str, Guest] = {}

    def testbed(self, where: str = "vm") -> Testbed:
        """Return the testbed in a guest that measurements share."""
        if where not in self.testbeds:
            flavour = "uml" if where == "native" else self.settings.flavour
            guest_ = guest_of(flavour, self.settings.out / where)
            self.guests[where] = guest_
            guest_.start()
            self.testbeds[where] = Testbed(guest_, flavour, self.settings.out)
        return self.testbeds[where]

    def guest(self, where: str = "vm") -> Guest:
        """Return the guest of a testbed, booted now if it is not yet."""
        self.testbed(where)
        return self.guests[where]

    def outside(self, where: str) -> Callable[[], float] | None:
        """Return what tells the processor time that a native guest used."""
        process = self.guest(where).process
        if where != "native" or process is None:
            return None
        return functools.partial(proctime.used, process.pid)

    def kernel(self, where: str = "vm") -> dict[str, str]:
        """Return what figures of a guest depend on."""
        found = self.guest(where)
        return guest.describe(found.tree, found.release, (
            NATIVE if where == "native" else
            f"{found.accel}, {processors(found)} CPUs"))

    def check_health(self) -> None:
        """Raise Unclean if a guest's kernel had to complain."""
        for testbed in self.testbeds.values():
            testbed.check_health()

    def close(self) -> None:
        """End all guests."""
        for found in self.guests.values():
            found.stop()
        self.testbeds, self.guests = {}, {}


def processors(host: executor.Executor) -> int:
    """Return how many processors a host has."""
    return host.read("/proc/stat").count("\ncpu")


def pin(pair: Pair) -> int | None:
    """Keep the modelled hardware off the processor that has the traffic.

    Returns that processor; None where there is but one.
    """
    if processors(pair.host) < 2:
        return None
    for nic in pair.nics:
        nic.write("hw/cpu", HARDWARE_CPU)
    return TRAFFIC_CPU


# What a strategy that does not run in a guest raises.
REFUSED: tuple[type[Exception], ...] = (
    executor.CommandError, executor.CommandTimeout, ValueError)
