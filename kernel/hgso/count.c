// SPDX-License-Identifier: GPL-2.0
/*
 * How many slices and pieces a super-packet has, and whether the queue takes
 * them.
 */
#include <linux/if_vlan.h>
#include <linux/minmax.h>

#include "hgso_impl.h"

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

/**
 * hgso_count() - count slices and pieces, and compare them with the limits
 * @skb: the super-packet
 * @limits: of the queue
 * @plan: its headers and frames are known; pieces and slices are filled in
 *
 * Context: any; does not change the skb.
 * Return: HGSO_OK or why not; max_descs is the caller's to compare.
 */
enum hgso_reason hgso_count(const struct sk_buff *skb,
			    const struct hgso_limits *limits,
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
