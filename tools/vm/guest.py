# SPDX-License-Identifier: GPL-2.0
"""What all guests have in common: commands, files, modules, health.

How a guest boots and ends is its kind's: ``machine.Machine`` is QEMU,
``uml.UserMode`` is User-mode Linux. Both are driven by qemu-guest-agent.
"""

import itertools
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NoReturn

from tools import cache
from tools.kernel import tree as trees
from tools.modules import tree as module_trees
from tools.vm.agent import Agent, AgentError, AgentSilent
from tools.vm.console import Console, SplatError
from tools.vm.process import CommandError, Completed, Process

GUEST_SHARE = "/run/share"
HERE = pathlib.Path(__file__).resolve().parent
# KASAN tells of one wrong access only, and then of none, unless asked for all.
APPEND = dict.fromkeys(("debug", "uml-debug"), "kasan_multi_shot")


class VMError(Exception):
    """The machine does not start, or is used after its end."""


class GuestDied(Exception):
    """The guest panicked, hangs or is gone; the text shows its console."""


class Guest:
    """A guest, from boot to end. ``with`` boots it and ends it."""

    def __init__(self, flavour: str, tree: pathlib.Path | None,
                 modules: bool, out: pathlib.Path | None,
                 boot_timeout: float) -> None:
        self.flavour = flavour
        self.tree = pathlib.Path(tree) if tree else trees.resolve(flavour)
        self.boot_timeout = boot_timeout
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="headroom-vm-"))
        self.out = pathlib.Path(out) if out else pathlib.Path(
            os.environ.get("OUT") or cache.REPO / "out") / "vm"
        self.out.mkdir(parents=True, exist_ok=True)
        self.share = self.scratch / "share"
        self.share.mkdir()
        self.guest_share = GUEST_SHARE
        self.console = self.out / "console.log"
        self.log = Console(self.console)
        self.modules = module_trees.depot(self.tree, ours=modules)
        self.accel = ""
        self.release = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.agent: Agent | None = None
        self.serial = itertools.count(1)

    # Boot and end.

    def __enter__(self) -> "Guest":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.check_splats()
        finally:
            self.stop()

    def start(self) -> None:
        """Boot. Raises GuestDied."""
        raise NotImplementedError

    def connect(self) -> Agent:
        """Return a connection to the agent; OSError while there is none."""
        raise NotImplementedError

    def end(self) -> None:
        """End the guest, whatever it does. Nothing in it is to be kept."""
        raise NotImplementedError

    def said(self) -> str:
        """Return what the program that runs the guest said itself."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the guest and remove what was temporary."""
        self.end()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def wait_for_agent(self, timeout: float, cpus: int) -> None:
        """Wait until the guest takes commands. Raises GuestDied."""
        assert self.process is not None
        started = time.monotonic()
        while not self.answers():
            if self.process.poll() is not None:
                self.died("it ended while it booted")
            if self.log.panicked():
                self.died("the guest panicked at boot")
            if time.monotonic() > started + timeout:
                self.died(f"no guest after {timeout:g} s")
            time.sleep(0.1)
        self.release = self.read("/proc/sys/kernel/osrelease").strip()
        cache.say(f"vm: {self.release} on {self.accel}, {cpus} "
                  f"CPU{'s' * (cpus > 1)}, up in "
                  f"{time.monotonic() - started:.1f} s")

    def answers(self) -> bool:
        """Tell whether the agent is there; keep the connection if so."""
        try:
            if self.agent is None:
                self.agent = self.connect()
            self.agent.sync(1.0)
            return True
        except AgentSilent:
            return False
        except OSError:
            return False

    def close_agent(self) -> None:
        """Drop the connection to the agent, if there is one."""
        if self.agent:
            self.agent.close()
            self.agent = None

    def died(self, why: str) -> NoReturn:
        """Raise GuestDied with *why* and the end of the console."""
        reports = self.log.take()
        end = "\n".join(reports) or self.log.text()[-4000:]
        raise GuestDied(f"{why} ({self.accel}); console in {self.console}:\n"
                        f"{end}\n{self.said()}")

    # Commands.

    def guarded(self) -> Agent:
        """Return the agent of a guest that lives; else raise GuestDied."""
        if self.process is None or self.agent is None:
            raise VMError("the machine is not running")
        if self.process.poll() is not None:
            self.died("the guest is gone")
        if self.log.panicked():
            # Let the panic be written to its end.
            time.sleep(1)
            self.died("the guest panicked")
        return self.agent

    def exec_status(self, pid: int) -> int | None:
        """Return the exit status of a command, None while it runs."""
        agent = self.guarded()
        try:
            return agent.status(pid, timeout=60)
        except AgentSilent as error:
            self.died(str(error))

    def signal(self, pid: int, signal: str) -> None:
        """Send *signal* to the session of the command *pid*."""
        agent = self.guarded()
        try:
            helper = agent.start("/bin/kill", [f"-{signal}", "--", f"-{pid}"])
            while agent.status(helper) is None:
                time.sleep(0.02)
        except AgentSilent as error:
            self.died(str(error))

    def popen(self, argv: Sequence[str], *, stdin: str | bytes | None = None,
              cwd: str | None = None, env: Mapping[str, str] | None = None,
              netns: str | None = None) -> Process:
        """Start *argv* in the guest, in network namespace *netns* if given."""
        agent = self.guarded()
        argv = [str(word) for word in argv]
        if netns:
            argv = ["ip", "netns", "exec", netns, *argv]
        name = f"c{next(self.serial)}"
        folder = self.share / name
        folder.mkdir()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        (folder / "in").write_bytes(data or b"")
        for stream in ("out", "err"):
            (folder / stream).touch()
        if env:
            (folder / "env").write_text("".join(
                f"export {key}={shlex.quote(value)}\n"
                for key, value in env.items()), encoding="utf-8")
        if cwd:
            (folder / "cwd").write_text(f"{cwd}\n", encoding="utf-8")
        try:
            pid = agent.start("/bin/sh", [str(HERE / "guest-exec"),
                                          f"{GUEST_SHARE}/{name}", *argv])
        except AgentSilent as error:
            self.died(str(error))
        except AgentError as error:
            raise VMError(f"{shlex.join(argv)}: {error}") from error
        return Process(self, argv, folder, pid)

    def run(self, argv: Sequence[str], *, timeout: float = 60,
            stdin: str | bytes | None = None, check: bool = False,
            cwd: str | None = None, env: Mapping[str, str] | None = None,
            netns: str | None = None, follow: bool = False) -> Completed:
        """Run *argv* in the guest. See the package's text."""
        process = self.popen(argv, stdin=stdin, cwd=cwd, env=env, netns=netns)
        done = process.wait(timeout, follow)
        if check and done.returncode:
            raise CommandError(done)
        return done

    # Files, modules, health.

    def read(self, path: str) -> str:
        """Return the text of a guest's file; VMError if it cannot."""
        try:
            return self.guarded().read(path).decode("utf-8", "replace")
        except AgentSilent as error:
            self.died(str(error))
        except AgentError as error:
            raise VMError(str(error)) from error

    def write(self, path: str, text: str) -> None:
        """Write *text*, at most 4096 octets, to a guest's file at once.

        It is one write(2). Raises CommandError with the kernel's reason when
        it is refused.
        """
        started = time.monotonic()
        try:
            self.guarded().write(path, text.encode())
        except AgentSilent as error:
            self.died(str(error))
        except AgentError as error:
            raise CommandError(Completed(
                ["write", path, text], 1, "", str(error),
                time.monotonic() - started)) from error

    def insmod(self, name: str, *params: str, timeout: float = 120) -> None:
        """Load our module *name*, and what it depends on first."""
        path = self.modules / "updates" / f"{name}.ko"
        if not path.exists():
            raise VMError(f"there is no module {name} of ours for {self.tree}")
        self.modprobe(name, *params, timeout=timeout)

    def modprobe(self, name: str, *params: str, timeout: float = 120) -> None:
        """Load a module of ours or of the kernel's. Raises CommandError."""
        self.run(["modprobe", name, *params], check=True, timeout=timeout)

    def rmmod(self, name: str, timeout: float = 120) -> None:
        """Unload a module. Raises CommandError."""
        self.run(["rmmod", name], check=True, timeout=timeout)

    def dmesg(self) -> str:
        """Return the kernel's log."""
        return self.run(["dmesg"], check=True).stdout

    def splats(self) -> list[str]:
        """Return the kernel's reports since the last call."""
        return self.log.take()

    def check_splats(self) -> None:
        """Raise SplatError if the kernel reported an error of its own."""
        if reports := self.splats():
            raise SplatError(f"{len(reports)} kernel reports; console in "
                             f"{self.console}:\n" + "\n\n".join(reports))

    def forgive_splats(self) -> None:
        """Forget the reports since the last check."""
        self.log.take()

    def kmemleak(self, timeout: float = 180) -> str:
        """Scan twice and return the suspected leaks ("" if none)."""
        path = "/sys/kernel/debug/kmemleak"
        if self.run(["test", "-e", path]).returncode:
            return ""
        for _ in range(2):
            self.run(["sh", "-c", f"echo scan > {path}"], check=True,
                     timeout=timeout)
        return self.run(["cat", path], check=True, timeout=timeout).stdout
