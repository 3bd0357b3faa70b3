// SPDX-License-Identifier: GPL-2.0
/*
 * Layers of hgro: IPv4, IPv6 with its extension headers, and IP in IP.
 */
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "layer.h"

enum hgro_reason hgro_ipv4_receive(struct hgro_walk *walk)
{
	const u8 *iph = walk->p.frame + walk->p.at;
	u8 proto;
	int err;

	err = hdr_take_ipv4(&walk->p, &proto);
	if (unlikely(err))
		return hgro_errno_reason(err);
	/* Behind the first fragment's there is no header to look for. */
	if (unlikely(get_unaligned_be16(iph + offsetof(struct iphdr,
						       frag_off)) & IP_OFFSET))
		return HGRO_FRAGMENT;
	hgro_next_inline(walk, HGRO_IP_PROTOCOL, proto);
	return HGRO_OK;
}

enum hgro_reason hgro_ipv6_receive(struct hgro_walk *walk)
{
	u8 proto;
	int err;

	err = hdr_take_ipv6(&walk->p, &proto);
	if (unlikely(err))
		return hgro_errno_reason(err);
	hgro_next_inline(walk, HGRO_IP_PROTOCOL, proto);
	return HGRO_OK;
}

/* An extension header: behind IPv6, or behind another. */
enum hgro_reason hgro_ext_receive(struct hgro_walk *walk)
{
	const struct hdr_stack *stack = walk->p.stack;
	u8 before = stack->type[stack->layers - 1], proto;
	int err;

	if (before != HDR_IPV6 && before != HDR_IPV6_EXT)
		return HGRO_PROTOCOL;
	err = hdr_take_ext(&walk->p, &proto);
	if (unlikely(err))
		return hgro_errno_reason(err);
	hgro_next_inline(walk, HGRO_IP_PROTOCOL, proto);
	return HGRO_OK;
}

/* One tunnel at most: the stack takes one off in software. */
static bool hgro_enter_tunnel(struct hgro_walk *walk)
{
	struct hdr_stack *stack = walk->p.stack;

	if (stack->inner)
		return false;
	stack->inner = stack->layers;
	return true;
}

enum hgro_reason hgro_ipip_receive(struct hgro_walk *walk)
{
	return hgro_enter_tunnel(walk) ? hgro_ipv4_receive(walk) :
					 HGRO_PROTOCOL;
}

enum hgro_reason hgro_sit_receive(struct hgro_walk *walk)
{
	return hgro_enter_tunnel(walk) ? hgro_ipv6_receive(walk) :
					 HGRO_PROTOCOL;
}

/* BIG TCP over IPv6: a hop-by-hop header before TCP's says how long it is. */
static void hgro_add_jumbo(struct sk_buff *skb, u32 len)
{
	const unsigned int l4 = ETH_HLEN + sizeof(struct ipv6hdr);
	u8 *mac = skb_mac_header(skb) - sizeof(struct hop_jumbo_hdr);
	struct hop_jumbo_hdr *jumbo = (void *)(mac + l4);
	struct ipv6hdr *ip6h = (void *)(mac + ETH_HLEN);

	memmove(mac, skb_mac_header(skb), l4);
	skb_push(skb, sizeof(*jumbo));
	skb->mac_header -= sizeof(*jumbo);
	skb->network_header -= sizeof(*jumbo);

	jumbo->nexthdr = ip6h->nexthdr;
	jumbo->hdrlen = 0;
	jumbo->tlv_type = IPV6_TLV_JUMBO;
	jumbo->tlv_len = 4;
	jumbo->jumbo_payload_len = htonl(len + sizeof(*jumbo));
	ip6h->nexthdr = NEXTHDR_HOP;
	ip6h->payload_len = 0;
}

void hgro_ipv4_complete(const struct hgro_done *done, unsigned int layer)
{
	struct iphdr *iph = hgro_done_at(done, layer);

	iph_set_totlen(iph, hgro_done_len_inline(done, layer));
	ip_send_check(iph);
}

void hgro_ipv6_complete(const struct hgro_done *done, unsigned int layer)
{
	struct ipv6hdr *ip6h = hgro_done_at(done, layer);
	u32 len = hgro_done_len_inline(done, layer) - sizeof(*ip6h);

	/* Only where nothing but Ethernet is before it, and TCP behind. */
	if (unlikely(len > IPV6_MAXPLEN))
		hgro_add_jumbo(done->skb, len);
	else
		ip6h->payload_len = htons(len);
}

/* The type of a tunnel is that of its outer header. */
static void hgro_ipxip_type(const struct hgro_done *done, unsigned int layer)
{
	while (done->stack->type[--layer] == HDR_IPV6_EXT)
		;
	skb_shinfo(done->skb)->gso_type |=
		done->stack->type[layer] == HDR_IPV4 ? SKB_GSO_IPXIP4 :
						       SKB_GSO_IPXIP6;
}

void hgro_ipip_complete(const struct hgro_done *done, unsigned int layer)
{
	hgro_ipxip_type(done, layer);
	hgro_ipv4_complete(done, layer);
}

void hgro_sit_complete(const struct hgro_done *done, unsigned int layer)
{
	hgro_ipxip_type(done, layer);
	hgro_ipv6_complete(done, layer);
}

/**
 * hgro_pseudo() - the partial checksum of TCP or UDP: the pseudo-header's sum
 * @done: a super-packet
 * @layer: that of TCP or UDP
 *
 * Context: any.
 * Return: what the checksum field holds until the device finishes it.
 */
__sum16 hgro_pseudo(const struct hgro_done *done, unsigned int layer)
{
	u32 len = hgro_done_len_inline(done, layer);
	u8 proto = done->stack->type[layer] == HDR_TCP ? IPPROTO_TCP :
							 IPPROTO_UDP;
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;

	do
		layer--;
	while (done->stack->type[layer] == HDR_IPV6_EXT);
	iph = hgro_done_at(done, layer);
	ip6h = hgro_done_at(done, layer);
	if (done->stack->type[layer] == HDR_IPV4)
		return ~csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto,
					  0);
	return ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto, 0);
}
