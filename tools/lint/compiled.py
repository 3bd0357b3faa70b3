# SPDX-License-Identifier: GPL-2.0
"""Linters that compile: W=1 and sparse, on our files only."""

import collections
import pathlib
import re

from tools import cache
from tools.modules import mirror
from tools.modules import tree as modules
from tools.report import Case

DIAGNOSTIC = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+)(?::\d+)?: +"
                        r"(?:warning|error|note): ")
STEP = re.compile(r"^  [A-Z]+ ")
OBJECT = re.compile(r"^WARNING: modpost: (.*)$")


def object_of(path: pathlib.Path) -> pathlib.Path:
    """Return the object that a source is compiled to."""
    return path.with_suffix(".o")


def diagnostics(output: str, folder: pathlib.Path,
                tree: pathlib.Path) -> dict[str, list[str]]:
    """Return what the compiler and sparse said: path in the mirror, lines.

    What follows a diagnostic (the source line, a caret) goes with it.
    modpost's go under "modpost".
    """
    said: dict[str, list[str]] = collections.defaultdict(list)
    where = None
    for line in output.splitlines():
        if match := DIAGNOSTIC.match(line):
            path = pathlib.Path(match["path"])
            for base in (folder, tree):
                full = path if path.is_absolute() else base / path
                if full.exists():
                    break
            try:
                where = str(full.resolve().relative_to(folder.resolve()))
            except ValueError:
                where = None
        elif match := OBJECT.match(line):
            where = None
            said["modpost"].append(match[1])
        elif not line.startswith(" ") or STEP.match(line):
            where = None
        if where:
            said[where].append(line)
    return said


def compiled(tree: pathlib.Path) -> list[Case]:
    """Build all of ours with W=1 and C=1; every file of ours is a case.

    A file that had something said about it loses its object, so that the
    next run says it again. What is said about a header counts for it.
    """
    folder = modules.place(tree) / "lint"
    with cache.lock(f"lint-{modules.place(tree).name}"):
        folder.mkdir(parents=True, exist_ok=True)
        failure = None
        try:
            output = modules.compile_modules(
                tree, folder, mirror.contents(modules.kernel_source(tree)),
                ["W=1", "C=1"])
        except modules.ModuleError as error:
            failure = output = str(error)
        said = diagnostics(output, folder, tree)
        ours = sorted(name for name in mirror.ours()
                      if name.endswith((".c", ".h")))
        if any(name.endswith(".h") for name in said):
            for path in folder.rglob("*.o"):
                path.unlink()
        for name in said:
            object_of(folder / name).unlink(missing_ok=True)
    cases = [Case(f"W=1 C=1.{name}", "\n".join(said[name])
                  if name in said else None) for name in ours]
    if said.get("modpost"):
        cases.append(Case("modpost", "\n".join(said["modpost"])))
    if failure:
        cases.append(Case("build", failure))
    return cases
