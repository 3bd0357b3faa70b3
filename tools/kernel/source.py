# SPDX-License-Identifier: GPL-2.0
"""The kernel source: Debian's archive unpacked, and our patches on it."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from tools import cache
from tools.kernel import config

SERIES = "6.12"
ARCHIVE = pathlib.Path(f"/usr/src/linux-source-{SERIES}.tar.xz")
PATCHES = cache.REPO / "kernel" / "patches"


class SourceError(Exception):
    """The source is absent, cannot be unpacked, or a patch does not apply."""


def archive() -> pathlib.Path:
    """Return Debian's source archive, installing its package if absent.

    Raises SourceError when it is absent and cannot be installed.
    """
    if not ARCHIVE.is_file():
        subprocess.run([cache.REPO / "tools" / "install"], check=False)
    if not ARCHIVE.is_file():
        raise SourceError(f"{ARCHIVE} is absent: install the package "
                          f"linux-source-{SERIES} (tools/install, as root)")
    return ARCHIVE


def pristine() -> pathlib.Path:
    """Return the unpacked, unchanged source tree (40 s the first time)."""
    packed = archive()
    entry = cache.root() / "source" / cache.digest(packed)[:16]
    tree = entry / f"linux-source-{SERIES}"
    if cache.is_complete(entry):
        return tree
    with cache.lock(f"source-{entry.name}"):
        if cache.is_complete(entry):
            return tree
        cache.say(f"unpacking {packed} to {entry}")
        shutil.rmtree(entry, ignore_errors=True)
        entry.mkdir(parents=True)
        done = subprocess.run(["tar", "-C", entry, "-xJf", packed],
                              check=False)
        if done.returncode:
            raise SourceError(f"{packed} does not unpack")
        cache.set_complete(entry)
    return tree


def version(tree: pathlib.Path) -> str:
    """Return the version of a source tree, such as 6.12.117."""
    text = (tree / "Makefile").read_text(encoding="utf-8")
    parts = [re.search(rf"^{name} = *(\d+)", text, re.M)
             for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if not all(parts):
        raise SourceError(f"{tree} is not a kernel source tree")
    return ".".join(part[1] for part in parts if part)


def series(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the patches that *folder*/series lists, in order.

    No series file means no patches; a listed patch that is not there raises
    SourceError.
    """
    listing = folder / "series"
    if not listing.is_file():
        return []
    patches = []
    for line in listing.read_text(encoding="utf-8").splitlines():
        name = line.split("#")[0].strip()
        if not name:
            continue
        if not (folder / name).is_file():
            raise SourceError(f"{listing} names {name}, which is not there")
        patches.append(folder / name)
    return patches


def apply(patches: list[pathlib.Path], tree: pathlib.Path,
          strip: int = 1) -> None:
    """Apply *patches* to *tree*; SourceError names the one that fails."""
    for patch in patches:
        done = subprocess.run(
            ["patch", f"-p{strip}", "--no-backup-if-mismatch", "--force",
             "--fuzz=0", "-d", tree, "-i", patch],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        if done.returncode:
            raise SourceError(f"patch {patch} does not apply:\n{done.stdout}")


def patches_digest(patches: list[pathlib.Path]) -> str:
    """Return a digest of what *patches* say and of their order."""
    state = hashlib.sha256()
    for patch in patches:
        state.update(patch.name.encode() + b"\0" + patch.read_bytes())
    return state.hexdigest()


def patches_of(flavour: str) -> list[pathlib.Path]:
    """Return the patches for a flavour: everybody's, then its fragments'.

    A fragment called x86 has them in the folder x86.
    """
    found = series(PATCHES)
    for fragment in config.fragments(flavour):
        found += series(PATCHES / fragment.stem)
    return found


def patched(flavour: str = "release") -> pathlib.Path:
    """Return the source tree with the series of *flavour* applied.

    It is the pristine tree when there are no patches, else a copy that shares
    all files but the patched ones (patch writes a new file and renames it).
    """
    clean = pristine()
    patches = patches_of(flavour)
    if not patches:
        return clean
    name = f"{clean.parent.name}-{patches_digest(patches)[:12]}"
    entry = clean.parent.parent / name
    tree = entry / clean.name
    with cache.lock(f"source-{name}"):
        if cache.is_complete(entry):
            return tree
        shutil.rmtree(entry, ignore_errors=True)
        entry.mkdir(parents=True)
        shutil.copytree(clean, tree, symlinks=True, copy_function=os.link)
        apply(patches, tree)
        cache.set_complete(entry, "\n".join(p.name for p in patches))
    return tree
