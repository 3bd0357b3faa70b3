// SPDX-License-Identifier: GPL-2.0
/*
 * Frames made to order.
 */
#include <linux/if_ether.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/ip6_checksum.h>

#include "hgro_test.h"

/* A random number below @ceil, which is not 0. */
u32 frame_below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

bool frame_one_in(struct rnd_state *rnd, u32 n)
{
	return !frame_below(rnd, n);
}

static u8 *frame_put16(u8 *at, u16 value)
{
	put_unaligned_be16(value, at);
	return at + 2;
}

static u8 *frame_ethernet(const struct frame_spec *spec, u8 *at)
{
	unsigned int i;

	memset(at, 0x02, ETH_ALEN);
	memset(at + ETH_ALEN, 0x06, ETH_ALEN - 2);
	frame_put16(at + 2 * ETH_ALEN - 2, spec->group);
	at += 2 * ETH_ALEN;
	for (i = 0; i < spec->tags; i++) {
		at = frame_put16(at, i == spec->tags - 1 ? ETH_P_8021Q :
							   ETH_P_8021AD);
		at = frame_put16(at, 0x100 + i);
	}
	return frame_put16(at, spec->v6 ? ETH_P_IPV6 : ETH_P_IP);
}

static u8 *frame_ipv4(const struct frame_spec *spec, u8 *at, u16 len)
{
	memset(at, 0, sizeof(struct iphdr));
	at[0] = 0x45 + spec->ip_opts / 4;
	at[1] = spec->tos;
	frame_put16(at + 2, sizeof(struct iphdr) + spec->ip_opts + len);
	frame_put16(at + 4, spec->id);
	frame_put16(at + 6, spec->df ? 0x4000 : 0);
	at[8] = spec->ttl;
	at[9] = IPPROTO_TCP;
	put_unaligned_be32(0x0a000001 + (spec->group << 8), at + 12);
	put_unaligned_be32(0x0a800001, at + 16);
	at += sizeof(struct iphdr);
	memset(at, 1, spec->ip_opts);
	return at + spec->ip_opts;
}

static u8 *frame_ipv6(const struct frame_spec *spec, u8 *at, u16 len)
{
	put_unaligned_be32(0x60000000 | spec->tos << 20 | spec->label, at);
	frame_put16(at + 4, len + (spec->ext ? 8 : 0));
	at[6] = spec->ext ? NEXTHDR_DEST : IPPROTO_TCP;
	at[7] = spec->ttl;
	memset(at + 8, 0xfd, 32);
	frame_put16(at + 22, spec->group);
	at += sizeof(struct ipv6hdr);
	if (spec->ext) {
		memset(at, 0, 8);
		at[0] = IPPROTO_TCP;
		at[2] = 1;
		at[3] = 4;
		at += 8;
	}
	return at;
}

static u8 *frame_tcp(const struct frame_spec *spec, u8 *at)
{
	unsigned int i;

	frame_put16(at, 1000 + spec->group);
	frame_put16(at + 2, 80);
	put_unaligned_be32(spec->seq, at + 4);
	put_unaligned_be32(spec->ack, at + 8);
	at[12] = (5 + spec->tcp_opts / 4) << 4;
	at[13] = spec->flags;
	frame_put16(at + 14, spec->window);
	frame_put16(at + 16, 0);
	frame_put16(at + 18, spec->urgent);
	for (i = 0; i < spec->tcp_opts; i += 4)
		put_unaligned_be32(spec->opt + i, at + 20 + i);
	return at + 20 + spec->tcp_opts;
}

/* Makes both checksums right for what else is in the frame. */
void frame_sum(struct frame *frame)
{
	u8 *l3h = frame->data + frame->l3, *l4h = frame->data + frame->l4;
	const struct ipv6hdr *ip6h = (void *)l3h;
	struct iphdr *iph = (void *)l3h;
	u32 len = frame->len - frame->l4;
	__sum16 check;
	__wsum sum;

	put_unaligned(0, (u16 *)(l4h + 16));
	sum = csum_partial(l4h, len, 0);
	if (get_unaligned_be16(l3h - 2) == ETH_P_IPV6) {
		check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					IPPROTO_TCP, sum);
	} else {
		iph->check = 0;
		iph->check = ip_fast_csum(iph, (frame->l4 - frame->l3) / 4);
		check = csum_tcpudp_magic(iph->saddr, iph->daddr, len,
					  IPPROTO_TCP, sum);
	}
	put_unaligned(check, (__sum16 *)(l4h + 16));
}

/**
 * frame_make() - make a frame
 * @spec: what it looks like
 * @frame: filled in
 */
void frame_make(const struct frame_spec *spec, struct frame *frame)
{
	u16 len = 20 + spec->tcp_opts + spec->len, i;
	u8 *at;

	frame->group = spec->group;
	frame->stray = false;
	frame->valid = true;
	frame->ip_summed = CHECKSUM_UNNECESSARY;
	frame->hash = 0;
	frame->vlan_all = spec->vlan_all;

	at = frame_ethernet(spec, frame->data);
	frame->l3 = at - frame->data;
	at = spec->v6 ? frame_ipv6(spec, at, len) : frame_ipv4(spec, at, len);
	frame->l4 = at - frame->data;
	at = frame_tcp(spec, at);
	frame->hdr_len = at - frame->data;
	/* Each octet of a stream has a value of its own. */
	for (i = 0; i < spec->len; i++)
		at[i] = (spec->seq + i) * 0x9d >> 3;
	frame->len = frame->hdr_len + spec->len;
	frame_sum(frame);
}

/**
 * frame_first() - make up the first packet of a flow
 * @rnd: random numbers
 * @group: of the flow
 * @spec: filled in
 */
void frame_first(struct rnd_state *rnd, u16 group, struct frame_spec *spec)
{
	*spec = (struct frame_spec){
		.group = group,
		/* The same whenever the group is: addresses of one kind. */
		.v6 = group & 1,
		.df = !frame_one_in(rnd, 4),
		.ext = (group & 1) && frame_one_in(rnd, 4),
		.tags = frame_one_in(rnd, 3) ? frame_below(rnd, 3) : 0,
		.tcp_opts = frame_one_in(rnd, 2) ? 12 : 4 * frame_below(rnd, 6),
		.opt = 0x0101080a,
		.tos = frame_one_in(rnd, 4) ? prandom_u32_state(rnd) : 0,
		.ttl = 64,
		.id = frame_one_in(rnd, 4) ? 0xfff8 : prandom_u32_state(rnd),
		.label = frame_below(rnd, 1 << 20),
		.seq = frame_one_in(rnd, 4) ? 0xfffff000 :
			prandom_u32_state(rnd),
		.ack = prandom_u32_state(rnd),
		.flags = 0x10,
		.window = 0x1000,
		.len = frame_one_in(rnd, 2) ? 1448 : 1 + frame_below(rnd, 1700),
	};
	if (frame_one_in(rnd, 8))
		spec->len = 1 + frame_below(rnd, 100);
	if (frame_one_in(rnd, 8))
		spec->flags |= 0x80;
	if (frame_one_in(rnd, 4))
		spec->vlan_all = 0x00070081;
}

/* Goes on to the packet behind @spec. */
void frame_after(struct frame_spec *spec)
{
	spec->seq += spec->len;
	spec->id++;
	spec->flags &= ~0x80;
}
