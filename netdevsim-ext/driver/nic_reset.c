// SPDX-License-Identifier: GPL-2.0
/*
 * Beginning anew: after a transmit queue stood still, because the watch says
 * so, or because somebody asks for it.
 */
#include <linux/debugfs.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>

#include "nic.h"

#define NIC_WATCHDOG_MS		5000	/* at the start */
#define NIC_WATCHDOG_MIN_MS	100
#define NIC_WATCHDOG_MAX_MS	60000

/* Under RTNL. What was in the rings is dropped and counted. */
static void nic_reset(struct nsim_nic *nic, const char *who)
{
	if (!nic->up)
		return;
	netdev_warn(nic->netdev, "reset: %s\n", who);
	nic->resets++;
	nic_down(nic);
	nic_up(nic);
}

static void nic_reset_work(struct work_struct *work)
{
	struct nsim_nic *nic = container_of(work, struct nsim_nic, reset_work);

	rtnl_lock();
	nic_reset(nic, "the hardware did not do what it should");
	rtnl_unlock();
}

/**
 * nic_tx_timeout() - ndo_tx_timeout: a stopped queue was not woken in time
 * @dev: a NIC
 * @txqueue: which one
 *
 * Context: softirq.
 */
void nic_tx_timeout(struct net_device *dev, unsigned int txqueue)
{
	struct nsim_nic *nic = nic_of(dev);

	netdev_warn(dev, "queue %u stands still, state %#x\n", txqueue,
		    nic_hw_read(nic->hw, NIC_REG_TXQ(txqueue) + NIC_Q_STATE));
	WRITE_ONCE(nic->tx_timeouts, nic->tx_timeouts + 1);
	schedule_work(&nic->reset_work);
}

/**
 * nic_ethtool_reset() - ethtool --reset
 * @dev: a NIC
 * @flags: what to reset; what was is cleared. All that a port has of its own
 *	goes together.
 *
 * Context: process, under RTNL.
 * Return: 0, -EOPNOTSUPP for what ports share, -ENETDOWN.
 */
int nic_ethtool_reset(struct net_device *dev, u32 *flags)
{
	struct nsim_nic *nic = nic_of(dev);

	if (!(*flags & ETH_RESET_DEDICATED))
		return -EOPNOTSUPP;
	if (!nic->up)
		return -ENETDOWN;
	nic_reset(nic, "by ethtool");
	*flags &= ~ETH_RESET_DEDICATED;
	return 0;
}

static int nic_watchdog_get(void *data, u64 *val)
{
	struct nsim_nic *nic = data;

	*val = jiffies_to_msecs(READ_ONCE(nic->netdev->watchdog_timeo));
	return 0;
}

static int nic_watchdog_set(void *data, u64 val)
{
	struct nsim_nic *nic = data;

	if (val < NIC_WATCHDOG_MIN_MS || val > NIC_WATCHDOG_MAX_MS)
		return -EINVAL;
	rtnl_lock();
	WRITE_ONCE(nic->netdev->watchdog_timeo, msecs_to_jiffies(val));
	if (nic->up) {
		nic_watch_stop(nic);
		nic_watch_start(nic);
	}
	rtnl_unlock();
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(nic_watchdog_fops, nic_watchdog_get, nic_watchdog_set,
			 "%llu\n");

/**
 * nic_reset_init() - what resets need, driver/watchdog_ms and fault/rx_alloc
 * @nic: the NIC, its folders driver/ and fault/ there
 *
 * Context: process, before registration.
 */
void nic_reset_init(struct nsim_nic *nic)
{
	struct dentry *dir = debugfs_lookup("driver", nic->ddir);

	INIT_WORK(&nic->reset_work, nic_reset_work);
	nic_watch_init(nic);
	nsim_inject_init(&nic->rx_alloc, &nic->faults, 0);
	nic->netdev->watchdog_timeo = msecs_to_jiffies(NIC_WATCHDOG_MS);
	debugfs_create_file_unsafe("watchdog_ms", 0600, dir, nic,
				   &nic_watchdog_fops);
	dput(dir);
	dir = debugfs_lookup("fault", nic->ddir);
	nsim_inject_debugfs("rx_alloc", dir, &nic->rx_alloc);
	dput(dir);
}

/**
 * nic_reset_exit() - no reset comes any more
 * @nic: the NIC, its net_device unregistered, its folder driver/ gone
 *
 * Context: process, not under RTNL.
 */
void nic_reset_exit(struct nsim_nic *nic)
{
	cancel_work_sync(&nic->reset_work);
}
