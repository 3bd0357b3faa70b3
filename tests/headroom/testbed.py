# SPDX-License-Identifier: GPL-2.0
"""A host with our modules and a pair of NICs, and what must hold after use."""

import pathlib
import shutil

from headroom import dmadebug, executor
from headroom.counters import Counters
from headroom.pair import MODULES, Pair, PairCounters
from headroom.recorder import Recorder

# Every folder of debugfs and every ethtool counter of both NICs, as text.
STATE = """
for n in 1 2; do
    ns=left; ((n == 1)) || ns=right
    for file in /sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic/*/*; do
        case $file in *.pcap) continue ;; esac
        echo "== $file"; cat "$file"
    done
    echo "== ethtool -S nic$n"
    ip netns exec $ns ethtool -S nic$n
    ip -n $ns -s -d link show nic$n
    ip netns exec $ns ss -tinm
done 2>&1
[[ ! -e $1 ]] || { echo "== $1"; cat "$1"; }
true
"""


class Unclean(AssertionError):
    """Something is left that should be gone, or went wrong unseen."""


def unbalanced(name: str, side: Counters) -> list[str]:
    """Return what a NIC that is quiet has mapped and not unmapped."""
    kinds = ("dma", "plain", "tso_lib", "hgso", "tso_hw")
    return [f"{name}: {kind}: {maps} maps, {unmaps} unmaps" for kind in kinds
            if (maps := side[f"driver.tx_{kind}_maps"])
            != (unmaps := side[f"driver.tx_{kind}_unmaps"])]


class Testbed:
    """A host, its modules and at most one pair of NICs."""

    __test__ = False

    def __init__(self, host: executor.Executor, flavour: str,
                 out: pathlib.Path) -> None:
        self.host = host
        self.flavour = flavour
        self.out = out
        self.existing: Pair | None = None
        self.recorder: Recorder | None = None
        self.has_dma_debug = dmadebug.available(host)
        self.faults = 0
        self.pages = 0

    @property
    def debug(self) -> bool:
        """Whether the kernel is one that errors are looked for with."""
        return "debug" in self.flavour.split("-")

    def pair(self) -> Pair:
        """Return the pair of NICs, made now if there is none."""
        if self.existing is None:
            self.clear()
            self.existing = self.create()
        return self.existing

    def create(self, iommu: str | None = None, queues: int = 1) -> Pair:
        """Replace the pair by a new one."""
        self.clear()
        pair = Pair(self.host)
        pair.create(iommu, queues)
        self.existing = pair
        self.faults = 0
        counted = pair.counters_when_down()
        self.pages = pair_pages(counted)
        return pair

    def clear(self) -> None:
        """Remove NICs and namespaces, whoever uses them."""
        self.end_recorder()
        self.existing = None
        Pair(self.host).remove()

    def unload(self) -> None:
        """Remove the NICs and our modules. Raises CommandError."""
        self.clear()
        for name in reversed(MODULES):
            self.host.run(["modprobe", "-r", name], check=True, timeout=120)

    # What fails leaves something to look at.

    def record(self) -> None:
        """Begin to record the headers of what the pair sends."""
        if self.recorder and not self.recorder.again():
            self.end_recorder()
        if self.existing and not self.recorder:
            self.recorder = Recorder(self.existing)

    def end_recorder(self) -> None:
        """Forget what was recorded; a module can be unloaded then."""
        if self.recorder:
            self.recorder.stop()
            self.recorder = None

    def collect(self, folder: pathlib.Path) -> None:
        """Write dmesg, console, counters and captures to *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.host.console.exists():
            shutil.copyfile(self.host.console, folder / "console.log")
        (folder / "dmesg.txt").write_text(self.host.dmesg(), encoding="utf-8")
        state = executor.script(self.host, STATE, dmadebug.DUMP, check=False)
        (folder / "counters.txt").write_text(state.stdout, encoding="utf-8")
        if self.recorder:
            self.recorder.save(folder)
            self.recorder = None

    # What must hold.

    def check_health(self) -> None:
        """Raise Unclean if the kernel reported an error of its own."""
        if reports := self.host.splats():
            raise Unclean("the kernel reported:\n" + "\n\n".join(reports))

    def check_quiet(self, faults: int = 0) -> None:
        """Nothing that was sent is still mapped, and nothing has faulted.

        *faults* are expected of what ran since the last check. Raises
        Unclean.
        """
        if self.existing is None:
            return
        self.judge(self.existing.counters_at_rest(), faults)

    def check_down(self, faults: int = 0) -> None:
        """The same with the links down, when nothing at all is mapped.

        Takes seconds; what only it can see is the memory of rings.
        """
        if self.existing is None:
            return
        counted = self.existing.counters_when_down()
        pages = pair_pages(counted)
        self.judge(counted, faults, [
            f"{pages} pages mapped by the IOMMU when down, not {self.pages}"
        ] if pages != self.pages else [])

    def judge(self, counted: PairCounters, faults: int,
              wrong: list[str] | None = None) -> None:
        """Raise Unclean if *counted* shows maps left, or other faults."""
        wrong = [*(wrong or []), *unbalanced("left", counted.left),
                 *unbalanced("right", counted.right)]
        seen = pair_faults(counted)
        if seen != self.faults + faults:
            wrong.append(f"{seen - self.faults} DMA faults")
        self.faults = seen
        if wrong:
            raise Unclean("; ".join(wrong))

    def check_nothing_mapped(self) -> None:
        """The kernel's own list has nothing of ours. Raises Unclean."""
        if self.has_dma_debug and (left := dmadebug.mappings(self.host)):
            raise Unclean(f"{len(left)} DMA mappings are left:\n"
                          + "\n".join(left[:20]))


def pair_pages(counted: PairCounters) -> int:
    """Return the pages that both NICs have mapped now."""
    return (counted.left["iommu.pages_live"]
            + counted.right["iommu.pages_live"])


def pair_faults(counted: PairCounters) -> int:
    """Return the DMA faults of both NICs so far, however they were seen."""
    return sum(side[name] for side in (counted.left, counted.right)
               for name in ("iommu.faults", "hw.dma_faults"))
