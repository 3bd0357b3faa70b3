# SPDX-License-Identifier: GPL-2.0
"""A bench's report for people, as text and as Markdown."""

import math
from collections.abc import Mapping

from bench.record import COSTS, Figure, Record, Row, Section
from bench.results import columns_text
from bench.results import markdown as table_markdown
from bench.results import number

NOTHING = "–"


def cell(figure: Figure | None, parts: int = 0) -> str:
    """Return a figure, and in brackets that of one part where it has any."""
    if figure is None:
        return NOTHING
    median = figure.median
    if median is None:
        return figure.why_not
    if parts and figure.unit in COSTS:
        return f"{number(median)} ({median / parts:.1f})"
    return number(median)


def widest(row: Row) -> str:
    """Return the largest spread of a row's figures."""
    spreads = [figure.spread for figure in row.figures.values()
               if len(figure.samples) > 1]
    if not spreads:
        return ""
    return f"{max(spreads):.1f} %" if math.isfinite(max(spreads)) else "∞"


def heads(section: Section) -> list[str]:
    """Return the columns' heads, with the unit where it is not the same."""
    units = {figure.unit for row in section.rows
             for figure in row.figures.values()}
    found = {}
    for row in section.rows:
        for name, figure in row.figures.items():
            found[name] = (name if len(units) == 1 or figure.unit in ("", name)
                           else f"{name}, {figure.unit}")
    return list(found.values())


def unit(section: Section) -> str:
    """Return the unit of all figures, "" where there are several."""
    units = {figure.unit for row in section.rows
             for figure in row.figures.values()}
    return units.pop() if len(units) == 1 else ""


def rows(section: Section) -> list[list[str]]:
    """Return the table of a section, its head first."""
    columns = section.columns()
    table = [[unit(section) or "row", *heads(section), "widest spread"]]
    for row in section.rows:
        table.append([row.name, *(cell(row.figures.get(name), row.parts)
                                  for name in columns), widest(row)])
    return table


def remarks(section: Section) -> list[str]:
    """Return what is missing, the notes of rows, and what perf said."""
    return [*(f"missing: {text}" for text in section.missing),
            *(f"{row.name}: {row.note}" for row in section.rows if row.note),
            *(f"perf: {text}" for text in section.profile)]


def pairs(mapping: Mapping[str, str]) -> str:
    """Return *mapping* as one line."""
    return "; ".join(f"{key}: {value}" for key, value in mapping.items())


def section_markdown(section: Section) -> str:
    """Return one section in Markdown."""
    parts = [f"## {section.title}\n"]
    if section.text:
        parts.append(section.text + "\n")
    if section.kernel:
        parts.append(pairs(section.kernel) + "\n")
    if section.rows:
        parts.append(table_markdown(rows(section)))
    if remarks(section):
        parts.append("\n".join(f"- {line}" for line in remarks(section))
                     + "\n")
    return "\n".join(parts)


def markdown(record: Record) -> str:
    """Return the whole report in Markdown."""
    lines = "\n".join(f"| {key} | {value} |"
                      for key, value in record.environment.items())
    return "\n".join([
        "# Headroom: what it costs\n",
        "Medians of interleaved repetitions; in brackets, of one segment or "
        "packet.\nWhere repetitions are too far apart there is no figure.\n",
        f"| | |\n|---|---|\n{lines}\n",
        *(section_markdown(section) for section in record.sections)])


def text(record: Record) -> str:
    """Return the whole report as text for a terminal."""
    parts = [f"{key}: {value}" for key, value in record.environment.items()]
    for section in record.sections:
        parts += ["", section.title]
        if section.rows:
            parts.append(columns_text(rows(section)))
        parts += remarks(section)
    return "\n".join(parts)
