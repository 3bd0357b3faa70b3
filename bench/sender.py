#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Send super-packets on demand, all alike, by a packet socket.

usage: sender.py INTERFACE FIFO SEGMENT LENGTH

Each line that is written to FIFO says how many to send; FIFO.done gets a line
when they are sent. It runs in the guest and stays, since Python starts slowly
there.
"""

import os
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"
                       / "headroom"))

import superpacket  # noqa: E402 (path set above)


def packet(segment: int, length: int) -> bytes:
    """Return a TCPv4 super-packet of *length* octets, with its vnet header."""
    data, headers = superpacket.frame(4, 0, 1, superpacket.ACK, bytes(length))
    start = headers - 20 - len(superpacket.TIMESTAMP)
    return struct.pack("=BBHHHH", superpacket.NEEDS_CSUM,
                       superpacket.GSO_TCPV4, headers, segment, start,
                       16) + data


def main() -> int:
    """Send what the FIFO asks for, until it asks for none."""
    interface, fifo, segment, length = sys.argv[1:]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(superpacket.SOL_PACKET, superpacket.PACKET_VNET_HDR, 1)
    sock.bind((interface, 0))
    data = packet(int(segment), int(length))
    os.mkfifo(fifo + ".done")
    os.mkfifo(fifo)
    while True:
        with open(fifo, encoding="ascii") as asked:
            count = int(asked.readline())
        for _ in range(count):
            sock.send(data)
        with open(fifo + ".done", "w", encoding="ascii") as done:
            done.write("sent\n")
        if not count:
            return 0


if __name__ == "__main__":
    sys.exit(main())
