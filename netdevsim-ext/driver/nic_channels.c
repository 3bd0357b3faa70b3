// SPDX-License-Identifier: GPL-2.0
/* Several queues: how many are in use, and which one receives what. */
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/unaligned.h>

#include "nic.h"
#include "nic_channels.h"

/* The key that the hardware has at power-on, so that runs repeat. */
static void nic_rss_read_key(struct nsim_nic *nic)
{
	u32 i;

	for (i = 0; i < NIC_RSS_KEY_LEN / 4; i++)
		put_unaligned_be32(nic_hw_read(nic->hw, NIC_REG_RSS_KEY(i)),
				   nic->rss_key + 4 * i);
}

static void nic_rss_spread(struct nsim_nic *nic, u32 queues)
{
	u32 i;

	for (i = 0; i < NIC_RSS_TABLE_LEN; i++)
		nic->rss_table[i] = ethtool_rxfh_indir_default(i, queues);
}

/**
 * nic_rss_init() - receive-side scaling over all queues
 * @nic: the NIC; its hardware is as after power-on
 *
 * Context: process, before registration.
 */
void nic_rss_init(struct nsim_nic *nic)
{
	nic_rss_read_key(nic);
	nic_rss_spread(nic, nic->nr_queues);
}

/**
 * nic_rss_write() - tell the hardware the key and the table
 * @nic: the NIC
 *
 * Context: process, under RTNL.
 */
void nic_rss_write(struct nsim_nic *nic)
{
	u32 i, word;

	for (i = 0; i < NIC_RSS_KEY_LEN / 4; i++)
		nic_hw_write(nic->hw, NIC_REG_RSS_KEY(i),
			     get_unaligned_be32(nic->rss_key + 4 * i));
	for (i = 0; i < NIC_RSS_TABLE_LEN / 4; i++) {
		word = nic->rss_table[4 * i] | nic->rss_table[4 * i + 1] << 8 |
		       nic->rss_table[4 * i + 2] << 16 |
		       nic->rss_table[4 * i + 3] << 24;
		nic_hw_write(nic->hw, NIC_REG_RSS_TABLE(i), word);
	}
	nic_hw_write(nic->hw, NIC_REG_RSS_SIZE, NIC_RSS_TABLE_LEN);
}

/**
 * nic_get_rxnfc() - ethtool: how many queues receive
 * @dev: a NIC
 * @info: filled in
 * @rules: unused
 *
 * Context: process, under RTNL.
 * Return: 0, or -EOPNOTSUPP: there are no filters.
 */
int nic_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info,
		  u32 *rules)
{
	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = dev->real_num_rx_queues;
	return 0;
}

/**
 * nic_get_rxfh_key_size() - ethtool: octets of the key
 * @dev: a NIC
 *
 * Context: any.
 * Return: octets.
 */
u32 nic_get_rxfh_key_size(struct net_device *dev)
{
	return NIC_RSS_KEY_LEN;
}

/**
 * nic_get_rxfh_indir_size() - ethtool: entries of the table
 * @dev: a NIC
 *
 * Context: any.
 * Return: entries.
 */
u32 nic_get_rxfh_indir_size(struct net_device *dev)
{
	return NIC_RSS_TABLE_LEN;
}

/**
 * nic_get_rxfh() - ethtool -x
 * @dev: a NIC
 * @rxfh: filled in
 *
 * Context: process, under RTNL.
 * Return: 0.
 */
int nic_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh)
{
	struct nsim_nic *nic = nic_of(dev);
	u32 i;

	rxfh->hfunc = ETH_RSS_HASH_TOP;
	if (rxfh->key)
		memcpy(rxfh->key, nic->rss_key, NIC_RSS_KEY_LEN);
	for (i = 0; rxfh->indir && i < NIC_RSS_TABLE_LEN; i++)
		rxfh->indir[i] = nic->rss_table[i];
	return 0;
}

/**
 * nic_set_rxfh() - ethtool -X
 * @dev: a NIC
 * @rxfh: what to set; ethtool has checked the entries
 * @extack: says why not
 *
 * Context: process, under RTNL.
 * Return: 0, or -EOPNOTSUPP for another function or transformation.
 */
int nic_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh,
		 struct netlink_ext_ack *extack)
{
	struct nsim_nic *nic = nic_of(dev);
	u32 i;

	if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE &&
	    rxfh->hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG_MOD(extack, "the hash is Toeplitz");
		return -EOPNOTSUPP;
	}
	if (rxfh->key)
		memcpy(nic->rss_key, rxfh->key, NIC_RSS_KEY_LEN);
	for (i = 0; rxfh->indir && i < NIC_RSS_TABLE_LEN; i++)
		nic->rss_table[i] = rxfh->indir[i];
	if (nic->up)
		nic_rss_write(nic);
	return 0;
}

/**
 * nic_get_channels() - ethtool -l
 * @dev: a NIC
 * @ch: filled in
 *
 * Context: process, under RTNL.
 */
void nic_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	ch->max_combined = nic_of(dev)->nr_queues;
	ch->combined_count = dev->real_num_tx_queues;
}

/**
 * nic_set_channels() - ethtool -L: use fewer or more of the queues
 * @dev: a NIC
 * @ch: how many; ethtool has checked them against what there is and against a
 *	table of the user's own
 *
 * All queues keep their rings. What is in them is dropped and counted, as when
 * the link goes down.
 *
 * Context: process, under RTNL.
 * Return: 0, -EINVAL for none, or what netif_set_real_num_queues() said;
 * nothing has changed on error.
 */
int nic_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct nsim_nic *nic = nic_of(dev);
	bool up = nic->up;
	int err;

	if (!ch->combined_count)
		return -EINVAL;
	if (ch->combined_count == dev->real_num_tx_queues)
		return 0;
	if (up)
		nic_down(nic);
	err = netif_set_real_num_queues(dev, ch->combined_count,
					ch->combined_count);
	if (!err && !netif_is_rxfh_configured(dev))
		nic_rss_spread(nic, ch->combined_count);
	if (up)
		nic_up(nic);
	return err;
}
