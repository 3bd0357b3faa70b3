// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that do less: no checksums, slices and mappings of limited length,
 * frames in a limited number of slices.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "hgso_kinds.h"

#define ACK	0x10

/* The next frame, in the rig's buffer. False when there is none. */
static bool hgso_device_frame(struct super_rig *rig, struct hgso_iter *it)
{
	struct hgso_slice slice;

	rig->frame_len = 0;
	do {
		if (!hgso_next(it, &slice) ||
		    rig->frame_len + slice.len > SUPER_FRAME_MAX)
			return false;
		memcpy(rig->frame + rig->frame_len,
		       (const void *)(uintptr_t)slice.addr, slice.len);
		rig->frame_len += slice.len;
	} while (!slice.last);
	return true;
}

/*
 * A tunnel's checksum is still partial. Not by skb_checksum_help(), to which 0
 * is no checksum whatever the protocol.
 */
static void hgso_device_finish(struct sk_buff *seg)
{
	unsigned int start = skb_checksum_start_offset(seg);
	__sum16 check;

	if (seg->ip_summed != CHECKSUM_PARTIAL)
		return;
	check = csum_fold(skb_checksum(seg, start, seg->len - start, 0));
	if (!check && seg->csum_offset == offsetof(struct udphdr, check))
		check = CSUM_MANGLED_0;
	memcpy(seg->data + start + seg->csum_offset, &check, sizeof(check));
}

/* As the kernel makes them for such a device. */
static const char *hgso_device_finished(struct super_rig *rig,
					struct sk_buff *skb,
					struct sk_buff *segs)
{
	struct hgso_iter it;
	struct sk_buff *seg;

	super_map(skb);
	hgso_iter_init(&it, skb);
	for (seg = segs; seg; seg = seg->next) {
		if (!hgso_device_frame(rig, &it) || rig->frame_len != seg->len)
			return "another length";
		hgso_device_finish(seg);
		if (skb_copy_bits(seg, 0, rig->want, seg->len) ||
		    memcmp(rig->frame, rig->want, seg->len))
			return "frames differ";
	}
	return hgso_device_frame(rig, &it) ? "more frames" : NULL;
}

static void hgso_device_csum(struct kunit *test)
{
	const struct kinds_kind *kind = test->param_value;
	struct kinds_rig *rig = test->priv;
	struct sk_buff *skb, *ref, *segs;
	unsigned int i, rounds = 20;
	struct kinds_spec spec;
	const char *wrong;

	if (!kind->taken)
		kunit_skip(test, "declined");
	rig->super->txq.finish_csum = true;
	for (i = 0; i < rounds; i++) {
		kinds_random(kind, hgso_test_first + i, &spec);
		skb = kinds_skb(rig, &spec);
		ref = kinds_skb(rig, &spec);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_ASSERT_NOT_NULL(test, ref);
		if (kinds_engine_prepare(rig, skb) < 0) {
			kfree_skb(ref);
			kfree_skb(skb);
			continue;
		}
		segs = super_segments_for(ref, NETIF_F_SG);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
		wrong = hgso_device_finished(rig->super, skb, segs);
		kfree_skb_list(segs);
		kfree_skb(skb);
		if (wrong) {
			kinds_show(test, &spec, hgso_test_first + i, wrong);
			return;
		}
	}
}

/**
 * struct hgso_device_case - a limit, at it and beyond it
 * @name: of the case
 * @max_frame_descs: of the queue
 * @max_slice: of the queue
 * @max_map: of the queue
 * @taken: it is at the limit
 * @spec: the super-packet
 */
struct hgso_device_case {
	const char *name;
	u32 max_frame_descs;
	u32 max_slice;
	u32 max_map;
	bool taken;
	struct super_spec spec;
};

#define CUTS	.flags = ACK, .mss = 1000, .payload = 3000, .nr_frags = 4, \
		.cut = true,						   \
		.frag = { { 1100, 0 }, { 100, 0 }, { 100, 0 }, { 1700, 0 } }
#define EVEN	.flags = ACK, .mss = 1000, .payload = 3000, .nr_frags = 1

static const struct hgso_device_case hgso_device_cases[] = {
	{ "three edges in a frame", .max_frame_descs = 5, .taken = true,
	  .spec = { CUTS } },
	{ "one too many", .max_frame_descs = 4, .spec = { CUTS } },
	{ "two slices", .max_frame_descs = 2, .taken = true, .spec = { EVEN } },
	{ "as long as a segment", .max_slice = 1000, .taken = true,
	  .spec = { EVEN } },
	{ "an octet shorter", .max_slice = 999, .spec = { EVEN } },
	{ "a frag as long as a mapping", .max_map = 3000, .taken = true,
	  .spec = { EVEN } },
	{ "a frag that is longer", .max_map = 2999, .spec = { EVEN } },
	{ "a head that is longer", .max_map = 3000,
	  .spec = { .flags = ACK, .mss = 1000, .payload = 3000,
		    .linear = 3000 } },
};

KUNIT_ARRAY_PARAM_DESC(hgso_device, hgso_device_cases, name);

static void hgso_device_limit(struct kunit *test)
{
	const struct hgso_device_case *c = test->param_value;
	struct kinds_rig *kinds = test->priv;
	struct super_rig *rig = kinds->super;
	struct sk_buff *skb = super_skb(rig, &c->spec);
	struct hgso_stats stats;
	struct super_shot shot;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	rig->txq.limits.max_frame_descs = c->max_frame_descs;
	rig->txq.limits.max_slice = c->max_slice;
	rig->txq.limits.max_map = c->max_map;
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, NETIF_F_TSO, &rig->txq),
			c->taken ? NETIF_F_TSO : 0);
	if (c->taken) {
		KUNIT_EXPECT_GT(test, super_prepare(rig, skb), 0);
	} else {
		KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -EOPNOTSUPP);
		KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	}
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_SLICE], !c->taken);
	kfree_skb(skb);
}

/**
 * struct hgso_device_shared - where frags are that somebody may rewrite
 * @name: of the case
 * @head: the head's own
 * @member: those of the frag_list's second member; without it there is none
 * @finish: the engine finishes checksums
 * @taken: the queue takes it
 */
struct hgso_device_shared {
	const char *name;
	bool head;
	bool member;
	bool finish;
	bool taken;
};

static const struct hgso_device_shared hgso_device_shares[] = {
	{ "the head's", .head = true, .finish = true },
	{ "a member's", .member = true, .finish = true },
	{ "none", .finish = true, .taken = true },
	{ "the device sums", .head = true, .member = true, .taken = true },
};

KUNIT_ARRAY_PARAM_DESC(hgso_device_shared, hgso_device_shares, name);

/* One with a frag_list of two, the second of which has a page frag. */
static struct sk_buff *hgso_device_list(struct kunit *test, bool shared)
{
	struct super_spec spec = { EVEN };
	struct kinds_rig *kinds = test->priv;
	struct sk_buff *skb, *one, *two;
	struct iphdr *iph;

	skb = super_skb(kinds->super, &spec);
	one = super_skb(kinds->super, &spec);
	two = super_skb(kinds->super, &spec);
	KUNIT_ASSERT_TRUE(test, skb && one && two);
	/* Members are payload, from their first octet on. */
	skb_pull(one, skb_headlen(one));
	skb_pull(two, skb_headlen(two));
	if (shared)
		skb_shinfo(two)->flags |= SKBFL_SHARED_FRAG;
	one->next = two;
	skb_shinfo(skb)->frag_list = one;
	skb->len += one->len + two->len;
	skb->data_len += one->len + two->len;
	iph = (struct iphdr *)(skb->data + ETH_HLEN);
	iph->tot_len = htons(skb->len - ETH_HLEN);
	return skb;
}

/* A sum made in prepare would be wrong for what is written later. */
static void hgso_device_rewritten(struct kunit *test)
{
	const struct hgso_device_shared *c = test->param_value;
	struct sk_buff *skb = hgso_device_list(test, c->member);
	struct kinds_rig *kinds = test->priv;
	struct super_rig *rig = kinds->super;
	struct hgso_stats stats;
	struct super_shot shot;

	if (c->head)
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	rig->txq.finish_csum = c->finish;
	super_shoot(test, &shot, skb);
	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, NETIF_F_TSO, &rig->txq),
			c->taken ? NETIF_F_TSO : 0);
	if (c->taken) {
		KUNIT_EXPECT_GT(test, super_prepare(rig, skb), 0);
	} else {
		KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -EOPNOTSUPP);
		KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	}
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_SHARED_FRAG], !c->taken);
	kfree_skb(skb);
}

static struct kunit_case hgso_device_tests[] = {
	KUNIT_CASE_PARAM(hgso_device_csum, kinds_gen_params),
	KUNIT_CASE_PARAM(hgso_device_limit, hgso_device_gen_params),
	KUNIT_CASE_PARAM(hgso_device_rewritten, hgso_device_shared_gen_params),
	{ }
};

struct kunit_suite hgso_device_suite = {
	.name = "hgso-device",
	.suite_init = super_seed,
	.init = kinds_init,
	.exit = kinds_exit,
	.test_cases = hgso_device_tests,
};
