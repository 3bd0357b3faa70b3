// SPDX-License-Identifier: GPL-2.0
/*
 * A super-packet behind an IOMMU: one range of bus addresses for headers, linear
 * data and page frags. An address is taken, and a flush asked for, once a packet
 * and not once a piece.
 */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "hgso_impl.h"

static struct scatterlist *hgso_range(struct hgso_pkt *pkt)
{
	return (void *)pkt + pkt->range_off;
}

static void hgso_range_add(struct hgso_pkt *pkt, struct page *page,
			   unsigned int off, unsigned int len)
{
	struct scatterlist *sg = hgso_range(pkt) + pkt->nents;

	if (unlikely(!len))
		return;
	*sg = (struct scatterlist){ };
	sg_set_page(sg, page, len, off);
	pkt->nents++;
}

static void hgso_range_add_buf(struct hgso_pkt *pkt, const void *buf,
			       unsigned int len)
{
	hgso_range_add(pkt, virt_to_page(buf), offset_in_page(buf), len);
}

static void hgso_range_add_frags(struct hgso_pkt *pkt,
				 const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		hgso_range_add(pkt, skb_frag_page(frag), skb_frag_off(frag),
			       skb_frag_size(frag));
	}
}

/* Can all of it be in segments that the device takes? */
static bool hgso_range_fits(struct device *dev, struct hgso_pkt *pkt)
{
	const struct scatterlist *sg = hgso_range(pkt);
	unsigned int most = dma_get_max_seg_size(dev), i;

	for (i = 0; i < pkt->nents; i++)
		if (unlikely(sg[i].length > most))
			return false;
	return true;
}

/*
 * The DMA API joins entries where it can. Slices were counted by the buffers
 * that they are in, so each is a piece of its own all the same.
 */
static void hgso_range_pieces(struct hgso_pkt *pkt, unsigned int head)
{
	const struct scatterlist *sg = hgso_range(pkt), *dma = sg;
	struct hgso_piece *piece = pkt->piece;
	unsigned int i, len, from = 0;

	pkt->hdrs_dma = sg_dma_address(dma);
	for (i = 0; i < pkt->nents; i++) {
		len = sg[i].length;
		if (from == sg_dma_len(dma)) {
			dma++;
			from = 0;
		}
		/* Headers are before the payload in the first. */
		if (len > head)
			*piece++ = (struct hgso_piece){
				.addr = sg_dma_address(dma) + from + head,
				.len = len - head,
			};
		from += len;
		head = 0;
	}
	*piece = (struct hgso_piece){ };
	pkt->pieces = piece - pkt->piece;
}

/**
 * hgso_map_range() - map a super-packet as one range
 * @dev: device that the DMA API maps for
 * @skb: prepared, its headers in the headroom
 * @pkt: its state, with room for the list
 *
 * Context: as hgso_map().
 * Return: 0; -ENOMEM, then nothing is mapped; also when it does not fit into a
 *	range, and then @pkt->range_off is 0.
 */
int hgso_map_range(struct device *dev, const struct sk_buff *skb,
		   struct hgso_pkt *pkt)
{
	const u8 *payload = skb->data + pkt->payload_off;
	const struct sk_buff *iter;

	pkt->nents = 0;
	hgso_range_add_buf(pkt, pkt->hdrs, skb_tail_pointer(skb) - pkt->hdrs);
	hgso_range_add_frags(pkt, skb);
	skb_walk_frags(skb, iter) {
		hgso_range_add_buf(pkt, iter->data, skb_headlen(iter));
		hgso_range_add_frags(pkt, iter);
	}
	sg_mark_end(hgso_range(pkt) + pkt->nents - 1);

	if (unlikely(!hgso_range_fits(dev, pkt))) {
		pkt->range_off = 0;
		return -ENOMEM;
	}
	if (unlikely(!dma_map_sg(dev, hgso_range(pkt), pkt->nents,
				 DMA_TO_DEVICE)))
		return -ENOMEM;
	hgso_range_pieces(pkt, payload - pkt->hdrs);
	return 0;
}

/**
 * hgso_unmap_range() - undo hgso_map_range()
 * @dev: as there
 * @pkt: as there
 *
 * Context: as hgso_unmap().
 * Return: how many buffers were mapped.
 */
unsigned int hgso_unmap_range(struct device *dev, struct hgso_pkt *pkt)
{
	dma_unmap_sg(dev, hgso_range(pkt), pkt->nents, DMA_TO_DEVICE);
	return pkt->nents;
}
