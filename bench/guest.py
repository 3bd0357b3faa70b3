# SPDX-License-Identifier: GPL-2.0
"""Running segbench in a guest that counts instructions."""

import hashlib
import pathlib
from collections.abc import Mapping

from bench import results
from tools.kernel import config, source
from tools.kernel import tree as trees
from tools.modules.tree import ModuleError
from tools.vm import (CommandError, CommandTimeout, GuestDied, Machine,
                      SplatError, VMError, qemu)

FILES = "/sys/kernel/debug/segbench"
# One instruction takes one nanosecond of the guest's (-icount shift=0).
UNIT = "instructions"
# All that can go wrong with a guest, its kernel, our modules and a run.
ERRORS: tuple[type[Exception], ...] = (
    results.ResultsError, CommandError, CommandTimeout, GuestDied, SplatError,
    VMError, ModuleError, config.ConfigError, source.SourceError,
    trees.BuildError, FileNotFoundError)


def config_digest(options: Mapping[str, str]) -> str:
    """Return a digest of the options that are set.

    Neither comments nor order matter.
    """
    chosen = sorted(f"{name}={value}" for name, value in options.items()
                    if value != "n")
    return hashlib.sha256("\n".join(chosen).encode()).hexdigest()[:16]


def describe(tree: pathlib.Path, release: str,
             cpu: str = qemu.ICOUNT_CPU) -> dict[str, str]:
    """Return what the counts depend on: they are compared where it is equal.

    *cpu* is what it runs on.
    """
    options = config.parse((tree / ".config").read_text(encoding="utf-8"))
    return {
        "release": release,
        "config": config_digest(options),
        "kernel compiler":
            options.get("CONFIG_CC_VERSION_TEXT", "").strip('"'),
        "module compiler": trees.compiler(),
        "cpu": cpu,
    }


def loadable(machine: Machine, name: str) -> bool:
    """Tell whether our module *name* was built for the machine's kernel."""
    return (machine.modules / "updates" / f"{name}.ko").exists()


def measure(flavour: str, pattern: str,
            out: pathlib.Path | None) -> results.Report:
    """Boot *flavour*, run the cases that match *pattern*, return the results.

    *out* keeps the console's log. Raises what Machine raises, CommandError
    when the module refuses (a pattern that matches nothing), ResultsError.
    """
    with Machine(flavour, icount=True, out=out) as vm:
        vm.insmod("segbench", f"filter={pattern}")
        if loadable(vm, "segbench_dma"):
            vm.insmod("segbench_dma")
        vm.run(["sh", "-c", f"echo 1 > {FILES}/run"], timeout=300, check=True)
        text = vm.read(f"{FILES}/results")
        if loadable(vm, "segbench_dma"):
            vm.rmmod("segbench_dma")
        vm.rmmod("segbench")
        vm.check_splats()
        return results.Report(describe(vm.tree, vm.release), UNIT,
                              results.parse(text))
