#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Datagrams, many at a time, to a socket with UDP_GRO.

usage: datagram_flow.py FROM TO FAMILY ADDRESS PORT SUPERS SEGMENT OCTETS

From one network namespace SUPERS sends of OCTETS each, cut into datagrams of
SEGMENT octets by UDP_SEGMENT, to ADDRESS in the other. Prints JSON: octets
sent and received, whether they are the same, and the longest that was received
at once. In the guest, so it imports little.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from known_packets import SO_RCVBUFFORCE, enter  # noqa: E402 (path set above)

SEGMENT, GRO = 103, 104
QUIET = 1.0


def main() -> None:
    """Send, receive, and tell."""
    here, there, family, address, port, supers, segment, octets = sys.argv[1:]
    kind = socket.AF_INET if family == "4" else socket.AF_INET6
    enter(there)
    receiver = socket.socket(kind, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
    receiver.setsockopt(socket.IPPROTO_UDP, GRO, 1)
    receiver.bind((address, int(port)))
    receiver.settimeout(QUIET)
    enter(here)
    sender = socket.socket(kind, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_UDP, SEGMENT, int(segment))
    sender.connect((address, int(port)))
    sent, received = b"", []
    for _ in range(int(supers)):
        data = os.urandom(int(octets))
        sender.send(data)
        sent += data
    while True:
        try:
            received.append(receiver.recv(65536))
        except TimeoutError:
            break
    data = b"".join(received)
    same = "true" if data == sent else "false"
    print(f'{{"sent": {len(sent)}, "received": {len(data)}, "same": {same}, '
          f'"longest": {max(map(len, received), default=0)}}}')


if __name__ == "__main__":
    main()
