/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking one layer off a frame: what the parser of all layers and hgro's table
 * of them are both made of. Inlined, since the parser runs once a packet.
 *
 * Each returns 0, -EINVAL for a header that is truncated or contradicts itself,
 * -EOPNOTSUPP for one that a struct hdr_stack cannot say.
 */
#ifndef HEADROOM_HDR_LAYER_H
#define HEADROOM_HDR_LAYER_H

#include <linux/bitops.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>

#include "hdr.h"

/* Of a GRE header's first 16 bits. */
#define GRE_FLAG_CSUM	0x8000
#define GRE_FLAG_KEY	0x2000
#define GRE_FLAG_SEQ	0x1000
#define GRE_OTHER	0x4fff

/**
 * struct hdr_parser - parsing under way
 * @stack: what was found
 * @frame: the frame's first octets
 * @len: how many there are to read
 * @tunnel: what headers do not say
 * @at: where the next layer starts, octets
 */
struct hdr_parser {
	struct hdr_stack *stack;
	const u8 *frame;
	unsigned int len;
	const struct hdr_tunnel *tunnel;
	unsigned int at;
};

/*
 * Are the next @len octets there? Headers may go on where the parser does not
 * see them, so those that the table cannot say are that, whole or not.
 */
static __always_inline int hdr_room(const struct hdr_parser *p,
				    unsigned int len)
{
	if (likely(p->len >= p->at + len))
		return 0;
	return p->at + len > HDR_MAX_LEN ? -EOPNOTSUPP : -EINVAL;
}

static __always_inline int hdr_push(struct hdr_parser *p, enum hdr_type type,
				    unsigned int len)
{
	struct hdr_stack *stack = p->stack;

	if (unlikely(p->at + len > HDR_MAX_LEN ||
		     stack->layers == HDR_MAX_LAYERS))
		return -EOPNOTSUPP;
	stack->type[stack->layers] = type;
	stack->start[stack->layers] = p->at;
	stack->layers++;
	p->at += len;
	return 0;
}

/* An Ethernet header; @proto: the EtherType in it. */
static __always_inline int hdr_take_eth(struct hdr_parser *p, u16 *proto)
{
	int err = hdr_room(p, ETH_HLEN);

	if (unlikely(err))
		return err;
	*proto = get_unaligned_be16(p->frame + p->at +
				    offsetof(struct ethhdr, h_proto));
	return hdr_push(p, HDR_ETH, ETH_HLEN);
}

/* A VLAN tag; @proto: the EtherType behind it. */
static __always_inline int hdr_take_tag(struct hdr_parser *p, u16 *proto)
{
	int err = hdr_room(p, VLAN_HLEN);

	if (unlikely(err))
		return err;
	*proto = get_unaligned_be16(p->frame + p->at + 2);
	return hdr_push(p, HDR_VLAN, VLAN_HLEN);
}

static __always_inline int hdr_take_ipv4(struct hdr_parser *p, u8 *proto)
{
	const u8 *iph = p->frame + p->at;
	unsigned int ihl;
	int err;

	err = hdr_room(p, sizeof(struct iphdr));
	if (unlikely(err))
		return err;
	if (iph[0] >> 4 != 4)
		return -EINVAL;

	ihl = (iph[0] & 0xf) * 4;
	if (ihl < sizeof(struct iphdr))
		return -EINVAL;
	err = hdr_room(p, ihl);
	if (unlikely(err))
		return err;

	*proto = iph[offsetof(struct iphdr, protocol)];
	p->stack->ip = p->stack->layers;
	return hdr_push(p, HDR_IPV4, ihl);
}

static __always_inline int hdr_take_ipv6(struct hdr_parser *p, u8 *proto)
{
	const u8 *ip6h = p->frame + p->at;
	int err;

	err = hdr_room(p, sizeof(struct ipv6hdr));
	if (unlikely(err))
		return err;
	if (ip6h[0] >> 4 != 6)
		return -EINVAL;

	*proto = ip6h[offsetof(struct ipv6hdr, nexthdr)];
	p->stack->ip = p->stack->layers;
	return hdr_push(p, HDR_IPV6, sizeof(struct ipv6hdr));
}

/* An IPv6 extension header of those that say their length in units of 8. */
static __always_inline int hdr_take_ext(struct hdr_parser *p, u8 *proto)
{
	unsigned int len;
	int err;

	err = hdr_room(p, 8);
	if (unlikely(err))
		return err;
	len = 8 * (p->frame[p->at + 1] + 1);
	err = hdr_room(p, len);
	if (unlikely(err))
		return err;
	*proto = p->frame[p->at];
	return hdr_push(p, HDR_IPV6_EXT, len);
}

static __always_inline int hdr_take_tcp(struct hdr_parser *p)
{
	unsigned int thlen;
	int err;

	err = hdr_room(p, sizeof(struct tcphdr));
	if (unlikely(err))
		return err;

	thlen = (p->frame[p->at + 12] >> 4) * 4;
	if (thlen < sizeof(struct tcphdr))
		return -EINVAL;
	err = hdr_room(p, thlen);
	if (unlikely(err))
		return err;
	return hdr_push(p, HDR_TCP, thlen);
}

/* A GRE header; @proto: the EtherType of what is behind it. */
static __always_inline int hdr_take_gre(struct hdr_parser *p, u16 *proto)
{
	unsigned int len = 4;
	u16 flags;
	int err;

	err = hdr_room(p, len);
	if (unlikely(err))
		return err;
	flags = get_unaligned_be16(p->frame + p->at);
	*proto = get_unaligned_be16(p->frame + p->at + 2);
	if (flags & GRE_OTHER)
		return -EOPNOTSUPP;
	len += 4 * hweight16(flags);
	err = hdr_room(p, len);
	if (unlikely(err))
		return err;
	return hdr_push(p, flags & GRE_FLAG_CSUM ? HDR_GRE_CSUM : HDR_GRE,
			len);
}

#endif
