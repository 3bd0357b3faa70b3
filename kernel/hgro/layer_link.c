// SPDX-License-Identifier: GPL-2.0
/*
 * Layers of hgro: Ethernet, and tags in the frame.
 */
#include "layer.h"

/* Of the frame, or of the frame in a tunnel. */
enum hgro_reason hgro_eth_receive(struct hgro_walk *walk)
{
	u16 proto;
	int err;

	err = hdr_take_eth(&walk->p, &proto);
	if (unlikely(err))
		return hgro_errno_reason(err);
	/* Nothing says what a frame in a frame would be. */
	if (unlikely(proto == ETH_P_TEB))
		return HGRO_PROTOCOL;
	hgro_next_inline(walk, HGRO_ETHERTYPE, proto);
	return HGRO_OK;
}

/* At most two, and none in a tunnel: hgso takes no more. */
enum hgro_reason hgro_tag_receive(struct hgro_walk *walk)
{
	const struct hdr_stack *stack = walk->p.stack;
	u16 proto;
	int err;

	if (stack->inner || stack->layers > 2)
		return HGRO_PROTOCOL;
	err = hdr_take_tag(&walk->p, &proto);
	if (unlikely(err))
		return hgro_errno_reason(err);
	if (unlikely(proto == ETH_P_TEB))
		return HGRO_PROTOCOL;
	hgro_next_inline(walk, HGRO_ETHERTYPE, proto);
	return HGRO_OK;
}
