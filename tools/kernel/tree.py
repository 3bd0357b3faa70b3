# SPDX-License-Identifier: GPL-2.0
"""Built kernel trees: one per flavour and key, in the cache."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from tools import cache
from tools.kernel import config, distro, source

# Raise it when the way of building changes and the fragments do not.
RECIPE = 1
# How many lines of "  CC ..." a build prints, until one has been counted.
STEPS = {"release": 3000, "debug": 2700, "uml": 1190, "uml-kasan": 1200,
         "uml-debug": 1790}
STEP = re.compile(r"^  [A-Z][A-Z0-9_]+ +(\[M\] +)?\S")
COMPILER = os.environ.get("CC", "gcc")


class BuildError(Exception):
    """A kernel that does not build; the text holds the compiler's words."""


def compiler() -> str:
    """Return the compiler's own first line of --version."""
    done = subprocess.run([COMPILER, "--version"], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise BuildError(f"no compiler {COMPILER}")
    return done.stdout.splitlines()[0]


def key(flavour: str) -> str:
    """Return the digest of everything that goes into *flavour*."""
    state = hashlib.sha256()
    for part in (str(RECIPE), cache.digest(source.archive()),
                 source.patches_digest(source.patches_of(flavour)),
                 compiler()):
        state.update(part.encode() + b"\0")
    for fragment in config.fragments(flavour):
        # Comments do not change a kernel.
        asked = config.parse(fragment.read_text(encoding="utf-8"))
        state.update(repr(sorted(asked.items())).encode())
    return state.hexdigest()[:16]


def path(flavour: str) -> pathlib.Path:
    """Return where the tree of *flavour* is or would be built."""
    return cache.root() / "kernels" / f"{flavour}-{key(flavour)}"


def environment() -> dict[str, str]:
    """Return the environment that every build runs in.

    The same source gives the same object whatever the folder, the user and
    the hour, so that ccache can answer for a new key.
    """
    return {**os.environ, "LC_ALL": "C",
            "CCACHE_DIR": str(cache.root() / "ccache"),
            "CCACHE_BASEDIR": str(cache.root()), "CCACHE_NOHASHDIR": "1",
            "CCACHE_MAXSIZE": "5G", "CCACHE_DEPEND": "1",
            "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 1970",
            "KBUILD_BUILD_USER": "headroom",
            "KBUILD_BUILD_HOST": "headroom"}


class Progress:
    """Counts the steps of a build and says how far it is."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self.memo = cache.root() / "kernels" / f".steps-{flavour}"
        self.about = STEPS.get(flavour, 2000)
        if self.memo.is_file():
            self.about = int(self.memo.read_text(encoding="ascii"))
        self.count = 0
        self.start = self.last = time.monotonic()
        self.every = 2.0 if sys.stderr.isatty() else 30.0

    def line(self, text: str) -> None:
        """Take one line of make's output."""
        if not STEP.match(text):
            return
        self.count += 1
        now = time.monotonic()
        if now - self.last >= self.every:
            self.last = now
            self.show("\r" if sys.stderr.isatty() else "\n")

    def show(self, end: str) -> None:
        """Print how far the build is."""
        minutes = (time.monotonic() - self.start) / 60
        print(f"kernel {self.flavour}: {self.count} of about {self.about} "
              f"steps, {minutes:.1f} min", end=end, file=sys.stderr,
              flush=True)

    def finish(self, whole: bool) -> None:
        """Say the end; remember the count of a build from nothing."""
        self.show("\n")
        if whole:
            self.memo.write_text(str(self.count), encoding="ascii")


def compile_tree(flavour: str, src: pathlib.Path, out: pathlib.Path) -> None:
    """Run make for *flavour* in *out*; BuildError shows what went wrong."""
    log = out / "build.log"
    fresh = not (out / "vmlinux.o").exists()
    progress = Progress(flavour)
    command = ["make", "-C", str(src), f"O={out}", *config.make_arch(flavour),
               f"CC=ccache {COMPILER}", f"-j{os.cpu_count() or 1}",
               "linux" if flavour.startswith("uml") else "vmlinux", "modules"]
    with open(log, "w", encoding="utf-8", buffering=1) as sink, \
            subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            env=environment()) as make:
        assert make.stdout is not None
        for line in make.stdout:
            sink.write(line)
            progress.line(line)
    progress.finish(fresh and make.returncode == 0)
    if make.returncode:
        lines = log.read_text(encoding="utf-8").splitlines()
        bad = [i for i, text in enumerate(lines) if "rror" in text]
        start = max(0, (bad[0] if bad else len(lines)) - 10)
        raise BuildError(f"kernel {flavour} does not build; whole log in "
                         f"{log}:\n" + "\n".join(lines[start:start + 40]))


def base(src: pathlib.Path) -> str:
    """Return what a tree must share for its objects to be worth a start."""
    return f"{src} {source.version(src)} {compiler()}\n"


def base_source(tree: pathlib.Path, src: pathlib.Path) -> str:
    """Return the source that the built *tree* was made from, "" if no start.

    Another series on the same archive will do: files that no patch touches
    are the same files, with the same times, in all copies of the source.
    """
    stamp = (tree / cache.STAMP).read_text(encoding="utf-8")
    was = pathlib.Path(stamp.split(" ")[0])
    if (was.parent.name.split("-")[0] != src.parent.name.split("-")[0]
            or stamp != base(src).replace(str(src), str(was), 1)):
        return ""
    return str(was)


def move_commands(tree: pathlib.Path, was: str, src: pathlib.Path) -> None:
    """Make the commands that *tree* was built with name the source *src*.

    make compares them with what it would run now, and would compile all.
    """
    for path in tree.rglob("*.cmd"):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        moved = text.replace(f"{was}/", f"{src}/")
        if moved != text:
            stat = path.stat()
            path.write_text(moved, encoding="utf-8",
                            errors="surrogateescape")
            os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


def seed(flavour: str, src: pathlib.Path, out: pathlib.Path) -> bool:
    """Start *out* from a built tree of the same flavour; False without one.

    make then compiles what a changed option or patch touches. ccache cannot
    tell: every file includes the whole configuration.
    """
    found = [tree for tree in out.parent.glob(f"{flavour}-*")
             if cache.is_complete(tree) and base_source(tree, src)]
    if not found:
        return False
    newest = max(found, key=lambda tree: (tree / cache.STAMP).stat().st_mtime)
    cache.say(f"kernel {flavour}: starting from {newest}")
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", newest, part], check=True)
    (part / cache.STAMP).unlink()
    if (was := base_source(newest, src)) != str(src):
        move_commands(part, was, src)
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    return True


def keep_tools(flavour: str, src: pathlib.Path, out: pathlib.Path) -> None:
    """Keep the tools of a tree that was copied as old as they were.

    They are linked again in another folder, and every object depends on
    objtool: all would be compiled again. Source and compiler are the same, so
    the tools do the same.
    """
    tool = out / "tools" / "objtool" / "objtool"
    if not tool.exists():
        return
    made = tool.stat().st_mtime_ns
    make = subprocess.run(
        ["make", "-C", str(src), f"O={out}", *config.make_arch(flavour),
         f"CC=ccache {COMPILER}", f"-j{os.cpu_count() or 1}", "prepare"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
        env=environment(), check=False)
    if make.returncode:
        raise BuildError(f"kernel {flavour} cannot be prepared:\n"
                         + "\n".join(make.stdout.splitlines()[-40:]))
    for path in (out / "tools").rglob("*"):
        os.utime(path, ns=(made, made), follow_symlinks=False)


def build(flavour: str) -> pathlib.Path:
    """Return the built tree of *flavour*, building it if there is none.

    An interrupted build left no stamp; it is continued, which make can do.
    Raises SourceError, ConfigError or BuildError.
    """
    config.fragments(flavour)
    out = path(flavour)
    if cache.is_complete(out):
        return out
    with cache.lock(out.name):
        if cache.is_complete(out):
            return out
        cache.say(f"kernel {flavour}: {out}")
        src = source.patched(flavour)
        seeded = not (out / "vmlinux").exists() and seed(flavour, src, out)
        out.mkdir(parents=True, exist_ok=True)
        try:
            config.configure(flavour, src, out)
        except config.ConfigError:
            # Nothing is worth keeping under this key.
            shutil.rmtree(out)
            raise
        if seeded:
            keep_tools(flavour, src, out)
        compile_tree(flavour, src, out)
        cache.set_complete(out, base(src))
    return out


def given(tree: str) -> pathlib.Path:
    """Return a tree of the user's own; BuildError when it is not built."""
    folder = pathlib.Path(tree).resolve()
    for need in (".config", "Module.symvers"):
        if not (folder / need).is_file():
            raise BuildError(f"KERNEL={tree}: no {need}: not a built tree")
    return folder


def resolve(flavour: str) -> pathlib.Path:
    """Return the tree to use: $KERNEL if set (x86 flavours), else built.

    KERNEL=distro is Debian's own kernel: the tree is its headers.
    """
    own = os.environ.get("KERNEL")
    if own and not flavour.startswith("uml"):
        return distro.tree() if own == distro.NAME else given(own)
    return build(flavour)
