# SPDX-License-Identifier: GPL-2.0
"""What a part of the tests found, as JUnit XML that others can read too."""

import dataclasses
import pathlib
import re
import xml.etree.ElementTree as ElementTree

# What XML 1.0 cannot carry, which consoles are full of.
UNPRINTABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd]")


@dataclasses.dataclass
class Case:
    """One check: ``failure`` is None when it passed."""

    name: str
    failure: str | None = None
    skipped: bool = False
    seconds: float = 0.0


@dataclasses.dataclass
class Count:
    """How many cases did what, and which failed: a line for each."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def fail(self, line: str) -> None:
        """Count a failure, said in a *line*."""
        self.failed += 1
        self.failures.append(line)

    def add(self, other: "Count") -> None:
        """Add *other* to this."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures


def count(cases: list[Case]) -> Count:
    """Count *cases*."""
    return Count(
        sum(c.failure is None and not c.skipped for c in cases),
        sum(c.failure is not None for c in cases),
        sum(c.skipped for c in cases))


def write(path: pathlib.Path, suite: str, cases: list[Case]) -> None:
    """Write *cases* to *path* as the JUnit suite *suite*."""
    total = count(cases)
    top = ElementTree.Element(
        "testsuite", name=suite, tests=str(len(cases)),
        failures=str(total.failed), skipped=str(total.skipped))
    for case in cases:
        element = ElementTree.SubElement(
            top, "testcase", classname=suite, name=case.name,
            time=f"{case.seconds:.3f}")
        if case.skipped:
            ElementTree.SubElement(element, "skipped")
        if case.failure is not None:
            text = UNPRINTABLE.sub("?", case.failure)
            ElementTree.SubElement(
                element, "failure",
                message=text.splitlines()[0] if text else "").text = text
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(top).write(path, encoding="utf-8",
                                       xml_declaration=True)


def read(path: pathlib.Path) -> Count:
    """Count the cases of a JUnit file; ParseError if it is none."""
    total = Count()
    for case in ElementTree.parse(path).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error")]
        if bad:
            said = (bad[0].get("message") or "").split("\n")[0]
            total.fail(f"{case.get('classname')}.{case.get('name')}: {said}")
        elif case.find("skipped") is not None:
            total.skipped += 1
        else:
            total.passed += 1
    return total
