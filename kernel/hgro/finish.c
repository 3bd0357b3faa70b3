// SPDX-License-Identifier: GPL-2.0
/*
 * From the packets of a flow to one super-packet as the stack and hgso want it.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "hgro_impl.h"

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

static __sum16 hgro_finish_ip(struct sk_buff *skb, const struct hgro_flow *flow,
			      unsigned int l4)
{
	const struct hdr_stack *stack = &flow->stack;
	u32 l4_len = stack->len - l4 + flow->bytes;
	unsigned int l3 = stack->start[stack->ip];
	struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct iphdr *iph = ip_hdr(skb);
	__sum16 pseudo;
	u32 len;

	if (stack->type[stack->ip] == HDR_IPV4) {
		iph_set_totlen(iph, stack->len - l3 + flow->bytes);
		ip_send_check(iph);
		return ~tcp_v4_check(l4_len, iph->saddr, iph->daddr, 0);
	}
	pseudo = ~tcp_v6_check(l4_len, &ip6h->saddr, &ip6h->daddr, 0);
	len = stack->len - l3 - sizeof(*ip6h) + flow->bytes;
	if (unlikely(len > IPV6_MAXPLEN))
		hgro_add_jumbo(skb, len);
	else
		ip6h->payload_len = htons(len);
	return pseudo;
}

static void hgro_finish_super(struct sk_buff *skb, const struct hgro_flow *flow)
{
	const struct hdr_stack *stack = &flow->stack;
	unsigned int l4 = stack->start[stack->layers - 1];
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct tcphdr *th;

	skb_mac_header(skb)[flow->predict.last_off] |= flow->flags;
	skb->network_header = skb->mac_header + stack->start[stack->ip];
	skb->transport_header = skb->mac_header + l4;
	th = tcp_hdr(skb);
	th->check = hgro_finish_ip(skb, flow, l4);

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u8 *)th - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	shinfo->gso_size = flow->mss;
	shinfo->gso_segs = flow->count;
	shinfo->gso_type = stack->type[stack->ip] == HDR_IPV4 ? SKB_GSO_TCPV4 :
								SKB_GSO_TCPV6;
	if (flow->fixed_id)
		shinfo->gso_type |= SKB_GSO_TCP_FIXEDID;
	if (th->cwr)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
}

/**
 * hgro_finish() - make the head of a flow ready to go up
 * @hgro: the context
 * @flow: the flow
 *
 * Context: softirq.
 */
void hgro_finish(struct hgro *hgro, struct hgro_flow *flow)
{
	struct sk_buff *head = flow->head;

	if (flow->count > 1) {
		hgro_close_head(flow);
		hgro_finish_super(head, flow);
	} else if (head->ip_summed == CHECKSUM_NONE) {
		/* It was verified before it was held. */
		__skb_incr_checksum_unnecessary(head);
	}
}
