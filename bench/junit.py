# SPDX-License-Identifier: GPL-2.0
"""Verdicts as JUnit XML."""

import pathlib
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from bench.budget import Verdict


def write(path: pathlib.Path, suite: str, verdicts: Sequence[Verdict],
          seconds: float) -> None:
    """Write *verdicts* to *path* as the test suite called *suite*."""
    root = ElementTree.Element("testsuite", {
        "name": suite, "tests": str(len(verdicts)),
        "failures": str(sum(not verdict.passed for verdict in verdicts)),
        "errors": "0", "time": f"{seconds:.1f}"})
    for verdict in verdicts:
        case = ElementTree.SubElement(root, "testcase", {
            "classname": suite, "name": verdict.name})
        if not verdict.passed:
            ElementTree.SubElement(case, "failure",
                                   {"message": verdict.text})
        else:
            ElementTree.SubElement(case, "system-out").text = verdict.text
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8",
                                        xml_declaration=True)
