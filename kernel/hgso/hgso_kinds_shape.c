// SPDX-License-Identifier: GPL-2.0
/*
 * Where the payload of a random super-packet lies: head, page frags, skbs on
 * the frag_list, and where each of them ends.
 */
#include <linux/sort.h>

#include "hgso_kinds.h"

/* So many segments take memory by the dozen MiB. */
#define KINDS_MANY	1000

static int kinds_cut_order(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where a buffer ends, counted from the end of the head. */
static u32 kinds_cut(struct rnd_state *rnd, const struct kinds_spec *spec)
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

static void kinds_random_frags(struct rnd_state *rnd, struct kinds_spec *spec)
{
	u32 room = spec->payload - spec->linear, from = 0, cut[MAX_SKB_FRAGS];
	unsigned int i, max = MAX_SKB_FRAGS - !!spec->hdr_frags;

	spec->nr_frags = 1 + super_below(rnd, super_below(rnd, 2) ? 3 : max);
	/* None is longer than a block. */
	if (spec->kind->big)
		spec->nr_frags = max;

	for (i = 0; i < spec->nr_frags - 1; i++)
		cut[i] = spec->kind->big ?
			 room / spec->nr_frags * i +
			 super_below(rnd, room / spec->nr_frags) :
			 kinds_cut(rnd, spec);
	cut[i] = room;
	sort(cut, spec->nr_frags, sizeof(cut[0]), kinds_cut_order, NULL);

	for (i = 0; i < spec->nr_frags; i++) {
		room = SUPER_BLOCK_LEN - (cut[i] - from);
		spec->frag[i].len = cut[i] - from;
		spec->frag[i].off = super_below(rnd, room);
		if (!super_below(rnd, 4))
			spec->frag[i].off = min(room - 1, PAGE_SIZE - 1);
		from = cut[i];
	}
}

static void kinds_random_head(struct rnd_state *rnd, struct kinds_spec *spec,
			      const struct kinds_at *at)
{
	switch (super_below(rnd, 8)) {
	case 0:
		if (spec->kind->big)
			break;
		spec->linear = spec->payload;
		return;
	case 1:
	case 2:
		spec->linear = super_below(rnd, min(spec->payload, 8192U));
		break;
	}
	/* The stack looks for BIG TCP's jumbo header in the head only. */
	if (!spec->linear && !spec->kind->big && !super_below(rnd, 8))
		spec->hdr_frags = 1 + super_below(rnd, at->end - at->l3);
	kinds_random_frags(rnd, spec);
}

/* Many take long to make. Below KINDS_MAX_LIST. */
static u32 kinds_members(struct rnd_state *rnd)
{
	return super_below(rnd, super_below(rnd, 8) ? 6 : KINDS_MAX_LIST);
}

/* As GRO makes it of skbs with linear data, which is a segment each. */
static void kinds_random_members(struct rnd_state *rnd, struct kinds_spec *spec,
				 u32 max, bool mixed)
{
	u32 left, in_head = spec->mss, len;
	unsigned int i;

	spec->nr_list = 1 + kinds_members(rnd);
	spec->nr_list = min_t(u32, spec->nr_list, max / spec->mss - 1);
	left = (spec->nr_list - 1) * spec->mss + 1 +
	       super_below(rnd, spec->mss);
	spec->payload = spec->mss + left;

	spec->linear = spec->mss;
	if (mixed) {
		in_head = 1 + super_below(rnd, spec->mss);
		spec->linear = super_below(rnd, 2) ? spec->mss : 0;
	}
	if (!spec->linear) {
		spec->nr_frags = 1;
		spec->frag[0].len = spec->mss;
	}

	for (i = 0; i < spec->nr_list; i++) {
		len = min(left, spec->mss);
		spec->list[i].head = min(len, in_head);
		spec->list[i].frag[0] = len - spec->list[i].head;
		left -= len;
	}
}

/*
 * As GRO makes it of skbs with page frags, their edges anywhere. A segment must
 * not need more frags than an skb has, or the kernel refuses it.
 */
static void kinds_random_pages(struct rnd_state *rnd, struct kinds_spec *spec,
			       u32 max)
{
	unsigned int i, want = max(kinds_members(rnd) + 1, 2U), f;
	u32 len;

	spec->linear = super_below(rnd, 2) ? super_below(rnd, spec->mss) : 0;
	if (super_below(rnd, 2)) {
		spec->nr_frags = 1;
		spec->frag[0].len = 1 + super_below(rnd, spec->mss);
	}
	spec->payload = spec->linear + spec->frag[0].len;

	for (i = 0; i < want; i++) {
		for (f = 0; f <= super_below(rnd, 2); f++) {
			len = spec->mss / 2 + 1 + super_below(rnd, spec->mss);
			if (spec->payload + len > max)
				return;
			spec->list[i].frag[f] = len;
			spec->payload += len;
			spec->nr_list = i + 1;
		}
	}
}

static void kinds_random_list(struct rnd_state *rnd, struct kinds_spec *spec,
			      const struct kinds_at *at)
{
	u32 max = KINDS_LEN_MAX - (at->end - at->l3);

	spec->mss = min(spec->mss, max / 8);
	if (spec->kind->shape == KINDS_FRAGLIST)
		kinds_random_members(rnd, spec, max, false);
	else if (super_below(rnd, 3))
		kinds_random_members(rnd, spec, max, super_below(rnd, 2));
	else
		kinds_random_pages(rnd, spec, max);
}

/**
 * kinds_random_shape() - where the payload lies
 * @rnd: random numbers
 * @spec: has kind, headers and lengths; of those with a frag_list the payload's
 *	length is adjusted
 * @at: where the headers start
 */
void kinds_random_shape(struct rnd_state *rnd, struct kinds_spec *spec,
			const struct kinds_at *at)
{
	/* The kernel gives each segment as much: a long one is slow, */
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
	/* and of all octets in segments of their own, more than there is. */
	if (spec->payload / spec->mss > KINDS_MANY)
		spec->headroom = super_below(rnd, 192);

	spec->page_heads = super_below(rnd, 2);
	if (spec->kind->shape == KINDS_FRAGS)
		kinds_random_head(rnd, spec, at);
	else
		kinds_random_list(rnd, spec, at);
}
