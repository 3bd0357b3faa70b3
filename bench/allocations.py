# SPDX-License-Identifier: GPL-2.0
"""What the kernel's functions allocate by kmalloc(), by its tracepoint."""

import contextlib
import re
from collections.abc import Iterator, Sequence

from bench.probe import TRACING
from headroom import executor

# The argument is a filter of who asks. Stacks: kvmalloc() asks for others.
ON = """
set -e
cd /sys/kernel/tracing
echo 8192 >buffer_size_kb
echo >trace
echo "$1" >events/kmem/kmalloc/filter
echo 1 >options/stacktrace
echo 1 >events/kmem/kmalloc/enable
"""
OFF = """
cd /sys/kernel/tracing
echo 0 >events/kmem/kmalloc/enable
echo 0 >options/stacktrace
echo 0 >events/kmem/kmalloc/filter
"""
EVENT = re.compile(r"\bkmalloc: .* bytes_alloc=(\d+) .*\n"
                   r"(?:.*<stack trace>\n((?: => .*\n)*))?")
CALLER = re.compile(r"=> (\w+)")
KEPT = re.compile(r"entries-in-buffer/entries-written: (\d+)/(\d+)")
Asked = tuple[int, list[str]]


def parse(text: str) -> list[Asked]:
    """Return what a trace has: octets, and who asked, the caller behind.

    Raises ValueError when there were more than it has.
    """
    kept = KEPT.search(text)
    if kept is None or kept[1] != kept[2]:
        raise ValueError("more was allocated than the trace has room for")
    return [(int(event[1]), CALLER.findall(event[2] or ""))
            for event in EVENT.finditer(text)]


@contextlib.contextmanager
def traced(host: executor.Executor,
           commands: Sequence[str]) -> Iterator[list[Asked]]:
    """Give what *commands* have the kernel allocate, once the block ends.

    Raises CommandError without the tracepoint, ValueError when some are lost.
    """
    found: list[Asked] = []
    executor.script(host, ON, " || ".join(f'comm == "{name}"'
                                          for name in commands))
    try:
        yield found
    finally:
        executor.script(host, OFF)
    found += parse(host.read(f"{TRACING}/trace"))
