// SPDX-License-Identifier: GPL-2.0
/*
 * From a super-packet to the headers of all its frames.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/scatterlist.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "check.h"
#include "trace.h"

/* Has the stack not made the partial sum, it is made here, for the copies. */
static noinline __sum16 hgso_make_pseudo(const u8 *hdrs,
					 const struct hgso_plan *plan)
{
	const struct hdr_stack *stack = &plan->stack;
	unsigned int l4 = stack->start[stack->layers - 1];
	const u8 *l3h = hdrs + stack->start[stack->ip];
	unsigned int len = stack->len - l4 + plan->payload;
	const struct iphdr *iph;

	if (stack->type[stack->ip] == HDR_IPV6) {
		const struct ipv6hdr *ip6h = (const void *)l3h;

		return ~tcp_v6_check(len, &ip6h->saddr, &ip6h->daddr, 0);
	}

	iph = (const void *)l3h;
	return ~tcp_v4_check(len, iph->saddr, iph->daddr, 0);
}

static __always_inline __sum16 hgso_pseudo(const struct sk_buff *skb,
					   const u8 *hdrs,
					   const struct hgso_plan *plan)
{
	const struct hdr_stack *stack = &plan->stack;

	if (unlikely(skb->ip_summed != CHECKSUM_PARTIAL))
		return hgso_make_pseudo(hdrs, plan);
	return get_unaligned((const __sum16 *)(hdrs +
					       stack->start[stack->layers - 1] +
					       hdr_check_off(stack)));
}

static __always_inline void __hgso_super(const struct sk_buff *skb,
					 const u8 *hdrs,
					 const struct hgso_plan *plan,
					 struct hdr_super *super)
{
	u32 type = skb_shinfo(skb)->gso_type;

	super->headers = hdrs;
	super->stack = &plan->stack;
	super->table = &hdr_table;
	super->payload = plan->payload;
	super->mss = skb_shinfo(skb)->gso_size;
	super->pseudo = hgso_pseudo(skb, hdrs, plan);
	super->fixed_id = type & SKB_GSO_TCP_FIXEDID;
	super->partial = type & SKB_GSO_PARTIAL;
}

/**
 * hgso_super() - what the checks found, in the rules' own terms
 * @skb: the super-packet
 * @hdrs: its headers, linear, without a layer that frames do not have
 * @plan: from hgso_check()
 * @super: filled in
 *
 * Context: any.
 */
void hgso_super(const struct sk_buff *skb, const u8 *hdrs,
		const struct hgso_plan *plan, struct hdr_super *super)
{
	__hgso_super(skb, hdrs, plan, super);
}
EXPORT_SYMBOL_IF_KUNIT(hgso_super);

/**
 * hgso_cut_headers() - take out what frames do not have
 * @plan: from hgso_check()
 * @hdrs: the super-packet's headers, a copy of them
 *
 * That is BIG TCP's hop-by-hop header, behind IPv6's own, if there is one.
 *
 * Context: any.
 */
void hgso_cut_headers(const struct hgso_plan *plan, u8 *hdrs)
{
	unsigned int at = plan->stack.start[plan->cut];
	unsigned int cut = plan->payload_off - plan->stack.len;
	u8 *ip6h;

	if (!plan->cut)
		return;
	ip6h = hdrs + plan->stack.start[plan->cut - 1];
	ip6h[offsetof(struct ipv6hdr, nexthdr)] = hdrs[at];
	memmove(hdrs + at, hdrs + at + cut, plan->stack.len - at);
}

static __always_inline void hgso_write(const struct sk_buff *skb,
				       const u8 *hdrs,
				       const struct hgso_plan *plan,
				       const struct hgso_pkt *pkt)
{
	/* All of it is set: what the compiler would zero, it would in vain. */
	struct hdr_super super __uninitialized;

	__hgso_super(skb, hdrs, plan, &super);
	hdr_write_all(&super, pkt->frames, pkt->stride, pkt->hdrs);
}

/* Not inlined, for the buffer's sake. */
static noinline void hgso_write_cut(const struct sk_buff *skb,
				    const struct hgso_plan *plan,
				    const struct hgso_pkt *pkt)
{
	u8 hdrs[HDR_MAX_LEN + 1] __aligned(8);

	memcpy(hdrs, skb->data, plan->payload_off);
	hgso_cut_headers(plan, hdrs);
	hgso_write(skb, hdrs, plan, pkt);
}

/*
 * For devices that do not sum. Payload is read once, and each frame's sum is
 * folded into its own header. A tunnel's checksum is right already: it was made
 * for an L4 header that sums to what this makes it.
 */
static noinline void hgso_finish_csum(const struct sk_buff *skb,
				      const struct hgso_pkt *pkt)
{
	unsigned int l4_len = pkt->hdr_len - pkt->l4_off;
	bool udp = pkt->csum_offset == offsetof(struct udphdr, check);
	u8 *l4h = pkt->hdrs + pkt->l4_off;
	__sum16 check;
	u32 at, len;
	__wsum sum;

	for (at = 0; at < pkt->payload; at += len, l4h += pkt->stride) {
		len = min(pkt->mss, pkt->payload - at);
		sum = skb_checksum(skb, pkt->payload_off + at, len,
				   csum_partial(l4h, l4_len, 0));
		check = csum_fold(sum);
		/* To UDP, 0 says that there is none. */
		if (!check && udp)
			check = CSUM_MANGLED_0;
		put_unaligned(check, (__sum16 *)(l4h + pkt->csum_offset));
	}
}

static const struct hgso_sink *hgso_choose_sink(const struct hgso_txq *txq,
						unsigned int hdrs_len)
{
	if (likely(hdrs_len <= txq->sink->max_len) || !txq->large)
		return txq->sink;
	return txq->large;
}

static struct hgso_pkt *hgso_reserve(const struct hgso_txq *txq,
				     const struct hgso_sink *sink,
				     struct sk_buff *skb,
				     const struct hgso_plan *plan,
				     unsigned int stride)
{
	/* There is an empty piece behind the last. */
	unsigned int state_len = struct_size_t(struct hgso_pkt, piece,
					       plan->pieces + 1);
	unsigned int hdrs_len = plan->frames * stride;
	unsigned int range_off = 0;
	struct hgso_pkt *pkt;
	u8 *hdrs;

	/* The usual one without an indirect call. */
	if (likely(sink->reserve == hgso_headroom_reserve)) {
		if (txq->range) {
			range_off = state_len;
			state_len += plan->pieces * sizeof(struct scatterlist);
		}
		pkt = hgso_headroom_take(skb, state_len, hdrs_len, &hdrs);
	} else {
		pkt = sink->reserve(sink, skb, state_len, hdrs_len, &hdrs);
	}
	if (unlikely(!pkt))
		return NULL;

	pkt->range_off = range_off;
	pkt->sink = sink;
	pkt->hdrs = hdrs;
	pkt->stride = stride;
	*(struct hgso_pkt **)(skb->cb + HGSO_CB_OFFSET) = pkt;
	return pkt;
}

static __always_inline enum hgso_reason
hgso_do_prepare(struct hgso_txq *txq, struct sk_buff *skb,
		struct hgso_plan *plan)
{
	const struct hdr_stack *stack = &plan->stack;
	enum hgso_reason reason;
	struct hgso_pkt *pkt;
	unsigned int stride;
	u8 *head;

	if (unlikely(skb_shared(skb)))
		return HGSO_SHARED;
	reason = hgso_check_inline(skb, &txq->limits, 0, plan);
	if (likely(!reason) && unlikely(txq->finish_csum))
		reason = hgso_check_stable(skb);
	if (unlikely(reason))
		return reason;
	head = skb->head;
	if (unlikely(!pskb_may_pull(skb, plan->payload_off)))
		return HGSO_NOMEM;
	/* Compared after each step: the next one may get the old head again. */
	plan->expanded = skb->head != head;
	head = skb->head;

	stride = ALIGN(stack->len, 8);
	pkt = hgso_reserve(txq, hgso_choose_sink(txq, plan->frames * stride),
			   skb, plan, stride);
	if (unlikely(!pkt))
		return HGSO_NOMEM;
	plan->expanded |= skb->head != head;

	pkt->frames = plan->frames;
	pkt->descs = plan->descs;
	pkt->mss = skb_shinfo(skb)->gso_size;
	pkt->payload = plan->payload;
	pkt->payload_off = plan->payload_off;
	pkt->hdr_len = stack->len;
	pkt->l3_off = stack->start[stack->ip];
	pkt->l4_off = stack->start[stack->layers - 1];
	pkt->csum_offset = hdr_check_off(stack);

	if (likely(!plan->cut))
		hgso_write(skb, skb->data, plan, pkt);
	else
		hgso_write_cut(skb, plan, pkt);
	if (unlikely(txq->finish_csum))
		hgso_finish_csum(skb, pkt);
	return HGSO_OK;
}

/**
 * hgso_prepare() - write the headers of all frames of a super-packet
 * @txq: the queue's state
 * @skb: a super-packet, skb->data at the MAC header, the caller its only owner
 *
 * Checks the packet again (features may have changed since the stack did),
 * makes its header private when somebody else holds it (a tap, a mirror, a
 * bridge flood), makes room and writes. What is declined is counted here, by
 * reason, and not touched, but that headers in page frags may have been pulled
 * before -ENOMEM. May be called again for a packet that was prepared and
 * requeued, and must be if anybody may have cloned it meanwhile.
 *
 * Context: ndo_start_xmit, under the queue's xmit lock. Does not sleep.
 * Return: how many slices hgso_next() will give, 4 to @txq->max_descs.
 *	-EOPNOTSUPP: the engine does not do this one, skb_gso_segment() does.
 *	-EBUSY: the skb has other owners; did the driver clear
 *	IFF_TX_SKB_SHARING? It is for skb_share_check() before anything else.
 *	-ENOMEM: the head could not be expanded, or the header ring is full;
 *	skb_gso_segment() asks for smaller pieces. -EINVAL: malformed, to be dropped.
 *	The caller owns the skb in all cases.
 */
int hgso_prepare(struct hgso_txq *txq, struct sk_buff *skb)
{
	/* Filled in by the check, and read only when that succeeds. */
	struct hgso_plan plan __uninitialized;
	enum hgso_reason reason;

	reason = hgso_do_prepare(txq, skb, &plan);

	u64_stats_update_begin(&txq->tx_sync);
	if (likely(reason == HGSO_OK)) {
		txq->tx_stats.prepared++;
		txq->tx_stats.expanded += plan.expanded;
	} else {
		txq->tx_stats.reason[reason]++;
	}
	u64_stats_update_end(&txq->tx_sync);

	if (likely(reason == HGSO_OK))
		trace_hgso_prepare(skb, hgso_pkt(skb), plan.expanded);
	else
		trace_hgso_decline(skb, reason);
	return reason == HGSO_OK ? (int)plan.descs : hgso_reason_errno(reason);
}
EXPORT_SYMBOL_GPL(hgso_prepare);

/**
 * hgso_walk_segments() - the frames of a super-packet, one after the other
 * @skb: a super-packet, skb->data at the MAC header; it stays the caller's
 * @fn: called for each segment in order, with its headers
 * @arg: for @fn
 *
 * For a caller that stores nothing: no room is made, and the skb is not written
 * to, so that it may be shared and cloned. As in hgso_prepare(), a partial L4
 * checksum is left to be finished.
 *
 * Context: any; @fn decides whether it may sleep.
 * Return: 0; what @fn returned to end; -EOPNOTSUPP and -EINVAL as
 *	hgso_prepare(), then @fn was not called.
 */
int hgso_walk_segments(const struct sk_buff *skb, hgso_segment_fn fn,
		       void *arg)
{
	static const struct hgso_limits none = {
		.max_descs = U32_MAX,
		.max_hdrs = U32_MAX,
	};
	u64 from[DIV_ROUND_UP(HDR_MAX_LEN, sizeof(u64))];
	u64 hdr[ARRAY_SIZE(from)];
	struct hdr_segment at = { };
	struct hgso_segment seg;
	enum hgso_reason reason;
	struct hdr_super super;
	struct hgso_plan plan;
	int err = 0;

	reason = hgso_check(skb, &none, 0, &plan);
	if (reason)
		return hgso_reason_errno(reason);
	if (skb_copy_bits(skb, 0, from, plan.payload_off))
		return -EINVAL;
	hgso_cut_headers(&plan, (u8 *)from);

	hgso_super(skb, (const u8 *)from, &plan, &super);
	seg.hdr = (const u8 *)hdr;
	seg.hdr_len = plan.stack.len;
	seg.l4_off = plan.stack.start[plan.stack.layers - 1];
	seg.csum_offset = hdr_check_off(&plan.stack);

	for (; !at.last && !err; at.index++, at.payload += super.mss) {
		at.last = at.index == plan.frames - 1;
		at.len = at.last ? plan.payload - at.payload : super.mss;
		hdr_write(&super, &at, (u8 *)hdr);
		seg.offset = plan.payload_off + at.payload;
		seg.len = at.len;
		seg.index = at.index;
		seg.last = at.last;
		err = fn(skb, &seg, arg);
	}
	return err;
}
EXPORT_SYMBOL_GPL(hgso_walk_segments);
