# SPDX-License-Identifier: GPL-2.0
"""The figures that README.md and docs/ quote, made of a bench's JSON.

bench/figures.json is the bench that is quoted. In a page, a table stands
between

    <!-- bench: SECTION -->
    <!-- bench: SECTION, rows PATTERN -->

and the next ``<!-- end -->``. A single figure in a sentence stands between
``<!-- figure: SECTION | ROW | COLUMN -->`` and ``<!-- end -->``. All else is
written by people.
"""

import fnmatch
import pathlib
import re

from bench import record, report
from bench.record import Record, Section
from bench.results import markdown

REPO = pathlib.Path(__file__).resolve().parents[1]
FIGURES = REPO / "bench" / "figures.json"
TABLE = re.compile(r"(<!-- bench: (?P<key>[^\s,>]+)(?:, rows (?P<rows>.+?))?"
                   r" -->\n).*?(<!-- end -->)", re.S)
VALUE = re.compile(r"(<!-- figure: (?P<key>[^|>]+?) \| (?P<row>[^|>]+?) \| "
                   r"(?P<column>[^|>]+?) -->).*?(<!-- end -->)", re.S)
# A place that neither pattern takes is a mistake in the page.
MARK = re.compile(r"<!-- (?:bench|figure):[^>\n]*")


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


def table(found: Record, key: str, pattern: str | None) -> str:
    """Return what it was measured on, and the table. Raises QuoteError."""
    one = section(found, key)
    rows = [row for row in one.rows
            if fnmatch.fnmatchcase(row.name, pattern or "*")]
    if not rows:
        raise QuoteError(f"no row of {key} matches {pattern!r}")
    part = Section(one.key, one.title, one.text, one.kernel, rows)
    facts = {**one.kernel, "commit": found.environment.get("commit", ""),
             "measured": found.environment.get("begun", "")}
    lines = "".join(f"    {name}: {value}\n" for name, value in facts.items())
    return f"{lines}\n{markdown(report.rows(part))}"


def value(found: Record, key: str, row: str, column: str) -> str:
    """Return one figure without its unit. Raises QuoteError."""
    one = section(found, key).row(row)
    figure = one.figures.get(column) if one else None
    if figure is None:
        raise QuoteError(f"no figure {key} | {row} | {column}")
    return report.cell(figure)


def filled(text: str, found: Record) -> str:
    """Return *text* with all its places filled. Raises QuoteError."""
    text, tables = TABLE.subn(
        lambda match: match[1] + table(found, match["key"], match["rows"])
        + match[4], text)
    text, values = VALUE.subn(
        lambda match: match[1] + value(found, match["key"], match["row"],
                                       match["column"]) + match[5], text)
    marks = MARK.findall(text)
    if len(marks) != tables + values:
        raise QuoteError(f"{tables + values} places are whole, of: "
                         + "; ".join(marks))
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
    for number, (is_, should) in enumerate(
            zip(text.splitlines(), wanted.splitlines()), 1):
        if is_ != should:
            return (f"line {number} is not what bench/figures.json gives:\n"
                    f"is      {is_}\nshould be {should}\n"
                    "bench/figures brings it in step")
    return "it has lines more or less than bench/figures.json gives"


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


def quoted() -> Record:
    """Return the bench that is quoted. Raises RecordError."""
    return record.load(FIGURES)
