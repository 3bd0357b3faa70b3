// SPDX-License-Identifier: GPL-2.0
/*
 * What hgso declines: for every reason its errno and its counter; the skb is
 * not touched, and the predicate says the same beforehand.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/unaligned.h>

#include "hgso_decline.h"

/* All that a device may have, so that a bit too many stripped shows. */
#define HGSO_ALL_FEATURES	(NETIF_F_GSO_MASK | NETIF_F_SG | \
				 NETIF_F_HW_CSUM | NETIF_F_HIGHDMA | \
				 NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_NTUPLE)

static void hgso_expect_counted(struct kunit *test, enum hgso_reason reason)
{
	struct super_rig *rig = test->priv;
	struct hgso_stats stats;
	unsigned int i;

	hgso_txq_stats(&rig->txq, &stats);
	for (i = 0; i < HGSO_NR_REASONS; i++)
		/* Only a map makes a packet count as HGSO_OK. */
		KUNIT_EXPECT_EQ_MSG(test, stats.reason[i],
				    i != HGSO_OK && i == reason,
				    "counter %s", hgso_reason_name(i));
	KUNIT_EXPECT_EQ(test, stats.prepared, reason == HGSO_OK);
	KUNIT_EXPECT_EQ(test, stats.frames, 0);
	KUNIT_EXPECT_EQ(test, stats.maps, 0);
}

static void hgso_decline_reason(struct kunit *test)
{
	const struct hgso_decline *d = test->param_value;
	netdev_features_t want = HGSO_ALL_FEATURES;
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct sk_buff *skb;

	if (d->max_descs)
		rig->txq.limits.max_descs = d->max_descs;
	if (!d->unpredicted)
		want &= ~NETIF_F_GSO_MASK;

	skb = super_skb(rig, &d->spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (d->spoil)
		d->spoil(skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, HGSO_ALL_FEATURES,
						  &rig->txq), want);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));

	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), d->err);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_expect_counted(test, d->reason);

	if (skb_shared(skb))
		kfree_skb(skb);
	kfree_skb(skb);
}

/* The limits themselves are not declined, and nothing is stripped. */
static void hgso_decline_not(struct kunit *test)
{
	struct super_spec spec = { SPEC(1000, 4500, 4), .headroom = 100 };
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct sk_buff *skb;

	/* Five frames; three edges of frags within segments. */
	rig->txq.limits.max_descs = 13;
	skb = super_skb(rig, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, HGSO_ALL_FEATURES,
						  &rig->txq), HGSO_ALL_FEATURES);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), 13);
	hgso_expect_counted(test, HGSO_OK);
	kfree_skb(skb);
}

/* A second tag behind the first. */
static void hgso_decline_second_tag(struct sk_buff *skb)
{
	u8 *data = skb_push(skb, VLAN_HLEN);

	memmove(data, data + VLAN_HLEN, ETH_HLEN + VLAN_HLEN);
	put_unaligned_be16(ETH_P_8021Q, data + ETH_HLEN + 2);
	put_unaligned_be32(0x00070800, data + ETH_HLEN + VLAN_HLEN);
	skb_reset_mac_header(skb);
}

/* A tag beside the packet counts, unless the device inserts it. */
static void hgso_decline_tag(struct kunit *test)
{
	netdev_features_t soft = HGSO_ALL_FEATURES & ~NETIF_F_HW_VLAN_CTAG_TX;
	struct super_spec inside = { V4, .vlan = ETH_P_8021AD,
				     .headroom = 64 };
	struct super_spec full = { SPEC(100, 100 * HGSO_MOST_FRAMES, 2) };
	const struct super_spec *specs[] = { &inside, &full };
	struct super_rig *rig = test->priv;
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(specs); i++) {
		skb = super_skb(test->priv, specs[i]);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		if (!i)
			hgso_decline_second_tag(skb);
		KUNIT_EXPECT_EQ(test, hgso_features_check(skb, soft, &rig->txq),
				soft);
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 7);
		KUNIT_EXPECT_EQ(test, hgso_features_check(skb, soft, &rig->txq),
				soft & ~NETIF_F_GSO_MASK);
		KUNIT_EXPECT_EQ(test,
				hgso_features_check(skb, HGSO_ALL_FEATURES,
						    &rig->txq),
				HGSO_ALL_FEATURES);
		kfree_skb(skb);
	}
}

/* Packets that are no super-packets are none of the predicate's business. */
static void hgso_decline_plain(struct kunit *test)
{
	struct super_spec spec = { .flags = ACK, .payload = 1000,
				   .linear = 1000 };
	struct super_rig *rig = test->priv;
	struct sk_buff *skb = super_skb(rig, &spec);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_gso_reset(skb);
	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, HGSO_ALL_FEATURES,
						  &rig->txq), HGSO_ALL_FEATURES);
	kfree_skb(skb);
}

static struct hgso_pkt *hgso_no_room(const struct hgso_sink *sink,
				     struct sk_buff *skb,
				     unsigned int state_len,
				     unsigned int hdrs_len, u8 **hdrs)
{
	return NULL;
}

static int hgso_no_map(const struct hgso_sink *sink, struct device *dev,
		       struct sk_buff *skb, struct hgso_pkt *pkt)
{
	return -ENOMEM;
}

/* A sink that is full. */
static void hgso_decline_nomem(struct kunit *test)
{
	struct hgso_sink full = hgso_headroom;
	struct super_rig *rig = test->priv;
	struct super_spec spec = { V4 };
	struct super_shot shot;
	struct sk_buff *skb;

	full.reserve = hgso_no_room;
	rig->txq.sink = &full;
	skb = super_skb(rig, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_expect_counted(test, HGSO_NOMEM);
	kfree_skb(skb);
}

/* A sink whose memory cannot be mapped. */
static void hgso_decline_map(struct kunit *test)
{
	struct hgso_sink unmappable = hgso_headroom;
	struct super_rig *rig = test->priv;
	struct super_spec spec = { V4 };
	struct hgso_stats stats;
	struct sk_buff *skb;

	/* Page frags would be mapped before. */
	spec.linear = spec.payload;
	spec.nr_frags = 0;
	unmappable.map = hgso_no_map;
	rig->txq.sink = &unmappable;
	skb = super_skb(rig, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);

	KUNIT_ASSERT_GT(test, super_prepare(rig, skb), 0);
	KUNIT_EXPECT_EQ(test, hgso_map(&rig->txq, skb), -ENOMEM);
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_MAP], 1);
	KUNIT_EXPECT_EQ(test, stats.maps, 0);
	KUNIT_EXPECT_EQ(test, stats.unmaps, 0);
	kfree_skb(skb);
}

/* Every reason has a name of its own. */
static void hgso_decline_names(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < HGSO_NR_REASONS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, hgso_reason_name(i));
		KUNIT_EXPECT_STRNEQ(test, hgso_reason_name(i), "unknown");
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, hgso_reason_name(i),
					    hgso_reason_name(j));
	}
	KUNIT_EXPECT_STREQ(test, hgso_reason_name(HGSO_NR_REASONS), "unknown");
}

/* Every reason up to those of a failing sink has a case above. */
static void hgso_decline_complete(struct kunit *test)
{
	/* hgso_device_test.c has those that plain queues do not give. */
	u64 seen = BIT(HGSO_OK) | BIT(HGSO_SLICE) | BIT(HGSO_SHARED_FRAG) |
		   BIT(HGSO_NOMEM) | BIT(HGSO_MAP);
	unsigned int i;

	for (i = 0; i < hgso_declines_count; i++)
		seen |= BIT(hgso_declines[i].reason);
	KUNIT_EXPECT_EQ(test, seen, BIT(HGSO_NR_REASONS) - 1);
}

static struct kunit_case hgso_decline_tests[] = {
	KUNIT_CASE_PARAM(hgso_decline_reason, hgso_decline_gen_params),
	KUNIT_CASE(hgso_decline_not),
	KUNIT_CASE(hgso_decline_tag),
	KUNIT_CASE(hgso_decline_plain),
	KUNIT_CASE(hgso_decline_nomem),
	KUNIT_CASE(hgso_decline_map),
	KUNIT_CASE(hgso_decline_names),
	KUNIT_CASE(hgso_decline_complete),
	{ }
};

struct kunit_suite hgso_decline_suite = {
	.name = "hgso-decline",
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_decline_tests,
};
