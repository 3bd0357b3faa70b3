/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several queues: how many are in use, and which one receives what.
 */
#ifndef HEADROOM_NIC_CHANNELS_H
#define HEADROOM_NIC_CHANNELS_H

#include <linux/types.h>

struct ethtool_channels;
struct ethtool_rxfh_param;
struct ethtool_rxnfc;
struct net_device;
struct netlink_ext_ack;
struct nsim_nic;

void nic_rss_init(struct nsim_nic *nic);
void nic_rss_write(struct nsim_nic *nic);
int nic_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info,
		  u32 *rules);
u32 nic_get_rxfh_key_size(struct net_device *dev);
u32 nic_get_rxfh_indir_size(struct net_device *dev);
int nic_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh);
int nic_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh,
		 struct netlink_ext_ack *extack);
void nic_get_channels(struct net_device *dev, struct ethtool_channels *ch);
int nic_set_channels(struct net_device *dev, struct ethtool_channels *ch);

#endif
