# SPDX-License-Identifier: GPL-2.0
"""Debian's own kernel in the VM: nothing to build but our modules.

The image and its modules come from the package that fits the installed
headers, unpacked in the cache and not installed. 9p is a module there, so an
initramfs loads it and goes on with our init.
"""

import gzip
import os
import pathlib
import re
import shutil
import subprocess

from tools import cache
from tools.kernel.source import SourceError

NAME = "distro"
HEADERS = pathlib.Path("/usr/src")
PATTERN = re.compile(r"linux-headers-(6\.12\.\d+\S*-amd64)$")
BUSYBOX = pathlib.Path("/bin/busybox")
NEEDED = ("netfs", "9pnet", "9pnet_virtio", "9p")
INIT = """#!/bin/busybox sh
# PID 1 of an initramfs: mounts the host's root, goes on with init= there.
/bin/busybox mount -t proc proc /proc
for module in {modules}; do
    /bin/busybox insmod "/modules/$module.ko"
done
/bin/busybox mount -t 9p -o \\
    ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 root9p /root
for word in $(/bin/busybox cat /proc/cmdline); do
    case $word in init=*) init=${{word#init=}} ;; esac
done
/bin/busybox umount /proc
exec /bin/busybox switch_root /root "$init"
"""


class DistroError(SourceError):
    """There is no such kernel here; the text says what to do."""


def number(folder: pathlib.Path) -> list[int]:
    """Return the numbers in a name, to find the newest by."""
    return [int(word) for word in re.findall(r"\d+", folder.name)]


def tree() -> pathlib.Path:
    """Return the newest installed headers of 6.12. Raises DistroError."""
    found = [path for path in HEADERS.glob("linux-headers-6.12.*")
             if PATTERN.match(path.name)
             and not re.search(r"-(rt|cloud)-", path.name)]
    if not found:
        raise DistroError("no linux-headers-6.12.*-amd64 is installed: run "
                          "tools/install as root")
    return max(found, key=number)


def release(headers: pathlib.Path) -> str | None:
    """Return the release of installed headers, None for another tree."""
    match = PATTERN.match(headers.name)
    return match[1] if match and headers.parent == HEADERS else None


def version(name: str) -> str:
    """Return the version of the installed headers of release *name*."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", f"linux-headers-{name}"],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise DistroError(f"linux-headers-{name} is of no Debian package")
    return done.stdout


def download(name: str, folder: pathlib.Path) -> pathlib.Path:
    """Download the image's package; DistroError with what apt said."""
    said = ""
    for package in (f"linux-image-{name}-unsigned", f"linux-image-{name}"):
        done = subprocess.run(
            ["apt-get", "download", "-q", f"{package}={version(name)}"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
        found = list(folder.glob(f"{package}_*.deb"))
        if done.returncode == 0 and found:
            return found[0]
        said += done.stdout
    raise DistroError(f"no image of {name} can be downloaded; apt-get update "
                      f"may help:\n{said}")


def unpacked(name: str) -> pathlib.Path:
    """Return a folder with the image's package unpacked, from the cache."""
    entry = cache.root() / "distro" / f"{name}_{version(name)}"
    if cache.is_complete(entry):
        return entry
    with cache.lock(f"distro-{name}"):
        if cache.is_complete(entry):
            return entry
        shutil.rmtree(entry, ignore_errors=True)
        entry.mkdir(parents=True)
        cache.say(f"kernel distro: downloading the image of {name}")
        package = download(name, entry)
        subprocess.run(["dpkg-deb", "-x", package, entry / "root"],
                       check=True)
        package.unlink()
        cache.set_complete(entry)
    return entry


def modules(name: str) -> pathlib.Path:
    """Return the image's own /lib/modules/X."""
    root = unpacked(name) / "root"
    for base in (root / "lib" / "modules", root / "usr" / "lib" / "modules"):
        if (base / name).is_dir():
            return base / name
    raise DistroError(f"the package of {name} has no modules")


def image(name: str) -> pathlib.Path:
    """Return the image."""
    return unpacked(name) / "root" / "boot" / f"vmlinuz-{name}"


def copy_module(name: str, source: pathlib.Path,
                folder: pathlib.Path) -> None:
    """Copy module *name* from under *source*, uncompressed."""
    found = sorted(source.rglob(f"{name}.ko*"))
    if not found:
        raise DistroError(f"the kernel has no module {name}")
    target = folder / f"{name}.ko"
    with open(target, "wb") as out:
        if found[0].suffix == ".ko":
            out.write(found[0].read_bytes())
        else:
            tool = {".xz": "xz", ".zst": "zstd", ".gz": "gzip"}[
                found[0].suffix]
            subprocess.run([tool, "-dc", found[0]], stdout=out, check=True)


def initramfs(name: str) -> pathlib.Path:
    """Return an initramfs that mounts the host's root by 9p."""
    entry = unpacked(name)
    path = entry / "initramfs.gz"
    if path.is_file():
        return path
    if not BUSYBOX.is_file():
        raise DistroError("no /bin/busybox: run tools/install as root")
    folder = entry / "initramfs"
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("bin", "modules", "proc", "root", "dev"):
        (folder / part).mkdir(parents=True)
    shutil.copy(BUSYBOX, folder / "bin" / "busybox")
    for module in NEEDED:
        copy_module(module, modules(name), folder / "modules")
    init = folder / "init"
    init.write_text(INIT.format(modules=" ".join(NEEDED)), encoding="utf-8")
    init.chmod(0o755)
    names = "\n".join(
        str(file.relative_to(folder)) for file in sorted(folder.rglob("*")))
    done = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
                          cwd=folder, input=names.encode(),
                          stdout=subprocess.PIPE, check=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(gzip.compress(done.stdout, 6))
    part.rename(path)
    return path
