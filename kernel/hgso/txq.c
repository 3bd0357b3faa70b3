// SPDX-License-Identifier: GPL-2.0
/*
 * A transmit queue's state and counters.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iommu-dma.h>
#include <linux/module.h>
#include <linux/string.h>

#include "hgso_impl.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(hgso_prepare);
EXPORT_TRACEPOINT_SYMBOL_GPL(hgso_decline);
EXPORT_TRACEPOINT_SYMBOL_GPL(hgso_map);
EXPORT_TRACEPOINT_SYMBOL_GPL(hgso_unmap);

/**
 * hgso_txq_init() - make a queue's state ready
 * @txq: what the driver has for a queue
 * @dma_dev: device that the DMA API maps for
 * @max_descs: most slices of one super-packet; a longer one is declined
 *
 * Context: process, before the queue starts. Counters begin at 0.
 */
void hgso_txq_init(struct hgso_txq *txq, struct device *dma_dev, u32 max_descs)
{
	memset(txq, 0, sizeof(*txq));
	txq->dma_dev = dma_dev;
	txq->limits.max_descs = max_descs;
	if (dma_dev) {
		txq->limits.max_map =
			min_t(size_t, dma_max_mapping_size(dma_dev), U32_MAX);
		/* Elsewhere a range saves nothing and the list costs. */
		txq->range = use_dma_iommu(dma_dev);
	}
	hgso_txq_set_sinks(txq, &hgso_headroom, NULL);
	u64_stats_init(&txq->tx_sync);
	u64_stats_init(&txq->done_sync);
}
EXPORT_SYMBOL_GPL(hgso_txq_init);

/**
 * hgso_txq_set_sinks() - where the headers of a queue's super-packets go
 * @txq: the queue's state
 * @sink: &hgso_headroom, which hgso_txq_init() sets, or a &struct hgso_ring's
 * @large: for super-packets that have more headers than @sink holds, usually
 *	a &struct hgso_ring's beside the headroom; NULL to decline those
 *
 * Context: process, before the queue starts.
 */
void hgso_txq_set_sinks(struct hgso_txq *txq, const struct hgso_sink *sink,
			const struct hgso_sink *large)
{
	txq->sink = sink;
	txq->large = large;
	txq->limits.max_hdrs = max(sink->max_len, large ? large->max_len : 0);
}
EXPORT_SYMBOL_GPL(hgso_txq_set_sinks);

/**
 * hgso_txq_stats() - a consistent copy of a queue's counters
 * @txq: the queue's state
 * @stats: filled in
 *
 * Context: any but hard interrupt; may run beside prepare, map and unmap.
 */
void hgso_txq_stats(const struct hgso_txq *txq, struct hgso_stats *stats)
{
	unsigned int start;
	u64 unmaps;

	do {
		start = u64_stats_fetch_begin(&txq->tx_sync);
		*stats = txq->tx_stats;
	} while (u64_stats_fetch_retry(&txq->tx_sync, start));

	do {
		start = u64_stats_fetch_begin(&txq->done_sync);
		unmaps = txq->done_unmaps;
	} while (u64_stats_fetch_retry(&txq->done_sync, start));

	stats->unmaps += unmaps;
}
EXPORT_SYMBOL_GPL(hgso_txq_stats);

MODULE_DESCRIPTION("TSO in software, with the headers in the headroom");
MODULE_LICENSE("GPL");
