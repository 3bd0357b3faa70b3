// SPDX-License-Identifier: GPL-2.0
/*
 * Headers in memory of the driver's, and headers in no memory at all: the same
 * frames, and the skb is not written to.
 */
#include "hgso_ring_test.h"

#define ACK		0x10
#define RING_SIZE	(512 * 1024)

static const struct super_spec hgso_sink_cases[] = {
	{ .name = "TCPv4", .flags = ACK, .tcp_opts = 12, .mss = 1448,
	  .payload = 65160, .nr_frags = 2 },
	{ .name = "TCPv6, a tag, partly linear", .flags = 0xff, .v6 = true,
	  .vlan = 0x8100, .mss = 700, .payload = 9000, .linear = 1234,
	  .nr_frags = 5 },
	{ .name = "linear", .flags = ACK, .mss = 1000, .payload = 4500,
	  .linear = 4500 },
	{ .name = "ids wrap", .flags = ACK, .id = 0xfff0, .mss = 100,
	  .payload = 9999, .nr_frags = 3 },
	{ .name = "more headers than a head holds", .flags = ACK, .mss = 8,
	  .payload = 30000, .nr_frags = 17 },
};

KUNIT_ARRAY_PARAM_DESC(hgso_sink, hgso_sink_cases, name);

/* The engine's place in the control block is all that it may write to. */
static void hgso_sink_forget(struct sk_buff *skb)
{
	memset(skb->cb, 0, sizeof(skb->cb));
}

/* Somebody else holds the header, and nothing needs to be expanded. */
static void hgso_sink_forced(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct super_rig *rig = test->priv;
	struct sk_buff *skb, *clone, *ref;
	struct super_shot shot;
	struct hgso_stats stats;
	struct sk_buff *segs;
	const char *wrong;
	int descs;

	super_ring(test, RING_SIZE);
	skb = super_skb_sure(test, spec);
	ref = skb_copy(skb, GFP_KERNEL);
	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ref);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	hgso_sink_forget(skb);
	super_shoot(test, &shot, skb);

	descs = super_prepare(rig, skb);
	KUNIT_ASSERT_GT(test, descs, 0);
	segs = super_segments(ref);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
	super_map(skb);
	wrong = super_compare(rig, skb, segs, descs, super_depth(spec));
	kfree_skb_list(segs);
	if (wrong) {
		KUNIT_FAIL(test, "%s", wrong);
		super_dump(test, spec);
	}

	hgso_sink_forget(skb);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.expanded, 0);
	kfree_skb(clone);
	kfree_skb(skb);
}

/* The headroom as long as headers fit, the ring beyond. */
static void hgso_sink_chosen(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct super_rig *rig = test->priv;
	struct hgso_ring *ring = super_ring(test, RING_SIZE);
	bool large = DIV_ROUND_UP(spec->payload, spec->mss) *
		     ALIGN(super_hdr_len(spec), 8) > hgso_headroom.max_len;
	struct sk_buff *skb = super_skb_sure(test, spec);
	const struct hgso_sink *used;
	struct hgso_txq plain;
	const char *wrong;
	int err;

	hgso_txq_set_sinks(&rig->txq, &hgso_headroom, &ring->sink);
	hgso_txq_init(&plain, NULL, SUPER_MAX_DESCS);
	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, NETIF_F_TSO, &rig->txq),
			NETIF_F_TSO);
	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, NETIF_F_TSO, &plain),
			large ? 0 : NETIF_F_TSO);
	wrong = super_differs(rig, skb, super_depth(spec), &err);
	KUNIT_EXPECT_EQ(test, err, 0);
	if (wrong) {
		KUNIT_FAIL(test, "%s", wrong);
		super_dump(test, spec);
	}
	used = hgso_pkt(skb)->sink;
	KUNIT_EXPECT_PTR_EQ(test, used, large ? &ring->sink : &hgso_headroom);
	kfree_skb(skb);
}

/* gso_size 1, as long as a packet gets: declined before anything is made. */
static void hgso_sink_hostile(struct kunit *test)
{
	struct super_spec spec = { .name = "hostile", .flags = ACK, .mss = 1,
				   .payload = 65000, .nr_frags = 17 };
	struct hgso_ring *ring = super_ring(test, RING_SIZE);
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct hgso_stats stats;
	struct sk_buff *skb;

	hgso_txq_set_sinks(&rig->txq, &hgso_headroom, &ring->sink);
	skb = super_skb_sure(test, &spec);
	super_shoot(test, &shot, skb);
	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -EOPNOTSUPP);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_HEADROOM], 1);
	kfree_skb(skb);
}

/**
 * struct hgso_sink_walk - hgso_walk_segments() against the kernel
 * @rig: memory
 * @seg: the kernel's segment that is next
 * @wrong: what differs
 * @stop: index of the segment that ends it
 */
struct hgso_sink_walk {
	struct super_rig *rig;
	struct sk_buff *seg;
	const char *wrong;
	u32 stop;
};

static int hgso_sink_step(const struct sk_buff *skb,
			  const struct hgso_segment *seg, void *arg)
{
	struct hgso_sink_walk *walk = arg;
	struct super_rig *rig = walk->rig;

	if (seg->index == walk->stop)
		return 77;
	if (!walk->seg || walk->seg->len != seg->hdr_len + seg->len) {
		walk->wrong = "another length";
		return 1;
	}
	memcpy(rig->frame, seg->hdr, seg->hdr_len);
	if (skb_copy_bits(skb, seg->offset, rig->frame + seg->hdr_len,
			  seg->len) ||
	    skb_copy_bits(walk->seg, 0, rig->want, walk->seg->len) ||
	    memcmp(rig->frame, rig->want, walk->seg->len)) {
		walk->wrong = "frames differ";
		return 1;
	}
	walk->seg = walk->seg->next;
	if (seg->last != !walk->seg) {
		walk->wrong = "last is wrong";
		return 1;
	}
	return 0;
}

/* Shared, cloned, headers in page frags: none of it matters here. */
static void hgso_sink_callback(struct kunit *test)
{
	struct super_spec spec = *(const struct super_spec *)test->param_value;
	struct hgso_sink_walk walk = { .rig = test->priv, .stop = U32_MAX };
	struct super_shot shot;
	struct sk_buff *skb, *ref, *segs;

	if (!spec.linear)
		spec.hdr_frags = 30;
	if (spec.nr_frags == MAX_SKB_FRAGS)
		spec.nr_frags--;
	skb = super_skb_sure(test, &spec);
	ref = skb_copy(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ref);
	segs = super_segments(ref);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
	walk.seg = segs;
	skb_get(skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, hgso_walk_segments(skb, hgso_sink_step, &walk),
			0);
	KUNIT_EXPECT_PTR_EQ_MSG(test, walk.wrong, NULL, "%s", walk.wrong);
	KUNIT_EXPECT_NULL(test, walk.seg);

	walk.seg = segs;
	walk.stop = 2;
	KUNIT_EXPECT_EQ(test, hgso_walk_segments(skb, hgso_sink_step, &walk),
			77);
	KUNIT_EXPECT_PTR_EQ(test, walk.seg, segs->next->next);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	kfree_skb_list(segs);

	skb_shinfo(skb)->gso_size = 0;
	KUNIT_EXPECT_EQ(test, hgso_walk_segments(skb, hgso_sink_step, &walk),
			-EINVAL);
	kfree_skb(skb);
	kfree_skb(skb);
}

static struct kunit_case hgso_sink_tests[] = {
	KUNIT_CASE_PARAM(hgso_sink_forced, hgso_sink_gen_params),
	KUNIT_CASE_PARAM(hgso_sink_chosen, hgso_sink_gen_params),
	KUNIT_CASE_PARAM(hgso_sink_callback, hgso_sink_gen_params),
	KUNIT_CASE(hgso_sink_hostile),
	{ }
};

struct kunit_suite hgso_sink_suite = {
	.name = "hgso-sink",
	.suite_init = super_seed,
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_sink_tests,
};
