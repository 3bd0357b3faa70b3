# SPDX-License-Identifier: GPL-2.0
"""Datagrams that nobody listens for: so many frames, exactly."""

from headroom.nic import Nic

# Not connected, so that no refusal takes the place of a datagram.
SCRIPT = """
import socket, sys
count, octets, address = sys.argv[1:]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(int(count)):
    sock.sendto(bytes(int(octets)), (address, 9))
"""
# One send() that the stack or the hardware cuts into datagrams.
SUPER = """
import socket, sys
octets, segment, family, address = sys.argv[1:]
sock = socket.socket(socket.AF_INET6 if family == "6" else socket.AF_INET,
                     socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_UDP, 103, int(segment))
sock.sendto(bytes(int(octets)), (address, 9))
"""


def datagrams(nic: Nic, to: str, count: int = 40, octets: int = 900) -> None:
    """Send *count* datagrams with *octets* of payload to an IPv4 address."""
    nic.run("/usr/bin/python3", "-ISEc", SCRIPT, str(count), str(octets), to)


def super_datagram(nic: Nic, family: int, to: str, octets: int,
                   segment: int) -> None:
    """Send *octets* at once, as datagrams of *segment* octets (UDP_SEGMENT).

    Raises CommandError when the kernel refuses.
    """
    nic.run("/usr/bin/python3", "-ISEc", SUPER, str(octets), str(segment),
            str(family), to)
