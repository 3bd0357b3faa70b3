// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the driver's as header sink: for super-packets whose headers no
 * headroom holds, and for drivers that would rather not have heads expanded.
 * The skb is not written to at all.
 *
 *	device's memory  ... | headers       | headers              | free ...
 *	the host's       ... | state, pieces | state, pieces        | free ...
 *			     '-- a packet ---' '------- next -------'
 *			     tail                                   head
 *
 * The device may write to the one, so what the engine goes by is in the other,
 * which is as long: a packet has the same place in both. It is given back when
 * it is unmapped, in the order of mapping.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "hgso_impl.h"

static struct hgso_ring *hgso_ring_of(const struct hgso_sink *sink)
{
	return container_of_const((struct hgso_sink *)sink, struct hgso_ring,
				  sink);
}

static struct hgso_pkt *hgso_ring_reserve(const struct hgso_sink *sink,
					  struct sk_buff *skb,
					  unsigned int state_len,
					  unsigned int hdrs_len, u8 **hdrs)
{
	struct hgso_ring *ring = hgso_ring_of(sink);
	u32 at = ring->head & (ring->size - 1);
	u32 pad, room;
	struct hgso_pkt *pkt;

	room = ALIGN(max(state_len, hdrs_len), SMP_CACHE_BYTES);
	pad = at + room > ring->size ? ring->size - at : 0;
	/* Pairs with the release in hgso_ring_unmap(). */
	if (ring->head + pad + room - smp_load_acquire(&ring->tail) >
	    ring->size)
		return NULL;

	at = (at + pad) & (ring->size - 1);
	pkt = (void *)(ring->state + at);
	pkt->room = pad + room;
	*hdrs = ring->mem + at;
	ring->owner = skb;
	return pkt;
}

static int hgso_ring_map(const struct hgso_sink *sink, struct device *dev,
			 struct sk_buff *skb, struct hgso_pkt *pkt)
{
	struct hgso_ring *ring = hgso_ring_of(sink);
	struct hgso_piece *piece = pkt->piece;
	unsigned int maps = 0;

	/* Another packet was prepared in its place. */
	if (unlikely(ring->owner != skb))
		return -ENOMEM;

	pkt->hdrs_dma = ring->dma + (pkt->hdrs - ring->mem);
	if (skb_headlen(skb) > pkt->payload_off) {
		piece->len = skb_headlen(skb) - pkt->payload_off;
		piece->addr = dma_map_single(dev, skb->data + pkt->payload_off,
					     piece->len, DMA_TO_DEVICE);
		if (unlikely(dma_mapping_error(dev, piece->addr)))
			return -ENOMEM;
		piece->map = HGSO_MAP_SINK;
		maps = 1;
	}
	ring->owner = NULL;
	ring->head += pkt->room;
	return maps;
}

static unsigned int hgso_ring_unmap(const struct hgso_sink *sink,
				    struct device *dev, struct sk_buff *skb,
				    struct hgso_pkt *pkt)
{
	struct hgso_ring *ring = hgso_ring_of(sink);
	const struct hgso_piece *piece = pkt->piece;
	unsigned int unmaps = 0;

	if (skb_headlen(skb) > pkt->payload_off) {
		dma_unmap_single(dev, piece->addr, piece->len, DMA_TO_DEVICE);
		unmaps = 1;
	}
	/* All reads of the state are done before it may be overwritten. */
	smp_store_release(&ring->tail, ring->tail + pkt->room);
	return unmaps;
}

/**
 * hgso_ring_init() - make memory of the driver's a header sink
 * @ring: embedded in the driver's transmit ring
 * @mem: coherent memory, cache-line aligned, which the driver frees when the
 *	queue is gone
 * @dma: its bus address
 * @size: octets of it, a power of two from 8192 on
 *
 * A super-packet may take half of it. With this sink, at most one packet of
 * the queue is between hgso_prepare() and hgso_map(), or the older ones are
 * prepared again: hgso_map() fails for them, since their headers are gone. And
 * hgso_unmap() is called in the order of hgso_map().
 *
 * The device sees headers there and nothing else: the engine keeps its state in
 * as much memory of its own, which hgso_ring_exit() frees, and reads nothing
 * back from @mem that it would go by.
 *
 * Context: process, before the queue starts. May sleep.
 * Return: 0, -EINVAL for a size or address that will not do, or -ENOMEM.
 */
int hgso_ring_init(struct hgso_ring *ring, void *mem, dma_addr_t dma, u32 size)
{
	if (size < SZ_8K || size > SZ_1G || !is_power_of_2(size) ||
	    !IS_ALIGNED((uintptr_t)mem, SMP_CACHE_BYTES))
		return -EINVAL;

	memset(ring, 0, sizeof(*ring));
	ring->state = kvzalloc(size, GFP_KERNEL);
	if (!ring->state)
		return -ENOMEM;
	ring->mem = mem;
	ring->dma = dma;
	ring->size = size;
	/* So that it fits wherever the ring stands, and the longest state too. */
	ring->sink.max_len = size / 2;
	BUILD_BUG_ON(HGSO_MAX_STATE > SZ_4K);
	ring->sink.reserve = hgso_ring_reserve;
	ring->sink.map = hgso_ring_map;
	ring->sink.unmap = hgso_ring_unmap;
	return 0;
}
EXPORT_SYMBOL_GPL(hgso_ring_init);

/**
 * hgso_ring_exit() - free what hgso_ring_init() took
 * @ring: no packet is in it
 *
 * Context: process, after the queue was stopped and all packets unmapped. May
 *	sleep.
 */
void hgso_ring_exit(struct hgso_ring *ring)
{
	kvfree(ring->state);
	ring->state = NULL;
}
EXPORT_SYMBOL_GPL(hgso_ring_exit);
