# SPDX-License-Identifier: GPL-2.0
"""A guest with a test kernel and our modules, driven from outside.

    from tools.vm import Machine

    with Machine(flavour="release", smp=2, out=pathlib.Path("out/x")) as vm:
        vm.insmod("hgso")
        vm.insmod("netdevsim", "param=value")
        done = vm.run(["ip", "-j", "link"], timeout=30)
        done.returncode, done.stdout, done.stderr, done.seconds
        server = vm.popen(["iperf3", "-s", "-1"])
        vm.run(["iperf3", "-c", "192.0.2.1"], timeout=60, check=True)
        server.wait(timeout=10)

The guest's root is the host's, read-only; /tmp, /run, /var and /root are
empty and writable. The checkout and the cache are at the same paths as on the
host and show what the host writes. ``vm.share`` is a host folder which both
sides write; the guest has it at ``vm.guest_share`` (/run/share).

Machine(flavour="release", *, tree=None, smp=2, memory=None, icount=False,
        append="", modules=True, out=None, qemu_args=(), boot_timeout=180,
        gdb=False)
    ``tree`` is a built kernel tree (default: $KERNEL or the cached flavour).
    ``modules``: build and offer ours (False: only the tree's own). ``out``
    keeps console.log and qemu.log (default: $OUT/vm or out/vm). ``append``
    goes to the kernel command line, ``qemu_args`` to QEMU's.
    ``vm.accel`` is "kvm", "tcg" or "tcg icount"; ``vm.release`` is uname -r.
vm.run(argv, *, timeout=60, stdin=None, check=False, cwd=None, env=None,
       netns=None, follow=False) -> Completed
    Raises CommandTimeout (the command and its children are killed) after
    ``timeout`` seconds of the host's, CommandError when ``check`` and the
    status is not 0, GuestDied when the guest panicked or hangs. ``follow``
    copies output to ours as it comes. ``stdin`` is str or bytes.
vm.popen(argv, *, stdin=None, cwd=None, env=None, netns=None) -> Process
    .pid .poll() .wait(timeout) .kill() .stdout() .stderr() (what has come so
    far); all still running are killed at the end.
vm.insmod(name, *params), vm.rmmod(name), vm.modprobe(name, *params)
    insmod loads ours with what they depend on, modprobe any of the kernel's.
vm.read(path) -> str, vm.write(path, text)
    For sysfs, procfs and debugfs: no process is started, so they cost much
    less than a command. write() raises CommandError with the errno text
    when the kernel refuses.
vm.dmesg() -> str
vm.splats() -> list[str], vm.check_splats()
    Reports (panic, oops, WARN, BUG, KASAN, UBSAN, lockdep, kmemleak, DMA-API,
    hung task, stall) on the console since the last call; check_splats()
    raises SplatError that shows them. Leaving the ``with`` block checks too.
vm.forgive_splats()
    Forget what came since the last check: for a test that provokes one.
vm.kmemleak() -> str
    Scan twice and return what kmemleak has ("" on a kernel without it).
vm.console -> pathlib.Path of the console log
vm.stop()

UserMode("uml", *, tree=None, memory=None, append="", modules=True, out=None,
         boot_timeout=60)
    The same in User-mode Linux: native speed on any machine, but one CPU and
    neither perf nor kprobes. ``vm.accel`` is "uml".
guest_of(flavour, out) -> Machine or UserMode
"""

import pathlib

from tools.vm.console import SplatError
from tools.vm.guest import Guest, GuestDied, VMError
from tools.vm.machine import Machine
from tools.vm.process import (CommandError, CommandTimeout, Completed,
                              Process)
from tools.vm.usermode import UserMode

__all__ = ["CommandError", "CommandTimeout", "Completed", "Guest",
           "GuestDied", "Machine", "Process", "SplatError", "UserMode",
           "VMError", "guest_of"]


def guest_of(flavour: str, out: pathlib.Path) -> Guest:
    """Return a guest for *flavour*, not booted yet."""
    if flavour.startswith("uml"):
        return UserMode(flavour, out=out)
    return Machine(flavour, out=out)
