# SPDX-License-Identifier: GPL-2.0
"""The processor time of a process of this machine and all its descendants.

User-mode Linux is such processes: what they used does not depend on who else
uses the machine, as the time that passed in the guest does.
"""

import os
import pathlib

# In /proc/PID/stat behind the name: the parent; then user and system time of
# the process, and the same of its children that have ended.
PARENT, TIMES = 1, slice(11, 15)


def read(pid: str) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name, [] if it is gone.
    """
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def used(root: int) -> float:
    """Return the seconds that *root* and its descendants used so far.

    What has ended counts as long as its parent was in the tree.
    """
    found = {int(name): fields for name in os.listdir("/proc")
             if name.isdigit() and (fields := read(name))}
    children: dict[int, list[int]] = {}
    for pid, fields in found.items():
        children.setdefault(int(fields[PARENT]), []).append(pid)
    ticks, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        if pid in found:
            ticks += sum(int(word) for word in found[pid][TIMES])
            waiting += children.get(pid, [])
    return ticks / os.sysconf("SC_CLK_TCK")
