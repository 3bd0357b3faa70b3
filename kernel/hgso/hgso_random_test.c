// SPDX-License-Identifier: GPL-2.0
/*
 * hgso's frames against those of __skb_gso_segment(), byte for byte: random
 * super-packets.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>

#include "hgso_test.h"

/* Finishing checksums costs as much as all the rest. */
#define HGSO_FINISH_EVERY	8

#define HGSO_ROUNDS_PER_CASE	100000U

/* Too many headers for the headroom is all that may be declined here. */
static bool hgso_random_declined(const struct super_spec *spec, int err)
{
	u32 frames = DIV_ROUND_UP(spec->payload, spec->mss);

	return err == -EOPNOTSUPP &&
	       frames * ALIGN(super_hdr_len(spec), 8) > hgso_headroom.max_len;
}

static const char *hgso_random_round(struct super_rig *rig,
				     const struct super_spec *spec,
				     unsigned int round, int *err)
{
	enum super_depth depth = SUPER_PARTIAL;
	struct sk_buff *skb;
	const char *wrong;

	skb = super_skb(rig, spec);
	if (!skb)
		return "no memory";

	if (!(round % HGSO_FINISH_EVERY))
		depth = super_depth(spec);
	wrong = super_differs(rig, skb, depth, err);
	if (!wrong && *err && !hgso_random_declined(spec, *err))
		wrong = "declined without need";
	consume_skb(skb);
	return wrong;
}

/* One case of KUnit's may not take longer than five minutes. */
static const void *hgso_random_gen_params(const void *prev, char *desc)
{
	static unsigned int from;

	if (!prev)
		from = 0;
	else if (hgso_test_rounds - from > HGSO_ROUNDS_PER_CASE)
		from += HGSO_ROUNDS_PER_CASE;
	else
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from round %u",
		 hgso_test_first + from);
	return &from;
}

static void hgso_random_segment(struct kunit *test)
{
	unsigned int from = *(const unsigned int *)test->param_value;
	unsigned int rounds = min(hgso_test_rounds - from,
				  HGSO_ROUNDS_PER_CASE);
	unsigned int i, round, declined = 0;
	struct super_rig *rig = test->priv;
	struct super_spec spec;
	const char *wrong;
	struct rnd_state rnd;
	u64 start, ms;
	int err;

	KUNIT_ASSERT_GT(test, rounds, 0);
	start = ktime_get_ns();
	for (i = 0; i < rounds; i++) {
		round = hgso_test_first + from + i;
		super_rnd(&rnd, round);
		super_random(&rnd, &spec);
		wrong = hgso_random_round(rig, &spec, round, &err);
		if (wrong) {
			KUNIT_FAIL(test, "%s: repeat with seed=%llu first=%u rounds=1",
				   wrong, hgso_test_seed, round);
			super_dump(test, &spec);
			return;
		}
		declined += !!err;
		cond_resched();
	}

	ms = div_u64(ktime_get_ns() - start, NSEC_PER_MSEC);
	kunit_info(test, "seed=%llu first=%u rounds=%u: %llu frames, %llu octets, %u declined, %llu ms\n",
		   hgso_test_seed, hgso_test_first + from, rounds, rig->frames,
		   rig->octets, declined, ms);
	/* A generator whose packets are declined would test nothing. */
	KUNIT_EXPECT_LE(test, declined, 1 + rounds / 10);
}

static struct kunit_case hgso_random_tests[] = {
	KUNIT_CASE_PARAM(hgso_random_segment, hgso_random_gen_params),
	{ }
};

struct kunit_suite hgso_random_suite = {
	.name = "hgso-random",
	.suite_init = super_seed,
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_random_tests,
};
