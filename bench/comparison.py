# SPDX-License-Identifier: GPL-2.0
"""Two benches side by side: what changed, and whether that can be said.

A change is told when it is larger than what either bench's repetitions differ
by. Rows that were measured on different kernels are compared too, and that is
said above their table.
"""

import dataclasses

from bench.record import Figure, Record, Section
from bench.report import pairs
from bench.results import columns_text, markdown, number

# What is less than this is not worth a word, per cent.
SMALL = 1.0
BETTER, WORSE, SAME, UNKNOWN = "better", "WORSE", "", "?"


@dataclasses.dataclass(frozen=True)
class Change:
    """One figure in both benches; ``why`` is for what cannot be compared."""

    section: str
    row: str
    column: str
    a: Figure | None
    b: Figure | None

    @property
    def per_cent(self) -> float | None:
        """How much more b is than a, None without both medians."""
        a, b = (one.median if one else None for one in (self.a, self.b))
        if a is None or b is None or (a == 0 and b != 0):
            return None
        return 0.0 if a == b else 100 * (b - a) / abs(a)

    @property
    def noise(self) -> float:
        """The larger of both spreads, per cent."""
        return max(one.spread for one in (self.a, self.b)
                   if one and len(one.samples) > 1)

    @property
    def verdict(self) -> str:
        """BETTER, WORSE, SAME or UNKNOWN."""
        per_cent = self.per_cent
        if self.a is None or self.b is None or per_cent is None:
            return UNKNOWN
        if abs(per_cent) <= max(SMALL, self.noise):
            return SAME
        if self.a.better not in ("less", "more"):
            return "changed"
        return (BETTER if (per_cent < 0) == (self.a.better == "less")
                else WORSE)

    def cells(self) -> list[str]:
        """Return the change as cells of a table."""
        def value(figure: Figure | None) -> str:
            if figure is None:
                return "not measured"
            return (figure.why_not if figure.median is None
                    else number(figure.median))

        per_cent = self.per_cent
        return [f"{self.row}: {self.column}", value(self.a), value(self.b),
                "" if per_cent is None else f"{per_cent:+.1f} %",
                self.verdict]


def names(a: list[str], b: list[str]) -> list[str]:
    """Return all of both, each once."""
    return list(dict.fromkeys([*a, *b]))


def changes(key: str, a: Section, b: Section) -> list[Change]:
    """Return one change for each figure of either section."""
    found = []
    for name in names([row.name for row in a.rows],
                      [row.name for row in b.rows]):
        rows = a.row(name), b.row(name)
        columns = names(*(list(row.figures) if row else [] for row in rows))
        for column in columns:
            found.append(Change(key, name, column, *(
                row.figures.get(column) if row else None for row in rows)))
    return found


def compare(a: Record, b: Record) -> dict[str, list[Change]]:
    """Return all changes, by section; one that only one has is all unknown."""
    empty = Section("", "", "", {}, [])
    return {key: changes(key, a.section(key) or empty, b.section(key) or empty)
            for key in names([one.key for one in a.sections],
                             [one.key for one in b.sections])}


def differing(a: dict[str, str], b: dict[str, str]) -> list[str]:
    """Return a line for each thing that is not the same in both."""
    return [f"{key}: {a.get(key, 'none')} | {b.get(key, 'none')}"
            for key in names(list(a), list(b)) if a.get(key) != b.get(key)]


def chapter(key: str, a: Record, b: Record, found: list[Change],
            every: bool) -> tuple[str, list[str], list[list[str]]]:
    """Return title, remarks and table of one section."""
    sections = a.section(key), b.section(key)
    title = next(one.title for one in sections if one)
    remarks = differing(*(one.kernel if one else {} for one in sections))
    rows = [change.cells() for change in found
            if every or change.verdict != SAME]
    return title, remarks, [["", "A", "B", "B to A", ""], *rows]


def report(a: Record, b: Record, every: bool = False,
           for_markdown: bool = False) -> str:
    """Return the comparison as text or Markdown.

    Without *every*, figures that did not change are only counted.
    """
    head = "## {}\n" if for_markdown else "{}"
    lines = [head.format("A and B differ in"),
             *(f"- {line}" for line in differing(a.environment,
                                                 b.environment))]
    for key, found in compare(a, b).items():
        title, remarks, table = chapter(key, a, b, found, every)
        same = sum(change.verdict == SAME for change in found)
        lines += ["", head.format(title),
                  *(f"- kernels differ: {line}" for line in remarks),
                  f"{same} of {len(found)} figures are the same within "
                  f"their spread or {SMALL:g} %." + ("\n" if for_markdown
                                                     else "")]
        if len(table) > 1:
            lines.append(markdown(table) if for_markdown
                         else columns_text(table))
    return "\n".join(lines) + "\n"


def worse(a: Record, b: Record) -> list[Change]:
    """Return what is worse in *b* beyond the noise."""
    return [change for found in compare(a, b).values() for change in found
            if change.verdict == WORSE]


def summary(a: Record, b: Record) -> str:
    """Return a line that counts the verdicts."""
    counted = {verdict: 0 for verdict in (BETTER, WORSE, "changed", SAME,
                                          UNKNOWN)}
    for found in compare(a, b).values():
        for change in found:
            counted[change.verdict] += 1
    return pairs({"better": str(counted[BETTER]),
                  "worse": str(counted[WORSE]),
                  "changed": str(counted["changed"]),
                  "the same": str(counted[SAME]),
                  "not comparable": str(counted[UNKNOWN])})
