// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets as TCP sends them: timestamps in the header, a companion for
 * the clone, payload in page frags.
 */
#include <linux/etherdevice.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "segbench.h"

#define SEGBENCH_MTU		1500
#define SEGBENCH_TCP_LEN	(sizeof(struct tcphdr) + TCPOLEN_TSTAMP_ALIGNED)

#define SEGBENCH_PACKET(_name, _segments, _ipv6, _layout)		\
	{								\
		.input = { .name = _name, .segments = _segments },	\
		.ipv6 = _ipv6,						\
		.layout = _layout,					\
	}

static const struct segbench_packet segbench_packets[] = {
	SEGBENCH_PACKET("tcpv4-2-32k", 2, false, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-8-32k", 8, false, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-22-32k", 22, false, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-45-32k", 45, false, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-22-4k", 22, false, SEGBENCH_4K),
	SEGBENCH_PACKET("tcpv4-45-4k", 45, false, SEGBENCH_4K),
	SEGBENCH_PACKET("tcpv4-8-linear", 8, false, SEGBENCH_LINEAR),
	SEGBENCH_PACKET("tcpv6-2-32k", 2, true, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv6-8-32k", 8, true, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv6-22-32k", 22, true, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv6-45-32k", 45, true, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv6-45-4k", 45, true, SEGBENCH_4K),
	SEGBENCH_PACKET("tcpv6-8-linear", 8, true, SEGBENCH_LINEAR),
};

/**
 * segbench_packet_input() - the super-packets there are
 * @index: from 0
 *
 * Context: any.
 * Return: the input, part of a &struct segbench_packet; NULL beyond the last.
 */
const struct segbench_input *segbench_packet_input(unsigned int index)
{
	if (index >= ARRAY_SIZE(segbench_packets))
		return NULL;
	return &segbench_packets[index].input;
}
EXPORT_SYMBOL_GPL(segbench_packet_input);

static void segbench_put_ipv4(struct sk_buff *skb, unsigned int l4_len)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(sizeof(*iph) + l4_len);
	iph->id = htons(1);
	iph->frag_off = htons(IP_DF);
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_TCP;
	/* 192.0.2.1 to 192.0.2.2, of the block for documentation */
	iph->saddr = htonl(0xc0000201);
	iph->daddr = htonl(0xc0000202);
	iph->check = ip_fast_csum(iph, iph->ihl);
}

static void segbench_put_ipv6(struct sk_buff *skb, unsigned int l4_len)
{
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	ip6h->version = 6;
	ip6h->payload_len = htons(l4_len);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = IPDEFTTL;
	/* 2001:db8::1 to 2001:db8::2, of the block for documentation */
	ipv6_addr_set(&ip6h->saddr, htonl(0x20010db8), 0, 0, htonl(1));
	ipv6_addr_set(&ip6h->daddr, htonl(0x20010db8), 0, 0, htonl(2));
}

static void segbench_put_tcp(struct sk_buff *skb, bool ipv6,
			     unsigned int l4_len)
{
	struct tcphdr *th = skb_put_zero(skb, SEGBENCH_TCP_LEN);
	u8 *option = (u8 *)(th + 1);

	th->source = htons(40000);
	th->dest = htons(5201);
	th->seq = htonl(1);
	th->doff = SEGBENCH_TCP_LEN / 4;
	th->ack = 1;
	th->psh = 1;
	th->window = htons(512);
	option[0] = TCPOPT_NOP;
	option[1] = TCPOPT_NOP;
	option[2] = TCPOPT_TIMESTAMP;
	option[3] = TCPOLEN_TIMESTAMP;

	/* The device finishes the checksum: the pseudo-header's sum is there. */
	if (ipv6)
		th->check = ~tcp_v6_check(l4_len, &ipv6_hdr(skb)->saddr,
					  &ipv6_hdr(skb)->daddr, 0);
	else
		th->check = ~tcp_v4_check(l4_len, ip_hdr(skb)->saddr,
					  ip_hdr(skb)->daddr, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

static void segbench_put_headers(struct sk_buff *skb, bool ipv6,
				 unsigned int l4_len)
{
	struct ethhdr *eth;

	skb_reset_mac_header(skb);
	eth = skb_put_zero(skb, sizeof(*eth));
	eth->h_proto = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->protocol = eth->h_proto;

	skb_set_network_header(skb, skb->len);
	if (ipv6)
		segbench_put_ipv6(skb, l4_len);
	else
		segbench_put_ipv4(skb, l4_len);

	skb_set_transport_header(skb, skb->len);
	segbench_put_tcp(skb, ipv6, l4_len);
}

/* Returns false without memory; the frags so far are the skb's. */
static bool segbench_add_frags(struct sk_buff *skb, unsigned int payload,
			       unsigned int size)
{
	unsigned int i, len;
	struct page *page;

	for (i = 0; payload; i++, payload -= len) {
		len = min(payload, size);
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO,
				   get_order(size));
		if (!page)
			return false;
		skb_add_rx_frag(skb, i, page, 0, len, size);
	}
	return true;
}

/**
 * segbench_packet_build() - make a super-packet
 * @input: from segbench_packet_input()
 * @headroom: octets before the Ethernet header
 *
 * As TCP's own: a fast clone, its header released, so that its clones may
 * change theirs.
 *
 * Context: process, sleeps.
 * Return: the skb, which the caller frees; NULL without memory.
 */
struct sk_buff *segbench_packet_build(const struct segbench_input *input,
				      unsigned int headroom)
{
	const struct segbench_packet *packet =
		container_of(input, struct segbench_packet, input);
	unsigned int l3_len = packet->ipv6 ? sizeof(struct ipv6hdr) :
					     sizeof(struct iphdr);
	unsigned int mss = SEGBENCH_MTU - l3_len - SEGBENCH_TCP_LEN;
	unsigned int payload = mss * input->segments;
	unsigned int linear, hdr_len;
	struct skb_shared_info *shinfo;
	struct sk_buff *skb;

	linear = packet->layout == SEGBENCH_LINEAR ? payload : 0;
	hdr_len = ETH_HLEN + l3_len + SEGBENCH_TCP_LEN;
	skb = alloc_skb_fclone(headroom + hdr_len + linear, GFP_KERNEL);
	if (!skb)
		return NULL;

	skb_reserve(skb, headroom);
	segbench_put_headers(skb, packet->ipv6, SEGBENCH_TCP_LEN + payload);
	skb_put_zero(skb, linear);
	if (!linear &&
	    !segbench_add_frags(skb, payload, packet->layout == SEGBENCH_4K ?
				SZ_4K : SZ_32K)) {
		kfree_skb(skb);
		return NULL;
	}

	shinfo = skb_shinfo(skb);
	shinfo->gso_size = mss;
	shinfo->gso_segs = input->segments;
	shinfo->gso_type = packet->ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	__skb_header_release(skb);
	return skb;
}
EXPORT_SYMBOL_GPL(segbench_packet_build);
