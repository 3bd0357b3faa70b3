// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation that hgso_prepare() makes fails once: the packet is not lost,
 * not changed, and can be prepared after all.
 *
 * Built where the kernel can make allocations fail (CONFIG_FAILSLAB: the debug
 * flavour).
 */
#include <linux/bottom_half.h>
#include <linux/sched.h>

#include "hgso_kinds.h"

/* Few: this is for slow kernels, and there are few sites. */
#define KINDS_FAULT_ROUNDS	16
/* More than prepare has. */
#define KINDS_FAULT_SITES	8

/* Fails the @nth allocation. Was there one? */
static bool kinds_fail(struct kinds_rig *rig, struct sk_buff *skb,
		       unsigned int nth, int *descs)
{
	bool failed;

	WRITE_ONCE(current->fail_nth, nth);
	*descs = kinds_engine_prepare(rig, skb);
	failed = !READ_ONCE(current->fail_nth);
	WRITE_ONCE(current->fail_nth, 0);
	return failed;
}

static const char *kinds_fault(struct kinds_rig *rig,
			       const struct kinds_spec *spec, unsigned int nth,
			       bool *failed)
{
	struct sk_buff *skb = kinds_skb(rig, spec), *ref = kinds_skb(rig, spec);
	const char *wrong = "no memory";
	struct kinds_at at;
	int descs, err;

	*failed = false;
	kinds_place(spec, &at);
	if (!skb || !ref)
		goto out;
	wrong = NULL;
	*failed = kinds_fail(rig, skb, nth, &descs);
	if (!*failed)
		goto out;

	if (descs < 0 && descs != -ENOMEM) {
		wrong = "an allocation failed, and another errno says so";
		goto out;
	}
	wrong = kinds_try(rig, skb, ref, at.end, &err);
	ref = NULL;
	if (!wrong && err)
		wrong = "declined, now that there is memory";
out:
	consume_skb(ref);
	consume_skb(skb);
	return wrong;
}

static void kinds_faults(struct kunit *test)
{
	const struct kinds_kind *kind = test->param_value;
	unsigned int round, nth, failures = 0;
	struct kinds_rig *rig = test->priv;
	struct kinds_spec spec;
	const char *wrong;
	bool failed;

	for (round = hgso_test_first;
	     round < hgso_test_first + KINDS_FAULT_ROUNDS; round++) {
		kinds_random(kind, round, &spec);
		if (kinds_engine_may_decline(&spec))
			continue;
		for (nth = 1, failed = true;
		     failed && nth < KINDS_FAULT_SITES; nth++) {
			wrong = kinds_fault(rig, &spec, nth, &failed);
			if (wrong) {
				kunit_err(test, "allocation %u failed\n", nth);
				kinds_show(test, &spec, round, wrong);
				return;
			}
			failures += failed;
		}
		KUNIT_EXPECT_LT(test, nth, KINDS_FAULT_SITES);
	}

	kunit_info(test, "%s: %u allocations failed\n", kind->name, failures);
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig) ?: "", "");
	/* What declines needs no memory for that. */
	if (kind->taken)
		KUNIT_EXPECT_GT(test, failures, 0);
	else
		KUNIT_EXPECT_EQ(test, failures, 0);
}

static struct kunit_case kinds_fault_tests[] = {
	KUNIT_CASE_PARAM(kinds_faults, kinds_gen_params),
	{ }
};

static struct kunit_suite hgso_kinds_fault_suite = {
	.name = "hgso-kinds-fault",
	.suite_init = super_seed,
	.init = kinds_init,
	.exit = kinds_exit,
	.test_cases = kinds_fault_tests,
};

/* Its own, since most kernels do not have it. */
kunit_test_suite(hgso_kinds_fault_suite);
