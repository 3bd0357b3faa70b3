// SPDX-License-Identifier: GPL-2.0
/*
 * Ordinary skbs of a super-packet, made by the kernel and by hgso_unpack(),
 * for devices with scatter-gather and checksums and for callers that have
 * neither (WireGuard, IPsec). All segments are freed.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/netdev_features.h>
#include <linux/slab.h>
#include <net/gso.h>
#include <net/tcp.h>

#include <headroom/unpack.h>

#include "registry.h"

#define SEGBENCH_DEVICE	(NETIF_F_SG | NETIF_F_HW_CSUM)

struct segbench_unpack {
	struct sk_buff *skb;
	unsigned int segments;
};

static void segbench_unpack_teardown(void *state)
{
	struct segbench_unpack *unpack = state;

	kfree_skb(unpack->skb);
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

static const struct segbench_case segbench_unpack_cases[] = {
	{
		.name = "sg",
		.setup = segbench_unpack_setup,
		.run = segbench_unpack_run,
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
