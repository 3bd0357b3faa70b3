// SPDX-License-Identifier: GPL-2.0
/*
 * Headers in memory of the driver's, and headers in no memory at all: the same
 * frames, and the skb is not written to.
 */
#include "hgso_test.h"

#define ACK		0x10
#define RING_SIZE	(512 * 1024)
#define RING_SMALL	SZ_16K

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

/* A ring whose bus addresses are the virtual ones. */
static struct hgso_ring *hgso_sink_ring(struct kunit *test, u32 size)
{
	struct super_rig *rig = test->priv;
	struct hgso_ring *ring = kunit_kzalloc(test, sizeof(*ring), GFP_KERNEL);
	u8 *mem = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ring);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_EQ(test, hgso_ring_init(ring, mem, (uintptr_t)mem, size),
			0);
	hgso_txq_set_sinks(&rig->txq, &ring->sink, NULL);
	return ring;
}

static struct sk_buff *hgso_sink_skb(struct kunit *test,
				     const struct super_spec *spec)
{
	struct sk_buff *skb = super_skb(test->priv, spec);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb;
}

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

	hgso_sink_ring(test, RING_SIZE);
	skb = hgso_sink_skb(test, spec);
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
	struct hgso_ring *ring = hgso_sink_ring(test, RING_SIZE);
	bool large = DIV_ROUND_UP(spec->payload, spec->mss) *
		     ALIGN(super_hdr_len(spec), 8) > hgso_headroom.max_len;
	struct sk_buff *skb = hgso_sink_skb(test, spec);
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

/**
 * struct hgso_sink_flight - super-packets in a ring at once
 * @skb: each
 * @ref: a copy of it from before
 * @descs: what prepare returned for it
 */
struct hgso_sink_flight {
	struct sk_buff *skb[4];
	struct sk_buff *ref[4];
	int descs[4];
};

static void hgso_sink_land(struct kunit *test, struct hgso_ring *ring,
			   struct hgso_sink_flight *f, unsigned int i)
{
	struct sk_buff *segs = super_segments(f->ref[i]);
	const char *wrong;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
	super_map(f->skb[i]);
	wrong = super_compare(test->priv, f->skb[i], segs, f->descs[i],
			      SUPER_PARTIAL);
	KUNIT_EXPECT_PTR_EQ_MSG(test, wrong, NULL, "%s", wrong);
	kfree_skb_list(segs);
	ring->sink.unmap(&ring->sink, NULL, f->skb[i], hgso_pkt(f->skb[i]));
	kfree_skb(f->skb[i]);
	f->skb[i] = NULL;
}

/* Many packets of all sizes through a small ring, up to four at once. */
static void hgso_sink_wraps(struct kunit *test)
{
	struct super_spec spec = { .name = "wrap", .flags = ACK, .nr_frags = 2 };
	struct hgso_ring *ring = hgso_sink_ring(test, RING_SMALL);
	unsigned int i, round, refused = 0;
	struct super_rig *rig = test->priv;
	struct hgso_sink_flight f = { };
	struct rnd_state rnd;

	super_rnd(&rnd, 1);
	for (round = 0; round < 2000; round++) {
		i = round % ARRAY_SIZE(f.skb);
		if (f.skb[i])
			hgso_sink_land(test, ring, &f, i);
		spec.mss = 100;
		spec.payload = 101 + super_below(&rnd, 9000);
		f.skb[i] = hgso_sink_skb(test, &spec);
		f.ref[i] = skb_copy(f.skb[i], GFP_KERNEL);
		f.descs[i] = super_prepare(rig, f.skb[i]);
		if (f.descs[i] > 0) {
			KUNIT_ASSERT_EQ(test, ring->sink.map(&ring->sink, NULL,
							     f.skb[i],
							     hgso_pkt(f.skb[i])),
					0);
			continue;
		}
		KUNIT_EXPECT_EQ(test, f.descs[i], -ENOMEM);
		refused++;
		kfree_skb(f.skb[i]);
		kfree_skb(f.ref[i]);
		f.skb[i] = NULL;
	}
	for (i = 0; i < ARRAY_SIZE(f.skb); i++, round++)
		if (f.skb[round % ARRAY_SIZE(f.skb)])
			hgso_sink_land(test, ring, &f,
				       round % ARRAY_SIZE(f.skb));
	KUNIT_EXPECT_EQ(test, ring->head, ring->tail);
	/* It was full at times, and not always. */
	KUNIT_EXPECT_GT(test, refused, 10);
	KUNIT_EXPECT_LT(test, refused, 1800);
}

/* Half of the ring always fits when nothing is in it, wherever it stands. */
static void hgso_sink_half(struct kunit *test)
{
	struct super_spec spec = { .name = "half", .flags = ACK, .mss = 100,
				   .payload = 100, .nr_frags = 1 };
	struct hgso_ring *ring = hgso_sink_ring(test, RING_SMALL);
	struct super_rig *rig = test->priv;
	unsigned int i;

	spec.payload *= ring->sink.max_len / ALIGN(super_hdr_len(&spec), 8);
	for (i = 0; i < 50; i++) {
		struct sk_buff *skb = hgso_sink_skb(test, &spec);

		KUNIT_ASSERT_GT(test, super_prepare(rig, skb), 0);
		KUNIT_ASSERT_EQ(test, ring->sink.map(&ring->sink, NULL, skb,
						     hgso_pkt(skb)), 0);
		ring->sink.unmap(&ring->sink, NULL, skb, hgso_pkt(skb));
		kfree_skb(skb);
	}
}

/* A full ring, and a packet that was prepared over another one. */
static void hgso_sink_refuses(struct kunit *test)
{
	struct super_spec spec = { .name = "full", .flags = ACK, .mss = 100,
				   .payload = 9900, .nr_frags = 1 };
	struct hgso_ring *ring = hgso_sink_ring(test, RING_SMALL);
	struct super_rig *rig = test->priv;
	struct sk_buff *a = hgso_sink_skb(test, &spec);
	struct sk_buff *b = hgso_sink_skb(test, &spec);
	struct super_shot shot;

	KUNIT_ASSERT_GT(test, super_prepare(rig, a), 0);
	KUNIT_ASSERT_GT(test, super_prepare(rig, b), 0);
	KUNIT_EXPECT_EQ(test, ring->sink.map(&ring->sink, NULL, a,
					     hgso_pkt(a)), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ring->sink.map(&ring->sink, NULL, b,
					     hgso_pkt(b)), 0);
	KUNIT_ASSERT_GT(test, super_prepare(rig, a), 0);
	KUNIT_EXPECT_EQ(test, ring->sink.map(&ring->sink, NULL, a,
					     hgso_pkt(a)), 0);
	ring->sink.unmap(&ring->sink, NULL, b, hgso_pkt(b));

	/* a is in the middle: no room before nor behind it. */
	spec.payload = 100 * (ring->sink.max_len /
			      ALIGN(super_hdr_len(&spec), 8));
	kfree_skb(b);
	b = hgso_sink_skb(test, &spec);
	super_shoot(test, &shot, b);
	KUNIT_EXPECT_EQ(test, super_prepare(rig, b), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, b));
	ring->sink.unmap(&ring->sink, NULL, a, hgso_pkt(a));
	KUNIT_EXPECT_GT(test, super_prepare(rig, b), 0);
	kfree_skb(a);
	kfree_skb(b);
}

/* gso_size 1, as long as a packet gets: declined before anything is made. */
static void hgso_sink_hostile(struct kunit *test)
{
	struct super_spec spec = { .name = "hostile", .flags = ACK, .mss = 1,
				   .payload = 65000, .nr_frags = 17 };
	struct hgso_ring *ring = hgso_sink_ring(test, RING_SIZE);
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct hgso_stats stats;
	struct sk_buff *skb;

	hgso_txq_set_sinks(&rig->txq, &hgso_headroom, &ring->sink);
	skb = hgso_sink_skb(test, &spec);
	super_shoot(test, &shot, skb);
	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -EOPNOTSUPP);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_HEADROOM], 1);
	kfree_skb(skb);
}

static void hgso_sink_bad_ring(struct kunit *test)
{
	struct hgso_ring ring;
	u8 *mem = kunit_kzalloc(test, SZ_16K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_EXPECT_EQ(test, hgso_ring_init(&ring, mem, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, hgso_ring_init(&ring, mem, 0, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, hgso_ring_init(&ring, mem, 0, SZ_8K - 64),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, hgso_ring_init(&ring, mem + 8, 0, SZ_8K),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, hgso_ring_init(&ring, mem, 0, SZ_8K), 0);
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
	skb = hgso_sink_skb(test, &spec);
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
	KUNIT_CASE(hgso_sink_wraps),
	KUNIT_CASE(hgso_sink_half),
	KUNIT_CASE(hgso_sink_refuses),
	KUNIT_CASE(hgso_sink_hostile),
	KUNIT_CASE(hgso_sink_bad_ring),
	{ }
};

struct kunit_suite hgso_sink_suite = {
	.name = "hgso-sink",
	.suite_init = super_seed,
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_sink_tests,
};
