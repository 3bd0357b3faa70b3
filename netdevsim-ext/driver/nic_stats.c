// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of a NIC. They are never reset: a test takes the difference of two
 * readings. Names are stable; each row says what it counts.
 */
#include <linux/debugfs.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/seq_file.h>

#include "nic.h"

/* Sums over all queues, */
struct nic_queue_totals {
	struct nic_tx_stats tx;
	struct nic_done_stats done;
	struct nic_rx_stats rx;
	u64 irqs;
};

/* and what is not per queue. */
struct nic_totals {
	struct nic_queue_totals queues;
	struct hgso_stats hgso;
	struct hgro_stats hgro;
	struct nic_lro_stats lro;
	struct nic_hw_counters hw;
	struct nsim_iommu_counters iommu;
	u64 dma_maps;
	u64 dma_unmaps;
	u64 tx_timeouts;
	u64 resets;
	u64 watch_interrupts;
	u64 watch_doorbells;
	u64 watch_hangs;
};

struct nic_stats_row {
	char name[ETH_GSTRING_LEN];
	u16 offset;
};

#define NIC_ROW(_name, _member) \
	{ .name = _name, .offset = offsetof(struct nic_totals, _member) }
#define NIC_QROW(_name, _member)	NIC_ROW(_name, queues._member)

static const struct nic_stats_row nic_stats_rows[] = {
	/* Frames that the hardware reported as sent; octets without FCS. */
	NIC_QROW("tx_packets", done.packets),
	NIC_QROW("tx_bytes", done.bytes),
	/* Skbs that those were, plain ones and super-packets. */
	NIC_QROW("tx_skbs_done", done.skbs),
	/* GSO packets sent by the strategy, not by the stack's GSO. */
	NIC_QROW("tx_super_packets", tx.super_packets),
	NIC_QROW("tx_descriptors", tx.descs),
	/* Mappings of packets made and undone; equal when nothing is queued. */
	NIC_ROW("tx_dma_maps", dma_maps),
	NIC_ROW("tx_dma_unmaps", dma_unmaps),
	NIC_QROW("tx_doorbells", tx.doorbells),
	/* Polls that found something sent. */
	NIC_QROW("tx_completions", done.completions),
	/* Queue stopped for want of room, and woken again. */
	NIC_QROW("tx_ring_full", tx.ring_full),
	NIC_QROW("tx_wakes", done.wakes),
	/* Skbs that were taken, and waited in the driver for room. */
	NIC_QROW("tx_pending", tx.pending),
	/* Super-packets given to skb_gso_segment(), and its segments. */
	NIC_QROW("tx_gso_fallback", tx.fallback),
	NIC_QROW("tx_gso_fallback_segs", tx.fallback_segs),
	/* Skbs dropped: malformed, */
	NIC_QROW("tx_drop_malformed", tx.drop_malformed),
	/* no memory, */
	NIC_QROW("tx_drop_nomem", tx.drop_nomem),
	/* a mapping failed, */
	NIC_QROW("tx_drop_map", tx.drop_map),
	/* skb_gso_segment() failed, */
	NIC_QROW("tx_drop_segment", tx.drop_segment),
	/* nothing here can send it, */
	NIC_QROW("tx_drop_refused", tx.drop_refused),
	/* still in the ring when it went down, */
	NIC_QROW("tx_drop_down", done.drop_down),
	/* waiting for room in it then. */
	NIC_QROW("tx_drop_pending", done.drop_pending),
	/* Write-backs that named no posted descriptor. */
	NIC_QROW("tx_bad_index", done.bad_index),
	/* Skbs whose sender was told when they left, and was not. */
	NIC_QROW("tx_stamps", done.stamps),
	NIC_QROW("tx_stamps_lost", done.stamps_lost),
	/* Frames in more pieces than the hardware takes, made one. */
	NIC_QROW("tx_linearized", tx.linearized),
	/* Frames whose checksum the hardware would not finish. */
	NIC_QROW("tx_summed", tx.summed),

	/* By way of sending. plain: skbs that are one frame. */
	NIC_QROW("tx_plain_skbs", tx.kind[NIC_TX_KIND_PLAIN].skbs),
	NIC_QROW("tx_plain_frames", tx.kind[NIC_TX_KIND_PLAIN].frames),
	NIC_QROW("tx_plain_descs", tx.kind[NIC_TX_KIND_PLAIN].descs),
	NIC_QROW("tx_plain_maps", tx.kind[NIC_TX_KIND_PLAIN].maps),
	NIC_QROW("tx_plain_unmaps", done.unmaps[NIC_TX_KIND_PLAIN]),
	/* The others: super-packets only. */
	NIC_QROW("tx_tso_lib_skbs", tx.kind[NIC_TX_KIND_TSO_LIB].skbs),
	NIC_QROW("tx_tso_lib_frames", tx.kind[NIC_TX_KIND_TSO_LIB].frames),
	NIC_QROW("tx_tso_lib_descs", tx.kind[NIC_TX_KIND_TSO_LIB].descs),
	NIC_QROW("tx_tso_lib_maps", tx.kind[NIC_TX_KIND_TSO_LIB].maps),
	NIC_QROW("tx_tso_lib_unmaps", done.unmaps[NIC_TX_KIND_TSO_LIB]),
	NIC_QROW("tx_hgso_skbs", tx.kind[NIC_TX_KIND_HGSO].skbs),
	NIC_QROW("tx_hgso_frames", tx.kind[NIC_TX_KIND_HGSO].frames),
	NIC_QROW("tx_hgso_descs", tx.kind[NIC_TX_KIND_HGSO].descs),
	NIC_QROW("tx_hgso_maps", tx.kind[NIC_TX_KIND_HGSO].maps),
	NIC_QROW("tx_hgso_unmaps", done.unmaps[NIC_TX_KIND_HGSO]),
	NIC_QROW("tx_tso_hw_skbs", tx.kind[NIC_TX_KIND_HW_TSO].skbs),
	NIC_QROW("tx_tso_hw_frames", tx.kind[NIC_TX_KIND_HW_TSO].frames),
	NIC_QROW("tx_tso_hw_descs", tx.kind[NIC_TX_KIND_HW_TSO].descs),
	NIC_QROW("tx_tso_hw_maps", tx.kind[NIC_TX_KIND_HW_TSO].maps),
	NIC_QROW("tx_tso_hw_unmaps", done.unmaps[NIC_TX_KIND_HW_TSO]),
	/* Super-packets that hgso prepared, whose heads had to be expanded. */
	NIC_ROW("tx_hgso_prepared", hgso.prepared),
	NIC_ROW("tx_hgso_expanded", hgso.expanded),

	/* Frames given to the stack; octets without FCS. */
	NIC_QROW("rx_packets", rx.packets),
	NIC_QROW("rx_bytes", rx.bytes),
	NIC_QROW("rx_csum_ok", rx.csum_ok),
	NIC_QROW("rx_csum_none", rx.csum_none),
	/* By strategy: enum nic_rx_strategy. */
	NIC_QROW("rx_none", rx.by[NIC_RX_NONE]),
	NIC_QROW("rx_gro", rx.by[NIC_RX_GRO]),
	NIC_QROW("rx_gro_frags", rx.by[NIC_RX_GRO_FRAGS]),
	NIC_QROW("rx_hgro", rx.by[NIC_RX_HGRO]),
	NIC_QROW("rx_lro_skb", rx.by[NIC_RX_LRO_SKB]),
	NIC_QROW("rx_lro_frags", rx.by[NIC_RX_LRO_FRAGS]),
	NIC_QROW("rx_lro_hw", rx.by[NIC_RX_LRO_HW]),
	/* Frames with headers in a buffer of their own, and with a time. */
	NIC_QROW("rx_split", rx.split),
	NIC_QROW("rx_stamps", rx.stamps),
	/* Super-packets of the hardware's, and the frames that were in them. */
	NIC_QROW("rx_hw_merged", rx.merged),
	NIC_QROW("rx_hw_merged_segs", rx.merged_segs),
	/* Of hgro's: in super-packets, alone, in open flows, dropped. */
	NIC_ROW("rx_hgro_merged", hgro.merged),
	NIC_ROW("rx_hgro_single", hgro.single),
	NIC_ROW("rx_hgro_held", hgro.held),
	NIC_ROW("rx_hgro_dropped", hgro.dropped),
	/* Super-packets that hgro made. */
	NIC_ROW("rx_hgro_supers", hgro.supers),
	/* Packets that came too early and waited. */
	NIC_ROW("rx_hgro_waited", hgro.waited),
	/* Of LRO's frames: taken by descriptors, or not since none was free, */
	NIC_ROW("rx_lro_aggregated", lro.aggregated),
	NIC_ROW("rx_lro_no_desc", lro.no_desc),
	/* or passed on for another reason, or dropped for want of memory. */
	NIC_ROW("rx_lro_passed", lro.passed),
	NIC_ROW("rx_lro_dropped", lro.dropped),
	/* What descriptors gave to the stack. */
	NIC_ROW("rx_lro_flushed", lro.flushed),
	/* Buffers posted, and refills that ended for want of a page. */
	NIC_QROW("rx_buffers", rx.buffers),
	NIC_QROW("rx_no_page", rx.no_page),
	/* Pages that the page pool took from the system and mapped. */
	NIC_QROW("rx_page_pool_maps", rx.pool_maps),
	NIC_QROW("rx_drop_nomem", rx.drop_nomem),
	/* Truncated, or longer or shorter than can be. */
	NIC_QROW("rx_drop_error", rx.drop_error),
	/* Frames still in the ring when it went down. */
	NIC_QROW("rx_drop_down", rx.drop_down),

	NIC_QROW("irqs", irqs),
	NIC_ROW("tx_timeouts", tx_timeouts),
	NIC_ROW("resets", resets),
	/* What the watch made up for, and what it had reset. */
	NIC_ROW("watch_interrupts", watch_interrupts),
	NIC_ROW("watch_doorbells", watch_doorbells),
	NIC_ROW("watch_hangs", watch_hangs),

	/* What the hardware half says: struct nic_hw_counters. */
	NIC_ROW("hw_tx_frames", hw.tx_frames),
	NIC_ROW("hw_tx_bytes", hw.tx_bytes),
	NIC_ROW("hw_tx_descs", hw.tx_descs),
	NIC_ROW("hw_tx_tso", hw.tx_tso),
	NIC_ROW("hw_tx_errors", hw.tx_errors),
	NIC_ROW("hw_rx_frames", hw.rx_frames),
	NIC_ROW("hw_rx_bytes", hw.rx_bytes),
	NIC_ROW("hw_rx_missed", hw.rx_missed),
	NIC_ROW("hw_rx_errors", hw.rx_errors),
	NIC_ROW("hw_rx_overrun", hw.rx_overrun),
	NIC_ROW("hw_rx_merged", hw.rx_merged),
	NIC_ROW("hw_tx_pauses", hw.tx_pauses),
	NIC_ROW("hw_rx_pauses", hw.rx_pauses),
	NIC_ROW("hw_dma_faults", hw.dma_faults),
	NIC_ROW("hw_irqs", hw.irqs),
	NIC_ROW("hw_busy_ns", hw.busy_ns),
	NIC_ROW("hw_queue_errors", hw.queue_errors),
	NIC_ROW("hw_no_memory", hw.no_memory),
	NIC_ROW("hw_limit_descs", hw.limit_descs),
	NIC_ROW("hw_limit_slice", hw.limit_slice),
	NIC_ROW("hw_limit_addr", hw.limit_addr),
	NIC_ROW("hw_reg_errors", hw.reg_errors),

	/* What the IOMMU says: struct nsim_iommu_counters. */
	NIC_ROW("iommu_maps", iommu.maps),
	NIC_ROW("iommu_map_failures", iommu.map_failures),
	NIC_ROW("iommu_unmaps", iommu.unmaps),
	NIC_ROW("iommu_pages_mapped", iommu.pages_mapped),
	NIC_ROW("iommu_pages_live", iommu.pages_live),
	NIC_ROW("iommu_iotlb_hits", iommu.iotlb_hits),
	NIC_ROW("iommu_iotlb_misses", iommu.iotlb_misses),
	NIC_ROW("iommu_iotlb_stale", iommu.iotlb_stale),
	NIC_ROW("iommu_iotlb_flushes", iommu.iotlb_flushes),
	NIC_ROW("iommu_faults", iommu.faults),
};

/*
 * Then tx_hgso_not_<reason>, for each reason why hgso did not take a packet,
 * rx_hgro_not_<reason>, why hgro passed one on, and rx_hgro_flush_<reason>, why
 * it ended a flow: a partition of flows, where the first reason is that a poll
 * was over.
 */
#define NIC_TX_REASONS	(HGSO_NR_REASONS - 1)
#define NIC_RX_REASONS	(HGRO_NR_REASONS - 1)
#define NIC_REASONS	(NIC_TX_REASONS + NIC_RX_REASONS + HGRO_NR_REASONS)

/* All counters are u64, so that structures of them add up as arrays. */
static void nic_add(void *sum, const void *part, size_t size)
{
	const u64 *from = part;
	u64 *to = sum;

	for (; size; size -= sizeof(u64))
		*to++ += *from++;
}

static void nic_sum_tx(struct nic_queue_totals *sum, struct nic_tx_ring *ring)
{
	/* Undone first: what is undone was done. */
	struct nic_done_stats done = nic_done_read(ring);
	struct nic_tx_stats tx;
	unsigned int start;

	nic_add(&sum->done, &done, sizeof(done));
	do {
		start = u64_stats_fetch_begin(&ring->sync);
		tx = ring->stats;
	} while (u64_stats_fetch_retry(&ring->sync, start));
	nic_add(&sum->tx, &tx, sizeof(tx));
}

static void nic_sum_rx(struct nic_queue_totals *sum, struct nic_rx_ring *ring)
{
	struct nic_rx_stats rx;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&ring->sync);
		rx = ring->stats;
	} while (u64_stats_fetch_retry(&ring->sync, start));
	nic_add(&sum->rx, &rx, sizeof(rx));
}

static void nic_sum_queues(struct nsim_nic *nic, struct nic_queue_totals *sum)
{
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		nic_sum_tx(sum, &nic->queues[i].tx);
		nic_sum_rx(sum, &nic->queues[i].rx);
		sum->irqs += READ_ONCE(nic->queues[i].irqs);
	}
}

/* hgso maps for itself: its mappings are in its own counters. */
static void nic_sum_hgso(struct nsim_nic *nic, struct nic_totals *sum)
{
	struct hgso_stats stats;
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		hgso_txq_stats(&nic->queues[i].tx.hgso, &stats);
		nic_add(&sum->hgso, &stats, sizeof(stats));
	}
	sum->queues.tx.kind[NIC_TX_KIND_HGSO].maps = sum->hgso.maps;
	sum->queues.done.unmaps[NIC_TX_KIND_HGSO] = sum->hgso.unmaps;
}

static void nic_sum_hgro(struct nsim_nic *nic, struct hgro_stats *sum)
{
	struct hgro_stats stats;
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		hgro_stats(nic->queues[i].rx.hgro, &stats);
		nic_add(sum, &stats, sizeof(stats));
	}
}

static void nic_sum(struct nsim_nic *nic, struct nic_totals *sum)
{
	int i;

	memset(sum, 0, sizeof(*sum));
	nic_sum_queues(nic, &sum->queues);
	nic_sum_hgso(nic, sum);
	nic_sum_hgro(nic, &sum->hgro);
	nic_lro_sum(nic, &sum->lro);
	for (i = 0; i < NIC_TX_KINDS; i++) {
		sum->dma_maps += sum->queues.tx.kind[i].maps;
		sum->dma_unmaps += sum->queues.done.unmaps[i];
	}
	nic_hw_counters(nic->hw, &sum->hw);
	nsim_iommu_counters(nic->dma_dev, &sum->iommu);
	sum->queues.rx.pool_maps += nic_rx_pool_maps(nic);
	sum->tx_timeouts = READ_ONCE(nic->tx_timeouts);
	sum->resets = nic->resets;
	sum->watch_interrupts = READ_ONCE(nic->watch.interrupts);
	sum->watch_doorbells = READ_ONCE(nic->watch.doorbells);
	sum->watch_hangs = READ_ONCE(nic->watch.hangs);
}

/**
 * nic_stats_count() - how many counters ethtool -S shows
 *
 * Context: any.
 * Return: rows.
 */
int nic_stats_count(void)
{
	return ARRAY_SIZE(nic_stats_rows) + NIC_REASONS;
}

/**
 * nic_stats_strings() - their names
 * @data: room for nic_stats_count() times ETH_GSTRING_LEN
 *
 * Context: process.
 */
void nic_stats_strings(u8 *data)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(nic_stats_rows); i++)
		ethtool_puts(&data, nic_stats_rows[i].name);
	for (i = 1; i <= NIC_TX_REASONS; i++)
		ethtool_sprintf(&data, "tx_hgso_not_%s", hgso_reason_name(i));
	for (i = 1; i <= NIC_RX_REASONS; i++)
		ethtool_sprintf(&data, "rx_hgro_not_%s", hgro_reason_name(i));
	for (i = 0; i < HGRO_NR_REASONS; i++)
		ethtool_sprintf(&data, "rx_hgro_flush_%s", hgro_reason_name(i));
}

/**
 * nic_stats_values() - their values
 * @nic: the NIC
 * @data: room for nic_stats_count()
 *
 * Context: process, under RTNL.
 */
void nic_stats_values(struct nsim_nic *nic, u64 *data)
{
	struct nic_totals *sum = kzalloc(sizeof(*sum), GFP_KERNEL);
	int i;

	/* All 0 then: ethtool has no way to fail here. */
	if (!sum)
		return;
	nic_sum(nic, sum);
	for (i = 0; i < ARRAY_SIZE(nic_stats_rows); i++)
		*data++ = *(u64 *)((u8 *)sum + nic_stats_rows[i].offset);
	for (i = 1; i <= NIC_TX_REASONS; i++)
		*data++ = sum->hgso.reason[i];
	for (i = 1; i <= NIC_RX_REASONS; i++)
		*data++ = sum->hgro.passed[i];
	for (i = 0; i < HGRO_NR_REASONS; i++)
		*data++ = sum->hgro.flushed[i];
	kfree(sum);
}

/* The same as ethtool -S, in the form of the other parts' counters files. */
static int nic_counters_show(struct seq_file *m, void *unused)
{
	struct nsim_nic *nic = m->private;
	struct nic_totals *sum;
	int i;

	sum = kzalloc(sizeof(*sum), GFP_KERNEL);
	if (!sum)
		return -ENOMEM;
	nic_sum(nic, sum);
	for (i = 0; i < ARRAY_SIZE(nic_stats_rows); i++)
		seq_printf(m, "%s %llu\n", nic_stats_rows[i].name,
			   *(u64 *)((u8 *)sum + nic_stats_rows[i].offset));
	for (i = 1; i <= NIC_TX_REASONS; i++)
		seq_printf(m, "tx_hgso_not_%s %llu\n", hgso_reason_name(i),
			   sum->hgso.reason[i]);
	for (i = 1; i <= NIC_RX_REASONS; i++)
		seq_printf(m, "rx_hgro_not_%s %llu\n", hgro_reason_name(i),
			   sum->hgro.passed[i]);
	for (i = 0; i < HGRO_NR_REASONS; i++)
		seq_printf(m, "rx_hgro_flush_%s %llu\n", hgro_reason_name(i),
			   sum->hgro.flushed[i]);
	kfree(sum);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nic_counters);

/**
 * nic_stats_debugfs() - make driver/counters in a NIC's debugfs folder
 * @nic: the NIC, its queues and hardware ready
 *
 * Context: process.
 */
void nic_stats_debugfs(struct nsim_nic *nic)
{
	debugfs_create_file("counters", 0400,
			    debugfs_create_dir("driver", nic->ddir), nic,
			    &nic_counters_fops);
}

/**
 * nic_stats_debugfs_remove() - take it away; returns when nobody reads it
 * @nic: the NIC, its hardware still there
 *
 * Context: process.
 */
void nic_stats_debugfs_remove(struct nsim_nic *nic)
{
	debugfs_lookup_and_remove("driver", nic->ddir);
}

/**
 * nic_get_stats64() - ndo_get_stats64: frames on the wire
 * @dev: a NIC
 * @stats: filled in
 *
 * Context: any but hard interrupt.
 */
void nic_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct nsim_nic *nic = nic_of(dev);
	struct nic_hw_counters hw;
	struct nic_queue_totals sum = {};
	struct hgro_stats hgro = {};
	struct nic_lro_stats lro;

	nic_sum_queues(nic, &sum);
	nic_sum_hgro(nic, &hgro);
	nic_lro_sum(nic, &lro);
	nic_hw_counters(nic->hw, &hw);
	stats->tx_packets = sum.done.packets;
	stats->tx_bytes = sum.done.bytes;
	stats->tx_dropped = sum.tx.drop_malformed + sum.tx.drop_nomem +
			    sum.tx.drop_map + sum.tx.drop_segment +
			    sum.tx.drop_refused + sum.done.drop_down +
			    sum.done.drop_pending;
	stats->tx_errors = hw.tx_errors;
	stats->rx_packets = sum.rx.packets;
	stats->rx_bytes = sum.rx.bytes;
	stats->rx_dropped = sum.rx.drop_nomem + sum.rx.drop_down +
			    hgro.dropped + lro.dropped;
	stats->rx_errors = sum.rx.drop_error + hw.rx_errors;
	stats->rx_missed_errors = hw.rx_missed;
	stats->rx_over_errors = hw.rx_overrun;
}
