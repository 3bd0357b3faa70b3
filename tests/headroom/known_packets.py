#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Known super-packets, with the takeover off and on: does the same arrive?

usage: known_packets.py SWITCH STATUS OUT IN

In the namespace "left" they are written to the tap device "known", as those of
a virtual machine are, and forwarded from there, and sent by a packet socket on
the device OUT: both untrusted, with a virtio_net_hdr. In "right" a packet
socket on the device IN takes what arrives of them. Prints a line of JSON for
each position of the switch: packets sent, frames that arrived, a digest of
them, and what the status file counted meanwhile.

Runs in the guest, so it imports little: Python starts slowly there.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import superpacket  # noqa: E402 (path set above)

SEGMENT = 1300
LENGTHS = (1301, 20000, 5200, 40001, 60000)
# Of the super-packets; the second is routed to the other side.
ENDS = {4: ("198.18.0.1", "203.0.113.200"),
        6: ("2001:db8:18::1", "2001:db8:200::200")}
ETHER = 14
ARPHRD_ETHER = 1
NOBODY = b"\x02\x00\x5e\x10\x00\x01"
ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, SO_RCVBUFFORCE = 263, 15, 33
TUNSETIFF, TAP = 0x400454ca, 2
SIOCGIFHWADDR, IFREQ, HWADDR = 0x8927, 40, slice(18, 24)
NO_PI, VNET_HDR = 0x1000, 0x4000
NEEDS_CSUM, GSO_UDP_L4 = 1, 5
QUIET = 1.5
VXLAN = struct.pack("!H", 4789)
# Family, GSO type, headers, start and field of the checksum, octets.
Packet = tuple[int, int, int, int, int, bytes]


def enter(netns: str) -> None:
    """Go on in a network namespace. Raises OSError."""
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), netns)
    os.close(fd)


def datagram(family: int, length: int, number: int) -> tuple[bytes, int]:
    """Return a UDP super-packet without a link header, and where UDP is."""
    data = superpacket.payload(7000 + number, length)
    source, target = (socket.inet_pton(
        socket.AF_INET if family == 4 else socket.AF_INET6, end)
        for end in ENDS[family])
    whole = 8 + length
    if family == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + whole, 100 * number, 0,
                         64, 17, 0) + source + target
        ip = (ip[:10] + struct.pack("!H", superpacket.fold(ip) ^ 0xffff)
              + ip[12:])
    else:
        ip = struct.pack("!IHBB", 6 << 28, whole, 17, 64) + source + target
    pseudo = superpacket.fold(source + target
                              + struct.pack("!HHI", 17, 0, whole))
    udp = struct.pack("!HHHH", 40001, 10, whole, pseudo)
    return ip + udp + data, len(ip)


def packets() -> list[Packet]:
    """Return all packets, each longer than a segment: super-packets."""
    found = []
    for family, gso in ((4, superpacket.GSO_TCPV4),
                        (6, superpacket.GSO_TCPV6)):
        for number, length in enumerate(LENGTHS, 1):
            flags = (0x10, 0x18, 0x19, 0x90)[number % 4]
            whole, headers = superpacket.frame(
                family, 0, number, flags,
                superpacket.payload(number, length), ENDS[family])
            start = headers - 20 - len(superpacket.TIMESTAMP) - ETHER
            found.append((family, gso | (superpacket.GSO_ECN if flags & 0x80
                                         else 0),
                          headers - ETHER, start, 16, whole[ETHER:]))
            whole, start = datagram(family, length, number)
            found.append((family, GSO_UDP_L4, start + 8, start, 6, whole))
    return found


def vnet(packet: Packet, link: int) -> bytes:
    """Return the virtio_net_hdr of a packet behind *link* octets."""
    _, gso, headers, start, field, _ = packet
    return struct.pack("=BBHHHH", NEEDS_CSUM, gso, headers + link, SEGMENT,
                       start + link, field)


def open_tap(name: str) -> int:
    """Attach to a tap device, with a virtio_net_hdr. Raises OSError."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                           TAP | NO_PI | VNET_HDR))
    return fd


def address_of(tap: int) -> bytes:
    """Return a tap device's link address. Raises OSError."""
    return fcntl.ioctl(tap, SIOCGIFHWADDR, bytes(IFREQ))[HWADDR]


def open_socket(device: str) -> socket.socket:
    """Return a packet socket on a device. Raises OSError."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    sock.bind((device, 0))
    return sock


def protocol(packet: Packet) -> int:
    """Return what the link header says of a packet."""
    return superpacket.ETH_P_IP if packet[0] == 4 else superpacket.ETH_P_IPV6


def ether(target: bytes, packet: Packet) -> bytes:
    """Return a link header: nobody's to *target*."""
    return target + NOBODY + struct.pack("!H", protocol(packet))


def by_tap(tap: int, target: bytes, packet: Packet) -> None:
    """Write a packet to a tap device, for *target*. Raises OSError."""
    os.write(tap, vnet(packet, ETHER) + ether(target, packet) + packet[5])


def by_socket(sock: socket.socket, device: str, packet: Packet) -> None:
    """Send a packet by a packet socket. Raises OSError."""
    link = ETHER if sock.getsockname()[3] == ARPHRD_ETHER else 0
    sock.sendto(vnet(packet, link) + ether(NOBODY, packet)[:link] + packet[5],
                (device, protocol(packet)))


def send(tap: int, sock: socket.socket, device: str) -> int:
    """Send all by each way; return how many."""
    known = packets()
    target = address_of(tap)
    for packet in known:
        by_tap(tap, target, packet)
        by_socket(sock, device, packet)
    return 2 * len(known)


def flow(frame: bytes) -> tuple[bytes, bytes] | None:
    """Return which flow a frame is of, and what must be equal; or None.

    Of a tunnel's outer IPv4 header, the id is drawn anew each time.
    """
    if frame[0] >> 4 == 4:
        if frame[9] == 17 and frame[22:24] == VXLAN:
            inner = flow(frame[50:])
            return inner and (b"vxlan" + inner[0], frame[:4] + frame[6:10]
                              + frame[12:])
        head, to = 20, frame[16:20]
        target = socket.inet_pton(socket.AF_INET, ENDS[4][1])
    else:
        head, to = 40, frame[24:40]
        target = socket.inet_pton(socket.AF_INET6, ENDS[6][1])
    return (frame[:1] + frame[head:head + 4], frame) if to == target else None


def received(sock: socket.socket) -> dict[bytes, list[bytes]]:
    """Return what arrived, by flow, once nothing has for a while."""
    flows: dict[bytes, list[bytes]] = {}
    sock.settimeout(QUIET)
    while True:
        try:
            frame = sock.recv(65536)
        except TimeoutError:
            return flows
        if len(frame) >= 20 and (found := flow(frame)):
            flows.setdefault(found[0], []).append(found[1])


def digest(flows: dict[bytes, list[bytes]]) -> str:
    """Return a hash of all frames, in order within each flow."""
    import hashlib
    state = hashlib.sha256()
    for name in sorted(flows):
        state.update(repr((name, flows[name])).encode())
    return state.hexdigest()


def status(path: str) -> dict[str, int]:
    """Return the counters of the status file."""
    with open(path, encoding="ascii") as lines:
        words = dict(line.rstrip("\n").split(": ", 1) for line in lines)
    return {name: int(value) for name, value in words.items()
            if value.isdecimal()}


def main() -> int:
    """Do it once for each position of the switch."""
    switch, counters, device, arrives = sys.argv[1:]
    enter("right")
    arriving = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    arriving.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
    arriving.bind((arrives, ETH_P_ALL))
    enter("left")
    sock = open_socket(device)
    tap = open_tap("known")
    for word in "01":
        with open(switch, "w", encoding="ascii") as file:
            file.write(word)
        before = status(counters)
        sent = send(tap, sock, device)
        flows = received(arriving)
        after = status(counters)
        counted = {name: after[name] - before.get(name, 0) for name in after}
        print("{" + ", ".join((
            f'"sent": {sent}',
            f'"arrived": {sum(map(len, flows.values()))}',
            f'"digest": "{digest(flows)}"',
            '"counted": {' + ", ".join(
                f'"{name}": {counted[name]}' for name in sorted(counted)
                if counted[name]) + "}")) + "}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
