# SPDX-License-Identifier: GPL-2.0
"""The kernel's own netdevsim selftests, unmodified, on our netdevsim."""

import pytest

from headroom.testbed import Testbed
from tools.kernel import source

pytestmark = [pytest.mark.no_pair, pytest.mark.stock]
FOLDER = "tools/testing/selftests/drivers/net/netdevsim"
SELFTESTS = ("peer.sh", "ethtool-ring.sh", "ethtool-coalesce.sh",
             "ethtool-pause.sh", "udp_tunnel_nic.sh", "devlink.sh")
# devlink.sh flashes a firmware file, any.
FIRMWARE = """
[[ $(find /lib/firmware -type f | head -1) ]] && exit
mount -t tmpfs tmpfs /lib/firmware && head -c 4096 /dev/urandom \
    >/lib/firmware/headroom-selftest
"""


@pytest.mark.parametrize("name", SELFTESTS)
def test_selftest(testbed: Testbed, name: str) -> None:
    """It passes, and skips no part of itself."""
    host = testbed.host
    if name == "devlink.sh":
        host.run(["bash", "-c", FIRMWARE], check=True)
    done = host.run(["bash", f"./{name}"], timeout=1200,
                    cwd=str(source.pristine() / FOLDER))
    said = done.stdout + done.stderr
    print(said)
    assert done.returncode == 0, f"status {done.returncode} (4 is a skip)"
    skipped = [line for line in said.splitlines() if "SKIP" in line]
    assert not skipped, skipped
    assert "[FAIL]" not in said


def test_stock_device_stays_stock(testbed: Testbed) -> None:
    """A device that nobody asked to be a NIC has nothing of one."""
    host = testbed.host
    script = """
set -e
modprobe netdevsim
echo 7 >/sys/bus/netdevsim/new_device
trap 'echo 7 >/sys/bus/netdevsim/del_device' EXIT
dev=$(ls /sys/bus/netdevsim/devices/netdevsim7/net)
[[ ! -e /sys/kernel/debug/netdevsim/netdevsim7/ports/0/nic ]]
[[ -e /sys/kernel/debug/netdevsim/netdevsim7/ports/0/pp_hold ]]
devlink -j dev param show netdevsim/netdevsim7 name nic |
    jq -e '.[][][].values[0].value == false'
ip -d link show "$dev"
ls /sys/bus/platform/devices
"""
    said = host.run(["bash", "-c", script], check=True).stdout
    assert "netdevsim-nic" not in said
