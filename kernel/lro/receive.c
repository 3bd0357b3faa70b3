// SPDX-License-Identifier: GPL-2.0
/*
 * Packets arrive, in skbs or in frags, and go up: merged, or as they came.
 */
#include <linux/etherdevice.h>
#include <linux/export.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff_ref.h>

#include "../hdr/flow.h"
#include "lro_impl.h"

/* Octets of a packet in frags that are copied, so that the stack need not. */
#define LRO_COPY	128

/**
 * lro_up() - an skb goes up
 * @mgr: the manager
 * @skb: it
 *
 * Context: softirq.
 */
void lro_up(const struct net_lro_mgr *mgr, struct sk_buff *skb)
{
	if (mgr->features & LRO_F_NAPI)
		netif_receive_skb(skb);
	else
		netif_rx(skb);
}

/* A packet goes up as it came, and is in @counter. */
static void lro_pass(struct net_lro_mgr *mgr, const struct lro_packet *pkt,
		     unsigned long *counter)
{
	struct sk_buff *skb = pkt->skb;

	if (!skb && pkt->len >= ETH_HLEN && pkt->readable >= ETH_HLEN)
		skb = lro_make_skb(mgr, pkt, min3(pkt->len, pkt->readable,
						  (u32)LRO_COPY));
	if (unlikely(!skb)) {
		lro_put_frags(mgr, pkt);
		mgr->stats.dropped++;
		return;
	}
	(*counter)++;
	lro_up(mgr, skb);
}

/*
 * A device that took the tag out has left its EtherType. Done before the header
 * is compared with others.
 */
static void lro_fix_type(const struct lro_packet *pkt)
{
	const __be16 proto = htons(pkt->v6 ? ETH_P_IPV6 : ETH_P_IP);
	struct ethhdr *eth = (struct ethhdr *)pkt->mac;
	struct sk_buff *skb = pkt->skb;

	if (pkt->l3h != pkt->mac + ETH_HLEN)
		return;
	if (!skb) {
		eth->h_proto = proto;
	} else if (!skb_shared(skb)) {
		skb->protocol = proto;
		if (!skb_cloned(skb))
			eth->h_proto = proto;
	}
}

static void lro_receive(struct net_lro_mgr *mgr, struct lro_packet *pkt,
			u64 hdr_flags)
{
	struct net_lro_desc *desc;
	bool fit;

	if (unlikely(!lro_layers(pkt, hdr_flags))) {
		lro_pass(mgr, pkt, &mgr->stats.passed);
		return;
	}
	if (mgr->features & LRO_F_EXTRACT_VLAN_ID)
		lro_fix_type(pkt);
	pkt->hash = lro_hash(pkt->v6, pkt->l3h, pkt->th);
	desc = lro_find(mgr, pkt);
	fit = lro_fit(mgr, pkt);
	if (desc) {
		if (likely(fit && lro_joins(desc, pkt))) {
			lro_join(mgr, desc, pkt);
			return;
		}
		/* Its packets came before this one, and go up before it. */
		lro_flush(mgr, desc);
	}
	if (!fit)
		lro_pass(mgr, pkt, &mgr->stats.passed);
	else if (!lro_open(mgr, pkt))
		lro_pass(mgr, pkt, &mgr->stats.no_desc);
}

/* May anything be merged now? What was before goes up when not. */
static bool lro_on(struct net_lro_mgr *mgr)
{
	if (unlikely(!lro_ready(mgr)))
		return false;
	if (likely(READ_ONCE(mgr->dev->features) & NETIF_F_LRO))
		return true;
	lro_flush_all(mgr);
	return false;
}

/**
 * lro_receive_skb() - take a packet in an sk_buff
 * @lro_mgr: the manager
 * @skb: as netif_receive_skb() takes it: the protocol set by eth_type_trans(),
 *	a VLAN tag beside it perhaps; the engine's afterwards
 * @priv: for @lro_mgr->get_skb_header
 *
 * The packet is consumed whatever happens: it goes up now, or merged with
 * others at lro_flush_all() at the latest.
 *
 * Context: softirq.
 */
void lro_receive_skb(struct net_lro_mgr *lro_mgr, struct sk_buff *skb,
		     void *priv)
{
	struct lro_packet pkt = { .skb = skb };
	void *iph = NULL, *th = NULL;
	u64 flags = 0;

	if (!lro_on(lro_mgr) || !lro_mgr->get_skb_header ||
	    !skb_mac_header_was_set(skb) ||
	    lro_mgr->get_skb_header(skb, &iph, &th, &flags, priv)) {
		lro_pass(lro_mgr, &pkt, &lro_mgr->stats.passed);
		return;
	}
	pkt.mac = skb_mac_header(skb);
	pkt.l3h = iph;
	pkt.th = th;
	pkt.readable = skb_tail_pointer(skb) - pkt.mac;
	pkt.len = skb->len + (skb->data - pkt.mac);
	pkt.csum = skb->csum;
	pkt.vlan_all = skb->vlan_all;
	pkt.ip_summed = skb->ip_summed;
	lro_receive(lro_mgr, &pkt, flags);
}
EXPORT_SYMBOL_GPL(lro_receive_skb);

/**
 * lro_vlan_hwaccel_receive_skb() - take a packet whose VLAN tag was taken out
 * @lro_mgr: the manager
 * @skb: as for lro_receive_skb()
 * @vgrp: not looked at
 * @vlan_tag: the tag, of 802.1Q
 * @priv: for @lro_mgr->get_skb_header
 *
 * Context: softirq.
 */
void lro_vlan_hwaccel_receive_skb(struct net_lro_mgr *lro_mgr,
				  struct sk_buff *skb, struct vlan_group *vgrp,
				  u16 vlan_tag, void *priv)
{
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), vlan_tag);
	lro_receive_skb(lro_mgr, skb, priv);
}
EXPORT_SYMBOL_GPL(lro_vlan_hwaccel_receive_skb);

/* How many frags a packet is in, and where it ends in the last one. */
static bool lro_count_frags(struct lro_packet *pkt, int len)
{
	u32 size;

	while (pkt->nr_frags < MAX_SKB_FRAGS) {
		size = skb_frag_size(&pkt->frags[pkt->nr_frags++]);
		pkt->end = min_t(u32, size, max(len, 0));
		len -= pkt->end;
		if (len <= 0 || !size)
			return !len && pkt->end;
	}
	return false;
}

static void lro_receive_pages(struct net_lro_mgr *mgr, struct lro_packet *pkt,
			      int len, void *priv)
{
	struct skb_frag_struct frag = pkt->frags[0];
	void *mac = NULL, *iph = NULL, *th = NULL;
	u64 flags = 0;
	size_t lead;

	if (unlikely(!lro_count_frags(pkt, len))) {
		lro_put_frags(mgr, pkt);
		mgr->stats.dropped++;
		return;
	}
	pkt->mac = skb_frag_address(&frag);
	pkt->readable = pkt->nr_frags == 1 ? pkt->end : skb_frag_size(&frag);
	pkt->len = len;
	if (!lro_on(mgr) || !mgr->get_frag_header ||
	    mgr->get_frag_header(&frag, &mac, &iph, &th, &flags, priv)) {
		lro_pass(mgr, pkt, &mgr->stats.passed);
		return;
	}
	lead = (u8 *)mac - pkt->mac;
	if (unlikely(lead > pkt->readable)) {
		lro_pass(mgr, pkt, &mgr->stats.passed);
		return;
	}
	pkt->lead = lead;
	pkt->mac += lead;
	pkt->readable -= lead;
	pkt->len -= lead;
	pkt->l3h = iph;
	pkt->th = th;
	lro_receive(mgr, pkt, flags);
}

/**
 * lro_receive_frags() - take a packet in page frags
 * @lro_mgr: the manager
 * @frags: as many as @len octets are in, MAX_SKB_FRAGS at most, not in high
 *	memory; the packet's headers are in the first one. The engine takes the
 *	references to the pages, whatever becomes of the packet. The array stays
 *	the driver's.
 * @len: octets of the packet, without FCS
 * @true_size: of memory that is held for it, octets
 * @priv: for @lro_mgr->get_frag_header
 * @sum: for CHECKSUM_COMPLETE: sum over all behind the Ethernet header
 *
 * A packet that joins a stream costs no allocation, but for one skb in every
 * MAX_SKB_FRAGS. A packet that is dropped for want of memory is counted.
 *
 * Context: softirq.
 */
void lro_receive_frags(struct net_lro_mgr *lro_mgr,
		       struct skb_frag_struct *frags, int len, int true_size,
		       void *priv, __wsum sum)
{
	struct lro_packet pkt = {
		.frags = frags,
		.csum = sum,
		.ip_summed = lro_mgr->ip_summed,
		.truesize = max(true_size, len),
	};

	lro_receive_pages(lro_mgr, &pkt, len, priv);
}
EXPORT_SYMBOL_GPL(lro_receive_frags);

/**
 * lro_vlan_hwaccel_receive_frags() - the same, whose VLAN tag was taken out
 * @lro_mgr: the manager
 * @frags: as for lro_receive_frags()
 * @len: octets of the packet, without FCS and tag
 * @true_size: of memory that is held for it, octets
 * @vgrp: not looked at
 * @vlan_tag: the tag, of 802.1Q
 * @priv: for @lro_mgr->get_frag_header
 * @sum: for CHECKSUM_COMPLETE: sum over all behind the Ethernet header
 *
 * Context: softirq.
 */
void lro_vlan_hwaccel_receive_frags(struct net_lro_mgr *lro_mgr,
				    struct skb_frag_struct *frags, int len,
				    int true_size, struct vlan_group *vgrp,
				    u16 vlan_tag, void *priv, __wsum sum)
{
	struct lro_packet pkt = {
		.frags = frags,
		.csum = sum,
		.ip_summed = lro_mgr->ip_summed,
		.truesize = max(true_size, len),
		.vlan_proto = htons(ETH_P_8021Q),
		.vlan_tci = vlan_tag,
	};

	lro_receive_pages(lro_mgr, &pkt, len, priv);
}
EXPORT_SYMBOL_GPL(lro_vlan_hwaccel_receive_frags);

/**
 * lro_flush_all() - all that is held goes up
 * @lro_mgr: the manager
 *
 * Before a poll ends, and before a manager or its array are freed.
 *
 * Context: softirq, or process with softirqs off when polls are disabled.
 */
void lro_flush_all(struct net_lro_mgr *lro_mgr)
{
	if (!lro_mgr->checked)
		return;
	while (!list_empty(&lro_mgr->open))
		lro_flush(lro_mgr, list_first_entry(&lro_mgr->open,
						    struct net_lro_desc, list));
}
EXPORT_SYMBOL_GPL(lro_flush_all);

static void lro_flush_stream(struct net_lro_mgr *mgr, bool v6, const u8 *l3h,
			     const u8 *th)
{
	struct net_lro_desc *desc;
	struct hlist_node *next;
	u32 hash;

	if (!mgr->checked)
		return;
	hash = lro_hash(v6, l3h, th);
	hlist_for_each_entry_safe(desc, next, lro_bucket(mgr, hash), node) {
		const u8 *mac = skb_mac_header(desc->parent);

		if (desc->v6 == v6 &&
		    hdr_flow_same(v6, mac + desc->l3, mac + desc->l4, l3h, th))
			lro_flush(mgr, desc);
	}
}

/**
 * lro_flush_pkt() - what is held of a packet's stream goes up
 * @lro_mgr: the manager
 * @iph: the packet's IPv4 header
 * @tcph: its TCP header
 *
 * Nothing of the packet is added. A stream is flushed in whatever VLAN it is.
 *
 * Context: softirq.
 */
void lro_flush_pkt(struct net_lro_mgr *lro_mgr, struct iphdr *iph,
		   struct tcphdr *tcph)
{
	lro_flush_stream(lro_mgr, false, (const u8 *)iph, (const u8 *)tcph);
}
EXPORT_SYMBOL_GPL(lro_flush_pkt);

/**
 * lro_flush_pkt6() - lro_flush_pkt() for IPv6
 * @lro_mgr: the manager
 * @ip6h: the packet's IPv6 header
 * @tcph: its TCP header
 *
 * Context: softirq.
 */
void lro_flush_pkt6(struct net_lro_mgr *lro_mgr, struct ipv6hdr *ip6h,
		    struct tcphdr *tcph)
{
	lro_flush_stream(lro_mgr, true, (const u8 *)ip6h, (const u8 *)tcph);
}
EXPORT_SYMBOL_GPL(lro_flush_pkt6);
