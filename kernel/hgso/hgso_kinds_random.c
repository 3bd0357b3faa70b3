// SPDX-License-Identifier: GPL-2.0
/*
 * Random super-packets of a kind: what a stack may hand to a driver, with more
 * of the edges than it shows in a year.
 */
#include <linux/if_ether.h>
#include <linux/jhash.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "hgso_kinds.h"

/* More frames are slow to compare and show nothing new. */
#define KINDS_MANY_FRAMES	200

static bool kinds_one_in(struct rnd_state *rnd, u32 n)
{
	return !super_below(rnd, n);
}

static bool kinds_version6(struct rnd_state *rnd, u8 versions)
{
	if (versions == KINDS_V46)
		return super_below(rnd, 2);
	return versions == KINDS_V6;
}

static void kinds_random_exts(struct rnd_state *rnd, struct kinds_ip *ip)
{
	static const u8 types[] = { NEXTHDR_DEST, NEXTHDR_ROUTING };
	unsigned int i;

	ip->exts = 1 + super_below(rnd, KINDS_MAX_EXTS);
	for (i = 0; i < ip->exts; i++) {
		ip->ext[i].proto = types[super_below(rnd, ARRAY_SIZE(types))];
		ip->ext[i].len = 8 * (1 + super_below(rnd, 4));
	}
	if (kinds_one_in(rnd, 4))
		ip->ext[0].proto = NEXTHDR_HOP;
}

static void kinds_random_ip(struct rnd_state *rnd, struct kinds_ip *ip,
			    u8 versions)
{
	ip->v6 = kinds_version6(rnd, versions);
	ip->df = super_below(rnd, 4);
	ip->id = prandom_u32_state(rnd);
	if (kinds_one_in(rnd, 4))
		ip->id |= 0xfff0;
}

static void kinds_random_tunnel(struct rnd_state *rnd, struct kinds_spec *spec)
{
	const struct kinds_kind *kind = spec->kind;

	if (!kind->tunnel)
		return;
	kinds_random_ip(rnd, &spec->outer, kind->outer);

	switch (kind->tunnel) {
	case KINDS_GRE:
		spec->teb = super_below(rnd, 2);
		spec->tun_len = 4 + (kind->csum ? 4 : 0) +
				4 * super_below(rnd, 2);
		break;
	case KINDS_UDP_TUNNEL:
		spec->teb = super_below(rnd, 4);
		spec->tun_len = 16 + 4 * super_below(rnd, kinds_one_in(rnd, 4) ?
						     12 : 1);
		break;
	case KINDS_IPXIP:
		/* The encapsulation limit that ip6_tunnel puts there. */
		if (spec->outer.v6 && super_below(rnd, 2)) {
			spec->outer.exts = 1;
			spec->outer.ext[0].proto = NEXTHDR_DEST;
			spec->outer.ext[0].len = 8;
		}
	}
	if (kind->inner_tag)
		spec->teb = true;
}

static void kinds_random_gso_type(struct rnd_state *rnd,
				  struct kinds_spec *spec)
{
	if (spec->kind->fixed_id) {
		spec->gso_type |= SKB_GSO_TCP_FIXEDID;
		spec->inner.df = true;
	}
	if (spec->kind->l4 == IPPROTO_TCP && kinds_one_in(rnd, 3))
		spec->gso_type |= SKB_GSO_TCP_ECN;
	/* The kernel cannot chain these, but takes them apart. */
	if (spec->kind->shape != KINDS_FRAGLIST && kinds_one_in(rnd, 3)) {
		spec->gso_type |= SKB_GSO_DODGY;
		spec->no_segs = super_below(rnd, 2);
	}
	spec->gso_type |= spec->kind->mark;
}

static void kinds_random_check(struct rnd_state *rnd, struct kinds_spec *spec)
{
	static const u16 checks[] = { 0, 0xffff, 0xfffe, 1 };

	if (spec->kind->shape == KINDS_FRAGLIST)
		return;
	if (kinds_one_in(rnd, 8))
		spec->check_kind = SUPER_FORCED;
	else if (spec->kind->l4 == IPPROTO_TCP && !spec->kind->tunnel &&
		 kinds_one_in(rnd, 8))
		spec->check_kind = SUPER_NONE;
	spec->check = super_below(rnd, 2) ? prandom_u32_state(rnd) :
		      checks[super_below(rnd, ARRAY_SIZE(checks))];
}

static void kinds_random_headers(struct rnd_state *rnd,
				 struct kinds_spec *spec)
{
	const struct kinds_kind *kind = spec->kind;
	unsigned int i;

	kinds_random_ip(rnd, &spec->inner, kind->inner);
	kinds_random_tunnel(rnd, spec);
	if (kind->ip_opts)
		spec->inner.opts = 4 * (1 + super_below(rnd, 10));
	if (kind->exts)
		kinds_random_exts(rnd, &spec->inner);
	spec->inner.jumbo = kind->big && spec->inner.v6;

	for (i = 0; i < kind->tags; i++)
		spec->tpid[i] = super_below(rnd, 2) ? ETH_P_8021Q :
				ETH_P_8021AD;
	/* A VLAN device leaves it at its tag. */
	if (kind->tags && super_below(rnd, 2))
		spec->nh_back = 4 * super_below(rnd, kind->tags + 1);

	spec->tcp_opts = super_below(rnd, 2) ? 12 : 4 * super_below(rnd, 11);
	spec->flags = prandom_u32_state(rnd);
	spec->seq = prandom_u32_state(rnd);
	if (kinds_one_in(rnd, 4))
		spec->seq |= 0xfffff000;
	kinds_random_gso_type(rnd, spec);
	kinds_random_check(rnd, spec);
}

static void kinds_random_mss(struct rnd_state *rnd, struct kinds_spec *spec)
{
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
	if (spec->kind->big)
		spec->mss = 536 + super_below(rnd, kinds_one_in(rnd, 4) ?
					      8500 : 965);
	/* A gso_size near the top leaves room for two segments of it. */
	else if (kinds_one_in(rnd, 64))
		spec->mss = 20000 + super_below(rnd, 12000);
}

static void kinds_random_lengths(struct rnd_state *rnd, struct kinds_spec *spec,
				 const struct kinds_at *at)
{
	u32 max = KINDS_LEN_MAX - (at->end - at->l3);
	u32 last, frames, least = 2;

	kinds_random_mss(rnd, spec);
	/* Two segments in one are what a partial one must have. */
	if (spec->kind->partial)
		least = 3;

	frames = least + super_below(rnd, kinds_one_in(rnd, 8) ?
				     KINDS_MANY_FRAMES : 8);
	if (spec->kind->big) {
		max = KINDS_BIG_MAX - at->end;
		if (!kinds_one_in(rnd, 16))
			max = 100000;
		frames = (KINDS_LEN_MAX + super_below(rnd, max -
						      KINDS_LEN_MAX)) /
			 spec->mss + 2;
	} else if (kinds_one_in(rnd, 256)) {
		frames = max / spec->mss + 1;
	}
	frames = min(frames, max / spec->mss + 1);
	frames = max(frames, least);

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
	spec->payload = min((frames - 1) * spec->mss + last, max);
}

/**
 * kinds_random() - make up a super-packet
 * @kind: of this kind
 * @round: any; rounds do not depend on each other, nor do kinds
 * @spec: filled in
 */
void kinds_random(const struct kinds_kind *kind, unsigned int round,
		  struct kinds_spec *spec)
{
	struct rnd_state rnd;
	struct kinds_at at;

	super_rnd(&rnd, round + jhash(kind->name, strlen(kind->name), 0));
	memset(spec, 0, sizeof(*spec));
	spec->kind = kind;
	kinds_random_headers(&rnd, spec);
	kinds_place(spec, &at);
	kinds_random_lengths(&rnd, spec, &at);
	kinds_random_shape(&rnd, spec, &at);
}
