# SPDX-License-Identifier: GPL-2.0
"""segbench, pass after pass: instructions of a counting guest, nanoseconds of
User-mode Linux, of a guest on KVM, or of this very machine.

A pass runs every case once, each with a state made anew, so that passes
interleave all of them.
"""

import pathlib
from collections.abc import Sequence

from bench import environment, guest, native, perf, realhost, results, tables
from bench.context import NATIVE, Bench
from bench.record import Section
from bench.repeat import Samples, add
from headroom import executor
from tools.kernel import distro, source
from tools.kernel import tree as kernels
from tools.modules import tree as modules
from tools.vm import Machine, qemu

# Instructions repeat; time does not, on a machine that others use.
COUNT_LIMIT, TIME_LIMIT = 3.0, 15.0
# segbench's own limit is lifted: what differs between passes decides.
SETTINGS = {"rounds": 1, "max_spread": 10_000_000}
# In a pass, of half a millisecond each: where time is measured so many that
# the median is one which nobody interrupted.
COUNTED, TIMED = 3, 9
# Its cases need the emulated IOMMU.
DMA = "segbench_dma"


def collect(texts: Sequence[str],
            unit: str) -> tuple[list[results.Result], dict[str, Samples]]:
    """Return the last pass's results, and the samples of all of *texts*.

    Raises ResultsError.
    """
    taken: dict[str, Samples] = {}
    parsed: list[results.Result] = []
    for text in texts:
        parsed = results.parse(text)
        for result in parsed:
            if result.median is not None:
                add(taken.setdefault(result.name, {}), {unit: result.median})
    return parsed, taken


def one_pass(host: executor.Executor) -> None:
    """Run every case once."""
    host.run(["sh", "-c", f"echo 1 > {guest.FILES}/run"], timeout=600,
             check=True)


def run(host: executor.Executor, bench: Bench, filter_: str,
        repetitions: int, profile: list[str] | None = None,
        more: Sequence[str] = ()) -> list[str]:
    """Load segbench on *host*, run all passes, return what each printed.

    *profile* takes what perf says of one more pass, if that is asked for;
    *more* are modules with suites of their own.
    """
    words = [f"{name}={value}" for name, value in SETTINGS.items()]
    if host.run(["grep", "-q", "[1Y]", realhost.SWITCH]).returncode == 0:
        raise results.ResultsError("hgso_takeover is on: what is called stock "
                                   "would not be")
    host.modprobe("segbench", f"filter={filter_}",
                  f"repetitions={repetitions}", *words)
    for module in more:
        host.modprobe(module)
    texts = []
    bench.progress.plan(bench.settings.repetitions + 1)
    try:
        for turn in range(bench.settings.repetitions + 1):
            one_pass(host)
            if turn:
                texts.append(host.run(["cat", f"{guest.FILES}/results"],
                                      check=True).stdout)
            bench.progress.step(f"pass {turn}" if turn else "warm-up")
        if bench.settings.perf and profile is not None:
            sampled = Section("segbench", "", "", {}, [])
            perf.profile(host, bench.settings.out, sampled, ["all cases"],
                         lambda _: one_pass(host))
            profile += sampled.profile
    finally:
        host.run(["rmmod", *more, "segbench"], check=True)
    return texts


def pattern(bench: Bench) -> str:
    """Return the cases to run; a quick bench has the usual packet."""
    if bench.settings.quick and bench.settings.pattern == "*":
        return "*/tcpv?-*45*"
    return bench.settings.pattern


def counted(bench: Bench, tree: pathlib.Path | None, prefix: str,
            title: str) -> list[Section]:
    """Count instructions on the kernel *tree*, the flavour's if None."""
    with Machine(bench.settings.flavour, tree=tree, icount=True,
                 out=bench.settings.out / prefix) as vm:
        said: list[str] = []
        texts = run(vm, bench, pattern(bench), COUNTED, said,
                    [DMA] if guest.loadable(vm, DMA) else [])
        vm.check_splats()
        kernel = guest.describe(vm.tree, vm.release)
    parsed, taken = collect(texts, guest.UNIT)
    found = tables.sections(prefix, title, parsed, taken, kernel, guest.UNIT,
                            COUNT_LIMIT)
    if found:
        found[0].profile = said
    return found


def instructions(bench: Bench) -> list[Section]:
    """Instructions on our kernel, which is configured like Debian's."""
    return counted(bench, None, "instructions", "Instructions")


def distro_instructions(bench: Bench) -> list[Section]:
    """Instructions on Debian's own kernel, as its package has it."""
    key, title = "distro", "Instructions on the distribution's own kernel"
    try:
        return counted(bench, distro.tree(), key, title)
    except source.SourceError as error:
        return [Section(key, title, "", {}, [], [str(error)])]


def timed(bench: Bench, prefix: str, title: str, kernel: dict[str, str],
          texts: Sequence[str]) -> list[Section]:
    """Return the sections of passes that took time."""
    parsed, taken = collect(texts, "ns")
    return tables.sections(prefix, title, parsed, taken, kernel, "ns",
                           TIME_LIMIT)


def nanoseconds(bench: Bench) -> list[Section]:
    """Native time in User-mode Linux."""
    tree = kernels.resolve("uml")
    passes = bench.settings.repetitions + 1
    bench.progress.plan(1)
    texts = native.run(tree, pattern(bench), passes,
                       {**SETTINGS, "repetitions": TIMED}, bench.settings.out)
    bench.progress.step("all passes")
    kernel = guest.describe(tree, modules.release(tree), NATIVE)
    return timed(bench, "uml", "Native nanoseconds, User-mode Linux", kernel,
                 texts[1:])


def here(bench: Bench) -> list[Section]:
    """Native time on this very machine, for whose kernel our modules are.

    Raises CommandError where modprobe finds none.
    """
    host = executor.Local(bench.settings.out)
    try:
        texts = run(host, bench, pattern(bench), TIMED)
    finally:
        host.stop()
    kernel = {"release": host.release, **environment.running_kernel(),
              "cpu": environment.field(environment.CPUINFO, "model name")}
    return timed(bench, "here", "Native nanoseconds, this machine", kernel,
                 texts)


def on_kvm(bench: Bench) -> list[Section]:
    """Native time in a guest, where one really boots on KVM."""
    key, title = "kvm", "Native nanoseconds, a guest on KVM"
    vm = bench.guest()
    if vm.accel != "kvm":
        return [Section(key, title, "", {}, [],
                        ["no guest boots on KVM on this machine: it was "
                         f"tried, and {vm.accel} taken"
                         if qemu.kvm_verdict() is not None
                         else "no /dev/kvm"])]
    return timed(bench, key, title, bench.kernel(),
                 run(vm, bench, pattern(bench), TIMED))
