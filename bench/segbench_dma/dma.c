// SPDX-License-Identifier: GPL-2.0
/*
 * What mapping a super-packet costs behind the emulated IOMMU: piece by piece,
 * as hgso_map() does, and as one range of bus addresses, by a scatterlist.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <headroom/hgso.h>

#include "../segbench/segbench.h"
#include "nsim_iommu.h"

#define DMA_HEADROOM	(SZ_16K - SZ_1K)
#define DMA_MAX_DESCS	4096
#define DMA_MAX_PIECES	(4 * MAX_SKB_FRAGS)

static struct device *dma_devs[2];

/**
 * struct dma_state - a prepared super-packet
 * @skb: it
 * @txq: the queue's state
 * @sg: the same as a list: the head, each page frag
 */
struct dma_state {
	struct sk_buff *skb;
	struct hgso_txq txq;
	struct scatterlist sg[DMA_MAX_PIECES];
};

static void dma_teardown(void *data)
{
	struct dma_state *state = data;

	kfree_skb(state->skb);
	kfree(state);
}

static void *dma_setup(const struct segbench_input *input,
		       enum nsim_iommu_mode mode)
{
	struct dma_state *state;
	int descs;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return ERR_PTR(-ENOMEM);
	hgso_txq_init(&state->txq, dma_devs[mode], DMA_MAX_DESCS);
	state->skb = segbench_packet_build(input, DMA_HEADROOM);
	descs = state->skb ? hgso_prepare(&state->txq, state->skb) : -ENOMEM;
	if (descs > 0)
		return state;
	dma_teardown(state);
	return ERR_PTR(descs);
}

static void *dma_setup_strict(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_STRICT);
}

static void *dma_setup_lazy(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_LAZY);
}

static int dma_pieces_run(void *data)
{
	struct dma_state *state = data;
	int err = hgso_map(&state->txq, state->skb);

	if (!err)
		hgso_unmap(&state->txq, state->skb);
	return err;
}

/* Returns the entry behind the last. */
static struct scatterlist *dma_sg_frags(struct scatterlist *sg,
					const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++, sg++)
		sg_set_page(sg, skb_frag_page(&shinfo->frags[i]),
			    skb_frag_size(&shinfo->frags[i]),
			    skb_frag_off(&shinfo->frags[i]));
	return sg;
}

/* The list made, mapped, what hgso_next() walks filled in; and back. */
static int dma_range_run(void *data)
{
	struct dma_state *state = data;
	struct hgso_pkt *pkt = hgso_pkt(state->skb);
	struct device *dev = state->txq.dma_dev;
	struct scatterlist *sg = state->sg, *end;
	struct sk_buff *skb = state->skb, *iter;
	unsigned int i, nents;
	int n;

	sg_init_table(sg, DMA_MAX_PIECES);
	sg_set_buf(sg, pkt->hdrs, skb_tail_pointer(skb) - pkt->hdrs);
	end = dma_sg_frags(sg + 1, skb);
	skb_walk_frags(skb, iter)
		end = dma_sg_frags(end, iter);
	nents = end - sg;
	n = dma_map_sg(dev, sg, nents, DMA_TO_DEVICE);
	if (unlikely(!n))
		return -ENOMEM;
	pkt->hdrs_dma = sg_dma_address(sg);
	for (i = 1; i < n; i++) {
		pkt->piece[i - 1].addr = sg_dma_address(&sg[i]);
		pkt->piece[i - 1].len = sg_dma_len(&sg[i]);
	}
	pkt->piece[i - 1] = (struct hgso_piece){ };
	dma_unmap_sg(dev, sg, nents, DMA_TO_DEVICE);
	return 0;
}

static const struct segbench_case dma_cases[] = {
	{
		.name = "pieces-strict",
		.setup = dma_setup_strict,
		.run = dma_pieces_run,
		.teardown = dma_teardown,
	},
	{
		.name = "range-strict",
		.setup = dma_setup_strict,
		.run = dma_range_run,
		.teardown = dma_teardown,
	},
	{
		.name = "pieces-lazy",
		.setup = dma_setup_lazy,
		.run = dma_pieces_run,
		.teardown = dma_teardown,
	},
	{
		.name = "range-lazy",
		.setup = dma_setup_lazy,
		.run = dma_range_run,
		.teardown = dma_teardown,
	},
};

static const struct segbench_packet dma_packets[] = {
	{ .input = { "tcpv4-2", 2 }, .layout = SEGBENCH_32K },
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
