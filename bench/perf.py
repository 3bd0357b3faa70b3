# SPDX-License-Identifier: GPL-2.0
"""Where the time goes: perf in the guest, beside any measurement.

Sampled is one more run of each row, so that no figure has perf in it. Where
the machine has counters they drive the samples, elsewhere a timer does; what
it was is in the section.
"""

import contextlib
import pathlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bench import flame
from bench.context import REFUSED
from bench.record import Section
from headroom import executor

DATA = "/tmp/headroom-perf.data"
# Not a divisor of the timer's frequency.
RATE = 997
STARTED = """
for ((i = 0; i < 300; i++)); do
    [[ -s $1 ]] && exit
    sleep 0.1
done
echo "perf record does not start" >&2
exit 1
"""
# A stack counts for the first group that has one of its functions, from the
# innermost on; in a function, the first group that matches.
GROUPS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern)) for name, pattern in (
        ("copy", r"copy_(user|from|to|page|mc)|_copy_|memcpy|memmove|rep_movs"
         r"|clear_page|memset|skb_copy_|copyin|copyout|simple_copy"),
        ("checksum", r"csum|checksum"),
        ("mapping", r"dma_|iommu_|iova|swiotlb|^nsim_(map|unmap|table|iotlb|"
         r"domain|flush)"),
        ("allocation", r"kmem_cache|kmalloc|kfree|slab|alloc_skb|skb_free|"
         r"skb_release|kfree_skb|consume_skb|alloc_pages|free_unref|rmqueue|"
         r"get_page_from_freelist|page_frag|page_pool|napi_get_frags|"
         r"pskb_expand_head|skb_clone|build_skb|__free_pages|folio_put"),
        ("segmentation", r"skb_segment|gso_segment|^hgso_|tso_(build|start)|"
         r"skb_mac_gso"),
        ("aggregation", r"gro_|_gro|^hgro_|^lro_"),
        ("driver", r"^nic_|^nsim_"),
        ("stack", r"^_*(tcp|udp|ip6?|ipv6|inet6?|dev|netif|net_[rt]x|napi|sk|"
         r"sock|skb|neigh|qdisc|sch|nf|packet|dst|fib|validate_xmit|eth|"
         r"fq_codel|pfifo|icmpv?6?)_"),
    ))
IDLE = re.compile(r"(default|native|pv_native)_(idle|safe_halt)|mwait_idle|"
                  r"acpi_(idle|safe_halt)|cpuidle_enter|poll_idle")
HARDWARE = re.compile(r"^nic_thread")
FRAME = re.compile(r"^\s+[0-9a-f]+ (?P<name>.+?) \((?P<place>[^()]*)\)$")
# The kernel's own code, and modules by name or by file.
KERNEL = re.compile(r"^\[(?!unknown)|\.ko(\.\w+)?$")
# Fewer samples of what was not idle say nothing.
FEWEST = 100
ORDER = (*(name for name, _ in GROUPS), "modelled hardware", "programs",
         "other kernel", "idle")
Stacks = Counter[tuple[str, ...]]


def parse(text: str) -> Stacks:
    """Return the stacks of ``perf script -F comm,ip,sym,dso``, callers first.

    The first word is the thread's name; what is not the kernel's has its
    file's name behind a "`". Raises ValueError when there is none.
    """
    stacks: Stacks = Counter()
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        frames = [match for line in lines[1:] if (match := FRAME.match(line))]
        if not frames:
            continue
        names = [frame["name"].partition("+0x")[0] if (
            KERNEL.search(frame["place"]))
            else f"{pathlib.Path(frame['place']).name}`{frame['name']}"
            for frame in frames]
        # Threads of one kind are one: ksoftirqd/0, nsim-hw/nic1.
        thread = lines[0].strip().partition("/")[0].partition(":")[0]
        stacks[(thread, *reversed(names))] += 1
    if not stacks:
        raise ValueError("perf took no sample")
    return stacks


def group(stack: tuple[str, ...]) -> str:
    """Return the group that a stack's cost belongs to."""
    leaf = stack[-1]
    if "`" in leaf:
        return "programs"
    if IDLE.search(leaf):
        return "idle"
    if any(HARDWARE.match(name) for name in stack):
        return "modelled hardware"
    for name in reversed(stack[1:]):
        for title, pattern in GROUPS:
            if pattern.search(name):
                return title
    return "other kernel"


def grouped(stacks: Stacks) -> dict[str, float]:
    """Return each group's share of what was not idle, per cent."""
    counted: Counter[str] = Counter()
    for stack, samples in stacks.items():
        counted[group(stack)] += samples
    busy = sum(counted.values()) - counted["idle"]
    return {name: 100 * counted[name] / busy for name in ORDER
            if name != "idle" and counted[name]} if busy else {}


def top(stacks: Stacks, count: int = 12) -> list[tuple[str, float]]:
    """Return the functions that were on the processor most, per cent."""
    leaves: Counter[str] = Counter()
    for stack, samples in stacks.items():
        if group(stack) != "idle":
            leaves[stack[-1]] += samples
    whole = sum(leaves.values())
    return [(name, 100 * samples / whole)
            for name, samples in leaves.most_common(count)]


def event(host: executor.Executor) -> str:
    """Return what can drive samples here: the processor's counters, or not.
    """
    done = host.run(["perf", "stat", "-x", ",", "-e", "cycles", "true"],
                    timeout=60)
    counts = re.search(r"^(\d+),", done.stderr, re.M)
    return "cycles" if done.returncode == 0 and counts else "cpu-clock"


@contextlib.contextmanager
def recording(host: executor.Executor, what: str) -> Iterator[None]:
    """Sample all processors while the block of code runs."""
    host.run(["rm", "-f", DATA])
    running = host.popen(["perf", "record", "-q", "-e", what, "-F", str(RATE),
                          "-a", "-g", "-o", DATA])
    try:
        executor.script(host, STARTED, DATA)
        yield
    except BaseException:
        running.kill()
        raise
    running.kill("INT")
    running.wait(60)


def script(host: executor.Executor) -> str:
    """Return what perf script says of the last recording."""
    return host.run(["perf", "script", "-i", DATA, "-F", "comm,ip,sym,dso"],
                    timeout=300, check=True).stdout


def statistics(host: executor.Executor, measure: Callable[[], Any]) -> str:
    """Return what ``perf stat -a`` counts beside a run."""
    out = "/tmp/headroom-perf.stat"
    host.run(["rm", "-f", out])
    running = host.popen(["perf", "stat", "-a", "-o", out])
    try:
        measure()
    finally:
        running.kill("INT")
        running.wait(60)
    return host.read(out)


def slug(text: str) -> str:
    """Return *text* as a file's name."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-")


def sample(host: executor.Executor, what: str, folder: pathlib.Path,
           name: str, measure: Callable[[], Any]) -> list[str]:
    """Sample one run; write its files, return lines for the report."""
    with recording(host, what):
        measure()
    stacks = parse(script(host))
    folder.mkdir(parents=True, exist_ok=True)
    base = slug(name)
    (folder / f"{base}.svg").write_text(flame.svg(stacks, name),
                                        encoding="utf-8")
    (folder / f"{base}.folded").write_text("".join(
        f"{';'.join(stack)} {samples}\n"
        for stack, samples in sorted(stacks.items())), encoding="utf-8")
    (folder / f"{base}.stat").write_text(statistics(host, measure),
                                         encoding="utf-8")
    busy = sum(samples for stack, samples in stacks.items()
               if group(stack) != "idle")
    if busy < FEWEST:
        return [f"{name}: only {busy} samples that were not idle: too few"]
    shares = ", ".join(f"{title} {share:.0f} %"
                       for title, share in grouped(stacks).items())
    leaves = ", ".join(f"{function} {share:.1f} %"
                       for function, share in top(stacks))
    return [f"{name}: {busy} samples; {shares}",
            f"{name}: most often: {leaves}",
            f"{name}: {folder.name}/{base}.svg"]


def profile(host: executor.Executor, out: pathlib.Path, section: Section,
            rows: Sequence[Any], measure: Callable[[Any], Any]) -> None:
    """Sample one run of each row; what was found goes to the section."""
    if host.accel == "uml":
        section.profile.append("User-mode Linux has no perf: the same rows in "
                               "a virtual machine have")
        return
    what = event(host)
    section.profile.append(
        "samples by the processor's cycle counter" if what == "cycles" else
        "no counters here: samples by a timer (cpu-clock), which sees nothing "
        "of what runs with interrupts off")
    for row in rows:
        try:
            section.profile += sample(host, what, out / "perf",
                                      f"{section.key} {row}",
                                      lambda row=row: measure(row))
        except REFUSED as error:
            section.profile.append(f"{row}: {error}")
