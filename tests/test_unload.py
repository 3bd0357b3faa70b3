# SPDX-License-Identifier: GPL-2.0
"""Devices and modules go away under traffic; all comes back and works."""

import pytest

from headroom import executor, iperf, transfer
from headroom.testbed import Testbed

pytestmark = pytest.mark.no_recorder
TAKE_AWAY = {
    "del_device": "echo 1 >/sys/bus/netdevsim/del_device",
    "rmmod": "rmmod netdevsim",
}


@pytest.mark.parametrize("how", [
    "del_device", pytest.param("rmmod", marks=pytest.mark.debug)])
def test_goes_away_under_traffic(testbed: Testbed, how: str) -> None:
    """A device is deleted, or the module unloaded, beneath streams.

    Both directions and both IP versions send; afterwards nothing of ours is
    mapped, and a new pair carries a file.
    """
    testbed.end_recorder()
    pair = testbed.pair()
    before = pair.counters()
    clients = []
    with iperf.server(pair):
        clients.append(pair.host.popen(
            ["nsenter", "--net=/run/netns/left", "iperf3", "-t", "30", "-c",
             pair.right.address6, "-p", str(iperf.PORT)]))
        wait = f"""
for ((i = 0; i < 300; i++)); do
    now=$(grep ^sent {pair.left.debugfs}/wire/counters)
    ((${{now#sent }} > {before.left["wire.sent"]} + 1000)) && exit
    sleep 0.05
done
exit 1"""
        try:
            executor.script(pair.host, wait)
            executor.script(pair.host, TAKE_AWAY[how], timeout=90)
        finally:
            for client in clients:
                client.kill()
    testbed.clear()
    testbed.check_health()
    testbed.check_nothing_mapped()
    pair = testbed.pair()
    pair.reset()
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))
