// SPDX-License-Identifier: GPL-2.0
/*
 * Random super-packets: all that a stack may hand to a driver, and more of the
 * edges than it does in a year.
 */
#include <linux/hash.h>
#include <linux/if_ether.h>
#include <linux/random.h>
#include <linux/sort.h>

#include "../takeover/takeover.h"
#include "hgso_test.h"

/* Longest payload: its IP length has 16 bits. */
#define SUPER_PAYLOAD_MAX	(65535 - 120)

/*
 * For suite_init: a seed where none was given, and the kernel's own segmentation
 * back in its place, since that is what all is compared with.
 */
int super_seed(struct kunit_suite *suite)
{
	if (!hgso_test_seed)
		hgso_test_seed = get_random_u64();
	return takeover_switch(false);
}

/**
 * super_rnd() - the random numbers of a round
 * @rnd: made ready
 * @round: any; rounds do not depend on each other
 */
void super_rnd(struct rnd_state *rnd, unsigned int round)
{
	prandom_seed_state(rnd, hash_64(hgso_test_seed + round, 64));
}

/* A random number below @ceil, which is not 0. */
u32 super_below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

static bool super_one_in(struct rnd_state *rnd, u32 n)
{
	return !super_below(rnd, n);
}

static void super_random_headers(struct rnd_state *rnd, struct super_spec *spec)
{
	static const u16 tpids[] = { 0, 0, 0, 0, ETH_P_8021Q, ETH_P_8021AD };
	static const u16 checks[] = { 0, 0xffff, 0xfffe, 1 };

	spec->v6 = super_below(rnd, 2);
	spec->vlan = tpids[super_below(rnd, ARRAY_SIZE(tpids))];
	spec->nh_tag = spec->vlan && super_one_in(rnd, 2);
	if (!spec->v6 && super_one_in(rnd, 4))
		spec->ip_opts = 4 * super_below(rnd, 11);
	spec->tcp_opts = super_one_in(rnd, 2) ? 12 : 4 * super_below(rnd, 11);
	spec->flags = prandom_u32_state(rnd);
	spec->id = prandom_u32_state(rnd);
	spec->seq = prandom_u32_state(rnd);
	if (super_one_in(rnd, 4)) {
		spec->id |= 0xfff0;
		spec->seq |= 0xfffff000;
	}

	spec->no_df = super_one_in(rnd, 4);
	if (!spec->v6 && !spec->no_df && super_one_in(rnd, 3))
		spec->gso_type |= SKB_GSO_TCP_FIXEDID;
	if (super_one_in(rnd, 3))
		spec->gso_type |= SKB_GSO_TCP_ECN;
	if (super_one_in(rnd, 3))
		spec->gso_type |= SKB_GSO_DODGY;

	if (super_one_in(rnd, 8))
		spec->check_kind = SUPER_FORCED;
	else if (super_one_in(rnd, 8))
		spec->check_kind = SUPER_NONE;
	spec->check = super_one_in(rnd, 2) ? prandom_u32_state(rnd) :
		      checks[super_below(rnd, ARRAY_SIZE(checks))];
}

static void super_random_lengths(struct rnd_state *rnd, struct super_spec *spec)
{
	u32 frames, last;

	switch (super_below(rnd, 8)) {
	case 0:
		spec->mss = 1 + super_below(rnd, 16);
		break;
	case 1:
		spec->mss = 1501 + super_below(rnd, 9000);
		break;
	case 2:
	case 3:
		spec->mss = 1 + super_below(rnd, 1500);
		break;
	default:
		spec->mss = 536 + super_below(rnd, 965);
	}

	frames = 2 + super_below(rnd, super_one_in(rnd, 8) ? 120 : 8);
	frames = min(frames, 1 + SUPER_PAYLOAD_MAX / spec->mss);

	switch (super_below(rnd, 4)) {
	case 0:
		last = 1;
		break;
	case 1:
		last = spec->mss;
		break;
	default:
		last = 1 + super_below(rnd, spec->mss);
	}
	spec->payload = min_t(u32, (frames - 1) * spec->mss + last,
			      SUPER_PAYLOAD_MAX);
}

static int super_cut_order(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where a buffer ends, counted from the start of the payload. */
static u32 super_cut(struct rnd_state *rnd, const struct super_spec *spec)
{
	u32 room = spec->payload - spec->linear;
	u32 at = super_below(rnd, room + 1);

	switch (super_below(rnd, 6)) {
	case 0:
		/* on a segment's edge, */
		at = rounddown(spec->linear + at, spec->mss);
		return max(at, spec->linear) - spec->linear;
	case 1:
		/* or an octet from it, */
		at = rounddown(spec->linear + at, spec->mss) + 1;
		return clamp(at, spec->linear, spec->payload) - spec->linear;
	case 2:
		/* or many cuts close together, and some at one place. */
		return min_t(u32, at % 24, room);
	default:
		return at;
	}
}

static void super_random_frags(struct rnd_state *rnd, struct super_spec *spec)
{
	u32 cut[MAX_SKB_FRAGS], from = 0;
	unsigned int i, max = MAX_SKB_FRAGS - !!spec->hdr_frags;

	spec->nr_frags = 1 + super_below(rnd, super_one_in(rnd, 2) ? 3 : max);
	for (i = 0; i < spec->nr_frags - 1; i++)
		cut[i] = super_cut(rnd, spec);
	sort(cut, spec->nr_frags - 1, sizeof(cut[0]), super_cut_order, NULL);
	cut[spec->nr_frags - 1] = spec->payload - spec->linear;

	spec->cut = true;
	for (i = 0; i < spec->nr_frags; i++) {
		u32 room = SUPER_BLOCK_LEN - (cut[i] - from);

		spec->frag[i].len = cut[i] - from;
		spec->frag[i].off = super_below(rnd, room);
		if (super_one_in(rnd, 4))
			spec->frag[i].off = min(room - 1, PAGE_SIZE - 1);
		from = cut[i];
	}
}

/**
 * super_random() - make up a super-packet
 * @rnd: random numbers
 * @spec: filled in; one that the engine takes, unless its headers are too many
 *	for the headroom
 */
void super_random(struct rnd_state *rnd, struct super_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	spec->name = "random";
	super_random_headers(rnd, spec);
	super_random_lengths(rnd, spec);

	/* The kernel gives each segment as much: a long one is slow. */
	switch (super_below(rnd, 16)) {
	case 0:
		spec->headroom = 1024 + super_below(rnd, 8192);
		break;
	case 1:
	case 2:
	case 3:
		spec->headroom = super_below(rnd, 1024);
		break;
	default:
		spec->headroom = super_below(rnd, 192);
	}

	switch (super_below(rnd, 8)) {
	case 0:
		spec->linear = spec->payload;
		return;
	case 1:
	case 2:
		spec->linear = super_below(rnd, min(spec->payload, 8192U));
		break;
	default:
		break;
	}
	if (!spec->linear && super_one_in(rnd, 8))
		spec->hdr_frags = 1 + super_below(rnd, super_hdr_len(spec));
	super_random_frags(rnd, spec);
}
