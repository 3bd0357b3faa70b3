// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations fail beneath the takeover: what ours has no memory for the
 * kernel's function makes, and where that has none either, nothing is lost but
 * the call.
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <net/gso.h>

#include "../hgso/unpack.h"
#include "takeover_test.h"

#define TAKEOVER_FAULT_ROUNDS	6
/* The kernel allocates twice a segment and more. */
#define TAKEOVER_FAULT_FRAMES	40
#define TAKEOVER_FAULT_SITES	200

/* Segments with new pages, since those there are would not be allocated. */
static struct sk_buff *takeover_faulty(struct unpack_rig *rig,
				       const struct unpack_round *round,
				       struct sk_buff *skb, unsigned int nth,
				       bool both, bool *failed)
{
	struct sk_buff *segs;

	unpack_device(rig, round);
	local_bh_disable();
	unpack_area_exit();
	if (both) {
		/* None of ours, which comes first, gets as far as the kernel. */
		unpack_fail(UNPACK_FAIL_ON, 1);
		unpack_fail(UNPACK_FAIL_KERNEL, nth);
	} else {
		unpack_fail(UNPACK_FAIL_ON, nth);
	}
	segs = __skb_gso_segment(skb, round->features, true);
	*failed = unpack_failed(both ? UNPACK_FAIL_KERNEL : UNPACK_FAIL_ON);
	local_bh_enable();
	unpack_no_device(rig);
	return segs;
}

/* As without the takeover, or, where the kernel may fail too, its error? */
static const char *takeover_fault_judge(const struct sk_buff *segs,
					const struct sk_buff *want, bool both)
{
	if (IS_ERR(segs))
		return both && PTR_ERR(segs) == -ENOMEM ? NULL :
		       "segmentation failed";
	if (!segs || !want)
		return segs == want ? NULL : "another number of segments";
	return unpack_compare(segs, want);
}

/*
 * Fails the @nth allocation and those after it of ours; or with @both all of
 * ours, and the @nth of the kernel's. Are there fewer?
 */
static const char *takeover_fault_at(struct unpack_rig *rig,
				     struct unpack_round *round,
				     const struct sk_buff *want,
				     unsigned int nth, bool both, bool *done)
{
	unsigned long missed = takeover_packets(HGSO_UNPACK_NOMEM);
	int base = unpack_memory(rig), refs = unpack_references(rig);
	struct sk_buff *skb = unpack_make(rig, round), *segs;
	const char *wrong;
	bool failed;

	*done = true;
	if (!skb)
		return "no memory";
	segs = takeover_faulty(rig, round, skb, nth, both, &failed);
	missed = takeover_packets(HGSO_UNPACK_NOMEM) - missed;
	*done = both ? !failed : !missed;
	rig->passed[HGSO_UNPACK_NOMEM] += missed;
	wrong = takeover_fault_judge(segs, want, both);
	if (!wrong && missed > 1)
		wrong = "one packet is counted more than once";
	if (!IS_ERR(segs))
		kfree_skb_list(segs);
	kfree_skb(skb);
	return wrong ?: unpack_kept(rig, base, refs);
}

/* One super-packet, with each allocation failing in turn. */
static const char *takeover_fault_round(struct kunit *test,
					struct unpack_round *round, bool both)
{
	struct unpack_rig *rig = test->priv;
	struct sk_buff *skb, *want;
	const char *wrong = NULL;
	unsigned int nth;
	bool done = false;

	skb = unpack_make(rig, round);
	if (!skb)
		return "no memory";
	unpack_device(rig, round);
	want = unpack_stock(skb, round->features);
	unpack_no_device(rig);
	kfree_skb(skb);
	if (IS_ERR(want))
		return "the kernel does not segment it";

	KUNIT_EXPECT_EQ(test, takeover_switch(true), 0);
	for (nth = 1; !done && !wrong && nth < TAKEOVER_FAULT_SITES; nth++)
		wrong = takeover_fault_at(rig, round, want, nth, both, &done);
	KUNIT_EXPECT_EQ(test, takeover_switch(false), 0);
	KUNIT_EXPECT_TRUE(test, done || wrong);
	kfree_skb_list(want);
	return wrong;
}

static void takeover_faults_by(struct kunit *test, bool both)
{
	const struct kinds_kind *kind = test->param_value;
	struct unpack_rig *rig = test->priv;
	struct unpack_round round;
	const char *wrong = NULL;
	unsigned int i, tried;

	if (!kind->taken)
		kunit_skip(test, "hgso declines it: nothing of ours can fail");
	for (i = 0, tried = 0; tried < TAKEOVER_FAULT_ROUNDS && !wrong; i++) {
		unpack_random(kind, hgso_test_first + i, &round);
		if (round.spec.payload / round.spec.mss > TAKEOVER_FAULT_FRAMES)
			continue;
		round.changes = 0;
		tried++;
		wrong = takeover_fault_round(test, &round, both);
	}
	if (wrong)
		KUNIT_FAIL(test, "%s: %s: repeat with seed=%llu first=%u",
			   kind->name, wrong, hgso_test_seed,
			   hgso_test_first + i - 1);
	kunit_info(test, "%s: %u passed on for want of memory\n", kind->name,
		   rig->passed[HGSO_UNPACK_NOMEM]);
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig->kinds) ?: "", "");
	KUNIT_EXPECT_GT(test, rig->passed[HGSO_UNPACK_NOMEM], 0);
}

static void takeover_faults_ours(struct kunit *test)
{
	takeover_faults_by(test, false);
}

static void takeover_faults_both(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "the kernel cannot make allocations fail");
	takeover_faults_by(test, true);
}

static struct kunit_case takeover_fault_tests[] = {
	KUNIT_CASE_PARAM(takeover_faults_ours, kinds_gen_params),
	KUNIT_CASE_PARAM(takeover_faults_both, kinds_gen_params),
	{ }
};

struct kunit_suite hgso_takeover_fault_suite = {
	.name = "hgso-takeover-fault",
	.suite_init = super_seed,
	.init = unpack_rig_init,
	.exit = takeover_test_exit,
	.test_cases = takeover_fault_tests,
};
