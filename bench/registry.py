# SPDX-License-Identifier: GPL-2.0
"""The measurements there are. A new one is a line in this table."""

import dataclasses
from collections.abc import Callable

from bench import latency, mapping, memory, passes, streams
from bench.context import Bench
from bench.record import Section


@dataclasses.dataclass(frozen=True)
class Measurement:
    """``run`` gives sections; ``seconds`` is a guess for the first time.

    ``quick``: it is part of a quick bench, too.
    """

    name: str
    run: Callable[[Bench], list[Section]]
    seconds: float
    quick: bool = True


MEASUREMENTS = (
    Measurement("instructions", passes.instructions, 80),
    Measurement("distro", passes.distro_instructions, 120, quick=False),
    Measurement("uml", passes.nanoseconds, 60),
    Measurement("kvm", passes.on_kvm, 60, quick=False),
    Measurement("dma", mapping.mapping, 240),
    Measurement("streams", streams.end_to_end, 700),
    Measurement("stream-instructions", streams.stream_instructions, 150),
    Measurement("memory", memory.memory, 60),
    Measurement("latency", latency.latency, 200),
)
