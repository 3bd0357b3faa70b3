# SPDX-License-Identifier: GPL-2.0
"""What hgso adds to a driver that can send a plain skb, in lines."""

import pathlib
import re

import pytest

REPO = pathlib.Path(__file__).resolve().parents[1]
DRIVER = REPO / "netdevsim-ext" / "driver"
OWN = "nic_tx_hgso.c"
MARK = "/* hgso: line */"
# What only some drivers need: memory of their own for headers, and checksums
# finished.
RING, CSUM = "/* hgso: ring */", "/* hgso: csum */"
# What breaks the driver on purpose is no part of a driver.
BUG = "/* hgso: bug */"
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# Whatever names the engine must be counted, wherever it is.
ENGINE = re.compile(r"\bhgso_(?!stats|reason|pkt)\w+\(|headroom/hgso\.h|"
                    r"struct hgso_txq|IFF_TX_SKB_SHARING")


def code_lines(text: str) -> int:
    """Return how many lines are neither blank nor comment."""
    return sum(bool(line.strip()) for line in
               COMMENT.sub("", text).splitlines())


@pytest.mark.no_guest
def test_forty_lines() -> None:
    """At most 40, and as many as docs/hgso.md says."""
    lines = code_lines((DRIVER / OWN).read_text(encoding="utf-8"))
    for path in sorted(DRIVER.glob("*.[ch]")):
        if path.name != OWN:
            text = path.read_text(encoding="utf-8")
            lines += text.count(MARK)
    print(f"{lines} lines")
    assert lines <= 40
    said = (REPO / "docs" / "hgso.md").read_text(encoding="utf-8")
    assert f" is {lines} lines " in said


@pytest.mark.no_guest
@pytest.mark.parametrize(("mark", "said"), [
    (RING, "headers takes {} lines"), (CSUM, "sums nothing takes {}")])
def test_what_more_takes(mark: str, said: str) -> None:
    """As many as docs/hgso.md says, and the knobs that force it are apart."""
    lines = sum(path.read_text(encoding="utf-8").count(mark)
                for path in DRIVER.glob("*.[ch]"))
    page = (REPO / "docs" / "hgso.md").read_text(encoding="utf-8")
    assert f" {said.format(lines)}" in " ".join(page.split()), lines


@pytest.mark.no_guest
def test_no_line_goes_uncounted() -> None:
    """Code that speaks to the engine is in the file or has the mark.

    Counters are shown by our driver because it is a testbed; they are left
    out.
    """
    for path in sorted(DRIVER.glob("*.[ch]")):
        if path.name in (OWN, "nic_stats.c"):
            continue
        # Marks are comments of one line.
        text = COMMENT.sub(
            lambda found: found[0] if "\n" not in found[0] else "",
            path.read_text(encoding="utf-8"))
        for line in text.splitlines():
            if ENGINE.search(COMMENT.sub("", line)):
                assert any(mark in line for mark in (MARK, BUG, RING, CSUM)), (
                    f"{path.name}: {line.strip()}")
