# SPDX-License-Identifier: GPL-2.0
"""A NIC's wire: how it is set, and waiting for what it counts.

Scenarios wait for counters, never for a time: a machine may be as slow as it
likes.
"""

import contextlib
import time
from collections.abc import Callable, Iterator

from headroom import counters
from headroom.nic import Nic

DEFAULTS = {"rate_bps": 0, "queue_frames": 16, "latency_ns": 0,
            "jitter_ns": 0, "loss_ppm": 0, "dup_ppm": 0, "reorder_ppm": 0,
            "corrupt_ppm": 0}
TIMEOUT = 60


class Late(AssertionError):
    """What was waited for did not come; the text has the counters."""


def read(nic: Nic) -> counters.Counters:
    """Return ``wire.*`` of *nic*, frames; one file, so it is quick."""
    return counters.Counters(counters.parse("wire",
                                            nic.read("wire/counters")))


def wait(nic: Nic, until: Callable[[counters.Counters], bool],
         timeout: float = TIMEOUT) -> counters.Counters:
    """Wait until *until* is true of the wire's counters; return them.

    Raises Late after *timeout* seconds, which only a broken wire needs.
    """
    deadline = time.monotonic() + timeout
    while not until(found := read(nic)):
        if time.monotonic() > deadline:
            raise Late(f"{nic.ifname}: after {timeout} s\n{found.show()}")
        time.sleep(0.01)
    return found


@contextlib.contextmanager
def settings(nic: Nic, **knobs: int) -> Iterator[None]:
    """Set *knobs* of what *nic* sends, until the block ends.

    rate_bps (bit/s), latency_ns and jitter_ns (ns), queue_frames, loss_ppm and
    the like (of a million frames): the files of ``wire/``. Raises CommandError
    when a value is refused.
    """
    try:
        for name, value in knobs.items():
            nic.write(f"wire/{name}", value)
        yield
    finally:
        for name in knobs:
            nic.write(f"wire/{name}", DEFAULTS[name])
