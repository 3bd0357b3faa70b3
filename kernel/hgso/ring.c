// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the driver's as header sink: for super-packets whose headers no
 * headroom holds, and for drivers that would rather not have heads expanded.
 * The skb is not written to at all.
 *
 *	... | state, pieces | headers | state, pieces | headers | free ...
 *	    '------- a packet --------' '---------- next -------'
 *	    tail                                                head
 *
 * A packet is given back when it is unmapped, in the order of mapping.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/log2.h>

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

	state_len = ALIGN(state_len, SMP_CACHE_BYTES);
	room = state_len + ALIGN(hdrs_len, SMP_CACHE_BYTES);
	pad = at + room > ring->size ? ring->size - at : 0;
	/* Pairs with the release in hgso_ring_unmap(). */
	if (ring->head + pad + room - smp_load_acquire(&ring->tail) >
	    ring->size)
		return NULL;

	pkt = (void *)(ring->mem + ((at + pad) & (ring->size - 1)));
	pkt->room = pad + room;
	*hdrs = (u8 *)pkt + state_len;
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
 * The engine's state of a packet is in that memory too, which a device can
 * write: a ring is for devices that are trusted as the kernel is.
 *
 * Context: process, before the queue starts.
 * Return: 0, or -EINVAL for a size or address that will not do.
 */
int hgso_ring_init(struct hgso_ring *ring, void *mem, dma_addr_t dma, u32 size)
{
	if (size < SZ_8K || size > SZ_1G || !is_power_of_2(size) ||
	    !IS_ALIGNED((uintptr_t)mem, SMP_CACHE_BYTES))
		return -EINVAL;

	memset(ring, 0, sizeof(*ring));
	ring->mem = mem;
	ring->dma = dma;
	ring->size = size;
	/* The state of the longest packet, its pieces, is in it too. */
	ring->sink.max_len = size / 2 - HGSO_MAX_STATE;
	ring->sink.reserve = hgso_ring_reserve;
	ring->sink.map = hgso_ring_map;
	ring->sink.unmap = hgso_ring_unmap;
	return 0;
}
EXPORT_SYMBOL_GPL(hgso_ring_init);
