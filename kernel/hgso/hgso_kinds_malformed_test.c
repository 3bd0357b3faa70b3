// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets of every kind as an untrusted sender may make them: each header
 * bit changed, cut short at each length, and told lies about. Nothing crashes,
 * what is declined is untouched, and what is taken gives the kernel's frames.
 */
#include <linux/jhash.h>
#include <linux/sched.h>

#include "hgso_kinds.h"

/* A change for so many of a kind's random rounds. */
#define KINDS_ROUNDS_PER_CHANGE	5
/* Where all bits and all lengths are tried, a long payload only costs time. */
#define KINDS_SMALL		3000
/* From here on all bits of all octets are tried, else a bit of each octet. */
#define KINDS_ALL_BITS		1000
#define KINDS_FLIPS		9
/* Lengths that cut into the payload. */
#define KINDS_CUT_PAYLOAD	32

/**
 * struct kinds_lie - what is changed about a super-packet
 * @at: octet of the headers
 * @flip: its bits, or 0 for none
 * @len: octets that are left of the packet, or 0 for all
 * @changes: random ones
 * @rnd: for those
 * @offsets: one of those was to an offset of the skb
 */
struct kinds_lie {
	unsigned int at;
	u8 flip;
	unsigned int len;
	unsigned int changes;
	struct rnd_state rnd;
	bool offsets;
};

/* Always the same changes, to the packet and to the kernel's copy. */
static struct sk_buff *kinds_liar(struct kinds_rig *rig,
				  const struct kinds_spec *spec,
				  struct kinds_lie *lie,
				  unsigned int hdr_len)
{
	struct sk_buff *skb = kinds_skb(rig, spec);
	struct rnd_state rnd = lie->rnd;
	unsigned int i;

	if (!skb)
		return NULL;
	if (lie->flip)
		*kinds_octet(skb, lie->at) ^= lie->flip;
	for (i = 0; i < lie->changes; i++)
		lie->offsets |= kinds_change(&rnd, spec, skb, hdr_len);
	if (lie->len && pskb_trim(skb, lie->len)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static const char *kinds_try_lie(struct kinds_rig *rig,
				 const struct kinds_spec *spec,
				 struct kinds_lie *lie, unsigned int hdr_len)
{
	struct sk_buff *skb = kinds_liar(rig, spec, lie, hdr_len);
	struct sk_buff *ref = kinds_liar(rig, spec, lie, hdr_len);
	const char *wrong = "no memory";
	int err = 0;

	/*
	 * Where members of a frag_list do not end where the headers say, Linux
	 * 6.12 runs into a BUG_ON() of skb_segment(): it gets their octets in
	 * one piece. Packet sockets and taps make no frag_lists.
	 */
	if (skb && ref && !(skb_has_frag_list(ref) && skb_linearize(ref))) {
		wrong = kinds_try(rig, skb, ref, 0, &err);
		ref = NULL;
	}
	if (kinds_is_refused(wrong) && lie->offsets) {
		rig->refused++;
		wrong = NULL;
	}
	if (!wrong && !err && lie->len && lie->len <= hdr_len)
		wrong = "taken, but there is no payload";
	kfree_skb(ref);
	kfree_skb(skb);
	return wrong;
}

/* The first one of a kind that is short; untrusted, as all of these are. */
static unsigned int kinds_small(const struct kinds_kind *kind,
				struct kinds_spec *spec,
				unsigned int round)
{
	do {
		kinds_random(kind, round++, spec);
	} while ((spec->payload > KINDS_SMALL && !kind->big) ||
		 (kind->taken && kinds_engine_may_decline(spec)));

	spec->gso_type |= SKB_GSO_DODGY;
	return round - 1;
}

static void kinds_malformed_bits(struct kunit *test)
{
	const struct kinds_kind *kind = test->param_value;
	struct kinds_rig *rig = test->priv;
	struct kinds_lie lie = { };
	struct kinds_spec spec;
	unsigned int round, i, step = 1;
	struct kinds_at at;
	const char *wrong;

	if (hgso_test_rounds / KINDS_ROUNDS_PER_KIND < KINDS_ALL_BITS)
		step += KINDS_FLIPS;
	round = kinds_small(kind, &spec, hgso_test_first);
	kinds_place(&spec, &at);
	for (i = 0; i < at.end * KINDS_FLIPS; i += step) {
		lie.at = i / KINDS_FLIPS;
		lie.flip = i % KINDS_FLIPS < 8 ? BIT(i % KINDS_FLIPS) : 0xff;
		wrong = kinds_try_lie(rig, &spec, &lie, at.end);
		if (wrong) {
			kunit_err(test, "octet %u flipped %#x\n", lie.at,
				  lie.flip);
			kinds_show(test, &spec, round, wrong);
			return;
		}
		cond_resched();
	}
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig) ?: "", "");
	/* Addresses, ports, sequence numbers: many octets may be anything. */
	if (kind->taken)
		KUNIT_EXPECT_GT(test, rig->taken, i / step / 4);
	KUNIT_EXPECT_GT(test, rig->declined, 0);
}

static void kinds_malformed_lengths(struct kunit *test)
{
	const struct kinds_kind *kind = test->param_value;
	struct kinds_rig *rig = test->priv;
	struct kinds_lie lie = { };
	struct kinds_spec spec;
	struct kinds_at at;
	unsigned int round, longest;
	const char *wrong;

	round = kinds_small(kind, &spec, hgso_test_first);
	kinds_place(&spec, &at);
	longest = at.end + min_t(u32, spec.payload, KINDS_CUT_PAYLOAD);
	for (lie.len = 1; lie.len < longest; lie.len++) {
		wrong = kinds_try_lie(rig, &spec, &lie, at.end);
		if (wrong) {
			kunit_err(test, "cut to %u octets\n", lie.len);
			kinds_show(test, &spec, round, wrong);
			return;
		}
	}
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig) ?: "", "");
	KUNIT_EXPECT_GE(test, rig->declined, at.end);
}

static void kinds_malformed_random(struct kunit *test)
{
	unsigned int i, round, rounds = hgso_test_rounds /
				KINDS_ROUNDS_PER_KIND / KINDS_ROUNDS_PER_CHANGE;
	const struct kinds_kind *kind = test->param_value;
	struct kinds_rig *rig = test->priv;
	struct kinds_lie lie = { };
	struct kinds_spec spec;
	struct kinds_at at;
	const char *wrong;

	if (!rounds)
		kunit_skip(test, "rounds=%u leaves none of these",
			   hgso_test_rounds);
	for (i = 0; i < rounds; i++) {
		round = hgso_test_first + i;
		kinds_random(kind, round, &spec);
		spec.gso_type |= SKB_GSO_DODGY;
		kinds_place(&spec, &at);
		super_rnd(&lie.rnd, ~round);
		lie.offsets = false;
		lie.changes = 1 + super_below(&lie.rnd, 3);
		wrong = kinds_try_lie(rig, &spec, &lie, at.end);
		if (wrong) {
			kunit_err(test, "with %u random changes\n",
				  lie.changes);
			kinds_show(test, &spec, round, wrong);
			return;
		}
		cond_resched();
	}

	kunit_info(test, "%s: %u taken, %u of them refused by the kernel, %u declined (seed=%llu first=%u)\n",
		   kind->name, rig->taken, rig->refused, rig->declined,
		   hgso_test_seed, hgso_test_first);
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig) ?: "", "");
	if (kind->taken)
		KUNIT_EXPECT_GE(test, rig->taken, rounds / 8);
	KUNIT_EXPECT_GE(test, rig->declined, rounds / 8);
}

static struct kunit_case kinds_malformed_tests[] = {
	KUNIT_CASE_PARAM(kinds_malformed_bits, kinds_gen_params),
	KUNIT_CASE_PARAM(kinds_malformed_lengths, kinds_gen_params),
	KUNIT_CASE_PARAM(kinds_malformed_random, kinds_gen_params),
	{ }
};

struct kunit_suite hgso_kinds_malformed_suite = {
	.name = "hgso-kinds-malformed",
	.suite_init = super_seed,
	.init = kinds_init,
	.exit = kinds_exit,
	.test_cases = kinds_malformed_tests,
};
