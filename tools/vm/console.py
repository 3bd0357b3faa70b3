# SPDX-License-Identifier: GPL-2.0
"""Reading a guest's console: which lines mean that the kernel is unwell."""

import pathlib
import re

# Each is the first line of a report; what follows belongs to it.
REPORT = re.compile(
    r"Kernel panic|\bOops\b|BUG: |kernel BUG at|WARNING: |"
    r"INFO: task .* blocked|general protection fault|"
    r"Unable to handle kernel|unable to handle page"
    r"|UBSAN: |KASAN: |KFENCE: |DMA-API: .*(?:error|leak|device driver|"
    r"debugging out of memory|exceed)|kmemleak: \d+ new suspected|"
    r"possible (?:circular|recursive|irq) lock|suspicious RCU usage|"
    r"inconsistent lock state|(?:rcu|RCU).*(?:detected|self-detected) stall|"
    r"soft lockup|hard LOCKUP|scheduling while atomic|ODEBUG: |"
    r"list_(?:add|del) corruption|refcount_t: |stack-protector:|"
    r"unregister_netdevice: waiting|detected buffer overflow|"
    r"Bad page state|double fault|workqueue lockup|"
    r"Workqueue: .*hogged CPU|invalid opcode: ")
# Whole lines that look like a report and are none.
HARMLESS = re.compile(
    r"DMA-API: (?:preallocated|debugging (?:enabled|disabled))|"
    r"Oops (?:path|handler)|Speculative|Spectre|RETBleed: WARNING|"
    r"WARNING: Spectre|Register File|MDS CPU bug|kernel command line|"
    r"Command line:|Warning: unable to open an initial console")
PANIC = re.compile(r"Kernel panic - not syncing")
LINES_SHOWN = 60


class SplatError(Exception):
    """The kernel reported an error of its own; the text is the report."""


def find(text: str) -> list[str]:
    """Return each report in *text*, with the lines that follow it."""
    lines = text.replace("\r", "").splitlines()
    found = []
    at = 0
    while at < len(lines):
        if not REPORT.search(lines[at]) or HARMLESS.search(lines[at]):
            at += 1
            continue
        end = at + 1
        while end < len(lines) and end - at < LINES_SHOWN:
            if "end trace" in lines[end] or "end Kernel panic" in lines[end]:
                end += 1
                break
            end += 1
        found.append("\n".join(lines[at:end]))
        at = end
    return found


class Console:
    """A console log that grows; reports are handed out once each."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.seen = 0

    def text(self, start: int = 0) -> str:
        """Return the log from byte *start* on."""
        if not self.path.exists():
            return ""
        with open(self.path, "rb") as handle:
            handle.seek(start)
            return handle.read().decode("utf-8", "replace")

    def panicked(self) -> bool:
        """Tell whether the kernel has stopped for good."""
        return bool(PANIC.search(self.text(self.seen)))

    def take(self) -> list[str]:
        """Return the reports since the last call."""
        size = self.path.stat().st_size if self.path.exists() else 0
        found = find(self.text(self.seen))
        self.seen = size
        return found
