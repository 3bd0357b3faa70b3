# SPDX-License-Identifier: GPL-2.0
"""The takeover of the kernel's segmentation: its switch, its counters, and
the devices without TSO that it is for."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterator

from headroom import executor
from headroom.pair import Pair

SWITCH = "/sys/module/hgso_takeover/parameters/enabled"
SAMPLE = "/sys/module/hgso_takeover/parameters/sample"
STATUS = "/sys/kernel/debug/hgso_takeover/status"
HERE = pathlib.Path(__file__).resolve().parent
MEASURE = HERE.parent.parent / "tools" / "measure"

# Two veth devices without TSO, in the NICs' namespaces. What is to be captured
# whole is not merged again.
CABLE = """
ip link add veth-left netns left type veth peer veth-right netns right
in_left ethtool -K veth-left tso off tx-udp-segmentation off \\
    tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off
"""
VETH = CABLE + """
addresses veth-left veth-right
"""
# The other side of known packets, by the right end's addresses.
ROUTES = """
in_left sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip -n left tuntap add known mode tap vnet_hdr
ip -n left link set known up
ip -n left route add 198.18.0.0/24 dev known
ip -n left route add 203.0.113.200 via "$2" dev "$1"
ip -n left route add 2001:db8:200::200 via "$3" dev "$1"
in_right ethtool -K "$4" gro off
# Few packets wait for an address to be resolved.
in_left ping -q -i 0.2 -c 1 -w 20 "$2"
in_left ping -q -i 0.2 -c 1 -w 20 "$3"
"""
WORDS = """
set -e
in_left() { nsenter --net=/run/netns/left "$@"; }
in_right() { nsenter --net=/run/netns/right "$@"; }
# Addresses and up: of $1 in left and $2 in right, of network $3.
addresses() {
    local net=${3:-51}
    ip -n left addr add "198.51.$net.1/24" dev "$1"
    ip -n right addr add "198.51.$net.2/24" dev "$2"
    ip -n left addr add "2001:db8:$net::1/64" dev "$1" nodad
    ip -n right addr add "2001:db8:$net::2/64" dev "$2" nodad
    ip -n left link set "$1" up
    ip -n right link set "$2" up
}
"""
VXLAN = VETH + """
ip -n left link add vx-left type vxlan id 42 remote 198.51.51.2 \\
    dstport 4789 dev veth-left
ip -n right link add vx-right type vxlan id 42 remote 198.51.51.1 \\
    dstport 4789 dev veth-right
addresses vx-left vx-right 52
"""
WIREGUARD = VETH + """
for side in left right; do
    wg genkey >/tmp/headroom/key-$side
    wg pubkey </tmp/headroom/key-$side >/tmp/headroom/public-$side
    ip -n $side link add wg-$side type wireguard
done
in_right wg set wg-right listen-port 51820 private-key \\
    /tmp/headroom/key-right peer "$(</tmp/headroom/public-left)" \\
    allowed-ips 0.0.0.0/0,::/0
in_left wg set wg-left private-key /tmp/headroom/key-left \\
    peer "$(</tmp/headroom/public-right)" \\
    allowed-ips 0.0.0.0/0,::/0 endpoint 198.51.51.2:51820
addresses wg-left wg-right 52
"""
IPSEC = VETH + """
a=198.51.51.1 b=198.51.51.2
for side in left right; do
    ip -n $side link add ipsec-$side type xfrm if_id 42
    for ends in "$a $b 0x101" "$b $a 0x102"; do
        read -r from to spi <<<"$ends"
        ip -n $side xfrm state add src $from dst $to proto esp spi $spi \\
            reqid 1 mode tunnel flag af-unspec if_id 42 \\
            aead 'rfc4106(gcm(aes))' \\
            0x0102030405060708090a0b0c0d0e0f1011121314 128
        dir=out
        [[ $side$from == left$a || $side$from == right$b ]] || dir=in
        for all in 0.0.0.0/0 ::/0; do
            ip -n $side xfrm policy add src $all dst $all dir $dir \\
                if_id 42 tmpl src $from dst $to proto esp reqid 1 mode tunnel
        done
    done
done
addresses ipsec-left ipsec-right 52
"""
TBF = VETH + """
tc -n left qdisc add dev veth-left root tbf rate 2gbit burst 10kb limit 2mb
"""
CAKE = VETH + """
tc -n left qdisc add dev veth-left root cake bandwidth 2gbit split-gso
"""
TAP = """
ip -n left tuntap add tap-left mode tap
ip -n right tuntap add tap-right mode tap
addresses tap-left tap-right
"""
# TCP super-packets go over the bridge whole, since it takes them all; the port
# that they leave by does not. UDP's are segmented for the bridge.
BRIDGE = CABLE + """
ip -n left link add br-left type bridge
ip -n left link set veth-left master br-left up
addresses br-left veth-right
"""
DOWN = """
for side in left right; do
    for device in known wg vx ipsec br tap veth; do
        name=$device; [[ $device == known ]] || name=$device-$side
        ip -n $side link del $name 2>/dev/null
    done
    ip -n $side xfrm policy flush
    ip -n $side xfrm state flush
done
nsenter --net=/run/netns/left sysctl -q net.ipv4.ip_forward=0 \\
    net.ipv6.conf.all.forwarding=0
ip -n left route flush 203.0.113.200
ip -6 -n left route flush 2001:db8:200::200
ip netns exec right ethtool -K nic2 gro on
true
"""


# What known packets are, half of them each.
ALL = ("tcp", "udp")


@dataclasses.dataclass(frozen=True)
class Path:
    """Devices between the namespaces, without TSO somewhere.

    *left* and *right* are those that are used, *arrives* the one to capture
    on, *net* the number of their network; an untrusted sender's packets of
    the protocols *verified* are that, by a device that takes them whole,
    before another one segments them.
    """

    name: str
    setup: str
    left: str
    right: str
    arrives: str = ""
    net: int = 51
    verified: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    relay: bool = False

    @property
    def address(self) -> str:
        """The right end's."""
        return "192.0.2.2" if not self.setup else f"198.51.{self.net}.2"

    @property
    def address6(self) -> str:
        """The right end's."""
        return ("2001:db8::2" if not self.setup
                else f"2001:db8:{self.net}::2")


PATHS = (
    Path("netdevsim", "", "nic1", "nic2"),
    Path("veth", VETH, "veth-left", "veth-right"),
    Path("veth-copy", VETH + "in_left ethtool -K veth-left tx off sg off\n",
         "veth-left", "veth-right"),
    Path("bridge", BRIDGE, "br-left", "veth-right", verified=("tcp",),
         modules=("bridge",)),
    Path("vxlan", VXLAN, "vx-left", "vx-right", arrives="veth-right", net=52,
         verified=ALL, modules=("vxlan",)),
    Path("wireguard", WIREGUARD, "wg-left", "wg-right", net=52, verified=ALL,
         modules=("wireguard",)),
    Path("ipsec", IPSEC, "ipsec-left", "ipsec-right", net=52, verified=ALL,
         modules=("xfrm_user", "xfrm_interface", "esp4", "seqiv", "gcm")),
    Path("tbf", TBF, "veth-left", "veth-right", modules=("sch_tbf",)),
    Path("cake", CAKE, "veth-left", "veth-right", modules=("sch_cake",)),
    Path("tap", TAP, "tap-left", "tap-right", relay=True),
)


def status(host: executor.Executor) -> dict[str, str]:
    """Return the status file, word by word."""
    return dict(line.split(": ", 1)
                for line in host.read(STATUS).splitlines())


@contextlib.contextmanager
def taken_over(host: executor.Executor) -> Iterator[None]:
    """The module is there, switched off at first and at the end."""
    host.modprobe("hgso_takeover", "enabled=0")
    try:
        yield
    finally:
        host.write(SWITCH, "0")
        executor.script(host, "rmmod hgso_takeover")


@contextlib.contextmanager
def made(pair: Pair, path: Path) -> Iterator[None]:
    """Make the devices of a path, and what known packets need.

    Raises CommandError.
    """
    host = pair.host
    for module in path.modules:
        host.modprobe(module)
    relay = None
    try:
        executor.script(host, "mkdir -p /tmp/headroom\n" + WORDS + path.setup)
        if path.relay:
            relay = host.popen(["/usr/bin/python3", "-ISE",
                                str(HERE / "tap_relay.py"), "left", path.left,
                                "right", path.right])
        executor.script(host, WORDS + ROUTES, path.left, path.address,
                        path.address6, path.arrives or path.right)
        yield
    finally:
        if relay:
            relay.kill()
        executor.script(host, DOWN)


@dataclasses.dataclass(frozen=True)
class Known:
    """What became of known packets; *counted* by the status file."""

    sent: int
    arrived: int
    digest: str
    counted: dict[str, int]


def known_packets(pair: Pair, path: Path) -> tuple[Known, Known]:
    """Send known packets with the takeover off, and on. Leaves it on.

    Raises CommandError.
    """
    done = pair.host.run(
        ["/usr/bin/python3", "-ISE", str(HERE / "known_packets.py"), SWITCH,
         STATUS, path.left, path.arrives or path.right], check=True,
        timeout=120)
    off, on = (Known(**json.loads(line)) for line in done.stdout.splitlines())
    return off, on
