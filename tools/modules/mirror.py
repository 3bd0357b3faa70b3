# SPDX-License-Identifier: GPL-2.0
"""A copy of our sources to build in, so that the checkout stays clean.

Only files whose content differs are written: make then rebuilds what changed
and nothing else.
"""

import pathlib

from tools import cache
from tools.kernel import source
from tools.modules import stock

FOLDERS = ("kernel", "netdevsim-ext", "bench")
SUFFIXES = {".c", ".h", ".S"}
NAMES = ("Kbuild", "Kconfig")
SKIPPED = {"patches"}


def is_source(path: pathlib.Path) -> bool:
    """Tell whether *path* is something that kbuild reads."""
    return path.suffix in SUFFIXES or path.name.startswith(NAMES)


def ours() -> dict[str, bytes]:
    """Return our kernel sources: path in the checkout, content."""
    found = {}
    for name in NAMES:
        if (cache.REPO / name).is_file():
            found[name] = (cache.REPO / name).read_bytes()
    for folder in FOLDERS:
        for path in sorted((cache.REPO / folder).rglob("*")):
            relative = path.relative_to(cache.REPO)
            if SKIPPED & set(relative.parts) or not path.is_file():
                continue
            if is_source(path) and not path.name.endswith(".mod.c"):
                found[str(relative)] = path.read_bytes()
    return found


def contents(src: pathlib.Path, ports: bool = True) -> dict[str, bytes]:
    """Return all that is built: ours, and what of the source *src* is patched.

    *ports* is for the driver ports, which a kernel tree of its own has no use
    for. One of our files at the place of a stock one raises SourceError.
    """
    mine = ours()
    theirs = {}
    if "netdevsim-ext/Kbuild" in mine:
        theirs = stock.netdevsim(src)
    for folder in stock.ports() if ports else []:
        theirs |= stock.port(src, folder)
    if clash := sorted(set(mine) & set(theirs)):
        raise source.SourceError(f"the kernel source has a {clash[0]} too")
    return {**theirs, **mine}


def update(folder: pathlib.Path, files: dict[str, bytes]) -> None:
    """Make the sources in *folder* those in *files*; build products stay."""
    for name, content in files.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in folder.rglob("*"):
        if (path.is_file() and is_source(path)
                and not path.name.endswith(".mod.c")
                and str(path.relative_to(folder)) not in files):
            path.unlink()
            path.with_suffix(".o").unlink(missing_ok=True)
