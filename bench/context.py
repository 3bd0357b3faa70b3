# SPDX-License-Identifier: GPL-2.0
"""What a bench runs with, and the guest that several measurements share."""

import dataclasses
import pathlib

from bench import guest
from bench.progress import Progress
from headroom import executor
from headroom.pair import Pair
from headroom.testbed import Testbed
from tools.vm import Machine, VMError

HARDWARE_CPU, TRAFFIC_CPU = 1, 0


@dataclasses.dataclass
class Settings:
    """What the command line asks for."""

    out: pathlib.Path
    repetitions: int = 5
    quick: bool = False
    flavour: str = "release"
    pattern: str = "*"
    seconds: int = 3
    perf: bool = False


class Bench:
    """Settings, progress, and one guest with two NICs, booted when asked."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings = settings
        self.progress = progress
        self.machine: Machine | None = None
        self.shared: Testbed | None = None

    def testbed(self) -> Testbed:
        """Return the testbed in the guest that measurements share."""
        if self.shared is None:
            self.machine = Machine(self.settings.flavour,
                                   out=self.settings.out / "vm")
            self.machine.start()
            self.shared = Testbed(self.machine, self.settings.flavour,
                                  self.settings.out)
        return self.shared

    def kernel(self) -> dict[str, str]:
        """Return what the shared guest's figures depend on."""
        if self.machine is None:
            raise VMError("no guest was booted")
        return guest.describe(self.machine.tree, self.machine.release,
                              f"{self.machine.accel}, "
                              f"{self.machine.setup.smp} CPUs")

    def check_health(self) -> None:
        """Raise Unclean if the shared guest's kernel had to complain."""
        if self.shared:
            self.shared.check_health()

    def close(self) -> None:
        """End the shared guest."""
        if self.machine:
            self.machine.stop()
        self.machine = self.shared = None


def pin(pair: Pair) -> None:
    """Keep the modelled hardware off the processor that has the traffic."""
    for nic in pair.nics:
        nic.write("hw/cpu", HARDWARE_CPU)


# What a strategy that does not run in a guest raises.
REFUSED: tuple[type[Exception], ...] = (
    executor.CommandError, executor.CommandTimeout, ValueError)
