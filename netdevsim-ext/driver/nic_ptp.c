// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware timestamps: SIOCSHWTSTAMP, the time at which packets left or arrived
 * by the NIC's clock, and that clock as a PTP clock.
 */
#include <linux/ethtool.h>
#include <linux/math64.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "netdevsim.h"
#include "nic.h"

/* A tenth faster or slower. */
#define NIC_PTP_MAX_ADJ		100000000	/* ppb */

static struct nsim_nic *nic_ptp_nic(struct ptp_clock_info *info)
{
	return container_of(info, struct nsim_nic, ptp.info);
}

static void nic_clock_write(struct nsim_nic *nic, u32 reg_lo, u64 val)
{
	unsigned long flags;

	spin_lock_irqsave(&nic->ptp.lock, flags);
	nic_hw_write(nic->hw, reg_lo, lower_32_bits(val));
	nic_hw_write(nic->hw, reg_lo + 4, upper_32_bits(val));
	spin_unlock_irqrestore(&nic->ptp.lock, flags);
}

static int nic_ptp_gettimex(struct ptp_clock_info *info, struct timespec64 *ts,
			    struct ptp_system_timestamp *sts)
{
	struct nsim_nic *nic = nic_ptp_nic(info);
	unsigned long flags;
	u64 ns;

	spin_lock_irqsave(&nic->ptp.lock, flags);
	ptp_read_system_prets(sts);
	ns = nic_hw_read(nic->hw, NIC_REG_CLOCK_LO);
	ptp_read_system_postts(sts);
	ns |= (u64)nic_hw_read(nic->hw, NIC_REG_CLOCK_HI) << 32;
	spin_unlock_irqrestore(&nic->ptp.lock, flags);
	*ts = ns_to_timespec64(ns);
	return 0;
}

static int nic_ptp_settime(struct ptp_clock_info *info,
			   const struct timespec64 *ts)
{
	nic_clock_write(nic_ptp_nic(info), NIC_REG_CLOCK_LO,
			timespec64_to_ns(ts));
	return 0;
}

static int nic_ptp_adjtime(struct ptp_clock_info *info, s64 delta)
{
	nic_clock_write(nic_ptp_nic(info), NIC_REG_CLOCK_ADD_LO, delta);
	return 0;
}

/* From millionths of 2^16 to parts of 2^32; the core keeps to max_adj. */
static int nic_ptp_adjfine(struct ptp_clock_info *info, long scaled_ppm)
{
	s32 rate = div_s64((s64)scaled_ppm << 16, 1000000);

	nic_hw_write(nic_ptp_nic(info)->hw, NIC_REG_CLOCK_RATE, rate);
	return 0;
}

static const struct ptp_clock_info nic_ptp_info = {
	.owner = THIS_MODULE,
	.name = "netdevsim NIC",
	.max_adj = NIC_PTP_MAX_ADJ,
	.adjfine = nic_ptp_adjfine,
	.adjtime = nic_ptp_adjtime,
	.gettimex64 = nic_ptp_gettimex,
	.settime64 = nic_ptp_settime,
};

/**
 * nic_ptp_init() - register the NIC's clock, set to the time of day
 * @nic: the NIC, its hardware there
 *
 * Context: process.
 * Return: 0, also where the kernel has no PTP clocks, or what
 * ptp_clock_register() said.
 */
int nic_ptp_init(struct nsim_nic *nic)
{
	struct ptp_clock *clock;

	spin_lock_init(&nic->ptp.lock);
	nic->ptp.info = nic_ptp_info;
	nic_clock_write(nic, NIC_REG_CLOCK_LO, ktime_get_real_ns());
	clock = ptp_clock_register(&nic->ptp.info, nic->dma_dev);
	if (IS_ERR(clock))
		return PTR_ERR(clock);
	nic->ptp.clock = clock;
	return 0;
}

/**
 * nic_ptp_exit() - the end of the clock; nobody reads it any more
 * @nic: the NIC, its hardware still there
 *
 * Context: process.
 */
void nic_ptp_exit(struct nsim_nic *nic)
{
	if (nic->ptp.clock)
		ptp_clock_unregister(nic->ptp.clock);
	nic->ptp.clock = NULL;
}

static bool nic_rx_stamps(const struct nsim_nic *nic)
{
	return nic->rx_layout->says & NIC_RX_STAMP;
}

/**
 * nic_hwtstamp_get() - ndo_hwtstamp_get: what is stamped
 * @dev: a NIC
 * @config: filled in
 *
 * Context: process, under RTNL.
 * Return: 0.
 */
int nic_hwtstamp_get(struct net_device *dev,
		     struct kernel_hwtstamp_config *config)
{
	struct nsim_nic *nic = nic_of(dev);

	config->tx_type = nic->ptp.tx && nic->layout->stamps ?
			  HWTSTAMP_TX_ON : HWTSTAMP_TX_OFF;
	config->rx_filter = nic->ptp.rx && nic_rx_stamps(nic) ?
			    HWTSTAMP_FILTER_ALL : HWTSTAMP_FILTER_NONE;
	return 0;
}

/**
 * nic_hwtstamp_set() - ndo_hwtstamp_set: stamp, or do not
 * @dev: a NIC
 * @config: what to stamp; a filter that lets some frames through becomes the one
 *	that lets all through
 * @extack: says why not
 *
 * Context: process, under RTNL.
 * Return: 0; -ERANGE: no packet is changed on its way out; -EOPNOTSUPP: the
 * hardware's descriptors have no time stamps.
 */
int nic_hwtstamp_set(struct net_device *dev,
		     struct kernel_hwtstamp_config *config,
		     struct netlink_ext_ack *extack)
{
	struct nsim_nic *nic = nic_of(dev);

	if (config->tx_type != HWTSTAMP_TX_OFF &&
	    config->tx_type != HWTSTAMP_TX_ON) {
		NL_SET_ERR_MSG_MOD(extack, "no one-step time stamps");
		return -ERANGE;
	}
	if (config->tx_type == HWTSTAMP_TX_ON && !nic->layout->stamps) {
		NL_SET_ERR_MSG_MOD(extack,
				   "these transmit descriptors have no time stamps");
		return -EOPNOTSUPP;
	}
	if (config->rx_filter != HWTSTAMP_FILTER_NONE && !nic_rx_stamps(nic)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "these receive descriptors have no time stamps");
		return -EOPNOTSUPP;
	}
	WRITE_ONCE(nic->ptp.tx, config->tx_type == HWTSTAMP_TX_ON);
	WRITE_ONCE(nic->ptp.rx, config->rx_filter != HWTSTAMP_FILTER_NONE);
	if (nic->up)
		nic_features_write(nic, dev->features, false);
	return nic_hwtstamp_get(dev, config);
}

/**
 * nic_get_ts_info() - ethtool -T
 * @dev: a NIC
 * @info: filled in
 *
 * Context: process, under RTNL.
 * Return: 0.
 */
int nic_get_ts_info(struct net_device *dev,
		    struct kernel_ethtool_ts_info *info)
{
	struct nsim_nic *nic = nic_of(dev);

	ethtool_op_get_ts_info(dev, info);
	info->so_timestamping |= SOF_TIMESTAMPING_RAW_HARDWARE;
	info->tx_types = BIT(HWTSTAMP_TX_OFF);
	if (nic->layout->stamps) {
		info->so_timestamping |= SOF_TIMESTAMPING_TX_HARDWARE;
		info->tx_types |= BIT(HWTSTAMP_TX_ON);
	}
	info->rx_filters = BIT(HWTSTAMP_FILTER_NONE);
	if (nic_rx_stamps(nic)) {
		info->so_timestamping |= SOF_TIMESTAMPING_RX_HARDWARE;
		info->rx_filters |= BIT(HWTSTAMP_FILTER_ALL);
	}
	if (nic->ptp.clock)
		info->phc_index = ptp_clock_index(nic->ptp.clock);
	return 0;
}

/**
 * nic_get_ts_stats() - ethtool --include-statistics -T
 * @dev: a NIC
 * @stats: filled in
 *
 * Context: process, under RTNL.
 */
void nic_get_ts_stats(struct net_device *dev, struct ethtool_ts_stats *stats)
{
	struct nsim_nic *nic = nic_of(dev);
	u32 i;

	stats->pkts = 0;
	stats->lost = 0;
	for (i = 0; i < nic->nr_queues; i++) {
		struct nic_done_stats done = nic_done_read(&nic->queues[i].tx);

		stats->pkts += done.stamps;
		stats->lost += done.stamps_lost;
	}
}

/**
 * nic_tx_stamp() - ask for the time at which an skb leaves
 * @ring: the ring; all of the skb is posted
 * @skb: it asks for that
 * @first: its first descriptor
 *
 * That of the frame with its last octet is meant, which is in the last chain.
 *
 * Context: under the transmit queue's lock, before the doorbell.
 * Return: whether the hardware was asked.
 */
bool nic_tx_stamp(struct nic_tx_ring *ring, struct sk_buff *skb, u32 first)
{
	/* Pairs with the release in nic_features_write(). */
	u32 features = smp_load_acquire(&ring->nic->hw_features);
	u32 size = ring->mem.size;
	u32 at = (ring->use ?: size) - 1;
	u32 before;

	/* What asks for a time is dropped by hardware that was not told of it. */
	if (!READ_ONCE(ring->nic->ptp.tx) || !(features & NIC_FEAT_TX_STAMP))
		return false;
	/* It may be another model since. */
	if (!ring->mem.layout->stamps)
		return false;
	while (at != first) {
		before = (at ?: size) - 1;
		if (ring->mem.desc[before].flags & cpu_to_le16(NIC_TX_EOP))
			break;
		at = before;
	}
	ring->mem.desc[at].flags |= cpu_to_le16(NIC_TX_STAMP);
	skb_shinfo(skb)->tx_flags |= SKBTX_IN_PROGRESS;
	return true;
}

/**
 * nic_tx_stamped() - tell who sent an skb when it left
 * @ring: the ring
 * @skb: nic_tx_stamp() asked for it
 * @last: its last descriptor
 *
 * Context: NAPI, or when NAPI is off.
 * Return: whether the hardware has said; it does not of what it drops.
 */
bool nic_tx_stamped(struct nic_tx_ring *ring, struct sk_buff *skb, u32 last)
{
	const struct nic_tx_desc *desc = &ring->mem.desc[last];
	struct skb_shared_hwtstamps stamps = {};

	if (!(desc->flags & cpu_to_le16(NIC_TX_STAMPED)))
		return false;
	stamps.hwtstamp = ns_to_ktime(le64_to_cpu(desc->addr));
	skb_tstamp_tx(skb, &stamps);
	return true;
}
