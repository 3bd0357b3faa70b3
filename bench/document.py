# SPDX-License-Identifier: GPL-2.0
"""The tables of docs/instructions.md, made of what was measured.

A table stands between a line ``<!-- icount: NAME -->`` and the next
``<!-- end -->``; all else in the file is written by people.
"""

import pathlib
import re

from bench.results import Report, Result, markdown, number, rows

FILE = (pathlib.Path(__file__).resolve().parents[1] / "docs" /
        "instructions.md")
USUAL = re.compile(r"(stock|hgso)/[^/]*/tcpv[46]-45-32k")
PLACE = "(<!-- icount: {} -->\n).*?(<!-- end -->)"

# The ways, as segbench calls them, and what the table calls them.
KINDS = (("skb-segment", "skb_segment()"), ("tso-lib", "tso.c"),
         ("headroom", "headroom"), ("ring", "ring"),
         ("callback", "callback"))
SUMS = (("skb-segment-csum", "skb_segment()"), ("finish-csum", "hgso"))


class DocumentError(Exception):
    """The file has no place for a table."""


def usual(report: Report) -> str:
    """Return the kernel, and the table of the usual super-packet."""
    head, *body = rows(report)
    chosen = [row for row in body if USUAL.fullmatch(row[0])]
    kernel = "".join(f"    {key}: {value}\n"
                     for key, value in report.kernel.items())
    return f"{kernel}\n{markdown([head, *chosen])}"


def cell(result: Result | None) -> str:
    """Return instructions and, in brackets, those of a segment."""
    if result is None:
        return "–"
    if result.median is None:
        return result.why()
    return f"{number(result.median)} ({result.median / result.segments:.1f})"


def kinds(report: Report, ways: tuple[tuple[str, str], ...]) -> str:
    """Return a table with a row a kind and a column a way."""
    inputs = list(dict.fromkeys(
        result.input for result in report.matching("kinds/*")))
    table = [["kind", *(title for _, title in ways)]]
    table += [[name, *(cell(report.get(f"kinds/{way}/{name}"))
                       for way, _ in ways)] for name in inputs]
    return markdown(table)


def replaced(text: str, name: str, table: str) -> str:
    """Return *text* with *table* in the place called *name*."""
    result, count = re.subn(PLACE.format(re.escape(name)),
                            lambda match: match[1] + table + match[2], text,
                            flags=re.DOTALL)
    if count != 1:
        raise DocumentError(f"{count} places for the table {name}")
    return result


def update(report: Report, path: pathlib.Path = FILE) -> None:
    """Write the tables of *report* into *path*. Raises DocumentError."""
    text = path.read_text(encoding="utf-8")
    for name, table in (("usual", usual(report)),
                        ("kinds", kinds(report, KINDS)),
                        ("sums", kinds(report, SUMS))):
        text = replaced(text, name, table)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)
