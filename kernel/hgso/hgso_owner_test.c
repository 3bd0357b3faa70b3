// SPDX-License-Identifier: GPL-2.0
/*
 * Other holders of a super-packet never see an octet change, and prepare may
 * be called again.
 */
#include "hgso_test.h"

#define ACK	0x10

static const struct super_spec hgso_owner_cases[] = {
	{ .name = "page frags, room enough", .flags = ACK, .headroom = 2048,
	  .mss = 1000, .payload = 4500, .nr_frags = 3 },
	{ .name = "page frags, no room", .flags = ACK, .mss = 1000,
	  .payload = 4500, .nr_frags = 3 },
	{ .name = "linear, room enough", .flags = ACK, .headroom = 2048,
	  .mss = 1000, .payload = 4500, .linear = 4500 },
	{ .name = "linear, no room", .flags = ACK, .mss = 1000,
	  .payload = 4500, .linear = 4500 },
	{ .name = "both, IPv6", .flags = ACK, .v6 = true, .headroom = 2048,
	  .mss = 1000, .payload = 4500, .linear = 700, .nr_frags = 3 },
};

KUNIT_ARRAY_PARAM_DESC(hgso_owner, hgso_owner_cases, name);

static struct sk_buff *hgso_owner_skb(struct kunit *test,
				      const struct super_spec *spec)
{
	struct sk_buff *skb = super_skb(test->priv, spec);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb;
}

static u64 hgso_expanded(struct super_rig *rig)
{
	struct hgso_stats stats;

	hgso_txq_stats(&rig->txq, &stats);
	return stats.expanded;
}

/* Frames of an skb that is prepared already. Takes @ref, a copy from before. */
static void hgso_owner_frames(struct kunit *test, const struct super_spec *spec,
			      struct sk_buff *skb, struct sk_buff *ref,
			      int descs)
{
	struct super_rig *rig = test->priv;
	struct sk_buff *segs;
	const char *wrong;

	KUNIT_ASSERT_NOT_NULL(test, ref);
	segs = super_segments(ref);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
	super_map(skb);
	wrong = super_compare(rig, skb, segs, descs, super_depth(spec));
	if (wrong) {
		KUNIT_FAIL(test, "%s", wrong);
		super_dump(test, spec);
	}
	kfree_skb_list(segs);
}

static struct sk_buff *hgso_owner_copy(struct kunit *test,
				       const struct sk_buff *skb)
{
	struct sk_buff *copy = skb_copy(skb, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	return copy;
}

/* The header that a NIC reads is in the headroom; the original one stays. */
static void hgso_owner_original(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *skb = hgso_owner_skb(test, spec);
	unsigned int hlen = skb_headlen(skb);
	struct super_shot shot;
	struct sk_buff *ref;
	int descs;

	super_shoot(test, &shot, skb);
	ref = hgso_owner_copy(test, skb);
	descs = super_prepare(test->priv, skb);
	KUNIT_ASSERT_GT(test, descs, 0);

	KUNIT_EXPECT_EQ(test, skb->len, shot.meta.len);
	KUNIT_EXPECT_EQ(test, skb_headlen(skb), hlen);
	KUNIT_EXPECT_TRUE(test, skb->protocol == shot.meta.protocol);
	KUNIT_EXPECT_TRUE(test, skb->ip_summed == shot.meta.ip_summed);
	KUNIT_EXPECT_EQ(test, skb_checksum_start_offset(skb),
			shot.meta.csum_start - spec->headroom);
	KUNIT_EXPECT_PTR_EQ(test, skb_mac_header(skb), skb->data);
	KUNIT_EXPECT_MEMEQ(test, skb->data, shot.head + spec->headroom, hlen);
	KUNIT_EXPECT_EQ(test, super_frags_hash(skb), shot.payload);

	hgso_owner_frames(test, spec, skb, ref, descs);
	kfree_skb(skb);
}

/* A tap, a mirror or a bridge flood holds a clone. */
static void hgso_owner_clone(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *skb = hgso_owner_skb(test, spec);
	struct sk_buff *clone, *ref;
	struct super_shot shot;
	int descs;

	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	super_shoot(test, &shot, clone);
	ref = hgso_owner_copy(test, skb);

	descs = super_prepare(test->priv, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	KUNIT_EXPECT_PTR_NE(test, skb->head, clone->head);
	KUNIT_EXPECT_EQ(test, hgso_expanded(test->priv), 1);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));

	hgso_owner_frames(test, spec, skb, ref, descs);
	kfree_skb(skb);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));
	kfree_skb(clone);
}

/* The clone may be the one that is sent, while the original is looked at. */
static void hgso_owner_sent_clone(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *skb = hgso_owner_skb(test, spec);
	struct sk_buff *clone, *ref;
	struct super_shot shot;
	int descs;

	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	super_shoot(test, &shot, skb);
	ref = hgso_owner_copy(test, skb);

	descs = super_prepare(test->priv, clone);
	KUNIT_ASSERT_GT(test, descs, 0);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, skb, 0));
	hgso_owner_frames(test, spec, clone, ref, descs);
	kfree_skb(clone);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, skb, 0));
	kfree_skb(skb);
}

/* A driver that could not send it now gets it again later. */
static void hgso_owner_requeue(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *skb = hgso_owner_skb(test, spec);
	struct super_rig *rig = test->priv;
	struct super_shot first;
	struct sk_buff *ref;
	u64 expanded;
	int descs;

	ref = hgso_owner_copy(test, skb);
	descs = super_prepare(rig, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	expanded = hgso_expanded(rig);
	super_shoot(test, &first, skb);

	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), descs);
	KUNIT_EXPECT_EQ(test, hgso_expanded(rig), expanded);
	KUNIT_EXPECT_TRUE(test, super_untouched(&first, skb));
	hgso_owner_frames(test, spec, skb, ref, descs);
	kfree_skb(skb);
}

/* A tap came between the two. */
static void hgso_owner_requeue_tapped(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *skb = hgso_owner_skb(test, spec);
	struct super_rig *rig = test->priv;
	struct sk_buff *clone, *ref;
	struct super_shot shot;
	u64 expanded;
	int descs;

	ref = hgso_owner_copy(test, skb);
	descs = super_prepare(rig, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	expanded = hgso_expanded(rig);

	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	super_shoot(test, &shot, clone);
	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), descs);
	KUNIT_EXPECT_EQ(test, hgso_expanded(rig), expanded + 1);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));

	hgso_owner_frames(test, spec, skb, ref, descs);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));
	kfree_skb(skb);
	kfree_skb(clone);
}

/*
 * TCP keeps the payload and sends a clone whose headers may be written: no
 * copy, when there is room. It sends again, and once more, while the first is
 * still on its way.
 */
static void hgso_owner_tcp(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *queued = NULL, *skb[3], *ref[3];
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	unsigned int from = 0;
	int i, descs = 0;

	for (i = 0; i < ARRAY_SIZE(skb); i++) {
		skb[i] = super_skb_tcp(rig, spec, &queued);
		KUNIT_ASSERT_NOT_NULL(test, skb[i]);
		ref[i] = hgso_owner_copy(test, skb[i]);
		if (!i) {
			KUNIT_ASSERT_PTR_EQ(test, skb[i]->head, queued->head);
			from = skb_headroom(queued);
			super_shoot(test, &shot, queued);
		}
		descs = super_prepare(rig, skb[i]);
		KUNIT_ASSERT_GT(test, descs, 0);
		if (!i)
			KUNIT_EXPECT_EQ(test, hgso_expanded(rig),
					!spec->headroom);
		KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, queued, from));
	}

	for (i = 0; i < ARRAY_SIZE(skb); i++)
		hgso_owner_frames(test, spec, skb[i], ref[i], descs);
	/* The last one is done with first. */
	while (i--) {
		kfree_skb(skb[i]);
		KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, queued, from));
	}
	kfree_skb(queued);
}

static unsigned int hgso_owner_freed;

static void hgso_owner_free(struct sk_buff *skb)
{
	hgso_owner_freed++;
}

/* Its socket is told once that it is gone: when it is freed, or before. */
static void hgso_owner_charged(struct kunit *test, bool orphan)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *queued = NULL, *skb, *ref;
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	unsigned int from;
	int descs;

	skb = super_skb_tcp(rig, spec, &queued);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	from = skb_headroom(queued);
	super_shoot(test, &shot, queued);
	ref = hgso_owner_copy(test, skb);
	hgso_owner_freed = 0;
	skb->destructor = hgso_owner_free;
	if (orphan)
		skb_orphan(skb);

	descs = super_prepare(rig, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	hgso_owner_frames(test, spec, skb, ref, descs);
	KUNIT_EXPECT_EQ(test, hgso_owner_freed, orphan);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, hgso_owner_freed, 1);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, queued, from));
	kfree_skb(queued);
}

static void hgso_owner_owned(struct kunit *test)
{
	hgso_owner_charged(test, false);
}

static void hgso_owner_orphaned(struct kunit *test)
{
	hgso_owner_charged(test, true);
}

/* The same with a tap on the device: the header is cloned after all. */
static void hgso_owner_tcp_tapped(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct sk_buff *queued = NULL, *skb, *tap, *ref;
	struct super_rig *rig = test->priv;
	struct super_shot shot, tap_shot;
	int descs;

	skb = super_skb_tcp(rig, spec, &queued);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	tap = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tap);
	super_shoot(test, &shot, queued);
	super_shoot(test, &tap_shot, tap);
	ref = hgso_owner_copy(test, skb);

	descs = super_prepare(rig, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	KUNIT_EXPECT_EQ(test, hgso_expanded(rig), 1);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&tap_shot, tap, 0));
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, queued, 0));
	hgso_owner_frames(test, spec, skb, ref, descs);
	kfree_skb(skb);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&tap_shot, tap, 0));
	kfree_skb(tap);
	kfree_skb(queued);
}

/* Headers in a page frag are pulled; a clone keeps its frags. */
static void hgso_owner_pulled(struct kunit *test)
{
	struct super_spec spec = {
		.name = "pulled", .flags = ACK, .mss = 900, .payload = 4000,
		.hdr_frags = 30, .nr_frags = 3,
	};
	struct sk_buff *skb = hgso_owner_skb(test, &spec);
	struct sk_buff *clone, *ref;
	struct super_shot shot;
	int descs;

	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	super_shoot(test, &shot, clone);
	ref = hgso_owner_copy(test, skb);

	descs = super_prepare(test->priv, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));
	hgso_owner_frames(test, &spec, skb, ref, descs);
	kfree_skb(skb);
	KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));
	kfree_skb(clone);
}

static struct kunit_case hgso_owner_tests[] = {
	KUNIT_CASE_PARAM(hgso_owner_original, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_clone, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_sent_clone, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_requeue, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_requeue_tapped, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_tcp, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_tcp_tapped, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_owned, hgso_owner_gen_params),
	KUNIT_CASE_PARAM(hgso_owner_orphaned, hgso_owner_gen_params),
	KUNIT_CASE(hgso_owner_pulled),
	{ }
};

struct kunit_suite hgso_owner_suite = {
	.name = "hgso-owner",
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_owner_tests,
};
