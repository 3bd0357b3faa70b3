// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that receiving makes fail: a packet is at most dropped,
 * and counted; no page is lost, and what is held comes out.
 *
 * Built where the kernel can make allocations fail (CONFIG_FAILSLAB: the debug
 * flavour).
 */
#include <linux/sched.h>

#include "hgro_test.h"

/* More packets than two carriers hold. */
#define FAULT_PACKETS	40
/* sk_buffs come from a cache that is filled by the slab now and then. */
#define FAULT_ROUNDS	64

static void fault_around(struct hgro_rig *rig, bool before)
{
	if (before) {
		WRITE_ONCE(current->fail_nth, rig->fail_nth);
		return;
	}
	rig->failed = rig->fail_nth && !READ_ONCE(current->fail_nth);
	WRITE_ONCE(current->fail_nth, 0);
}

/* Feeds packets; an allocation for packet @which fails. Was there one? */
static bool fault_round(struct hgro_rig *rig, unsigned int which)
{
	struct frame_spec spec = {
		.group = 2, .df = true, .tcp_opts = 12, .ttl = 64,
		.flags = 0x10, .window = 100, .len = 300,
	};
	static struct frame frame;
	bool failed = false;
	unsigned int i;

	for (i = 0; i < FAULT_PACKETS; i++) {
		frame_make(&spec, &frame);
		rig->fail_nth = i == which;
		rig_feed(rig, &frame, RIG_PAGE);
		failed |= i == which && rig->failed;
		frame_after(&spec);
	}
	return failed;
}

static void hgro_fault(struct kunit *test)
{
	unsigned int which, round, failures = 0;
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	rig->around = fault_around;
	/* Those that need a carrier. */
	for (which = 0; which < FAULT_PACKETS; which += MAX_SKB_FRAGS)
		for (round = 0; round < FAULT_ROUNDS; round++) {
			failures += fault_round(rig, which);
			KUNIT_ASSERT_STREQ_MSG(test, rig_end(rig) ?: "", "",
					       "packet %u, round %u", which,
					       round);
		}
	hgro_stats(rig->hgro, &stats);
	kunit_info(test, "%u allocations failed, %llu packets were dropped\n",
		   failures, stats.dropped);
	KUNIT_EXPECT_GT(test, failures, 2);
	/* Those that were the first of a flow. */
	KUNIT_EXPECT_GT(test, stats.dropped, 0);
}

static struct kunit_case hgro_fault_tests[] = {
	KUNIT_CASE(hgro_fault),
	{ }
};

static struct kunit_suite hgro_fault_suite = {
	.name = "hgro-fault",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_fault_tests,
};

/* Its own, since most kernels do not have it. */
kunit_test_suite(hgro_fault_suite);
