# SPDX-License-Identifier: GPL-2.0
"""One kernel for the whole session, one clean pair of NICs for a scenario."""

import collections
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from headroom import executor  # noqa: E402 (path set above)
from headroom.pair import Pair  # noqa: E402 (path set above)
from headroom.testbed import Testbed  # noqa: E402 (path set above)
from tools.vm import Guest, GuestDied, guest_of  # noqa: E402 (path set above)

REPORT = pytest.StashKey[dict[str, pytest.TestReport]]()
REASONS = pytest.StashKey["collections.Counter[str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the scenarios run, and which of them."""
    group = parser.getgroup("headroom")
    group.addoption("--flavour", default="release",
                    choices=("release", "debug", "uml", "uml-debug"),
                    help="the guest's kernel")
    group.addoption("--local", action="store_true",
                    help="no guest: this machine's own kernel, as root")
    group.addoption("--every", action="store_true",
                    help="on a debug flavour: not only the marked ones")
    group.addoption("--few", action="store_true",
                    help="on the release flavour: only the marked ones, and "
                    "those that User-mode Linux cannot run, --stock or not")
    group.addoption("--long", action="store_true",
                    help="only what takes longer")
    group.addoption("--stock", action="store_true",
                    help="only the kernel's own selftests, and Debian's own "
                    "kernel")
    group.addoption("--out", type=pathlib.Path,
                    default=pathlib.Path(os.environ.get("OUT", "out")),
                    help="where failing scenarios leave what to look at")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest about our marks."""
    for mark in (
            "debug(*strategies): runs on debug flavours too, if given only "
            "with those",
            "vm(*strategies): one of the few that run on the release flavour "
            "in every run of the tests",
            "kasan: it needs a debug flavour",
            "not_uml(reason): User-mode Linux cannot run it",
            "not_debug(reason): the debug kernels cannot",
            "not_release(reason): the release kernel cannot",
            "long: only with --long",
            "last: with --long and without",
            "stock: only with --stock",
            "no_guest: tests this package itself, runs anywhere",
            "no_pair: makes and removes its own devices",
            "no_recorder: nothing may hold the module"):
        config.addinivalue_line("markers", mark)


def is_marked(item: pytest.Item, name: str) -> bool:
    """Tell whether a scenario is marked: always, or with its strategy."""
    mark = item.get_closest_marker(name)
    if mark is None or not mark.args:
        return mark is not None
    return item.callspec.params["strategy"] in mark.args  # type: ignore


def why_not(item: pytest.Item, config: pytest.Config) -> str | None:
    """Return the reason for which a scenario does not run now, if any."""
    flavour = config.getoption("flavour")
    few = flavour == "release" and config.getoption("few")
    for kind in ("long", "stock"):
        marked = item.get_closest_marker(kind) is not None
        if marked != config.getoption(kind) and not (
                few and kind == "stock"
                or kind == "long" and item.get_closest_marker("last")):
            return f"{'only' if marked else 'not'} with --{kind}"
    for kind in flavour.split("-"):
        if mark := item.get_closest_marker(f"not_{kind}"):
            return f"not on {kind}: {mark.args[0]}"
    debug = "debug" in flavour.split("-")
    if not debug and item.get_closest_marker("kasan"):
        return f"not on {flavour}: its kernel has no KASAN"
    if debug and not config.getoption("every"):
        return None if is_marked(item, "debug") else "not marked debug"
    if few and not item.get_closest_marker("not_uml"):
        return None if is_marked(item, "vm") else "not marked vm"
    return None


def pytest_collection_modifyitems(config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """Take what the options ask for, the end last.

    Scenarios that are not asked for are deselected, and counted by the reason
    at the end; none is skipped.
    """
    chosen, left = [], []
    reasons: collections.Counter[str] = collections.Counter()
    for item in items:
        reason = why_not(item, config)
        if reason:
            reasons[reason] += 1
        (left if reason else chosen).append(item)
    config.stash[REASONS] = reasons
    order = {"test_package": -1, "test_unload": 1, "test_zz_nothing_left": 2}
    chosen.sort(key=lambda item: order.get(item.path.stem, 0))
    config.hook.pytest_deselected(items=left)
    items[:] = chosen


def pytest_terminal_summary(terminalreporter: Any,
                            config: pytest.Config) -> None:
    """Say how many scenarios did not run, and why."""
    for reason, count in sorted(config.stash[REASONS].items()):
        terminalreporter.write_line(f"{count} deselected: {reason}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep what became of a scenario's phases, for the fixtures."""
    outcome: Any = yield
    report = outcome.get_result()
    item.stash.setdefault(REPORT, {})[report.when] = report


def folder_of(item: pytest.Item) -> pathlib.Path:
    """Return where a scenario leaves what to look at."""
    name = re.sub(r"[^\w.=-]+", "-", item.nodeid.split("::", 1)[-1])
    return item.config.getoption("out") / name.strip("-")


def write_failure(item: pytest.Item) -> None:
    """Write why a scenario failed to its folder, for who looks meanwhile."""
    folder = folder_of(item)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure.txt").write_text("\n".join(
        f"{when}:\n{report.longreprtext}\n{report.capstdout}"
        for when, report in item.stash.get(REPORT, {}).items()
        if report.failed), encoding="utf-8")


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Iterator[executor.Executor]:
    """The kernel that everything runs on: one boot for the whole session."""
    config = request.config
    out = config.getoption("out").resolve()
    flavour = config.getoption("flavour")
    if config.getoption("local"):
        local = executor.Local(out)
        yield local
        local.stop()
        return
    machine = guest_of(flavour, out)
    try:
        machine.start()
        yield machine
        if os.environ.get("KEEP"):
            visit(machine, config)
    finally:
        machine.stop()


def visit(machine: Guest, config: pytest.Config) -> None:
    """Leave the guest up and run what is typed in it, until end of file."""
    capture = config.pluginmanager.getplugin("capturemanager")
    capture.suspend_global_capture(in_=True)
    print(f"\nKEEP: the guest is still up; its console is "
          f"{machine.console}\nType commands for it (ip -n left link, say); "
          "end with Ctrl-D.", flush=True)
    while True:
        print("guest# ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            break
        if line.strip():
            try:
                machine.run(["bash", "-c", line], timeout=3600, follow=True)
            except GuestDied as error:
                print(error)
                break
            except KeyboardInterrupt:
                print()
    capture.resume_global_capture()


@pytest.fixture(scope="session")
def testbed(request: pytest.FixtureRequest,
            host: executor.Executor) -> Testbed:
    """The host, with what is needed to keep it clean."""
    return Testbed(host, request.config.getoption("flavour"),
                   request.config.getoption("out"))


@pytest.fixture
def expected_faults() -> list[int]:
    """A scenario that makes the NIC fault appends how often."""
    return []


@pytest.fixture
def pair(testbed: Testbed) -> Pair:
    """Two linked NICs in a known state."""
    pair = testbed.pair()
    pair.reset()
    return pair


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest,
          expected_faults: list[int]) -> Iterator[None]:
    """Before: clean. After: no splat, no mapping, no fault; else it failed.

    What a failed scenario leaves is collected, and the pair is made anew for
    the next one.
    """
    item = request.node
    if item.get_closest_marker("no_guest"):
        yield
        return
    testbed = request.getfixturevalue("testbed")
    if item.get_closest_marker("no_pair"):
        testbed.clear()
    else:
        request.getfixturevalue("pair")
        if not item.get_closest_marker("no_recorder"):
            testbed.record()
    testbed.check_health()
    yield
    reports = item.stash.get(REPORT, {})
    failed = any(report.failed for report in reports.values())
    try:
        if not failed:
            testbed.check_quiet(sum(expected_faults))
            testbed.check_health()
    except (AssertionError, executor.CommandError, KeyError):
        failed = True
        raise
    finally:
        if failed:
            write_failure(item)
            try:
                testbed.collect(folder_of(item))
            except (GuestDied, executor.CommandError,
                    executor.CommandTimeout,
                    subprocess.SubprocessError) as error:
                print(f"not all could be collected: {error}")
            else:
                if not os.environ.get("KEEP"):
                    testbed.clear()


@pytest.fixture(autouse=True, scope="module")
def nothing_mapped(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each file of scenarios: links down, nothing at all is mapped."""
    yield
    if "testbed" not in request.fixturenames:
        return
    testbed = request.getfixturevalue("testbed")
    try:
        testbed.check_down()
        testbed.check_health()
    except (AssertionError, executor.CommandError, KeyError):
        if not os.environ.get("KEEP"):
            testbed.clear()
        raise


@pytest.fixture
def out(request: pytest.FixtureRequest) -> Iterator[pathlib.Path]:
    """The scenario's own folder; it goes away if the scenario succeeds."""
    folder = folder_of(request.node)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    reports = request.node.stash.get(REPORT, {})
    if "call" in reports and reports["call"].passed:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
