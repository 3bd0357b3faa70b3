# SPDX-License-Identifier: GPL-2.0
"""What a bench found: figures in rows, rows in sections, and the JSON of it.

A figure is one quantity of one row, with every sample that was taken. It has a
median only where there are enough samples and they agree well enough;
otherwise it says why not.
"""

import dataclasses
import json
import pathlib
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

FORMAT = 1
# Fewer repetitions give no figure.
ENOUGH = 5
# Units of which a part of an operation has its share.
COSTS = ("instructions", "ns")
# What differs by no more is the same: one of the 700 packets or so of a MB. A
# spread in per cent says nothing of what is near 0.
GRAINS = {"octets/octet": 0.05, **dict.fromkeys(
    ("maps/MB", "unmaps/MB", "pages/MB", "flushes/MB", "allocations/MB"),
    1.0)}


class RecordError(Exception):
    """The file is not what a bench writes; the text says what is wrong."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """Samples of one quantity.

    ``limit`` is the largest spread, in per cent, that gives a median;
    ``better`` is "less", "more", or "" for what is neither.
    """

    unit: str
    samples: tuple[float, ...]
    limit: float
    better: str = "less"

    @property
    def middle(self) -> float:
        """The samples' median, however far they are apart."""
        return statistics.median(self.samples)

    @property
    def spread(self) -> float:
        """From the first to the third quartile, in per cent of the median.

        0 where that is within the unit's grain. Raises ValueError for fewer
        than two samples.
        """
        if len(self.samples) < 2:
            raise ValueError("one sample has no spread")
        low, _, high = statistics.quantiles(self.samples, n=4,
                                            method="inclusive")
        if high - low <= GRAINS.get(self.unit, 0.0):
            return 0.0
        middle = self.middle
        return 100 * (high - low) / abs(middle) if middle else float("inf")

    @property
    def why_not(self) -> str:
        """Why there is no median; "" if there is one."""
        if len(self.samples) < ENOUGH:
            return f"only {len(self.samples)} samples"
        if self.spread > self.limit:
            return (f"unstable: spread {self.spread:.0f} %"
                    if self.middle else f"unstable: {min(self.samples):g} to "
                    f"{max(self.samples):g}")
        return ""

    @property
    def median(self) -> float | None:
        """The figure; None where there is none to give."""
        return None if self.why_not else self.middle


@dataclasses.dataclass
class Row:
    """One line of a table: figures by column; ``note`` tells of trouble.

    ``parts`` is how many segments or packets an operation handles: what is
    counted in COSTS is shown for one of them too. 0: it is no such row.
    """

    name: str
    figures: dict[str, Figure] = dataclasses.field(default_factory=dict)
    note: str = ""
    parts: int = 0


@dataclasses.dataclass
class Section:
    """One table, what it was measured on, and what is missing and why.

    ``profile`` is what perf said, a line each, where it was asked.
    """

    key: str
    title: str
    text: str
    kernel: dict[str, str]
    rows: list[Row]
    missing: list[str] = dataclasses.field(default_factory=list)
    profile: list[str] = dataclasses.field(default_factory=list)

    def row(self, name: str) -> Row | None:
        """Return the row called *name*, None if there is none."""
        return next((row for row in self.rows if row.name == name), None)

    def columns(self) -> list[str]:
        """Return the names of all columns, as they appear."""
        return list(dict.fromkeys(
            name for row in self.rows for name in row.figures))

    def median(self, row: str, column: str) -> float | None:
        """Return a figure's median, None where there is none."""
        found = self.row(row)
        figure = found.figures.get(column) if found else None
        return figure.median if figure else None


@dataclasses.dataclass
class Record:
    """A whole bench."""

    environment: dict[str, str]
    sections: list[Section]

    def section(self, key: str) -> Section | None:
        """Return the section called *key*, None if there is none."""
        return next((one for one in self.sections if one.key == key), None)


def figure_as_json(figure: Figure) -> dict[str, Any]:
    """Return *figure* as what json.dump() takes."""
    spread = figure.spread if len(figure.samples) > 1 else None
    return {"unit": figure.unit, "better": figure.better,
            "limit": figure.limit, "median": figure.median,
            # JSON knows no infinity.
            "spread": None if spread == float("inf") else spread,
            "why_not": figure.why_not, "samples": list(figure.samples)}


def as_json(record: Record) -> dict[str, Any]:
    """Return *record* as what json.dump() takes."""
    return {
        "format": FORMAT,
        "environment": record.environment,
        "sections": [{
            "key": section.key, "title": section.title, "text": section.text,
            "kernel": section.kernel, "missing": section.missing,
            "profile": section.profile,
            "rows": [{
                "name": row.name, "note": row.note, "parts": row.parts,
                "figures": {name: figure_as_json(figure)
                            for name, figure in row.figures.items()}}
                     for row in section.rows]}
                     for section in record.sections]}


def words(value: Any) -> dict[str, str]:
    """Return a mapping of text to text. Raises TypeError."""
    if not isinstance(value, Mapping):
        raise TypeError(f"no mapping: {value!r}")
    return {str(key): str(word) for key, word in value.items()}


def figure_from(value: Mapping[str, Any]) -> Figure:
    """Return the figure that *value* tells; medians are computed anew."""
    samples = tuple(float(sample) for sample in value["samples"])
    if not samples:
        raise ValueError("a figure without samples")
    return Figure(str(value["unit"]), samples, float(value["limit"]),
                  str(value["better"]))


def row_from(value: Mapping[str, Any]) -> Row:
    """Return the row that *value* tells."""
    return Row(str(value["name"]),
               {str(name): figure_from(figure)
                for name, figure in value["figures"].items()},
               str(value["note"]), int(value["parts"]))


def from_json(value: Any) -> Record:
    """Return the record that *value* tells. Raises RecordError."""
    try:
        if value["format"] != FORMAT:
            raise RecordError(f"format {value['format']!r}, not {FORMAT}")
        return Record(words(value["environment"]), [
            Section(str(one["key"]), str(one["title"]), str(one["text"]),
                    words(one["kernel"]),
                    [row_from(row) for row in one["rows"]],
                    [str(text) for text in one["missing"]],
                    [str(text) for text in one["profile"]])
            for one in value["sections"]])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(f"no record of a bench: {error!r}") from error


def load(path: pathlib.Path) -> Record:
    """Read the record in *path*. Raises RecordError."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecordError) as error:
        raise RecordError(f"{path}: {error}") from error


def save(record: Record, path: pathlib.Path) -> None:
    """Write *record*; the file is the old or the new one, never half."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(as_json(record), indent=1) + "\n",
                    encoding="utf-8")
    part.rename(path)


def gather(rows: Sequence[str], taken: Mapping[str, Mapping[str, list[float]]],
           columns: Mapping[str, tuple[str, float, str]]) -> list[Row]:
    """Return rows of *taken*: samples by row and column.

    *columns* gives unit, limit and better of each column.
    """
    return [Row(name, {column: Figure(unit, tuple(taken[name][column]), limit,
                                      better)
                       for column, (unit, limit, better) in columns.items()
                       if taken.get(name, {}).get(column)})
            for name in rows]
