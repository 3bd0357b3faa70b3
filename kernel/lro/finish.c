// SPDX-License-Identifier: GPL-2.0
/*
 * From the packets of a stream to one, with one header.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "lro_impl.h"

static __wsum lro_pseudo(const void *l3h, bool v6, u32 len)
{
	const struct ipv6hdr *ip6h = l3h;
	const struct iphdr *iph = l3h;

	if (v6)
		return ~csum_unfold(csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr,
						    len, IPPROTO_TCP, 0));
	return csum_tcpudp_nofold(iph->saddr, iph->daddr, len, IPPROTO_TCP, 0);
}

/**
 * lro_payload_sum() - the sum over a packet's payload
 * @pkt: the packet, its checksum right
 *
 * Its checksum says what the payload adds up to, which need not be read.
 *
 * Context: any.
 * Return: the sum.
 */
__wsum lro_payload_sum(const struct lro_packet *pkt)
{
	u32 l4 = (const u8 *)pkt->th - pkt->mac;
	__wsum headers = lro_pseudo(pkt->l3h, pkt->v6, pkt->len - l4);

	return ~csum_partial(pkt->th, pkt->hdr_len - l4, headers);
}

static void lro_finish_ip(const struct net_lro_desc *desc, u8 *l3h)
{
	u32 len = desc->hdr_len - desc->l3 + desc->len;
	struct ipv6hdr *ip6h = (struct ipv6hdr *)l3h;
	struct iphdr *iph = (struct iphdr *)l3h;

	if (desc->v6) {
		ip6h->payload_len = htons(len - sizeof(*ip6h));
		return;
	}
	iph->tot_len = htons(len);
	ip_send_check(iph);
}

static void lro_finish_tcp(const struct net_lro_desc *desc, u8 *l3h)
{
	struct tcphdr *th = (struct tcphdr *)(l3h + desc->l4 - desc->l3);
	u32 thlen = desc->hdr_len - desc->l4;
	__be32 *opt = (__be32 *)(th + 1);
	__wsum sum;

	th->ack_seq = htonl(desc->ack);
	th->window = desc->window;
	th->psh = desc->psh;
	if (thlen > sizeof(*th)) {
		opt[1] = htonl(desc->tsval);
		opt[2] = htonl(desc->tsecr);
	}
	th->check = 0;
	sum = csum_add(desc->csum, lro_pseudo(l3h, desc->v6,
					      thlen + desc->len));
	th->check = csum_fold(csum_partial(th, thlen, sum));
}

/**
 * lro_finish() - make what a stream has merged ready to go up
 * @mgr: the manager
 * @desc: the stream, of two packets at least
 *
 * Context: softirq.
 */
void lro_finish(const struct net_lro_mgr *mgr, struct net_lro_desc *desc)
{
	struct sk_buff *parent = desc->parent;
	u8 *mac = skb_mac_header(parent);

	lro_finish_ip(desc, mac + desc->l3);
	lro_finish_tcp(desc, mac + desc->l3);
	parent->ip_summed = mgr->ip_summed_aggr;
	parent->csum_level = 0;
	if (parent->ip_summed == CHECKSUM_COMPLETE)
		parent->csum = csum_partial(mac + ETH_HLEN,
					    desc->hdr_len - ETH_HLEN,
					    desc->csum);
	/* Without a type: nobody can take it apart into what was sent. */
	skb_shinfo(parent)->gso_size = desc->mss;
	skb_shinfo(parent)->gso_segs = desc->pkt_aggr_cnt;
	skb_shinfo(parent)->gso_type = 0;
}
