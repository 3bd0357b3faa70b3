// SPDX-License-Identifier: GPL-2.0
/*
 * Is a packet's L4 checksum right?
 */
#include <linux/if_ether.h>
#include <net/ip6_checksum.h>

#include "hgro_impl.h"

/* The sum over all from the L4 header to the frame's end. */
static __wsum hgro_l4_sum(const struct hgro_packet *pkt, unsigned int l4)
{
	if (pkt->ip_summed == CHECKSUM_COMPLETE)
		return csum_sub(pkt->csum,
				csum_partial(pkt->data + ETH_HLEN,
					     l4 - ETH_HLEN, 0));
	if (pkt->skb)
		return skb_checksum(pkt->skb, l4 - ETH_HLEN, pkt->len - l4, 0);
	return csum_partial(pkt->data + l4, pkt->len - l4, 0);
}

/**
 * hgro_check_right() - verify a packet's TCP checksum
 * @pkt: the packet, lengths verified
 * @stack: its layers
 *
 * A device that says CHECKSUM_UNNECESSARY is believed. CHECKSUM_PARTIAL has no
 * checksum that could be rebuilt.
 *
 * Context: any.
 * Return: true when it is right.
 */
bool hgro_check_right(const struct hgro_packet *pkt,
		      const struct hdr_stack *stack)
{
	unsigned int l4 = stack->start[stack->layers - 1];
	const void *l3h = pkt->data + stack->start[stack->ip];
	const struct ipv6hdr *ip6h = l3h;
	const struct iphdr *iph = l3h;
	u32 len = pkt->len - l4;
	__wsum sum;

	if (pkt->ip_summed == CHECKSUM_UNNECESSARY)
		return true;
	if (pkt->ip_summed == CHECKSUM_PARTIAL)
		return false;

	sum = hgro_l4_sum(pkt, l4);
	if (stack->type[stack->ip] == HDR_IPV6)
		return !csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					IPPROTO_TCP, sum);
	return !csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_TCP,
				  sum);
}
