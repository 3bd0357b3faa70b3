# SPDX-License-Identifier: GPL-2.0
"""The headers of a scenario's first frames, looked at only if it fails.

An open capture keeps 16 MiB in the kernel and drops what is over; nobody
reads it until asked, so it costs the wire little. It holds a reference on the
module: end it before unloading.
"""

import pathlib
import time

from headroom.pair import Pair

SNAPLEN = 96
# Arguments: snaplen, file to make when ready, its two folders, two files to
# fill. A reader of its own would see only what comes after it, so the shell
# that holds the captures open empties them when it is told to.
HOLD = """
set -e
begin()
{
    for folder in "$3" "$4"; do echo "$1" >"$folder/snaplen"; done
    exec 3<"$3/tx.pcap" 4<"$4/tx.pcap"
    for folder in "$3" "$4"; do echo 65535 >"$folder/snaplen"; done
    touch "$2"
}
save()
{
    timeout 3 cat <&3 >"$5" || true
    timeout 3 cat <&4 >"$6" || true
    exit
}
trap 'save "$@"' USR1
trap 'begin "$@"' USR2
begin "$@"
while :; do
    sleep 3600 3<&- 4<&- &
    wait
done
"""


class Recorder:
    """Records both directions of a pair's wire until ``stop()``."""

    def __init__(self, pair: Pair) -> None:
        self.host = pair.host
        self.name = f"recorder-{time.monotonic_ns()}"
        self.ready = self.host.share / self.name
        self.files = [f"{self.name}-{nic.netns}.pcap" for nic in pair.nics]
        place = self.host.guest_share
        self.running = self.host.popen(
            ["bash", "-c", HOLD, "recorder", str(SNAPLEN),
             f"{place}/{self.name}",
             *(f"{nic.debugfs}/wire" for nic in pair.nics),
             *(f"{place}/{name}" for name in self.files)])
        if not self.is_ready():
            self.running.kill()
            raise RuntimeError(f"no recorder: {self.running.stderr()}")

    def is_ready(self, timeout: float = 60) -> bool:
        """Wait for both captures to be open; tell whether they are."""
        deadline = time.monotonic() + timeout
        while not self.ready.exists():
            if self.running.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        self.ready.unlink()
        return True

    def again(self) -> bool:
        """Forget what was recorded and begin again; tell whether it does."""
        self.running.kill("USR2")
        return self.is_ready()

    def stop(self) -> None:
        """Forget what was recorded."""
        self.running.kill()

    def save(self, folder: pathlib.Path) -> list[pathlib.Path]:
        """Write left.pcap and right.pcap to *folder* and end."""
        self.running.kill("USR1")
        try:
            self.running.wait(60)
        finally:
            self.running.kill()
        saved = []
        for name in self.files:
            source = self.host.share / name
            if source.exists():
                target = folder / name.removeprefix(f"{self.name}-")
                target.write_bytes(source.read_bytes())
                source.unlink()
                saved.append(target)
        return saved
