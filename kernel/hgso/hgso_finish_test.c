// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of one frame for hardware without scatter-gather, without checksums,
 * or without both.
 */
#include <linux/netdev_features.h>
#include <linux/skbuff.h>
#include <net/checksum.h>

#include "hgso_test.h"

#define ACK	0x10

/**
 * struct hgso_finish_case - a packet, and hardware
 * @name: of the case
 * @features: what the hardware does
 * @clone: somebody else has the header
 * @list: 100 octets are on a frag_list
 * @shared: somebody may rewrite the frags
 * @pieces: it stays in more than one piece
 * @spec: the packet
 */
struct hgso_finish_case {
	const char *name;
	netdev_features_t features;
	bool clone;
	bool list;
	bool shared;
	bool pieces;
	struct super_spec spec;
};

#define FRAGS	{ .flags = ACK, .payload = 1400, .linear = 300, .nr_frags = 3 }
#define FRAGS6	{ .flags = ACK, .v6 = true, .tcp_opts = 12, .payload = 1401, \
		  .nr_frags = 4 }

static const struct hgso_finish_case hgso_finish_cases[] = {
	{ "hardware does it all", NETIF_F_SG | NETIF_F_HW_CSUM, .pieces = true,
	  .spec = FRAGS },
	{ "no checksums", NETIF_F_SG, .pieces = true, .spec = FRAGS },
	{ "no checksums, IPv6", NETIF_F_SG, .pieces = true, .spec = FRAGS6 },
	{ "no checksums, headers in frags", NETIF_F_SG, .pieces = true,
	  .spec = { .flags = ACK, .payload = 1400, .nr_frags = 3,
		    .hdr_frags = 30 } },
	{ "no checksums, cloned", NETIF_F_SG, .clone = true, .pieces = true,
	  .spec = FRAGS },
	{ "no checksums, others may write", NETIF_F_SG, .shared = true,
	  .spec = FRAGS },
	{ "no scatter-gather", NETIF_F_HW_CSUM, .spec = FRAGS },
	{ "no scatter-gather, cloned", NETIF_F_HW_CSUM, .clone = true,
	  .spec = FRAGS6 },
	{ "no frag_lists", NETIF_F_SG | NETIF_F_HW_CSUM, .list = true,
	  .spec = FRAGS },
	{ "frag_lists", NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_FRAGLIST,
	  .list = true, .pieces = true, .spec = FRAGS },
	{ "neither", 0, .spec = FRAGS },
	{ "neither, a frag_list, cloned", 0, .clone = true, .list = true,
	  .spec = FRAGS6 },
	{ "neither, linear", 0,
	  .spec = { .flags = ACK, .payload = 1400, .linear = 1400 } },
};

KUNIT_ARRAY_PARAM_DESC(hgso_finish, hgso_finish_cases, name);

/* One frame: what there is of a super-packet in it goes. */
static struct sk_buff *hgso_finish_skb(struct kunit *test,
				       const struct super_spec *spec, bool list)
{
	struct sk_buff *skb = super_skb(test->priv, spec);
	struct sk_buff *member;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_gso_reset(skb);
	if (!list)
		return skb;
	member = alloc_skb(100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, member);
	memset(skb_put(member, 100), 0x5a, 100);
	skb_shinfo(skb)->frag_list = member;
	skb->len += 100;
	skb->data_len += 100;
	return skb;
}

/* All of it, with the checksum made here unless the hardware makes it. */
static u8 *hgso_finish_want(struct kunit *test, const struct sk_buff *skb,
			    bool hardware)
{
	unsigned int start = skb_checksum_start_offset(skb);
	u8 *want = kunit_kzalloc(test, skb->len, GFP_KERNEL);
	__sum16 sum;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, 0, want, skb->len), 0);
	if (hardware)
		return want;
	sum = csum_fold(csum_partial(want + start, skb->len - start, 0));
	memcpy(want + start + skb->csum_offset, &sum, sizeof(sum));
	return want;
}

static void hgso_finish_packet(struct kunit *test)
{
	const struct hgso_finish_case *c = test->param_value;
	struct sk_buff *skb = hgso_finish_skb(test, &c->spec, c->list);
	bool hardware = c->features & NETIF_F_HW_CSUM;
	struct sk_buff *clone = NULL;
	struct super_shot shot;
	u8 *want, *got;

	if (c->shared)
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	want = hgso_finish_want(test, skb, hardware);
	if (c->clone) {
		clone = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, clone);
		super_shoot(test, &shot, clone);
	}

	KUNIT_EXPECT_EQ(test, hgso_finish(skb, c->features), 0);
	KUNIT_EXPECT_EQ(test, skb_is_nonlinear(skb), c->pieces);
	KUNIT_EXPECT_EQ(test, (int)skb->ip_summed,
			hardware ? CHECKSUM_PARTIAL : CHECKSUM_NONE);
	got = kunit_kzalloc(test, skb->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, got);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, 0, got, skb->len), 0);
	KUNIT_EXPECT_MEMEQ(test, got, want, skb->len);
	kfree_skb(skb);
	if (clone) {
		KUNIT_EXPECT_TRUE(test, super_bytes_same(&shot, clone, 0));
		kfree_skb(clone);
	}
}

static void hgso_finish_as_is(struct kunit *test)
{
	const struct super_spec spec = FRAGS;
	struct super_shot shot;
	struct sk_buff *skb;

	skb = hgso_finish_skb(test, &spec, false);
	super_shoot(test, &shot, skb);
	KUNIT_EXPECT_EQ(test, hgso_finish(skb, NETIF_F_SG | NETIF_F_HW_CSUM),
			0);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	kfree_skb(skb);
}

static void is_super(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = 100;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
}

static void is_shared(struct sk_buff *skb)
{
	skb_get(skb);
}

static void is_unreadable(struct sk_buff *skb)
{
	skb->unreadable = 1;
}

static void sum_before(struct sk_buff *skb)
{
	skb->csum_start = skb_headroom(skb) - 2;
}

static void sum_behind(struct sk_buff *skb)
{
	skb->csum_start = skb_headroom(skb) + skb->len - 17;
}

/**
 * struct hgso_finish_bad - a packet that is not finished, and why
 * @name: of the case
 * @spoil: makes it so
 * @err: what it gives
 */
struct hgso_finish_bad {
	const char *name;
	void (*spoil)(struct sk_buff *skb);
	int err;
};

static const struct hgso_finish_bad hgso_finish_bads[] = {
	{ "a super-packet", is_super, -EINVAL },
	{ "a shared one", is_shared, -EBUSY },
	{ "an unreadable one", is_unreadable, -EFAULT },
	{ "a checksum before it", sum_before, -EINVAL },
	{ "a checksum behind it", sum_behind, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(hgso_finish_bad, hgso_finish_bads, name);

static void hgso_finish_refused(struct kunit *test)
{
	const struct super_spec spec = FRAGS;
	const struct hgso_finish_bad *c = test->param_value;
	struct super_shot shot;
	struct sk_buff *skb;

	skb = hgso_finish_skb(test, &spec, false);
	c->spoil(skb);
	super_shoot(test, &shot, skb);
	KUNIT_EXPECT_EQ(test, hgso_finish(skb, NETIF_F_SG), c->err);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	if (skb_shared(skb))
		kfree_skb(skb);
	kfree_skb(skb);
}

static struct kunit_case hgso_finish_tests[] = {
	KUNIT_CASE_PARAM(hgso_finish_packet, hgso_finish_gen_params),
	KUNIT_CASE(hgso_finish_as_is),
	KUNIT_CASE_PARAM(hgso_finish_refused, hgso_finish_bad_gen_params),
	{ }
};

struct kunit_suite hgso_finish_suite = {
	.name = "hgso-finish",
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_finish_tests,
};
