// SPDX-License-Identifier: GPL-2.0
/*
 * From the octets of a frame to the stack of its headers.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
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

static int hdr_parse_ip(struct hdr_parser *p, u16 proto);

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

static int hdr_parse_tcp(struct hdr_parser *p)
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

/* The packet in a tunnel, an EtherType says which. */
static int hdr_parse_inner(struct hdr_parser *p, u16 proto)
{
	int err;

	p->stack->inner = p->stack->layers;
	if (proto == ETH_P_TEB) {
		err = hdr_room(p, ETH_HLEN);
		if (unlikely(err))
			return err;
		proto = get_unaligned_be16(p->frame + p->at +
					   offsetof(struct ethhdr, h_proto));
		err = hdr_push(p, HDR_ETH, ETH_HLEN);
		if (err)
			return err;
	}
	return hdr_parse_ip(p, proto);
}

static int hdr_parse_udp(struct hdr_parser *p)
{
	const struct hdr_tunnel *tunnel = p->tunnel;
	int err;

	err = hdr_room(p, sizeof(struct udphdr));
	if (unlikely(err))
		return err;
	if (!tunnel || !tunnel->udp_inner || p->stack->inner)
		return hdr_push(p, HDR_UDP, sizeof(struct udphdr));

	err = hdr_push(p, tunnel->csum ? HDR_UDP_TUNNEL_CSUM : HDR_UDP_TUNNEL,
		       sizeof(struct udphdr));
	if (err)
		return err;
	if (tunnel->udp_inner < p->at)
		return -EINVAL;
	err = hdr_room(p, tunnel->udp_inner - p->at);
	if (unlikely(err))
		return err;
	if (tunnel->udp_inner > p->at)
		err = hdr_push(p, HDR_TUNNEL, tunnel->udp_inner - p->at);
	return err ?: hdr_parse_inner(p, tunnel->proto);
}

static int hdr_parse_gre(struct hdr_parser *p)
{
	unsigned int len = 4;
	u16 flags, proto;
	int err;

	err = hdr_room(p, len);
	if (unlikely(err))
		return err;
	flags = get_unaligned_be16(p->frame + p->at);
	proto = get_unaligned_be16(p->frame + p->at + 2);
	if (flags & GRE_OTHER)
		return -EOPNOTSUPP;
	len += 4 * hweight16(flags);
	err = hdr_room(p, len);
	if (unlikely(err))
		return err;

	err = hdr_push(p, flags & GRE_FLAG_CSUM ? HDR_GRE_CSUM : HDR_GRE, len);
	return err ?: hdr_parse_inner(p, proto);
}

static int hdr_parse_l4(struct hdr_parser *p, u8 proto)
{
	if (likely(proto == IPPROTO_TCP))
		return hdr_parse_tcp(p);
	if (proto == IPPROTO_UDP)
		return hdr_parse_udp(p);
	/* A tunnel in a tunnel: the stack takes one off in software. */
	if (p->stack->inner)
		return -EOPNOTSUPP;

	switch (proto) {
	case IPPROTO_IPIP:
		return hdr_parse_inner(p, ETH_P_IP);
	case IPPROTO_IPV6:
		return hdr_parse_inner(p, ETH_P_IPV6);
	case IPPROTO_GRE:
		return hdr_parse_gre(p);
	default:
		return -EOPNOTSUPP;
	}
}

static int hdr_parse_ipv4(struct hdr_parser *p)
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

	p->stack->ip = p->stack->layers;
	err = hdr_push(p, HDR_IPV4, ihl);
	if (unlikely(err))
		return err;
	return hdr_parse_l4(p, iph[offsetof(struct iphdr, protocol)]);
}

/* The extension headers that the stack segments behind. */
static bool hdr_is_ext(u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_DSTOPTS;
}

static int hdr_parse_exts(struct hdr_parser *p, u8 *proto)
{
	unsigned int len;
	int err;

	while (hdr_is_ext(*proto)) {
		err = hdr_room(p, 8);
		if (unlikely(err))
			return err;
		len = 8 * (p->frame[p->at + 1] + 1);
		err = hdr_room(p, len);
		if (unlikely(err))
			return err;
		*proto = p->frame[p->at];
		err = hdr_push(p, HDR_IPV6_EXT, len);
		if (err)
			return err;
	}
	return 0;
}

static int hdr_parse_ipv6(struct hdr_parser *p)
{
	const u8 *ip6h = p->frame + p->at;
	u8 proto;
	int err;

	err = hdr_room(p, sizeof(struct ipv6hdr));
	if (unlikely(err))
		return err;
	if (ip6h[0] >> 4 != 6)
		return -EINVAL;

	proto = ip6h[offsetof(struct ipv6hdr, nexthdr)];
	p->stack->ip = p->stack->layers;
	err = hdr_push(p, HDR_IPV6, sizeof(struct ipv6hdr));
	if (likely(!err) && unlikely(proto != IPPROTO_TCP))
		err = hdr_parse_exts(p, &proto);
	return err ?: hdr_parse_l4(p, proto);
}

static int hdr_parse_ip(struct hdr_parser *p, u16 proto)
{
	switch (proto) {
	case ETH_P_IP:
		return hdr_parse_ipv4(p);
	case ETH_P_IPV6:
		return hdr_parse_ipv6(p);
	default:
		return -EOPNOTSUPP;
	}
}

static bool hdr_is_tag(u16 proto)
{
	return proto == ETH_P_8021Q || proto == ETH_P_8021AD;
}

/**
 * hdr_parse() - find the layers of an Ethernet frame
 * @stack: filled in
 * @frame: the frame's first octets, from the MAC header
 * @len: how many there are to read
 * @tunnel: what they do not say, or NULL without UDP tunnels
 *
 * Context: any; reads only @len octets of @frame.
 * Return: 0, -EINVAL for headers that are truncated or contradict themselves,
 *	-EOPNOTSUPP for protocols that the table does not know.
 */
int hdr_parse(struct hdr_stack *stack, const u8 *frame, unsigned int len,
	      const struct hdr_tunnel *tunnel)
{
	struct hdr_parser p = {
		.stack = stack, .frame = frame, .len = len, .tunnel = tunnel,
		.at = ETH_HLEN,
	};
	unsigned int tags = 0;
	u16 proto;
	int err;

	if (len < ETH_HLEN)
		return -EINVAL;
	stack->layers = 1;
	stack->inner = 0;
	stack->type[0] = HDR_ETH;
	stack->start[0] = 0;

	proto = get_unaligned_be16(frame + offsetof(struct ethhdr, h_proto));
	while (hdr_is_tag(proto)) {
		err = hdr_room(&p, VLAN_HLEN);
		if (unlikely(err))
			return err;
		if (++tags > 2)
			return -EOPNOTSUPP;
		proto = get_unaligned_be16(frame + p.at + 2);
		hdr_push(&p, HDR_VLAN, VLAN_HLEN);
	}

	err = hdr_parse_ip(&p, proto);
	stack->len = p.at;
	return err;
}
EXPORT_SYMBOL_GPL(hdr_parse);

/**
 * hdr_parse_bare() - hdr_parse() for a packet without a link-layer header
 * @stack: filled in; its first layer, Ethernet, has no octets
 * @packet: its first octets, from the IP header
 * @len: how many there are to read
 * @tunnel: as for hdr_parse()
 *
 * As devices without link-layer headers send, WireGuard for one, and as IPsec
 * and the IP layer segment.
 *
 * Context: any; reads only @len octets of @packet.
 * Return: as hdr_parse().
 */
int hdr_parse_bare(struct hdr_stack *stack, const u8 *packet, unsigned int len,
		   const struct hdr_tunnel *tunnel)
{
	struct hdr_parser p = {
		.stack = stack, .frame = packet, .len = len, .tunnel = tunnel,
	};
	int err;

	stack->layers = 1;
	stack->inner = 0;
	stack->type[0] = HDR_ETH;
	stack->start[0] = 0;
	err = hdr_parse_ip(&p, len && packet[0] >> 4 == 6 ? ETH_P_IPV6 :
							    ETH_P_IP);
	stack->len = p.at;
	return err;
}

/**
 * hdr_cut() - take a layer out of a stack
 * @stack: from hdr_parse()
 * @layer: index of it, behind the innermost IP header, not the last
 *
 * Context: any.
 */
void hdr_cut(struct hdr_stack *stack, unsigned int layer)
{
	unsigned int i, len = stack->start[layer + 1] - stack->start[layer];

	for (i = layer; i < stack->layers - 1; i++) {
		stack->type[i] = stack->type[i + 1];
		stack->start[i] = stack->start[i + 1] - len;
	}
	stack->layers--;
	stack->len -= len;
}
