// SPDX-License-Identifier: GPL-2.0
/* The link: carrier, speed, pause, as far as a wire has them. */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>

#include "netdevsim.h"
#include "nic.h"
#include "nic_link.h"

/**
 * nic_link() - does the hardware see something at the other end?
 * @nic: the NIC
 *
 * Context: any.
 * Return: whether it does.
 */
bool nic_link(const struct nsim_nic *nic)
{
	return nic_hw_read(nic->hw, NIC_REG_STATUS) & NIC_STATUS_LINK;
}

/* Is it up, and not told to be without a carrier? */
static bool nic_link_ready(const struct netdevsim *ns)
{
	return netif_running(ns->netdev) && !ns->nic->no_carrier;
}

/**
 * nic_link_update() - let the carrier follow the wire
 * @ns: a NIC
 *
 * As between stock ports, there is a link when both ends are up. A switch is
 * always up.
 *
 * Context: process, under RTNL.
 */
void nic_link_update(struct netdevsim *ns)
{
	struct netdevsim *peer = rtnl_dereference(ns->peer);
	bool link = nic_link(ns->nic);

	WRITE_ONCE(ns->nic->link, link);
	if (link && nic_link_ready(ns) && (!peer || nic_link_ready(peer))) {
		netif_carrier_on(ns->netdev);
		if (peer)
			netif_carrier_on(peer->netdev);
		return;
	}
	netif_carrier_off(ns->netdev);
	if (peer)
		netif_carrier_off(peer->netdev);
}

/**
 * nic_link_work() - the wire was plugged in or pulled
 * @work: in the NIC
 *
 * Context: process.
 */
void nic_link_work(struct work_struct *work)
{
	struct nsim_nic *nic = container_of(work, struct nsim_nic, link_work);

	rtnl_lock();
	nic_link_update(nic->ns);
	rtnl_unlock();
}

/**
 * nic_change_carrier() - ndo_change_carrier: the file carrier in sysfs
 * @dev: a NIC
 * @on: false: no carrier, at the other end neither, until it is true again
 *
 * What is in the rings already leaves.
 *
 * Context: process, under RTNL.
 * Return: 0.
 */
int nic_change_carrier(struct net_device *dev, bool on)
{
	struct netdevsim *ns = netdev_priv(dev);

	ns->nic->no_carrier = !on;
	nic_link_update(ns);
	return 0;
}

/**
 * nic_get_link_ksettings() - ethtool: speed and duplex
 * @dev: a NIC
 * @cmd: filled in
 *
 * A wire without a rate is as fast as the machine: its speed is not known.
 *
 * Context: process, under RTNL.
 * Return: 0.
 */
int nic_get_link_ksettings(struct net_device *dev,
			   struct ethtool_link_ksettings *cmd)
{
	u32 speed = nic_hw_read(nic_of(dev)->hw, NIC_REG_SPEED);

	cmd->base.speed = speed && netif_carrier_ok(dev) ? speed :
							   SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

/* A switch neither sends pause frames nor heeds any. */
static bool nic_pause_known(const struct nsim_nic *nic)
{
	return nic_hw_read(nic->hw, NIC_REG_STATUS) & NIC_STATUS_PAUSE;
}

/**
 * nic_pause_write() - tell the hardware which pause frames to send and heed
 * @nic: the NIC
 *
 * Context: process, under RTNL.
 */
void nic_pause_write(struct nsim_nic *nic)
{
	nic_hw_write(nic->hw, NIC_REG_PAUSE,
		     (nic->pause_send ? NIC_PAUSE_SEND : 0) |
		     (nic->pause_heed ? NIC_PAUSE_HEED : 0));
}

/**
 * nic_get_pauseparam() - ethtool -a
 * @dev: a NIC
 * @pause: filled in; all off at a switch, which knows no pause frames
 *
 * Context: process, under RTNL.
 */
void nic_get_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause)
{
	struct nsim_nic *nic = nic_of(dev);
	bool known = nic_pause_known(nic);

	pause->autoneg = AUTONEG_DISABLE;
	pause->rx_pause = known && nic->pause_heed;
	pause->tx_pause = known && nic->pause_send;
}

/**
 * nic_set_pauseparam() - ethtool -A
 * @dev: a NIC
 * @pause: what to send and to heed
 *
 * Frames are lost where the receiver holds nobody back, or the sender does not
 * heed it.
 *
 * Context: process, under RTNL.
 * Return: 0; -EINVAL: nothing is negotiated; -EOPNOTSUPP at a switch.
 */
int nic_set_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause)
{
	struct nsim_nic *nic = nic_of(dev);

	if (pause->autoneg)
		return -EINVAL;
	if (!nic_pause_known(nic))
		return -EOPNOTSUPP;
	nic->pause_send = pause->tx_pause;
	nic->pause_heed = pause->rx_pause;
	if (nic->up)
		nic_pause_write(nic);
	return 0;
}

/**
 * nic_get_pause_stats() - ethtool --include-statistics -a
 * @dev: a NIC
 * @stats: filled in
 *
 * Context: process, under RTNL.
 */
void nic_get_pause_stats(struct net_device *dev,
			 struct ethtool_pause_stats *stats)
{
	struct nic_hw_counters hw;

	nic_hw_counters(nic_of(dev)->hw, &hw);
	stats->tx_pause_frames = hw.tx_pauses;
	stats->rx_pause_frames = hw.rx_pauses;
}
