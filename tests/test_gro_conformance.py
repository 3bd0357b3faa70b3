# SPDX-License-Identifier: GPL-2.0
"""The kernel's own conformance program for GRO, over our NIC with hgro.

It is built from the kernel's source as it is. Its own launcher gives each test
three tries, since packets may be spread over polls; so do we.
"""

import contextlib
import subprocess
from collections.abc import Iterator

import pytest

from headroom import executor
from headroom.nic import Nic, link_address
from headroom.pair import Pair
from tools.kernel import source

SOURCE = "tools/testing/selftests/net/gro.c"
QUICK = ("data", "ack", "flags", "tcp", "large")
# It sleeps between its parts, ten seconds in all.
SLOW = ("ip",)
TRIES = 3
# One frame is a header and 4,036 octets.
MTU = 9000
FLUSH_NS = 1000000
RMEM = "/proc/sys/net/core/rmem_default"
# What the program's socket may hold. It sends two super-packets of 16 frames
# at once, and where one CPU does it all nobody reads before both are there.
RMEM_OCTETS = 4 << 20

# $1: the program, $2: the test, $3: the family, $4 and $5: addresses.
RUN = """
words=(--ipv$3 --dmac "$5" --smac "$4" --test "$2" --verbose)
nsenter --net=/run/netns/right "$1" "${words[@]}" --rx --iface nic2 &
receiver=$!
trap 'kill $receiver 2>/dev/null' EXIT
for ((i = 0; i < 200; i++)); do
    # The packet socket is there: then the receiver has its filter, too.
    sockets=$(nsenter --net=/run/netns/right cat /proc/net/packet | wc -l)
    ((sockets <= 1)) || break
    sleep 0.02
done
sleep 0.1
nsenter --net=/run/netns/left "$1" "${words[@]}" --iface nic1
wait $receiver
status=$?
trap - EXIT
exit $status
"""


def build(host: executor.Executor) -> str:
    """Return the program, built, as the guest sees it."""
    path = host.share / "gro"
    if not path.exists():
        subprocess.run(["gcc", "-O2", "-o", str(path),
                        str(source.pristine() / SOURCE)], check=True)
    return f"{host.guest_share}/{path.name}"


@contextlib.contextmanager
def large_sockets(host: executor.Executor) -> Iterator[None]:
    """Let sockets that are made while the block runs hold more."""
    before = host.read(RMEM)
    host.write(RMEM, str(RMEM_OCTETS))
    try:
        yield
    finally:
        host.write(RMEM, before)


@contextlib.contextmanager
def long_frames(pair: Pair, buffer: int) -> Iterator[None]:
    """Let frames be long, in buffers of *buffer*; flows outlast polls."""
    right = pair.right
    flush = f"/sys/class/net/{right.ifname}/gro_flush_timeout"
    try:
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", str(MTU))
        right.run("ethtool", "-G", right.ifname, "rx-buf-len", str(buffer))
        pair.up()
        set_flush(right, flush, FLUSH_NS)
        yield
    finally:
        set_flush(right, flush, 0)
        right.run("ethtool", "-G", right.ifname, "rx-buf-len", "4096")
        for nic in pair.nics:
            nic.run("ip", "link", "set", nic.ifname, "mtu", "1500")
        pair.up()


def set_flush(nic: Nic, path: str, value: int) -> None:
    """Write a file of sysfs as the NIC's namespace has it."""
    nic.host.run(["ip", "netns", "exec", nic.netns, "bash", "-c",
                  'echo "$2" >"$1"', "flush", path, str(value)], check=True)


def passes(pair: Pair, program: str, family: int, test: str) -> None:
    """Run a test, three times if need be. Raises CommandError."""
    addresses = [link_address(nic) for nic in pair.nics]
    for left in reversed(range(TRIES)):
        done = executor.script(pair.host, RUN, program, test, str(family),
                               *addresses, check=not left)
        print(done.stdout, done.stderr)
        if not done.returncode:
            return
        print(f"{test}: {left} tries left")


@pytest.mark.not_debug("packets of one flow are spread over too many polls")
@pytest.mark.parametrize(("buffer", "tests"), [
    pytest.param(16384, QUICK, id="pages"),
    pytest.param(16384, SLOW, id="pages-slow", marks=pytest.mark.long),
    pytest.param(4096, QUICK + SLOW, id="skbs", marks=pytest.mark.long)])
@pytest.mark.parametrize("family", [4, 6])
def test_gro_program(pair: Pair, family: int, buffer: int,
                     tests: tuple[str, ...]) -> None:
    """It passes: in pages, and in skbs of two buffers."""
    program = build(pair.host)
    pair.reset(rx="hgro")
    with large_sockets(pair.host), long_frames(pair, buffer):
        before = pair.right.counters()
        for test in tests:
            passes(pair, program, family, test)
        counted = pair.right.counters() - before
    assert counted["driver.rx_hgro"] > 0
