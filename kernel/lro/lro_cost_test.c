// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet costs when more and more descriptors are open. Nothing is
 * asserted of time: it is told.
 */
#include <linux/bottom_half.h>
#include <linux/etherdevice.h>
#include <linux/ktime.h>
#include <linux/vmalloc.h>

#include "lro_test.h"

#define COST_PACKETS	4096
#define COST_PER_STREAM	8
/* The least of so many counts: the machine does other things too. */
#define COST_ROUNDS	16

static struct sk_buff *cost_skb(struct net_device *dev,
				const struct frame *frame)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, frame->len);

	if (!skb)
		return NULL;
	skb_put_data(skb, frame->data, frame->len);
	skb->protocol = eth_type_trans(skb, dev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* @streams take turns, so that each packet's stream is the longest unused. */
static void cost_make(struct kunit *test, struct sk_buff **skbs,
		      unsigned int streams)
{
	struct lro_rig *rig = test->priv;
	static struct frame frame;
	unsigned int i;

	for (i = 0; i < COST_PACKETS; i++) {
		struct frame_spec spec = {
			.group = 2 * (i % streams), .df = true, .ttl = 64,
			.flags = 0x10, .len = 100, .seq = 100 * (i / streams),
		};

		frame_make(&spec, &frame);
		skbs[i] = cost_skb(rig->dev, &frame);
		KUNIT_ASSERT_NOT_NULL(test, skbs[i]);
	}
}

static int cost_header(struct sk_buff *skb, void **iph, void **th, u64 *flags,
		       void *priv)
{
	*iph = skb->data;
	*th = skb->data + sizeof(struct iphdr);
	*flags = LRO_IPV4 | LRO_TCP;
	return 0;
}

static u64 cost_round(struct kunit *test, struct sk_buff **skbs,
		      unsigned int streams)
{
	struct lro_rig *rig = test->priv;
	unsigned int i;
	u64 ns;

	cost_make(test, skbs, streams);
	local_bh_disable();
	ns = ktime_get_ns();
	for (i = 0; i < COST_PACKETS; i++)
		lro_receive_skb(&rig->mgr, skbs[i], NULL);
	ns = ktime_get_ns() - ns;
	lro_flush_all(&rig->mgr);
	local_bh_enable();
	skb_queue_purge(&rig->up);
	return ns;
}

static void lro_cost(struct kunit *test)
{
	static const unsigned int streams[] = { 1, 8, 64, 512 };
	struct lro_rig *rig = test->priv;
	struct net_lro_desc *desc;
	unsigned int i, round;
	struct sk_buff **skbs;
	u64 least;

	desc = kvcalloc(512, sizeof(*desc), GFP_KERNEL);
	skbs = kvcalloc(COST_PACKETS, sizeof(*skbs), GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, desc && skbs);
	rig->mgr.lro_arr = desc;
	rig->mgr.max_aggr = COST_PER_STREAM;
	rig->mgr.get_skb_header = cost_header;
	for (i = 0; desc && skbs && i < ARRAY_SIZE(streams); i++) {
		rig->mgr.max_desc = streams[i];
		KUNIT_EXPECT_EQ(test, lro_mgr_init(&rig->mgr, 512), 0);
		least = U64_MAX;
		for (round = 0; round < COST_ROUNDS; round++)
			least = min(least, cost_round(test, skbs, streams[i]));
		kunit_info(test, "%u descriptors open: %llu ns a packet\n",
			   streams[i], least / COST_PACKETS);
	}
	/* All were merged, by eights: the same work in each round. */
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.aggregated,
			ARRAY_SIZE(streams) * COST_ROUNDS * COST_PACKETS);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.flushed,
			ARRAY_SIZE(streams) * COST_ROUNDS * COST_PACKETS /
			COST_PER_STREAM);
	rig->mgr.checked = 0;
	kvfree(skbs);
	kvfree(desc);
}

static struct kunit_case lro_cost_tests[] = {
	KUNIT_CASE(lro_cost),
	{ }
};

struct kunit_suite lro_cost_suite = {
	.name = "lro-cost",
	.init = lro_rig_init,
	.exit = lro_rig_exit,
	.test_cases = lro_cost_tests,
};
