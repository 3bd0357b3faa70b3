# SPDX-License-Identifier: GPL-2.0
"""Linters that read files: style, documentation, scripts, licences."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
from collections.abc import Callable, Iterable

from bench import quote, record
from tools import cache
from tools.kernel import source
from tools.lint import files
from tools.report import Case

# A waiver is a type that checkpatch names, with the reason.
CHECKPATCH_WAIVED = {
    "FILE_PATH_CHANGES": "MAINTAINERS is the kernel's, not ours",
    "CONFIG_DESCRIPTION": "wants four lines of help whatever there is to say",
}
# For whole files read as patches: no commit, no sign-off.
CHECKPATCH = ["--strict", "--no-tree", "--no-summary", "--terse",
              "--show-types", "--max-line-length=100"]
WHERE = re.compile(r"^(?:\S*: )?(?P<path>[^\s:]+):(?:\d+|FILE)?:")
SUMMARY = re.compile(r"^\d+ warnings as Errors$")


def run(words: list[str], data: str = "") -> tuple[int, str]:
    """Run *words* with *data* as input; return status and all output."""
    done = subprocess.run(words, cwd=cache.REPO, input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def each(name: str, paths: Iterable[pathlib.Path],
         words: Callable[[pathlib.Path], list[str]]) -> list[Case]:
    """Run *words*(path) for each path; output or a status is a failure."""
    cases = []
    for path in paths:
        status, output = run(words(path))
        bad = status != 0 or bool(output.strip())
        cases.append(Case(f"{name}.{path}",
                          (output.strip() or f"status {status}")
                          if bad else None))
    return cases


def batch(name: str, paths: list[pathlib.Path],
          words: list[str]) -> list[Case]:
    """Run *words* on all *paths* at once; a finding names its path.

    The perl tools take longer to start than to read a file, so each CPU
    starts one. What names no path of ours counts for the first of its share.
    """
    if not paths:
        return []
    said: dict[str, list[str]] = {str(path): [] for path in paths}
    jobs = min(os.cpu_count() or 1, len(paths))
    shares = [[str(path) for path in paths[at::jobs]] for at in range(jobs)]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        answers = list(pool.map(lambda share: run([*words, *share]), shares))
    for share, (status, output) in zip(shares, answers):
        for line in output.splitlines():
            if SUMMARY.match(line):
                continue
            match = WHERE.match(line)
            known = match and match["path"] in said
            said[match["path"] if match and known else share[0]].append(line)
        if status and not output.strip():
            said[share[0]].append(f"{words[0]}: status {status}")
    return [Case(f"{name}.{path}", "\n".join(lines) or None)
            for path, lines in said.items()]


def checkpatch(src: pathlib.Path) -> list[Case]:
    """Run checkpatch.pl --strict of the kernel *src* on C and on patches."""
    tool = [str(src / "scripts/checkpatch.pl"), *CHECKPATCH]
    tool.append("--ignore=" + ",".join(sorted(CHECKPATCH_WAIVED)))
    cases = batch("checkpatch", files.c_files(), [*tool, "--file"])
    for path in files.patches():
        # By its input: what git tracks it reads as source, not as a patch.
        patch = (cache.REPO / path).read_text(encoding="utf-8")
        _, output = run([*tool, "--no-signoff", "-"], patch)
        cases.append(Case(f"checkpatch.{path}", output.strip() or None))
    return cases


def kernel_doc(src: pathlib.Path) -> list[Case]:
    """Check the kernel-doc comments of our C files."""
    return batch("kernel-doc", files.c_files(),
                 [str(src / "scripts/kernel-doc"), "-none", "-Werror"])


def shellcheck() -> list[Case]:
    """Check the shell scripts."""
    return each("shellcheck", files.shell(),
                lambda path: ["shellcheck", "-x", str(path)])


def flake8() -> list[Case]:
    """Check the Python files."""
    return each("flake8", files.python(),
                lambda path: ["/usr/bin/python3", "-m", "flake8", str(path)])


def licences() -> list[Case]:
    """Check that each source names its licence in its first three lines."""
    cases = []
    for path in files.spdx():
        with open(cache.REPO / path, encoding="utf-8",
                  errors="replace") as handle:
            head = "".join(handle.readline() for _ in range(3))
        bad = "SPDX-License-Identifier: GPL-2.0" not in head
        cases.append(Case(f"spdx.{path}",
                          "no SPDX line in the first three"
                          if bad and head else None))
    return cases


def series() -> list[Case]:
    """Check that each patch is in a series, and applies at least as text."""
    cases = []
    listed: set[pathlib.Path] = set()
    for folder in sorted(path.parent for path in files.tracked()
                         if path.name == "series"):
        try:
            listed.update(path.relative_to(cache.REPO) for path in
                          source.series(cache.REPO / folder))
        except source.SourceError as error:
            cases.append(Case(f"series.{folder}", str(error)))
    for path in files.patches():
        cases.append(Case(f"series.{path}", None if path in listed
                          else "no series file lists it"))
    return cases


def figures() -> list[Case]:
    """Check that what pages quote of a bench is what the bench says."""
    try:
        found = quote.quoted()
    except record.RecordError as error:
        return [Case("figures.json", str(error))]
    return [Case(f"figures.{path.relative_to(cache.REPO)}",
                 quote.out_of_step(path, found) or None)
            for path in quote.pages()]
