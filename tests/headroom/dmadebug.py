# SPDX-License-Identifier: GPL-2.0
"""The kernel's own list of DMA mappings (CONFIG_DMA_API_DEBUG)."""

import re

from headroom import executor

DUMP = "/sys/kernel/debug/dma-api/dump"
OURS = re.compile(r"nsim|netdevsim")
COHERENT = re.compile(r"\bcoherent\b")


def available(host: executor.Executor) -> bool:
    """Tell whether the kernel keeps the list."""
    return host.run(["test", "-e", DUMP]).returncode == 0


def mappings(host: executor.Executor, coherent: bool = True) -> list[str]:
    """Return the mappings of our devices that exist now, a line each.

    *coherent*: also ring memory and the like, not only streaming mappings.
    """
    dump = executor.script(host, 'cat "$1"', DUMP).stdout
    return [line for line in dump.splitlines()
            if OURS.search(line) and (coherent or not COHERENT.search(line))]
