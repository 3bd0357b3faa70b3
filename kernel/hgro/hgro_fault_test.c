// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation that receiving makes fails once: a packet is at most dropped,
 * and counted; no page is lost, and what is held comes out.
 *
 * Built where the kernel can make allocations fail (CONFIG_FAILSLAB: the debug
 * flavour).
 */
#include <linux/sched.h>

#include "hgro_test.h"

/* More packets than two carriers hold. */
#define FAULT_PACKETS	40
/* Allocations that one packet may make, at most. */
#define FAULT_SITES	6

static void fault_around(struct hgro_rig *rig, bool before)
{
	if (before) {
		WRITE_ONCE(current->fail_nth, rig->fail_nth);
		return;
	}
	rig->failed = rig->fail_nth && !READ_ONCE(current->fail_nth);
	WRITE_ONCE(current->fail_nth, 0);
}

/* Feeds packets; the @nth allocation of packet @which fails. Was there one? */
static bool fault_round(struct hgro_rig *rig, unsigned int which,
			unsigned int nth)
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
		rig->fail_nth = i == which ? nth : 0;
		rig_feed(rig, &frame, RIG_PAGE);
		failed |= i == which && rig->failed;
		frame_after(&spec);
	}
	return failed;
}

static void hgro_fault(struct kunit *test)
{
	unsigned int which, nth, failures = 0;
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	const char *wrong;
	bool failed;

	rig->around = fault_around;
	for (which = 0; which < FAULT_PACKETS; which++)
		for (nth = 1; nth < FAULT_SITES; nth++) {
			failed = fault_round(rig, which, nth);
			failures += failed;
			wrong = rig_end(rig);
			KUNIT_ASSERT_STREQ_MSG(test, wrong ?: "", "",
					       "packet %u, allocation %u",
					       which, nth);
			if (!failed)
				break;
		}
	hgro_stats(rig->hgro, &stats);
	kunit_info(test, "%u allocations failed, %llu packets were dropped\n",
		   failures, stats.dropped);
	KUNIT_EXPECT_GT(test, failures, 2);
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
