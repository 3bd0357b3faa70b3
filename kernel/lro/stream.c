// SPDX-License-Identifier: GPL-2.0
/*
 * Streams in descriptors: found, opened, joined, flushed.
 *
 * The descriptors are the driver's array, and so are the buckets that they are
 * found by: a look-up costs the same for any number of them, and no memory is
 * needed but what the driver gave.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/math.h>
#include <linux/once.h>
#include <net/tcp.h>

#include "../hdr/flow.h"
#include "lro_impl.h"

/**
 * lro_hash() - the hash of a stream
 * @v6: it is IPv6
 * @l3h: an IP header of it
 * @th: the TCP header behind
 *
 * Context: any.
 * Return: a number.
 */
u32 lro_hash(bool v6, const void *l3h, const void *th)
{
	static u32 seed __read_mostly;

	net_get_random_once(&seed, sizeof(seed));
	return hdr_flow_hash(seed, l3h, v6, th);
}

/**
 * lro_bucket() - where a stream is, if it is open
 * @mgr: the manager, checked
 * @hash: of the stream
 *
 * Context: any.
 * Return: the bucket.
 */
struct hlist_head *lro_bucket(struct net_lro_mgr *mgr, u32 hash)
{
	return &mgr->lro_arr[reciprocal_scale(hash, mgr->checked)].bucket;
}

/**
 * lro_find() - the open descriptor of a packet's stream
 * @mgr: the manager
 * @pkt: the packet
 *
 * Streams in different VLANs are different streams, whether the tags are in the
 * packets or beside them.
 *
 * Context: softirq.
 * Return: the descriptor, or NULL.
 */
struct net_lro_desc *lro_find(struct net_lro_mgr *mgr,
			      const struct lro_packet *pkt)
{
	u32 l3 = pkt->l3h - pkt->mac;
	struct net_lro_desc *desc;
	const u8 *mac;

	hlist_for_each_entry(desc, lro_bucket(mgr, pkt->hash), node) {
		if (desc->hash != pkt->hash || desc->v6 != pkt->v6 ||
		    desc->vlan_all != pkt->vlan_all || desc->l3 != l3)
			continue;
		mac = skb_mac_header(desc->parent);
		if (hdr_flow_same(pkt->v6, mac + l3, mac + desc->l4, pkt->l3h,
				  (const u8 *)pkt->th) &&
		    !memcmp(mac + 2 * ETH_ALEN, pkt->mac + 2 * ETH_ALEN,
			    l3 - 2 * ETH_ALEN))
			return desc;
	}
	return NULL;
}

/* Type of service, or traffic class and flow label: constant in a stream. */
static bool lro_same_class(const struct net_lro_desc *desc,
			   const struct lro_packet *pkt, const u8 *l3h)
{
	const struct iphdr *iph = (const struct iphdr *)l3h;

	if (desc->v6)
		return *(const u32 *)l3h == *(const u32 *)pkt->l3h;
	return iph->tos == ((const struct iphdr *)pkt->l3h)->tos;
}

static u32 lro_tsval(const struct tcphdr *th)
{
	return ntohl(((const __be32 *)(th + 1))[1]);
}

/**
 * lro_joins() - is a packet the next of its stream?
 * @desc: the stream
 * @pkt: a packet of it that fits
 *
 * Context: softirq.
 * Return: true when it may be appended.
 */
bool lro_joins(const struct net_lro_desc *desc, const struct lro_packet *pkt)
{
	const u8 *mac = skb_mac_header(desc->parent);
	u32 payload = pkt->len - pkt->hdr_len;

	if (ntohl(pkt->th->seq) != desc->next_seq ||
	    pkt->hdr_len != desc->hdr_len ||
	    desc->hdr_len - desc->l3 + desc->len + payload > U16_MAX ||
	    memcmp(mac, pkt->mac, 2 * ETH_ALEN) ||
	    !lro_same_class(desc, pkt, mac + desc->l3))
		return false;
	/* A timestamp that goes back is for TCP to judge. */
	if (desc->hdr_len > desc->l4 + sizeof(struct tcphdr) &&
	    before(lro_tsval(pkt->th), desc->tsval))
		return false;
	return !pkt->skb || pkt->skb->dev == desc->parent->dev;
}

/* What a packet says that is newer than what its stream has. */
static void lro_newest(struct net_lro_desc *desc, const struct lro_packet *pkt)
{
	const struct tcphdr *th = pkt->th;
	u32 payload = pkt->len - pkt->hdr_len;

	if (!before(ntohl(th->ack_seq), desc->ack)) {
		desc->ack = ntohl(th->ack_seq);
		desc->window = th->window;
	}
	desc->psh |= th->psh;
	if (desc->hdr_len > desc->l4 + sizeof(*th)) {
		desc->tsval = lro_tsval(th);
		desc->tsecr = ntohl(((const __be32 *)(th + 1))[2]);
	}
	desc->next_seq += payload;
	desc->len += payload;
	desc->mss = max_t(u16, desc->mss, payload);
	desc->pkt_aggr_cnt++;
}

static void lro_fill(struct net_lro_desc *desc, const struct lro_packet *pkt)
{
	desc->hash = pkt->hash;
	desc->vlan_all = pkt->vlan_all;
	desc->next_seq = ntohl(pkt->th->seq);
	desc->ack = ntohl(pkt->th->ack_seq);
	desc->csum = lro_payload_sum(pkt);
	desc->len = 0;
	desc->mss = 0;
	desc->pkt_aggr_cnt = 0;
	desc->l3 = pkt->l3h - pkt->mac;
	desc->l4 = (u8 *)pkt->th - pkt->mac;
	desc->hdr_len = pkt->hdr_len;
	desc->v6 = pkt->v6;
	desc->psh = false;
	lro_newest(desc, pkt);
}

static void lro_taken(struct net_lro_mgr *mgr, struct net_lro_desc *desc)
{
	mgr->stats.aggregated++;
	if (desc->pkt_aggr_cnt >= mgr->max_aggr)
		lro_flush(mgr, desc);
}

/**
 * lro_open() - hold a packet as the first of a stream
 * @mgr: the manager
 * @pkt: a packet that fits, whose stream is not open
 *
 * Context: softirq.
 * Return: true when the packet is taken: held, or dropped without memory.
 *	False when no descriptor is free.
 */
bool lro_open(struct net_lro_mgr *mgr, const struct lro_packet *pkt)
{
	struct sk_buff *parent = pkt->skb;
	struct net_lro_desc *desc;

	if (list_empty(&mgr->unused))
		return false;
	desc = list_first_entry(&mgr->unused, struct net_lro_desc, list);
	/* Now: a frag with nothing but headers is given back when copied. */
	lro_fill(desc, pkt);
	if (!parent)
		parent = lro_make_skb(mgr, pkt, pkt->hdr_len);
	if (unlikely(!parent)) {
		lro_put_frags(mgr, pkt);
		mgr->stats.dropped++;
		return true;
	}
	desc->parent = parent;
	desc->last_skb = parent;
	list_move_tail(&desc->list, &mgr->open);
	hlist_add_head(&desc->node, lro_bucket(mgr, desc->hash));
	lro_taken(mgr, desc);
	return true;
}

/**
 * lro_join() - append a packet to its stream
 * @mgr: the manager
 * @desc: the stream; flushed when it is full
 * @pkt: a packet that joins it, taken: dropped when there is no memory
 *
 * Context: softirq.
 */
void lro_join(struct net_lro_mgr *mgr, struct net_lro_desc *desc,
	      const struct lro_packet *pkt)
{
	if (!pkt->skb && unlikely(!lro_frags_room(mgr, desc, pkt))) {
		lro_put_frags(mgr, pkt);
		mgr->stats.dropped++;
		return;
	}
	/* Headers are read before they may be given back. */
	desc->csum = csum_block_add(desc->csum, lro_payload_sum(pkt),
				    desc->len);
	lro_newest(desc, pkt);
	if (pkt->skb)
		lro_append_skb(desc, pkt);
	else
		lro_append_frags(mgr, desc, pkt);
	lro_taken(mgr, desc);
}

/**
 * lro_flush() - a stream's packets go up
 * @mgr: the manager
 * @desc: the stream; unused afterwards
 *
 * Context: softirq.
 */
void lro_flush(struct net_lro_mgr *mgr, struct net_lro_desc *desc)
{
	struct sk_buff *parent = desc->parent;

	hlist_del(&desc->node);
	list_move(&desc->list, &mgr->unused);
	mgr->stats.flushed++;
	if (desc->pkt_aggr_cnt > 1)
		lro_finish(mgr, desc);
	else if (parent->ip_summed == CHECKSUM_NONE)
		/* It was verified before it was held. */
		parent->ip_summed = CHECKSUM_UNNECESSARY;
	desc->parent = NULL;
	lro_up(mgr, parent);
}
