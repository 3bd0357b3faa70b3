# SPDX-License-Identifier: GPL-2.0
"""Building our modules against a tree, and a depot that modprobe can read."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from tools import cache
from tools.kernel import config, distro, source
from tools.kernel import tree as kernels
from tools.modules import mirror, stock, symbols

STOCK = ("kernel", "modules.order", "modules.builtin",
         "modules.builtin.modinfo")
SHOWN = 60


class ModuleError(Exception):
    """Our modules do not build; the text holds the compiler's words."""


def options(tree: pathlib.Path) -> dict[str, str]:
    """Return the configuration of a prepared tree."""
    return config.parse((tree / ".config").read_text(encoding="utf-8"))


def arch(tree: pathlib.Path) -> list[str]:
    """Return the variables that make needs for *tree*."""
    flavour = "uml" if options(tree).get("CONFIG_UML") == "y" else "release"
    return config.make_arch(flavour)


def release(tree: pathlib.Path) -> str:
    """Return what uname -r says on a kernel of *tree*."""
    path = tree / "include" / "config" / "kernel.release"
    return path.read_text(encoding="ascii").strip()


def kernel_source(tree: pathlib.Path) -> pathlib.Path:
    """Return a source tree with netdevsim in it that fits *tree*."""
    for place in (tree / "source", tree):
        if (place / stock.NETDEVSIM / "netdev.c").is_file():
            return place.resolve()
    src = source.patched()
    if not release(tree).startswith(source.version(src)):
        cache.say(f"netdevsim of {source.version(src)} for {release(tree)}")
    return src


def place(tree: pathlib.Path) -> pathlib.Path:
    """Return the cache folder for what is built against *tree*."""
    tree = tree.resolve()
    mark = hashlib.sha256(f"{tree}\0{cache.REPO}".encode()).hexdigest()[:8]
    name = tree.name if tree.name != "build" else tree.parent.name
    return cache.root() / "modules" / f"{name}-{mark}"


def make(tree: pathlib.Path, folder: pathlib.Path,
         extra: list[str]) -> subprocess.CompletedProcess[str]:
    """Run make for the external modules in *folder*; return its output."""
    return subprocess.run(
        ["make", "-C", tree, f"M={folder}", *arch(tree),
         f"CC=ccache {kernels.COMPILER}", f"-j{os.cpu_count() or 1}",
         *(f"{name}=m" for name in symbols.chosen(options(tree))[0]),
         *extra, "modules"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
        env=kernels.environment(), check=False)


def compile_modules(tree: pathlib.Path, folder: pathlib.Path,
                    files: dict[str, bytes], extra: list[str]) -> str:
    """Make the sources in *folder* be *files*, build; return make's output.

    Raises ModuleError when it does not build.
    """
    mirror.update(folder, files)
    done = make(tree, folder, extra)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines()
                 if not re.match(r"  [A-Z]+ ", line)]
        raise ModuleError("modules do not build against "
                          f"{tree}:\n" + "\n".join(lines[:SHOWN]))
    return done.stdout


def fingerprint(tree: pathlib.Path, files: dict[str, bytes],
                extra: list[str]) -> str:
    """Return a digest of all that a build in a mirror depends on."""
    state = hashlib.sha256()
    for name in (".config", "Module.symvers"):
        state.update(repr((tree / name).stat().st_mtime_ns).encode())
    state.update(repr((symbols.chosen(options(tree))[0], extra,
                       kernels.compiler())).encode())
    for name, content in sorted(files.items()):
        state.update(name.encode() + b"\0" + content + b"\0")
    return state.hexdigest()


def build(tree: pathlib.Path, out: pathlib.Path | None = None,
          extra: list[str] | None = None) -> pathlib.Path:
    """Build ours against *tree*; return the folder with the .ko files.

    *out* defaults to a place in the cache; *extra* goes to make. Nothing is
    run when nothing has changed.
    """
    extra = extra or []
    folder = out or place(tree) / "src"
    files = mirror.contents(kernel_source(tree))
    mark = fingerprint(tree, files, extra)
    stamp = folder / cache.STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == mark:
        return folder
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    with cache.lock(f"modules-{tree.resolve().name}-{name}"):
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == mark:
            return folder
        folder.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        compile_modules(tree, folder, files, extra)
        cache.set_complete(folder, mark)
    return folder


def install_stock(tree: pathlib.Path, base: pathlib.Path) -> pathlib.Path:
    """Install the tree's own modules under *base*; return lib/modules/X.

    Those of Debian's kernel are in its image's package.
    """
    if name := distro.release(tree):
        return distro.modules(name)
    folder = base / "lib" / "modules" / release(tree)
    listing = tree / "modules.order"
    stamp = base / cache.STAMP
    if stamp.is_file() and (not listing.is_file() or stamp.stat().st_mtime
                            > listing.stat().st_mtime):
        return folder
    shutil.rmtree(base, ignore_errors=True)
    folder.mkdir(parents=True)
    if listing.is_file() and (tree / "vmlinux").is_file():
        done = subprocess.run(
            ["make", "-s", "-C", tree, *arch(tree), f"INSTALL_MOD_PATH={base}",
             "INSTALL_MOD_STRIP=1", "DEPMOD=true", "modules_install"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise ModuleError(f"modules_install failed:\n{done.stdout}")
    cache.set_complete(base)
    return folder


def built(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the modules that the last build in *folder* made.

    Others may lie there, of sources that are gone.
    """
    listing = folder / "modules.order"
    if not listing.is_file():
        return []
    lines = listing.read_text(encoding="utf-8").split()
    return sorted((folder / line).with_suffix(".ko") for line in lines)


def link(folder: pathlib.Path, wanted: dict[str, pathlib.Path]) -> bool:
    """Make the symbolic links in *folder* those *wanted*; tell if any changed.

    What is right stays: another guest may be reading it.
    """
    changed = False
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_symlink() and path.name not in wanted:
            path.unlink()
            changed = True
    for name, target in wanted.items():
        path = folder / name
        if path.is_symlink() and path.readlink() == target:
            continue
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        changed = True
    return changed


def depot(tree: pathlib.Path, ours: bool = True) -> pathlib.Path:
    """Return a folder that can be /lib/modules/X of a guest.

    It has the tree's modules and, in updates/, ours (built first), which
    modprobe prefers; without *ours* the tree's only.
    """
    tree = tree.resolve()
    modules = built(build(tree)) if ours else []
    with cache.lock(f"depot-{place(tree).name}"):
        theirs = install_stock(tree, place(tree) / "stock")
        base = place(tree) / ("ours" if ours else "plain")
        folder = base / "lib" / "modules" / release(tree)
        changed = link(folder, {name: theirs / name for name in STOCK
                                if (theirs / name).exists()})
        changed |= link(folder / "updates", {m.name: m for m in modules})
        index = folder / "modules.dep.bin"
        if changed or not index.exists() or any(
                m.stat().st_mtime > index.stat().st_mtime for m in modules):
            subprocess.run(["/sbin/depmod", "-b", base, release(tree)],
                           stderr=subprocess.DEVNULL, check=True)
    return folder
