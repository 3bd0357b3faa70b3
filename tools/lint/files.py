# SPDX-License-Identifier: GPL-2.0
"""Which files of the checkout each linter reads."""

import pathlib
import subprocess

from tools import cache


def tracked() -> list[pathlib.Path]:
    """Return the files git knows or would add, as paths in the checkout.

    A checkout without git (an unpacked archive) gives all files but hidden
    ones and the out folder.
    """
    done = subprocess.run(
        ["git", "-C", cache.REPO, "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        names = [pathlib.Path(name) for name in done.stdout.split("\0")
                 if name]
    else:
        names = [path.relative_to(cache.REPO)
                 for path in cache.REPO.rglob("*")]
        names = [name for name in names if name.parts[0] != "out"
                 and not any(part.startswith(".") for part in name.parts)]
    return sorted({name for name in names if (cache.REPO / name).is_file()})


def first_line(path: pathlib.Path) -> str:
    """Return the first line of a file of the checkout, "" if not text."""
    with open(cache.REPO / path, "rb") as handle:
        return handle.readline(200).decode("utf-8", "replace")


def c_files() -> list[pathlib.Path]:
    """Return C sources and headers."""
    return [path for path in tracked() if path.suffix in (".c", ".h")]


def patches() -> list[pathlib.Path]:
    """Return our patches to the kernel."""
    return [path for path in tracked() if path.suffix == ".patch"]


def shell() -> list[pathlib.Path]:
    """Return shell scripts, by suffix or interpreter."""
    found = []
    for path in tracked():
        line = first_line(path)
        if path.suffix in (".sh", ".bash") or (
                line.startswith("#!") and line.rstrip().endswith("sh")):
            found.append(path)
    return found


def python() -> list[pathlib.Path]:
    """Return Python files, by suffix or interpreter."""
    return [path for path in tracked() if path.suffix == ".py"
            or (first_line(path).startswith("#!")
                and "python" in first_line(path))]


def spdx() -> list[pathlib.Path]:
    """Return the files that must name their licence."""
    names = {"Makefile", "Kbuild", "Kconfig"}
    return sorted({path for path in tracked() if path.name in names}
                  | set(c_files()) | set(shell()) | set(python()))
