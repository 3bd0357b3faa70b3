// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets whose page frags are no neighbours in memory.
 */
#include <linux/kernel.h>
#include <linux/skbuff_ref.h>
#include <linux/slab.h>

#include "dma.h"

#define DMA_BLOCK_ORDER	7

void segbench_dma_teardown(void *data)
{
	struct dma_state *state = data;

	kfree_skb(state->skb);
	if (state->block)
		__free_pages(state->block, DMA_BLOCK_ORDER);
	kfree(state->priv);
	kfree(state);
}

/* Returns the octet of the block behind what the frags take. */
static unsigned int dma_scatter_frags(struct page *block, unsigned int at,
				      struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++) {
		skb_frag_t *frag = &shinfo->frags[i];
		unsigned int len = skb_frag_size(frag);

		skb_frag_unref(skb, i);
		get_page(block);
		skb_frag_fill_page_desc(frag, block, at, len);
		at += PAGE_ALIGN(len) + PAGE_SIZE;
	}
	return at;
}

/*
 * What is mapped as a range costs less where frags happen to be neighbours.
 * Here none are, so that a measurement repeats.
 */
static int dma_scatter(struct dma_state *state)
{
	struct sk_buff *iter;
	unsigned int at;

	state->block = alloc_pages(GFP_KERNEL | __GFP_COMP, DMA_BLOCK_ORDER);
	if (!state->block)
		return -ENOMEM;
	at = dma_scatter_frags(state->block, 0, state->skb);
	skb_walk_frags(state->skb, iter)
		at = dma_scatter_frags(state->block, at, iter);
	return at > PAGE_SIZE << DMA_BLOCK_ORDER ? -E2BIG : 0;
}

/* Returns a super-packet, or an ERR_PTR. */
struct dma_state *segbench_dma_build(const struct segbench_input *input,
				     unsigned int headroom,
				     enum nsim_iommu_mode mode)
{
	struct dma_state *state;
	int err = -ENOMEM;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return ERR_PTR(-ENOMEM);
	state->dev = segbench_dma_devs[mode];
	hgso_txq_init(&state->txq, state->dev, DMA_MAX_DESCS);
	state->skb = segbench_packet_build(input, headroom);
	if (state->skb)
		err = dma_scatter(state);
	if (!err)
		return state;
	segbench_dma_teardown(state);
	return ERR_PTR(err);
}
