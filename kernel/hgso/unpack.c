// SPDX-License-Identifier: GPL-2.0
/*
 * From a super-packet to its segments: what may be unpacked, and how.
 */
#include <kunit/visibility.h>
#include <linux/bottom_half.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/unaligned.h>
#include <net/tcp.h>

#include "unpack.h"

/* A segment's own headroom is the super-packet's, but for a very long one. */
#define UNPACK_HEADROOM_MAX	512
#define UNPACK_HEADROOM		256

static const char * const
unpack_reason_names[HGSO_UNPACK_NR_REASONS - HGSO_NR_REASONS] = {
	[HGSO_UNPACK_WHOLE - HGSO_NR_REASONS] = "whole",
	[HGSO_UNPACK_PARTIAL - HGSO_NR_REASONS] = "partial",
	[HGSO_UNPACK_CONTEXT - HGSO_NR_REASONS] = "context",
	[HGSO_UNPACK_CSUM - HGSO_NR_REASONS] = "csum",
	[HGSO_UNPACK_OWNER - HGSO_NR_REASONS] = "owner",
	[HGSO_UNPACK_ZEROCOPY - HGSO_NR_REASONS] = "zerocopy",
	[HGSO_UNPACK_RESERVE - HGSO_NR_REASONS] = "reserve",
	[HGSO_UNPACK_LENGTH - HGSO_NR_REASONS] = "long",
	[HGSO_UNPACK_NOMEM - HGSO_NR_REASONS] = "segment_nomem",
};

/**
 * hgso_unpack_reason_name() - a reason's name, for counters and messages
 * @reason: &enum hgso_reason or &enum hgso_unpack_reason
 *
 * Context: any.
 * Return: a constant string of lower-case letters and underscores.
 */
const char *hgso_unpack_reason_name(unsigned int reason)
{
	if (reason < HGSO_NR_REASONS)
		return hgso_reason_name(reason);
	if (reason >= HGSO_UNPACK_NR_REASONS)
		return "unknown";
	return unpack_reason_names[reason - HGSO_NR_REASONS];
}
EXPORT_SYMBOL_GPL(hgso_unpack_reason_name);

/* What can be told without a look at the headers. */
static __always_inline unsigned int unpack_allowed(struct sk_buff *skb,
						   netdev_features_t features)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	/*
	 * The stack has more to say on those: it verifies, or makes smaller
	 * super-packets of one whose frag_list only is too much. A bridge has
	 * NETIF_F_GSO_PARTIAL as well, and takes them whole all the same.
	 */
	if (unlikely(net_gso_ok(features | NETIF_F_GSO_ROBUST,
				shinfo->gso_type)))
		return HGSO_UNPACK_WHOLE;
	if (unlikely(features & NETIF_F_GSO_PARTIAL))
		return HGSO_UNPACK_PARTIAL;
	if (unlikely(skb->ip_summed != CHECKSUM_PARTIAL))
		return HGSO_UNPACK_CSUM;
	if (unlikely(skb_pfmemalloc(skb)))
		return HGSO_UNPACK_RESERVE;
	if (unlikely(in_hardirq() || irqs_disabled()))
		return HGSO_UNPACK_CONTEXT;
	if (unlikely(shinfo->flags & SKBFL_ZEROCOPY_ENABLE) &&
	    (!(shinfo->flags & SKBFL_DONT_ORPHAN) || shinfo->frag_list))
		return HGSO_UNPACK_ZEROCOPY;
	return HGSO_OK;
}

/* The IP version by which the stack looks up who makes checksums. */
static __be16 unpack_csum_proto(const struct sk_buff *skb,
				const struct hdr_stack *stack)
{
	unsigned int i = 1;

	/* In GRE and UDP tunnels, what is inside is segmented as its own. */
	if (stack->inner && !(skb_shinfo(skb)->gso_type &
			      (SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6)))
		i = stack->ip;
	while (stack->type[i] == HDR_VLAN)
		i++;
	return htons(stack->type[i] == HDR_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
}

/* Payload on the frag_list that no page frag can refer to, or shared pages. */
static noinline unsigned int unpack_look_at_list(struct unpack_job *job,
						 bool *shared)
{
	struct sk_buff *iter;

	skb_walk_frags(job->skb, iter) {
		if (skb_zcopy(iter))
			return HGSO_UNPACK_ZEROCOPY;
		if (skb_headlen(iter) && !iter->head_frag)
			job->copy = true;
		*shared |= skb_shinfo(iter)->flags & SKBFL_SHARED_FRAG;
	}
	return HGSO_OK;
}

/* Would the device finish the outer checksum, but not the inner one? */
static bool unpack_outer_csum(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & (SKB_GSO_GRE_CSUM |
					    SKB_GSO_UDP_TUNNEL_CSUM) &&
	       skb->dev->features & NETIF_F_CSUM_MASK;
}

/* Copied or not, summed or not. */
static __always_inline unsigned int unpack_mode(struct unpack_job *job,
						netdev_features_t features)
{
	const struct hdr_stack *stack = &job->plan.stack;
	struct sk_buff *skb = job->skb;
	unsigned int reason;
	bool shared;

	if (unlikely(stack->inner)) {
		if (!skb->dev)
			return HGSO_PROTOCOL;
		features &= skb->dev->hw_enc_features;
	}
	job->copy = !(features & NETIF_F_SG);
	job->csum = can_checksum_protocol(features,
					  unpack_csum_proto(skb, stack));
	if (unlikely(stack->inner) && !job->csum && unpack_outer_csum(skb))
		return HGSO_UNPACK_CSUM;

	shared = skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	if (unlikely(skb_has_frag_list(skb))) {
		reason = unpack_look_at_list(job, &shared);
		if (reason)
			return reason;
	}
	/* What others may write to is summed as it was sent. */
	job->tell = false;
	if (unlikely(shared && !job->csum)) {
		job->tell = features & NETIF_F_SG && skb_zcopy(skb);
		job->copy = true;
	}
	job->shared = shared && !job->copy;
	return HGSO_OK;
}

/* The longest head that a segment needs. */
static __always_inline unsigned int unpack_rooms(struct unpack_job *job)
{
	unsigned int headlen = skb_headlen(job->skb), room = 0;

	/* And the place of what is cut out of the headers. */
	job->headroom = skb_headroom(job->skb) + job->plan.payload_off -
			job->plan.stack.len;
	/* Aligned as it was. */
	if (unlikely(job->headroom > UNPACK_HEADROOM_MAX))
		job->headroom = UNPACK_HEADROOM +
				job->headroom % SMP_CACHE_BYTES;
	job->linear = 0;
	if (unlikely(headlen > job->plan.payload_off))
		job->linear = headlen - job->plan.payload_off;
	if (unlikely(job->copy || job->linear))
		room = job->copy ? job->super.mss + UNPACK_TAILROOM :
		       min(job->linear, job->super.mss);
	room += job->headroom + job->plan.stack.len;
	if (unlikely(SKB_DATA_ALIGN(room) + UNPACK_OVERHEAD > UNPACK_AREA_MAX))
		return HGSO_UNPACK_LENGTH;
	return HGSO_OK;
}

/* The one segment with the octet that the sender waits for, or none. */
static noinline void unpack_tstamp(const struct unpack_job *job,
				   struct sk_buff *segs)
{
	const struct skb_shared_info *shinfo = skb_shinfo(job->skb);
	const struct hdr_stack *stack = &job->plan.stack;
	unsigned int l4 = stack->start[stack->layers - 1];
	struct sk_buff *seg = segs;
	u32 seq;

	if (stack->type[stack->layers - 1] == HDR_TCP) {
		seq = get_unaligned_be32(segs->data + l4 +
					 offsetof(struct tcphdr, seq));
		do {
			seq += job->super.mss;
			if (before(shinfo->tskey, seq))
				break;
			seg = seg->next;
		} while (seg);
	}
	if (!seg)
		return;
	skb_shinfo(seg)->tx_flags |= shinfo->tx_flags & SKBTX_ANY_TSTAMP;
	skb_shinfo(seg)->tskey = shinfo->tskey;
}

/*
 * As the stack does it: who sends without copying learns that pages of theirs
 * were copied.
 */
static noinline void unpack_tell_sender(const struct unpack_job *job)
{
	struct ubuf_info *uarg = skb_zcopy(job->skb);

	net_zcopy_get(uarg);
	uarg->ops->complete(job->skb, uarg, false);
}

static __always_inline struct sk_buff *unpack_do(struct unpack_job *job)
{
	const struct hdr_stack *stack = &job->plan.stack;
	bool udp = stack->type[stack->layers - 1] == HDR_UDP;
	struct sk_buff *skb = job->skb, *segs;

	local_bh_disable();
	segs = unpack_build(job);
	local_bh_enable();
	if (unlikely(!segs))
		return NULL;

	if (unlikely(skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP) ||
	    unlikely(udp))
		unpack_tstamp(job, segs);
	if (unlikely(job->tell && job->linear < job->plan.payload))
		unpack_tell_sender(job);
	segs->ooo_okay = skb->ooo_okay;
	unpack_own(job, segs, segs->prev);
	return segs;
}

/* Headers that are not all in the head. Not inlined, for the buffer's sake. */
static noinline struct sk_buff *unpack_split(struct unpack_job *job)
{
	u8 hdrs[HDR_MAX_LEN + 1] __aligned(8);

	/* They were parsed out of there. */
	if (WARN_ON_ONCE(skb_copy_bits(job->skb, 0, hdrs,
				       job->plan.payload_off)))
		return NULL;
	hgso_cut_headers(&job->plan, hdrs);
	hgso_super(job->skb, hdrs, &job->plan, &job->super);
	return unpack_do(job);
}

/**
 * hgso_unpack() - take a super-packet apart into ordinary skbs
 * @skb: the super-packet, skb->data at the link-layer header, or at the IP
 *	header of a packet that has none, and skb_mac_header() there too; it
 *	stays the caller's, who frees it
 * @features: what the device of the segments does, NETIF_F_GSO_PARTIAL among
 *	them where skb_gso_segment() would keep it
 * @segs: set to the segments, chained by next, the last one in the first one's
 *	prev, when there are any
 *
 * The segments are those of skb_gso_segment(), octet for octet, and so is all
 * that drivers and qdiscs read in them; with NETIF_F_SG they refer to the
 * super-packet's pages, without it they are copies, and checksums that the
 * device does not do are finished. Their headroom is the super-packet's, but for one
 * of more than 512 octets. A socket that segments have to account for is
 * handed over to them.
 *
 * Context: any but hard interrupt and disabled interrupts; does not sleep.
 * Return: HGSO_OK; or &enum hgso_reason or &enum hgso_unpack_reason, then the
 *	super-packet is as it was, for skb_gso_segment().
 */
unsigned int hgso_unpack(struct sk_buff *skb, netdev_features_t features,
			 struct sk_buff **segs)
{
	static const struct hgso_limits limits = {
		.max_descs = U32_MAX,
		.max_hdrs = U32_MAX,
		.max_frame_descs = MAX_SKB_FRAGS + 1,
	};
	struct unpack_job job __uninitialized;
	unsigned int reason;

	reason = unpack_allowed(skb, features);
	if (unlikely(reason))
		return reason;
	reason = hgso_check(skb, &limits, 0, &job.plan);
	if (unlikely(reason))
		return reason;
	job.skb = skb;
	job.super.mss = skb_shinfo(skb)->gso_size;
	reason = unpack_mode(&job, features) ?: unpack_rooms(&job);
	if (unlikely(reason))
		return reason;
	job.owner = unpack_owner(skb);
	if (unlikely(job.owner == UNPACK_UNKNOWN))
		return HGSO_UNPACK_OWNER;

	if (likely(skb_headlen(skb) >= job.plan.payload_off &&
		   !job.plan.cut)) {
		hgso_super(skb, skb->data, &job.plan, &job.super);
		*segs = unpack_do(&job);
	} else {
		*segs = unpack_split(&job);
	}
	return likely(*segs) ? HGSO_OK : HGSO_UNPACK_NOMEM;
}
EXPORT_SYMBOL_GPL(hgso_unpack);

static void __exit hgso_exit(void)
{
	unpack_area_exit();
}
module_exit(hgso_exit);
