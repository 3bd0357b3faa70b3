# SPDX-License-Identifier: GPL-2.0
"""A kprobe for a while, by tracefs: nothing needs to be compiled or loaded."""

import contextlib
from collections.abc import Iterator

from headroom import executor

TRACING = "/sys/kernel/tracing"
# Appended: whoever opens the file to write it anew removes all probes.
ON = """
set -e
cd /sys/kernel/tracing
echo "p:bench/$1 $2" >>kprobe_events
echo 1 >"events/bench/$1/enable"
"""
OFF = """
cd /sys/kernel/tracing
[[ -e events/bench/$1 ]] || exit 0
echo 0 >"events/bench/$1/enable"
echo "-:bench/$1" >>kprobe_events
"""


@contextlib.contextmanager
def probe(host: executor.Executor, name: str,
          definition: str) -> Iterator[None]:
    """Have the kprobe bench/*name*. Raises CommandError if there is none."""
    try:
        executor.script(host, ON, name, definition)
        yield
    finally:
        executor.script(host, OFF, name)


def hits(host: executor.Executor, name: str) -> int:
    """Return how often a probe was hit so far. Raises ValueError."""
    for line in host.read(f"{TRACING}/kprobe_profile").splitlines():
        found, count, _ = line.split()
        if found == name:
            return int(count)
    raise ValueError(f"no probe {name}")
