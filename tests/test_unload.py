# SPDX-License-Identifier: GPL-2.0
"""Devices and modules go away under traffic; all comes back and works."""

import pytest

from headroom import burst, counters, executor, iperf, transfer
from headroom.testbed import Testbed

pytestmark = pytest.mark.no_recorder
LEAKED = "/sys/module/nsim_iommu/parameters/leaked_pages"
OTHERS = {
    "reload": "devlink dev reload netdevsim/netdevsim1",
    # The device comes back to the first namespace, and its link is down.
    "netns": """ip netns pids left | xargs -r kill -KILL
ip netns del left
for ((i = 0; i < 200; i++)); do
    [[ -z $(ls /sys/bus/netdevsim/devices/netdevsim1/net 2>&1) ]] || exit 0
    sleep 0.05
done
exit 1""",
}
TAKE_AWAY = {
    "del_device": "echo 1 >/sys/bus/netdevsim/del_device",
    "rmmod": "rmmod netdevsim",
}


@pytest.mark.parametrize("how", [
    "del_device",
    pytest.param("rmmod", marks=[pytest.mark.debug, pytest.mark.vm])])
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
    works_anew(testbed)


def works_anew(testbed: Testbed) -> None:
    """Nothing is left mapped, and a new pair carries a file."""
    testbed.clear()
    testbed.check_health()
    testbed.check_nothing_mapped()
    pair = testbed.pair()
    pair.reset()
    transfer.send(pair, 4, transfer.payload(pair.host, transfer.MIB))


@pytest.mark.parametrize("how", [
    *(pytest.param(how, marks=pytest.mark.long) for how in TAKE_AWAY),
    *OTHERS])
def test_goes_away_with_a_full_ring(testbed: Testbed, how: str) -> None:
    """Hardware that never completes holds nobody up, and leaks nothing."""
    testbed.end_recorder()
    pair = testbed.pair()
    pair.reset(tx="gso")
    nic = pair.left
    leaked = pair.host.read(LEAKED)
    # What is in the ring holds its sender's socket, and that the namespace: so
    # it is for the watch to let go.
    nic.write("driver/watchdog_ms", 2000 if how == "netns" else 60_000)
    nic.write("fault/tx_lost", "ppm 1000000")
    # No more than a socket may have under way.
    burst.datagrams(nic, pair.right.address4, count=60)
    counted = nic.counters()
    assert counted["driver.tx_dma_maps"] > counted["driver.tx_dma_unmaps"]
    executor.script(pair.host, TAKE_AWAY[how] if how in TAKE_AWAY
                    else OTHERS[how], timeout=90)
    if how == "netns":
        dropped = counters.parse("driver", pair.host.read(
            f"{nic.debugfs}/driver/counters"))["driver.tx_drop_down"]
        assert dropped > 0
    works_anew(testbed)
    assert pair.host.read(LEAKED) == leaked
