// SPDX-License-Identifier: GPL-2.0
/*
 * DMA maps of a super-packet: as many as TSO hardware needs.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>

#include "hgso_impl.h"
#include "trace.h"

/* Undoes the mappings of pieces from @from on. Returns how many. */
static unsigned int hgso_unmap_pieces(struct hgso_txq *txq,
				      const struct hgso_pkt *pkt,
				      unsigned int from)
{
	const struct hgso_piece *piece;
	unsigned int i;

	for (i = from; i < pkt->pieces; i++) {
		piece = &pkt->piece[i];
		if (piece->map == HGSO_MAP_SINGLE)
			dma_unmap_single(txq->dma_dev, piece->addr, piece->len,
					 DMA_TO_DEVICE);
		else
			dma_unmap_page(txq->dma_dev, piece->addr, piece->len,
				       DMA_TO_DEVICE);
	}
	return pkt->pieces - from;
}

static int hgso_add_piece(struct hgso_txq *txq, struct hgso_pkt *pkt,
			  dma_addr_t addr, u32 len, enum hgso_piece_map map)
{
	struct hgso_piece *piece = &pkt->piece[pkt->pieces];

	if (unlikely(dma_mapping_error(txq->dma_dev, addr)))
		return -ENOMEM;
	piece->addr = addr;
	piece->len = len;
	piece->map = map;
	pkt->pieces++;
	return 0;
}

static int hgso_map_frags(struct hgso_txq *txq, const struct sk_buff *skb,
			  struct hgso_pkt *pkt)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;
	int err = 0;

	for (i = 0; i < shinfo->nr_frags && !err; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];
		u32 len = skb_frag_size(frag);

		if (likely(len))
			err = hgso_add_piece(txq, pkt,
					     skb_frag_dma_map(txq->dma_dev,
							      frag, 0, len,
							      DMA_TO_DEVICE),
					     len, HGSO_MAP_PAGE);
	}
	return err;
}

static int hgso_map_list(struct hgso_txq *txq, const struct sk_buff *skb,
			 struct hgso_pkt *pkt)
{
	const struct sk_buff *iter;
	int err = 0;

	skb_walk_frags(skb, iter) {
		u32 len = skb_headlen(iter);

		if (len)
			err = hgso_add_piece(txq, pkt,
					     dma_map_single(txq->dma_dev,
							    iter->data, len,
							    DMA_TO_DEVICE),
					     len, HGSO_MAP_SINGLE);
		if (!err)
			err = hgso_map_frags(txq, iter, pkt);
		if (err)
			break;
	}
	return err;
}

static int hgso_map_pieces(struct hgso_txq *txq, const struct sk_buff *skb,
			   struct hgso_pkt *pkt)
{
	int err = hgso_map_frags(txq, skb, pkt);

	if (likely(!err) && unlikely(skb_has_frag_list(skb)))
		err = hgso_map_list(txq, skb, pkt);
	pkt->piece[pkt->pieces] = (struct hgso_piece){ };
	return err;
}

/* The first piece is the sink's when there is payload in the head. */
static unsigned int hgso_sink_pieces(const struct sk_buff *skb,
				     const struct hgso_pkt *pkt)
{
	return skb_headlen(skb) > pkt->payload_off;
}

static int hgso_map_each(struct hgso_txq *txq, struct sk_buff *skb,
			 struct hgso_pkt *pkt, unsigned int *maps,
			 unsigned int *unmaps)
{
	unsigned int own = hgso_sink_pieces(skb, pkt);
	int err;

	pkt->pieces = own;
	err = hgso_map_pieces(txq, skb, pkt);
	*maps = pkt->pieces - own;
	if (likely(!err))
		err = pkt->sink->map(pkt->sink, txq->dma_dev, skb, pkt);
	if (unlikely(err < 0)) {
		*unmaps = hgso_unmap_pieces(txq, pkt, own);
		return err;
	}
	*maps += err;
	return 0;
}

/**
 * hgso_map() - map a prepared super-packet for DMA
 * @txq: the queue's state
 * @skb: prepared by hgso_prepare()
 *
 * One mapping for headers and linear data, one for each page frag, and the same
 * for each skb on the frag_list; or one range of bus addresses for all of these.
 * No octet of it may change until hgso_unmap(). When the headers are in a
 * &struct hgso_ring, no other packet of the queue was prepared since
 * hgso_prepare().
 *
 * Context: ndo_start_xmit, under the queue's xmit lock. Does not sleep.
 * Return: 0, or -ENOMEM when a mapping failed: then none is left, the failure
 *	is counted and the caller, who owns the skb, drops it.
 */
int hgso_map(struct hgso_txq *txq, struct sk_buff *skb)
{
	struct hgso_pkt *pkt = hgso_pkt(skb);
	unsigned int maps = 0, unmaps = 0;
	int err;

	if (pkt->range_off) {
		err = hgso_map_range(txq->dma_dev, skb, pkt);
		maps = err ? 0 : pkt->nents;
	}
	/* What is too long for a range leaves it. */
	if (!pkt->range_off)
		err = hgso_map_each(txq, skb, pkt, &maps, &unmaps);

	u64_stats_update_begin(&txq->tx_sync);
	txq->tx_stats.maps += maps;
	txq->tx_stats.unmaps += unmaps;
	if (likely(!err)) {
		txq->tx_stats.reason[HGSO_OK]++;
		txq->tx_stats.frames += pkt->frames;
	} else {
		txq->tx_stats.reason[HGSO_MAP]++;
	}
	u64_stats_update_end(&txq->tx_sync);
	trace_hgso_map(skb, maps - unmaps, err);
	return err;
}
EXPORT_SYMBOL_GPL(hgso_map);

static unsigned int hgso_unmap_each(struct hgso_txq *txq, struct sk_buff *skb,
				    struct hgso_pkt *pkt)
{
	unsigned int unmaps;

	unmaps = hgso_unmap_pieces(txq, pkt, hgso_sink_pieces(skb, pkt));
	return unmaps + pkt->sink->unmap(pkt->sink, txq->dma_dev, skb, pkt);
}

/**
 * hgso_unmap() - undo all maps of a super-packet
 * @txq: the queue's state
 * @skb: mapped by hgso_map(); the device has done with it
 *
 * Context: where the queue's completions are handled (they exclude each
 *	other), or with the queue stopped. 32-bit kernels need preemption off
 *	for the counter.
 */
void hgso_unmap(struct hgso_txq *txq, struct sk_buff *skb)
{
	struct hgso_pkt *pkt = hgso_pkt(skb);
	unsigned int unmaps;

	if (pkt->range_off)
		unmaps = hgso_unmap_range(txq->dma_dev, pkt);
	else
		unmaps = hgso_unmap_each(txq, skb, pkt);

	u64_stats_update_begin(&txq->done_sync);
	txq->done_unmaps += unmaps;
	u64_stats_update_end(&txq->done_sync);
	trace_hgso_unmap(skb, unmaps);
}
EXPORT_SYMBOL_GPL(hgso_unmap);
