# SPDX-License-Identifier: GPL-2.0
"""The figures that README.md and docs/ quote, made of a bench's JSON.

docs/figures.json is the bench that is quoted. In a page, a table stands
between

    <!-- bench: SECTION -->
    <!-- bench: SECTION, rows PATTERN, columns NAME; NAME -->

(rows and columns may be left out) and the next ``<!-- end -->``. A single
figure in a sentence stands between ``<!-- figure: SECTION | ROW | COLUMN -->``
and ``<!-- end -->``; ``COLUMN to OTHER`` is how many times the other one it
is, ``COLUMN each`` that of one segment or packet. What ``make demo`` printed,
docs/demo.txt, a copy of its out/demo/output.txt, stands between
``<!-- demo -->`` and ``<!-- end -->``. All else is written by people.
"""

import dataclasses
import fnmatch
import pathlib
import re
import textwrap

from bench import record, report
from bench.record import Figure, Record, Row, Section
from bench.results import markdown, number

REPO = pathlib.Path(__file__).resolve().parents[1]
FIGURES = REPO / "docs" / "figures.json"
PRINTED = REPO / "docs" / "demo.txt"
# What a page says in backquotes is no place.
TABLE = re.compile(r"(?<!`)(<!-- bench: (?P<key>[^\s,>]+)"
                   r"(?:, rows (?P<rows>[^>]+?))?"
                   r"(?:, columns (?P<columns>[^>]+?))? -->\n).*?"
                   r"(<!-- end -->)", re.S)
VALUE = re.compile(r"(?<!`)(<!-- figure: (?P<key>[^|>]+?) \| "
                   r"(?P<row>[^|>]+?) \| "
                   r"(?P<column>[^|>]+?) -->).*?(<!-- end -->)", re.S)
DEMO = re.compile(r"(?<!`)(<!-- demo -->\n).*?(<!-- end -->)", re.S)
# A place that no pattern takes is a mistake in the page.
MARK = re.compile(r"(?<!`)<!-- (?:(?:bench|figure):|demo)[^>\n]*")


class QuoteError(Exception):
    """A page asks for what the bench does not have; the text says what."""


def pages() -> list[pathlib.Path]:
    """Return the pages that may quote."""
    return [REPO / "README.md", *sorted((REPO / "docs").glob("*.md"))]


def section(found: Record, key: str) -> Section:
    """Return a section of the bench. Raises QuoteError."""
    one = found.section(key)
    if one is None or not one.rows:
        there = ", ".join(one.key for one in found.sections if one.rows)
        raise QuoteError(f"no section {key!r} with rows: there are {there}")
    return one


def chosen(row: Row, columns: list[str]) -> Row:
    """Return *row* with no other than *columns*, all if there are none."""
    return dataclasses.replace(row, figures={
        name: row.figures[name] for name in columns or row.figures
        if name in row.figures})


def table(found: Record, key: str, pattern: str | None,
          names: str | None) -> str:
    """Return what it was measured on, and the table. Raises QuoteError."""
    one = section(found, key)
    columns = [name.strip() for name in names.split(";")] if names else []
    if unknown := set(columns) - set(one.columns()):
        raise QuoteError(f"{key} has no columns {sorted(unknown)}: there are "
                         + "; ".join(one.columns()))
    rows = [chosen(row, columns) for row in one.rows
            if fnmatch.fnmatchcase(row.name, pattern or "*")]
    if not rows:
        raise QuoteError(f"no row of {key} matches {pattern!r}")
    part = Section(one.key, one.title, one.text, one.kernel, rows)
    lines = "".join(f"    {name}: {value}\n"
                    for name, value in one.kernel.items())
    return f"{lines}\n{markdown(report.rows(part))}"


def figure(found: Record, key: str, row: str, column: str) -> Figure:
    """Return one figure. Raises QuoteError."""
    one = section(found, key).row(row)
    figure_ = one.figures.get(column) if one else None
    if figure_ is None:
        raise QuoteError(f"no figure {key} | {row} | {column}")
    return figure_


def value(found: Record, key: str, row: str, column: str) -> str:
    """Return one figure without its unit, or a ratio. Raises QuoteError."""
    name, to, other = column.partition(" to ")
    if not to:
        name, each, _ = column.partition(" each")
        one = figure(found, key, row, name)
        if not each or one.median is None:
            return report.cell(one)
        parts = section(found, key).row(row).parts
        if not parts:
            raise QuoteError(f"{key} | {row} is of one part")
        return number(one.median / parts)
    both = [figure(found, key, row, one) for one in (name, other)]
    if None in (medians := [one.median for one in both]):
        raise QuoteError(f"no ratio {key} | {row} | {column}: "
                         + "; ".join(one.why_not for one in both))
    return f"{medians[0] / medians[1]:.2g}"


def filled(text: str, found: Record) -> str:
    """Return *text* with all its places filled. Raises QuoteError."""
    text, tables = TABLE.subn(
        lambda match: match[1] + table(
            found, match["key"], match["rows"], match["columns"]) + match[5],
        text)
    text, values = VALUE.subn(
        lambda match: match[1] + value(found, match["key"], match["row"],
                                       match["column"]) + match[5], text)
    text, demos = DEMO.subn(
        lambda match: match[1] + textwrap.indent(
            PRINTED.read_text(encoding="utf-8"), "    ") + match[2], text)
    marks = MARK.findall(text)
    whole = tables + values + demos
    if len(marks) != whole:
        raise QuoteError(f"{whole} places are whole, of: " + "; ".join(marks))
    return text


def out_of_step(path: pathlib.Path, found: Record) -> str:
    """Return why a page is not in step with the bench; "" if it is."""
    text = path.read_text(encoding="utf-8")
    try:
        wanted = filled(text, found)
    except QuoteError as error:
        return str(error)
    if text == wanted:
        return ""
    for line, (is_, should) in enumerate(
            zip(text.splitlines(), wanted.splitlines()), 1):
        if is_ != should:
            return (f"line {line} is not what docs/figures.json gives:\n"
                    f"is      {is_}\nshould be {should}\n"
                    "bench/figures brings it in step")
    return "it has lines more or less than docs/figures.json gives"


def update(found: Record) -> list[pathlib.Path]:
    """Fill the places of all pages; return those that changed.

    Nothing is written when a page asks for what is not there. Raises
    QuoteError.
    """
    wanted = {}
    for path in pages():
        text = path.read_text(encoding="utf-8")
        try:
            new = filled(text, found)
        except QuoteError as error:
            raise QuoteError(f"{path.name}: {error}") from error
        if new != text:
            wanted[path] = new
    for path, text in wanted.items():
        part = path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.rename(path)
    return list(wanted)


def merged(records: list[Record]) -> Record:
    """Return one record of all: of a section, the last one that has rows.

    Each section says of what commit it is, and when it was measured: one that
    was quoted before says so already. Raises QuoteError for what was measured
    of changes that nobody can look up.
    """
    sections: dict[str, Section] = {}
    for found in records:
        if found.environment.get("commit", "").endswith(", changed"):
            raise QuoteError(f"it is of {found.environment['commit']}: commit "
                             "first, then measure")
        facts = {"commit": found.environment.get("commit", "unknown"),
                 "measured": found.environment.get("begun", "unknown")}
        for one in found.sections:
            if one.rows:
                sections[one.key] = dataclasses.replace(
                    one, kernel={**one.kernel, **{
                        name: fact for name, fact in facts.items()
                        if name not in one.kernel}})
    return Record(records[-1].environment, list(sections.values()))


def asked(text: str, key: str, row: str) -> set[str] | None:
    """Return the columns of a row that *text* quotes; None: all of them."""
    found: set[str] = set()
    for match in TABLE.finditer(text):
        if match["key"] == key and fnmatch.fnmatchcase(row,
                                                       match["rows"] or "*"):
            if not match["columns"]:
                return None
            found |= {name.strip() for name in match["columns"].split(";")}
    for match in VALUE.finditer(text):
        if (match["key"], match["row"]) == (key, row):
            found |= set(match["column"].removesuffix(" each").split(" to "))
    return found


def needed(found: Record, text: str) -> Record:
    """Return the part of *found* that *text* quotes, no figure more."""
    sections = []
    for one in found.sections:
        rows = []
        for row in one.rows:
            columns = asked(text, one.key, row.name)
            if columns is None or columns & set(row.figures):
                rows.append(row if columns is None else dataclasses.replace(
                    row, figures={name: figure_ for name, figure_
                                  in row.figures.items() if name in columns}))
        if rows:
            sections.append(dataclasses.replace(one, rows=rows, profile=[]))
    return Record(found.environment, sections)


def quoted() -> Record:
    """Return the bench that is quoted. Raises RecordError."""
    return record.load(FIGURES)
