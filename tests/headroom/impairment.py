# SPDX-License-Identifier: GPL-2.0
"""Frames that a wire loses, doubles, delays or damages; as a seed has it."""

import contextlib
from collections.abc import Iterator

from headroom import executor
from headroom.nic import Nic

KNOBS = ("loss_ppm", "dup_ppm", "reorder_ppm", "corrupt_ppm")
SET = """
set -e
folder=$1
shift
while (($#)); do
    echo "$2" >"$folder/$1"
    shift 2
done
"""


@contextlib.contextmanager
def impaired(nic: Nic, seed: int = 1, **knobs: int) -> Iterator[None]:
    """Impair what *nic* sends, until the block ends.

    *knobs*: loss_ppm, dup_ppm, reorder_ppm, corrupt_ppm (of a million frames)
    and reorder_gap (frames by which one is delayed).
    """
    words = [word for name, value in {**knobs, "seed": seed}.items()
             for word in (name, str(value))]
    executor.script(nic.host, SET, f"{nic.debugfs}/wire", *words)
    try:
        yield
    finally:
        words = [word for name in KNOBS for word in (name, "0")]
        executor.script(nic.host, SET, f"{nic.debugfs}/wire", *words)
