# SPDX-License-Identifier: GPL-2.0
"""Scenarios on a machine that is there already, without a guest of ours."""

import pathlib

import pytest

from headroom import executor

REPO = pathlib.Path(__file__).resolve().parents[1]


@pytest.mark.no_pair
@pytest.mark.not_release("Python is slow on an emulated processor")
def test_local(host: executor.Executor) -> None:
    """The guest is that machine: as root, where depmod knows the modules."""
    done = host.run([str(REPO / "tests" / "run"), "--local", "test_wire.py",
                     "-k", "test_cut"], timeout=300,
                    env={"OUT": f"{host.guest_share}/local"})
    print(done.stdout)
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed", done.stderr
