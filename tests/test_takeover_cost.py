# SPDX-License-Identifier: GPL-2.0
"""The arithmetic of bench/takeover. Needs no guest."""

import pytest

from bench import paths
from headroom import takeover

pytestmark = pytest.mark.no_guest


def one(kernel: float, hgso: float, off: float, on: float,
        **passed: int) -> paths.Round:
    """Return a round: ns a segment by both, processor seconds a GB."""
    return paths.Round(10, 400, passed, {"kernel": kernel, "hgso": hgso},
                       paths.Sent(500_000_000, 2.0, off / 2),
                       paths.Sent(1_000_000_000, 2.0, on))


def test_row() -> None:
    """Medians of rounds, a super-packet's time by its mean length."""
    row = paths.cells(takeover.PATHS[0], paths.TCP, [
        one(200, 100, 3.0, 2.0), one(300, 100, 4.0, 2.5, whole=2),
        one(250, 50, 5.0, 1.5, whole=1)])
    assert row == ["netdevsim", "TCP", "30", "3 whole", "40.0", "10000",
                   "4000", "3.0 (2.0–5.0)", "4.00 (3.00–5.00)",
                   "2.00 (1.50–2.50)", "2000", "4000"]
    lines = paths.markdown([row]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith("| netdevsim | TCP | 30 |")


def test_choices() -> None:
    """All paths, with untrusted senders on one; or those that are named."""
    chosen = paths.choices([])
    assert len(chosen) == len(takeover.PATHS) + len(paths.SENDERS)
    assert [path.name for path, _ in paths.choices(["tbf"])] == ["tbf"]
    assert {path.name for path in takeover.PATHS} >= {
        "netdevsim", "veth", "tap", "bridge", "vxlan", "wireguard", "ipsec",
        "tbf", "cake"}
