# SPDX-License-Identifier: GPL-2.0
"""Plots of a section as SVG, by matplotlib: a bar a figure, quartiles as
whiskers. What has no median has no bar."""

import io
import re
import statistics
from typing import Any

import matplotlib
import matplotlib.pyplot

from bench.record import Figure, Section

matplotlib.use("svg")
# Text stays text, and the same record gives the same picture.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "headroom",
                            "font.size": 8})
WIDTH, LINE, MOST = 9.0, 0.16, 14


def whisker(figure: Figure) -> tuple[float, float]:
    """Return how far the quartiles are below and above the median."""
    low, _, high = statistics.quantiles(figure.samples, n=4,
                                        method="inclusive")
    return figure.middle - low, high - figure.middle


def bars(axes: Any, section: Section, columns: list[str]) -> None:
    """Draw a group of bars a row, a bar a column."""
    height = 0.8 / len(columns)
    for at, column in enumerate(columns):
        drawn = [(place, figure) for place, row in enumerate(section.rows)
                 if (figure := row.figures.get(column))
                 and figure.median is not None]
        if not drawn:
            continue
        spreads = [whisker(figure) for _, figure in drawn]
        axes.barh([place + at * height for place, _ in drawn],
                  [figure.middle for _, figure in drawn], height,
                  xerr=([low for low, _ in spreads],
                        [high for _, high in spreads]),
                  error_kw={"elinewidth": 0.6}, label=column)
    axes.set_yticks([place + 0.4 - height / 2
                     for place in range(len(section.rows))])
    axes.set_yticklabels([row.name for row in section.rows])


def as_svg(figure: Any) -> str:
    """Return a matplotlib figure as an SVG element."""
    sink = io.StringIO()
    figure.savefig(sink, format="svg", bbox_inches="tight",
                   metadata={"Date": None, "Creator": None})
    matplotlib.pyplot.close(figure)
    return re.sub(r"^.*?(?=<svg)", "", sink.getvalue(), flags=re.S)


def together(section: Section, unit: str) -> str:
    """Return one plot of all columns, which have one unit."""
    columns = section.columns()
    lines = len(section.rows) * (len(columns) + 1)
    figure, axes = matplotlib.pyplot.subplots(
        figsize=(WIDTH, max(1.5, min(LINE * lines, 16))))
    bars(axes, section, columns)
    axes.invert_yaxis()
    values = [one.middle for row in section.rows
              for one in row.figures.values() if one.median]
    if values and max(values) > 50 * min(values):
        axes.set_xscale("log")
    axes.set_xlabel(unit)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return as_svg(figure)


def apart(section: Section) -> str:
    """Return a row of plots, one for each column, as units differ."""
    columns = section.columns()[:MOST]
    wide = min(len(columns), 4)
    high = -(-len(columns) // wide)
    figure, grid = matplotlib.pyplot.subplots(
        high, wide, squeeze=False, sharey=True,
        figsize=(WIDTH + 2, high * max(1.4, LINE * 1.6 * len(section.rows))))
    cells = list(grid.flat)
    for axes, column in zip(cells, columns):
        bars(axes, section, [column])
        units = {row.figures[column].unit for row in section.rows
                 if column in row.figures}
        axes.set_title(column)
        axes.set_xlabel(units.pop() if len(units) == 1 else "")
    # They share it: once is for all.
    cells[0].invert_yaxis()
    for axes in cells[len(columns):]:
        axes.set_visible(False)
    figure.tight_layout()
    return as_svg(figure)


def plot(section: Section) -> str:
    """Return the plot of *section* as SVG; "" when there is nothing to draw.
    """
    units = {figure.unit for row in section.rows
             for figure in row.figures.values()}
    drawable = any(figure.median is not None for row in section.rows
                   for figure in row.figures.values())
    if not drawable:
        return ""
    if len(units) == 1:
        return together(section, units.pop())
    return apart(section)
