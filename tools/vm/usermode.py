# SPDX-License-Identifier: GPL-2.0
"""A guest in User-mode Linux: native speed on any machine, one CPU.

The kernel is a process of ours. Its root is the host's by hostfs, its console
a file, and its first serial line one end of a socket pair whose other end is
ours: the agent's.
"""

import os
import pathlib
import shlex
import socket
import subprocess
import tempfile
from collections.abc import Sequence

from tools import cache
from tools.vm.agent import Agent
from tools.vm.guest import APPEND, GUEST_SHARE, HERE, Guest

MEMORY = {"uml": 1024, "uml-debug": 3072}
# The kernel and its user processes are many processes of the host; in a PID
# namespace they all end with the first. Who is not root needs a user namespace
# for one.
WRAPPER = ["setpriv", "--pdeathsig", "KILL", "unshare",
           *(["--map-root-user"] if os.geteuid() else []), "--pid", "--fork",
           "--kill-child=KILL"]


def run_to_end(words: Sequence[str], timeout: float,
               console: pathlib.Path | None = None) -> tuple[str, bool]:
    """Run a User-mode Linux that ends by itself; kill it after *timeout* s.

    Returns what it printed, and whether it ended. *console* is a file that
    has what was printed so far, for those who watch a long run.
    """
    with (open(console, "w+b") if console else tempfile.TemporaryFile()) \
            as log, subprocess.Popen(
                [*WRAPPER, *words], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT) as process:
        ended = True
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            ended = False
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        return log.read().decode("utf-8", "replace"), ended


class UserMode(Guest):
    """A guest in User-mode Linux. ``with UserMode(...) as vm``."""

    def __init__(self, flavour: str = "uml", *,
                 tree: pathlib.Path | None = None, memory: int | None = None,
                 append: str = "", modules: bool = True,
                 out: pathlib.Path | None = None,
                 boot_timeout: float = 60) -> None:
        super().__init__(flavour, tree, modules, out, boot_timeout)
        self.memory = memory or MEMORY.get(flavour, 1024)
        self.append = append
        self.line: socket.socket | None = None

    def __enter__(self) -> "UserMode":
        super().__enter__()
        return self

    def command(self, line: int) -> list[str]:
        """Return the kernel with its command line; *line* is the agent's."""
        mounts = ",".join(f"{how}:{host}:{guest}" for how, host, guest in (
            ("rw", self.share, GUEST_SHARE),
            ("ro", cache.REPO, cache.REPO),
            ("ro", cache.root(), cache.root())))
        return [
            str(self.tree / "linux"), f"mem={self.memory}M",
            f"uml_dir={self.scratch}", "umid=guest",
            "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
            f"init={HERE}/init", "console=tty0", "con=null",
            "con0=null,fd:1", "ssl=null", f"ssl0=fd:{line}", "loglevel=7",
            "panic=-1", "noreboot", "kunit.enable=1",
            f"HEADROOM_HOSTFS={mounts}", f"HEADROOM_MODULES={self.modules}",
            f"HEADROOM_REPO={cache.REPO}", "HEADROOM_AGENT=/dev/ttyS0",
            *shlex.split(f"{APPEND.get(self.flavour, '')} {self.append}")]

    def start(self) -> None:
        """Boot. Raises GuestDied."""
        self.accel = "uml"
        self.line, theirs = socket.socketpair()
        words = self.command(theirs.fileno())
        (self.out / "uml.log").write_text(shlex.join(words) + "\n",
                                          encoding="utf-8")
        with theirs, open(self.console, "wb") as console:
            self.process = subprocess.Popen(
                [*WRAPPER, *words], stdin=subprocess.DEVNULL, stdout=console,
                stderr=subprocess.STDOUT, pass_fds=[theirs.fileno()],
                env={**os.environ, "HOME": str(self.scratch)})
        self.wait_for_agent(self.boot_timeout, 1)

    def connect(self) -> Agent:
        """Return a connection to the agent; OSError while there is none."""
        if self.line is None:
            raise ConnectionError("not started")
        return Agent(self.line)

    def said(self) -> str:
        """Return the exit status: what else it says is on the console."""
        status = self.process.poll() if self.process else None
        return "" if status is None else f"status {status}"

    def end(self) -> None:
        """End the kernel and all its processes."""
        self.close_agent()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
