// SPDX-License-Identifier: GPL-2.0
/*
 * May a packet be merged at all, may it join its flow, and if not, why?
 *
 * The answer comes from hdr_differs(): the table of header rules decides, and
 * what is here finds a name for the octet that differs.
 */
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/unaligned.h>
#include <net/dst_metadata.h>
#include <net/ip.h>

#include "usual.h"

static enum hgro_reason hgro_why_tcp(unsigned int at, u8 bits)
{
	if (at < 4)
		return HGRO_LAYERS;
	if (at < 8)
		return HGRO_SEQUENCE;
	if (at < 12)
		return HGRO_ACK;
	if (at == TCP_FLAGS && bits & FLAG_CWR)
		return HGRO_CWR;
	if (at == TCP_FLAGS && bits & FLAG_ECE)
		return HGRO_ECE;
	if (at < 14)
		return HGRO_FLAGS;
	if (at < 16)
		return HGRO_WINDOW;
	if (at < 18)
		return HGRO_L4_CHECK;
	return at < 20 ? HGRO_URGENT : HGRO_TCP_OPTION;
}

static enum hgro_reason hgro_why_ipv4(unsigned int at, u8 bits)
{
	static const u8 why[] = {
		HGRO_IP_OPTION, HGRO_TOS, HGRO_LENGTH, HGRO_LENGTH, HGRO_ID,
		HGRO_ID, HGRO_DF, HGRO_DF, HGRO_TTL, HGRO_LAYERS,
		HGRO_IP_CHECK, HGRO_IP_CHECK,
	};

	if (at == 1 && !(bits & ~3))
		return HGRO_ECN;
	return at < ARRAY_SIZE(why) ? why[at] : HGRO_LAYERS;
}

static enum hgro_reason hgro_why_ipv6(unsigned int at, u8 bits)
{
	static const u8 why[] = {
		HGRO_TOS, HGRO_TOS, HGRO_FLOW_LABEL, HGRO_FLOW_LABEL,
		HGRO_LENGTH, HGRO_LENGTH, HGRO_LAYERS, HGRO_TTL,
	};

	if (at == 1 && !(bits & 0xf0))
		return HGRO_FLOW_LABEL;
	if (at == 1 && !(bits & 0xc0))
		return HGRO_ECN;
	return at < ARRAY_SIZE(why) ? why[at] : HGRO_LAYERS;
}

/* A name for the octet at @at of the frame, of which @bits differ. */
static enum hgro_reason hgro_why(const struct hdr_stack *stack,
				 unsigned int at, u8 bits)
{
	unsigned int i = stack->layers - 1;

	while (at < stack->start[i])
		i--;
	at -= stack->start[i];
	switch (stack->type[i]) {
	case HDR_ETH:
		return HGRO_ETHERNET;
	case HDR_VLAN:
		return HGRO_VLAN;
	case HDR_IPV4:
		return hgro_why_ipv4(at, bits);
	case HDR_IPV6:
		return hgro_why_ipv6(at, bits);
	case HDR_IPV6_EXT:
		return HGRO_EXT;
	case HDR_TCP:
		return hgro_why_tcp(at, bits);
	case HDR_UDP:
	case HDR_UDP_TUNNEL:
	case HDR_UDP_TUNNEL_CSUM:
		return at == 4 || at == 5 ? HGRO_LENGTH : HGRO_TUNNEL;
	default:
		return HGRO_TUNNEL;
	}
}

/* HGRO_OK when @frame is what would be written for @seg. */
static enum hgro_reason hgro_judge_segment(const struct hdr_super *super,
					   const struct hdr_segment *seg,
					   const u8 *frame)
{
	u8 bits;
	int at = hdr_differs(super, seg, frame, &bits);

	return at < 0 ? HGRO_OK : hgro_why(super->stack, at, bits);
}

/* Why would it not come out as it is, as the only segment? */
static noinline enum hgro_reason hgro_judge_alone(const struct hdr_super *super,
						  const u8 *frame)
{
	const struct hdr_segment seg = { .len = super->payload, .last = true };

	return hgro_judge_segment(super, &seg, frame);
}

/**
 * hgro_super() - a super-packet, in the rules' own terms
 * @hgro: the context
 * @super: filled in
 * @headers: of its first packet
 * @stack: their layers
 * @mss: octets of payload of a full packet
 *
 * Context: any.
 */
void hgro_super(const struct hgro *hgro, struct hdr_super *super,
		const u8 *headers, const struct hdr_stack *stack, u32 mss)
{
	*super = (struct hdr_super){
		.headers = headers,
		.stack = stack,
		.table = hgro->table,
		.payload = mss,
		.mss = mss,
	};
}

static enum hgro_reason hgro_layers(const struct hgro *hgro,
				    struct hgro_packet *pkt,
				    struct hdr_stack *stack)
{
	return hgro_parse_usual(pkt, stack) ? HGRO_OK :
					      hgro_parse(hgro, pkt, stack);
}

/**
 * hgro_judge_layers() - find a packet's headers
 * @hgro: the context
 * @pkt: the packet; its headers may be pulled
 * @stack: filled in
 *
 * Context: any.
 * Return: HGRO_OK, when it belongs to a flow that can be found, or why not.
 */
enum hgro_reason hgro_judge_layers(const struct hgro *hgro,
				   struct hgro_packet *pkt,
				   struct hdr_stack *stack)
{
	struct sk_buff *skb = pkt->skb;
	enum hgro_reason reason;
	unsigned int len;

	reason = hgro_layers(hgro, pkt, stack);
	if (unlikely(reason == HGRO_HEADER && skb && skb_is_nonlinear(skb) &&
		     !skb_shared(skb))) {
		len = min_t(unsigned int, skb->len, HDR_MAX_LEN - ETH_HLEN);
		if (!pskb_may_pull(skb, len))
			return HGRO_NOMEM;
		pkt->data = skb_mac_header(skb);
		pkt->readable = skb_headlen(skb) + ETH_HLEN;
		reason = hgro_layers(hgro, pkt, stack);
	}
	/* In a tunnel only TCP: the stack does not merge more there either. */
	if (!reason && unlikely(stack->inner &&
				stack->type[stack->layers - 1] != HDR_TCP))
		return HGRO_PROTOCOL;
	return reason;
}

/* Mobile IPv6: the checksum is over an address that is in this option. */
#define IPV6_TLV_HOME_ADDRESS	201

static bool hgro_home_address(const u8 *ext)
{
	unsigned int at = 2, len = 8 * (ext[1] + 1);

	while (at + 1 < len) {
		if (ext[at] == IPV6_TLV_HOME_ADDRESS)
			return true;
		at += ext[at] ? 2 + ext[at + 1] : 1;
	}
	return false;
}

/* Is the checksum over other addresses than those in the header? */
static bool hgro_ext_addresses(const u8 *ext, u8 type)
{
	return type == NEXTHDR_ROUTING ? ext[3] :
	       type == NEXTHDR_DEST && hgro_home_address(ext);
}

static enum hgro_reason hgro_judge_ipv4(const struct hgro *hgro, const u8 *iph)
{
	u16 frag = get_unaligned_be16(iph + offsetof(struct iphdr, frag_off));

	if (*iph != 0x45)
		return HGRO_IP_OPTION;
	if (frag & ~IP_DF)
		return HGRO_FRAGMENT;
	if (hgro->config.strict_df && !(frag & IP_DF))
		return HGRO_DF;
	return HGRO_OK;
}

/* All IP headers, a tunnel's too, and what is between them. */
static enum hgro_reason hgro_judge_ip(const struct hgro *hgro,
				      const struct hgro_packet *pkt,
				      const struct hdr_stack *stack)
{
	enum hgro_reason reason = HGRO_OK;
	const u8 *at;
	unsigned int i;
	u8 type = 0;

	for (i = 1; !reason && i < stack->layers; i++) {
		at = pkt->data + stack->start[i];
		switch (stack->type[i]) {
		case HDR_IPV4:
			reason = hgro_judge_ipv4(hgro, at);
			break;
		case HDR_IPV6:
			type = at[offsetof(struct ipv6hdr, nexthdr)];
			break;
		case HDR_IPV6_EXT:
			if (hgro_ext_addresses(at, type))
				reason = HGRO_EXT;
			type = *at;
			break;
		}
	}
	return reason;
}

/**
 * hgro_judge_packet() - may a packet be merged with any other?
 * @hgro: the context
 * @pkt: the packet
 * @stack: its layers
 *
 * Context: softirq.
 * Return: HGRO_OK, or why not.
 */
enum hgro_reason hgro_judge_packet(const struct hgro *hgro,
				   const struct hgro_packet *pkt,
				   const struct hdr_stack *stack)
{
	bool udp = stack->type[stack->layers - 1] == HDR_UDP;
	unsigned int l4 = stack->start[stack->layers - 1];
	u32 len = pkt->len - stack->len;
	u8 flags = udp ? 0 : pkt->data[l4 + TCP_FLAGS];
	enum hgro_reason reason;
	struct hdr_super super;

	if (likely(stack->layers == 3 && stack->type[2] == HDR_TCP &&
		   hgro_usual_merges(hgro, pkt, stack)))
		return HGRO_OK;
	if (netif_elide_gro(hgro->napi->dev))
		return HGRO_OFF;
	if (pkt->skb && !hgro_skb_may_merge(pkt->skb))
		return HGRO_SKB;
	if (stack->len > HDR_PREDICT_LEN)
		return HGRO_PROTOCOL;
	if (udp && !hgro_udp_wanted(hgro, pkt, stack))
		return HGRO_SOCKET;
	reason = hgro_judge_ip(hgro, pkt, stack);
	if (reason)
		return reason;
	if (flags & (FLAG_SYN | FLAG_RST | FLAG_URG))
		return HGRO_FLAGS;

	/* As the only segment of a super-packet it would come out as it is? */
	hgro_super(hgro, &super, pkt->data, stack, len);
	if (unlikely(!hdr_alone(&super))) {
		reason = hgro_judge_alone(&super, pkt->data);
		if (reason)
			return reason;
	}
	if (!len)
		return flags & FLAG_FIN ? HGRO_FIN : HGRO_EMPTY;
	if (get_unaligned((const u16 *)(pkt->data + l4 +
					hdr_check_off(stack))) ==
	    hgro_odd_check(stack) || !hgro_check_right(pkt, stack))
		return HGRO_L4_CHECK;
	return HGRO_OK;
}

/* What is beside the packets. */
static bool hgro_meta_same(const struct hgro *hgro,
			   const struct hgro_flow *flow,
			   const struct hgro_packet *pkt)
{
	const struct sk_buff *p = flow->head, *skb = pkt->skb;

	if (!skb)
		return flow->pages;
	if (p->pp_recycle != skb->pp_recycle || p->dev != skb->dev ||
	    skb_metadata_differs(p, skb) || skb_cmp_decrypted(p, skb))
		return false;
	if (likely(!(p->slow_gro | skb->slow_gro)))
		return true;
	/* Extensions are not compared: they are rare, and need not merge. */
	return !skb_metadata_dst_cmp(p, skb) &&
	       skb_get_nfct(p) == skb_get_nfct(skb) &&
	       !skb_has_extensions((struct sk_buff *)p) &&
	       !skb_has_extensions((struct sk_buff *)skb);
}

static enum hgro_reason hgro_judge_stack(const struct hdr_stack *a,
					 const struct hdr_stack *b)
{
	if (a->layers != b->layers || memcmp(a->type, b->type, a->layers))
		return HGRO_LAYERS;
	if (memcmp(a->start, b->start, a->layers))
		return HGRO_EXT;
	return a->len == b->len ? HGRO_OK : HGRO_TCP_OPTION;
}

/*
 * An id that stays needs DF, and the second packet to say so. Of UDP nothing
 * would say so to who takes it apart.
 */
static bool hgro_may_be_fixed(const struct hgro_flow *flow,
			      const struct hgro_packet *pkt)
{
	const struct hdr_stack *stack = &flow->stack;
	unsigned int l3 = stack->start[stack->ip];

	return flow->count == 1 && stack->type[stack->ip] == HDR_IPV4 &&
	       stack->type[stack->layers - 1] == HDR_TCP &&
	       get_unaligned_be16(pkt->data + l3 +
				  offsetof(struct iphdr, frag_off)) & IP_DF;
}

/* hdr_differs() of @pkt as the last segment of @flow. */
static enum hgro_reason hgro_judge_position(const struct hgro *hgro,
					    const struct hgro_flow *flow,
					    const struct hgro_packet *pkt,
					    bool fixed_id)
{
	const struct hdr_stack *stack = &flow->stack;
	const struct hdr_predict *p = &flow->predict;
	struct hdr_segment seg = {
		.payload = flow->bytes,
		.len = pkt->len - stack->len,
		.index = flow->count,
		.last = true,
	};
	u8 headers[HDR_PREDICT_LEN];
	struct hdr_super super;

	memcpy(headers, skb_mac_header(flow->head), stack->len);
	/* None of the packets so far has them. */
	headers[p->last_off] |= pkt->data[p->last_off] & p->last_arg;
	hgro_super(hgro, &super, headers, stack, flow->mss);
	super.fixed_id = fixed_id;
	return hgro_judge_segment(&super, &seg, pkt->data);
}

/**
 * hgro_judge_join() - may a packet join its flow?
 * @hgro: the context
 * @flow: the flow; an id that stays is noted
 * @pkt: the packet, hgro_judge_packet() likes it
 * @stack: its layers
 *
 * Context: softirq.
 * Return: HGRO_OK, or why not.
 */
enum hgro_reason hgro_judge_join(const struct hgro *hgro,
				 struct hgro_flow *flow,
				 const struct hgro_packet *pkt,
				 const struct hdr_stack *stack)
{
	u32 len = pkt->len - stack->len;
	enum hgro_reason reason;

	if (!flow->room && len > flow->tail)
		return flow->full;
	if (!flow->predict.len)
		hgro_predict(hgro, flow);
	if (flow->vlan_all != pkt->vlan_all)
		return HGRO_VLAN;
	if (!hgro_meta_same(hgro, flow, pkt))
		return HGRO_META;
	reason = hgro_judge_stack(&flow->stack, stack);
	if (reason)
		return reason;
	reason = hgro_judge_position(hgro, flow, pkt, flow->fixed_id);
	if (reason == HGRO_ID && hgro_may_be_fixed(flow, pkt)) {
		reason = hgro_judge_position(hgro, flow, pkt, true);
		flow->fixed_id = !reason;
	}
	if (reason)
		return reason;
	return len > flow->mss ? HGRO_LONG : HGRO_OK;
}

/* The reason that flags of a last segment are. */
enum hgro_reason hgro_last_reason(u8 flags)
{
	return flags & FLAG_FIN ? HGRO_FIN : HGRO_PSH;
}

/**
 * hgro_ends_at_once() - would a packet end the flow that it starts?
 * @pkt: the packet
 * @stack: its layers
 *
 * Context: any.
 * Return: HGRO_OK, or the reason that its flags are.
 */
enum hgro_reason hgro_ends_at_once(const struct hgro_packet *pkt,
				   const struct hdr_stack *stack)
{
	unsigned int l4 = stack->start[stack->layers - 1];
	u8 flags;

	if (stack->type[stack->layers - 1] != HDR_TCP)
		return HGRO_OK;
	flags = pkt->data[l4 + TCP_FLAGS] & (FLAG_FIN | FLAG_PSH);
	return flags ? hgro_last_reason(flags) : HGRO_OK;
}
