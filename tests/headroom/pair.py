# SPDX-License-Identifier: GPL-2.0
"""Two linked NICs, in the network namespaces "left" and "right"."""

import pathlib

from headroom import counters, executor
from headroom.nic import Nic

SETUP = pathlib.Path(__file__).resolve().parent.parent / "setup-two-nics"
MODULES = ("hgso", "hgro", "inet_lro", "nsim_iommu", "netdevsim")

# To a known state: what any scenario may have changed. $1 and $2 are the
# strategies.
RESET = """
set -eo pipefail
for n in 1 2; do
    nic=/sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic
    for knob in loss_ppm dup_ppm reorder_ppm corrupt_ppm rate_bps \
        latency_ns jitter_ns; do
        echo 0 >"$nic/wire/$knob"
    done
    echo none >"$nic/driver/bug"
    for strategy in "tx_strategy value $1" "rx_strategy value $2"; do
        echo "dev param set netdevsim/netdevsim$n name $strategy" \
            "cmode runtime"
    done
done | devlink -b -
"""

DOWN = """
ip -n left link set nic1 down
ip -n right link set nic2 down
"""
UP = """
ip -n left link set nic1 up
ip -n right link set nic2 up
for ((i = 0; i < 200; i++)); do
    [[ $(ip -n left link show nic1) == *LOWER_UP* &&
       $(ip -n right link show nic2) == *LOWER_UP* ]] && exit
    sleep 0.05
done
echo "no carrier after 10 s" >&2
exit 1
"""

# Whatever is left of a pair, whole or not.
REMOVE = """
for ns in left right; do
    [[ -e /run/netns/$ns ]] || continue
    ip netns pids $ns | xargs -r kill -KILL
done
for n in 1 2; do
    [[ -d /sys/bus/netdevsim/devices/netdevsim$n ]] &&
        echo $n >/sys/bus/netdevsim/del_device
done
for ns in left right; do
    [[ ! -e /run/netns/$ns ]] || ip netns del $ns
done
"""


class Pair:
    """Two linked NICs; ``left`` and ``right`` are Nic."""

    def __init__(self, host: executor.Executor) -> None:
        self.host = host
        self.left = Nic(host, 1)
        self.right = Nic(host, 2)
        self.report = ""

    @property
    def nics(self) -> tuple[Nic, Nic]:
        """Both NICs."""
        return self.left, self.right

    def load(self) -> None:
        """Load our modules; harmless if they are. Raises CommandError."""
        for module in MODULES:
            self.host.modprobe(module)

    def create(self, iommu: str | None = None, queues: int = 1) -> None:
        """Load what is needed and make the two NICs; harmless if there.

        Raises CommandError.
        """
        self.load()
        words = ["-q", str(queues)]
        if iommu:
            words += ["-i", iommu]
        self.report = self.host.run([str(SETUP), *words], timeout=600,
                                    check=True).stdout
        for nic in self.nics:
            nic.hold()

    def remove(self) -> None:
        """Remove NICs and namespaces; what runs in them is killed."""
        executor.script(self.host, REMOVE, timeout=120)

    def reset(self, tx: str = "hgso", rx: str = "gro") -> None:
        """Set both strategies on both NICs and take impairments away."""
        executor.script(self.host, RESET, tx, rx)

    def down(self) -> None:
        """Set both links down."""
        executor.script(self.host, DOWN)

    def up(self) -> None:
        """Set both links up and wait for the carrier."""
        executor.script(self.host, UP)

    def counters(self) -> "PairCounters":
        """Return what both NICs counted."""
        found = counters.read(self.host, self.nics)
        return PairCounters(found["nic1"], found["nic2"])

    def counters_at_rest(self, tries: int = 20) -> "PairCounters":
        """Return the counters when nothing has been sent while they were read.

        A frame on its way is counted by some and not yet by others. Raises
        TimeoutError when there is always one.
        """
        before = self.counters()
        for _ in range(tries):
            now = self.counters()
            if all(new[name] == old[name] for new, old in (
                    (now.left, before.left), (now.right, before.right))
                   for name in ("wire.sent", "wire.received",
                                "link.tx_packets", "link.rx_packets")):
                return now
            before = now
        raise TimeoutError("the wire is never quiet")

    def counters_when_down(self) -> "PairCounters":
        """Set the links down, return the counters, set them up again.

        Down frees and unmaps everything; what is still there then is lost.
        """
        self.down()
        try:
            return self.counters()
        finally:
            self.up()


class PairCounters:
    """The counters of both NICs at one time; differences are such too."""

    def __init__(self, left: counters.Counters,
                 right: counters.Counters) -> None:
        self.left = left
        self.right = right

    def __sub__(self, before: "PairCounters") -> "PairCounters":
        return PairCounters(self.left - before.left,
                            self.right - before.right)

    def show(self) -> str:
        """Return all that are not 0, as text."""
        return f"left:\n{self.left.show()}right:\n{self.right.show()}"
