# SPDX-License-Identifier: GPL-2.0
"""Running segbench in User-mode Linux, where a nanosecond is a real one."""

import pathlib
import re
from collections.abc import Mapping

from bench.results import ResultsError
from tools.modules import tree as modules
from tools.vm import console, usermode

INIT = pathlib.Path(__file__).resolve().parent / "uml-passes"
PASS = re.compile(r"^SEGBENCH pass \d+\n(.*?)^SEGBENCH end$", re.M | re.S)
TIMEOUT = 900


def command(tree: pathlib.Path, folder: pathlib.Path, passes: int,
            params: Mapping[str, str | int]) -> list[str]:
    """Return the command line of a boot that runs *passes* passes."""
    # The stock paths are measured as they are: nothing takes them over.
    load = ["hgso", "hgro", "inet_lro", "hgso_takeover:enabled=0",
            ":".join(["segbench", *(f"{k}={v}" for k, v in params.items())]),
            "nsim_iommu", "segbench_dma"]
    load = [name for name in load
            if (folder / f"{name.partition(':')[0]}.ko").exists()]
    return [str(tree / "linux"), "mem=512M", "root=/dev/root",
            "rootfstype=hostfs", "rootflags=/", "ro", f"init={INIT}",
            "con=null", "con0=null,fd:1", "console=tty0", "loglevel=4",
            "panic=-1", f"SEGBENCH_MODULES={folder}",
            f"SEGBENCH_LOAD={','.join(load)}", f"SEGBENCH_PASSES={passes}"]


def boot(words: list[str]) -> str:
    """Run User-mode Linux to its end; return what it printed.

    Raises ResultsError when it takes too long.
    """
    log, ended = usermode.run_to_end(words, TIMEOUT)
    if not ended:
        raise ResultsError(f"User-mode Linux: no end after {TIMEOUT} s")
    return log.replace("\r\n", "\n")


def split(log: str, passes: int) -> list[str]:
    """Return what each pass printed. Raises ResultsError."""
    if reports := console.find(log):
        raise ResultsError(f"User-mode Linux reported:\n{reports[0]}")
    found = PASS.findall(log)
    if len(found) != passes or "does not" in log:
        raise ResultsError(f"{len(found)} of {passes} passes; the log ends:\n"
                           f"{log[-2000:]}")
    return found


def run(tree: pathlib.Path, pattern: str, passes: int,
        params: Mapping[str, str | int], out: pathlib.Path) -> list[str]:
    """Run all cases that match *pattern*, *passes* times; return the texts.

    *out* keeps the log. Raises ResultsError, ModuleError.
    """
    folder = modules.build(tree)
    places = {path.stem: path for path in modules.built(folder)}
    if "segbench" not in places:
        raise ResultsError("segbench is not built for User-mode Linux")
    depot = out / "uml"
    depot.mkdir(parents=True, exist_ok=True)
    modules.link(depot, {f"{name}.ko": path for name, path in places.items()})
    log = boot(command(tree, depot.resolve(), passes,
                       {"filter": pattern, **params}))
    (out / "uml.log").write_text(log, encoding="utf-8")
    return split(log, passes)
