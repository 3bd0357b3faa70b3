# SPDX-License-Identifier: GPL-2.0
"""Frames that go out as if a NIC's hardware had sent them: exactly so many."""

import pathlib
import struct
import time

from headroom.nic import Nic

# To and from nobody: the other end's stack drops them and answers nothing.
HEADER = b"\x02\x00\x5e\x10\x00\x01" b"\x02\x00\x5e\x10\x00\x02" b"\x88\xb5"


def pcap(count: int, octets: int) -> bytes:
    """Return a capture of *count* numbered frames of *octets*, no FCS."""
    found = [struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for number in range(count):
        frame = (HEADER + struct.pack("!I", number)).ljust(octets, b"\0")
        found += [struct.pack("=IIII", 0, 0, octets, octets), frame]
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
    path, there = share(nic, pcap(count, octets))
    try:
        nic.host.run(["bash", "-c", 'exec cat "$1" >"$2"', "replay", there,
                      f"{nic.debugfs}/wire/replay"], check=True)
    finally:
        path.unlink()
