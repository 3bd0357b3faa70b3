// SPDX-License-Identifier: GPL-2.0
/*
 * Ordinary skbs of a super-packet, made by the kernel and by hgso_unpack(),
 * for devices with scatter-gather and checksums and for callers that have
 * neither (WireGuard, IPsec). All segments are freed.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/netdev_features.h>
#include <linux/slab.h>
#include <net/gso.h>
#include <net/hotdata.h>
#include <net/tcp.h>

#include <headroom/unpack.h>

#include "registry.h"

#define SEGBENCH_DEVICE	(NETIF_F_SG | NETIF_F_HW_CSUM)

/* As hgso_unpack() does. */
#define SEGBENCH_BULK		32
/* Segments of the longest input. */
#define SEGBENCH_MOST		45
#define SEGBENCH_HEAD		SKB_DATA_ALIGN(128 + MAX_TCP_HEADER)
#define SEGBENCH_HEADS		(64 * 1024)

struct segbench_unpack {
	struct sk_buff *skb;
	unsigned int segments;
	struct page *heads;
};

static void segbench_unpack_teardown(void *state)
{
	struct segbench_unpack *unpack = state;

	kfree_skb(unpack->skb);
	if (unpack->heads)
		put_page(unpack->heads);
	kfree(unpack);
}

static void *segbench_unpack_setup(const struct segbench_input *input)
{
	struct segbench_unpack *unpack;

	unpack = kzalloc(sizeof(*unpack), GFP_KERNEL);
	if (!unpack)
		return ERR_PTR(-ENOMEM);

	unpack->segments = input->segments;
	unpack->skb = segbench_packet_build(input, MAX_TCP_HEADER);
	if (!unpack->skb) {
		kfree(unpack);
		return ERR_PTR(-ENOMEM);
	}
	return unpack;
}

static __always_inline int segbench_unpack_free(struct sk_buff *segs,
						unsigned int segments)
{
	struct sk_buff *seg, *next;
	unsigned int n = 0;

	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		consume_skb(seg);
		n++;
	}
	return n == segments ? 0 : -EPROTO;
}

static __always_inline int segbench_unpack(const struct segbench_unpack *unpack,
					   netdev_features_t features)
{
	struct sk_buff *segs;

	if (hgso_unpack(unpack->skb, features, &segs))
		return -EPROTO;
	return segbench_unpack_free(segs, unpack->segments);
}

static int segbench_unpack_run(void *state)
{
	return segbench_unpack(state, SEGBENCH_DEVICE);
}

static int segbench_copy_run(void *state)
{
	return segbench_unpack(state, 0);
}

static int segbench_stock_copy_run(void *state)
{
	const struct segbench_unpack *unpack = state;
	struct sk_buff *segs;

	segs = __skb_gso_segment(unpack->skb, 0, true);
	if (IS_ERR_OR_NULL(segs))
		return segs ? PTR_ERR(segs) : -EINVAL;
	return segbench_unpack_free(segs, unpack->segments);
}

static void *segbench_least_setup(const struct segbench_input *input)
{
	struct segbench_unpack *unpack = segbench_unpack_setup(input);

	if (IS_ERR(unpack))
		return unpack;
	unpack->heads = alloc_pages(GFP_KERNEL | __GFP_COMP,
				    get_order(SEGBENCH_HEADS));
	if (unpack->heads)
		return unpack;
	segbench_unpack_teardown(unpack);
	return ERR_PTR(-ENOMEM);
}

/* What freeing looks at; the head and the one page frag are there already. */
static void segbench_least_skb(struct sk_buff *skb, u8 *head,
			       struct page *payload)
{
	struct skb_shared_info *shinfo;

	memset(skb, 0, offsetof(struct sk_buff, tail));
	refcount_set(&skb->users, 1);
	skb->head_frag = 1;
	skb->head = head;
	skb->data = head;
	skb_set_end_offset(skb, SEGBENCH_HEAD);
	shinfo = skb_shinfo(skb);
	memset(shinfo, 0, offsetof(struct skb_shared_info, dataref));
	atomic_set(&shinfo->dataref, 1);
	skb_frag_fill_page_desc(&shinfo->frags[0], payload, 0, 1448);
	shinfo->nr_frags = 1;
}

/*
 * What nobody who makes sk_buffs of a super-packet can do without: allocating
 * them, in bulk as hgso_unpack() does, and freeing each with its head and page
 * frag. They have no octet and no metadata.
 */
static int segbench_least_run(void *state)
{
	const unsigned int size = SEGBENCH_HEAD +
				  SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct segbench_unpack *unpack = state;
	u8 *head = page_address(unpack->heads);
	unsigned int i, n, segments = unpack->segments;
	void *skbs[SEGBENCH_MOST];

	BUILD_BUG_ON(SEGBENCH_MOST * size > SEGBENCH_HEADS);
	if (segments > SEGBENCH_MOST)
		return -E2BIG;
	for (n = 0; n < segments; n += i) {
		i = kmem_cache_alloc_bulk(net_hotdata.skbuff_cache, GFP_ATOMIC,
					  min_t(unsigned int, segments - n,
						SEGBENCH_BULK), skbs + n);
		if (!i) {
			kmem_cache_free_bulk(net_hotdata.skbuff_cache, n, skbs);
			return -ENOMEM;
		}
	}
	/* For its head, and for its page frag. */
	page_ref_add(unpack->heads, 2 * segments);
	for (n = 0; n < segments; n++, head += size)
		segbench_least_skb(skbs[n], head, unpack->heads);
	for (n = 0; n < segments; n++)
		consume_skb(skbs[n]);
	return 0;
}

static const struct segbench_case segbench_unpack_cases[] = {
	{
		.name = "sg",
		.setup = segbench_unpack_setup,
		.run = segbench_unpack_run,
		.teardown = segbench_unpack_teardown,
	},
	{
		.name = "least",
		.setup = segbench_least_setup,
		.run = segbench_least_run,
		.teardown = segbench_unpack_teardown,
	},
	{
		.name = "copy",
		.setup = segbench_unpack_setup,
		.run = segbench_copy_run,
		.teardown = segbench_unpack_teardown,
	},
	{
		.name = "skb-segment-copy",
		.setup = segbench_unpack_setup,
		.run = segbench_stock_copy_run,
		.teardown = segbench_unpack_teardown,
	},
};

struct segbench_suite segbench_unpack_suite = {
	.name = "unpack",
	.cases = segbench_unpack_cases,
	.nr_cases = ARRAY_SIZE(segbench_unpack_cases),
	.input = segbench_packet_input,
};
