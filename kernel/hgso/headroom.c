// SPDX-License-Identifier: GPL-2.0
/*
 * The headroom as header sink:
 *
 *	skb->head                              skb->data
 *	| state, cookies | ... | headers | pad | original headers | linear data |
 *	                       '------------------ one DMA mapping -------------'
 *
 * The state is alone in its cache lines, since the cookies are written after
 * the mapping was made.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>

#include "hgso_impl.h"

/*
 * Offsets in an skb have 16 bits, and large atomic allocations fail: with these
 * headers, TCP's own and the shared info a head stays at 32 KiB. Only linear
 * payload makes it longer.
 */
#define HGSO_HEADROOM_MAX	(16 * 1024)

struct hgso_pkt *hgso_headroom_reserve(const struct hgso_sink *sink,
				       struct sk_buff *skb,
				       unsigned int state_len,
				       unsigned int hdrs_len, u8 **hdrs)
{
	return hgso_headroom_take(skb, state_len, hdrs_len, hdrs);
}

static int hgso_headroom_map(const struct hgso_sink *sink, struct device *dev,
			     struct sk_buff *skb, struct hgso_pkt *pkt)
{
	const u8 *payload = skb->data + pkt->payload_off;
	size_t len = skb_tail_pointer(skb) - pkt->hdrs;

	pkt->hdrs_dma = dma_map_single(dev, pkt->hdrs, len, DMA_TO_DEVICE);
	if (unlikely(dma_mapping_error(dev, pkt->hdrs_dma)))
		return -ENOMEM;

	if (skb_tail_pointer(skb) != payload) {
		pkt->piece[0].addr = pkt->hdrs_dma + (payload - pkt->hdrs);
		pkt->piece[0].len = skb_tail_pointer(skb) - payload;
		pkt->piece[0].map = HGSO_MAP_SINK;
	}
	return 1;
}

static unsigned int hgso_headroom_unmap(const struct hgso_sink *sink,
					struct device *dev, struct sk_buff *skb,
					struct hgso_pkt *pkt)
{
	dma_unmap_single(dev, pkt->hdrs_dma, skb_tail_pointer(skb) - pkt->hdrs,
			 DMA_TO_DEVICE);
	return 1;
}

const struct hgso_sink hgso_headroom = {
	.max_len = HGSO_HEADROOM_MAX,
	.reserve = hgso_headroom_reserve,
	.map = hgso_headroom_map,
	.unmap = hgso_headroom_unmap,
};
EXPORT_SYMBOL_GPL(hgso_headroom);
