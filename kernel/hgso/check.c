// SPDX-License-Identifier: GPL-2.0
/*
 * Which super-packets the engine takes. Pure predicates: nothing is changed,
 * nothing is counted.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "hgso_impl.h"

#define HGSO_TUNNELS	(SKB_GSO_GRE | SKB_GSO_GRE_CSUM | SKB_GSO_IPXIP4 | \
			 SKB_GSO_IPXIP6 | SKB_GSO_UDP_TUNNEL | \
			 SKB_GSO_UDP_TUNNEL_CSUM)
#define HGSO_UDP_TUNNELS	(SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)
#define HGSO_TCP	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6)
#define HGSO_GSO_TYPES	(HGSO_TCP | SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID | \
			 SKB_GSO_UDP_L4 | SKB_GSO_DODGY | HGSO_TUNNELS | \
			 SKB_GSO_PARTIAL)

int hgso_reason_errno(enum hgso_reason reason)
{
	switch (reason) {
	case HGSO_OK:
		return 0;
	case HGSO_SHARED:
		return -EBUSY;
	case HGSO_GSO_SIZE:
	case HGSO_HEADER:
	case HGSO_LENGTH:
		return -EINVAL;
	case HGSO_NOMEM:
	case HGSO_MAP:
		return -ENOMEM;
	default:
		return -EOPNOTSUPP;
	}
}

static enum hgso_reason hgso_check_shape(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 type = shinfo->gso_type;
	u32 tunnel = type & HGSO_TUNNELS;

	if (type & ~HGSO_GSO_TYPES)
		return HGSO_GSO_TYPE;
	if (!(type & HGSO_TCP) == !(type & SKB_GSO_UDP_L4))
		return HGSO_GSO_TYPE;
	/* The stack would take the finished outer sum for a partial one. */
	if (type & SKB_GSO_PARTIAL && type & SKB_GSO_UDP_TUNNEL_CSUM)
		return HGSO_GSO_TYPE;
	/* One tunnel at most, and the skb says where it is. */
	if (tunnel & (tunnel - 1) || skb->encapsulation != !!tunnel)
		return HGSO_GSO_TYPE;
	if (!skb_frags_readable(skb))
		return HGSO_UNREADABLE;
	return HGSO_OK;
}

/*
 * Does a length field say what it should: @len octets, with the low 16 bits of
 * it in UDP, and none at all in BIG TCP? What the stack segments in part
 * (SKB_GSO_PARTIAL) has the length of one segment, @one.
 */
static __always_inline bool hgso_length_right(const struct sk_buff *skb,
					      enum hdr_type type,
					      const u8 *field, u32 len, u32 one)
{
	u16 says = get_unaligned_be16(field);

	if (likely(says == len))
		return true;
	if (skb_shinfo(skb)->gso_type & SKB_GSO_PARTIAL && says == one)
		return true;
	if (len <= IP_MAX_MTU)
		return false;
	return type == HDR_UDP_TUNNEL || type == HDR_UDP_TUNNEL_CSUM ?
	       says == (u16)len : !says;
}

static __always_inline enum hgso_reason
hgso_check_length(const struct sk_buff *skb, const u8 *hdrs,
		  const struct hdr_stack *stack, unsigned int layer)
{
	enum hdr_type type = stack->type[layer];
	unsigned int off = stack->start[layer];
	unsigned int at, bias = 0;

	switch (type) {
	case HDR_IPV4:
		at = offsetof(struct iphdr, tot_len);
		break;
	case HDR_IPV6:
		/* It does not count its own header. */
		at = offsetof(struct ipv6hdr, payload_len);
		bias = sizeof(struct ipv6hdr);
		break;
	case HDR_UDP:
		if (skb->len - off > IP_MAX_MTU)
			return HGSO_BIG;
		fallthrough;
	case HDR_UDP_TUNNEL:
	case HDR_UDP_TUNNEL_CSUM:
		at = offsetof(struct udphdr, len);
		break;
	default:
		return HGSO_OK;
	}
	return hgso_length_right(skb, type, hdrs + off + at,
				 skb->len - off - bias,
				 stack->len - off - bias +
				 skb_shinfo(skb)->gso_size) ?
	       HGSO_OK : HGSO_LENGTH;
}

/* The innermost IP header, and what gso_type says of it. */
static enum hgso_reason hgso_check_ip(const struct sk_buff *skb,
				      const u8 *hdrs,
				      const struct hdr_stack *stack)
{
	const u8 *l3h = hdrs + stack->start[stack->ip];
	u32 type = skb_shinfo(skb)->gso_type;
	bool v6 = stack->type[stack->ip] == HDR_IPV6;
	bool udp = stack->type[stack->layers - 1] == HDR_UDP;

	if (udp != !!(type & SKB_GSO_UDP_L4))
		return HGSO_PROTOCOL;
	if (!udp && !(type & (v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4)))
		return HGSO_HEADER;
	if (likely(!(type & SKB_GSO_TCP_FIXEDID)))
		return HGSO_OK;
	/* There is no id; a packet translated from IPv4 may say so. */
	if (v6)
		return HGSO_GSO_TYPE;
	/* An id that stays is only allowed where nobody may fragment. */
	return ((const struct iphdr *)l3h)->frag_off & htons(IP_DF) ?
	       HGSO_OK : HGSO_HEADER;
}

/* The SKB_GSO_* bit of the tunnel that was found in the headers. */
static u32 hgso_tunnel_type(const struct hdr_stack *stack)
{
	unsigned int i;

	for (i = 1; i < stack->inner; i++) {
		switch (stack->type[i]) {
		case HDR_GRE:
			return SKB_GSO_GRE;
		case HDR_GRE_CSUM:
			return SKB_GSO_GRE_CSUM;
		case HDR_UDP_TUNNEL:
			return SKB_GSO_UDP_TUNNEL;
		case HDR_UDP_TUNNEL_CSUM:
			return SKB_GSO_UDP_TUNNEL_CSUM;
		}
	}
	while (i && stack->type[i - 1] != HDR_IPV4 &&
	       stack->type[i - 1] != HDR_IPV6)
		i--;
	return stack->type[i - 1] == HDR_IPV4 ? SKB_GSO_IPXIP4 :
						SKB_GSO_IPXIP6;
}

/* The stack finds its way by the skb's offsets, the frame by its octets. */
static enum hgso_reason hgso_check_tunnel(const struct sk_buff *skb,
					  const struct hdr_stack *stack)
{
	u32 type = skb_shinfo(skb)->gso_type & HGSO_TUNNELS;
	bool eth = stack->type[stack->inner] == HDR_ETH;
	u16 proto = ETH_P_TEB;

	if (hgso_tunnel_type(stack) != type)
		return HGSO_PROTOCOL;
	if (type & (SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6))
		return HGSO_OK;
	if (!eth)
		proto = stack->type[stack->ip] == HDR_IPV6 ? ETH_P_IPV6 :
							     ETH_P_IP;
	if (skb->inner_protocol_type != ENCAP_TYPE_ETHER ||
	    skb->inner_protocol != htons(proto))
		return HGSO_PROTOCOL;
	if (skb_inner_mac_header(skb) - skb->data !=
	    stack->start[stack->inner] ||
	    skb_inner_network_offset(skb) != stack->start[stack->ip])
		return HGSO_HEADER;
	return HGSO_OK;
}

/* The network header is the outer IP header, or a tag that is before it. */
static bool hgso_network_right(const struct sk_buff *skb,
			       const struct hdr_stack *stack)
{
	int off = skb_network_offset(skb);
	unsigned int i = 0;

	do {
		if (likely(off == stack->start[++i]))
			return true;
	} while (stack->type[i] == HDR_VLAN);
	return false;
}

/*
 * BIG TCP over IPv6 has a hop-by-hop header with the real length, which the
 * stack takes out of segments that follow IPv6's own header in the head of an
 * untagged packet; those elsewhere are declined.
 */
static enum hgso_reason hgso_check_jumbo(const struct sk_buff *skb,
					 const u8 *hdrs,
					 struct hgso_plan *plan)
{
	struct hdr_stack *stack = &plan->stack;
	const struct hop_jumbo_hdr *jumbo;
	unsigned int i;

	for (i = 1; i < stack->layers - 1; i++) {
		if (stack->type[i] != HDR_IPV6 ||
		    stack->type[i + 1] != HDR_IPV6_EXT ||
		    hdrs[stack->start[i] +
			 offsetof(struct ipv6hdr, nexthdr)] != NEXTHDR_HOP)
			continue;
		jumbo = (const void *)(hdrs + stack->start[i + 1]);
		if (jumbo->tlv_type != IPV6_TLV_JUMBO || jumbo->hdrlen ||
		    jumbo->nexthdr != IPPROTO_TCP)
			continue;
		if (i != 1 || stack->inner ||
		    skb_headlen(skb) < stack->start[i + 1] + sizeof(*jumbo))
			return HGSO_BIG;
		plan->cut = i + 1;
	}
	return HGSO_OK;
}

/*
 * The EtherType by which the stack knows the packet. It is not in one without a
 * link-layer header, whose network header is where it starts.
 */
static __be16 hgso_ethertype(const struct sk_buff *skb, const u8 *hdrs,
			     const struct hdr_stack *stack)
{
	if (likely(skb_network_offset(skb)))
		return ((const struct ethhdr *)hdrs)->h_proto;
	return htons(stack->type[1] == HDR_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
}

/* Headers that are linear at @hdrs, or a copy of them; @len is for the parser. */
static enum hgso_reason hgso_check_linear(const struct sk_buff *skb,
					  const u8 *hdrs, unsigned int len,
					  struct hgso_plan *plan)
{
	struct hdr_stack *stack = &plan->stack;
	u32 type = skb_shinfo(skb)->gso_type;
	struct hdr_tunnel tunnel = { };
	enum hgso_reason reason;
	unsigned int i, end;
	int err, l4;

	if (type & HGSO_UDP_TUNNELS) {
		tunnel.udp_inner = skb_inner_mac_header(skb) - skb->data;
		tunnel.proto = ntohs(skb->inner_protocol);
		tunnel.csum = type & SKB_GSO_UDP_TUNNEL_CSUM;
	}
	if (likely(skb_network_offset(skb)))
		err = hdr_parse(stack, hdrs, len, &tunnel);
	else
		err = hdr_parse_bare(stack, hdrs, len, &tunnel);
	if (unlikely(err))
		return err == -EOPNOTSUPP ? HGSO_PROTOCOL : HGSO_HEADER;

	if (skb->protocol != hgso_ethertype(skb, hdrs, stack) ||
	    !hgso_network_right(skb, stack))
		return HGSO_PROTOCOL;
	if (unlikely(!stack->inner != !skb->encapsulation))
		return HGSO_PROTOCOL;

	l4 = stack->start[stack->layers - 1];
	if (likely(skb->ip_summed == CHECKSUM_PARTIAL)) {
		if (skb_checksum_start_offset(skb) != l4 ||
		    skb->csum_offset != hdr_check_off(stack))
			return HGSO_HEADER;
	} else if (type & SKB_GSO_UDP_L4) {
		return HGSO_PROTOCOL;
	}

	reason = hgso_check_ip(skb, hdrs, stack);
	if (likely(!reason) && unlikely(stack->inner))
		reason = hgso_check_tunnel(skb, stack);
	/* Without a tunnel, nothing before the IP header has a length. */
	end = stack->layers - !(type & SKB_GSO_UDP_L4);
	for (i = stack->inner ? 1 : stack->ip; !reason && i < end; i++)
		reason = hgso_check_length(skb, hdrs, stack, i);
	plan->cut = 0;
	if (likely(!reason) &&
	    unlikely(skb->len - stack->start[1] > GRO_LEGACY_MAX_SIZE))
		reason = hgso_check_jumbo(skb, hdrs, plan);
	return reason;
}

/* Headers that go on in the page frags. Not inlined, for the buffer's sake. */
static noinline enum hgso_reason hgso_check_split(const struct sk_buff *skb,
						  struct hgso_plan *plan)
{
	unsigned int len = min_t(unsigned int, skb->len, HDR_MAX_LEN);
	u8 buf[HDR_MAX_LEN + 1];

	if (skb_copy_bits(skb, 0, buf, len))
		return HGSO_HEADER;
	return hgso_check_linear(skb, buf, len, plan);
}

static enum hgso_reason hgso_check_headers(const struct sk_buff *skb,
					   struct hgso_plan *plan)
{
	enum hgso_reason reason;

	reason = hgso_check_linear(skb, skb->data, skb_headlen(skb), plan);
	if (unlikely(reason == HGSO_HEADER) && skb_is_nonlinear(skb))
		reason = hgso_check_split(skb, plan);
	return reason;
}

/**
 * struct hgso_count - slices and pieces of a super-packet, counted
 * @end: where the buffer before ends, octets from the payload's start; below
 *	0 within the headers
 * @payload: octets of payload
 * @mss: of each frame
 * @edges: buffers that end within a segment
 * @at: the segment in which the last of those ended
 * @run: how many ended in that one
 * @most: how many in any one
 * @pieces: buffers with payload
 * @longest: octets of the longest of them
 */
struct hgso_count {
	int end;
	int payload;
	u32 mss;
	u32 edges;
	u32 at;
	u32 run;
	u32 most;
	u32 pieces;
	u32 longest;
};

/*
 * A frame has a slice for its headers and one for each piece of its payload.
 * Pieces end where a segment ends and where a buffer ends; a buffer that ends
 * within a segment costs one more.
 */
static __always_inline void hgso_count_buffer(struct hgso_count *c, u32 len)
{
	if (!len)
		return;
	/* Here ended one buffer and this one has something to add. */
	if (c->end > 0 && c->end < c->payload && c->end % c->mss) {
		c->edges++;
		c->run = c->at == c->end / c->mss ? c->run + 1 : 1;
		c->at = c->end / c->mss;
		c->most = max(c->most, c->run);
	}
	c->end += len;
	c->pieces++;
	c->longest = max(c->longest, len);
}

static __always_inline void hgso_count_frags(struct hgso_count *c,
					     const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		hgso_count_buffer(c, skb_frag_size(&shinfo->frags[i]));
}

static noinline enum hgso_reason
hgso_count_list(struct hgso_count *c, const struct sk_buff *skb,
		unsigned int hdr_len)
{
	const struct sk_buff *iter;

	/* Pulling headers out of it would change its skbs. */
	if (hdr_len > skb_pagelen(skb))
		return HGSO_FRAG_LIST;
	skb_walk_frags(skb, iter) {
		if (skb_has_frag_list(iter))
			return HGSO_FRAG_LIST;
		if (!skb_frags_readable(iter))
			return HGSO_UNREADABLE;
		hgso_count_buffer(c, skb_headlen(iter));
		hgso_count_frags(c, iter);
		if (c->pieces > HGSO_MAX_PIECES)
			return HGSO_FRAG_LIST;
	}
	return HGSO_OK;
}

static __always_inline enum hgso_reason
hgso_count(const struct sk_buff *skb, const struct hgso_limits *limits,
	   struct hgso_plan *plan)
{
	enum hgso_reason reason = HGSO_OK;
	struct hgso_count c, list;

	c.mss = skb_shinfo(skb)->gso_size;
	c.payload = plan->payload;
	c.end = (int)skb_headlen(skb) - plan->payload_off;
	c.edges = 0;
	c.at = 0;
	c.run = 0;
	c.most = 0;
	c.pieces = 1;
	/* At most: a tag that is still beside the packet, and alignment. */
	c.longest = plan->frames * (plan->stack.len + VLAN_HLEN + 8) + 8 +
		    skb_headlen(skb);
	hgso_count_frags(&c, skb);
	if (unlikely(skb_has_frag_list(skb))) {
		/* A copy, so that the usual one stays in registers. */
		list = c;
		reason = hgso_count_list(&list, skb, plan->payload_off);
		c = list;
	}

	plan->descs = 2 * plan->frames + c.edges;
	plan->pieces = c.pieces;
	if (unlikely(limits->max_frame_descs &&
		     2 + c.most > limits->max_frame_descs))
		return HGSO_SLICE;
	/* No slice of payload is longer than a segment. */
	if (unlikely(limits->max_slice &&
		     max_t(u32, c.mss, plan->stack.len) > limits->max_slice))
		return HGSO_SLICE;
	if (unlikely(limits->max_map && c.longest > limits->max_map))
		return HGSO_SLICE;
	return reason;
}

/*
 * What nearly all super-packets are, in one go: TCP over IPv4 or IPv6, nothing
 * else, headers in the head. Checks all that the long way checks of these.
 */
static __always_inline bool hgso_check_usual(const struct sk_buff *skb,
					     struct hgso_plan *plan)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	const struct ethhdr *eth = (const void *)skb->data;
	u32 type = shinfo->gso_type, len = skb->len - ETH_HLEN;
	const u8 *l3h = skb->data + ETH_HLEN;
	unsigned int l4;

	if (type & ~(HGSO_TCP | SKB_GSO_TCP_ECN | SKB_GSO_DODGY) ||
	    skb->encapsulation || skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb->csum_offset != offsetof(struct tcphdr, check) ||
	    len > IP_MAX_MTU || !skb_frags_readable(skb) ||
	    skb_network_offset(skb) != ETH_HLEN)
		return false;
	/* The parser sees to it that the head is long enough for this. */
	if (!hdr_parse_usual(&plan->stack, skb->data, skb_headlen(skb),
			     skb->protocol) ||
	    eth->h_proto != skb->protocol)
		return false;

	l4 = plan->stack.start[2];
	plan->cut = 0;
	if (skb_checksum_start_offset(skb) != l4)
		return false;
	if (plan->stack.type[1] == HDR_IPV4)
		return type & SKB_GSO_TCPV4 && get_unaligned_be16(l3h +
			offsetof(struct iphdr, tot_len)) == len;
	return type & SKB_GSO_TCPV6 && get_unaligned_be16(l3h +
		offsetof(struct ipv6hdr, payload_len)) ==
		len - sizeof(struct ipv6hdr);
}

static enum hgso_reason hgso_check_all(const struct sk_buff *skb,
				       struct hgso_plan *plan)
{
	enum hgso_reason reason = hgso_check_shape(skb);

	return reason ?: hgso_check_headers(skb, plan);
}

/**
 * hgso_check() - can this super-packet be prepared?
 * @skb: skb->data at the MAC header
 * @limits: of the queue
 * @tag_len: octets of a VLAN tag that the stack will yet put into the frame
 * @plan: filled in when it can
 *
 * Context: any; does not change the skb.
 * Return: HGSO_OK or why not.
 */
enum hgso_reason hgso_check(const struct sk_buff *skb,
			    const struct hgso_limits *limits,
			    unsigned int tag_len, struct hgso_plan *plan)
{
	u32 mss = skb_shinfo(skb)->gso_size;
	enum hgso_reason reason;
	unsigned int len;

	if (unlikely(!hgso_check_usual(skb, plan))) {
		reason = hgso_check_all(skb, plan);
		if (unlikely(reason))
			return reason;
	}
	if (unlikely(!mss))
		return HGSO_GSO_SIZE;
	if (unlikely(mss == GSO_BY_FRAGS))
		return HGSO_GSO_TYPE;

	if (unlikely(tag_len && plan->stack.type[2] == HDR_VLAN))
		return HGSO_PROTOCOL;

	plan->payload_off = plan->stack.len;
	if (unlikely(plan->cut))
		hdr_cut(&plan->stack, plan->cut);
	len = plan->stack.len;
	plan->payload = skb->len - plan->payload_off;
	if (unlikely(plan->payload <= mss))
		return HGSO_GSO_SIZE;

	plan->frames = DIV_ROUND_UP(plan->payload, mss);
	/* The cheap bound first: gso_size may be 1. */
	if (unlikely(2 * plan->frames > limits->max_descs))
		return HGSO_DESCRIPTORS;
	if (unlikely(plan->frames * ALIGN(len + tag_len, 8) >
		     limits->max_hdrs))
		return HGSO_HEADROOM;

	reason = hgso_count(skb, limits, plan);
	if (unlikely(reason))
		return reason;
	return plan->descs > limits->max_descs ? HGSO_DESCRIPTORS : HGSO_OK;
}
EXPORT_SYMBOL_IF_KUNIT(hgso_check);

static netdev_features_t hgso_check_features(const struct sk_buff *skb,
					     netdev_features_t features,
					     const struct hgso_limits *limits)
{
	unsigned int tag_len = 0;
	struct hgso_plan plan;

	/* The driver's own way for plain skbs need not know frag_lists. */
	if (!skb_is_gso(skb))
		return features & ~NETIF_F_FRAGLIST;
	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(features, skb->vlan_proto))
		tag_len = VLAN_HLEN;
	if (hgso_check(skb, limits, tag_len, &plan))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}

/**
 * hgso_features_check() - for ndo_features_check: what the engine does not take
 * @skb: the packet, skb->data at the MAC header
 * @features: what the stack would use
 * @max_descs: most slices, as given to hgso_txq_init()
 *
 * The stack asks this before it decides on segmentation, and so do qdiscs and
 * others: nothing is changed, nothing is counted. A VLAN tag that the device
 * does not insert itself is still beside the packet here; it is taken into
 * account. It is for queues as hgso_txq_init() makes them;
 * hgso_txq_features_check() is for others.
 *
 * A driver's ndo_features_check also takes the place of the stack's own, so it
 * should go on to vlan_features_check().
 *
 * Context: any.
 * Return: @features; without NETIF_F_GSO_MASK when hgso_prepare() would decline
 *	the super-packet (but for a shared skb), so that the stack segments it.
 */
netdev_features_t hgso_features_check(const struct sk_buff *skb,
				      netdev_features_t features,
				      u32 max_descs)
{
	const struct hgso_limits limits = {
		.max_descs = max_descs,
		.max_hdrs = hgso_headroom.max_len,
	};

	return hgso_check_features(skb, features, &limits);
}
EXPORT_SYMBOL_GPL(hgso_features_check);

/**
 * hgso_txq_features_check() - hgso_features_check() by a queue's own limits
 * @skb: the packet, skb->data at the MAC header
 * @features: what the stack would use
 * @txq: a queue like the one that it will be sent on, which may not be known
 *	yet
 *
 * Context: any.
 * Return: as hgso_features_check().
 */
netdev_features_t hgso_txq_features_check(const struct sk_buff *skb,
					  netdev_features_t features,
					  const struct hgso_txq *txq)
{
	return hgso_check_features(skb, features, &txq->limits);
}
EXPORT_SYMBOL_GPL(hgso_txq_features_check);
