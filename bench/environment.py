# SPDX-License-Identifier: GPL-2.0
"""What a bench ran on: the machine, the kernel, the compiler, the commit."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

from bench import guest
from tools import cache
from tools.kernel import config
from tools.kernel import tree as kernels
from tools.vm import qemu

CPUINFO = pathlib.Path("/proc/cpuinfo")
MEMINFO = pathlib.Path("/proc/meminfo")


def field(path: pathlib.Path, name: str) -> str:
    """Return the first value of *name* in a file of "name: value" lines."""
    for line in path.read_text(encoding="utf-8").splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return "unknown"


def running_kernel() -> dict[str, str]:
    """Return the compiler of this machine's kernel, and its config's digest.
    """
    release = platform.release()
    version = pathlib.Path("/proc/version").read_text(encoding="utf-8")
    compiler = re.search(r"\((\S*gcc[^#]*|\S*clang[^#]*?), GNU ld", version)
    found = {"kernel compiler": compiler[1] if compiler else "unknown",
             "config": "unknown"}
    for path in (pathlib.Path(f"/boot/config-{release}"),
                 pathlib.Path(f"/lib/modules/{release}/build/.config")):
        if path.is_file():
            found["config"] = guest.config_digest(
                config.parse(path.read_text(encoding="utf-8")))
            break
    return found


def commit() -> str:
    """Return the commit that is checked out, and whether it was changed."""
    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(cache.REPO), *words],
                              capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "--short=12", "HEAD")
    if not head:
        return "unknown: no git checkout"
    # What a bench itself writes is in out/, which git does not track.
    return head + (", changed" if git("status", "--porcelain",
                                      "--untracked-files=no") else "")


def distribution() -> str:
    """Return the distribution's name and version."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown"


def machine() -> dict[str, str]:
    """Return what this machine is, without anything that names it."""
    memory = int(field(MEMINFO, "MemTotal").split()[0]) / 2**20
    return {
        "processor": field(CPUINFO, "model name"),
        "processors": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "distribution": distribution(),
        "host kernel": platform.release(),
        "QEMU": qemu.qemu_version(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def record() -> dict[str, str]:
    """Return everything that all sections have in common."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {**machine(), "compiler": kernels.compiler(), "commit": commit(),
            "begun": now.strftime("%Y-%m-%d %H:%M UTC")}
