#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A cable between two tap devices: what one is given comes out of the other.

usage: tap_relay.py NETNS DEVICE NETNS DEVICE

Takes no offloads, so that the kernel segments and sums for them. Prints a
line when it is ready and runs until it is killed. In the guest, so it imports
little.
"""

import fcntl
import os
import select
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from known_packets import (NO_PI, TAP, TUNSETIFF,  # noqa: E402 (path set)
                           enter)


def attach(netns: str, name: str) -> int:
    """Return a tap device's file. Raises OSError."""
    enter(netns)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                           TAP | NO_PI))
    return fd


def main() -> None:
    """Relay frames, both ways."""
    names = sys.argv[1:]
    left, right = (attach(*names[at:at + 2]) for at in (0, 2))
    other = {left: right, right: left}
    print("ready", flush=True)
    while True:
        for fd in select.select(list(other), [], [])[0]:
            try:
                while True:
                    os.write(other[fd], os.read(fd, 65536))
            except BlockingIOError:
                continue


if __name__ == "__main__":
    main()
