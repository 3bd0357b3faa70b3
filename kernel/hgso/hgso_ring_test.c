// SPDX-License-Identifier: GPL-2.0
/*
 * The header ring: packets in flight at once, a full ring, and a device that
 * writes to its memory.
 */
#include "hgso_ring_test.h"

#define ACK		0x10
#define RING_SMALL	SZ_16K

static void super_ring_exit(void *ring)
{
	hgso_ring_exit(ring);
}

/* A ring whose bus addresses are the virtual ones. */
struct hgso_ring *super_ring(struct kunit *test, u32 size)
{
	struct super_rig *rig = test->priv;
	struct hgso_ring *ring = kunit_kzalloc(test, sizeof(*ring), GFP_KERNEL);
	u8 *mem = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ring);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_EQ(test, hgso_ring_init(ring, mem, (uintptr_t)mem, size),
			0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, super_ring_exit,
							ring), 0);
	hgso_txq_set_sinks(&rig->txq, &ring->sink, NULL);
	return ring;
}

struct sk_buff *super_skb_sure(struct kunit *test,
			       const struct super_spec *spec)
{
	struct sk_buff *skb = super_skb(test->priv, spec);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb;
}

/**
 * struct hgso_ring_flight - super-packets in a ring at once
 * @skb: each
 * @ref: a copy of it from before
 * @descs: what prepare returned for it
 */
struct hgso_ring_flight {
	struct sk_buff *skb[4];
	struct sk_buff *ref[4];
	int descs[4];
};

static void hgso_ring_land(struct kunit *test, struct hgso_ring *ring,
			   struct hgso_ring_flight *f, unsigned int i)
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
static void hgso_ring_wraps(struct kunit *test)
{
	struct super_spec spec = { .name = "wrap", .flags = ACK, .nr_frags = 2 };
	struct hgso_ring *ring = super_ring(test, RING_SMALL);
	unsigned int i, round, refused = 0;
	struct super_rig *rig = test->priv;
	struct hgso_ring_flight f = { };
	struct rnd_state rnd;

	super_rnd(&rnd, 1);
	for (round = 0; round < 2000; round++) {
		i = round % ARRAY_SIZE(f.skb);
		if (f.skb[i])
			hgso_ring_land(test, ring, &f, i);
		spec.mss = 100;
		spec.payload = 101 + super_below(&rnd, 9000);
		f.skb[i] = super_skb_sure(test, &spec);
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
			hgso_ring_land(test, ring, &f,
				       round % ARRAY_SIZE(f.skb));
	KUNIT_EXPECT_EQ(test, ring->head, ring->tail);
	/* It was full at times, and not always. */
	KUNIT_EXPECT_GT(test, refused, 10);
	KUNIT_EXPECT_LT(test, refused, 1800);
}

/* Half of the ring always fits when nothing is in it, wherever it stands. */
static void hgso_ring_half(struct kunit *test)
{
	struct super_spec spec = { .name = "half", .flags = ACK, .mss = 100,
				   .payload = 100, .nr_frags = 1 };
	struct hgso_ring *ring = super_ring(test, RING_SMALL);
	struct super_rig *rig = test->priv;
	unsigned int i;

	spec.payload *= ring->sink.max_len / ALIGN(super_hdr_len(&spec), 8);
	for (i = 0; i < 50; i++) {
		struct sk_buff *skb = super_skb_sure(test, &spec);

		KUNIT_ASSERT_GT(test, super_prepare(rig, skb), 0);
		KUNIT_ASSERT_EQ(test, ring->sink.map(&ring->sink, NULL, skb,
						     hgso_pkt(skb)), 0);
		ring->sink.unmap(&ring->sink, NULL, skb, hgso_pkt(skb));
		kfree_skb(skb);
	}
}

/* A full ring, and a packet that was prepared over another one. */
static void hgso_ring_refuses(struct kunit *test)
{
	struct super_spec spec = { .name = "full", .flags = ACK, .mss = 100,
				   .payload = 9900, .nr_frags = 1 };
	struct hgso_ring *ring = super_ring(test, RING_SMALL);
	struct super_rig *rig = test->priv;
	struct sk_buff *a = super_skb_sure(test, &spec);
	struct sk_buff *b = super_skb_sure(test, &spec);
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
	b = super_skb_sure(test, &spec);
	super_shoot(test, &shot, b);
	KUNIT_EXPECT_EQ(test, super_prepare(rig, b), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, b));
	ring->sink.unmap(&ring->sink, NULL, a, hgso_pkt(a));
	KUNIT_EXPECT_GT(test, super_prepare(rig, b), 0);
	kfree_skb(a);
	kfree_skb(b);
}

static void hgso_ring_bad(struct kunit *test)
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
	hgso_ring_exit(&ring);
}

/* Slices are the same, and the ring is empty, whatever the device writes. */
static void hgso_ring_scribbled(struct kunit *test)
{
	static const u8 patterns[] = { 0x00, 0xa5, 0xff };
	struct super_spec spec = { .name = "scribbled", .flags = ACK,
				   .mss = 100, .payload = 1950, .nr_frags = 3 };
	struct hgso_ring *ring = super_ring(test, RING_SMALL);
	struct super_rig *rig = test->priv;
	struct hgso_slice slice, want;
	struct hgso_iter it, before;
	struct sk_buff *skb;
	unsigned int i;
	int descs;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		skb = super_skb_sure(test, &spec);
		descs = super_prepare(rig, skb);
		KUNIT_ASSERT_GT(test, descs, 0);
		KUNIT_ASSERT_EQ(test, ring->sink.map(&ring->sink, NULL, skb,
						     hgso_pkt(skb)), 0);
		super_map(skb);
		hgso_iter_init(&before, skb);
		memset(ring->mem, patterns[i], ring->size);

		hgso_iter_init(&it, skb);
		for (; hgso_next(&it, &slice); descs--) {
			KUNIT_ASSERT_TRUE(test, hgso_next(&before, &want));
			KUNIT_ASSERT_EQ(test, slice.addr, want.addr);
			KUNIT_ASSERT_EQ(test, slice.len, want.len);
		}
		KUNIT_EXPECT_EQ(test, descs, 0);
		KUNIT_EXPECT_EQ(test, hgso_wire_bytes(skb),
				1950 + 20 * super_hdr_len(&spec));
		KUNIT_EXPECT_EQ(test, ring->sink.unmap(&ring->sink, NULL, skb,
						       hgso_pkt(skb)), 0);
		KUNIT_EXPECT_EQ(test, ring->head, ring->tail);
		kfree_skb(skb);
	}
}

static struct kunit_case hgso_ring_tests[] = {
	KUNIT_CASE(hgso_ring_wraps),
	KUNIT_CASE(hgso_ring_half),
	KUNIT_CASE(hgso_ring_refuses),
	KUNIT_CASE(hgso_ring_scribbled),
	KUNIT_CASE(hgso_ring_bad),
	{ }
};

struct kunit_suite hgso_ring_suite = {
	.name = "hgso-ring",
	.suite_init = super_seed,
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_ring_tests,
};
