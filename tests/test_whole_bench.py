# SPDX-License-Identifier: GPL-2.0
"""A quick run of the whole bench, in guests of its own."""

import pathlib
import subprocess

import pytest

from bench import record, registry
from tools import cache

pytestmark = pytest.mark.no_guest


def test_quick_bench(tmp_path: pathlib.Path) -> None:
    """Every quick measurement gives rows with samples, and all reports.

    Whether a figure is stable depends on who else uses this machine: the
    samples must be there, the medians of counts that repeat too.
    """
    done = subprocess.run(
        [cache.REPO / "bench" / "run", "--quick", "--out", tmp_path],
        text=True, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "min left" in done.stderr + done.stdout
    found = record.load(tmp_path / "bench.json")
    keys = {section.key.partition(".")[0] for section in found.sections}
    quick = {one.name for one in registry.MEASUREMENTS if one.quick}
    assert keys == quick | {"dma-receive"}
    for section in found.sections:
        assert section.rows, section.key
        for row in section.rows:
            assert row.figures, f"{section.key} {row.name}: {row.note}"
            assert all(len(figure.samples) == record.ENOUGH
                       for figure in row.figures.values()), row
    dma = found.section("dma")
    maps = {name: dma.median(f"{name}, strict", "maps")
            for name in ("gso", "tso-lib", "hgso", "tso-hw")}
    assert all(maps.values()), maps
    assert maps["hgso"] < maps["tso-lib"] / 4 < maps["gso"] / 4
    for name in ("bench.md", "bench.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert all(section.title in text for section in found.sections)
    assert "<svg" in (tmp_path / "bench.html").read_text(encoding="utf-8")
