/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plain TCP judged in one go: most packets that are not the expected one are the
 * first of their flow, with nothing against them.
 */
#ifndef HEADROOM_HGRO_USUAL_H
#define HEADROOM_HGRO_USUAL_H

#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/ip.h>

#include "hgro_impl.h"

#define TCP_FLAGS	13
#define FLAG_FIN	0x01
#define FLAG_SYN	0x02
#define FLAG_RST	0x04
#define FLAG_PSH	0x08
#define FLAG_URG	0x20
#define FLAG_ECE	0x40
#define FLAG_CWR	0x80

/* An sk_buff whose payload can be taken. */
static __always_inline bool hgro_skb_may_merge(struct sk_buff *skb)
{
	return !skb_is_gso(skb) && !skb_has_frag_list(skb) &&
	       !skb_cloned(skb) && !skb_shared(skb) && !skb->sk &&
	       !skb->destructor && !skb_zcopy(skb) && skb_frags_readable(skb);
}

/*
 * The checksum of an IPv4 header without options. Compilers make a call of
 * ip_fast_csum() where there are two.
 */
static __always_inline bool hgro_iph_right(const struct iphdr *iph)
{
	const u32 *word = (const u32 *)iph;
	u64 sum = 0;
	unsigned int i;

#pragma GCC unroll 5
	for (i = 0; i < sizeof(*iph) / sizeof(*word); i++)
		sum += get_unaligned(word + i);
	sum = (u32)sum + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* As hdr_alone(), for what hgro_parse_usual() finds. */
static __always_inline bool hgro_usual_ip(const struct hgro *hgro,
					  const struct hgro_packet *pkt,
					  const struct hdr_stack *stack)
{
	const struct ipv6hdr *ip6h = (const void *)(pkt->data + ETH_HLEN);
	const struct iphdr *iph = (const void *)ip6h;
	u32 len = pkt->len - ETH_HLEN;
	u16 frag;

	if (stack->type[1] == HDR_IPV6)
		return get_unaligned_be16(&ip6h->payload_len) ==
		       (u16)(len - sizeof(*ip6h));
	frag = get_unaligned_be16(&iph->frag_off);
	return *(const u8 *)iph == 0x45 &&
	       get_unaligned_be16(&iph->tot_len) == (u16)len &&
	       !(frag & ~IP_DF) && (frag || !hgro->config.strict_df) &&
	       iph->check != (__force __sum16)0xffff &&
	       hgro_iph_right(iph);
}

/*
 * hgro_judge_packet() of what hgro_parse_usual() finds. What is against others
 * is found the long way.
 */
static __always_inline bool hgro_usual_merges(const struct hgro *hgro,
					      const struct hgro_packet *pkt,
					      const struct hdr_stack *stack)
{
	const u8 *th = pkt->data + stack->start[2];

	return pkt->ip_summed == CHECKSUM_UNNECESSARY &&
	       pkt->len > stack->len &&
	       !(th[TCP_FLAGS] & (FLAG_SYN | FLAG_RST | FLAG_URG)) &&
	       get_unaligned((const u16 *)(th + offsetof(struct tcphdr,
							 check))) != 0xffff &&
	       hgro_usual_ip(hgro, pkt, stack) &&
	       (!pkt->skb || hgro_skb_may_merge(pkt->skb)) &&
	       !netif_elide_gro(hgro->napi->dev);
}

#endif
