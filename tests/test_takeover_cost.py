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
    """A figure's samples are those of all rounds; what was passed on adds up.
    """
    row = paths.row("netdevsim, TCP", [
        one(200, 100, 3.0, 2.0), one(300, 100, 4.0, 2.5, whole=2),
        one(250, 50, 5.0, 1.5, whole=1)])
    wanted = {
        "segments each": (40.0, 40.0, 40.0), "kernel": (200, 300, 250),
        "hgso": (100, 100, 50), "times less": (2.0, 3.0, 5.0),
        "off": (3.0, 4.0, 5.0), "on": (2.0, 2.5, 1.5),
        "sent, off": (2000, 2000, 2000), "sent, on": (4000, 4000, 4000)}
    assert row.figures.keys() == wanted.keys()
    for name, figure in row.figures.items():
        assert figure.samples == pytest.approx(wanted[name])
    assert row.note == "30 super-packets taken; passed on: 3 whole"
    assert paths.row("veth, TCP", [one(2, 1, 3.0, 2.0)]).note == (
        "10 super-packets taken; passed on: none")


def test_choices() -> None:
    """All paths, with untrusted senders on one; or those that are named."""
    chosen = paths.choices([])
    assert len(chosen) == len(takeover.PATHS) + len(paths.SENDERS)
    assert [path.name for path, _ in paths.choices(["tbf"])] == ["tbf"]
    assert {path.name for path in takeover.PATHS} >= {
        "netdevsim", "veth", "tap", "bridge", "vxlan", "wireguard", "ipsec",
        "tbf", "cake"}
