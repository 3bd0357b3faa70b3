# SPDX-License-Identifier: GPL-2.0
"""NICs of which the hardware can do less, as another model would."""

import contextlib
from collections.abc import Iterator

from headroom.nic import Nic
from headroom.pair import Pair

DEFAULTS = {"tx_layout": "long", "rx_layout": "long", "max_slice": 524288,
            "max_descs": 4095, "dma_bits": 64}


@contextlib.contextmanager
def limited(pair: Pair, nic: Nic, **limits: int | str) -> Iterator[None]:
    """Limit *nic* of *pair* until the block ends; the links go down for it.

    max_descs (descriptors of a frame), max_slice (octets of a descriptor),
    dma_bits (width of bus addresses), tx_layout and rx_layout (of
    descriptors: "long" or "short"). Raises CommandError when a value is
    refused.
    """
    try:
        pair.down()
        for name, value in limits.items():
            nic.write(f"hw/{name}", value)
        pair.up()
        yield
    finally:
        pair.down()
        for name, value in DEFAULTS.items():
            nic.write(f"hw/{name}", value)
        pair.up()
