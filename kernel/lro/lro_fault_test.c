// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that receiving makes fail: the packet's frags are given back, and
 * it is counted.
 *
 * Built where the kernel can make allocations fail (CONFIG_FAILSLAB).
 */
#include <linux/sched.h>

#include "lro_test.h"

/* sk_buffs come from a cache that is filled by the slab now and then. */
#define FAULT_ROUNDS	200
#define FAULT_PACKETS	40

static bool fault_now;

static void fault_around(bool before)
{
	WRITE_ONCE(current->fail_nth, before && fault_now);
}

static void lro_fault(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	struct frame_spec spec;
	unsigned int i, round;

	rig->around = fault_around;
	rig->mgr.max_aggr = FAULT_PACKETS;
	for (round = 0; round < FAULT_ROUNDS; round++) {
		spec = (struct frame_spec){
			.group = 2, .ttl = 64, .flags = 0x10, .len = 100,
		};
		for (i = 0; i < FAULT_PACKETS; i++) {
			fault_now = i % MAX_SKB_FRAGS == 0;
			lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
		}
		lro_rig_end(test);
	}
	kunit_info(test, "%lu of %lu packets were dropped\n",
		   rig->mgr.stats.dropped, rig->fed);
	KUNIT_EXPECT_GT(test, rig->mgr.stats.dropped, 2);
}

static struct kunit_case lro_fault_tests[] = {
	KUNIT_CASE(lro_fault),
	{ }
};

static struct kunit_suite lro_fault_suite = {
	.name = "lro-fault",
	.init = lro_rig_init,
	.exit = lro_rig_exit,
	.test_cases = lro_fault_tests,
};

/* Its own, since most kernels do not have it. */
kunit_test_suite(lro_fault_suite);
