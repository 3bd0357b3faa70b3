// SPDX-License-Identifier: GPL-2.0
/*
 * The frames of a super-packet of any kind against the kernel's own segments.
 */
#include <net/gso.h>

#include "hgso_kinds.h"

/**
 * struct kinds_cursor - walks the octets of an skb, found without the engine
 * @skb: it, or the one on its frag_list where the cursor is
 * @list: the next one there
 * @at: next octet
 * @left: octets in this buffer
 * @frag: page frag that follows
 */
struct kinds_cursor {
	const struct sk_buff *skb;
	const struct sk_buff *list;
	const u8 *at;
	u32 left;
	unsigned int frag;
};

/**
 * struct kinds_walk - a comparison under way
 * @it: the engine's iterator
 * @payload: what the slices must cover
 * @hdr_len: octets of each frame's headers
 * @descs: slices that must come yet
 */
struct kinds_walk {
	struct hgso_iter it;
	struct kinds_cursor payload;
	u32 hdr_len;
	int descs;
};

static void kinds_cursor_init(struct kinds_cursor *cur,
			      const struct sk_buff *skb)
{
	cur->skb = skb;
	cur->list = skb_shinfo(skb)->frag_list;
	cur->at = skb->data;
	cur->left = skb_headlen(skb);
	cur->frag = 0;
}

/* To a buffer with octets in it. False at the end. */
static bool kinds_cursor_fill(struct kinds_cursor *cur)
{
	while (!cur->left) {
		const struct skb_shared_info *shinfo = skb_shinfo(cur->skb);
		const skb_frag_t *frag = &shinfo->frags[cur->frag];

		if (cur->frag < shinfo->nr_frags) {
			cur->at = skb_frag_address(frag);
			cur->left = skb_frag_size(frag);
			cur->frag++;
		} else if (cur->list) {
			cur->skb = cur->list;
			cur->list = cur->skb->next;
			cur->at = cur->skb->data;
			cur->left = skb_headlen(cur->skb);
			cur->frag = 0;
		} else {
			return false;
		}
	}
	return true;
}

static u32 kinds_cursor_move(struct kinds_cursor *cur, u32 len)
{
	len = min(len, cur->left);
	cur->at += len;
	cur->left -= len;
	return len;
}

static bool kinds_cursor_skip(struct kinds_cursor *cur, u32 len)
{
	while (len) {
		if (!kinds_cursor_fill(cur))
			return false;
		len -= kinds_cursor_move(cur, len);
	}
	return true;
}

/* Are these the next octets? Payload may even be the same memory. */
static bool kinds_cursor_same(struct kinds_cursor *cur, const u8 *at, u32 len)
{
	while (len) {
		const u8 *was;
		u32 part;

		if (!kinds_cursor_fill(cur))
			return false;
		was = cur->at;
		part = kinds_cursor_move(cur, len);
		if (was != at && memcmp(was, at, part))
			return false;
		at += part;
		len -= part;
	}
	return true;
}

/* Do two skbs hold the same octets, wherever they are? */
bool kinds_same_octets(const struct sk_buff *a, const struct sk_buff *b)
{
	struct kinds_cursor one, two;

	kinds_cursor_init(&one, a);
	kinds_cursor_init(&two, b);
	while (kinds_cursor_fill(&two)) {
		if (!kinds_cursor_same(&one, two.at, two.left))
			return false;
		two.left = 0;
	}
	return !kinds_cursor_fill(&one);
}

/* Is this memory the next of the payload, all of it in one buffer? */
static bool kinds_cursor_take(struct kinds_cursor *cur,
			      const struct kinds_slice *slice)
{
	if (!kinds_cursor_fill(cur) || slice->at != cur->at)
		return false;
	return kinds_cursor_move(cur, slice->len) == slice->len;
}

static const char *kinds_compare_slice(struct kinds_walk *walk,
				       struct kinds_cursor *seg,
				       const struct kinds_slice *slice,
				       bool first)
{
	if (!walk->descs--)
		return "more slices than prepare said";
	if (!slice->len)
		return "a slice is empty";
	if (slice->first != first)
		return "a slice is wrongly marked as first";
	if (first && (slice->len != walk->hdr_len || slice->last))
		return "a header slice is not one";
	if (!first && !kinds_cursor_take(&walk->payload, slice))
		return "a slice is not where the payload goes on";
	if (slice->end != (slice->last && !walk->descs))
		return "a slice is wrongly marked as the end";
	if (!kinds_cursor_same(seg, slice->at, slice->len))
		return first ? "headers differ" : "payload differs";
	return NULL;
}

static const char *kinds_compare_one(struct kinds_walk *walk,
				     const struct sk_buff *seg, u32 csum_start)
{
	struct kinds_slice slice = { };
	struct kinds_cursor cur;
	const char *wrong;
	bool first = true;
	u32 len = 0;

	if (seg->ip_summed == CHECKSUM_PARTIAL &&
	    skb_checksum_start_offset(seg) != csum_start)
		return "the device would sum from another octet";
	kinds_cursor_init(&cur, seg);
	do {
		if (!kinds_engine_next(&walk->it, &slice))
			return "slices end within a frame";
		wrong = kinds_compare_slice(walk, &cur, &slice, first);
		if (wrong)
			return wrong;
		len += slice.len;
		first = false;
	} while (!slice.last);
	return len == seg->len ? NULL : "a frame has another length";
}

/* The length of a frame's headers, and with it where the payload starts. */
static const char *kinds_walk_init(struct kinds_walk *walk, struct sk_buff *skb,
				   const struct sk_buff *segs,
				   unsigned int end)
{
	const struct sk_buff *seg;
	struct kinds_slice slice;
	struct hgso_iter peek;
	u32 payload = 0;

	kinds_engine_start(&walk->it, skb);
	peek = walk->it;
	if (!kinds_engine_next(&peek, &slice))
		return "there is no slice at all";
	walk->hdr_len = slice.len;

	for (seg = segs; seg; seg = seg->next) {
		if (seg->len <= slice.len)
			return "headers are as long as a whole frame";
		payload += seg->len - slice.len;
	}
	if (payload > skb->len)
		return "headers are too short";
	if (end && skb->len - payload != end)
		return "headers have another length";

	kinds_cursor_init(&walk->payload, skb);
	kinds_cursor_skip(&walk->payload, skb->len - payload);
	return NULL;
}

/**
 * kinds_compare() - is every frame the kernel's segment?
 * @rig: counts the frames
 * @skb: prepared
 * @segs: the kernel's; not freed
 * @descs: what prepare returned
 * @end: octets of headers in @skb, or 0 when they may be anything
 *
 * Every frame must hold the octets of the kernel's, and its slices must be the
 * payload's own memory, all of it, once and in order.
 *
 * Return: NULL, or what is wrong.
 */
const char *kinds_compare(struct kinds_rig *rig, struct sk_buff *skb,
			  struct sk_buff *segs, int descs, unsigned int end)
{
	u32 octets = 0, csum_start = kinds_engine_csum_start(skb);
	struct kinds_walk walk = { .descs = descs };
	const struct sk_buff *seg;
	struct kinds_slice slice;
	const char *wrong;

	rig->frame = 0;
	wrong = kinds_walk_init(&walk, skb, segs, end);
	if (wrong)
		return wrong;

	for (seg = segs; seg; seg = seg->next) {
		wrong = kinds_compare_one(&walk, seg, csum_start);
		if (wrong)
			return wrong;
		octets += seg->len;
		rig->frame++;
	}

	if (walk.descs || kinds_engine_next(&walk.it, &slice))
		return "more slices than the kernel's segments need";
	if (kinds_cursor_fill(&walk.payload))
		return "slices do not cover the payload";
	if (kinds_engine_frames(skb) != rig->frame)
		return "another number of frames";
	if (kinds_engine_octets(skb) != octets)
		return "another number of octets on the wire";
	rig->frames += rig->frame;
	return NULL;
}
