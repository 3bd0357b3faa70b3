// SPDX-License-Identifier: GPL-2.0
/*
 * Packets put into sk_buffs: made from frags, and appended to one another.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <linux/skbuff_ref.h>

#include "lro_impl.h"

static void lro_put_frag(const struct net_lro_mgr *mgr,
			 const struct lro_packet *pkt, unsigned int i)
{
	skb_frag_t frag = pkt->frags[i];

	/* Of frags that do not add up the last may be none. */
	if (likely(skb_frag_page(&frag)))
		__skb_frag_unref(&frag, lro_recycles(mgr));
}

/**
 * lro_put_frags() - give the pages of a packet back
 * @mgr: the manager
 * @pkt: the packet, in frags
 *
 * Context: softirq.
 */
void lro_put_frags(const struct net_lro_mgr *mgr, const struct lro_packet *pkt)
{
	unsigned int i;

	for (i = 0; i < pkt->nr_frags; i++)
		lro_put_frag(mgr, pkt, i);
}

/*
 * Moves a packet's frags behind those of @skb, from octet @off on. Returns
 * whether there are any.
 */
static bool lro_move_frags(const struct net_lro_mgr *mgr, struct sk_buff *skb,
			   const struct lro_packet *pkt, u32 off)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i, before = shinfo->nr_frags;
	skb_frag_t *frag;
	u32 len;

	off += pkt->lead;
	for (i = 0; i < pkt->nr_frags; i++) {
		len = lro_frag_len(pkt, i);
		if (off >= len) {
			/* Headers only, and those have been copied. */
			off -= len;
			lro_put_frag(mgr, pkt, i);
			continue;
		}
		frag = &shinfo->frags[shinfo->nr_frags++];
		*frag = pkt->frags[i];
		skb_frag_off_add(frag, off);
		skb_frag_size_set(frag, len - off);
		skb->pfmemalloc |= page_is_pfmemalloc(skb_frag_page(frag));
		off = 0;
	}
	return shinfo->nr_frags != before;
}

static void lro_grow(struct sk_buff *skb, u32 len, u32 truesize)
{
	skb->len += len;
	skb->data_len += len;
	skb->truesize += truesize;
}

static struct sk_buff *lro_alloc(const struct net_lro_mgr *mgr, u32 len)
{
	struct sk_buff *skb = netdev_alloc_skb(mgr->dev, len);

	if (likely(skb) && lro_recycles(mgr))
		skb_mark_for_recycle(skb);
	return skb;
}

/**
 * lro_make_skb() - an sk_buff for a packet in frags
 * @mgr: the manager
 * @pkt: the packet; its frags are taken when this succeeds
 * @linear: octets that are copied to the head, ETH_HLEN at least
 *
 * Context: softirq.
 * Return: the skb as netif_receive_skb() wants it, or NULL without memory.
 */
struct sk_buff *lro_make_skb(const struct net_lro_mgr *mgr,
			     const struct lro_packet *pkt, u32 linear)
{
	struct sk_buff *skb = lro_alloc(mgr, mgr->frag_align_pad + linear);

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, mgr->frag_align_pad);
	skb_put_data(skb, pkt->mac, linear);
	if (lro_move_frags(mgr, skb, pkt, linear))
		lro_grow(skb, pkt->len - linear, pkt->truesize);
	skb->protocol = eth_type_trans(skb, mgr->dev);
	skb->ip_summed = pkt->ip_summed;
	skb->csum = pkt->csum;
	if (pkt->vlan_proto)
		__vlan_hwaccel_put_tag(skb, pkt->vlan_proto, pkt->vlan_tci);
	return skb;
}

static void lro_chain(struct net_lro_desc *desc, struct sk_buff *skb)
{
	if (desc->last_skb == desc->parent)
		skb_shinfo(desc->parent)->frag_list = skb;
	else
		desc->last_skb->next = skb;
	skb->next = NULL;
	desc->last_skb = skb;
}

/**
 * lro_append_skb() - append an skb's payload to a stream
 * @desc: the stream
 * @pkt: the packet, in an skb that is taken
 *
 * Context: softirq.
 */
void lro_append_skb(struct net_lro_desc *desc, const struct lro_packet *pkt)
{
	struct sk_buff *last = desc->last_skb, *skb = pkt->skb;
	u32 len = pkt->len - pkt->hdr_len;
	bool stolen;
	int delta;

	desc->parent->pfmemalloc |= skb->pfmemalloc;
	skb_shinfo(desc->parent)->flags |= skb_shinfo(skb)->flags &
					   SKBFL_SHARED_FRAG;
	__skb_pull(skb, pkt->mac + pkt->hdr_len - skb->data);
	/*
	 * Not into the tail of a linear skb: the guard against forwarding looks
	 * at what is not linear only.
	 */
	if ((skb_is_nonlinear(last) || len > skb_tailroom(last)) &&
	    skb_try_coalesce(last, skb, &stolen, &delta)) {
		kfree_skb_partial(skb, stolen);
		if (last != desc->parent)
			lro_grow(desc->parent, len, delta);
		return;
	}
	lro_grow(desc->parent, len, skb->truesize);
	lro_chain(desc, skb);
}

/**
 * lro_frags_room() - make room for a packet's frags in a stream
 * @mgr: the manager
 * @desc: the stream
 * @pkt: the packet
 *
 * Context: softirq.
 * Return: false when there is no memory; nothing has changed then.
 */
bool lro_frags_room(const struct net_lro_mgr *mgr, struct net_lro_desc *desc,
		    const struct lro_packet *pkt)
{
	struct sk_buff *skb = desc->last_skb;

	if (likely(skb_shinfo(skb)->nr_frags + pkt->nr_frags <= MAX_SKB_FRAGS &&
		   skb->pp_recycle == lro_recycles(mgr)))
		return true;
	skb = lro_alloc(mgr, 0);
	if (unlikely(!skb))
		return false;
	desc->parent->truesize += skb->truesize;
	lro_chain(desc, skb);
	return true;
}

/**
 * lro_append_frags() - append a packet's frags to a stream
 * @mgr: the manager
 * @desc: the stream, lro_frags_room() made room
 * @pkt: the packet, whose frags are taken
 *
 * Context: softirq.
 */
void lro_append_frags(const struct net_lro_mgr *mgr, struct net_lro_desc *desc,
		      const struct lro_packet *pkt)
{
	struct sk_buff *last = desc->last_skb, *parent = desc->parent;
	u32 len = pkt->len - pkt->hdr_len;

	lro_move_frags(mgr, last, pkt, pkt->hdr_len);
	lro_grow(last, len, pkt->truesize);
	if (last != parent) {
		lro_grow(parent, len, pkt->truesize);
		parent->pfmemalloc |= last->pfmemalloc;
	}
}
