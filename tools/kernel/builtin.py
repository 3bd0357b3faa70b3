# SPDX-License-Identifier: GPL-2.0
"""Putting all of ours into a kernel tree, and building it in (=y)."""

import os
import pathlib
import shutil
import subprocess

from tools import cache
from tools.kernel import config, source, tree
from tools.modules import mirror, symbols

PLACE = "drivers/net/headroom"
KCONFIG_LINE = f'source "{PLACE}/Kconfig"\n'
MAKEFILE_LINE = "obj-y += headroom/\n"
KCONFIG_END = "endif # NETDEVICES"


def rewrite(path: pathlib.Path, text: str) -> None:
    """Give *path* a new content; a file it shares by hard link stays."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)


def add(src: pathlib.Path) -> None:
    """Add ours to the source tree *src*, or bring what is there up to date.

    Raises SourceError when it is not a kernel tree or a patch fails.
    """
    source.version(src)
    folder = src / PLACE
    folder.mkdir(parents=True, exist_ok=True)
    mirror.update(folder, mirror.contents(src, ports=False))
    kconfig = src / "drivers/net/Kconfig"
    text = kconfig.read_text(encoding="utf-8")
    if KCONFIG_LINE not in text:
        if KCONFIG_END not in text:
            raise source.SourceError(f"{kconfig} does not end as in 6.12")
        head, _, tail = text.rpartition(KCONFIG_END)
        rewrite(kconfig, f"{head}{KCONFIG_LINE}\n{KCONFIG_END}{tail}")
    makefile = src / "drivers/net/Makefile"
    text = makefile.read_text(encoding="utf-8")
    if MAKEFILE_LINE not in text:
        rewrite(makefile, text + MAKEFILE_LINE)


def copy(flavour: str) -> pathlib.Path:
    """Return a source tree of our own with everything of ours in it."""
    clean = source.patched(flavour)
    copied = cache.root() / "builtin" / clean.parent.name / clean.name
    if not (copied / "Makefile").is_file():
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(clean, copied, symlinks=True, copy_function=os.link)
    add(copied)
    return copied


def options(flavour: str) -> dict[str, str]:
    """Return what to ask for so that all that *flavour* carries is =y."""
    fragments = "\n".join(path.read_text(encoding="utf-8")
                          for path in config.fragments(flavour))
    got = config.parse(fragments)
    # The first follows from IOMMU_SUPPORT; ours replaces the stock module.
    got |= {"CONFIG_IOMMU_DMA": "y", "CONFIG_NETDEVSIM": "n"}
    asked = {name: "y" for name in symbols.chosen(got)[0]}
    if "CONFIG_NETDEVSIM_NIC" in asked:
        asked["CONFIG_NETDEVSIM"] = "n"
    return asked


def build(flavour: str, targets: list[str]) -> pathlib.Path:
    """Configure *flavour* with ours built in, make *targets*.

    Raises ConfigError when one of our options does not stay y, BuildError
    when it does not compile.
    """
    with cache.lock(f"builtin-{flavour}"):
        src = copy(flavour)
        out = cache.root() / "builtin" / flavour
        out.mkdir(parents=True, exist_ok=True)
        config.configure(flavour, src, out, options(flavour))
        done = subprocess.run(
            ["make", "-C", src, f"O={out}", *config.make_arch(flavour),
             f"CC=ccache {tree.COMPILER}", f"-j{os.cpu_count() or 1}",
             *targets],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            env=tree.environment(), check=False)
        if done.returncode:
            raise tree.BuildError(f"{flavour} with ours built in:\n"
                                  + "\n".join(done.stdout.splitlines()[-60:]))
    return out
