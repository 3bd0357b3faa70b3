# SPDX-License-Identifier: GPL-2.0
"""Reading KTAP, KUnit's report, out of a console log."""

import re

from tools.report import Case

STAMP = re.compile(r"^(?:<\d>)?\[ *\d+\.\d+\] ?")
RESULT = re.compile(r"^( *)(not )?ok (\d+)(?: -)?(?: (.*))?$")
PLAN = re.compile(r"^( *)1\.\.(\d+)$")
SUBTEST = re.compile(r"^( *)# Subtest: (.*)$")
STEP = 4


class Level:
    """What is known of one nesting level: its name, plan, leaves, notes."""

    def __init__(self) -> None:
        self.name = ""
        self.plan: int | None = None
        self.results = 0
        self.leaves: list[Case] = []
        self.notes: list[str] = []


class Parser:
    """Takes the lines of a log and keeps the leaves of its tree of results."""

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}

    def level(self, depth: int) -> Level:
        """Return the level at *depth*, new if there was none."""
        return self.levels.setdefault(depth, Level())

    def prefix(self, depth: int) -> str:
        """Return the names of the levels down to *depth*."""
        return "".join(f"{self.levels[d].name}." for d in range(depth + 1)
                       if d in self.levels and self.levels[d].name)

    def close(self, depth: int) -> Level:
        """End the levels from *depth* down; return their leaves and notes.

        Fewer results than planned, as after a crash, is a failed case.
        """
        whole = Level()
        for at in sorted((d for d in self.levels if d >= depth),
                         reverse=True):
            ended = self.levels[at]
            if ended.plan is not None and ended.results < ended.plan:
                ended.leaves.append(Case(
                    f"{self.prefix(at)}plan",
                    f"{ended.results} results of {ended.plan} planned"))
            whole.leaves = ended.leaves + whole.leaves
            whole.notes = ended.notes + whole.notes
            del self.levels[at]
        return whole

    def result(self, depth: int, bad: bool, text: str) -> None:
        """Take a result line: of a leaf, or of what holds the inner ones."""
        name, _, directive = text.partition("#")
        inner = self.close(depth + 1)
        here = self.level(depth)
        here.results += 1
        notes = here.notes + inner.notes
        here.notes = []
        here.leaves += inner.leaves
        if inner.leaves and (
                not bad or any(c.failure is not None for c in inner.leaves)):
            return
        here.leaves.append(Case(
            self.prefix(depth) + name.strip(),
            ("\n".join(notes[-60:]) or "not ok") if bad else None,
            skipped=directive.strip().upper().startswith("SKIP")))

    def line(self, text: str) -> None:
        """Take one line of the log."""
        text = STAMP.sub("", text.rstrip("\r\n"))
        if match := PLAN.match(text):
            self.level(len(match[1]) // STEP).plan = int(match[2])
        elif match := SUBTEST.match(text):
            self.level(len(match[1]) // STEP).name = match[2].strip()
        elif match := RESULT.match(text):
            self.result(len(match[1]) // STEP, bool(match[2]), match[4] or "")
        elif text.lstrip().startswith("#") or text.startswith("    "):
            deepest = max(self.levels, default=0)
            self.level(deepest).notes.append(text.strip())


def parse(log: str) -> list[Case]:
    """Return the cases of all suites in *log*, leaves only."""
    parser = Parser()
    for text in log.splitlines():
        parser.line(text)
    return parser.close(0).leaves
