# SPDX-License-Identifier: GPL-2.0
"""A file sent by TCP from the left NIC to the right one, and its SHA-256."""

import contextlib
import dataclasses
import hashlib
import pathlib
import random
from collections.abc import Iterator

from headroom import executor
from headroom.pair import Pair

PORT = 5555
MIB = 1 << 20
FOLDER = "/tmp/headroom"
# Random octets are made in pieces: Python makes at most 256 MiB in one.
PIECE = 16 * MIB
# A longer file stays in the share: the guest's memory holds it only once,
# where it arrives.
COPIED = 64 * MIB

# Arguments: family, address, port, file, processors of receiver and sender,
# seconds before giving up, namespaces of sender and receiver. Prints sha256,
# octets and seconds. An empty word for a processor means any.
SEND = """
set -euo pipefail
on() { local cpu=$1; shift; if [[ $cpu ]]; then taskset -c "$cpu" "$@"; else
    "$@"; fi; }
mkdir -p /tmp/headroom
received=/tmp/headroom/received-$$
trap 'rm -f "$received"' EXIT
start=$EPOCHREALTIME
on "$5" timeout "$7" nsenter --net="/run/netns/$9" \
    socat -u "TCP$1-LISTEN:$3,reuseaddr" "OPEN:$received,creat,trunc" &
receiver=$!
on "$6" timeout "$7" nsenter --net="/run/netns/$8" \
    socat -u "FILE:$4" "TCP$1:$2:$3,retry=600,interval=0.05"
wait "$receiver"
end=$EPOCHREALTIME
on "$5" sha256sum "$received"
wc -c "$received"
echo "$((${end/./} - ${start/./}))"
"""

# Arguments: family, address, port, file, folder to work in, seconds before
# giving up. Sends the file over and over until there is a file "stop" in the
# folder; then prints the sha256 of what arrived, and how often it was sent.
FLOW = """
set -euo pipefail
mkdir -p "$5"
timeout "$6" nsenter --net=/run/netns/right \
    socat -u "TCP$1-LISTEN:$3,reuseaddr" STDOUT | sha256sum >"$5/sha256" &
receiver=$!
for ((times = 0; ; times++)); do
    [[ ! -e $5/stop ]] || { echo "$times" >"$5/times"; break; }
    cat "$4"
done | timeout "$6" nsenter --net=/run/netns/left \
    socat -u STDIN "TCP$1:$2:$3,retry=600,interval=0.05"
wait "$receiver"
cat "$5/sha256" "$5/times"
"""


class HashMismatch(AssertionError):
    """What arrived is not what was sent."""


@dataclasses.dataclass(frozen=True)
class Payload:
    """A file in the guest, and what it must be at the other end."""

    path: str
    octets: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Arrival:
    """A file as it arrived; ``seconds`` are the guest's."""

    octets: int
    sha256: str
    seconds: float

    def check(self, sent: Payload) -> None:
        """Raise HashMismatch unless it is *sent*, octet for octet."""
        if (self.octets, self.sha256) != (sent.octets, sent.sha256):
            raise HashMismatch(
                f"sent {sent.octets} octets {sent.sha256}, received "
                f"{self.octets} octets {self.sha256}")


def make(path: pathlib.Path, octets: int, seed: int) -> None:
    """Write random octets."""
    draw = random.Random(seed)
    with path.open("wb") as file:
        for at in range(0, octets, PIECE):
            file.write(draw.randbytes(min(PIECE, octets - at)))


def payload(host: executor.Executor, octets: int, seed: int = 1) -> Payload:
    """Return a file of random octets in the guest; made once.

    Its hash is of what was made here, so that it does not depend on the
    guest.
    """
    name = f"payload-{octets}-{seed}"
    source = host.share / name
    if not source.exists():
        part = source.with_suffix(".part")
        make(part, octets, seed)
        if octets <= COPIED:
            executor.script(host, 'mkdir -p "$2"; cp "$1" "$2/$3"',
                            f"{host.guest_share}/{part.name}", FOLDER, name,
                            timeout=120)
        part.rename(source)
    folder = FOLDER if octets <= COPIED else host.guest_share
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    return Payload(f"{folder}/{name}", octets, sha256)


def parse(text: str) -> Arrival:
    """Return the arrival that the script printed."""
    sha256, octets, micros = (line.split()[0] for line in text.splitlines())
    return Arrival(int(octets), sha256, int(micros) / 1e6)


def command(family: int, address: str, sent: Payload, timeout: float,
            cpu_receiver: str = "", cpu_sender: str = "",
            port: int = PORT, ends: tuple[str, str] = ("left", "right")
            ) -> list[str]:
    """Return the command that sends a file and prints what arrived."""
    if family == 6:
        address = f"[{address}]"
    return ["bash", "-c", SEND, "transfer", str(family), address, str(port),
            sent.path, cpu_receiver, cpu_sender, f"{timeout:g}", *ends]


def send(pair: Pair, family: int, sent: Payload, *, timeout: float = 60,
         cpu: int | None = None, address: str = "") -> Arrival:
    """Send a file, compare, and return how it arrived.

    *address* is the right NIC's unless given; *cpu* is for both ends. Raises
    HashMismatch, and CommandError when it did not arrive in *timeout* s.
    """
    word = "" if cpu is None else str(cpu)
    done = pair.host.run(
        command(family, address or pair.right.address(family), sent, timeout,
                word, word), timeout=timeout + 60, check=True)
    arrival = parse(done.stdout)
    arrival.check(sent)
    return arrival


def between(host: executor.Executor, ends: tuple[str, str], family: int,
            address: str, sent: Payload, timeout: float = 60) -> Arrival:
    """Send a file between the namespaces *ends*; else as send()."""
    arrival = parse(host.run(command(family, address, sent, timeout,
                                     ends=ends),
                             timeout=timeout + 60, check=True).stdout)
    arrival.check(sent)
    return arrival


@contextlib.contextmanager
def flow(pair: Pair, family: int, block: Payload, *, timeout: float = 300,
         number: int = 0, address: str = "") -> Iterator[executor.Running]:
    """Send *block* over and over while the block of code runs; then compare.

    However fast or slow the machine is, there is traffic to its end; several
    at a time have a *number* each. *address* is the right NIC's unless given.
    Raises HashMismatch, and CommandError when
    not all had arrived *timeout* s after the beginning. A block of code that
    fails ends the transfer.
    """
    host = pair.host
    folder = f"{FOLDER}/flow{number}"
    executor.script(host, 'rm -rf "$1"', folder)
    address = address or pair.right.address(family)
    running = host.popen(
        ["bash", "-c", FLOW, "flow", str(family),
         f"[{address}]" if family == 6 else address, str(PORT + number),
         block.path, folder, f"{timeout:g}"])
    try:
        yield running
        executor.script(host, 'touch "$1/stop"', folder)
    except BaseException:
        running.kill()
        raise
    done = running.wait(timeout + 60)
    if done.returncode:
        raise executor.CommandError(done)
    sha256, times = (line.split()[0] for line in done.stdout.splitlines())
    sent = pathlib.Path(host.share / pathlib.Path(block.path).name)
    expected = hashlib.sha256(sent.read_bytes() * int(times)).hexdigest()
    if int(times) == 0 or sha256 != expected:
        raise HashMismatch(f"sent {times} times {block.path}, hash "
                           f"{expected}; received {sha256}")
