# SPDX-License-Identifier: GPL-2.0
"""A flame graph as SVG: who was on the processor, called by whom.

The width of a box is how many samples have that caller; boxes of one caller
are sorted by name, so two graphs of the same code look alike.
"""

import dataclasses
import zlib
from collections.abc import Mapping
from html import escape

WIDTH, LINE, MARGIN, HEAD = 1200, 16, 10, 40
# Narrower than this, a box cannot be seen.
LEAST = 0.3
LETTER = 6.6


@dataclasses.dataclass
class Box:
    """A function, called by that chain of functions."""

    name: str
    samples: int = 0
    callees: dict[str, "Box"] = dataclasses.field(default_factory=dict)

    def add(self, stack: tuple[str, ...], samples: int) -> None:
        """Count *samples* that have *stack* above this box."""
        box = self
        box.samples += samples
        for name in stack:
            box = box.callees.setdefault(name, Box(name))
            box.samples += samples

    def height(self) -> int:
        """Return how many boxes are on top of each other."""
        return 1 + max((box.height() for box in self.callees.values()),
                       default=0)


def colour(name: str) -> str:
    """Return a warm colour that follows from the name."""
    mark = zlib.crc32(name.encode())
    return f"rgb({205 + mark % 50},{80 + mark // 50 % 120},{mark // 7 % 55})"


def draw(box: Box, left: float, level: int, scale: float, whole: int,
         floor: int, out: list[str]) -> None:
    """Add *box* and what it calls to *out*."""
    wide = box.samples * scale
    if wide < LEAST:
        return
    top = floor - (level + 1) * LINE
    share = 100 * box.samples / whole
    shown = box.name if len(box.name) * LETTER < wide - 4 else (
        box.name[:max(int((wide - 4) / LETTER) - 1, 0)] + "…")
    label = (f'<text x="{left + 3:.1f}" y="{top + 12}">{escape(shown)}</text>'
             if wide > 3 * LETTER else "")
    out.append(f"<g><title>{escape(box.name)}: {box.samples} samples, "
               f"{share:.1f} %</title>"
               f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" '
               f'height="{LINE - 1}" fill="{colour(box.name)}" rx="1"/>'
               f"{label}</g>")
    for name in sorted(box.callees):
        callee = box.callees[name]
        draw(callee, left, level + 1, scale, whole, floor, out)
        left += callee.samples * scale


def svg(stacks: Mapping[tuple[str, ...], int], title: str) -> str:
    """Return the graph of *stacks*: callers first, and how many samples.

    Raises ValueError when there is no sample.
    """
    root = Box("all")
    for stack, samples in stacks.items():
        root.add(stack, samples)
    if not root.samples:
        raise ValueError("no samples, no flame graph")
    high = HEAD + root.height() * LINE + MARGIN
    boxes: list[str] = []
    draw(root, MARGIN, 0, (WIDTH - 2 * MARGIN) / root.samples, root.samples,
         high - MARGIN, boxes)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{high}" viewBox="0 0 {WIDTH} {high}" '
        'font-family="monospace" font-size="11">',
        '<rect width="100%" height="100%" fill="#fffdf5"/>',
        f'<text x="{MARGIN}" y="20" font-size="14">{escape(title)}, '
        f"{root.samples} samples</text>", *boxes, "</svg>"]) + "\n"
