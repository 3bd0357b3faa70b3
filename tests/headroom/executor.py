# SPDX-License-Identifier: GPL-2.0
"""Where commands run: a guest, or this very machine.

``tools.vm.Machine`` is one Executor, ``Local`` the other. The words mean the
same for both; see the text of ``tools.vm``.
"""

import pathlib
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from tools.vm import CommandError, CommandTimeout, Completed, SplatError
from tools.vm import console as consoles

__all__ = ["CommandError", "CommandTimeout", "Completed", "Executor", "Local",
           "Running", "SplatError", "script"]


class Running(Protocol):
    """A command that was started and not waited for."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""

    def wait(self, timeout: float) -> Completed:
        """Wait at most *timeout* seconds; CommandTimeout after killing it."""

    def kill(self, signal: str = "KILL") -> None:
        """Send a signal to it and its children."""

    def stdout(self) -> str:
        """Return the standard output so far."""

    def stderr(self) -> str:
        """Return the standard error so far."""


class Executor(Protocol):
    """Runs commands as root on a kernel with our modules."""

    share: pathlib.Path
    guest_share: str
    console: pathlib.Path
    accel: str
    release: str

    def run(self, argv: Sequence[str], *, timeout: float = 60,
            stdin: str | bytes | None = None, check: bool = False,
            cwd: str | None = None, env: Mapping[str, str] | None = None,
            netns: str | None = None, follow: bool = False) -> Completed:
        """Run a command to its end."""

    def popen(self, argv: Sequence[str], *, stdin: str | bytes | None = None,
              cwd: str | None = None, env: Mapping[str, str] | None = None,
              netns: str | None = None) -> Running:
        """Start a command."""

    def read(self, path: str) -> str:
        """Return the text of a file."""

    def write(self, path: str, text: str) -> None:
        """Write a file in one write(2); CommandError when refused."""

    def modprobe(self, name: str, *params: str, timeout: float = 120) -> None:
        """Load a module."""

    def dmesg(self) -> str:
        """Return the kernel's log."""

    def splats(self) -> list[str]:
        """Return the kernel's reports since the last call."""

    def kmemleak(self, timeout: float = 180) -> str:
        """Return suspected leaks, "" without kmemleak."""


def script(host: Executor, text: str, *args: str, timeout: float = 60,
           check: bool = True) -> Completed:
    """Run a bash script with arguments: many small steps for one round trip.

    Raises CommandError if it fails and *check* is set.
    """
    return host.run(["bash", "-c", text, "script", *args], timeout=timeout,
                    check=check)


class LocalProcess:
    """A command on this machine, in a session of its own."""

    def __init__(self, argv: Sequence[str], folder: pathlib.Path,
                 child: "subprocess.Popen[bytes]") -> None:
        self.args = list(argv)
        self.folder = folder
        self.child = child
        self.pid = child.pid
        self.started = time.monotonic()

    def stdout(self) -> str:
        """Return the standard output so far."""
        return (self.folder / "out").read_text(errors="replace")

    def stderr(self) -> str:
        """Return the standard error so far."""
        return (self.folder / "err").read_text(errors="replace")

    def poll(self) -> int | None:
        """Return the exit status, 128 + n for signal n, None if it runs."""
        status = self.child.poll()
        return status if status is None or status >= 0 else 128 - status

    def completed(self) -> Completed:
        """Return what is known now; -1 as the status of one that runs."""
        status = self.poll()
        return Completed(self.args, -1 if status is None else status,
                         self.stdout(), self.stderr(),
                         time.monotonic() - self.started)

    def wait(self, timeout: float) -> Completed:
        """Wait at most *timeout* seconds; CommandTimeout after killing it."""
        try:
            self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise CommandTimeout(self.completed(), timeout) from None
        return self.completed()

    def kill(self, signal: str = "KILL") -> None:
        """Send a signal to it and its children; wait for its end if KILL."""
        if self.child.poll() is not None:
            return
        subprocess.run(["kill", f"-{signal}", "--", f"-{self.pid}"],
                       check=False)
        if signal == "KILL":
            self.child.wait(20)


class Local:
    """This machine. Needs root, and a kernel that our modules are built for.

    ``out`` gets kernel.log, which holds the kernel's log since the beginning.
    """

    def __init__(self, out: pathlib.Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.folder = tempfile.TemporaryDirectory(prefix="headroom-local-")
        self.share = pathlib.Path(self.folder.name)
        self.guest_share = str(self.share)
        self.console = out / "kernel.log"
        self.accel = "this machine"
        self.release = self.read("/proc/sys/kernel/osrelease").strip()
        self.serial = 0
        self.running: list[LocalProcess] = []
        self.seen = len(self.dmesg().splitlines())

    def popen(self, argv: Sequence[str], *, stdin: str | bytes | None = None,
              cwd: str | None = None, env: Mapping[str, str] | None = None,
              netns: str | None = None) -> LocalProcess:
        """Start *argv* here, in network namespace *netns* if given."""
        words = [str(word) for word in argv]
        if netns:
            words = ["ip", "netns", "exec", netns, *words]
        if env:
            words = ["env", *(f"{k}={v}" for k, v in env.items()), *words]
        self.serial += 1
        folder = self.share / f"c{self.serial}"
        folder.mkdir()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        (folder / "in").write_bytes(data or b"")
        with open(folder / "in", "rb") as source, \
                open(folder / "out", "ab") as out, \
                open(folder / "err", "ab") as err:
            child = subprocess.Popen(words, stdin=source, stdout=out,
                                     stderr=err, cwd=cwd,
                                     start_new_session=True)
        process = LocalProcess(words, folder, child)
        self.running.append(process)
        return process

    def run(self, argv: Sequence[str], *, timeout: float = 60,
            stdin: str | bytes | None = None, check: bool = False,
            cwd: str | None = None, env: Mapping[str, str] | None = None,
            netns: str | None = None, follow: bool = False) -> Completed:
        """Run *argv* here. ``follow`` prints its output when it has ended."""
        done = self.popen(argv, stdin=stdin, cwd=cwd, env=env,
                          netns=netns).wait(timeout)
        if follow:
            print(done.stdout + done.stderr, end="", flush=True)
        if check and done.returncode:
            raise CommandError(done)
        return done

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return pathlib.Path(path).read_text(errors="replace")

    def write(self, path: str, text: str) -> None:
        """Write *text* in one write(2); CommandError when it is refused."""
        self.run(["dd", f"of={path}", "bs=64K", "status=none",
                  "conv=notrunc"], stdin=text, check=True)

    def modprobe(self, name: str, *params: str, timeout: float = 120) -> None:
        """Load a module that depmod knows here. Raises CommandError."""
        self.run(["modprobe", name, *params], check=True, timeout=timeout)

    def dmesg(self) -> str:
        """Return the kernel's log."""
        done = subprocess.run(["dmesg"], capture_output=True, text=True,
                              check=True)
        return done.stdout

    def splats(self) -> list[str]:
        """Return the kernel's reports since the last call."""
        lines = self.dmesg().splitlines()
        new = lines[self.seen:]
        self.seen = len(lines)
        self.console.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return consoles.find("\n".join(new))

    def kmemleak(self, timeout: float = 180) -> str:
        """Scan twice and return what kmemleak has, "" without it."""
        path = pathlib.Path("/sys/kernel/debug/kmemleak")
        if not path.exists():
            return ""
        for _ in range(2):
            self.run(["sh", "-c", f"echo scan > {shlex.quote(str(path))}"],
                     check=True, timeout=timeout)
        return path.read_text(errors="replace")

    def stop(self) -> None:
        """End what still runs and remove what was temporary."""
        for process in self.running:
            process.kill(signal.SIGKILL.name.removeprefix("SIG"))
        self.folder.cleanup()
