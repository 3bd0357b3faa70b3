# SPDX-License-Identifier: GPL-2.0
"""Results of segbench: from its text to numbers, tables and JSON."""

import dataclasses
import fnmatch


class ResultsError(Exception):
    """The text is not what segbench writes."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What one case costs on one input.

    ``name`` is suite/case/input. ``median`` is the cost of an operation, in
    the report's unit, None when there is none to give: then ``status`` says
    "unstable" or "error". ``spread`` is in per cent of the median.
    """

    name: str
    segments: int
    status: str
    median: float | None = None
    spread: float | None = None
    iterations: int = 0
    errno: int = 0
    baseline: str = ""

    @property
    def case(self) -> str:
        """Suite and case, without the input."""
        return self.name.rpartition("/")[0]

    @property
    def input(self) -> str:
        """The input's name."""
        return self.name.rpartition("/")[2]

    def why(self) -> str:
        """Say in words why there is no median."""
        if self.status == "unstable":
            return f"unstable: spread {self.spread} %"
        return f"error {self.errno}"


@dataclasses.dataclass
class Report:
    """All results of a run, and what they were measured on."""

    kernel: dict[str, str]
    unit: str
    results: list[Result]

    def get(self, name: str) -> Result | None:
        """Return the result called *name*, None if there is none."""
        for result in self.results:
            if result.name == name:
                return result
        return None

    def matching(self, pattern: str) -> list[Result]:
        """Return the results whose name matches the shell *pattern*."""
        return [result for result in self.results
                if fnmatch.fnmatchcase(result.name, pattern)]

    def net(self, result: Result) -> float | None:
        """Return the cost of *result* beyond its baseline, None if unknown."""
        base = self.get(result.baseline) if result.baseline else None
        if result.median is None or base is None or base.median is None:
            return None
        return result.median - base.median


def parse_line(line: str) -> Result:
    """Return the result that *line* tells. Raises ResultsError."""
    fields = dict(word.partition("=")[::2] for word in line.split())
    try:
        spread = fields.get("spread", "").rstrip("%")
        median = fields.get("median")
        return Result(
            name=fields["case"], segments=int(fields["segments"]),
            status=fields["status"],
            median=float(median) if median else None,
            spread=float(spread) if spread else None,
            iterations=int(fields.get("iterations", 0)),
            errno=int(fields.get("errno", 0)),
            baseline=fields.get("baseline", ""))
    except (KeyError, ValueError) as error:
        raise ResultsError(f"not a result: {line!r}") from error


def parse(text: str) -> list[Result]:
    """Return all results in *text*. Raises ResultsError.

    The first line tells the format and the unit, which is nanoseconds.
    """
    lines = text.splitlines()
    if not lines or lines[0] != "segbench=1 unit=ns":
        raise ResultsError(f"not segbench's: {text[:80]!r}")
    return [parse_line(line) for line in lines[1:]]


def as_json(report: Report) -> dict[str, object]:
    """Return *report* as what json.dump() takes."""
    return {
        "kernel": report.kernel,
        "unit": report.unit,
        "results": [
            {**dataclasses.asdict(result), "net": report.net(result),
             "per_segment": (None if result.median is None
                             else result.median / result.segments)}
            for result in report.results],
    }


def number(value: float | None) -> str:
    """Return *value* for a person: no decimals where there are many digits."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


def rows(report: Report) -> list[list[str]]:
    """Return the table's rows, its head first."""
    table = [["case", report.unit, "per segment", "beyond baseline",
              "per segment", "spread"]]
    for result in report.results:
        if result.median is None:
            table.append([result.name, result.why(), "", "", "", ""])
            continue
        net = report.net(result)
        table.append([
            result.name, number(result.median),
            number(result.median / result.segments), number(net),
            number(None if net is None else net / result.segments),
            f"{result.spread:.2f} %"])
    return table


def columns_text(table: list[list[str]]) -> str:
    """Return *table* in columns of text."""
    widths = [max(len(row[at]) for row in table)
              for at in range(len(table[0]))]
    return "\n".join("  ".join([
        row[0].ljust(widths[0]),
        *(word.rjust(width) for word, width in zip(row[1:], widths[1:]))])
        for row in table)


def as_text(report: Report) -> str:
    """Return the table in columns."""
    return columns_text(rows(report))


def markdown(table: list[list[str]], left: int = 1) -> str:
    """Return *table*, its head first, in Markdown.

    The first *left* columns are words, the others numbers.
    """
    head, *body = table
    lines = ["| " + " | ".join(head) + " |",
             "|" + "---|" * left + "---:|" * (len(head) - left)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines) + "\n"


def as_markdown(report: Report) -> str:
    """Return the table in Markdown, with what it was measured on above it."""
    kernel = "; ".join(f"{key}: {value}"
                       for key, value in report.kernel.items())
    return f"{kernel}\n\n{markdown(rows(report))}"
