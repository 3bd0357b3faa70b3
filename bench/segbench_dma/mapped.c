// SPDX-License-Identifier: GPL-2.0
/*
 * A super-packet from the driver's first look at it to the last unmap, each way
 * to segment, maps included: what a driver pays for it, but for descriptors.
 */
#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/netdev_features.h>
#include <linux/slab.h>
#include <net/gso.h>
#include <net/tcp.h>
#include <net/tso.h>

#include "dma.h"

/* More than any of the inputs has: pieces of payload, and headers. */
#define MAPPED_MAX	256

struct mapped_piece {
	dma_addr_t addr;
	unsigned int len;
	bool page;
};

/**
 * struct mapped - what is mapped of a packet under way
 * @count: how many pieces
 * @pieces: they
 * @hdrs: tso.c's headers, in coherent memory as a driver's are
 * @hdrs_dma: its address for the device
 * @segments: of the super-packet
 */
struct mapped {
	unsigned int count;
	struct mapped_piece pieces[MAPPED_MAX];
	u8 *hdrs;
	dma_addr_t hdrs_dma;
	unsigned int segments;
};

static int mapped_note(struct device *dev, struct mapped *mapped,
		       dma_addr_t addr, unsigned int len, bool page)
{
	if (unlikely(dma_mapping_error(dev, addr)))
		return -ENOMEM;
	mapped->pieces[mapped->count++] = (struct mapped_piece){
		.addr = addr, .len = len, .page = page,
	};
	return 0;
}

static int mapped_single(struct device *dev, struct mapped *mapped,
			 void *data, unsigned int len)
{
	if (unlikely(mapped->count == MAPPED_MAX))
		return -E2BIG;
	return mapped_note(dev, mapped,
			   dma_map_single(dev, data, len, DMA_TO_DEVICE), len,
			   false);
}

static int mapped_frag(struct device *dev, struct mapped *mapped,
		       const skb_frag_t *frag)
{
	unsigned int len = skb_frag_size(frag);

	if (unlikely(mapped->count == MAPPED_MAX))
		return -E2BIG;
	return mapped_note(dev, mapped,
			   skb_frag_dma_map(dev, frag, 0, len, DMA_TO_DEVICE),
			   len, true);
}

static void mapped_unmap(struct device *dev, struct mapped *mapped)
{
	const struct mapped_piece *piece = mapped->pieces;

	for (; mapped->count; mapped->count--, piece++) {
		if (piece->page)
			dma_unmap_page(dev, piece->addr, piece->len,
				       DMA_TO_DEVICE);
		else
			dma_unmap_single(dev, piece->addr, piece->len,
					 DMA_TO_DEVICE);
	}
}

static int mapped_segment(struct device *dev, struct mapped *mapped,
			  const struct sk_buff *seg)
{
	const struct skb_shared_info *shinfo = skb_shinfo(seg);
	unsigned int i;
	int err;

	err = mapped_single(dev, mapped, seg->data, skb_headlen(seg));
	for (i = 0; !err && i < shinfo->nr_frags; i++)
		err = mapped_frag(dev, mapped, &shinfo->frags[i]);
	return err;
}

/* All segments are in the ring together, as they are when a queue is busy. */
static int mapped_gso_run(void *data)
{
	struct dma_state *state = data;
	struct mapped *mapped = state->priv;
	struct sk_buff *segs, *seg, *next;
	unsigned int n = 0;
	int err = 0;

	segs = __skb_gso_segment(state->skb, NETIF_F_SG | NETIF_F_HW_CSUM,
				 true);
	if (IS_ERR_OR_NULL(segs))
		return segs ? PTR_ERR(segs) : -EINVAL;
	for (seg = segs; seg && !err; seg = seg->next)
		err = mapped_segment(state->dev, mapped, seg);
	mapped_unmap(state->dev, mapped);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		consume_skb(seg);
		n++;
	}
	return err ?: n == mapped->segments ? 0 : -EPROTO;
}

static int mapped_tso_data(struct dma_state *state, struct tso_t *tso, int left)
{
	int size, err;

	for (; left > 0; left -= size) {
		size = min(tso->size, left);
		err = mapped_single(state->dev, state->priv, tso->data, size);
		if (err)
			return err;
		tso_build_data(state->skb, tso, size);
	}
	return 0;
}

static int mapped_tso_run(void *data)
{
	struct dma_state *state = data;
	struct mapped *mapped = state->priv;
	struct sk_buff *skb = state->skb;
	int left, size, err = 0;
	unsigned int n = 0;
	struct tso_t tso;

	left = skb->len - tso_start(skb, &tso);
	for (; left > 0 && n < mapped->segments && !err; left -= size, n++) {
		size = min_t(int, skb_shinfo(skb)->gso_size, left);
		tso_build_hdr(skb, mapped->hdrs + n * TSO_HEADER_SIZE, &tso,
			      size, left == size);
		segbench_use(mapped->hdrs_dma + n * TSO_HEADER_SIZE);
		err = mapped_tso_data(state, &tso, size);
	}
	mapped_unmap(state->dev, mapped);
	return err ?: left || n != mapped->segments ? -EPROTO : 0;
}

static int mapped_hgso_run(void *data)
{
	struct dma_state *state = data;
	struct hgso_slice slice;
	struct hgso_iter it;
	int err;

	err = hgso_prepare(&state->txq, state->skb);
	if (unlikely(err < 0))
		return err;
	err = hgso_map(&state->txq, state->skb);
	if (unlikely(err))
		return err;
	hgso_iter_init(&it, state->skb);
	while (hgso_next(&it, &slice)) {
		segbench_use(slice.addr);
		segbench_use(slice.len);
		segbench_use(slice.last);
	}
	hgso_unmap(&state->txq, state->skb);
	return 0;
}

static void mapped_teardown(void *data)
{
	struct dma_state *state = data;
	struct mapped *mapped = state->priv;

	dma_free_coherent(state->dev, mapped->segments * TSO_HEADER_SIZE,
			  mapped->hdrs, mapped->hdrs_dma);
	segbench_dma_teardown(state);
}

static void *mapped_setup(const struct segbench_input *input,
			  unsigned int headroom, enum nsim_iommu_mode mode)
{
	struct dma_state *state = segbench_dma_build(input, headroom, mode);
	struct mapped *mapped;

	if (IS_ERR(state))
		return state;
	mapped = kzalloc(sizeof(*mapped), GFP_KERNEL);
	state->priv = mapped;
	if (mapped) {
		mapped->segments = input->segments;
		mapped->hdrs = dma_alloc_coherent(state->dev,
						  mapped->segments *
						  TSO_HEADER_SIZE,
						  &mapped->hdrs_dma,
						  GFP_KERNEL);
	}
	if (mapped && mapped->hdrs)
		return state;
	segbench_dma_teardown(state);
	return ERR_PTR(-ENOMEM);
}

/*
 * TCP reserves what it needs itself, all of which skb_segment() gives to each
 * segment, or enough for hgso's headers.
 */
static void *mapped_stock_strict(const struct segbench_input *input)
{
	return mapped_setup(input, MAX_TCP_HEADER, NSIM_IOMMU_STRICT);
}

static void *mapped_stock_lazy(const struct segbench_input *input)
{
	return mapped_setup(input, MAX_TCP_HEADER, NSIM_IOMMU_LAZY);
}

static void *mapped_stock_identity(const struct segbench_input *input)
{
	return mapped_setup(input, MAX_TCP_HEADER, NSIM_IOMMU_IDENTITY);
}

static void *mapped_hgso_strict(const struct segbench_input *input)
{
	return mapped_setup(input, DMA_HEADROOM, NSIM_IOMMU_STRICT);
}

static void *mapped_hgso_lazy(const struct segbench_input *input)
{
	return mapped_setup(input, DMA_HEADROOM, NSIM_IOMMU_LAZY);
}

static void *mapped_hgso_identity(const struct segbench_input *input)
{
	return mapped_setup(input, DMA_HEADROOM, NSIM_IOMMU_IDENTITY);
}

#define MAPPED_CASE(_name, _setup, _run)				\
	{								\
		.name = _name,						\
		.setup = _setup,					\
		.run = _run,						\
		.teardown = mapped_teardown,				\
	}

static const struct segbench_case mapped_cases[] = {
	MAPPED_CASE("skb-segment-strict", mapped_stock_strict, mapped_gso_run),
	MAPPED_CASE("tso-lib-strict", mapped_stock_strict, mapped_tso_run),
	MAPPED_CASE("hgso-strict", mapped_hgso_strict, mapped_hgso_run),
	MAPPED_CASE("skb-segment-lazy", mapped_stock_lazy, mapped_gso_run),
	MAPPED_CASE("tso-lib-lazy", mapped_stock_lazy, mapped_tso_run),
	MAPPED_CASE("hgso-lazy", mapped_hgso_lazy, mapped_hgso_run),
	MAPPED_CASE("skb-segment-identity", mapped_stock_identity, mapped_gso_run),
	MAPPED_CASE("tso-lib-identity", mapped_stock_identity, mapped_tso_run),
	MAPPED_CASE("hgso-identity", mapped_hgso_identity, mapped_hgso_run),
};

static const struct segbench_packet mapped_packets[] = {
	{ .input = { "tcpv4-2-32k", 2 }, .layout = SEGBENCH_32K },
	{ .input = { "tcpv4-8-32k", 8 }, .layout = SEGBENCH_32K },
	{ .input = { "tcpv4-22-32k", 22 }, .layout = SEGBENCH_32K },
	{ .input = { "tcpv4-45-32k", 45 }, .layout = SEGBENCH_32K },
	{ .input = { "tcpv4-45-4k", 45 }, .layout = SEGBENCH_4K },
	{ .input = { "tcpv6-45-32k", 45 }, .layout = SEGBENCH_32K,
	  .ipv6 = true },
};

static const struct segbench_input *mapped_input(unsigned int index)
{
	return index < ARRAY_SIZE(mapped_packets) ?
		&mapped_packets[index].input : NULL;
}

struct segbench_suite segbench_mapped_suite = {
	.name = "mapped",
	.cases = mapped_cases,
	.nr_cases = ARRAY_SIZE(mapped_cases),
	.input = mapped_input,
};
