#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Hardware timestamps, as programs ask for them; and a NIC's clock.

usage: stamps.py configure INTERFACE TX RX | receive ADDRESS COUNT |
       send ADDRESS COUNT | stream ADDRESS OCTETS | clock INDEX

Each prints one line of JSON. Runs in the guest, so it imports little.
"""

import array
import fcntl
import json
import os
import select
import socket
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from headroom import executor
    from headroom.nic import Nic

PORT = 319
SIOCSHWTSTAMP, SIOCGHWTSTAMP = 0x89b0, 0x89b1
SO_TIMESTAMPING = 37
TX_HARDWARE, RX_HARDWARE, RAW_HARDWARE = 1 << 0, 1 << 2, 1 << 6
OPT_ID, OPT_TSONLY = 1 << 7, 1 << 11
MSG_ERRQUEUE = 0x2000
IP_RECVERR, IPV6_RECVERR = 11, 25
WAIT = 20
ADJ_FREQUENCY = 2
TIMEX_SIZE, TIMEX_FREQ = 208, 16


def start(nic: "Nic", *words: str) -> "executor.Running":
    """Run this file at *nic* in the guest, and go on."""
    return nic.host.popen(["nsenter", f"--net=/run/netns/{nic.netns}",
                           "/usr/bin/python3", "-ISE",
                           os.path.abspath(__file__), *words])


def run(nic: "Nic", *words: str) -> "Any":
    """Run it to its end; return what it printed. Raises CommandError."""
    return json.loads(nic.run("/usr/bin/python3", "-ISE",
                              os.path.abspath(__file__), *words).stdout)


def configure(interface: str, tx_type: str, rx_filter: str) -> list[int]:
    """Set what is stamped; return what is then in force."""
    config = array.array("i", [0, int(tx_type), int(rx_filter)])
    request = struct.pack("16sP", interface.encode(), config.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSHWTSTAMP, request)
        config[1] = config[2] = -1
        fcntl.ioctl(sock, SIOCGHWTSTAMP, request)
    return list(config[1:])


def stamp_of(messages: "list[tuple[int, int, bytes]]") -> int:
    """Return the hardware's time in what came with a packet, ns, or 0."""
    for level, kind, data in messages:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPING):
            seconds, nanoseconds = struct.unpack("=qq", data[32:48])
            return int(seconds) * 10 ** 9 + int(nanoseconds)
    return 0


def key_of(messages: "list[tuple[int, int, bytes]]") -> int:
    """Return the number of the packet, or octet, that was stamped."""
    for level, kind, data in messages:
        if (level, kind) in ((socket.SOL_IP, IP_RECVERR),
                             (socket.IPPROTO_IPV6, IPV6_RECVERR)):
            return int(struct.unpack("=I", data[12:16])[0])
    return -1


def receive(address: str, count: str) -> list[int]:
    """Receive datagrams; return when each arrived."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, PORT))
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                        RX_HARDWARE | RAW_HARDWARE)
        sock.settimeout(WAIT)
        print("ready", file=sys.stderr, flush=True)
        for _ in range(int(count)):
            _, messages, _, _ = sock.recvmsg(2048, 256)
            found.append(stamp_of(messages))
    return found


def left(sock: socket.socket, timeout: float) -> tuple[int, int] | None:
    """Return key and time of the next stamp, None where none comes."""
    poll = select.poll()
    poll.register(sock, 0)
    if not poll.poll(1000 * timeout):
        return None
    _, messages, _, _ = sock.recvmsg(2048, 512, MSG_ERRQUEUE)
    return key_of(messages), stamp_of(messages)


def send(address: str, count: str) -> list[int]:
    """Send datagrams one by one; return when each left, 0: not said."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                        TX_HARDWARE | RAW_HARDWARE | OPT_ID | OPT_TSONLY)
        for number in range(int(count)):
            sock.sendto(bytes(100), (address, PORT))
            said = left(sock, 1)
            found.append(said[1] if said and said[0] == number else 0)
    return found


def stream(address: str, octets: str) -> list[tuple[int, int]]:
    """Send octets by TCP in one call; return which was stamped, and when."""
    found = []
    size = int(octets)
    with socket.create_connection((address, PORT), WAIT) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                        TX_HARDWARE | RAW_HARDWARE | OPT_ID | OPT_TSONLY)
        sock.sendall(bytes(size))
        while (said := left(sock, 2 if found else WAIT)) is not None:
            found.append(said)
            if said[0] == size - 1:
                break
    return found


def clock(index: str) -> dict[str, float]:
    """Set a PTP clock and let it go faster; return how it went."""
    import ctypes  # pylint: disable=import-outside-toplevel
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/dev/ptp{index}", os.O_RDWR)
    number = (~handle << 3) | 3

    def rate(millionths: int) -> None:
        timex = bytearray(TIMEX_SIZE)
        struct.pack_into("=I", timex, 0, ADJ_FREQUENCY)
        struct.pack_into("=q", timex, TIMEX_FREQ, millionths << 16)
        buffer = (ctypes.c_char * TIMEX_SIZE).from_buffer(timex)
        if libc.clock_adjtime(number, buffer) < 0:
            raise OSError(ctypes.get_errno(), "clock_adjtime")

    def ran() -> float:
        began, first = time.monotonic_ns(), time.clock_gettime_ns(number)
        time.sleep(0.5)
        ended, last = time.monotonic_ns(), time.clock_gettime_ns(number)
        return (last - first) / (ended - began)

    at_first = time.clock_gettime_ns(number) - time.time_ns()
    time.clock_settime_ns(number, 1000 * 10 ** 9)
    found = {"from_now": at_first / 1e9,
             "set": time.clock_gettime_ns(number) / 1e9, "usual": ran()}
    rate(100_000)
    found["faster"] = ran()
    rate(0)
    time.clock_settime_ns(number, time.time_ns())
    return found


def main() -> int:
    """Do what the command line says."""
    does = {"configure": configure, "receive": receive, "send": send,
            "stream": stream, "clock": clock}
    print(json.dumps(does[sys.argv[1]](*sys.argv[2:])))  # type: ignore
    return 0


if __name__ == "__main__":
    sys.exit(main())
