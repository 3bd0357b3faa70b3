# SPDX-License-Identifier: GPL-2.0
"""A guest in QEMU: how it boots, on KVM or emulated, and how it ends."""

import pathlib
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence

from tools import cache
from tools.vm import qemu
from tools.vm.agent import Agent
from tools.vm.guest import APPEND, GUEST_SHARE, HERE, Guest, GuestDied

MEMORY = {"release": 2048, "debug": 3072}
KVM_BOOT_TIMEOUT = 40.0
# QEMU before 8.1 may keep a translation of the INT3 that the kernel puts in
# place while it patches code, when another CPU runs into it at that moment.
EMULATOR_RACE = "Oops: int3"
EMULATED_BOOTS = 3


class Machine(Guest):
    """A guest in QEMU. ``with Machine(...) as vm`` is the way."""

    def __init__(self, flavour: str = "release", *,
                 tree: pathlib.Path | None = None, smp: int = 2,
                 memory: int | None = None, icount: bool = False,
                 append: str = "", modules: bool = True,
                 out: pathlib.Path | None = None,
                 qemu_args: Sequence[str] = (), boot_timeout: float = 180,
                 gdb: bool = False) -> None:
        super().__init__(flavour, tree, modules, out, boot_timeout)
        self.setup = qemu.Setup(
            kernel=qemu.image(self.tree), smp=1 if icount else smp,
            memory=memory or MEMORY.get(flavour, 2048),
            append=f"{APPEND.get(flavour, '')} {append}",
            icount=icount, gdb=gdb, extra=tuple(qemu_args),
            shares=[
                qemu.Share("share", self.share, GUEST_SHARE, writable=True),
                qemu.Share("repo", cache.REPO, str(cache.REPO)),
                qemu.Share("cache", cache.root(), str(cache.root())),
            ],
            init=HERE / "init", modules=self.modules, repo=cache.REPO,
            initrd=qemu.initrd(self.tree))

    def __enter__(self) -> "Machine":
        super().__enter__()
        return self

    def start(self) -> None:
        """Boot: on KVM if a guest can, else emulated. Raises GuestDied."""
        if self.setup.icount:
            self.boot("tcg icount", self.boot_timeout)
            return
        verdict = qemu.kvm_verdict()
        if verdict is None and not self.setup.gdb:
            try:
                self.boot("kvm", KVM_BOOT_TIMEOUT)
                qemu.remember_kvm(True)
                return
            except GuestDied:
                self.end()
                self.console.rename(self.out / "console-kvm.log")
                self.log.seen = 0
                cache.say("vm: /dev/kvm is there, but no guest boots on it: "
                          "emulating")
                qemu.remember_kvm(False)
        if verdict:
            self.boot("kvm", self.boot_timeout)
        else:
            self.boot_emulated()

    def boot_emulated(self) -> None:
        """Boot on TCG; again where the emulator tripped. Raises GuestDied."""
        for attempt in range(1, EMULATED_BOOTS + 1):
            try:
                self.boot("tcg", self.boot_timeout)
                return
            except GuestDied:
                trip = self.trip()
                if attempt == EMULATED_BOOTS or not trip:
                    raise
                self.end()
                self.console.rename(self.out / f"console-trip-{attempt}.log")
                self.log.seen = 0
                cache.say(f"vm: {trip}: booting again")

    def trip(self) -> str | None:
        """Return what the emulator did wrong while it booted, if it did."""
        if EMULATOR_RACE in self.log.text():
            return ("the emulator tripped over patched code (QEMU before 8.1 "
                    "does now and then)")
        if self.process and self.process.poll() == -signal.SIGABRT:
            return f"the emulator gave up ({self.said()})"
        return None

    def boot(self, accel: str, timeout: float) -> None:
        """Start QEMU with *accel*, wait for the agent. Raises GuestDied."""
        self.accel = accel
        self.console.write_bytes(b"")
        words = qemu.command(self.setup, accel, self.scratch, self.console)
        with open(self.out / "qemu.log", "ab") as log:
            log.write((shlex.join(words) + "\n").encode())
            log.flush()
            # Whatever ends us ends the guest too.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_for_agent(24 * 3600.0 if self.setup.gdb else timeout,
                            self.setup.smp)

    def connect(self) -> Agent:
        """Return a connection to the agent; OSError while there is none."""
        return Agent.at(self.scratch / "agent.sock")

    def said(self) -> str:
        """Return the last lines of QEMU's log that are its own words."""
        text = (self.out / "qemu.log").read_text(errors="replace")
        return "QEMU: " + "\n".join(
            line for line in text.splitlines()[-5:]
            if not line.startswith(f"{qemu.QEMU} -"))

    def end(self) -> None:
        """End QEMU, whatever the guest does. Nothing in it is to be kept."""
        self.close_agent()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


def interactive(machine: Machine, shell: str) -> int:
    """Boot *machine* with *shell* on our terminal; return QEMU's status."""
    machine.setup.shell = shell
    accel = "kvm" if qemu.kvm_verdict() else "tcg"
    cache.say(f"vm: {machine.flavour} on {accel}; leave with exit, "
              "or Ctrl-A X")
    words = qemu.command(machine.setup, accel, machine.scratch, None)
    if machine.setup.gdb:
        cache.say(f"vm: waiting for: gdb -ex 'target remote :1234' "
                  f"{machine.tree}/vmlinux")
    sys.stderr.flush()
    return subprocess.run(words, check=False).returncode
