// SPDX-License-Identifier: GPL-2.0
/*
 * Which super-packets the engine takes. Pure predicates: nothing is changed,
 * nothing is counted.
 */
#include <kunit/visibility.h>
#include <linux/export.h>

#include "check.h"

/**
 * hgso_count_list() - count the slices and pieces of a frag_list
 * @c: so far; added to
 * @skb: the super-packet
 * @hdr_len: all headers as they came, octets
 *
 * Context: any; does not change the skb.
 * Return: HGSO_OK or why it is not taken.
 */
enum hgso_reason hgso_count_list(struct hgso_count *c,
				 const struct sk_buff *skb,
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
	return hgso_check_inline(skb, limits, tag_len, plan);
}
EXPORT_SYMBOL_IF_KUNIT(hgso_check);
