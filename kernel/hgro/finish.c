// SPDX-License-Identifier: GPL-2.0
/*
 * From the packets of a flow to one super-packet as the stack and hgso want it.
 */
#include <linux/if_ether.h>

#include "layer.h"

/* The outer headers, and those in a tunnel; before BIG TCP moves them. */
static void hgro_finish_offsets(struct sk_buff *skb,
				const struct hdr_stack *stack)
{
	u16 mac = skb->mac_header, l4 = stack->start[stack->layers - 1];
	unsigned int i = stack->ip, inner = stack->inner;

	skb->network_header = mac + stack->start[i];
	skb->transport_header = mac + l4;
	if (likely(!inner))
		return;

	skb->encapsulation = 1;
	skb->inner_mac_header = mac + stack->start[inner];
	skb->inner_network_header = mac + stack->start[i];
	skb->inner_transport_header = mac + l4;
	if (stack->type[inner] == HDR_ETH)
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	else
		skb_set_inner_protocol(skb, stack->type[i] == HDR_IPV4 ?
					    htons(ETH_P_IP) : htons(ETH_P_IPV6));
	for (i = 1; stack->type[i] == HDR_VLAN; i++)
		;
	skb->network_header = mac + stack->start[i];
	while (stack->type[++i] == HDR_IPV6_EXT)
		;
	skb->transport_header = mac + stack->start[i];
}

static void hgro_finish_super(struct sk_buff *skb, const struct hgro_flow *flow)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	const struct hgro_done done = {
		.skb = skb,
		.stack = &flow->stack,
		.bytes = flow->bytes,
		.fixed_id = flow->fixed_id,
	};

	skb_mac_header(skb)[flow->predict.last_off] |= flow->flags;
	shinfo->gso_size = flow->mss;
	shinfo->gso_segs = flow->count;
	shinfo->gso_type = 0;
	hgro_finish_offsets(skb, &flow->stack);
	hgro_complete(&done, flow->layer);
}

/**
 * hgro_finish() - make the head of a flow of several packets ready to go up
 * @flow: the flow
 *
 * Context: softirq.
 */
void hgro_finish(struct hgro_flow *flow)
{
	hgro_close_head(flow);
	hgro_finish_super(flow->head, flow);
}
