# SPDX-License-Identifier: GPL-2.0
"""Frames that go out as if a NIC's hardware had sent them: exactly so many."""

import pathlib
import struct
import time

from headroom.flows import checksum
from headroom.nic import Nic

# To and from nobody: the other end's stack drops them and answers nothing.
HEADER = b"\x02\x00\x5e\x10\x00\x01" b"\x02\x00\x5e\x10\x00\x02" b"\x88\xb5"


def numbered(count: int, octets: int) -> list[bytes]:
    """Return *count* numbered frames of *octets*, no FCS."""
    return [(HEADER + struct.pack("!I", number)).ljust(octets, b"\0")
            for number in range(count)]


def tcp(target: str, count: int, payload: int = 1448) -> list[bytes]:
    """Return a stream of TCP to the Ethernet address *target*, and to nobody.

    *count* full packets of *payload* octets, of one flow and in order.
    """
    link = bytes.fromhex(target.replace(":", "")) + HEADER[6:12] + b"\x08\x00"
    ends = bytes([203, 0, 113, 7, 203, 0, 113, 200])
    data = bytes(range(256)) * (payload // 256 + 1)
    found = []
    for number in range(count):
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + payload, number & 0xffff,
                         0x4000, 64, 6, 0) + ends
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        segment = struct.pack("!HHIIBBHHH", 40000, 5001, number * payload, 1,
                              0x50, 0x10, 1000, 0, 0) + data[:payload]
        pseudo = ends + struct.pack("!HH", 6, 20 + payload)
        found.append(link + ip + segment[:16]
                     + struct.pack("!H", checksum(pseudo + segment))
                     + segment[18:])
    return found


def pcap(frames: list[bytes]) -> bytes:
    """Return a capture that holds *frames*."""
    found = [struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for frame in frames:
        found += [struct.pack("=IIII", 0, 0, len(frame), len(frame)), frame]
    return b"".join(found)


def share(nic: Nic, data: bytes) -> tuple[pathlib.Path, str]:
    """Put a capture where the guest sees it; return its path here and there.

    The caller removes it.
    """
    path = nic.host.share / f"replay-{time.monotonic_ns()}.pcap"
    path.write_bytes(data)
    return path, f"{nic.host.guest_share}/{path.name}"


def send(nic: Nic, count: int, octets: int) -> None:
    """Send *count* frames of *octets*; the wire has taken them on return.

    Raises CommandError when it has not within a minute.
    """
    send_frames(nic, numbered(count, octets))


def send_frames(nic: Nic, frames: list[bytes]) -> None:
    """Send *frames*; else as send()."""
    path, there = share(nic, pcap(frames))
    try:
        nic.host.run(["bash", "-c", 'exec cat "$1" >"$2"', "replay", there,
                      f"{nic.debugfs}/wire/replay"], check=True)
    finally:
        path.unlink()
