// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of super-packet, many at random: hgso's frames are those of
 * __skb_gso_segment(), byte for byte, or it leaves the packet alone; and which
 * of the two is no accident.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>

#include "hgso_kinds.h"

/* A tap, or TCP's retransmit queue, holds the packet too. */
#define KINDS_CLONE_EVERY	4
/* Finishing the kernel's checksums costs as much as all the rest. */
#define KINDS_WIRE_EVERY	8

static const char *kinds_wire(struct kinds_rig *rig,
			      const struct kinds_spec *spec)
{
	struct sk_buff *skb = kinds_skb(rig, spec), *segs;
	unsigned int len;
	const char *wrong;

	if (!skb)
		return "no memory";
	len = skb->len;
	segs = super_segments(skb);
	wrong = kinds_segments_right(rig, spec, segs, len);
	if (!IS_ERR_OR_NULL(segs))
		kfree_skb_list(segs);
	return wrong;
}

/* What another holder of the packet sees is what was made. */
static const char *kinds_held(struct kinds_rig *rig,
			      const struct kinds_spec *spec,
			      const struct sk_buff *held)
{
	struct sk_buff *fresh = kinds_skb(rig, spec);
	const char *wrong = NULL;

	if (!fresh)
		return "no memory";
	if (!kinds_same_octets(held, fresh))
		wrong = "another holder sees other octets";
	consume_skb(fresh);
	return wrong;
}

static const char *kinds_round(struct kinds_rig *rig,
			       const struct kinds_spec *spec, bool held)
{
	struct sk_buff *skb = kinds_skb(rig, spec), *ref = kinds_skb(rig, spec);
	const char *wrong = "no memory";
	struct sk_buff *clone = NULL;
	struct kinds_at at;
	int err;

	kinds_place(spec, &at);
	if (skb && held)
		clone = skb_clone(skb, GFP_KERNEL);
	if (skb && ref && !clone == !held) {
		wrong = kinds_try(rig, skb, ref, at.end, &err);
		ref = NULL;
	}
	if (!wrong && !err && !spec->kind->taken)
		wrong = "taken, and the table says that it is declined";
	if (!wrong && err && spec->kind->taken &&
	    !kinds_engine_may_decline(spec))
		wrong = "declined, and the table says that it is taken";
	if (!wrong && clone)
		wrong = kinds_held(rig, spec, clone);
	consume_skb(clone);
	consume_skb(ref);
	consume_skb(skb);
	return wrong;
}

static void kinds_differential(struct kunit *test)
{
	const struct kinds_kind *kind = test->param_value;
	unsigned int rounds = hgso_test_rounds / KINDS_ROUNDS_PER_KIND, i;
	struct kinds_rig *rig = test->priv;
	u64 start = ktime_get_ns(), ms;
	struct kinds_spec spec;
	const char *wrong;

	if (!rounds)
		kunit_skip(test, "rounds=%u leaves none of these, %u would one",
			   hgso_test_rounds, KINDS_ROUNDS_PER_KIND);
	for (i = 0; i < rounds; i++) {
		unsigned int round = hgso_test_first + i;

		kinds_random(kind, round, &spec);
		wrong = kinds_round(rig, &spec, !(round % KINDS_CLONE_EVERY));
		if (!wrong && !kind->mark && !(round % KINDS_WIRE_EVERY))
			wrong = kinds_wire(rig, &spec);
		if (wrong) {
			kinds_show(test, &spec, round, wrong);
			return;
		}
		cond_resched();
	}

	ms = div_u64(ktime_get_ns() - start, NSEC_PER_MSEC);
	kunit_info(test, "%s: %u taken, %u declined (seed=%llu first=%u, %llu frames, %llu ms)\n",
		   kind->name, rig->taken, rig->declined, hgso_test_seed,
		   hgso_test_first, rig->frames, ms);
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig) ?: "", "");
	/* A generator whose packets are declined would test nothing. */
	if (kind->taken)
		KUNIT_EXPECT_LE(test, rig->declined, 1 + rounds / 5);
}

static struct kunit_case kinds_tests[] = {
	KUNIT_CASE_PARAM(kinds_differential, kinds_gen_params),
	{ }
};

struct kunit_suite hgso_kinds_suite = {
	.name = "hgso-kinds",
	.suite_init = super_seed,
	.init = kinds_init,
	.exit = kinds_exit,
	.test_cases = kinds_tests,
};
