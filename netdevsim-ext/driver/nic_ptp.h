/* SPDX-License-Identifier: GPL-2.0 */
/* Hardware timestamps, and the NIC's clock as a PTP clock. */
#ifndef NSIM_NIC_PTP_H
#define NSIM_NIC_PTP_H

#include <linux/ptp_clock_kernel.h>
#include <linux/spinlock.h>

struct kernel_ethtool_ts_info;
struct kernel_hwtstamp_config;
struct ethtool_ts_stats;
struct net_device;
struct netlink_ext_ack;
struct nic_tx_ring;
struct nsim_nic;
struct sk_buff;

/**
 * struct nic_ptp - the clock of a NIC, and who is stamped with it
 * @info: what the PTP core calls
 * @clock: the PTP clock
 * @lock: guards the clock's registers
 * @tx: packets that ask for it; written under RTNL
 * @rx: all that is received; written under RTNL
 */
struct nic_ptp {
	struct ptp_clock_info info;
	struct ptp_clock *clock;
	spinlock_t lock; /* registers */
	bool tx;
	bool rx;
};

int nic_ptp_init(struct nsim_nic *nic);
void nic_ptp_exit(struct nsim_nic *nic);

int nic_hwtstamp_get(struct net_device *dev,
		     struct kernel_hwtstamp_config *config);
int nic_hwtstamp_set(struct net_device *dev,
		     struct kernel_hwtstamp_config *config,
		     struct netlink_ext_ack *extack);
int nic_get_ts_info(struct net_device *dev,
		    struct kernel_ethtool_ts_info *info);
void nic_get_ts_stats(struct net_device *dev, struct ethtool_ts_stats *stats);

bool nic_tx_stamp(struct nic_tx_ring *ring, struct sk_buff *skb, u32 first);
bool nic_tx_stamped(struct nic_tx_ring *ring, struct sk_buff *skb, u32 last);

#endif
