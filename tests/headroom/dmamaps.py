# SPDX-License-Identifier: GPL-2.0
"""DMA maps of any device, counted by the kernel's own tracepoints."""

import re

from headroom import executor

EVENTS = "/sys/kernel/tracing/events/dma"
TRIGGER = "hist:keys=device,dir"
TO_DEVICE = 1
ENTRY = re.compile(r"\{ device: (\S+) *, dir: *(\d+) *\} hitcount: *(\d+)")


class MapCounter:
    """Single maps and unmaps for reading, by device, while it is open."""

    def __init__(self, host: executor.Executor) -> None:
        self.host = host

    def __enter__(self) -> "MapCounter":
        self.trigger("")
        return self

    def __exit__(self, *_: object) -> None:
        self.trigger("!")

    def trigger(self, sign: str) -> None:
        """Begin to count, or end it."""
        for event in ("dma_map_page", "dma_unmap_page"):
            executor.script(self.host, 'echo "$1" >"$2"', sign + TRIGGER,
                            f"{EVENTS}/{event}/trigger")

    def count(self, event: str, device: str) -> int:
        """Return how often *event* was seen for *device* and reading."""
        text = self.host.run(["cat", f"{EVENTS}/{event}/hist"],
                             check=True).stdout
        return sum(int(hits) for name, way, hits in ENTRY.findall(text)
                   if name == device and int(way) == TO_DEVICE)

    def maps(self, device: str) -> int:
        """Return how many maps there were so far."""
        return self.count("dma_map_page", device)

    def unmaps(self, device: str) -> int:
        """Return how many unmaps there were so far."""
        return self.count("dma_unmap_page", device)
