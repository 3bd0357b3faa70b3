#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Send exactly known TCP super-packets by a packet socket.

usage: superpacket.py INTERFACE FAMILY VLAN SEED SEGMENT LENGTH...

One super-packet for each LENGTH (octets of payload), cut at SEGMENT octets.
VLAN is the tag's id in the frame, 0 for none. The same arguments send the
same octets, so what comes out of the wire can be compared octet for octet.
They go to a hardware address that nobody has: the other end's stack drops
them and answers nothing.

Runs in the guest, so it imports little: Python starts slowly there.
"""

import os
import socket
import struct
import sys
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom.nic import Nic

SOL_PACKET = 263
PACKET_VNET_HDR = 15
NEEDS_CSUM = 1
GSO_TCPV4, GSO_TCPV6, GSO_ECN = 1, 4, 0x80
ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q = 0x0800, 0x86dd, 0x8100
DESTINATION, SOURCE = b"\x02\x00\x5e\x10\x00\x01", b"\x02\x00\x5e\x10\x00\x02"
SPORT, DPORT = 40000, 9
FIN, PSH, ACK, CWR = 0x01, 0x08, 0x10, 0x80
TIMESTAMP = b"\x01\x01\x08\x0a\x00\x00\x10\x00\x00\x00\x20\x00"


def fold(data: bytes) -> int:
    """Return the ones' complement sum of *data*, not inverted."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def payload(seed: int, length: int) -> bytes:
    """Return *length* octets that follow from *seed* and nothing else."""
    state = zlib.crc32(str(seed).encode())
    words = bytearray()
    while len(words) < length:
        state = (state * 1664525 + 1013904223) & 0xffffffff
        words += state.to_bytes(4, "big")
    return bytes(words[:length])


def frame(family: int, vlan: int, number: int, flags: int, data: bytes,
          ends: tuple[str, str] | None = None) -> tuple[bytes, int]:
    """Return a super-packet and how many of its octets are headers.

    *ends* are the addresses, of the left NIC and of nobody unless given.

    The TCP checksum is the pseudo-header's sum, for the device to finish.
    """
    length = 20 + len(TIMESTAMP) + len(data)
    if family == 4:
        source, target = ends or ("192.0.2.1", "192.0.2.200")
        addresses = socket.inet_aton(source) + socket.inet_aton(target)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1000 * number,
                         0x4000, 64, 6, 0) + addresses
        ip = ip[:10] + struct.pack("!H", fold(ip) ^ 0xffff) + ip[12:]
        kind = ETH_P_IP
    else:
        source, target = ends or ("2001:db8::1", "2001:db8::200")
        addresses = (socket.inet_pton(socket.AF_INET6, source)
                     + socket.inet_pton(socket.AF_INET6, target))
        ip = struct.pack("!IHBB", 6 << 28, length, 6, 64) + addresses
        kind = ETH_P_IPV6
    pseudo = fold(addresses + struct.pack("!HHI", 6, 0, length))
    tcp = struct.pack("!HHIIBBHHH", SPORT, DPORT, 100000 * number, 1,
                      (5 + len(TIMESTAMP) // 4) << 4, flags, 1024, pseudo, 0)
    ether = DESTINATION + SOURCE
    if vlan:
        ether += struct.pack("!HH", ETH_P_8021Q, vlan)
    headers = ether + struct.pack("!H", kind) + ip + tcp + TIMESTAMP
    return headers + data, len(headers)


def send(nic: "Nic", family: int, vlan: int, seed: int, segment: int,
         lengths: "Sequence[int]") -> None:
    """Send them from *nic*, by this file in the guest. Raises CommandError.

    *lengths* and *segment* are octets of payload, *vlan* 0 for no tag.
    """
    nic.run("/usr/bin/python3", "-ISE", os.path.abspath(__file__), nic.ifname,
            *map(str, (family, vlan, seed, segment, *lengths)))


def main() -> int:
    """Send what the command line says."""
    interface, *words = sys.argv[1:]
    family, vlan, seed, segment, *lengths = map(int, words)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.bind((interface, 0))
    kind = GSO_TCPV4 if family == 4 else GSO_TCPV6
    for number, length in enumerate(lengths, 1):
        flags = (ACK, ACK | PSH, ACK | PSH | FIN,
                 ACK | CWR)[number % 4]
        data, headers = frame(family, vlan, number, flags,
                              payload(seed + number, length))
        start = headers - 20 - len(TIMESTAMP)
        gso = kind | (GSO_ECN if flags & CWR else 0)
        if length <= segment:
            gso = 0
        sock.send(struct.pack("=BBHHHH", NEEDS_CSUM, gso, headers,
                              segment if gso else 0, start, 16) + data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
