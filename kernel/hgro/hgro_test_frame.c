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
	return frame_put16(at, (spec->tunnel ? spec->outer6 : spec->v6) ?
			       ETH_P_IPV6 : ETH_P_IP);
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
	at[9] = spec->udp ? IPPROTO_UDP : IPPROTO_TCP;
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
	at[6] = spec->ext ? NEXTHDR_DEST :
		spec->udp ? IPPROTO_UDP : IPPROTO_TCP;
	at[7] = spec->ttl;
	memset(at + 8, 0xfd, 32);
	frame_put16(at + 22, spec->group);
	at += sizeof(struct ipv6hdr);
	if (spec->ext) {
		memset(at, 0, 8);
		at[0] = spec->udp ? IPPROTO_UDP : IPPROTO_TCP;
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

static u8 *frame_udp(const struct frame_spec *spec, u8 *at, u16 len)
{
	frame_put16(at, 1000 + spec->group);
	frame_put16(at + 2, 80);
	frame_put16(at + 4, len);
	frame_put16(at + 6, 0);
	return at + sizeof(struct udphdr);
}

static u8 frame_outer_proto(const struct frame_spec *spec)
{
	switch (spec->tunnel) {
	case FRAME_GRE:
	case FRAME_GRE_CSUM:
		return IPPROTO_GRE;
	case FRAME_IPIP:
		return spec->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	default:
		return IPPROTO_UDP;
	}
}

/* The tunnel's IP header; its length is written when it is known. */
static u8 *frame_outer_ip(const struct frame_spec *spec, u8 *at)
{
	memset(at, 0, sizeof(struct ipv6hdr));
	if (spec->outer6) {
		at[0] = 0x60;
		at[6] = frame_outer_proto(spec);
		at[7] = 64;
		memset(at + 8, 0xfc, 32);
		return at + sizeof(struct ipv6hdr);
	}
	at[0] = 0x45;
	frame_put16(at + 4, spec->outer_id);
	frame_put16(at + 6, 0x4000);
	at[8] = 64;
	at[9] = frame_outer_proto(spec);
	put_unaligned_be32(0x0a000101, at + 12);
	put_unaligned_be32(0x0a000102, at + 16);
	return at + sizeof(struct iphdr);
}

/* What is between that and the packet in the tunnel. */
static u8 *frame_outer(const struct frame_spec *spec, u8 *at)
{
	bool geneve = spec->tunnel == FRAME_GENEVE;
	bool csum = spec->tunnel == FRAME_GRE_CSUM;

	at = frame_outer_ip(spec, at);
	switch (spec->tunnel) {
	case FRAME_IPIP:
		return at;
	case FRAME_GRE:
	case FRAME_GRE_CSUM:
		at = frame_put16(at, csum ? 0xa000 : 0x2000);
		at = frame_put16(at, spec->v6 ? ETH_P_IPV6 : ETH_P_IP);
		memset(at, 0, csum ? 8 : 4);
		at += csum ? 8 : 4;
		at[-1] = spec->vni;
		return at;
	}
	frame_put16(at, 50000);
	frame_put16(at + 2, geneve ? FRAME_GENEVE_PORT : FRAME_VXLAN_PORT);
	memset(at + 4, 0, 4);
	at += sizeof(struct udphdr);
	memset(at, 0, 12);
	/* An option of GENEVE, or the flags of VXLAN. */
	at[0] = geneve ? 1 : 8;
	if (geneve)
		frame_put16(at + 2, ETH_P_TEB);
	at[6] = spec->vni;
	at += geneve ? 12 : 8;
	memset(at, 0x04, 2 * ETH_ALEN);
	return frame_put16(at + 2 * ETH_ALEN,
			   spec->v6 ? ETH_P_IPV6 : ETH_P_IP);
}

/* Where the L4 checksum is, octets from the frame's start. */
unsigned int frame_check_at(const struct frame *frame)
{
	return frame->l4 + (frame->udp ? 6 : 16);
}

static __sum16 frame_magic(const u8 *l3h, bool v6, u32 len, u8 proto,
			   __wsum sum)
{
	const struct ipv6hdr *ip6h = (const void *)l3h;
	const struct iphdr *iph = (const void *)l3h;

	if (v6)
		return csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto,
				       sum);
	return csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto, sum);
}

static void frame_sum_ip(u8 *l3h, unsigned int len)
{
	struct iphdr *iph = (void *)l3h;

	iph->check = 0;
	iph->check = ip_fast_csum(iph, len / 4);
}

static void frame_sum_outer(struct frame *frame)
{
	unsigned int at = frame->outer + (frame->outer6 ? 40 : 20);
	u8 *l3h = frame->data + frame->outer, *h = frame->data + at;
	u32 len = frame->len - at;

	if (!frame->outer6)
		frame_sum_ip(l3h, 20);
	if (frame->tunnel == FRAME_GRE_CSUM) {
		put_unaligned(0, (u16 *)(h + 4));
		put_unaligned(csum_fold(csum_partial(h, len, 0)),
			      (__sum16 *)(h + 4));
	} else if (frame->tunnel == FRAME_VXLAN_CSUM) {
		put_unaligned(0, (u16 *)(h + 6));
		put_unaligned(frame_magic(l3h, frame->outer6, len, IPPROTO_UDP,
					  csum_partial(h, len, 0)) ?:
			      CSUM_MANGLED_0, (__sum16 *)(h + 6));
	}
}

/* Makes all checksums right for what else is in the frame. */
void frame_sum(struct frame *frame)
{
	__sum16 *at = (__sum16 *)(frame->data + frame_check_at(frame));
	u8 *l3h = frame->data + frame->l3, *l4h = frame->data + frame->l4;
	u8 proto = frame->udp ? IPPROTO_UDP : IPPROTO_TCP;
	u32 len = frame->len - frame->l4;
	__sum16 check;

	put_unaligned(0, at);
	if (!frame->v6)
		frame_sum_ip(l3h, frame->l4 - frame->l3);
	check = frame_magic(l3h, frame->v6, len, proto,
			    csum_partial(l4h, len, 0));
	if (frame->udp && !check)
		check = CSUM_MANGLED_0;
	if (!frame->no_check)
		put_unaligned(check, at);
	if (frame->tunnel)
		frame_sum_outer(frame);
}

/* The lengths in the tunnel's headers. */
static void frame_outer_len(struct frame *frame)
{
	unsigned int at = frame->outer + (frame->outer6 ? 40 : 20);
	u8 *l3h = frame->data + frame->outer;

	frame_put16(l3h + (frame->outer6 ? 4 : 2),
		    frame->len - (frame->outer6 ? at : frame->outer));
	if (frame->tunnel <= FRAME_GENEVE)
		frame_put16(frame->data + at + 4, frame->len - at);
}

/* Checksums behind the first that a device may have verified. */
static u8 frame_levels(const struct frame_spec *spec)
{
	return spec->tunnel && spec->tunnel != FRAME_GRE &&
	       spec->tunnel != FRAME_IPIP;
}

/**
 * frame_make() - make a frame
 * @spec: what it looks like
 * @frame: filled in
 */
void frame_make(const struct frame_spec *spec, struct frame *frame)
{
	u16 len = (spec->udp ? 8 : 20 + spec->tcp_opts) + spec->len, i;
	u8 *at;

	*frame = (struct frame){
		.group = spec->group,
		.valid = true,
		.ip_summed = CHECKSUM_UNNECESSARY,
		.csum_level = frame_levels(spec),
		.v6 = spec->v6,
		.udp = spec->udp,
		.no_check = spec->udp && spec->no_check,
		.tunnel = spec->tunnel,
		.outer6 = spec->outer6,
		.vlan_all = spec->vlan_all,
	};
	at = frame_ethernet(spec, frame->data);
	if (spec->tunnel) {
		frame->outer = at - frame->data;
		at = frame_outer(spec, at);
	}
	frame->l3 = at - frame->data;
	at = spec->v6 ? frame_ipv6(spec, at, len) : frame_ipv4(spec, at, len);
	frame->l4 = at - frame->data;
	at = spec->udp ? frame_udp(spec, at, len) : frame_tcp(spec, at);
	frame->hdr_len = at - frame->data;
	/* Each octet of a stream has a value of its own. */
	for (i = 0; i < spec->len; i++)
		at[i] = (spec->seq + i) * 0x9d >> 3;
	frame->len = frame->hdr_len + spec->len;
	if (spec->tunnel)
		frame_outer_len(frame);
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
	spec->outer_id++;
	spec->flags &= ~0x80;
}
