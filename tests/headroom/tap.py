# SPDX-License-Identifier: GPL-2.0
"""tcpdump on a device: it sees super-packets, and holds a clone of each."""

import contextlib
import pathlib
import struct
import time
from collections.abc import Iterator

from headroom import executor
from headroom.nic import Nic

FILE_HEADER = 24
RECORD = struct.Struct("=IIII")
ETHERNET = 14
SEQUENCE = 1 << 32


class Tap:
    """A tcpdump that runs; ``path`` is what it has written, here."""

    def __init__(self, running: executor.Running,
                 path: pathlib.Path) -> None:
        self.running = running
        self.path = path

    def stop(self) -> str:
        """End it as Ctrl-C does; return what it said, its drops among it.

        What it has not read yet would be lost, so it may first read for as
        long as there is something, 20 s at most.
        """
        if self.running.poll() is None:
            size, deadline = -1, time.monotonic() + 20
            while (self.path.exists() and self.path.stat().st_size != size
                   and time.monotonic() < deadline):
                size = self.path.stat().st_size
                time.sleep(1.5)
            self.running.kill("INT")
            self.running.wait(30)
        return self.running.stderr()


@contextlib.contextmanager
def tapped(nic: Nic, *words: str) -> Iterator[Tap]:
    """Run tcpdump on *nic*, with the filter *words*, while the block runs."""
    name = f"tap-{time.monotonic_ns()}.pcap"
    running = nic.host.popen(
        ["nsenter", f"--net=/run/netns/{nic.netns}", "tcpdump", "-Z", "root",
         "-U", "--immediate-mode", "-s", "0",
         "-B", "32768", "-nni", nic.ifname, "-w",
         f"{nic.host.guest_share}/{name}", *words])
    tap = Tap(running, nic.host.share / name)
    try:
        deadline = time.monotonic() + 60
        while "listening on" not in running.stderr():
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"tcpdump: {running.stderr()}")
            time.sleep(0.02)
        yield tap
    finally:
        tap.stop()
        running.kill()
        tap.path.unlink(missing_ok=True)


def packets(path: pathlib.Path) -> list[bytes]:
    """Return the packets of a capture, all of them whole."""
    data = path.read_bytes()
    found = []
    at = FILE_HEADER
    while at + RECORD.size <= len(data):
        _, _, kept, length = RECORD.unpack_from(data, at)
        assert kept == length, f"{kept} of {length} octets were kept"
        at += RECORD.size
        found.append(data[at:at + kept])
        at += kept
    return found


def tcp4(packet: bytes) -> tuple[int, int, bytes]:
    """Return sequence number, flags and payload of a TCPv4 packet.

    Raises AssertionError when its lengths contradict each other.
    """
    ip = packet[ETHERNET:]
    header = (ip[0] & 15) * 4
    total = struct.unpack_from("!H", ip, 2)[0]
    # 0 is BIG TCP's; padding may follow a short packet.
    assert total == len(ip) or len(packet) == 60, (total, len(ip))
    tcp = ip[header:total]
    sequence = struct.unpack_from("!I", tcp, 4)[0]
    return sequence, tcp[13], tcp[(tcp[12] >> 4) * 4:]


def stream4(found: list[bytes]) -> bytes:
    """Return the octets of the one TCPv4 stream in *found*, in order.

    Raises AssertionError if some are missing or differ between copies.
    """
    pieces = {}
    start = None
    for sequence, flags, payload in map(tcp4, found):
        if flags & 2:
            start = (sequence + 1) % SEQUENCE
        if payload:
            pieces.setdefault(sequence, []).append(payload)
    assert start is not None, "no SYN was captured"
    stream = bytearray()
    for sequence in sorted(pieces, key=lambda s: (s - start) % SEQUENCE):
        at = (sequence - start) % SEQUENCE
        for payload in pieces[sequence]:
            assert at <= len(stream), f"octets {len(stream)} to {at} missing"
            known = bytes(stream[at:at + len(payload)])
            assert payload[:len(known)] == known, f"copies differ at {at}"
            stream += payload[len(known):]
    return bytes(stream)
