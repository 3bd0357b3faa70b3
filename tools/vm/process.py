# SPDX-License-Identifier: GPL-2.0
"""Commands in a guest: started by the agent, their output on the share.

The agent hands over output only when a command has ended, so output goes to
files on the shared folder, which the host can read as they grow.
"""

import dataclasses
import pathlib
import shlex
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.vm.guest import Guest

TAIL = 4000


@dataclasses.dataclass
class Completed:
    """A command that has ended; ``seconds`` are the host's."""

    args: list[str]
    returncode: int
    stdout: str
    stderr: str
    seconds: float


class CommandError(Exception):
    """A command in the guest ended with a status that is not 0."""

    def __init__(self, done: Completed) -> None:
        super().__init__(
            f"{shlex.join(done.args)}: status {done.returncode}\n"
            f"{done.stdout[-TAIL:]}{done.stderr[-TAIL:]}")
        self.completed = done


class CommandTimeout(Exception):
    """A command in the guest took too long and was killed."""

    def __init__(self, done: Completed, timeout: float) -> None:
        super().__init__(
            f"{shlex.join(done.args)}: not done after {timeout:g} s\n"
            f"{done.stdout[-TAIL:]}{done.stderr[-TAIL:]}")
        self.completed = done


def text_of(path: pathlib.Path) -> str:
    """Return what a file holds now, "" before there is one."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


class Process:
    """A command that runs in the guest, in a session of its own."""

    def __init__(self, vm: "Guest", argv: Sequence[str],
                 folder: pathlib.Path, pid: int) -> None:
        self.vm = vm
        self.args = list(argv)
        self.folder = folder
        self.pid = pid
        self.returncode: int | None = None
        self.started = time.monotonic()
        self.seconds = 0.0
        self.copied = {"out": 0, "err": 0}

    def stdout(self) -> str:
        """Return the standard output so far."""
        return text_of(self.folder / "out")

    def stderr(self) -> str:
        """Return the standard error so far."""
        return text_of(self.folder / "err")

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        if self.returncode is None:
            self.returncode = self.vm.exec_status(self.pid)
            if self.returncode is not None:
                self.seconds = time.monotonic() - self.started
        return self.returncode

    def completed(self) -> Completed:
        """Return what is known now; -1 as the status of one that runs."""
        status = -1 if self.returncode is None else self.returncode
        seconds = self.seconds or time.monotonic() - self.started
        return Completed(self.args, status, self.stdout(), self.stderr(),
                         seconds)

    def copy_new(self) -> None:
        """Copy what came since the last call to our own output."""
        for name, sink in (("out", sys.stdout), ("err", sys.stderr)):
            path = self.folder / name
            if not path.exists():
                continue
            with open(path, "rb") as handle:
                handle.seek(self.copied[name])
                new = handle.read()
            if new:
                self.copied[name] += len(new)
                sink.buffer.write(new)
                sink.flush()

    def wait(self, timeout: float, follow: bool = False) -> Completed:
        """Wait until it has ended, at most *timeout* seconds of the host's.

        Raises CommandTimeout, after killing it.
        """
        deadline = time.monotonic() + timeout
        # Short commands are answered at once, long ones cost little.
        pause = 0.01
        while self.poll() is None:
            if follow:
                self.copy_new()
            if time.monotonic() > deadline:
                self.kill()
                raise CommandTimeout(self.completed(), timeout)
            time.sleep(pause)
            pause = min(pause * 1.2, 0.1)
        if follow:
            self.copy_new()
        return self.completed()

    def kill(self, signal: str = "KILL", timeout: float = 20) -> None:
        """Send *signal* to it and its children; wait for its end if KILL.

        One that is stuck in the kernel stays; the machine's end ends it.
        """
        if self.poll() is not None:
            return
        self.vm.signal(self.pid, signal)
        deadline = time.monotonic() + timeout
        while signal == "KILL" and self.poll() is None:
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)
