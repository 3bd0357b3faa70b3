// SPDX-License-Identifier: GPL-2.0
/*
 * Counters by queue, over netlink (qstats): "ynl ... netdev.yaml --dump
 * qstats-get". What queues did that are not in use any more is in the base.
 */
#include <net/netdev_queues.h>

#include "nic.h"

static struct nic_rx_stats nic_rx_read(const struct nic_rx_ring *ring)
{
	struct nic_rx_stats stats;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&ring->sync);
		stats = ring->stats;
	} while (u64_stats_fetch_retry(&ring->sync, start));
	return stats;
}

/**
 * nic_done_read() - what completion counted
 * @ring: a transmit ring
 *
 * Context: any.
 * Return: a copy that fits together.
 */
struct nic_done_stats nic_done_read(const struct nic_tx_ring *ring)
{
	struct nic_done_stats stats;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&ring->done_sync);
		stats = ring->done;
	} while (u64_stats_fetch_retry(&ring->done_sync, start));
	return stats;
}

static u64 nic_tx_stops(const struct nic_tx_ring *ring)
{
	unsigned int start;
	u64 stops;

	do {
		start = u64_stats_fetch_begin(&ring->sync);
		stops = ring->stats.ring_full;
	} while (u64_stats_fetch_retry(&ring->sync, start));
	return stops;
}

static void nic_qstats_add_rx(const struct nic_rx_ring *ring,
			      struct netdev_queue_stats_rx *sum)
{
	struct nic_rx_stats rx = nic_rx_read(ring);

	sum->packets += rx.packets;
	sum->bytes += rx.bytes;
	sum->alloc_fail += rx.no_page + rx.drop_nomem;
	sum->csum_unnecessary += rx.csum_ok;
	sum->csum_none += rx.csum_none;
}

static void nic_qstats_add_tx(const struct nic_tx_ring *ring,
			      struct netdev_queue_stats_tx *sum)
{
	struct nic_done_stats done = nic_done_read(ring);

	sum->packets += done.packets;
	sum->bytes += done.bytes;
	sum->stop += nic_tx_stops(ring);
	sum->wake += done.wakes;
}

/* Those that are counted; what is not stays as the core set it. */
static void nic_qstats_zero_rx(struct netdev_queue_stats_rx *rx)
{
	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	rx->csum_unnecessary = 0;
	rx->csum_none = 0;
}

static void nic_qstats_zero_tx(struct netdev_queue_stats_tx *tx)
{
	tx->packets = 0;
	tx->bytes = 0;
	tx->stop = 0;
	tx->wake = 0;
}

static void nic_qstats_rx(struct net_device *dev, int index,
			  struct netdev_queue_stats_rx *stats)
{
	nic_qstats_zero_rx(stats);
	nic_qstats_add_rx(&nic_of(dev)->queues[index].rx, stats);
}

static void nic_qstats_tx(struct net_device *dev, int index,
			  struct netdev_queue_stats_tx *stats)
{
	nic_qstats_zero_tx(stats);
	nic_qstats_add_tx(&nic_of(dev)->queues[index].tx, stats);
}

static void nic_qstats_base(struct net_device *dev,
			    struct netdev_queue_stats_rx *rx,
			    struct netdev_queue_stats_tx *tx)
{
	struct nsim_nic *nic = nic_of(dev);
	u32 i;

	nic_qstats_zero_rx(rx);
	nic_qstats_zero_tx(tx);
	for (i = dev->real_num_rx_queues; i < nic->nr_queues; i++)
		nic_qstats_add_rx(&nic->queues[i].rx, rx);
	for (i = dev->real_num_tx_queues; i < nic->nr_queues; i++)
		nic_qstats_add_tx(&nic->queues[i].tx, tx);
}

const struct netdev_stat_ops nic_stat_ops = {
	.get_queue_stats_rx	= nic_qstats_rx,
	.get_queue_stats_tx	= nic_qstats_tx,
	.get_base_stats		= nic_qstats_base,
};
