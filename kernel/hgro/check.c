// SPDX-License-Identifier: GPL-2.0
/*
 * Are a packet's checksums right, its L4 checksum and those of a tunnel?
 */
#include <linux/if_ether.h>
#include <net/ip6_checksum.h>

#include "hgro_impl.h"

/* The sum over all from the octet @from of the frame to its end. */
static __wsum hgro_sum(const struct hgro_packet *pkt, unsigned int from)
{
	if (pkt->ip_summed == CHECKSUM_COMPLETE)
		return csum_sub(pkt->csum,
				csum_partial(pkt->data + ETH_HLEN,
					     from - ETH_HLEN, 0));
	if (pkt->skb)
		return skb_checksum(pkt->skb, from - ETH_HLEN, pkt->len - from,
				    0);
	return csum_partial(pkt->data + from, pkt->len - from, 0);
}

/* Of TCP or UDP: with the addresses of the IP header before it. */
static bool hgro_l4_right(const struct hgro_packet *pkt,
			  const struct hdr_stack *stack, unsigned int layer)
{
	u8 proto = stack->type[layer] == HDR_TCP ? IPPROTO_TCP : IPPROTO_UDP;
	u32 len = pkt->len - stack->start[layer];
	__wsum sum = hgro_sum(pkt, stack->start[layer]);
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;

	do
		layer--;
	while (stack->type[layer] == HDR_IPV6_EXT);
	iph = (const void *)(pkt->data + stack->start[layer]);
	ip6h = (const void *)iph;
	if (stack->type[layer] == HDR_IPV6)
		return !csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto,
					sum);
	return !csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto, sum);
}

static bool hgro_layer_right(const struct hgro_packet *pkt,
			     const struct hdr_stack *stack, unsigned int layer)
{
	switch (stack->type[layer]) {
	case HDR_TCP:
	case HDR_UDP:
	case HDR_UDP_TUNNEL_CSUM:
		return hgro_l4_right(pkt, stack, layer);
	case HDR_GRE_CSUM:
		return !csum_fold(hgro_sum(pkt, stack->start[layer]));
	default:
		return true;
	}
}

/**
 * hgro_checks() - how many checksums behind the IP header has a packet?
 * @stack: its layers
 *
 * Counted as a device does in csum_level: that of a UDP tunnel also where it is
 * 0 and there is none.
 *
 * Context: any.
 * Return: how many, the L4 checksum is one of them.
 */
unsigned int hgro_checks(const struct hdr_stack *stack)
{
	unsigned int i, n = 1;

	for (i = 1; i < stack->inner; i++)
		n += stack->type[i] == HDR_UDP_TUNNEL ||
		     stack->type[i] == HDR_UDP_TUNNEL_CSUM ||
		     stack->type[i] == HDR_GRE_CSUM;
	return n;
}

/**
 * hgro_check_right() - verify a packet's checksums
 * @pkt: the packet, lengths verified
 * @stack: its layers
 *
 * A device that says CHECKSUM_UNNECESSARY is believed, as far in as it says so.
 * CHECKSUM_PARTIAL has no checksum that could be rebuilt.
 *
 * Context: any.
 * Return: true when all are right.
 */
bool hgro_check_right(const struct hgro_packet *pkt,
		      const struct hdr_stack *stack)
{
	unsigned int i;

	if (pkt->ip_summed == CHECKSUM_UNNECESSARY &&
	    pkt->csum_level + 1 >= hgro_checks(stack))
		return true;
	if (pkt->ip_summed == CHECKSUM_PARTIAL)
		return false;
	for (i = stack->layers - 1; i > 0; i--)
		if (!hgro_layer_right(pkt, stack, i))
			return false;
	return true;
}
