// SPDX-License-Identifier: GPL-2.0
/*
 * Which headers the engine takes: the GSO type, what the octets say, and whether
 * both agree. Pure predicates, as all of hgso_check().
 */
#include <linux/if_ether.h>
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
#define HGSO_GSO_TYPES	(HGSO_TCP | SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID | \
			 SKB_GSO_UDP_L4 | SKB_GSO_DODGY | HGSO_TUNNELS | \
			 SKB_GSO_PARTIAL)

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
 * hgso_check_all() - are a super-packet's headers such as the engine does?
 * @skb: skb->data at the MAC header
 * @plan: filled in when they are: the stack of headers, and the cut
 *
 * Context: any; does not change the skb.
 * Return: HGSO_OK or why not.
 */
enum hgso_reason hgso_check_all(const struct sk_buff *skb,
				struct hgso_plan *plan)
{
	enum hgso_reason reason = hgso_check_shape(skb);

	return reason ?: hgso_check_headers(skb, plan);
}
