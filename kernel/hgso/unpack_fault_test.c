// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation of hgso_unpack() fails: the super-packet is as it was, no
 * reference and no octet of the socket's memory is lost.
 *
 * On each kernel by a switch at each site; where the kernel can make
 * allocations fail (CONFIG_FAILSLAB), by that too: it needs no site of ours.
 */
#include <linux/bottom_half.h>
#include <linux/sched.h>

#include "unpack.h"
#include "unpack_test.h"

#define UNPACK_FAULT_ROUNDS	16
/* More than any of the packets needs. */
#define UNPACK_FAULT_SITES	200
/* Heads of more segments would be many. */
#define UNPACK_FAULT_FRAMES	400

/**
 * unpack_fail() - have allocations fail from now on
 * @how: which, and by whom
 * @nth: 1 is the next
 */
void unpack_fail(enum unpack_failing how, unsigned int nth)
{
#ifdef CONFIG_FAILSLAB
	if (how == UNPACK_FAIL_KERNEL) {
		WRITE_ONCE(current->fail_nth, nth);
		return;
	}
#endif
	unpack_faults.nth = nth;
	unpack_faults.once = how == UNPACK_FAIL_ONCE;
}

/**
 * unpack_failed() - nothing fails any more
 * @how: as it was for unpack_fail()
 *
 * Return: was there an allocation that did? Only known of the kernel's.
 */
bool unpack_failed(enum unpack_failing how)
{
	bool failed = true;

#ifdef CONFIG_FAILSLAB
	if (how == UNPACK_FAIL_KERNEL) {
		failed = !READ_ONCE(current->fail_nth);
		WRITE_ONCE(current->fail_nth, 0);
	}
#endif
	unpack_faults.nth = 0;
	return failed;
}

/* Unpacks with new pages, since those there are would not be allocated. */
static unsigned int unpack_faulty(struct unpack_rig *rig,
				  const struct unpack_round *round,
				  struct sk_buff *skb, unsigned int nth,
				  enum unpack_failing how, bool *failed,
				  struct sk_buff **segs)
{
	unsigned int reason;

	unpack_device(rig, round);
	local_bh_disable();
	unpack_area_exit();
	unpack_fail(how, nth);
	reason = hgso_unpack(skb, round->features, segs);
	*failed = unpack_failed(how);
	local_bh_enable();
	unpack_no_device(rig);
	return reason;
}

/* Fails the @nth allocation. Are there fewer? */
static const char *unpack_fault_at(struct unpack_rig *rig,
				   struct unpack_round *round,
				   unsigned int nth, enum unpack_failing how,
				   bool *done)
{
	int base = unpack_memory(rig), refs = unpack_references(rig);
	struct sk_buff *skb = unpack_make(rig, round), *segs = NULL;
	const char *wrong = NULL;
	unsigned int reason;
	bool failed;

	*done = true;
	if (!skb)
		return "no memory";
	if (kinds_shoot(&rig->kinds->shot, rig->kinds, skb)) {
		wrong = "no room for a copy";
		goto out;
	}
	reason = unpack_faulty(rig, round, skb, nth, how, &failed, &segs);
	rig->passed[reason]++;
	/* Without a large page, a small one may do. */
	*done = how == UNPACK_FAIL_KERNEL ? !failed :
		reason != HGSO_UNPACK_NOMEM;
	if (reason) {
		if (segs || !kinds_untouched(&rig->kinds->shot, rig->kinds,
					     skb))
			wrong = "an allocation failed, and the packet changed";
		segs = NULL;
	} else {
		wrong = unpack_owned(rig, skb, segs, base);
	}
	if (!wrong)
		wrong = unpack_extended(skb, segs);
	kfree_skb_list(segs);
out:
	kfree_skb(skb);
	return wrong ?: unpack_kept(rig, base, refs);
}

static void unpack_faults_by(struct kunit *test, enum unpack_failing how)
{
	const struct kinds_kind *kind = test->param_value;
	struct unpack_rig *rig = test->priv;
	struct unpack_round round;
	const char *wrong = NULL;
	unsigned int i, nth;
	bool done;

	for (i = 0; i < UNPACK_FAULT_ROUNDS && !wrong; i++) {
		unpack_random(kind, hgso_test_first + i, &round);
		if (round.spec.payload / round.spec.mss > UNPACK_FAULT_FRAMES)
			continue;
		round.changes = 0;
		done = false;
		for (nth = 1;
		     !done && !wrong && nth < UNPACK_FAULT_SITES; nth++)
			wrong = unpack_fault_at(rig, &round, nth, how, &done);
		KUNIT_EXPECT_TRUE(test, done || wrong);
	}
	if (wrong)
		KUNIT_FAIL(test, "%s: %s: repeat with seed=%llu first=%u",
			   kind->name, wrong, hgso_test_seed,
			   hgso_test_first + i - 1);

	kunit_info(test, "%s: %u allocations failed\n", kind->name,
		   rig->passed[HGSO_UNPACK_NOMEM]);
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig->kinds) ?: "", "");
	if (kind->taken)
		KUNIT_EXPECT_GT(test, rig->passed[HGSO_UNPACK_NOMEM], 0);
	else
		KUNIT_EXPECT_EQ(test, rig->passed[HGSO_UNPACK_NOMEM], 0);
}

static void unpack_faults_on(struct kunit *test)
{
	unpack_faults_by(test, UNPACK_FAIL_ON);
}

static void unpack_faults_once(struct kunit *test)
{
	unpack_faults_by(test, UNPACK_FAIL_ONCE);
}

static void unpack_faults_kernel(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "the kernel cannot make allocations fail");
	unpack_faults_by(test, UNPACK_FAIL_KERNEL);
}

static struct kunit_case unpack_fault_tests[] = {
	KUNIT_CASE_PARAM(unpack_faults_on, kinds_gen_params),
	KUNIT_CASE_PARAM(unpack_faults_once, kinds_gen_params),
	KUNIT_CASE_PARAM(unpack_faults_kernel, kinds_gen_params),
	{ }
};

struct kunit_suite hgso_unpack_fault_suite = {
	.name = "hgso-unpack-fault",
	.suite_init = super_seed,
	.init = unpack_rig_init,
	.exit = unpack_rig_exit,
	.test_cases = unpack_fault_tests,
};
