// SPDX-License-Identifier: GPL-2.0
/*
 * A manager that is in order, one that is not, and what a driver asks of it.
 */
#include <linux/bottom_half.h>
#include <linux/rtnetlink.h>

#include "lro_test.h"

static void manager_spec(u16 group, struct frame_spec *spec)
{
	*spec = (struct frame_spec){
		.group = group, .v6 = group & 1, .df = true, .ttl = 64,
		.flags = 0x10, .window = 100, .len = 200, .seq = 1000,
	};
}

static void manager_feed(struct kunit *test, u16 group, unsigned int packets,
			 enum lro_mode mode)
{
	struct frame_spec spec;

	manager_spec(group, &spec);
	while (packets--)
		lro_rig_feed_spec(test, &spec, mode);
}

/* What must be refused, one after the other. */
static void lro_manager_init(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	struct net_lro_mgr good = rig->mgr, mgr;

#define REFUSED(error, nr, what)					\
	do {								\
		mgr = good;						\
		mgr.checked = 0;					\
		what;							\
		KUNIT_EXPECT_EQ(test, lro_mgr_init(&mgr, nr), error);	\
	} while (0)
	REFUSED(-EINVAL, 8, mgr.dev = NULL);
	REFUSED(-EINVAL, 8, mgr.lro_arr = NULL);
	REFUSED(-EINVAL, 8, mgr.max_desc = 0);
	REFUSED(-EINVAL, 8, mgr.max_desc = -1);
	REFUSED(-EINVAL, 8, mgr.max_aggr = 0);
	REFUSED(-EINVAL, 8, mgr.max_aggr = 65536);
	REFUSED(-EINVAL, 8, mgr.ip_summed = CHECKSUM_PARTIAL);
	REFUSED(-EINVAL, 8, mgr.ip_summed_aggr = CHECKSUM_PARTIAL);
	REFUSED(-EINVAL, 8, mgr.frag_align_pad = -1);
	REFUSED(-EINVAL, 8, mgr.get_skb_header = NULL;
		mgr.get_frag_header = NULL);
	REFUSED(-ENOSPC, 7, mgr.max_desc = 8);
	REFUSED(-ENOSPC, 0, mgr.max_desc = 1);
	REFUSED(0, 8, mgr.get_frag_header = NULL);
	REFUSED(0, 9, mgr.max_desc = 8);
#undef REFUSED
}

/* Never checked and wrong: packets go up all the same. */
static void lro_manager_wrong(struct kunit *test)
{
	struct lro_rig *rig = test->priv;

	rig->mgr.checked = 0;
	rig->mgr.max_desc = 0;
	manager_feed(test, 2, 3, LRO_MODE_LINEAR);
	manager_feed(test, 3, 3, LRO_MODE_PAGE);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 6);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.passed, 6);
	KUNIT_EXPECT_TRUE(test, rig->mgr.warned);
	lro_rig_end(test);

	/* Never checked and right: merged from the first packet on. */
	rig->mgr.max_desc = LRO_TEST_DESCS;
	rig->mgr.stated = 0;
	manager_feed(test, 2, 3, LRO_MODE_LINEAR);
	lro_rig_flush(test);
	kfree_skb(lro_rig_up(test, 3));
	lro_rig_end(test);
}

/* Fewer descriptors while some are open; more than there are. */
static void lro_manager_changed(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	u16 group;

	for (group = 0; group < LRO_TEST_DESCS; group++)
		manager_feed(test, group, 2, LRO_MODE_PAGE);
	KUNIT_EXPECT_EQ(test, rig->most_open, LRO_TEST_DESCS);
	rig->mgr.max_desc = 1;
	rig->most_open = 0;
	for (group = 0; group < LRO_TEST_DESCS; group++)
		manager_feed(test, group, 2, LRO_MODE_PAGE);
	KUNIT_EXPECT_EQ(test, rig->most_open, 1);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.no_desc,
			2 * (LRO_TEST_DESCS - 1));
	rig->mgr.max_desc = LRO_TEST_DESCS + 1;
	manager_feed(test, 2, 3, LRO_MODE_PAGE);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.passed, 3);
	lro_rig_end(test);
}

static void lro_manager_no_desc(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	u16 group;

	for (group = 0; group < LRO_TEST_DESCS + 2; group++)
		manager_feed(test, group, 1, LRO_MODE_LINEAR);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.no_desc, 2);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 2);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.aggregated, LRO_TEST_DESCS);
	lro_rig_end(test);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.flushed, LRO_TEST_DESCS);
}

/* A stream is flushed, in each VLAN, and nothing else; nothing is added. */
static void lro_manager_flush_pkt(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	static struct frame frame;
	struct frame_spec spec;
	u16 group;

	for (group = 0; group < 4; group++) {
		manager_feed(test, group, 2, LRO_MODE_PAGE);
		manager_spec(group, &spec);
		spec.vlan_all = 0x00070081;
		lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
	}
	for (group = 2; group < 4; group++) {
		manager_spec(group, &spec);
		frame_make(&spec, &frame);
		local_bh_disable();
		if (spec.v6)
			lro_flush_pkt6(&rig->mgr,
				       (void *)(frame.data + frame.l3),
				       (void *)(frame.data + frame.l4));
		else
			lro_flush_pkt(&rig->mgr,
				      (void *)(frame.data + frame.l3),
				      (void *)(frame.data + frame.l4));
		local_bh_enable();
		KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 2);
		/* The youngest first. */
		kfree_skb(lro_rig_up(test, 1));
		kfree_skb(lro_rig_up(test, 2));
	}
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.aggregated, 12);
	lro_rig_end(test);
}

static void manager_feature(struct lro_rig *rig, bool on)
{
	rtnl_lock();
	rig->dev->wanted_features &= ~NETIF_F_LRO;
	if (on)
		rig->dev->wanted_features |= NETIF_F_LRO;
	netdev_update_features(rig->dev);
	rtnl_unlock();
}

/* ethtool -K lro off, and dev_disable_lro(), while packets come. */
static void lro_manager_off(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	struct frame_spec spec;

	manager_spec(2, &spec);
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
	manager_feature(rig, false);
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
	kfree_skb(lro_rig_up(test, 2));
	kfree_skb(lro_rig_up(test, 1));
	manager_feature(rig, true);
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 0);

	rtnl_lock();
	dev_disable_lro(rig->dev);
	rtnl_unlock();
	KUNIT_EXPECT_FALSE(test, rig->dev->features & NETIF_F_LRO);
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 2);
	lro_rig_end(test);
}

/* Without NAPI packets go by the backlog. */
static void lro_manager_netif_rx(struct kunit *test)
{
	struct lro_rig *rig = test->priv;

	rig->mgr.features = 0;
	manager_feed(test, 2, 3, LRO_MODE_LINEAR);
	local_bh_disable();
	lro_flush_all(&rig->mgr);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 0);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 1);
	kfree_skb(lro_rig_up(test, 3));
	lro_rig_end(test);
}

/* What the driver's callbacks may get wrong. */
static void lro_manager_callbacks(struct kunit *test)
{
	static const long shifts[] = { -5000, -100, -15, 13, 160, 2000, 1L << 40 };
	struct lro_rig *rig = test->priv;
	enum lro_mode mode;
	unsigned int i;

	for (mode = 0; mode < LRO_MODES; mode++) {
		rig->refuse = true;
		manager_feed(test, 2, 2, mode);
		rig->refuse = false;
		rig->flags = LRO_UDP;
		manager_feed(test, 2, 2, mode);
		rig->flags = LRO_IPV4 | LRO_IPV6;
		manager_feed(test, 2, 2, mode);
		rig->flags = 0;
		for (i = 0; i < ARRAY_SIZE(shifts); i++) {
			rig->shift = shifts[i];
			manager_feed(test, 2, 2, mode);
			manager_feed(test, 3, 2, mode);
		}
		rig->shift = 0;
	}
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.aggregated, 0);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.passed, rig->fed);
	lro_rig_end(test);
}

static struct sk_buff *manager_clone;

static void manager_cloned(struct sk_buff *skb)
{
	manager_clone = skb_clone(skb, GFP_ATOMIC);
}

static void manager_shared(struct sk_buff *skb)
{
	manager_clone = skb_get(skb);
}

/* Others hold it: not an octet of it may change. */
static void lro_manager_held(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		rig->prepare = i ? manager_shared : manager_cloned;
		manager_feed(test, 2, 1, LRO_MODE_HEAD_FRAG);
		KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 1);
		lro_rig_end(test);
		kfree_skb(manager_clone);
	}
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.passed, 2);
}

/* Frags that do not add up to the packet's length. */
static void lro_manager_frags(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	static const int lens[] = { 0, -1, 13, 5000 };
	skb_frag_t frags[2] = { };
	unsigned int i;

	rig->refuse = true;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		get_page(rig->page[0]);
		skb_frag_fill_page_desc(&frags[0], rig->page[0], 0, 100);
		local_bh_disable();
		lro_receive_frags(&rig->mgr, frags, lens[i], PAGE_SIZE, rig, 0);
		local_bh_enable();
		rig->fed++;
		KUNIT_EXPECT_EQ(test, page_count(rig->page[0]), 1);
	}
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.dropped, ARRAY_SIZE(lens));
	lro_rig_end(test);
}

static struct kunit_case lro_manager_tests[] = {
	KUNIT_CASE(lro_manager_init),
	KUNIT_CASE(lro_manager_wrong),
	KUNIT_CASE(lro_manager_changed),
	KUNIT_CASE(lro_manager_no_desc),
	KUNIT_CASE(lro_manager_flush_pkt),
	KUNIT_CASE(lro_manager_off),
	KUNIT_CASE(lro_manager_netif_rx),
	KUNIT_CASE(lro_manager_callbacks),
	KUNIT_CASE(lro_manager_held),
	KUNIT_CASE(lro_manager_frags),
	{ }
};

struct kunit_suite lro_manager_suite = {
	.name = "lro-manager",
	.init = lro_rig_init,
	.exit = lro_rig_exit,
	.test_cases = lro_manager_tests,
};
