# SPDX-License-Identifier: GPL-2.0
"""What was on the wire: the hardware half's own pcap, and tshark's verdict."""

import contextlib
import dataclasses
import pathlib
import struct
import subprocess
import time
from collections.abc import Iterator

from headroom.nic import Nic

FILE_HEADER = 24
RECORD = struct.Struct("=IIII")
MAGIC_NS = 0xA1B23C4D
# Payload is random: a dissector that guesses from ports and octets would find
# nonsense in it.
PAYLOAD = "tcp.port==1-65535,data"
FIELDS = ("frame.number", "frame.len", "tcp.checksum.status",
          "ip.checksum.status", "tcp.len", "vlan.id", "_ws.malformed",
          "_ws.expert.severity")
GOOD = "1"
EXPERT_ERROR = 8388608


class BadCapture(AssertionError):
    """A capture is not what it should be; the text names frames."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What tshark says about a capture."""

    frames: int
    octets: int
    longest: int
    tcp: int
    payload: int
    tagged: int


@dataclasses.dataclass
class Capture:
    """A pcap file of one direction of a wire."""

    path: pathlib.Path

    def frames(self) -> list[bytes]:
        """Return the frames so far; an unfinished last one is left out."""
        data = self.path.read_bytes() if self.path.exists() else b""
        if len(data) < FILE_HEADER:
            return []
        magic = struct.unpack_from("=I", data)[0]
        if magic != MAGIC_NS:
            raise BadCapture(f"{self.path}: magic {magic:#x}")
        found = []
        at = FILE_HEADER
        while at + RECORD.size <= len(data):
            _, _, kept, length = RECORD.unpack_from(data, at)
            at += RECORD.size
            if at + kept > len(data):
                break
            if kept != length:
                raise BadCapture(f"{self.path}: {kept} of {length} octets")
            found.append(data[at:at + kept])
            at += kept
        return found

    def count(self) -> int:
        """Return the number of whole frames so far."""
        return len(self.frames())

    def wait_for(self, frames: int, timeout: float = 20) -> None:
        """Wait until there are *frames*; BadCapture if they do not come."""
        deadline = time.monotonic() + timeout
        while (count := self.count()) < frames:
            if time.monotonic() > deadline:
                raise BadCapture(f"{self.path}: {count} frames, not {frames}")
            time.sleep(0.1)


# What the wire counts of each direction.
COUNTED = {"tx": "sent", "rx": "received"}


def passed(nic: Nic, direction: str = "tx") -> int:
    """Return how many frames the wire has taken from *nic*, or given it."""
    for line in nic.read("wire/counters").splitlines():
        name, _, value = line.partition(" ")
        if name == COUNTED[direction]:
            return int(value)
    raise KeyError(f"wire/counters has no {COUNTED[direction]}")


@contextlib.contextmanager
def wire(nic: Nic, path: pathlib.Path,
         direction: str = "tx") -> Iterator[Capture]:
    """Capture what *nic* sends into *path* here, until the block ends.

    With "rx" as *direction* it is what the wire gives to *nic*. At the end
    every frame that passed before it is in the file; raises BadCapture
    otherwise.
    """
    shared = nic.host.share / f"{path.stem}-{time.monotonic_ns()}.pcap"
    guest = f"{nic.host.guest_share}/{shared.name}"
    before = passed(nic, direction)
    running = nic.host.popen(["bash", "-c", 'exec cat "$1" >"$2"', "capture",
                              f"{nic.debugfs}/wire/{direction}.pcap",
                              guest])
    capture = Capture(shared)
    try:
        deadline = time.monotonic() + 30
        # The file's header comes first, so it tells that the capture is open.
        while not shared.exists() or shared.stat().st_size < FILE_HEADER:
            if running.poll() is not None or time.monotonic() > deadline:
                raise BadCapture(f"no capture: {running.stderr()}")
            time.sleep(0.02)
        started = passed(nic, direction)
        if started != before:
            # Sent while it was being opened: in it or not.
            before = started - capture.count()
        yield capture
        capture.wait_for(passed(nic, direction) - before)
    finally:
        running.kill()
        if shared.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(shared.read_bytes())
            shared.unlink()
        capture.path = path


def dissect(path: pathlib.Path) -> list[dict[str, list[str]]]:
    """Return for each frame the fields that tshark finds, each with all its
    values.

    Raises CalledProcessError when tshark cannot read the file.
    """
    words = ["tshark", "-n", "-r", str(path), "-d", PAYLOAD]
    for option in ("tcp", "ip", "udp"):
        words += ["-o", f"{option}.check_checksum:TRUE"]
    words += ["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
              "-E", "aggregator=,"]
    for name in FIELDS:
        words += ["-e", name]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [dict(zip(FIELDS, ([v for v in column.split(",") if v]
                              for column in line.split("\t"))))
            for line in done.stdout.splitlines()]


def faults_of(frame: dict[str, list[str]], longest: int) -> list[str]:
    """Return what is wrong with a frame of at most *longest* octets."""
    wrong = []
    if int(frame["frame.len"][0]) > longest:
        wrong.append(f"{frame['frame.len'][0]} octets long")
    if frame["_ws.malformed"]:
        wrong.append("malformed")
    if any(int(s) >= EXPERT_ERROR for s in frame["_ws.expert.severity"]):
        wrong.append("an error to tshark")
    for name in ("tcp.checksum.status", "ip.checksum.status"):
        if any(status != GOOD for status in frame[name]):
            wrong.append(f"{name} {frame[name]}")
    if frame["tcp.len"] and not frame["tcp.checksum.status"]:
        wrong.append("TCP without a checksum")
    return wrong


def check(path: pathlib.Path, mtu: int = 1500, tags: int = 0) -> Verdict:
    """Return tshark's verdict on a capture, all of whose frames are good.

    Raises BadCapture if one is longer than *mtu* octets with Ethernet header
    and *tags* VLAN tags, is malformed, or has a bad checksum.
    """
    frames = dissect(path)
    if not frames:
        raise BadCapture(f"{path} is empty")
    longest = mtu + 14 + 4 * tags
    bad = [f"frame {f['frame.number'][0]}: {', '.join(wrong)}"
           for f in frames if (wrong := faults_of(f, longest))]
    if bad:
        raise BadCapture(f"{path}: {len(bad)} of {len(frames)} frames are "
                         "bad\n" + "\n".join(bad[:20]))
    lengths = [int(f["frame.len"][0]) for f in frames]
    return Verdict(
        frames=len(frames), octets=sum(lengths), longest=max(lengths),
        tcp=sum(bool(f["tcp.len"]) for f in frames),
        payload=sum(int(f["tcp.len"][0]) for f in frames if f["tcp.len"]),
        tagged=sum(bool(f["vlan.id"]) for f in frames))
