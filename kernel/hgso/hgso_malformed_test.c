// SPDX-License-Identifier: GPL-2.0
/*
 * Headers cut short and headers changed at random: malformed ones are refused
 * untouched, and for all that hgso takes its frames are still the kernel's.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/sched.h>

#include "hgso_test.h"

#define ACK	0x10
/* A round with changes for so many of the random suite, within reason. */
#define HGSO_ROUNDS_PER_CHANGE	16
#define HGSO_MAX_CHANGES	100000U

static const struct super_spec hgso_malformed_cases[] = {
	{ .name = "TCPv4", .flags = ACK, .mss = 300, .payload = 1000,
	  .nr_frags = 2 },
	{ .name = "TCPv4, linear", .flags = ACK, .mss = 300, .payload = 1000,
	  .linear = 1000 },
	{ .name = "TCPv4, options", .flags = ACK, .ip_opts = 8, .tcp_opts = 12,
	  .mss = 300, .payload = 1000, .linear = 30, .nr_frags = 2 },
	{ .name = "TCPv4, fixed id", .gso_type = SKB_GSO_TCP_FIXEDID,
	  .flags = ACK, .mss = 300, .payload = 1000, .nr_frags = 2 },
	{ .name = "TCPv4, no partial sum", .check_kind = SUPER_NONE,
	  .flags = ACK, .mss = 300, .payload = 1000, .linear = 200,
	  .nr_frags = 2 },
	{ .name = "TCPv4, tag", .flags = ACK, .vlan = ETH_P_8021Q,
	  .mss = 300, .payload = 1000, .nr_frags = 2 },
	{ .name = "TCPv4, headers in a frag", .flags = ACK, .tcp_opts = 12,
	  .hdr_frags = 40, .mss = 300, .payload = 1000, .nr_frags = 2 },
	{ .name = "TCPv6", .flags = ACK, .v6 = true, .tcp_opts = 12,
	  .mss = 300, .payload = 1000, .nr_frags = 2 },
	{ .name = "TCPv6, tag, linear", .flags = ACK, .v6 = true,
	  .vlan = ETH_P_8021AD, .mss = 300, .payload = 1000, .linear = 1000 },
};

KUNIT_ARRAY_PARAM_DESC(hgso_malformed, hgso_malformed_cases, name);

/* Declines must agree with the predicate, and leave everything alone. */
static const char *hgso_malformed_check(struct kunit *test, struct sk_buff *skb,
					unsigned int *taken)
{
	const netdev_features_t all = NETIF_F_GSO_MASK | NETIF_F_SG;
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	netdev_features_t left;
	const char *wrong;
	int err;

	super_shoot(test, &shot, skb);
	left = hgso_features_check(skb, all, &rig->txq);
	if (!super_untouched(&shot, skb)) {
		wrong = "the predicate changed the skb";
		goto out;
	}

	wrong = super_differs(rig, skb, SUPER_PARTIAL, &err);
	if (wrong)
		goto out;

	if (!err) {
		(*taken)++;
		if (left != all)
			wrong = "taken, but features were stripped";
	} else if (!super_untouched(&shot, skb)) {
		wrong = "declined, but not untouched";
	} else if (left != NETIF_F_SG && skb_is_gso(skb)) {
		wrong = "declined, but no features were stripped";
	} else if (err != -EINVAL && err != -EOPNOTSUPP) {
		wrong = "declined with a strange errno";
	}
out:
	kunit_kfree(test, shot.head);
	return wrong;
}

/* The octet of the headers that is at @at, wherever it is. */
static u8 *hgso_octet(struct sk_buff *skb, unsigned int at)
{
	if (at < skb_headlen(skb))
		return skb->data + at;
	return (u8 *)skb_frag_address(&skb_shinfo(skb)->frags[0]) +
	       at - skb_headlen(skb);
}

static void hgso_malformed_try(struct kunit *test,
			       const struct super_spec *spec, unsigned int at,
			       u8 flip, unsigned int *taken)
{
	struct sk_buff *skb = super_skb(test->priv, spec);
	const char *wrong;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	*hgso_octet(skb, at) ^= flip;
	wrong = hgso_malformed_check(test, skb, taken);
	if (wrong) {
		KUNIT_FAIL(test, "octet %u, flipped %#x: %s", at, flip, wrong);
		super_dump(test, spec);
	}
	kfree_skb(skb);
}

/* Every bit of every header octet, and whole octets. */
static void hgso_malformed_bits(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	unsigned int bit, at, taken = 0;
	unsigned int len = super_hdr_len(spec);

	for (at = 0; at < len; at++) {
		for (bit = 0; bit < 8; bit++)
			hgso_malformed_try(test, spec, at, BIT(bit), &taken);
		hgso_malformed_try(test, spec, at, 0xff, &taken);
		cond_resched();
	}

	/* Addresses, ports, sequence numbers: most octets may be anything. */
	KUNIT_EXPECT_GT(test, taken, len * 9 / 2);
	KUNIT_EXPECT_LT(test, taken, len * 9);
}

/* Every length that is too short for the headers, in the head and in a frag. */
static void hgso_malformed_truncated(struct kunit *test)
{
	const struct super_spec *spec = test->param_value;
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct hgso_stats stats;
	struct sk_buff *skb;
	unsigned int len;

	for (len = 1; len < super_hdr_len(spec); len++) {
		skb = super_skb(rig, spec);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_ASSERT_EQ(test, pskb_trim(skb, len), 0);
		super_shoot(test, &shot, skb);

		KUNIT_EXPECT_EQ(test, hgso_features_check(skb, NETIF_F_TSO,
							  &rig->txq), 0);
		KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -EINVAL);
		KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
		kunit_kfree(test, shot.head);
		kfree_skb(skb);
	}

	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_HEADER], len - 1);
}

/* What the stack says beside the headers may be wrong too. */
static void hgso_malformed_change(struct rnd_state *rnd, struct sk_buff *skb,
				  unsigned int hdr_len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	switch (super_below(rnd, 10)) {
	case 0:
		shinfo->gso_type ^= BIT(super_below(rnd, 20));
		break;
	case 1:
		shinfo->gso_size = prandom_u32_state(rnd);
		break;
	case 2:
		skb->csum_start += super_below(rnd, 9) - 4;
		break;
	case 3:
		skb->csum_offset = super_below(rnd, 20);
		break;
	case 4:
		skb->ip_summed = super_below(rnd, 4);
		break;
	case 5:
		skb->protocol = htons(super_below(rnd, 2) ? ETH_P_IP :
				      ETH_P_IPV6);
		break;
	default:
		*hgso_octet(skb, super_below(rnd, hdr_len)) =
			prandom_u32_state(rnd);
	}
}

static void hgso_malformed_random(struct kunit *test)
{
	unsigned int i, n, round, taken = 0;
	unsigned int rounds = min(hgso_test_rounds / HGSO_ROUNDS_PER_CHANGE,
				  HGSO_MAX_CHANGES);
	struct super_spec spec;
	const char *wrong;
	struct sk_buff *skb;
	struct rnd_state rnd;

	kunit_info(test, "seed=%llu rounds=%u first=%u\n", hgso_test_seed,
		   rounds, hgso_test_first);

	if (!rounds)
		kunit_skip(test, "rounds=%u leaves none of these, %u would one",
			   hgso_test_rounds, HGSO_ROUNDS_PER_CHANGE);
	for (i = 0; i < rounds; i++) {
		round = hgso_test_first + i;
		super_rnd(&rnd, round);
		super_random(&rnd, &spec);
		skb = super_skb(test->priv, &spec);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		for (n = super_below(&rnd, 3) + 1; n; n--)
			hgso_malformed_change(&rnd, skb, super_hdr_len(&spec));
		wrong = hgso_malformed_check(test, skb, &taken);
		kfree_skb(skb);
		if (wrong) {
			KUNIT_FAIL(test, "%s: repeat with seed=%llu first=%u rounds=%u",
				   wrong, hgso_test_seed, round,
				   HGSO_ROUNDS_PER_CHANGE);
			super_dump(test, &spec);
			return;
		}
		cond_resched();
	}

	kunit_info(test, "%u of %u were taken\n", taken, rounds);
	KUNIT_EXPECT_GE(test, taken, rounds / 8);
	KUNIT_EXPECT_LE(test, taken, rounds - rounds / 8);
}

static struct kunit_case hgso_malformed_tests[] = {
	KUNIT_CASE_PARAM(hgso_malformed_bits, hgso_malformed_gen_params),
	KUNIT_CASE_PARAM(hgso_malformed_truncated, hgso_malformed_gen_params),
	KUNIT_CASE(hgso_malformed_random),
	{ }
};

struct kunit_suite hgso_malformed_suite = {
	.name = "hgso-malformed",
	.suite_init = super_seed,
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_malformed_tests,
};
