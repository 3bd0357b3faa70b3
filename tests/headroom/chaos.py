# SPDX-License-Identifier: GPL-2.0
"""What may happen to a pair of NICs, drawn at random: settings and faults.

The same ``random.Random`` makes the same steps.
"""

import random

from headroom.nic import RX_STRATEGIES, TX_STRATEGIES
from headroom.pair import Pair

FEATURES = ("tso", "tx", "sg", "gro", "rx", "tx-tcp6-segmentation")
# How often of a million at most: each such event, so that some traffic passes
# whatever comes together.
FAULTS = {"map": 20_000, "rx_alloc": 100_000, "doorbell": 50_000,
          "tx_desc": 20_000, "tx_lost": 100_000, "tx_late": 200_000,
          "rx_desc": 20_000, "rx_error": 20_000, "rx_cut": 20_000,
          "rx_csum": 200_000, "rx_late": 20_000, "irq_lost": 2_000,
          "irq_spurious": 300_000}
# What ends in a reset happens once.
ENDS = ("tx_stuck", "tx_stop", "rx_lost", "rx_stuck", "rx_stop", "reset")

# Fragments whose packet lost others wait for them, in pages that stay mapped.
# Half a minute of that would look like a leak.
FRAGMENTS = """
for ns in left right; do
    nsenter --net=/run/netns/$ns sysctl -qw net.ipv4.ipfrag_time=$1 \\
        net.ipv6.ip6frag_time=$2
done
"""
NO_FRAGMENTS = """
for ns in left right; do
    for ((i = 0; i < 100; i++)); do
        held=$(nsenter --net=/run/netns/$ns cat /proc/net/sockstat \\
            /proc/net/sockstat6)
        [[ $held =~ FRAG6?:\\ inuse\\ [1-9] ]] || continue 2
        sleep 0.1
    done
    echo "fragments are still held in $ns" >&2
    exit 1
done
"""
FRAGMENT_SECONDS = ("30", "60")     # the kernel's own
RESTORE = """
for n in 1 2; do
    ns=left; ((n == 1)) || ns=right
    nic=/sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic
    for file in "$nic"/fault/*; do
        [[ $file == */delay_us ]] || echo off >"$file"
    done
    echo 5000 >"$nic/driver/watchdog_ms"
    for knob in loss_ppm dup_ppm reorder_ppm; do
        echo 0 >"$nic/wire/$knob"
    done
    ip -n $ns link set nic$n up
    nsenter --net=/run/netns/$ns ethtool -K nic$n tx on sg on rx on tso on \\
        gro on tx-tcp6-segmentation on
    nsenter --net=/run/netns/$ns ethtool -G nic$n tx 512 rx 512
    nsenter --net=/run/netns/$ns ethtool -C nic$n rx-usecs 0
    nsenter --net=/run/netns/$ns ethtool -A nic$n rx on tx on || true
    echo -1 >"$nic/hw/cpu"
done
true
"""
# Steps come on standard input, one a line, until $1 seconds are over. What
# another setting or a fault forbids is refused, and that is all right.
RUN = """
for n in 1 2; do
    echo 600 >/sys/kernel/debug/netdevsim/netdevsim$n/ports/0/nic/driver/\\
watchdog_ms
done
while ((SECONDS < $1)) && IFS= read -r step; do
    echo "$step"
    eval "$step" </dev/null || true
    sleep 0.2
done 2>&1
"""


class Chaos:
    """Steps drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)

    def setting(self) -> str:
        """Return a command that changes one setting of one of the NICs."""
        pick = self.pick
        number = pick.choice((1, 2))
        ns, nic = ("left", "right")[number - 1], f"nic{number}"
        inside = f"nsenter --net=/run/netns/{ns}"
        param = f"devlink dev param set netdevsim/netdevsim{number} name"
        debugfs = self.debugfs(number)
        return pick.choice((
            f"{param} tx_strategy value {pick.choice(TX_STRATEGIES)} "
            "cmode runtime",
            f"{param} rx_strategy value {pick.choice(RX_STRATEGIES)} "
            "cmode runtime",
            f"{inside} ethtool -G {nic} tx {pick.randint(64, 4096)} "
            f"rx {pick.randint(64, 4096)}",
            f"{inside} ethtool -K {nic} {pick.choice(FEATURES)} "
            # One that another one needs may refuse.
            f"{pick.choice(('on', 'off'))} || true",
            f"{inside} ethtool -C {nic} rx-usecs "
            f"{pick.choice((0, 50, 5000))}",
            f"{inside} ethtool -A {nic} {pick.choice(('rx', 'tx'))} "
            f"{pick.choice(('on', 'off'))}",
            f"ip -n {ns} link set {nic} down; sleep 0.05; "
            f"ip -n {ns} link set {nic} up",
            f"echo {pick.choice((-1, 0, 1))} >{debugfs}/hw/cpu",
            f"echo {pick.randint(0, 3000)} >{debugfs}/wire/loss_ppm",
            f"echo {pick.randint(0, 3000)} >{debugfs}/wire/dup_ppm",
            f"echo {pick.randint(0, 3000)} >{debugfs}/wire/reorder_ppm"))

    def fault(self) -> str:
        """Return a command that lets one fault happen, or ends one."""
        pick = self.pick
        folder = self.debugfs(pick.choice((1, 2))) + "/fault"
        name = pick.choice([*FAULTS, *ENDS])
        if name in ENDS:
            return f"echo nth {pick.randint(1, 50)} >{folder}/{name}"
        if pick.random() < 0.4:
            return f"echo off >{folder}/{name}"
        return (f"echo ppm {pick.randint(1, FAULTS[name])} "
                f"seed {pick.randint(1, 1000)} >{folder}/{name}")

    def step(self) -> str:
        """Return the next step, as likely a fault as a setting."""
        return self.fault() if self.pick.random() < 0.5 else self.setting()

    def run(self, pair: Pair, seconds: int) -> str:
        """Take steps for so many seconds; return which those were."""
        steps = "\n".join(self.step() for _ in range(5 * seconds)) + "\n"
        return pair.host.run(["bash", "-c", RUN, "chaos", str(seconds)],
                             stdin=steps, timeout=4 * seconds + 60,
                             check=True).stdout

    @staticmethod
    def debugfs(number: int) -> str:
        """Return the debugfs folder of NIC 1 or 2."""
        return (f"/sys/kernel/debug/netdevsim/netdevsim{number}"
                "/ports/0/nic")
