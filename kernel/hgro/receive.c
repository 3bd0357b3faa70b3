// SPDX-License-Identifier: GPL-2.0
/*
 * A packet arrives. One look-up, one masked compare, one frag appended: for the
 * packet that is next in its flow, of full length, nothing else is done.
 */
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/mm.h>
#include <net/busy_poll.h>

#include "hgro_impl.h"

/* What hgso would not write. */
static __always_inline bool hgro_is_odd(const struct hgro_flow *flow,
					const u8 *data)
{
	return get_unaligned((const u16 *)(data + flow->predict.check_off)) ==
	       flow->odd_check;
}

/* The flow whose next full packet this is. @known: there is one of its hash. */
static __always_inline struct hgro_flow *
hgro_expected(const struct hgro *hgro, const u8 *data, u32 readable, u32 len,
	      u32 hash, u32 vlan_all, bool *known)
{
	struct hgro_flow *flow;

	*known = false;
	hlist_for_each_entry(flow, hgro_bucket(hgro, hash), node) {
		if (flow->hash != hash)
			continue;
		*known = true;
		if (flow->frame_len != len || flow->vlan_all != vlan_all ||
		    readable < flow->stack.len)
			continue;
		if (unlikely(!flow->predict.len))
			hgro_predict(hgro, flow);
		if (hdr_predict_match(&flow->predict, data))
			return flow;
	}
	return NULL;
}

static __always_inline bool hgro_append_page(struct hgro *hgro,
					     struct hgro_flow *flow,
					     const struct hgro_frame *frame)
{
	struct skb_shared_info *shinfo = skb_shinfo(flow->last);
	unsigned int hdr_len = flow->predict.len;

	if (unlikely(shinfo->nr_frags == MAX_SKB_FRAGS)) {
		if (!hgro_next_carrier(hgro, flow))
			return false;
		shinfo = skb_shinfo(flow->last);
	}
	skb_frag_fill_page_desc(&shinfo->frags[shinfo->nr_frags++],
				frame->page, frame->offset + hdr_len,
				frame->len - hdr_len);
	if (unlikely(page_is_pfmemalloc(frame->page)))
		flow->head->pfmemalloc = true;
	flow->truesize += frame->truesize;
	return true;
}

/* A full packet was appended. @flags: of a last packet, those that it has. */
static __always_inline void hgro_joined(struct hgro *hgro,
					struct hgro_flow *flow, u8 flags)
{
	flow->count++;
	flow->bytes += flow->mss;
	hgro->stats.held++;
	if (unlikely(flags)) {
		flow->flags = flags;
		hgro_end(hgro, flow, hgro_last_reason(flags));
		return;
	}
	if (unlikely(!--flow->room)) {
		if (!flow->tail) {
			hgro_end(hgro, flow, flow->full);
			return;
		}
		flow->frame_len = HGRO_NO_FRAME;
	}
	hdr_predict_next(&flow->predict, flow->mss);
}

static __always_inline u8 hgro_last_flags(const struct hgro_flow *flow,
					  const u8 *data)
{
	return data[flow->predict.last_off] & flow->predict.last_arg;
}

/* Not as expected, and yet it may join: a short last one, or an id that stays. */
static enum hgro_reason hgro_join(struct hgro *hgro, struct hgro_flow *flow,
				  struct hgro_packet *pkt)
{
	u32 len = pkt->len - flow->stack.len;
	u8 flags = hgro_last_flags(flow, pkt->data);

	if (pkt->skb) {
		enum hgro_reason reason = hgro_append_skb(hgro, flow, pkt->skb);

		if (reason) {
			/* It may be linear now. */
			pkt->data = skb_mac_header(pkt->skb);
			pkt->readable = skb_headlen(pkt->skb) + ETH_HLEN;
			return reason;
		}
	}
	if (!pkt->skb && !hgro_append_page(hgro, flow, pkt->frame))
		return HGRO_NOMEM;

	if (len == flow->mss) {
		/* The second packet has shown that ids stay. */
		if (flow->fixed_id && flow->count == 1)
			hgro_predict(hgro, flow);
		if (unlikely(!list_empty(&flow->waiting)))
			hgro_gap_closes(hgro, flow);
		hgro_joined(hgro, flow, flags);
		return HGRO_OK;
	}
	flow->count++;
	flow->bytes += len;
	flow->flags = flags;
	hgro->stats.held++;
	hgro_end(hgro, flow, flags ? hgro_last_reason(flags) : HGRO_SHORT);
	return HGRO_OK;
}

static void hgro_receive_any(struct hgro *hgro, struct hgro_packet *pkt)
{
	struct hgro_flow *flow = NULL;
	enum hgro_reason reason, why;
	struct hdr_stack stack;

	reason = hgro_judge_layers(hgro, pkt, &stack);
	if (!reason) {
		flow = hgro_same_flow(hgro, pkt, &stack);
		reason = hgro_judge_packet(hgro, pkt, &stack);
	}
	if (flow) {
		if (unlikely(READ_ONCE(hgro->reorder_ns)) && !reason &&
		    hgro_wait(hgro, flow, pkt, &stack))
			return;
		why = reason ?: hgro_judge_join(hgro, flow, pkt, &stack);
		if (!why) {
			why = hgro_join(hgro, flow, pkt);
			if (!why)
				return;
		}
		hgro_end(hgro, flow, why);
	}
	reason = reason ?: hgro_ends_at_once(pkt, &stack);
	if (!reason && hgro_start(hgro, pkt, &stack, &reason))
		return;
	hgro_pass(hgro, pkt, reason);
}

static noinline void hgro_receive_slow(struct hgro *hgro,
				       struct hgro_packet *pkt)
{
	hgro_receive_any(hgro, pkt);
	if (unlikely(!list_empty(&hgro->turn)))
		hgro_take_turns(hgro);
}

static noinline void hgro_receive_page_slow(struct hgro *hgro,
					    const struct hgro_frame *frame,
					    const u8 *data, u32 hash)
{
	struct hgro_packet pkt;

	pkt.data = data;
	pkt.readable = frame->len;
	pkt.len = frame->len;
	pkt.hash = hash;
	pkt.vlan_all = frame->vlan_all;
	pkt.csum = frame->csum;
	pkt.ip_summed = frame->ip_summed;
	pkt.csum_level = frame->csum_level;
	pkt.skb = NULL;
	pkt.frame = frame;
	hgro_receive_slow(hgro, &pkt);
}

/**
 * hgro_receive_frags() - take a received frame that is in a page
 * @hgro: the context
 * @frame: the frame, on the driver's stack; the engine takes its reference to
 *	the page, whatever becomes of the frame
 *
 * A frame that joins a flow costs no allocation, but for one carrier in every
 * MAX_SKB_FRAGS.
 *
 * Context: the NAPI's poll.
 */
void hgro_receive_frags(struct hgro *hgro, const struct hgro_frame *frame)
{
	const u8 *data = page_address(frame->page) + frame->offset;
	struct hgro_flow *flow;
	u32 hash = frame->hash;
	bool known;

	if (unlikely(!hash))
		hash = hgro_hash(hgro, data, frame->len);
	flow = hgro_expected(hgro, data, U32_MAX, frame->len, hash,
			     frame->vlan_all, &known);
	/* What has to be summed is summed where reasons are found, too. */
	if (likely(flow && frame->ip_summed == CHECKSUM_UNNECESSARY &&
		   frame->csum_level >= flow->levels && flow->pages &&
		   !hgro_is_odd(flow, data)) &&
	    likely(hgro_append_page(hgro, flow, frame)))
		hgro_joined(hgro, flow, hgro_last_flags(flow, data));
	else if (known || !hash || !hgro_first_page(hgro, frame, data, hash))
		hgro_receive_page_slow(hgro, frame, data, hash);
}
EXPORT_SYMBOL_GPL(hgro_receive_frags);

/* Its hash, made from its headers when the device has made none. */
static u32 hgro_skb_hash(const struct hgro *hgro, struct sk_buff *skb)
{
	u32 hash = skb_get_hash_raw(skb);

	if (likely(hash))
		return hash;
	hash = hgro_hash(hgro, skb_mac_header(skb),
			 skb_headlen(skb) + ETH_HLEN);
	if (hash || !skb_is_nonlinear(skb) || skb_shared(skb))
		return hash;
	/* Headers that go on in frags. */
	if (!pskb_may_pull(skb, min_t(unsigned int, skb->len,
				      HDR_MAX_LEN - ETH_HLEN)))
		return 0;
	return hgro_hash(hgro, skb_mac_header(skb),
			 skb_headlen(skb) + ETH_HLEN);
}

/* Nothing beside the packet that would have to be compared. */
static __always_inline bool hgro_skb_plain(const struct hgro_flow *flow,
					   struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	return !(skb->slow_gro | skb->cloned | shinfo->meta_len |
		 shinfo->gso_size) && !shinfo->frag_list &&
	       !skb->destructor && !skb_zcopy(skb) && !skb_is_decrypted(skb) &&
	       skb_frags_readable(skb) &&
	       refcount_read(&skb->users) == 1 && skb->dev == flow->head->dev &&
	       skb->pp_recycle == flow->head->pp_recycle;
}

static noinline void hgro_receive_skb_slow(struct hgro *hgro,
					   struct sk_buff *skb, u32 hash)
{
	struct hgro_packet pkt;

	pkt.data = skb_mac_header(skb);
	pkt.readable = skb_headlen(skb) + ETH_HLEN;
	pkt.len = skb->len + ETH_HLEN;
	pkt.hash = hash;
	pkt.vlan_all = hgro_vlan_all(skb);
	pkt.csum = skb->csum;
	pkt.ip_summed = skb->ip_summed;
	pkt.csum_level = skb->csum_level;
	pkt.skb = skb;
	pkt.frame = NULL;
	hgro_receive_slow(hgro, &pkt);
}

/**
 * hgro_receive_skb() - take a received packet that is in an sk_buff
 * @hgro: the context
 * @skb: as napi_gro_receive() takes it: the protocol set by eth_type_trans(),
 *	skb->data behind the Ethernet header; the engine's afterwards
 *
 * Context: the NAPI's poll.
 */
void hgro_receive_skb(struct hgro *hgro, struct sk_buff *skb)
{
	struct hgro_flow *flow;
	const u8 *data;
	bool known;
	u32 hash;
	u8 flags;

	skb_mark_napi_id(skb, hgro->napi);
	hash = hgro_skb_hash(hgro, skb);
	data = skb_mac_header(skb);
	flow = hgro_expected(hgro, data, skb_headlen(skb) + ETH_HLEN,
			     skb->len + ETH_HLEN, hash, hgro_vlan_all(skb),
			     &known);
	if (likely(flow && skb->ip_summed == CHECKSUM_UNNECESSARY &&
		   flow->plain && skb->csum_level >= flow->levels &&
		   hgro_skb_plain(flow, skb) && !hgro_is_odd(flow, data))) {
		flags = hgro_last_flags(flow, data);
		if (likely(!hgro_append_skb(hgro, flow, skb))) {
			hgro_joined(hgro, flow, flags);
			return;
		}
	}
	if (known || !hash || !hgro_first_skb(hgro, skb, hash))
		hgro_receive_skb_slow(hgro, skb, hash);
}
EXPORT_SYMBOL_GPL(hgro_receive_skb);
