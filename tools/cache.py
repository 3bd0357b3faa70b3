# SPDX-License-Identifier: GPL-2.0
"""Where everything that is built lives: outside the checkout.

The folder is $XDG_CACHE_HOME/headroom, or ~/.cache/headroom. An entry counts
only when it holds the stamp file ``complete``; a build that was interrupted
left none and is continued or redone under the entry's lock.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import sys
import threading
from collections.abc import Iterator

REPO = pathlib.Path(__file__).resolve().parent.parent
STAMP = "complete"


def root() -> pathlib.Path:
    """Return the cache folder, which exists afterwards."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = pathlib.Path(base) / "headroom"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold the lock called *name*; says so when it has to wait for it."""
    folder = root() / "locks"
    folder.mkdir(exist_ok=True)
    with open(folder / name, "w", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another build of {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_complete(entry: pathlib.Path) -> bool:
    """Tell whether *entry* was built to its end."""
    return (entry / STAMP).is_file()


def set_complete(entry: pathlib.Path, text: str = "") -> None:
    """Mark *entry* as built to its end; the stamp appears at once or not."""
    part = entry / (STAMP + ".part")
    part.write_text(text, encoding="utf-8")
    part.rename(entry / STAMP)


def digest(path: pathlib.Path) -> str:
    """Return the SHA-256 of a file, remembered by size and time of change."""
    stat = path.stat()
    memo_key = hashlib.sha256(
        f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}".encode()).hexdigest()
    memo = root() / "digests" / memo_key
    if memo.is_file():
        return memo.read_text(encoding="ascii")
    state = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            state.update(block)
    memo.parent.mkdir(exist_ok=True)
    part = memo.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    part.write_text(state.hexdigest(), encoding="ascii")
    part.rename(memo)
    return state.hexdigest()


def say(text: str) -> None:
    """Print a line about progress; standard output is for results."""
    print(text, file=sys.stderr, flush=True)
