#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Send known super-packets of an untrusted sender for some time.

usage: untrusted.py tap|packet DEVICE SECONDS

In the namespace "left", to the tap device "known", from where they are
forwarded, or by a packet socket on DEVICE. Each is sent twice in a row, so
that of two ways that take turns each has the same ones. Prints the octets of
payload that were sent. Runs in the guest, so it imports little.
"""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import known_packets as known  # noqa: E402 (path set above)


def main() -> int:
    """Send what the command line says."""
    way, device, seconds = sys.argv[1:]
    known.enter("left")
    packets = known.packets()
    if way == "tap":
        tap = known.open_tap("known")
        target = known.address_of(tap)
    else:
        sock = known.open_socket(device)
    octets = 0
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for packet in packets:
            for _ in range(2):
                if way == "tap":
                    known.by_tap(tap, target, packet)
                else:
                    known.by_socket(sock, device, packet)
                octets += len(packet[5]) - packet[2]
    print(octets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
