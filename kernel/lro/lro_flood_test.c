// SPDX-License-Identifier: GPL-2.0
/*
 * More streams than descriptors, packets in every mode, lost, repeated and
 * reordered: what is held stays bounded, and each stream comes up in order.
 */
#include "lro_test.h"

#define FLOOD_ROUNDS	20000
#define FLOOD_POLL	200

/* Every stream's packets in order: a number that never goes back. */
static void flood_order(struct kunit *test, u32 *last)
{
	struct lro_rig *rig = test->priv;
	struct sk_buff *skb;
	struct tcphdr th;
	bool v6;
	u16 group;

	while ((skb = lro_rig_up(test, 0))) {
		v6 = skb->protocol == htons(ETH_P_IPV6);
		group = get_unaligned_be16(skb_mac_header(skb) + 10);
		if (!skb_copy_bits(skb, v6 ? 40 : 20, &th, sizeof(th)) &&
		    group < RIG_GROUPS) {
			KUNIT_EXPECT_GE(test, (s32)(ntohl(th.seq) -
						    last[group]), 0);
			last[group] = ntohl(th.seq);
		} else {
			KUNIT_FAIL(test, "what is this?");
		}
		kfree_skb(skb);
	}
	KUNIT_EXPECT_LE(test, rig->most_open, LRO_TEST_DESCS);
	KUNIT_EXPECT_LE(test, rig->most_held, LRO_TEST_DESCS * LRO_TEST_AGGR);
}

static void flood_start(struct rnd_state *rnd, struct frame_spec *specs,
			u32 *last)
{
	unsigned int i;

	for (i = 0; i < RIG_GROUPS; i++) {
		frame_first(rnd, i, &specs[i]);
		specs[i].ext = false;
		specs[i].tags = 0;
		specs[i].flags &= ~0x80;
		specs[i].tcp_opts = frame_one_in(rnd, 2) ? 12 : 0;
		last[i] = specs[i].seq;
	}
}

/* Bursts, so that something is merged. */
static void flood_burst(struct kunit *test, struct rnd_state *rnd,
			struct frame_spec *spec)
{
	unsigned int i, packets = 1 + frame_below(rnd, 2 * LRO_TEST_AGGR);
	struct frame_spec odd;

	for (i = 0; i < packets; i++) {
		/* Lost. */
		if (frame_one_in(rnd, 20))
			frame_after(spec);
		if (frame_one_in(rnd, 20))
			spec->ack += frame_below(rnd, 3000);
		if (frame_one_in(rnd, 10)) {
			odd = *spec;
			odd.flags ^= 1 << frame_below(rnd, 8);
			odd.len = frame_below(rnd, spec->len + 1);
			lro_rig_feed_spec(test, &odd,
					  frame_below(rnd, LRO_MODES));
			spec->seq = odd.seq;
			continue;
		}
		lro_rig_feed_spec(test, spec, frame_below(rnd, LRO_MODES));
	}
}

static void lro_flood(struct kunit *test)
{
	u32 rounds = min(hgro_test_rounds, FLOOD_ROUNDS);
	static struct frame_spec specs[RIG_GROUPS];
	struct lro_rig *rig = test->priv;
	static u32 last[RIG_GROUPS];
	struct rnd_state rnd;

	kunit_info(test, "seed %llu\n", hgro_test_seed);
	prandom_seed_state(&rnd, hgro_test_seed);
	flood_start(&rnd, specs, last);
	while (rig->fed < rounds) {
		flood_burst(test, &rnd, &specs[frame_below(&rnd, RIG_GROUPS)]);
		if (frame_one_in(&rnd, FLOOD_POLL / LRO_TEST_AGGR))
			lro_rig_flush(test);
		flood_order(test, last);
	}
	lro_rig_flush(test);
	flood_order(test, last);
	kunit_info(test, "%lu packets: %lu taken in %lu, %lu without descriptor\n",
		   rig->fed, rig->mgr.stats.aggregated, rig->mgr.stats.flushed,
		   rig->mgr.stats.no_desc);
	/* Both bounds were met, or this shows nothing. */
	KUNIT_EXPECT_EQ(test, rig->most_open, LRO_TEST_DESCS);
	KUNIT_EXPECT_GT(test, rig->mgr.stats.no_desc, 0);
	KUNIT_EXPECT_GT(test, rig->mgr.stats.aggregated,
			2 * rig->mgr.stats.flushed);
	lro_rig_end(test);
}

/* Held packets at their most: every descriptor but one packet short of full. */
static void lro_flood_held(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	struct frame_spec spec;
	unsigned int i, j;

	for (i = 0; i < 2 * LRO_TEST_DESCS; i++) {
		spec = (struct frame_spec){
			.group = i, .v6 = i & 1, .ttl = 64, .flags = 0x10,
			.len = 10,
		};
		for (j = 0; j < LRO_TEST_AGGR - 1; j++)
			lro_rig_feed_spec(test, &spec, LRO_MODE_HEAD_FRAG);
	}
	KUNIT_EXPECT_EQ(test, rig->most_open, LRO_TEST_DESCS);
	KUNIT_EXPECT_EQ(test, rig->most_held,
			LRO_TEST_DESCS * (LRO_TEST_AGGR - 1));
	lro_rig_end(test);
}

static struct kunit_case lro_flood_tests[] = {
	KUNIT_CASE(lro_flood),
	KUNIT_CASE(lro_flood_held),
	{ }
};

struct kunit_suite lro_flood_suite = {
	.name = "lro-flood",
	.suite_init = hgro_test_suite_init,
	.init = lro_rig_init,
	.exit = lro_rig_exit,
	.test_cases = lro_flood_tests,
};
