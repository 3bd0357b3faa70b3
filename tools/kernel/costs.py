# SPDX-License-Identifier: GPL-2.0
"""Is the release kernel's configuration Debian's, where costs depend on it."""

import dataclasses
import glob
import lzma
import pathlib

from tools.kernel import config, source
from tools.report import Case

OPTIONS = config.CONFIGS / "cost-options"
PACKAGED = f"/usr/src/linux-config-{source.SERIES}/config.amd64_none_amd64.xz"
INSTALLED = f"/boot/config-{source.SERIES}.*-amd64"


@dataclasses.dataclass
class Option:
    """One option that costs depend on; ``allowed`` differs from Debian."""

    name: str
    allowed: str | None
    reason: str


def options() -> list[Option]:
    """Return the options to compare; ConfigError for one without a reason."""
    found = []
    for line in OPTIONS.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, reason = line.partition(" ")
        if not reason.strip():
            raise config.ConfigError(f"{OPTIONS}: {name} has no reason")
        name, _, allowed = name.partition(":")
        found.append(Option(f"CONFIG_{name}", allowed or None,
                            reason.strip()))
    return found


def debian() -> dict[str, str] | None:
    """Return Debian's configuration for this series, None if not here."""
    if pathlib.Path(PACKAGED).is_file():
        with lzma.open(PACKAGED, "rt", encoding="utf-8") as handle:
            return config.parse(handle.read())
    for path in sorted(glob.glob(INSTALLED)):
        return config.parse(pathlib.Path(path).read_text(encoding="utf-8"))
    return None


def same(ours: str, theirs: str) -> bool:
    """Tell whether two values cost the same: y and m do."""
    return ours == theirs or {ours, theirs} == {"y", "m"}


def compare(ours: dict[str, str], theirs: dict[str, str]) -> list[Case]:
    """Compare each option; a difference that is not allowed fails."""
    cases = []
    for option in options():
        mine = ours.get(option.name, "n")
        debians = theirs.get(option.name, "n")
        failure = None
        if option.allowed is not None:
            if same(mine, debians):
                failure = (f"{mine} as in Debian: the exception for it is "
                           "out of date")
            elif mine != option.allowed:
                failure = f"{mine}, allowed is {option.allowed}"
        elif not same(mine, debians):
            failure = f"{mine}, Debian has {debians} ({option.reason})"
        cases.append(Case(option.name, failure))
    return cases
