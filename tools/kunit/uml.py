# SPDX-License-Identifier: GPL-2.0
"""Booting User-mode Linux to load modules and hand back its console."""

import dataclasses
import pathlib

from tools.vm import console, usermode

HERE = pathlib.Path(__file__).resolve().parent
DONE = "KUNIT-INIT: done"


@dataclasses.dataclass
class Boot:
    """What one boot gave: its log, and why it is no good (None if it is)."""

    log: str
    failure: str | None


def command(tree: pathlib.Path, modules: pathlib.Path,
            load: list[tuple[str, list[str]]], append: str) -> list[str]:
    """Return the command line of a boot that loads *load* in order."""
    entries = ",".join(":".join([name, *params]) for name, params in load)
    return [str(tree / "linux"), "mem=512M", "root=/dev/root",
            "rootfstype=hostfs", "rootflags=/", "ro", f"init={HERE}/init",
            "con=null", "con0=null,fd:1", "console=tty0", "loglevel=7",
            "panic=-1", "kunit.enable=1", f"KUNIT_MODULES={modules}",
            f"KUNIT_LOAD={entries}", *append.split()]


def verdict(log: str, ended: bool, timeout: float) -> str | None:
    """Tell what went wrong in a boot, None if nothing did."""
    if reports := console.find(log):
        return "kernel report:\n" + reports[0]
    for line in log.splitlines():
        if "does not load" in line:
            return line
    if not ended:
        return f"not done after {timeout:g} s; the log ends:\n{log[-3000:]}"
    if DONE not in log:
        return f"it ended early; the log ends:\n{log[-3000:]}"
    return None


def boot(tree: pathlib.Path, modules: pathlib.Path,
         load: list[tuple[str, list[str]]], append: str = "",
         timeout: float = 600, log_file: pathlib.Path | None = None) -> Boot:
    """Boot, load, end; the guest is killed after *timeout* seconds.

    *log_file* is for what it prints, while it prints it.
    """
    log, ended = usermode.run_to_end(command(tree, modules, load, append),
                                     timeout, log_file)
    return Boot(log, verdict(log, ended, timeout))
