#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print "N passed, M failed" of a JUnit file; a skip's reason before it.

usage: summary.py JUNIT.XML PYTEST-STATUS

The status is pytest's, or 1 where something was skipped or nothing ran.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def main() -> int:
    """Print the summary, return the status."""
    path, status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    if not path.is_file():
        print("pytest left no report")
        print("0 passed, 1 failed")
        return status or 1
    passed = failed = 0
    for case in xml.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if skipped is not None:
            print(f"skipped {case.get('name')}: {skipped.get('message')}")
            failed += 1
        elif case.find("failure") is None and case.find("error") is None:
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed")
    if failed or not passed:
        return status or 1
    return status


if __name__ == "__main__":
    sys.exit(main())
