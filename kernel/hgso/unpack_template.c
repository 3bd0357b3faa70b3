// SPDX-License-Identifier: GPL-2.0
/*
 * The first segment's sk_buff, of which the others are copies: all that
 * segments have from their super-packet, and where their headers are.
 */
#include <linux/if_ether.h>
#include <linux/skbuff.h>

#include "unpack.h"

/* Index of the first IP header. */
static unsigned int unpack_outer_ip(const struct hdr_stack *stack)
{
	unsigned int i = 1;

	while (stack->type[i] == HDR_VLAN)
		i++;
	return i;
}

/* Where the outer transport header is, as the stack leaves it. */
static unsigned int unpack_transport(const struct hdr_stack *stack)
{
	unsigned int i;

	for (i = 1; i < stack->inner; i++) {
		switch (stack->type[i]) {
		case HDR_GRE:
		case HDR_GRE_CSUM:
		case HDR_UDP_TUNNEL:
		case HDR_UDP_TUNNEL_CSUM:
			return stack->start[i];
		}
	}
	return stack->start[stack->layers - 1];
}

static noinline void unpack_tunnel(const struct unpack_job *job,
				   struct sk_buff *skb)
{
	const struct hdr_stack *stack = &job->plan.stack;
	unsigned int base = job->headroom;
	u32 type = skb_shinfo(job->skb)->gso_type;
	bool ipxip = type & (SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6);

	if (!ipxip) {
		skb->encap_hdr_csum = !!(type & (SKB_GSO_GRE_CSUM |
						 SKB_GSO_UDP_TUNNEL_CSUM));
		skb->encapsulation = job->csum;
	}
	/* With nothing left to do for the device they are not told. */
	if (!skb->encapsulation)
		return;
	skb->inner_mac_header = base;
	if (!ipxip)
		skb->inner_mac_header += stack->start[stack->inner];
	skb->inner_network_header = base + stack->start[stack->ip];
	skb->inner_transport_header = base + stack->start[stack->layers - 1];
}

/**
 * unpack_template() - make the first segment's sk_buff
 * @job: the super-packet
 * @skb: uninitialised memory for an sk_buff
 * @head: for its head
 * @len: octets of that
 *
 * Context: any but hard interrupt.
 * Return: @skb, without an octet in it.
 */
struct sk_buff *unpack_template(const struct unpack_job *job,
				struct sk_buff *skb, u8 *head, unsigned int len)
{
	const struct hdr_stack *stack = &job->plan.stack;
	unsigned int l4 = stack->start[stack->layers - 1];
	struct skb_shared_info *shinfo;

	memset(skb, 0, offsetof(struct sk_buff, tail));
	build_skb_around(skb, head, len);
	skb_reserve(skb, job->headroom);
	skb_copy_header(skb, job->skb);
	shinfo = skb_shinfo(skb);
	shinfo->gso_size = 0;
	shinfo->gso_segs = 0;
	shinfo->gso_type = 0;

	skb_headers_offset_update(skb, (int)job->headroom -
				  (int)skb_headroom(job->skb));
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, stack->start[unpack_outer_ip(stack)]);
	skb_set_transport_header(skb, unpack_transport(stack));
	skb_reset_mac_len(skb);
	skb->csum_start = job->headroom + l4;
	if (!job->csum)
		skb->ip_summed = CHECKSUM_NONE;
	/* TCP's first segment alone may have it. */
	if (stack->type[stack->layers - 1] == HDR_TCP)
		skb->ooo_okay = 0;
	if (unlikely(stack->inner))
		unpack_tunnel(job, skb);
	return skb;
}
