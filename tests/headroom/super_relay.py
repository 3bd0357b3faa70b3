#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What a virtual machine that forwards looks like from outside: two taps.

usage: super_relay.py NETNS DEVICE NETNS DEVICE

Takes all offloads, as a guest's driver does, so that super-packets come whole,
with a virtio_net_hdr, and hands each to the other tap as it is. Prints a line
when it is ready and runs until it is killed. In the guest, so it imports
little.
"""

import fcntl
import os
import select
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from known_packets import (NO_PI, TUNSETIFF, VNET_HDR,  # noqa: E402 (path set)
                           enter)

TAP = 2
TUNSETOFFLOAD = 0x400454d0
# Checksums, TCP over IPv4 and IPv6, with ECN, and UDP over both.
OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08 | 0x20 | 0x40
# A super-packet and its header.
LONGEST = 70000


def attach(netns: str, name: str) -> int:
    """Return a tap device's file. Raises OSError."""
    enter(netns)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                           TAP | NO_PI | VNET_HDR))
    fcntl.ioctl(fd, TUNSETOFFLOAD, OFFLOADS)
    return fd


def main() -> None:
    """Relay packets, both ways."""
    names = sys.argv[1:]
    left, right = (attach(*names[at:at + 2]) for at in (0, 2))
    other = {left: right, right: left}
    print("ready", flush=True)
    while True:
        for fd in select.select(list(other), [], [])[0]:
            try:
                while True:
                    os.write(other[fd], os.read(fd, LONGEST))
            except BlockingIOError:
                continue


if __name__ == "__main__":
    main()
