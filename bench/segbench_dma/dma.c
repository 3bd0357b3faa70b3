// SPDX-License-Identifier: GPL-2.0
/*
 * What mapping a super-packet costs behind the emulated IOMMU: piece by piece,
 * and as one range of bus addresses.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/skbuff_ref.h>
#include <linux/slab.h>

#include <headroom/hgso.h>

#include "../segbench/segbench.h"
#include "nsim_iommu.h"

#define DMA_HEADROOM	(SZ_16K - SZ_1K)
#define DMA_MAX_DESCS	4096
#define DMA_BLOCK_ORDER	7

static struct device *dma_devs[2];

/**
 * struct dma_state - a prepared super-packet
 * @skb: it
 * @block: memory that its page frags are in
 * @txq: the queue's state
 */
struct dma_state {
	struct sk_buff *skb;
	struct page *block;
	struct hgso_txq txq;
};

static void dma_teardown(void *data)
{
	struct dma_state *state = data;

	kfree_skb(state->skb);
	if (state->block)
		__free_pages(state->block, DMA_BLOCK_ORDER);
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

static void *dma_setup(const struct segbench_input *input,
		       enum nsim_iommu_mode mode, bool range)
{
	struct dma_state *state;
	int err = -ENOMEM;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return ERR_PTR(-ENOMEM);
	hgso_txq_init(&state->txq, dma_devs[mode], DMA_MAX_DESCS);
	state->txq.range = range;
	state->skb = segbench_packet_build(input, DMA_HEADROOM);
	if (state->skb)
		err = dma_scatter(state);
	if (!err)
		err = hgso_prepare(&state->txq, state->skb);
	if (err > 0)
		return state;
	dma_teardown(state);
	return ERR_PTR(err);
}

static void *dma_pieces_strict(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_STRICT, false);
}

static void *dma_range_strict(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_STRICT, true);
}

static void *dma_pieces_lazy(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_LAZY, false);
}

static void *dma_range_lazy(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_LAZY, true);
}

static int dma_run(void *data)
{
	struct dma_state *state = data;
	int err = hgso_map(&state->txq, state->skb);

	if (!err)
		hgso_unmap(&state->txq, state->skb);
	return err;
}

static const struct segbench_case dma_cases[] = {
	{
		.name = "pieces-strict",
		.setup = dma_pieces_strict,
		.run = dma_run,
		.teardown = dma_teardown,
	},
	{
		.name = "range-strict",
		.setup = dma_range_strict,
		.run = dma_run,
		.teardown = dma_teardown,
	},
	{
		.name = "pieces-lazy",
		.setup = dma_pieces_lazy,
		.run = dma_run,
		.teardown = dma_teardown,
	},
	{
		.name = "range-lazy",
		.setup = dma_range_lazy,
		.run = dma_run,
		.teardown = dma_teardown,
	},
};

static const struct segbench_packet dma_packets[] = {
	{ .input = { "tcpv4-45-32k", 45 }, .layout = SEGBENCH_32K },
	{ .input = { "tcpv4-45-4k", 45 }, .layout = SEGBENCH_4K },
	{ .input = { "list-45", 45 }, .layout = SEGBENCH_LIST },
};

static const struct segbench_input *dma_input(unsigned int index)
{
	return index < ARRAY_SIZE(dma_packets) ? &dma_packets[index].input :
						 NULL;
}

static struct segbench_suite dma_suite = {
	.name = "dma",
	.cases = dma_cases,
	.nr_cases = ARRAY_SIZE(dma_cases),
	.input = dma_input,
};

static int __init dma_init(void)
{
	struct platform_device *pdev;
	int i;

	for (i = 0; i < ARRAY_SIZE(dma_devs); i++) {
		pdev = nsim_iommu_device_create("segbench", i, i, NULL);
		if (IS_ERR(pdev)) {
			if (i)
				nsim_iommu_device_destroy(to_platform_device(dma_devs[0]));
			return PTR_ERR(pdev);
		}
		dma_devs[i] = &pdev->dev;
	}
	segbench_register(&dma_suite);
	return 0;
}

static void __exit dma_exit(void)
{
	int i;

	segbench_unregister(&dma_suite);
	for (i = 0; i < ARRAY_SIZE(dma_devs); i++)
		nsim_iommu_device_destroy(to_platform_device(dma_devs[i]));
}

module_init(dma_init);
module_exit(dma_exit);

MODULE_DESCRIPTION("Cost of mapping a super-packet behind an IOMMU");
MODULE_LICENSE("GPL");
