# SPDX-License-Identifier: GPL-2.0
"""Budgets: what a case may cost, by kernel, and by ratio on any kernel.

The file has

    tolerance   per cent by which a count may exceed its budget
    watched     shell patterns: the cases that get a budget
    ratios      {case, to, inputs, at_most, net, to_input}: the cost of
                ``case`` may be at most ``at_most`` times that of ``to``, on
                every input that matches ``inputs``; with ``net``, both without
                their baselines; with ``to_input``, that of ``to`` is on this
                one, and both are by the segment
    flat        [{case, inputs, within}]: from each of the ``inputs`` to the
                next longer one, a further segment costs the same, to
                ``within`` per cent
    kernels     [{kernel, counts}]: budgets of one kernel, in instructions
"""

import dataclasses
import fnmatch
import itertools
import json
import pathlib

from bench.results import Report, Result, number

FILE = pathlib.Path(__file__).resolve().parent / "budget.json"


class BudgetError(Exception):
    """The budget file is not what it should be."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One budget checked."""

    name: str
    passed: bool
    text: str


@dataclasses.dataclass(frozen=True)
class Ratio:
    """See the module's text."""

    case: str
    to: str
    inputs: str
    at_most: float
    net: bool = False
    to_input: str = ""

    def check(self, report: Report) -> list[Verdict]:
        """Return one verdict for each input that was measured."""
        return [self.check_one(report, result)
                for result in report.matching(f"{self.case}/{self.inputs}")]

    def check_one(self, report: Report, result: Result) -> Verdict:
        """Return the verdict on *result*; without numbers there is none."""
        name = f"ratio {result.name} to {self.to}"
        if self.to_input:
            name += f"/{self.to_input}"
        other = report.get(f"{self.to}/{self.to_input or result.input}")
        cost = self.cost(report, result)
        base = self.cost(report, other) if other else None
        if cost is None or not base:
            return Verdict(name, False, f"no number to compare "
                           f"({result.status}, "
                           f"{other.status if other else 'not measured'})")
        return Verdict(
            name, cost / base <= self.at_most,
            f"{number(cost)} of {number(base)}: {cost / base:.4f}, "
            f"at most {self.at_most}")

    def cost(self, report: Report, result: Result) -> float | None:
        """Return what is compared of *result*, None if it is not known."""
        found = report.net(result) if self.net else result.median
        if found is None or not self.to_input:
            return found
        return found / result.segments


@dataclasses.dataclass(frozen=True)
class Flat:
    """See the module's text."""

    case: str
    inputs: list[str]
    within: float

    def check(self, report: Report) -> list[Verdict]:
        """Return a verdict, none when nothing of it was measured."""
        name = f"flat {self.case} from {self.inputs[0]} to {self.inputs[-1]}"
        found = [report.get(f"{self.case}/{one}") for one in self.inputs]
        if not any(found):
            return []
        known = [(one.segments, one.median) for one in found
                 if one is not None and one.median is not None]
        if len(known) < len(self.inputs):
            return [Verdict(name, False, "no number to compare")]
        costs = [(cost - less) / (segments - fewer) for (fewer, less),
                 (segments, cost) in itertools.pairwise(known)]
        change = (max(costs) / min(costs) - 1) * 100
        return [Verdict(
            name, change <= self.within,
            f"a further segment costs "
            f"{', '.join(f'{cost:.1f}' for cost in costs)}: "
            f"{change:.1f} %, at most {self.within}")]


class Budget:
    """The budget file, read; ``save()`` writes it back."""

    def __init__(self, path: pathlib.Path = FILE) -> None:
        """Read *path*. Raises BudgetError that says what is wrong."""
        self.path = path
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            self.tolerance = float(data["tolerance"])
            self.watched = [str(pattern) for pattern in data["watched"]]
            self.ratios = [Ratio(**entry) for entry in data["ratios"]]
            self.flat = [Flat(**entry) for entry in data["flat"]]
            self.kernels = [(dict(entry["kernel"]),
                             {str(name): float(count)
                              for name, count in entry["counts"].items()})
                            for entry in data["kernels"]]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BudgetError(f"{path}: {error!r}") from error

    def counts(self, kernel: dict[str, str]) -> dict[str, float] | None:
        """Return the budgets of *kernel*, None where it is not known."""
        for known, counts in self.kernels:
            if known == kernel:
                return counts
        return None

    def check_count(self, result: Result | None, name: str,
                    budget: float) -> Verdict:
        """Compare *result* with its *budget*."""
        label = f"budget {name}"
        if result is None or result.median is None:
            return Verdict(label, False, result.why() if result
                           else "not measured")
        change = (result.median / budget - 1) * 100
        text = f"{number(result.median)}, budget {number(budget)} " \
               f"({change:+.1f} %)"
        if change < -self.tolerance:
            text += ": better, to be kept by --update"
        return Verdict(label, change <= self.tolerance, text)

    def check(self, report: Report, pattern: str = "*") -> list[Verdict]:
        """Return a verdict for each budget whose case matches *pattern*."""
        verdicts = [self.check_count(report.get(name), name, budget)
                    for name, budget
                    in (self.counts(report.kernel) or {}).items()
                    if fnmatch.fnmatchcase(name, pattern)]
        for ratio in self.ratios:
            verdicts += ratio.check(report)
        for flat in self.flat:
            verdicts += flat.check(report)
        return verdicts

    def update(self, report: Report) -> int:
        """Take the watched results as the kernel's budgets.

        A result without a number keeps the budget it had. Returns how many
        budgets the kernel has now.
        """
        counts = self.counts(report.kernel)
        if counts is None:
            counts = {}
            self.kernels.append((report.kernel, counts))
        for result in report.results:
            if result.median is not None and any(
                    fnmatch.fnmatchcase(result.name, pattern)
                    for pattern in self.watched):
                counts[result.name] = round(result.median, 1)
        return len(counts)

    def save(self) -> None:
        """Write the file; it is the old or the new one, never half of it."""
        text = json.dumps({
            "tolerance": self.tolerance,
            "watched": self.watched,
            "ratios": [dataclasses.asdict(ratio) for ratio in self.ratios],
            "flat": [dataclasses.asdict(flat) for flat in self.flat],
            "kernels": [{"kernel": kernel, "counts": counts}
                        for kernel, counts in self.kernels],
        }, indent=2)
        part = self.path.with_suffix(".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.rename(self.path)
