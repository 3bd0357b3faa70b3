# SPDX-License-Identifier: GPL-2.0
"""How far a bench is, and how many minutes are left.

What a measurement took the last time on this machine is remembered in the
cache; until then the registry's own guess is used.
"""

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping

from tools import cache

MEMO = "bench-seconds.json"


def remembered() -> dict[str, float]:
    """Return the seconds that measurements took before, {} if unknown."""
    try:
        data = json.loads((cache.root() / MEMO).read_text(encoding="utf-8"))
        return {str(name): float(value) for name, value in data.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def remember(seconds: Mapping[str, float]) -> None:
    """Keep the seconds that measurements took, where the cache takes them.

    Without them an estimate is worse, and nothing else.
    """
    path = cache.root() / MEMO
    part = path.with_suffix(".part")
    with contextlib.suppress(OSError):
        part.write_text(json.dumps({**remembered(), **seconds}),
                        encoding="utf-8")
        part.rename(path)


@dataclasses.dataclass
class Lane:
    """A measurement that runs: when it began, and its steps so far."""

    name: str
    expected: float
    started: float
    planned: float = 0.0
    steps: int = 0
    done: int = 0

    def ahead(self, now: float) -> float:
        """Return the seconds left, by its own pace if that is known."""
        if self.done:
            return (now - self.planned) / self.done * (self.steps - self.done)
        return max(self.expected - (now - self.started), 0)


class Progress:
    """Counts the steps of measurements and says what is left.

    Each thread that measures has a lane; *side_by_side* are the measurements
    that share *lanes* of them.
    """

    def __init__(self, expected: Mapping[str, float],
                 say: Callable[[str], None] = cache.say,
                 clock: Callable[[], float] = time.monotonic,
                 side_by_side: Collection[str] = (), lanes: int = 1) -> None:
        self.waiting = dict(expected)
        self.say = say
        self.clock = clock
        self.side_by_side = side_by_side
        self.lanes = lanes
        self.took: dict[str, float] = {}
        self.running: dict[int, Lane] = {}

    @property
    def lane(self) -> Lane:
        """The lane of this thread."""
        return self.running[threading.get_ident()]

    def begin(self, name: str) -> None:
        """Start the measurement *name*; its steps are told when known."""
        self.running[threading.get_ident()] = Lane(
            name, self.waiting.pop(name, 60.0), self.clock())
        self.say(f"bench: {name}: about {self.left() / 60:.1f} min left "
                 "in all")

    def plan(self, steps: int) -> None:
        """Tell of how many equal steps what comes is.

        Whoever has several such parts tells the sum of them first.
        """
        if not self.lane.steps:
            self.lane.planned = self.clock()
        self.lane.steps = max(self.lane.steps, self.lane.done + steps)

    def step(self, what: str) -> None:
        """Count one step as done, and say so."""
        self.lane.done += 1
        self.say(f"bench: {self.lane.name}: {self.lane.done} of "
                 f"{self.lane.steps}, {what}; about {self.left() / 60:.1f} "
                 "min left in all")

    def end(self) -> None:
        """Note what the measurement took."""
        lane = self.running.pop(threading.get_ident())
        self.took[lane.name] = self.clock() - lane.started

    def fail(self) -> None:
        """The measurement ended without a result."""
        self.running.pop(threading.get_ident())

    def left(self) -> float:
        """Return the seconds left."""
        now, parts = self.clock(), {True: 0.0, False: 0.0}
        for name, seconds in list(self.waiting.items()):
            parts[name in self.side_by_side] += seconds
        for lane in list(self.running.values()):
            parts[lane.name in self.side_by_side] += lane.ahead(now)
        return parts[False] + parts[True] / self.lanes
