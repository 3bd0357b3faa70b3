# SPDX-License-Identifier: GPL-2.0
"""Which of our Kconfig symbols a prepared tree can carry as modules.

An external build has no Kconfig run, so the "depends on" lines are evaluated
here, with what the tree has and what else of ours is chosen.
"""

import dataclasses
import os
import re

from tools import cache

FOLDERS = ("kernel", "netdevsim-ext/iommu", "netdevsim-ext", "bench")
TOKEN = re.compile(r"\s*(\(|\)|&&|\|\||!=|=|!|\w+)")
CONSTANTS = {"y": 2, "m": 1, "n": 0}


@dataclasses.dataclass
class Symbol:
    """A symbol of ours, the folder of its Kconfig, what it depends on."""

    name: str
    folder: str
    depends: list[str]


class Expression:
    """A Kconfig expression: n, m, y are 0, 1, 2; && is min, || is max."""

    def __init__(self, text: str, values: dict[str, str]) -> None:
        self.tokens = TOKEN.findall(text)
        self.values = values
        self.at = 0

    def take(self, token: str) -> bool:
        """Step over *token* if it comes next."""
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False

    def atom(self) -> int:
        """A symbol, a constant, a comparison of two, or brackets."""
        if self.take("!"):
            return 2 - self.atom()
        if self.take("("):
            value = self.either()
            self.take(")")
            return value
        value = self.word()
        if self.take("="):
            return 2 if value == self.word() else 0
        if self.take("!="):
            return 2 if value != self.word() else 0
        return value

    def word(self) -> int:
        """A symbol or a constant."""
        name = self.tokens[self.at]
        self.at += 1
        if name in CONSTANTS:
            return CONSTANTS[name]
        return CONSTANTS.get(self.values.get(f"CONFIG_{name}", "n"), 2)

    def both(self) -> int:
        """Atoms joined by &&."""
        value = self.atom()
        while self.take("&&"):
            value = min(value, self.atom())
        return value

    def either(self) -> int:
        """The whole expression: terms joined by ||."""
        value = self.both()
        while self.take("||"):
            value = max(value, self.both())
        return value


def ours() -> list[Symbol]:
    """Return our symbols, in the order in which they are built."""
    found: list[Symbol] = []
    for folder in FOLDERS:
        path = cache.REPO / folder / "Kconfig"
        if not path.is_file():
            cache.say(f"modules: no {folder}/Kconfig, nothing of it is built")
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split(None, 1)
            if len(words) == 2 and words[0] == "config":
                found.append(Symbol(f"CONFIG_{words[1]}", folder, []))
            elif line.strip().startswith("depends on ") and found:
                found[-1].depends.append(line.strip()[len("depends on "):])
    return found


def chosen(got: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the symbols that a tree configured as *got* carries, and not.

    $MODULES, a list of folders, leaves the others out.
    """
    only = os.environ.get("MODULES", "").split()
    values = {**got}
    carried: list[str] = []
    refused: list[str] = []
    for symbol in ours():
        if only and symbol.folder not in only:
            continue
        if all(Expression(text, values).either() for text in symbol.depends):
            carried.append(symbol.name)
            values[symbol.name] = "m"
        else:
            refused.append(symbol.name)
    return carried, refused
