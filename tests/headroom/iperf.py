# SPDX-License-Identifier: GPL-2.0
"""iperf3 streams from the left NIC to the right one."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator

from headroom import executor
from headroom.pair import Pair

PORT = 5201
LISTENING = """
for ((i = 0; i < 300; i++)); do
    nsenter --net=/run/netns/"$1" ss -Hltn "sport = :$2" | grep -q . && exit
    sleep 0.1
done
echo "nobody listens on port $2" >&2
exit 1
"""


@dataclasses.dataclass(frozen=True)
class Stream:
    """What a client reported.

    ``octets`` arrived before the end of the test was told, ``sent`` were
    sent. ``sender_cpu`` and ``receiver_cpu`` are the seconds that the two
    processes were on a processor.
    """

    bits_per_second: float
    octets: int
    retransmits: int
    seconds: float
    sent: int = 0
    sender_cpu: float = 0
    receiver_cpu: float = 0


def parse(text: str) -> Stream:
    """Return the stream that ``iperf3 -J`` reports, as received.

    Raises ValueError with iperf3's own words if there was an error.
    """
    report = json.loads(text)
    if "error" in report:
        raise ValueError(f"iperf3: {report['error']}")
    sent, received = report["end"]["sum_sent"], report["end"]["sum_received"]
    used = report["end"]["cpu_utilization_percent"]
    return Stream(received["bits_per_second"], received["bytes"],
                  sent.get("retransmits", 0), received["seconds"],
                  sent["bytes"], used["host_total"] * sent["seconds"] / 100,
                  used["remote_total"] * received["seconds"] / 100)


@contextlib.contextmanager
def server(pair: Pair, cpu: int | None = None) -> Iterator[executor.Running]:
    """Serve streams in the right namespace, on one processor if given."""
    words = ["nsenter", f"--net=/run/netns/{pair.right.netns}"]
    if cpu is not None:
        words += ["taskset", "-c", str(cpu)]
    running = pair.host.popen([*words, "iperf3", "-s", "-p", str(PORT)])
    try:
        executor.script(pair.host, LISTENING, pair.right.netns, str(PORT))
        yield running
    finally:
        running.kill()


def stream(pair: Pair, family: int, seconds: int = 1,
           cpu: int | None = None, address: str = "") -> Stream:
    """Send for *seconds* (whole ones, above 0) to the server of ``server()``.

    *address* is the right NIC's unless given; *cpu* pins the client. Raises
    CommandError, ValueError.
    """
    words = ["taskset", "-c", str(cpu)] if cpu is not None else []
    done = pair.left.run(*words, "iperf3", "-J", "-c",
                         address or pair.right.address(family), "-p",
                         str(PORT), "-t", str(seconds),
                         timeout=30 + 5 * seconds, check=False)
    if done.returncode and not done.stdout.strip():
        raise executor.CommandError(done)
    return parse(done.stdout)
