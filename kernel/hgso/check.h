/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checks that every super-packet goes through, for the files that run once
 * a packet: inlined, since calls would cost as much.
 */
#ifndef HEADROOM_HGSO_CHECK_H
#define HEADROOM_HGSO_CHECK_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
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

enum hgso_reason hgso_count_list(struct hgso_count *c,
				 const struct sk_buff *skb,
				 unsigned int hdr_len);

/* Counts slices and pieces; max_descs is the caller's to compare. */
static __always_inline enum hgso_reason
hgso_count(const struct sk_buff *skb, const struct hgso_limits *limits,
	   struct hgso_plan *plan)
{
	enum hgso_reason reason = HGSO_OK;
	struct hgso_count list __uninitialized;
	struct hgso_count c;

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

/* hgso_check() says what this does. */
static __always_inline enum hgso_reason
hgso_check_inline(const struct sk_buff *skb, const struct hgso_limits *limits,
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

#endif
