/* SPDX-License-Identifier: GPL-2.0 */
/* The link of a NIC: carrier, speed, pause. */
#ifndef NSIM_NIC_LINK_H
#define NSIM_NIC_LINK_H

#include <linux/types.h>

struct ethtool_link_ksettings;
struct ethtool_pause_stats;
struct ethtool_pauseparam;
struct net_device;
struct netdevsim;
struct nsim_nic;
struct work_struct;

bool nic_link(const struct nsim_nic *nic);
void nic_link_update(struct netdevsim *ns);
void nic_link_work(struct work_struct *work);
int nic_change_carrier(struct net_device *dev, bool on);
int nic_get_link_ksettings(struct net_device *dev,
			   struct ethtool_link_ksettings *cmd);
int nic_set_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause);
void nic_pause_write(struct nsim_nic *nic);
void nic_get_pauseparam(struct net_device *dev,
			struct ethtool_pauseparam *pause);
void nic_get_pause_stats(struct net_device *dev,
			 struct ethtool_pause_stats *stats);

#endif
