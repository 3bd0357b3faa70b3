// SPDX-License-Identifier: GPL-2.0
/*
 * Packets put into sk_buffs: a page becomes a frag of a carrier, an sk_buff
 * gives up its pages or is chained.
 */
#include <linux/etherdevice.h>
#include <linux/export.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <linux/skbuff_ref.h>
#include <net/busy_poll.h>

#include "hgro_impl.h"

/* Gives a frame's page back. */
void hgro_frame_put(const struct hgro *hgro, const struct hgro_frame *frame)
{
	skb_page_unref(page_to_netmem(frame->page), hgro->config.recycle);
}

static struct sk_buff *hgro_alloc(const struct hgro *hgro, unsigned int len,
				  unsigned int headroom)
{
	struct sk_buff *skb = napi_alloc_skb(hgro->napi, headroom + len);

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, headroom);
	if (hgro->config.recycle)
		skb_mark_for_recycle(skb);
	return skb;
}

/**
 * hgro_set_headroom() - room for the headers of segments
 * @hgro: the context
 * @octets: before the first packet's headers, 0 (as it is at first) for none
 *
 * A super-packet that is forwarded to a device with hgso needs it there: with
 * enough its head is not expanded, which costs more than all else that hgso does.
 * It is more memory for each that is not forwarded. 4608 octets are enough for
 * 45 segments of IPv4. Holds for super-packets of pages that begin from now on.
 *
 * Context: any.
 * Return: 0, or -EINVAL beyond %HGRO_MAX_HEADROOM.
 */
int hgro_set_headroom(struct hgro *hgro, u32 octets)
{
	if (octets > HGRO_MAX_HEADROOM)
		return -EINVAL;
	WRITE_ONCE(hgro->config.headroom, octets);
	return 0;
}
EXPORT_SYMBOL_GPL(hgro_set_headroom);

static void hgro_dress(const struct hgro *hgro, struct sk_buff *skb,
		       const struct hgro_frame *frame)
{
	skb->protocol = eth_type_trans(skb, hgro->napi->dev);
	skb->ip_summed = frame->ip_summed;
	skb->csum = frame->csum;
	if (frame->ip_summed == CHECKSUM_UNNECESSARY)
		skb->csum_level = frame->csum_level;
	if (frame->vlan_proto)
		__vlan_hwaccel_put_tag(skb, frame->vlan_proto, frame->vlan_tci);
	if (frame->hash)
		skb_set_hash(skb, frame->hash, frame->hash_type);
	skb_hwtstamps(skb)->hwtstamp = frame->hwtstamp;
	skb_record_rx_queue(skb, hgro->config.queue);
	skb_mark_napi_id(skb, hgro->napi);
}

/**
 * hgro_carrier() - an sk_buff for a frame
 * @hgro: the context
 * @frame: the frame; its page is taken when this succeeds
 * @linear: octets of it that are copied to the head, ETH_HLEN at least
 * @headroom: octets before these
 *
 * Context: softirq.
 * Return: the skb as netif_receive_skb() wants it, or NULL.
 */
struct sk_buff *hgro_carrier(struct hgro *hgro, const struct hgro_frame *frame,
			     unsigned int linear, unsigned int headroom)
{
	const u8 *data = page_address(frame->page) + frame->offset;
	struct sk_buff *skb = hgro_alloc(hgro, linear, headroom);

	if (unlikely(!skb))
		return NULL;
	skb_put_data(skb, data, linear);
	if (frame->len > linear)
		skb_add_rx_frag(skb, 0, frame->page, frame->offset + linear,
				frame->len - linear, frame->truesize);
	else
		hgro_frame_put(hgro, frame);
	hgro_dress(hgro, skb, frame);
	return skb;
}

/* What was appended to the last carrier since it became that. */
static void hgro_close(struct hgro_flow *flow)
{
	u32 len = flow->bytes - flow->last_bytes;

	if (flow->last != flow->head) {
		flow->last->len += len;
		flow->last->data_len += len;
		flow->last->truesize += flow->truesize - flow->last_truesize;
	}
	flow->last_bytes = flow->bytes;
	flow->last_truesize = flow->truesize;
}

static void hgro_chain(struct hgro_flow *flow, struct sk_buff *skb)
{
	hgro_close(flow);
	if (flow->last == flow->head)
		skb_shinfo(flow->head)->frag_list = skb;
	else
		flow->last->next = skb;
	skb->next = NULL;
	flow->last = skb;
}

/**
 * hgro_next_carrier() - one more carrier of pages on the frag_list
 * @hgro: the context
 * @flow: the flow, whose last carrier is full
 *
 * Context: softirq.
 * Return: false when there is no memory; nothing has changed then.
 */
bool hgro_next_carrier(struct hgro *hgro, struct hgro_flow *flow)
{
	struct sk_buff *skb = hgro_alloc(hgro, 0, 0);

	if (unlikely(!skb))
		return false;
	/* As the rest of the flow, whose pages may be another pool's. */
	skb->pp_recycle = flow->head->pp_recycle;
	hgro_chain(flow, skb);
	flow->truesize += skb->truesize;
	flow->last_truesize = flow->truesize;
	return true;
}

/* Moves the frags of @skb, its payload, behind those of the last carrier. */
static void hgro_move_frags(struct hgro_flow *flow, struct sk_buff *skb)
{
	struct skb_shared_info *end = skb_shinfo(flow->last);
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	memcpy(end->frags + end->nr_frags, shinfo->frags,
	       shinfo->nr_frags * sizeof(shinfo->frags[0]));
	end->nr_frags += shinfo->nr_frags;
	end->flags |= shinfo->flags & SKBFL_SHARED_FRAG;
	/* Who looks, looks at the head. */
	skb_shinfo(flow->head)->flags |= shinfo->flags & SKBFL_SHARED_FRAG;
	flow->head->pfmemalloc |= skb->pfmemalloc;
	shinfo->nr_frags = 0;
	skb->len -= skb->data_len;
	skb->data_len = 0;
}

/* Payload in frags only: the skb is freed. */
static void hgro_append_frags(struct hgro_flow *flow, struct sk_buff *skb)
{
	u32 own = SKB_TRUESIZE(skb_end_offset(skb));

	flow->truesize += skb->truesize - own;
	skb->truesize = own;
	hgro_move_frags(flow, skb);
	napi_consume_skb(skb, 1);
}

/* Payload in a head that is a page, too: only the struct sk_buff is freed. */
static void hgro_append_head(struct hgro_flow *flow, struct sk_buff *skb,
			     unsigned int off)
{
	struct skb_shared_info *end = skb_shinfo(flow->last);
	struct page *page = virt_to_head_page(skb->head);
	u32 own = SKB_DATA_ALIGN(sizeof(struct sk_buff));

	skb_frag_fill_page_desc(&end->frags[end->nr_frags++], page,
				skb->data + off - (u8 *)page_address(page),
				skb_headlen(skb) - off);
	flow->truesize += skb->truesize - own;
	hgro_move_frags(flow, skb);
	kfree_skb_partial(skb, true);
}

/* The skb itself becomes a carrier. */
static void hgro_append_chained(struct hgro_flow *flow, struct sk_buff *skb,
				unsigned int off)
{
	__skb_pull(skb, off);
	hgro_chain(flow, skb);
	skb_shinfo(flow->head)->flags |=
		skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	flow->head->pfmemalloc |= skb->pfmemalloc;
	__skb_header_release(skb);
	flow->last_bytes = flow->bytes + skb->len;
	flow->truesize += skb->truesize;
	flow->last_truesize = flow->truesize;
}

/* An skb in several pieces, which packets to come will not have. */
static void hgro_count_pieces(const struct hgro *hgro, struct hgro_flow *flow,
			      unsigned int pieces)
{
	u32 left;

	if (likely(pieces == 1))
		return;
	flow->pieces += pieces - 1;
	left = hgro->config.max_packets - (flow->count + 1 + flow->pieces);
	/* The packet in hand is still to be taken off. No tail behind the last. */
	if (flow->room >= left + 1) {
		flow->room = left + 1;
		flow->tail = 0;
		flow->full = HGRO_COUNT;
	}
}

/*
 * A member of a frag_list has its payload in the head or in frags, not in both:
 * skb_segment() without scatter-gather compares the length of such a head with
 * that of another segment, and then runs into a BUG_ON() of its own.
 */
static bool hgro_part(struct hgro *hgro, struct hgro_flow *flow,
		      struct sk_buff *skb)
{
	unsigned int pieces = skb_shinfo(skb)->nr_frags + 1;

	if (!skb->head_frag || pieces > MAX_SKB_FRAGS)
		return !__skb_linearize(skb);
	return skb_shinfo(flow->last)->nr_frags + pieces <= MAX_SKB_FRAGS ||
	       hgro_next_carrier(hgro, flow);
}

/**
 * hgro_append_skb() - append an sk_buff's payload to a flow
 * @hgro: the context
 * @flow: the flow; the caller counts
 * @skb: its headers are linear; taken when this succeeds
 *
 * Context: softirq.
 * Return: HGRO_OK; HGRO_COUNT when the super-packet would be in too many
 *	pieces; HGRO_NOMEM.
 */
enum hgro_reason hgro_append_skb(struct hgro *hgro, struct hgro_flow *flow,
				 struct sk_buff *skb)
{
	unsigned int off = flow->stack.len - ETH_HLEN;
	bool linear = skb_headlen(skb) > off;
	unsigned int pieces = skb_shinfo(skb)->nr_frags + linear;

	if (unlikely(flow->count + flow->pieces + pieces >
		     hgro->config.max_packets))
		return HGRO_COUNT;
	if (unlikely(linear && skb_is_nonlinear(skb)) &&
	    !hgro_part(hgro, flow, skb))
		return HGRO_NOMEM;
	/* Fewer, when it was made linear. */
	pieces = skb_shinfo(skb)->nr_frags + linear;
	hgro_count_pieces(hgro, flow, pieces);

	if (skb_shinfo(flow->last)->nr_frags + pieces > MAX_SKB_FRAGS ||
	    (linear && !skb->head_frag))
		hgro_append_chained(flow, skb, off);
	else if (linear)
		hgro_append_head(flow, skb, off);
	else
		hgro_append_frags(flow, skb);
	return HGRO_OK;
}

/* Called when the flow ends: the lengths of its head. */
void hgro_close_head(struct hgro_flow *flow)
{
	u32 len = flow->bytes - flow->mss;

	hgro_close(flow);
	flow->head->len += len;
	flow->head->data_len += len;
	flow->head->truesize += flow->truesize;
}
