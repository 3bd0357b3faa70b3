# SPDX-License-Identifier: GPL-2.0
"""Kernel configuration from fragments, and the check that all survived."""

import pathlib
import re
import subprocess

from tools import cache

CONFIGS = cache.REPO / "tools" / "kernel" / "config"
FRAGMENTS = {
    "release": ("x86", "release"),
    "debug": ("x86", "debug", "kasan", "checks"),
    "uml": ("uml",),
    "uml-kasan": ("uml", "kasan"),
    "uml-debug": ("uml", "kasan", "checks"),
}
LINE = re.compile(r"^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$", re.M)


class ConfigError(Exception):
    """A fragment asks for what the kernel's Kconfig does not grant."""


def make_arch(flavour: str) -> list[str]:
    """Return the variables that make needs for *flavour*."""
    if flavour.startswith("uml"):
        return ["ARCH=um", "SUBARCH=x86_64"]
    return ["ARCH=x86_64"]


def fragments(flavour: str) -> list[pathlib.Path]:
    """Return the fragments of *flavour*; ConfigError if there is no such."""
    if flavour not in FRAGMENTS:
        raise ConfigError(f"no flavour {flavour}: it is one of "
                          + ", ".join(sorted(FRAGMENTS)))
    return [CONFIGS / f"{name}.config" for name in FRAGMENTS[flavour]]


def parse(text: str) -> dict[str, str]:
    """Return option: value of a configuration; "n" for one that is not set."""
    return {yes or no: value if yes else "n"
            for yes, value, no in LINE.findall(text)}


def lost(asked: dict[str, str], got: dict[str, str]) -> list[str]:
    """Name each option of *asked* that *got* does not grant."""
    return [f"{name}={value} (it is {got.get(name, 'n')})"
            for name, value in asked.items() if got.get(name, "n") != value]


def configure(flavour: str, source: pathlib.Path, out: pathlib.Path,
              more: dict[str, str] | None = None) -> None:
    """Write *out*/.config for *flavour*; all that is not asked for is off.

    *more* options go on top of the fragments.

    Raises ConfigError that names every option which did not survive.
    """
    files = fragments(flavour)
    text = "\n".join(f.read_text(encoding="utf-8") for f in files)
    asked = {**parse(text), **(more or {})}
    stray = [line for line in text.splitlines()
             if line.strip() and not line.startswith("# ")
             and line != "#" and not LINE.match(line)]
    if stray:
        raise ConfigError(f"{flavour}: not an option: {stray[0]}")
    whole = out / "fragments.config"
    whole.write_text(
        "".join(f"# {name} is not set\n" if value == "n"
                else f"{name}={value}\n" for name, value in asked.items()),
        encoding="utf-8")
    for target in ("allnoconfig", "olddefconfig"):
        done = subprocess.run(
            ["make", "-s", "-C", source, f"O={out}", *make_arch(flavour),
             f"KCONFIG_ALLCONFIG={whole}", target],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise ConfigError(f"make {target} failed:\n{done.stdout}")
    got = parse((out / ".config").read_text(encoding="utf-8"))
    if gone := lost(asked, got):
        raise ConfigError(f"{flavour}: did not survive olddefconfig: "
                          + ", ".join(gone))
