// SPDX-License-Identifier: GPL-2.0
/*
 * Is a packet one of a stream, and may it be merged at all?
 *
 * The driver says where headers are. That is believed as far as it goes: all
 * that is read lies in the packet, and what is merged has the headers that it
 * is said to have.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "lro_impl.h"

#define LRO_TCP_TSTAMP	(sizeof(struct tcphdr) + TCPOLEN_TSTAMP_ALIGNED)

/**
 * lro_layers() - can a packet's stream be told?
 * @pkt: the packet, with the headers that the driver found
 * @hdr_flags: and what it says of them
 *
 * Context: any.
 * Return: true when addresses and ports are there to be read.
 */
bool lro_layers(struct lro_packet *pkt, u64 hdr_flags)
{
	const u8 *l4h = (const u8 *)pkt->th;
	const struct iphdr *iph;
	size_t l3, l4, len;

	if (!(hdr_flags & LRO_TCP) || hdr_flags & LRO_UDP ||
	    !(hdr_flags & LRO_IPV4) == !(hdr_flags & LRO_IPV6))
		return false;
	pkt->v6 = hdr_flags & LRO_IPV6;
	len = pkt->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

	/* Wild pointers become offsets that are too large. */
	l3 = pkt->l3h - pkt->mac;
	l4 = l4h - pkt->mac;
	if (l3 < ETH_HLEN || l3 > U8_MAX || l4 > U8_MAX || l4 < l3 + len ||
	    l4 + sizeof(struct tcphdr) > pkt->readable)
		return false;
	if (pkt->v6)
		return true;
	iph = (const struct iphdr *)pkt->l3h;
	/* Behind the first fragment's there is no TCP header. */
	return !(iph->frag_off & htons(IP_OFFSET));
}

static bool lro_fit_ipv4(const struct lro_packet *pkt)
{
	const struct iphdr *iph = (const struct iphdr *)pkt->l3h;

	/* The header will be written anew: a bad sum must not get a good one. */
	return iph->version == 4 && iph->ihl == 5 &&
	       iph->protocol == IPPROTO_TCP && !ip_is_fragment(iph) &&
	       (const u8 *)pkt->th == pkt->l3h + sizeof(*iph) &&
	       pkt->l3h + ntohs(iph->tot_len) == pkt->mac + pkt->len &&
	       !INET_ECN_is_ce(iph->tos) && !ip_fast_csum(iph, 5);
}

static bool lro_fit_ipv6(const struct lro_packet *pkt)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)pkt->l3h;

	return ip6h->version == 6 && ip6h->nexthdr == IPPROTO_TCP &&
	       (const u8 *)pkt->th == pkt->l3h + sizeof(*ip6h) &&
	       (const u8 *)pkt->th + ntohs(ip6h->payload_len) ==
	       pkt->mac + pkt->len &&
	       !INET_ECN_is_ce(ipv6_get_dsfield(ip6h));
}

/* Payload, an acknowledgment, PSH perhaps; at most an aligned timestamp. */
static bool lro_fit_tcp(struct lro_packet *pkt)
{
	const struct tcphdr *th = pkt->th;
	const __be32 *opt = (const __be32 *)(th + 1);
	u32 len = th->doff * 4;

	if ((tcp_flag_word(th) & ~TCP_FLAG_PSH & (TCP_RESERVED_BITS |
						  htonl(0x00ff0000))) !=
	    TCP_FLAG_ACK)
		return false;
	pkt->hdr_len = (const u8 *)th - pkt->mac + len;
	/* A descriptor has an octet for it. */
	if (pkt->hdr_len > min_t(u32, pkt->readable, U8_MAX) ||
	    pkt->hdr_len >= pkt->len)
		return false;
	if (len == sizeof(*th))
		return true;
	return len == LRO_TCP_TSTAMP &&
	       *opt == htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 |
			     TCPOPT_TIMESTAMP << 8 | TCPOLEN_TIMESTAMP);
}

/* Nobody else holds it, and nothing is beside it that would be lost. */
static bool lro_fit_skb(struct sk_buff *skb)
{
	return !skb_shared(skb) && !skb_cloned(skb) && !skb_is_gso(skb) &&
	       !skb_has_frag_list(skb) && !skb->sk && !skb->destructor &&
	       !skb->slow_gro && !skb_metadata_len(skb) && !skb_zcopy(skb) &&
	       !skb_is_decrypted(skb) && skb_frags_readable(skb);
}

static __wsum lro_frags_sum(const struct lro_packet *pkt, u32 off)
{
	unsigned int i, done = 0;
	__wsum sum = 0, part;

	off += pkt->lead;
	for (i = 0; i < pkt->nr_frags; i++) {
		u32 len = lro_frag_len(pkt, i);

		if (off >= len) {
			off -= len;
			continue;
		}
		part = csum_partial(skb_frag_address(&pkt->frags[i]) + off,
				    len - off, 0);
		sum = csum_block_add(sum, part, done);
		done += len - off;
		off = 0;
	}
	return sum;
}

/* The sum over all from the TCP header on. */
static __wsum lro_l4_sum(const struct lro_packet *pkt)
{
	u32 off = (const u8 *)pkt->th - pkt->mac;

	if (pkt->ip_summed == CHECKSUM_COMPLETE)
		return csum_sub(pkt->csum,
				csum_partial(pkt->mac + ETH_HLEN,
					     off - ETH_HLEN, 0));
	if (pkt->skb)
		return skb_checksum(pkt->skb, (u8 *)pkt->th - pkt->skb->data,
				    pkt->len - off, 0);
	return lro_frags_sum(pkt, off);
}

static bool lro_fit_sum(const struct lro_packet *pkt)
{
	u32 len = pkt->len - ((const u8 *)pkt->th - pkt->mac);
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)pkt->l3h;
	const struct iphdr *iph = (const struct iphdr *)pkt->l3h;

	if (likely(pkt->ip_summed == CHECKSUM_UNNECESSARY))
		return true;
	if (pkt->ip_summed == CHECKSUM_PARTIAL)
		return false;
	if (pkt->v6)
		return !csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					IPPROTO_TCP, lro_l4_sum(pkt));
	return !csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_TCP,
				  lro_l4_sum(pkt));
}

/**
 * lro_fit() - may a packet be merged with others of its stream?
 * @mgr: the manager
 * @pkt: the packet, lro_layers() likes it; its @hdr_len is filled in
 *
 * What the device did not verify is verified here: merged packets have one
 * checksum between them, and a bad packet would hide in it.
 *
 * Context: softirq.
 * Return: true when it may.
 */
bool lro_fit(const struct net_lro_mgr *mgr, struct lro_packet *pkt)
{
	return lro_fit_tcp(pkt) &&
	       (pkt->v6 ? lro_fit_ipv6(pkt) : lro_fit_ipv4(pkt)) &&
	       (!pkt->skb || lro_fit_skb(pkt->skb)) && lro_fit_sum(pkt);
}
