// SPDX-License-Identifier: GPL-2.0
/*
 * From the octets of a frame to the stack of its headers.
 */
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/udp.h>
#include <linux/unaligned.h>

#include "layer.h"

static int hdr_parse_ip(struct hdr_parser *p, u16 proto);

/* The packet in a tunnel, an EtherType says which. */
static int hdr_parse_inner(struct hdr_parser *p, u16 proto)
{
	int err;

	p->stack->inner = p->stack->layers;
	if (proto == ETH_P_TEB) {
		err = hdr_take_eth(p, &proto);
		if (unlikely(err))
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
	u16 proto;
	int err;

	err = hdr_take_gre(p, &proto);
	return err ?: hdr_parse_inner(p, proto);
}

static int hdr_parse_l4(struct hdr_parser *p, u8 proto)
{
	if (likely(proto == IPPROTO_TCP))
		return hdr_take_tcp(p);
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
	u8 proto;
	int err;

	err = hdr_take_ipv4(p, &proto);
	return unlikely(err) ? err : hdr_parse_l4(p, proto);
}

/* The extension headers that the stack segments behind. */
static bool hdr_is_ext(u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_DSTOPTS;
}

static int hdr_parse_exts(struct hdr_parser *p, u8 *proto)
{
	int err = 0;

	while (!err && hdr_is_ext(*proto))
		err = hdr_take_ext(p, proto);
	return err;
}

static int hdr_parse_ipv6(struct hdr_parser *p)
{
	u8 proto;
	int err;

	err = hdr_take_ipv6(p, &proto);
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
		err = hdr_take_tag(&p, &proto);
		if (unlikely(err))
			return err;
		if (++tags > 2)
			return -EOPNOTSUPP;
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
