# SPDX-License-Identifier: GPL-2.0
"""The flows in a capture: frames by addresses and ports, in order."""

import socket
import struct

ETHERNET = 14
PORTS = struct.Struct("!HH")
WITH_PORTS = (socket.IPPROTO_TCP, socket.IPPROTO_UDP)
VXLAN_PORT = 4789
# Headers of UDP and of VXLAN.
VXLAN_HEADERS = 16

# Addresses, protocol, ports; behind them those in the tunnel, if there is one.
Flow = tuple[str | int, ...]


class FlowsDiffer(AssertionError):
    """Two captures do not hold the same; the text names flow and frame."""


def flow_of(frame: bytes) -> Flow | None:
    """Return which flow a frame is of, None for what has no ports.

    What is in VXLAN is of a flow of its own, if it has ports.
    """
    proto = struct.unpack_from("!H", frame, 12)[0]
    packet = frame[ETHERNET:]
    if proto == 0x0800:
        family, at, ends = socket.AF_INET, (packet[0] & 15) * 4, (12, 16, 20)
        number = packet[9]
    elif proto == 0x86dd:
        family, at, ends = socket.AF_INET6, 40, (8, 24, 40)
        number = packet[6]
    else:
        return None
    if number not in WITH_PORTS:
        return None
    source, target = (socket.inet_ntop(family, packet[a:b])
                      for a, b in zip(ends, ends[1:]))
    ports = PORTS.unpack_from(packet, at)
    flow = (source, target, number, *ports)
    if number != socket.IPPROTO_UDP or ports[1] != VXLAN_PORT:
        return flow
    inner = flow_of(packet[at + VXLAN_HEADERS:])
    return inner and flow + inner


def checksum(octets: bytes) -> int:
    """Return the internet checksum of an even number of octets."""
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def bare(frame: bytes) -> bytes:
    """Return a frame without what a router writes anew: the link header."""
    return frame[ETHERNET:]


def routed(frame: bytes) -> bytes:
    """Return what a router makes of a frame, without its link header."""
    packet = bytearray(frame[ETHERNET:])
    if packet[0] >> 4 == 6:
        packet[7] -= 1
        return bytes(packet)
    header = (packet[0] & 15) * 4
    packet[8] -= 1
    packet[10:12] = b"\0\0"
    packet[10:12] = struct.pack("!H", checksum(packet[:header]))
    return bytes(packet)


def by_flow(frames: list[bytes], source: set[str]) -> dict[Flow, list[bytes]]:
    """Return the frames of each flow whose source is among *source*."""
    found: dict[Flow, list[bytes]] = {}
    for frame in frames:
        flow = flow_of(frame)
        if flow and flow[0] in source:
            found.setdefault(flow, []).append(frame)
    return found


def compare(before: dict[Flow, list[bytes]], after: dict[Flow, list[bytes]],
            through_router: bool) -> int:
    """Return how many frames there are, the same and in the same order.

    Raises FlowsDiffer, with the first difference.
    """
    if before.keys() != after.keys():
        raise FlowsDiffer(f"flows {before.keys() ^ after.keys()} are in one "
                          "capture only")
    count = 0
    for flow, frames in before.items():
        want, got = frames, after[flow]
        if through_router:
            want, got = [routed(f) for f in want], [bare(f) for f in got]
        for number, (one, other) in enumerate(zip(want, got)):
            if one != other:
                raise FlowsDiffer(f"{flow}: frame {number} was\n{one.hex()}\n"
                                  f"and is\n{other.hex()}")
        if len(want) != len(got):
            raise FlowsDiffer(f"{flow}: {len(want)} frames were, and "
                              f"{len(got)} are")
        count += len(want)
    return count
