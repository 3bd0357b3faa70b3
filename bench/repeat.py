# SPDX-License-Identifier: GPL-2.0
"""Repetitions, interleaved: A B C A B C; what drifts hits all alike."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from bench.progress import Progress
from bench.record import ENOUGH

Choice = TypeVar("Choice")
Samples = dict[str, list[float]]


class TooFew(ValueError):
    """So few repetitions that no figure could come of them."""


class Repetitions(Generic[Choice]):
    """Runs each choice once to warm up, then all of them again and again."""

    def __init__(self, choices: Sequence[Choice], times: int,
                 progress: Progress) -> None:
        if times < ENOUGH:
            raise TooFew(f"{times} repetitions, {ENOUGH} are the least")
        self.choices = choices
        self.times = times
        self.progress = progress
        self.failed: dict[str, str] = {}

    def run(self, measure: Callable[[Choice], dict[str, float]],
            name: Callable[[Choice], str] = str,
            errors: tuple[type[Exception], ...] = ()) -> dict[str, Samples]:
        """Return all samples by choice and column.

        A choice that raises one of *errors* is left out from then on;
        ``failed`` says why, and what it had given is dropped.
        """
        self.progress.plan(len(self.choices) * (self.times + 1))
        taken: dict[str, Samples] = {}
        for turn in range(self.times + 1):
            for choice in self.choices:
                label = name(choice)
                if label not in self.failed:
                    try:
                        given = measure(choice)
                    except errors as error:
                        self.failed[label] = str(error).strip()
                        taken.pop(label, None)
                    else:
                        if turn:
                            add(taken.setdefault(label, {}), given)
                self.progress.step(f"{label}, " + (
                    f"repetition {turn}" if turn else "warm-up"))
        return taken


def add(samples: Samples, given: dict[str, float]) -> None:
    """Add one repetition's values to *samples*."""
    for column, value in given.items():
        samples.setdefault(column, []).append(value)
