# SPDX-License-Identifier: GPL-2.0
"""NICs that go wrong when asked to, and what must add up all the same."""

import contextlib
from collections.abc import Iterator

from headroom.counters import Counters, parse
from headroom.nic import Nic

WATCHDOG_MS = 5000


def hits(nic: Nic, name: str) -> int:
    """Return how often fault *name* has happened, since the NIC was made."""
    return parse("fault", nic.read(f"fault/{name}"))["fault.hits"]


@contextlib.contextmanager
def injected(nic: Nic, name: str, *, nth: int = 0, ppm: int = 0,
             seed: int = 1) -> Iterator[None]:
    """Let fault *name* happen to *nic* until the block ends.

    The *nth* time from now, once, or *ppm* of a million times, drawn from
    *seed*: the files of ``fault/``. Raises CommandError when a value is
    refused.
    """
    text = f"nth {nth} ppm {ppm} seed {seed}"
    try:
        nic.write(f"fault/{name}", text)
        yield
    finally:
        nic.write(f"fault/{name}", "off")


@contextlib.contextmanager
def watchdog(nic: Nic, milliseconds: int) -> Iterator[None]:
    """Let the driver of *nic* wait so long for a queue that stands still."""
    try:
        nic.write("driver/watchdog_ms", milliseconds)
        yield
    finally:
        nic.write("driver/watchdog_ms", WATCHDOG_MS)


def unaccounted(side: Counters, lost: int = 0) -> list[str]:
    """Return what does not add up of a NIC at rest, in differences.

    Each skb that was posted was completed or dropped when the ring went down;
    each frame that the hardware sent is on the wire; each that it received was
    written to memory, missed or refused; each that it wrote was received or
    dropped by the driver, but for *lost* descriptors.
    """
    posted = side.total(r"driver\.tx_(plain|tso_lib|hgso|tso_hw)_skbs")
    ended = side["driver.tx_skbs_done"] + side["driver.tx_drop_down"]
    arrived = (side["hw.rx_frames"] + side["hw.rx_missed"]
               + side["hw.rx_errors"])
    taken = lost + sum(side[f"driver.rx_{name}"] for name in (
        "packets", "drop_nomem", "drop_error", "drop_down"))
    return [f"{what}: {one} and {other}" for what, one, other in (
        ("skbs posted, ended", posted, ended),
        ("frames sent by hardware, wire", side["hw.tx_frames"],
         side["wire.sent"]),
        ("frames received by wire, hardware", side["wire.received"], arrived),
        ("frames written by hardware, taken by driver",
         side["hw.rx_frames"], taken)) if one != other]
