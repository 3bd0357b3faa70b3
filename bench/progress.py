# SPDX-License-Identifier: GPL-2.0
"""How far a bench is, and how many minutes are left.

What a measurement took the last time on this machine is remembered in the
cache; until then the registry's own guess is used.
"""

import contextlib
import json
import time
from collections.abc import Callable, Mapping

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


class Progress:
    """Counts the steps of measurements and says what is left."""

    def __init__(self, expected: Mapping[str, float],
                 say: Callable[[str], None] = cache.say,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.waiting = dict(expected)
        self.say = say
        self.clock = clock
        self.took: dict[str, float] = {}
        self.name = ""
        self.expected = 0.0
        self.started = 0.0
        self.steps = self.done = 0

    def begin(self, name: str) -> None:
        """Start the measurement *name*; its steps are told when known."""
        self.name, self.started = name, self.clock()
        self.expected = self.waiting.pop(name, 60.0)
        self.steps = self.done = 0
        self.say(f"bench: {name}: about {self.left() / 60:.1f} min left "
                 "in all")

    def plan(self, steps: int) -> None:
        """Tell of how many equal steps the measurement is."""
        self.steps, self.done = steps, 0

    def step(self, what: str) -> None:
        """Count one step as done, and say so."""
        self.done += 1
        self.say(f"bench: {self.name}: {self.done} of {self.steps}, {what}; "
                 f"about {self.left() / 60:.1f} min left in all")

    def end(self) -> None:
        """Note what the measurement took."""
        self.took[self.name] = self.clock() - self.started
        self.name = ""

    def left(self) -> float:
        """Return the seconds left: of this measurement by its own pace."""
        rest = sum(self.waiting.values())
        if not self.name:
            return rest
        spent = self.clock() - self.started
        if self.done:
            ahead = spent / self.done * (self.steps - self.done)
        else:
            ahead = max(self.expected - spent, 0)
        return rest + ahead
