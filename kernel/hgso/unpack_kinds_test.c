// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of super-packet, many at random, for devices that do this and not
 * that: what hgso_unpack() makes of them is what __skb_gso_segment() makes, in
 * octets and in fields, or it leaves them alone.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <net/gso.h>

#include "unpack_test.h"

/* Left alone: was that right, and was it? */
static const char *unpack_passed(struct unpack_rig *rig,
				 const struct unpack_round *round,
				 const struct sk_buff *skb, unsigned int reason)
{
	const struct kinds_spec *spec = &round->spec;

	rig->passed[reason]++;
	if (!kinds_untouched(&rig->kinds->shot, rig->kinds, skb))
		return "passed on, but not untouched";
	if (!spec->kind->taken || round->changes)
		return NULL;
	switch (reason) {
	case HGSO_UNPACK_CSUM:
		return spec->check_kind == SUPER_NONE || spec->kind->csum ?
		       NULL : "passed on for a checksum";
	case HGSO_UNPACK_WHOLE:
		return round->features & NETIF_F_TSO ? NULL :
		       "passed on as if the device took it";
	case HGSO_UNPACK_LENGTH:
		return spec->mss + spec->headroom > 30000 ? NULL :
		       "passed on as if it were long";
	case HGSO_SLICE:
		return spec->nr_frags > 10 || spec->nr_list ? NULL :
		       "passed on as if it were in many pieces";
	default:
		return "passed on";
	}
}

/*
 * Without scatter-gather, Linux 6.12 takes a member of a frag_list for one that
 * is a segment by its length alone, whichever it is: it is wrong about GRO's
 * less usual ones, or has a BUG_ON(). It gets their octets in one piece.
 */
static bool unpack_in_one(const struct unpack_round *round, struct sk_buff *ref)
{
	netdev_features_t features = round->features;

	if (round->spec.kind->tunnel)
		features &= round->enc;
	if (!skb_has_frag_list(ref) || (features & NETIF_F_SG &&
					!(round->spec.gso_type & SKB_GSO_DODGY)))
		return true;
	return !skb_linearize(ref);
}

/* The kernel's segments of the same packet, made again. */
static const char *unpack_like_stock(struct unpack_rig *rig,
				     struct unpack_round *round,
				     const struct sk_buff *skb,
				     const struct sk_buff *segs)
{
	int base = unpack_memory(rig);
	struct sk_buff *ref = unpack_make(rig, round), *want;
	bool copied = rig->kinds->copied;
	const char *wrong;

	if (!ref || !unpack_in_one(round, ref)) {
		kfree_skb(ref);
		return "no memory";
	}
	rig->kinds->copied = false;
	unpack_device(rig, round);
	want = unpack_stock(ref, round->features);
	unpack_no_device(rig);
	if (IS_ERR_OR_NULL(want)) {
		/*
		 * It goes by offsets, hgso by the octets; and it gives each of
		 * very many segments as much headroom as the super-packet has.
		 */
		wrong = round->offsets || want == ERR_PTR(-ENOMEM) ? NULL :
			"taken, and the kernel does not segment it";
		want = NULL;
	} else {
		wrong = unpack_compare(segs, want);
		if (!wrong)
			wrong = unpack_owned(rig, ref, want, base);
		if (!wrong && (skb->sk != ref->sk ||
			       skb->destructor != ref->destructor))
			wrong = "another socket is left";
		if (!wrong && copied != rig->kinds->copied)
			wrong = "the sender is told otherwise of copies";
	}
	kfree_skb_list(want);
	kfree_skb(ref);
	return wrong;
}

static const char *unpack_try(struct unpack_rig *rig,
			      struct unpack_round *round, struct sk_buff *skb,
			      int base)
{
	const struct kinds_kind *kind = round->spec.kind;
	struct sk_buff *segs = NULL;
	unsigned int reason;
	const char *wrong;

	if (kinds_shoot(&rig->kinds->shot, rig->kinds, skb))
		return "no room for a copy";
	rig->kinds->copied = false;
	unpack_device(rig, round);
	reason = hgso_unpack(skb, round->features, &segs);
	unpack_no_device(rig);
	if (reason)
		return unpack_passed(rig, round, skb, reason);
	rig->taken++;
	wrong = unpack_owned(rig, skb, segs, base);
	if (!wrong)
		wrong = unpack_charged(segs);
	if (!wrong && !(round->features & NETIF_F_SG))
		wrong = unpack_roomy(segs);
	if (!wrong)
		wrong = unpack_extended(skb, segs);
	if (!wrong)
		wrong = unpack_like_stock(rig, round, skb, segs);
	if (!wrong && !kind->taken && !round->changes)
		wrong = "taken, and the table says that it is declined";
	kfree_skb_list(segs);
	return wrong;
}

static const char *unpack_one(struct unpack_rig *rig,
			      struct unpack_round *round)
{
	int base = unpack_memory(rig), refs = unpack_references(rig);
	struct sk_buff *skb = unpack_make(rig, round);
	const char *wrong;

	if (!skb)
		return "no memory";
	wrong = unpack_try(rig, round, skb, base);
	kfree_skb(skb);
	return wrong ?: unpack_kept(rig, base, refs);
}

static void unpack_show_passed(struct kunit *test, const struct unpack_rig *rig)
{
	unsigned int i;

	for (i = 0; i < HGSO_UNPACK_NR_REASONS; i++)
		if (rig->passed[i])
			kunit_info(test, "%u passed on: %s\n", rig->passed[i],
				   hgso_unpack_reason_name(i));
}

static void unpack_differential(struct kunit *test)
{
	unsigned int rounds = hgso_test_rounds / KINDS_ROUNDS_PER_KIND, i;
	const struct kinds_kind *kind = test->param_value;
	struct unpack_rig *rig = test->priv;
	u64 start = ktime_get_ns();
	struct unpack_round round;
	const char *wrong;

	if (!rounds)
		kunit_skip(test, "rounds=%u leaves none of these, %u would one",
			   hgso_test_rounds, KINDS_ROUNDS_PER_KIND);
	for (i = 0; i < rounds; i++) {
		unpack_random(kind, hgso_test_first + i, &round);
		wrong = unpack_one(rig, &round);
		if (wrong) {
			kunit_err(test, "features %pNF, in tunnels %pNF, %u changes, sender %u, route %u, extension %u, connection %u\n",
				  &round.features, &round.enc, round.changes,
				  round.dress.sender, round.dress.route,
				  round.dress.extension, round.dress.conn);
			test->priv = rig->kinds;
			kinds_show(test, &round.spec, hgso_test_first + i,
				   wrong);
			test->priv = rig;
			return;
		}
		cond_resched();
	}

	kunit_info(test, "%s: %u taken (seed=%llu first=%u, %llu ms)\n",
		   kind->name, rig->taken, hgso_test_seed, hgso_test_first,
		   div_u64(ktime_get_ns() - start, NSEC_PER_MSEC));
	unpack_show_passed(test, rig);
	KUNIT_EXPECT_STREQ(test, kinds_leaked(rig->kinds) ?: "", "");
	/* A generator whose packets are passed on would test nothing. */
	if (kind->taken)
		KUNIT_EXPECT_GE(test, rig->taken, rounds / 3);
}

static struct kunit_case unpack_tests[] = {
	KUNIT_CASE_PARAM(unpack_differential, kinds_gen_params),
	{ }
};

struct kunit_suite hgso_unpack_suite = {
	.name = "hgso-unpack",
	.suite_init = super_seed,
	.init = unpack_rig_init,
	.exit = unpack_rig_exit,
	.test_cases = unpack_tests,
};
