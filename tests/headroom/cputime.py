# SPDX-License-Identifier: GPL-2.0
"""Who used the processors: /proc/stat, and the hardware halves' own clocks."""

import dataclasses

from headroom import executor
from headroom.pair import Pair

READ = """
getconf CLK_TCK
cat /proc/stat
cat /sys/kernel/debug/netdevsim/netdevsim*/ports/0/nic/hw/counters
"""
BUSY = """
getconf CLK_TCK
cat /proc/stat
"""
# Fields of a cpu line: user nice system idle iowait irq softirq steal.
IDLE, IOWAIT, STEAL = 3, 4, 7


@dataclasses.dataclass(frozen=True)
class CpuTime:
    """Seconds of processor time since some beginning.

    ``busy`` is of all processors, ``hardware`` the part in which the modelled
    hardware worked; their difference is the drivers' side: the drivers, the
    stack and the programs.
    """

    busy: float
    hardware: float

    @property
    def driver(self) -> float:
        """Seconds that were not the modelled hardware's."""
        return self.busy - self.hardware

    def __sub__(self, before: "CpuTime") -> "CpuTime":
        return CpuTime(self.busy - before.busy,
                       self.hardware - before.hardware)


def parse_busy(text: str) -> float:
    """Return the seconds that all processors were busy, in what READ printed.
    """
    lines = text.splitlines()
    tick = int(lines[0])
    total = next(line for line in lines if line.startswith("cpu "))
    fields = [int(word) for word in total.split()[1:]]
    busy = sum(fields[:8]) - fields[IDLE] - fields[IOWAIT] - fields[STEAL]
    return busy / tick


def parse(text: str) -> CpuTime:
    """Return the times in what READ printed."""
    lines = text.splitlines()
    nanos = [int(line.split()[1]) for line in lines
             if line.startswith("busy_ns ")]
    if not nanos:
        raise ValueError("no hardware half says how long it was busy")
    return CpuTime(parse_busy(text), sum(nanos) / 1e9)


def read(pair: Pair) -> CpuTime:
    """Return the processor time used so far."""
    return parse(executor.script(pair.host, READ).stdout)


def busy(host: executor.Executor) -> float:
    """Return the seconds that all of a host's processors were busy so far."""
    return parse_busy(executor.script(host, BUSY).stdout)
