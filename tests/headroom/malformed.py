#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Send super-packets that lie about themselves, as an untrusted sender may.

usage: malformed.py packet|tap INTERFACE

By a packet socket on INTERFACE, or written to the tap device INTERFACE. From
each of four that are right: every bit and every octet of its headers flipped,
cut at each length, and every field of its virtio_net_hdr set to what it must
not be. Prints how many went and how many the kernel refused.

The same arguments send the same octets. Runs in the guest, so it imports
little: Python starts slowly there.
"""

import errno
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import known_packets  # noqa: E402 (path set above)
import superpacket  # noqa: E402 (path set above)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SEGMENT = 500
LENGTH = 1201
# Lengths that cut into the payload.
CUT_PAYLOAD = 8
VNET = "=BBHHHH"
NEEDS_CSUM, GSO_UDP_L4, GSO_ECN = 1, 5, 0x80
# Not 3, UFO: IPv6 fragments have an id that is drawn anew each time.
GSO_TYPES = (0, 1, 4, 5, 6, 1 | GSO_ECN, 4 | GSO_ECN, 5 | GSO_ECN)
ODD = (0, 1, 13, 14, 15, 33, 40, 53, 54, 60, 65, 66, 67, 255, LENGTH, 1279,
       65535)


def originals() -> "Iterator[tuple[list[int], bytes]]":
    """Yield the fields of a virtio_net_hdr, and what it is for."""
    data = superpacket.payload(1, LENGTH)
    for family, gso in ((4, superpacket.GSO_TCPV4),
                        (6, superpacket.GSO_TCPV6)):
        packet, headers = superpacket.frame(family, 0, 1, superpacket.ACK,
                                            data)
        start = headers - 20 - len(superpacket.TIMESTAMP)
        yield [NEEDS_CSUM, gso, headers, SEGMENT, start, 16], packet
        packet, at = known_packets.datagram(family, LENGTH, 1)
        kind = struct.pack("!H", superpacket.ETH_P_IP if family == 4 else
                           superpacket.ETH_P_IPV6)
        yield ([NEEDS_CSUM, GSO_UDP_L4, 14 + at + 8, SEGMENT, 14 + at, 6],
               superpacket.DESTINATION + superpacket.SOURCE + kind + packet)


def lies(fields: list[int], packet: bytes) -> "Iterator[bytes]":
    """Yield the packet, and all that is made of it, each with its header."""
    headers = fields[2]
    right = struct.pack(VNET, *fields)
    # Without a checksum to finish the kernel looks less closely.
    unsummed = struct.pack(VNET, 0, *fields[1:4], 0, 0)
    yield right + packet
    for at in range(headers):
        for flip in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            changed = bytearray(packet)
            changed[at] ^= flip
            yield right + changed
    for length in range(headers + CUT_PAYLOAD):
        yield right + packet[:length]
        yield unsummed + packet[:length]
    for field, values in ((1, GSO_TYPES), (2, ODD), (3, ODD), (4, ODD),
                          (5, ODD)):
        for value in values:
            lie = [*fields[:field], value, *fields[field + 1:]]
            yield struct.pack(VNET, *lie) + packet


def main() -> int:
    """Send what the command line says."""
    how, interface = sys.argv[1:]
    if how == "tap":
        fd = known_packets.open_tap(interface)
    else:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(known_packets.SOL_PACKET,
                        known_packets.PACKET_VNET_HDR, 1)
        sock.bind((interface, 0))
        fd = sock.fileno()
    sent = refused = 0
    for fields, packet in originals():
        for lie in lies(fields, packet):
            try:
                os.write(fd, lie)
                sent += 1
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                refused += 1
    print(sent, refused)
    return 0


if __name__ == "__main__":
    sys.exit(main())
