# SPDX-License-Identifier: GPL-2.0
"""Sources of the kernel's own with our patches: netdevsim, and driver ports.

A port is a folder of kernel/ports/. ``source`` in it names files or folders of
the kernel source, one a line; ``series`` lists the patches; ``Kbuild`` builds
what comes of them, in that same folder.
"""

import pathlib
import shutil
import tempfile

from tools import cache
from tools.kernel import source

NETDEVSIM = "drivers/net/netdevsim"
PORTS = "kernel/ports"


def copy(src: pathlib.Path, place: str, into: pathlib.Path) -> None:
    """Copy C sources of *src* to the same place in *into*.

    *place* is a file or a folder of them; SourceError when it is not there.
    """
    found = src / place
    files = ([path for path in sorted(found.iterdir())
              if path.suffix in (".c", ".h")] if found.is_dir() else [found])
    for path in files:
        if not path.is_file():
            raise source.SourceError(f"{src} has no {place}")
        target = into / path.relative_to(src)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def patched(src: pathlib.Path, places: list[str], series: pathlib.Path,
            to: str) -> dict[str, bytes]:
    """Return sources of *src* with the series in a folder applied.

    Each is in the folder *to* of our mirror, whatever folder it was in. Raises
    SourceError that names the patch which does not apply.
    """
    with tempfile.TemporaryDirectory(prefix="headroom-stock-") as scratch:
        tree = pathlib.Path(scratch)
        for place in places:
            copy(src, place, tree)
        source.apply(source.series(series), tree)
        return {f"{to}/{path.name}": path.read_bytes()
                for path in sorted(tree.rglob("*.[ch]"))}


def netdevsim(src: pathlib.Path) -> dict[str, bytes]:
    """Return netdevsim's own sources of *src* with our hooks."""
    return patched(src, [NETDEVSIM], cache.REPO / "netdevsim-ext" / "patches",
                   "netdevsim-ext")


def ports() -> list[pathlib.Path]:
    """Return the folders of the driver ports."""
    return sorted(path.parent for path in
                  (cache.REPO / PORTS).glob("*/source"))


def port(src: pathlib.Path, folder: pathlib.Path) -> dict[str, bytes]:
    """Return the sources of the port in *folder*, of the kernel *src*."""
    lines = (folder / "source").read_text(encoding="utf-8").splitlines()
    places = [line.strip() for line in lines
              if line.strip() and not line.startswith("#")]
    return patched(src, places, folder, f"{PORTS}/{folder.name}")
