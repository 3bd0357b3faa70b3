# SPDX-License-Identifier: GPL-2.0
"""The measurements there are. A new one is a line in this table."""

import dataclasses
from collections.abc import Callable

from bench import latency, mapping, memory, passes, receivers, streams
from bench.context import Bench
from bench.record import Section


@dataclasses.dataclass(frozen=True)
class Measurement:
    """``run`` gives sections; ``seconds`` is a guess for the first time.

    ``quick``: it is part of a quick bench, too, which boots no virtual
    machine. ``counted``: it has a guest of its own that counts instructions,
    whatever else this machine does.
    """

    name: str
    run: Callable[[Bench], list[Section]]
    seconds: float
    quick: bool = True
    counted: bool = False


# In this order: a bench that is interrupted has the first ones. What is
# counted comes last, and runs side by side.
MEASUREMENTS = (
    Measurement("uml", passes.nanoseconds, 60),
    Measurement("dma", mapping.mapping, 240),
    Measurement("memory", memory.memory, 60, quick=False),
    Measurement("streams", streams.native, 270),
    Measurement("latency", latency.latency, 180),
    Measurement("kvm", passes.on_kvm, 60, quick=False),
    Measurement("streams-vm", streams.emulated, 300, quick=False),
    Measurement("instructions", passes.instructions, 300, quick=False,
                counted=True),
    Measurement("stream-instructions", streams.stream_instructions, 330,
                quick=False, counted=True),
    Measurement("receivers", receivers.receivers, 300, quick=False,
                counted=True),
    Measurement("dma-instructions", mapping.mapping_instructions, 360,
                quick=False, counted=True),
    Measurement("distro", passes.distro_instructions, 120, quick=False,
                counted=True),
)
