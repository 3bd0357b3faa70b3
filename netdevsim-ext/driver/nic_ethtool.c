// SPDX-License-Identifier: GPL-2.0
/* ethtool of a NIC: rings, interrupt moderation, counters. */
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/netlink.h>

#include "netdevsim.h"
#include "nic.h"
#include "nic_channels.h"
#include "nic_link.h"

#define NIC_RX_HIGH_ORDER	2

static void nic_get_drvinfo(struct net_device *dev,
			    struct ethtool_drvinfo *info)
{
	struct nsim_nic *nic = nic_of(dev);

	strscpy(info->driver, DRV_NAME, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(&nic->ns->nsim_bus_dev->dev),
		sizeof(info->bus_info));
}

/* Can the hardware's receive descriptors say so? */
static bool nic_can_split(const struct nsim_nic *nic)
{
	return nic->rx_layout->says & NIC_RX_SPLIT;
}

static void nic_get_ringparam(struct net_device *dev,
			      struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kernel_ring,
			      struct netlink_ext_ack *extack)
{
	struct nsim_nic *nic = nic_of(dev);

	ring->rx_max_pending = NIC_RING_MAX;
	ring->tx_max_pending = NIC_RING_MAX;
	ring->rx_pending = nic->sizes.rx;
	ring->tx_pending = nic->sizes.tx;
	kernel_ring->rx_buf_len = PAGE_SIZE << nic->sizes.rx_order;
	kernel_ring->tcp_data_split = nic->sizes.split && nic_can_split(nic) ?
				      ETHTOOL_TCP_DATA_SPLIT_ENABLED :
				      ETHTOOL_TCP_DATA_SPLIT_DISABLED;
}

/* A buffer is one page, or as many as a frame of any size needs. */
static int nic_rx_buf_order(u32 len, struct netlink_ext_ack *extack)
{
	if (len == PAGE_SIZE)
		return 0;
	if (len == PAGE_SIZE << NIC_RX_HIGH_ORDER)
		return NIC_RX_HIGH_ORDER;
	NL_SET_ERR_MSG_FMT_MOD(extack, "rx-buf-len is %lu or %lu", PAGE_SIZE,
			       PAGE_SIZE << NIC_RX_HIGH_ORDER);
	return -EINVAL;
}

static int nic_set_ringparam(struct net_device *dev,
			     struct ethtool_ringparam *ring,
			     struct kernel_ethtool_ringparam *kernel_ring,
			     struct netlink_ext_ack *extack)
{
	struct nic_ring_sizes sizes = {
		.tx = ring->tx_pending,
		.rx = ring->rx_pending,
		.split = kernel_ring->tcp_data_split ==
			 ETHTOOL_TCP_DATA_SPLIT_ENABLED,
	};
	struct nsim_nic *nic = nic_of(dev);
	int order;
	int err;

	if (ring->rx_mini_pending || ring->rx_jumbo_pending) {
		NL_SET_ERR_MSG_MOD(extack, "no mini or jumbo rings");
		return -EINVAL;
	}
	if (ring->tx_pending < NIC_RING_MIN ||
	    ring->rx_pending < NIC_RING_MIN ||
	    ring->tx_pending > NIC_RING_MAX ||
	    ring->rx_pending > NIC_RING_MAX) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "rings have %u to %u descriptors",
				       NIC_RING_MIN, NIC_RING_MAX);
		return -EINVAL;
	}
	order = nic_rx_buf_order(kernel_ring->rx_buf_len, extack);
	if (order < 0)
		return order;
	if (sizes.split && !nic_can_split(nic)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "these receive descriptors cannot tell of split headers");
		return -EOPNOTSUPP;
	}
	sizes.rx_order = order;
	if (sizes.tx == nic->sizes.tx && sizes.rx == nic->sizes.rx &&
	    sizes.rx_order == nic->sizes.rx_order &&
	    sizes.split == nic->sizes.split)
		return 0;
	err = nic_rings_resize(nic, &sizes);
	if (err)
		NL_SET_ERR_MSG_MOD(extack, "no memory for rings of that size");
	return err;
}

static int nic_get_queue_coalesce(struct net_device *dev, u32 queue,
				  struct ethtool_coalesce *coal)
{
	struct nsim_nic *nic = nic_of(dev);

	if (queue >= dev->real_num_rx_queues)
		return -EINVAL;
	coal->rx_coalesce_usecs = nic->queues[queue].usecs;
	coal->rx_max_coalesced_frames = nic->queues[queue].frames;
	return 0;
}

/* What was set for all of them, or the first one's. */
static int nic_get_coalesce(struct net_device *dev,
			    struct ethtool_coalesce *coal,
			    struct kernel_ethtool_coalesce *kernel_coal,
			    struct netlink_ext_ack *extack)
{
	return nic_get_queue_coalesce(dev, 0, coal);
}

static int nic_set_coalesce(struct net_device *dev,
			    struct ethtool_coalesce *coal,
			    struct kernel_ethtool_coalesce *kernel_coal,
			    struct netlink_ext_ack *extack)
{
	struct nsim_nic *nic = nic_of(dev);
	u32 i;

	if (coal->rx_coalesce_usecs > USEC_PER_SEC) {
		NL_SET_ERR_MSG_MOD(extack, "an interrupt waits 1 s at most");
		return -ERANGE;
	}
	for (i = 0; i < nic->nr_queues; i++) {
		nic->queues[i].usecs = coal->rx_coalesce_usecs;
		nic->queues[i].frames = coal->rx_max_coalesced_frames;
	}
	nic_coalesce_write(nic);
	return 0;
}

/* ethtool --per-queue: for those in use. */
static int nic_set_queue_coalesce(struct net_device *dev, u32 queue,
				  struct ethtool_coalesce *coal)
{
	struct nsim_nic *nic = nic_of(dev);

	if (queue >= dev->real_num_rx_queues)
		return -EINVAL;
	if (coal->rx_coalesce_usecs > USEC_PER_SEC)
		return -ERANGE;
	nic->queues[queue].usecs = coal->rx_coalesce_usecs;
	nic->queues[queue].frames = coal->rx_max_coalesced_frames;
	nic_coalesce_write(nic);
	return 0;
}

static const char nic_priv_flags[][ETH_GSTRING_LEN] = {
	"rx-csum-complete",	/* sums, where rx-checksumming is on */
};

static u32 nic_get_priv_flags(struct net_device *dev)
{
	return nic_of(dev)->rx_sum ? BIT(0) : 0;
}

static int nic_set_priv_flags(struct net_device *dev, u32 flags)
{
	struct nsim_nic *nic = nic_of(dev);

	WRITE_ONCE(nic->rx_sum, flags & BIT(0));
	if (nic->up)
		nic_features_write(nic, dev->features, false);
	return 0;
}

static int nic_get_sset_count(struct net_device *dev, int sset)
{
	switch (sset) {
	case ETH_SS_STATS:
		return nic_stats_count();
	case ETH_SS_PRIV_FLAGS:
		return ARRAY_SIZE(nic_priv_flags);
	default:
		return -EOPNOTSUPP;
	}
}

static void nic_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	if (sset == ETH_SS_STATS)
		nic_stats_strings(data);
	else if (sset == ETH_SS_PRIV_FLAGS)
		memcpy(data, nic_priv_flags, sizeof(nic_priv_flags));
}

static void nic_get_ethtool_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	nic_stats_values(nic_of(dev), data);
}

const struct ethtool_ops nic_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |
				     ETHTOOL_COALESCE_RX_MAX_FRAMES,
	.supported_ring_params	= ETHTOOL_RING_USE_RX_BUF_LEN |
				  ETHTOOL_RING_USE_TCP_DATA_SPLIT,
	.get_drvinfo		= nic_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= nic_get_link_ksettings,
	.get_pauseparam		= nic_get_pauseparam,
	.set_pauseparam		= nic_set_pauseparam,
	.get_pause_stats	= nic_get_pause_stats,
	.reset			= nic_ethtool_reset,
	.get_ringparam		= nic_get_ringparam,
	.set_ringparam		= nic_set_ringparam,
	.get_channels		= nic_get_channels,
	.set_channels		= nic_set_channels,
	.get_rxnfc		= nic_get_rxnfc,
	.get_rxfh_key_size	= nic_get_rxfh_key_size,
	.get_rxfh_indir_size	= nic_get_rxfh_indir_size,
	.get_rxfh		= nic_get_rxfh,
	.set_rxfh		= nic_set_rxfh,
	.get_coalesce		= nic_get_coalesce,
	.set_coalesce		= nic_set_coalesce,
	.get_per_queue_coalesce	= nic_get_queue_coalesce,
	.set_per_queue_coalesce	= nic_set_queue_coalesce,
	.get_sset_count		= nic_get_sset_count,
	.get_strings		= nic_get_strings,
	.get_priv_flags		= nic_get_priv_flags,
	.set_priv_flags		= nic_set_priv_flags,
	.get_ethtool_stats	= nic_get_ethtool_stats,
	.get_ts_info		= nic_get_ts_info,
	.get_ts_stats		= nic_get_ts_stats,
};
