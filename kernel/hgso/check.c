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

#include "hgso_impl.h"

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

/**
 * hgso_check_stable() - will the payload stay as it is until it is sent?
 * @skb: a super-packet that hgso_check() takes
 *
 * A checksum that is made in prepare is wrong for what somebody writes to the
 * payload afterwards: a page of a file that was sent by splice(), or of a
 * process that sends without copying. The stack copies such a segment before
 * it sums it.
 *
 * Context: any; does not change the skb.
 * Return: HGSO_OK or why not.
 */
enum hgso_reason hgso_check_stable(const struct sk_buff *skb)
{
	const struct sk_buff *iter;

	if (skb_has_shared_frag(skb))
		return HGSO_SHARED_FRAG;
	skb_walk_frags(skb, iter)
		if (skb_has_shared_frag(iter))
			return HGSO_SHARED_FRAG;
	return HGSO_OK;
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
