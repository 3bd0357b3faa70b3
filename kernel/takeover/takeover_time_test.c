// SPDX-License-Identifier: GPL-2.0
/*
 * The takeover's sample: which super-packets are timed, and by whom.
 */
#include <linux/netdevice.h>
#include <linux/preempt.h>

#include "takeover_test.h"

/* Timed: one in two, one by ours and one by the kernel's, and none is lost. */
static void takeover_samples(struct kunit *test)
{
	struct takeover_counters before, after;
	struct sk_buff *segs;
	unsigned int i, who;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	WRITE_ONCE(takeover_sample, 2);
	takeover_sum(&before);
	/* On one processor, which has its turns. */
	migrate_disable();
	for (i = 0; i < 16; i++) {
		segs = takeover_send(test, i / 4 % 2, TAKEOVER_FEATURES, 0);
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(segs));
		if (!IS_ERR_OR_NULL(segs))
			kfree_skb_list(segs);
	}
	migrate_enable();
	WRITE_ONCE(takeover_sample, 0);
	takeover_sum(&after);
	KUNIT_EXPECT_EQ(test, after.packets[TAKEOVER_SAMPLE],
			before.packets[TAKEOVER_SAMPLE] + 4);
	KUNIT_EXPECT_EQ(test, after.packets[HGSO_OK],
			before.packets[HGSO_OK] + 12);
	for (who = 0; who < TAKEOVER_NR_WHO; who++) {
		KUNIT_EXPECT_EQ(test, after.timed[who].packets,
				before.timed[who].packets + 4);
		KUNIT_EXPECT_EQ(test, after.timed[who].segments,
				before.timed[who].segments + 2 * (14 + 15));
		KUNIT_EXPECT_GT(test, after.timed[who].ns,
				before.timed[who].ns);
	}
	/* What the device takes whole is none of it. */
	WRITE_ONCE(takeover_sample, 1);
	KUNIT_EXPECT_NULL(test, takeover_send(test, 0, TAKEOVER_FEATURES |
					      NETIF_F_TSO, SKB_GSO_DODGY));
	WRITE_ONCE(takeover_sample, 0);
	KUNIT_EXPECT_EQ(test, takeover_packets(TAKEOVER_SAMPLE),
			after.packets[TAKEOVER_SAMPLE]);
}

/* What is in a tunnel is timed with it, by both; the kernel comes by twice. */
static void takeover_samples_tunnel(struct kunit *test)
{
	static const struct kinds_kind kind = {
		.name = "timed tunnel", .taken = true, .inner = KINDS_V4,
		.outer = KINDS_V4, .tunnel = KINDS_UDP_TUNNEL,
		.l4 = IPPROTO_TCP,
	};
	struct takeover_counters before, after;
	struct unpack_rig *rig = test->priv;
	unsigned int round = 0, i;
	struct sk_buff *skb, *segs;
	struct kinds_spec spec;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	do {
		kinds_random(&kind, round++, &spec);
	} while (spec.check_kind != SUPER_PSEUDO || spec.teb || spec.nr_list);
	WRITE_ONCE(takeover_sample, 1);
	takeover_sum(&before);
	migrate_disable();
	for (i = 0; i < 4; i++) {
		skb = kinds_skb(rig->kinds, &spec);
		segs = skb ? unpack_stock(skb, TAKEOVER_FEATURES) : NULL;
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(segs));
		if (!IS_ERR_OR_NULL(segs))
			kfree_skb_list(segs);
		kfree_skb(skb);
	}
	migrate_enable();
	WRITE_ONCE(takeover_sample, 0);
	takeover_sum(&after);
	for (i = 0; i < TAKEOVER_NR_WHO; i++)
		KUNIT_EXPECT_EQ(test, after.timed[i].packets,
				before.timed[i].packets + 2);
	KUNIT_EXPECT_EQ(test, after.packets[TAKEOVER_NESTED],
			before.packets[TAKEOVER_NESTED] + 2);
}

static struct kunit_case takeover_time_tests[] = {
	KUNIT_CASE(takeover_samples),
	KUNIT_CASE(takeover_samples_tunnel),
	{ }
};

struct kunit_suite hgso_takeover_time_suite = {
	.name = "hgso-takeover-time",
	.suite_init = super_seed,
	.init = unpack_rig_init,
	.exit = takeover_test_exit,
	.test_cases = takeover_time_tests,
};
