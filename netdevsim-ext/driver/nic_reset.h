/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver's answers to hardware that does not do what it should: a watch that
 * finds it out, and a reset that begins anew.
 */
#ifndef NSIM_NIC_RESET_H
#define NSIM_NIC_RESET_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct net_device;
struct nsim_nic;

/**
 * struct nic_look - what the watch saw of a queue pair the last time
 * @tx_clean: transmit ring's clean
 * @tx_work: something was to be sent
 * @tx_since: since when, jiffies
 * @rx_clean: receive ring's clean
 * @rx_use: receive ring's use
 */
struct nic_look {
	u32 tx_clean;
	bool tx_work;
	unsigned long tx_since;
	u32 rx_clean;
	u32 rx_use;
};

/**
 * struct nic_watch - the watch over a NIC; RTNL, or its own work's
 * @work: takes a look
 * @missed: frames that the hardware had missed at the last look
 * @interrupts: how often a poll was started for want of an interrupt
 * @doorbells: how often a doorbell was rung again
 * @hangs: how often the hardware was found to stand still, or with an error
 */
struct nic_watch {
	struct delayed_work work;
	u64 missed;
	u64 interrupts;
	u64 doorbells;
	u64 hangs;
};

/* nic_watch.c */
void nic_watch_init(struct nsim_nic *nic);
void nic_watch_start(struct nsim_nic *nic);
void nic_watch_stop(struct nsim_nic *nic);

/* nic_reset.c */
void nic_reset_init(struct nsim_nic *nic);
void nic_reset_exit(struct nsim_nic *nic);
void nic_tx_timeout(struct net_device *dev, unsigned int txqueue);
int nic_ethtool_reset(struct net_device *dev, u32 *flags);

#endif
