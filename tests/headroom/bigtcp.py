# SPDX-License-Identifier: GPL-2.0
"""How long a device's super-packets may be: BIG TCP, or none of it.

Runs in the guest too, as ``python3 -c THIS IFNAME OCTETS``: Debian's ip need
not know the limit of IPv4.
"""

import contextlib
import pathlib
import socket
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from headroom.nic import Nic

RTM_SETLINK = 19
NLM_F_REQUEST_ACK = 5
IFLA_GSO_MAX_SIZE = 41
IFLA_GSO_IPV4_MAX_SIZE = 63
# 64 KiB: what packets may have without BIG TCP.
LEGACY = 65536
# The kernel's own net.ipv4.tcp_tso_rtt_log.
RTT_LOG = 9


@contextlib.contextmanager
def sized(nic: "Nic", octets: int) -> "Iterator[None]":
    """Let super-packets of *nic* be *octets* long until the block ends.

    TCP makes them long only when the round trip is short, which a busy machine
    decides; in the namespace of *nic* every one counts as short meanwhile.
    Raises CommandError when the kernel refuses.
    """
    script = pathlib.Path(__file__).read_text(encoding="utf-8")

    def limit(size: int) -> None:
        nic.run("/usr/bin/python3", "-ISEc", script, nic.ifname, str(size))

    def short(log: int) -> None:
        nic.run("sysctl", "-qw", f"net.ipv4.tcp_tso_rtt_log={log}")
    limit(octets)
    short(31)
    try:
        yield
    finally:
        short(RTT_LOG)
        limit(LEGACY)


def main() -> None:
    """Set the limits of both IP versions; raise OSError when refused."""
    ifname, octets = sys.argv[1:]
    body = struct.pack("<BxHiII", 0, 0, socket.if_nametoindex(ifname), 0, 0)
    for kind in (IFLA_GSO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE):
        body += struct.pack("<HHI", 8, kind, int(octets))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.send(struct.pack("<IHHII", 16 + len(body), RTM_SETLINK,
                              NLM_F_REQUEST_ACK, 1, 0) + body)
        error, = struct.unpack("<i", link.recv(65536)[16:20])
    if error:
        raise OSError(-error, f"{ifname}: {octets} octets are refused")


if __name__ == "__main__":
    main()
