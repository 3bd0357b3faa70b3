# SPDX-License-Identifier: GPL-2.0
"""QEMU's command line, and whether KVM can be believed."""

import dataclasses
import os
import pathlib
import shlex
import subprocess

from tools import cache
from tools.kernel import distro

QEMU = "qemu-system-x86_64"
# REP instructions cost an instruction an iteration under icount, so the model
# is pinned: it has no ERMS or FSRM, and no Meltdown.
ICOUNT_CPU = "EPYC-v3"
# What is emulated by helper functions (AVX, five levels of page tables, SMAP)
# costs time and shows nothing: a fifth of what starting programs costs.
TCG_CPU = "qemu64"


@dataclasses.dataclass
class Share:
    """A host folder that the guest mounts by 9p under *tag* at *path*."""

    tag: str
    host: pathlib.Path
    guest: str
    writable: bool = False


@dataclasses.dataclass
class Setup:
    """What a machine is made of."""

    kernel: pathlib.Path
    smp: int
    memory: int
    append: str
    icount: bool
    gdb: bool
    extra: tuple[str, ...]
    shares: list[Share]
    init: pathlib.Path
    modules: pathlib.Path | None
    repo: pathlib.Path
    shell: str = ""
    initrd: pathlib.Path | None = None


def boot_id() -> str:
    """Return what names this boot of the host."""
    path = pathlib.Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip()


def qemu_version() -> str:
    """Return the first line of QEMU's --version."""
    return subprocess.run([QEMU, "--version"], capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def kvm_memo() -> pathlib.Path:
    """Return the file that remembers for this boot whether KVM works."""
    return cache.root() / f"kvm-{boot_id()}"


def kvm_verdict() -> bool | None:
    """Tell whether KVM works; None when nobody has tried yet."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    memo = kvm_memo()
    if memo.is_file():
        verdict, _, version = memo.read_text(encoding="utf-8").partition(" ")
        if version.strip() == qemu_version():
            return verdict == "kvm"
    return None


def remember_kvm(works: bool) -> None:
    """Remember for this boot of the host whether a guest booted on KVM."""
    part = kvm_memo().with_suffix(f".{os.getpid()}")
    part.write_text(f"{'kvm' if works else 'tcg'} {qemu_version()}\n",
                    encoding="utf-8")
    part.rename(kvm_memo())


def image(tree: pathlib.Path) -> pathlib.Path:
    """Return what of a built tree, or of Debian's headers, QEMU can boot.

    vmlinux enters by PVH and saves the decompressor, which is slow without
    KVM. Raises FileNotFoundError.
    """
    if name := distro.release(tree):
        return distro.image(name)
    options = (tree / ".config").read_text(encoding="utf-8")
    vmlinux = tree / "vmlinux"
    if "CONFIG_PVH=y" in options and vmlinux.is_file():
        return vmlinux
    packed = tree / "arch" / "x86" / "boot" / "bzImage"
    if packed.is_file():
        return packed
    raise FileNotFoundError(f"{tree} has neither vmlinux with CONFIG_PVH nor "
                            "a bzImage")


def initrd(tree: pathlib.Path) -> pathlib.Path | None:
    """Return the initramfs that a kernel needs to get at the root, if any."""
    name = distro.release(tree)
    return distro.initramfs(name) if name else None


def kernel_line(setup: Setup) -> str:
    """Return the kernel command line of *setup*."""
    mounts = ",".join(f"{s.tag}:{s.guest}" for s in setup.shares)
    words = [
        "console=ttyS0", "loglevel=7", "panic=-1", "tsc=nowatchdog",
        "kunit.enable=1",
        # Emulation on a busy host is slow, not hung.
        "no_timer_check", "watchdog_thresh=60",
        "rcupdate.rcu_cpu_stall_timeout=120",
        # Emulation translates code again wherever it is mapped anew: with one
        # place for each program, starting one costs a third.
        "norandmaps",
        "root=root9p", "rootfstype=9p", "ro",
        "rootflags=trans=virtio,version=9p2000.L,cache=loose,msize=512000",
        f"init={setup.init}", f"HEADROOM_MOUNTS={mounts}",
        f"HEADROOM_REPO={setup.repo}",
    ]
    if setup.modules:
        words.append(f"HEADROOM_MODULES={setup.modules}")
    if setup.shell:
        words.append(f"HEADROOM_SHELL={setup.shell}")
    if setup.gdb:
        words.append("nokaslr")
    words += shlex.split(setup.append)
    return " ".join(words)


def command(setup: Setup, accel: str, run: pathlib.Path,
            console: pathlib.Path | None) -> list[str]:
    """Return QEMU's arguments; sockets go to *run*.

    *console* is the log file; None means our own terminal.
    """
    words = [QEMU, "-M", "q35", "-nodefaults", "-no-user-config", "-nographic",
             "-no-reboot", "-m", str(setup.memory), "-smp", str(setup.smp),
             "-nic", "none", "-kernel", str(setup.kernel),
             "-append", kernel_line(setup)]
    if accel == "tcg icount":
        words += ["-accel", "tcg,thread=single", "-icount",
                  "shift=0,sleep=off", "-cpu", ICOUNT_CPU]
    elif accel == "kvm":
        words += ["-accel", "kvm", "-cpu", "host"]
    else:
        words += ["-accel", "tcg,thread=multi", "-cpu", TCG_CPU]
    if setup.initrd:
        words += ["-initrd", str(setup.initrd)]
    words += ["-virtfs", "local,path=/,mount_tag=root9p,security_model=none,"
              "readonly=on,multidevs=remap"]
    for share in setup.shares:
        readonly = "" if share.writable else "readonly=on,"
        words += ["-virtfs", f"local,path={share.host},mount_tag={share.tag},"
                  f"security_model=none,{readonly}multidevs=remap"]
    words += ["-device", "virtio-rng-pci",
              "-device", "virtio-serial-pci",
              "-chardev",
              f"socket,id=agent,path={run}/agent.sock,server=on,wait=off",
              "-device", "virtserialport,chardev=agent,"
              "name=org.qemu.guest_agent.0"]
    if console:
        words += ["-chardev", f"file,id=console,path={console}",
                  "-serial", "chardev:console", "-monitor", "none"]
    else:
        words += ["-serial", "mon:stdio"]
    if setup.gdb:
        words += ["-s", "-S"]
    return words + list(setup.extra)
