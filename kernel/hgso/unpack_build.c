// SPDX-License-Identifier: GPL-2.0
/*
 * The segments themselves. This runs once a segment, so every instruction
 * counts: sk_buffs are allocated by the dozen, each but the first is a copy of
 * the one before it with what counts moved on.
 */
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/hotdata.h>

#include "../hdr/next.h"
#include "unpack_run.h"

/* The next @len octets of payload as frags. Returns how many. */
static __always_inline unsigned int unpack_frags(struct unpack_cursor *cur,
						 struct skb_shared_info *shinfo,
						 u32 len)
{
	if (unlikely(len > cur->left || !len))
		return unpack_frags_more(cur, shinfo, len);
	skb_frag_fill_page_desc(&shinfo->frags[0], cur->page, cur->off, len);
	cur->refs++;
	cur->off += len;
	cur->left -= len;
	return 1;
}

/* The next @len octets of payload become @skb's frags. */
static __always_inline void unpack_take(struct unpack_cursor *cur,
					struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	skb->len += len;
	skb->data_len = len;
	skb->truesize += len;
	shinfo->nr_frags = unpack_frags(cur, shinfo, len);
}

/**
 * unpack_more_refs() - what a copy of the first segment holds as well
 * @skb: the copy
 * @first: the first segment
 *
 * Context: any.
 */
void unpack_more_refs(struct sk_buff *skb, const struct sk_buff *first)
{
	skb_dst_copy(skb, first);
	__skb_ext_copy(skb, first);
	__nf_copy(skb, first, false);
}

/* The sk_buff of a segment that is not the first. */
static __always_inline void unpack_copy(struct sk_buff *skb,
					const struct sk_buff *first,
					unsigned int headroom, u8 *head,
					unsigned int len)
{
	struct skb_shared_info *shinfo;

	*skb = *first;
	skb->next = NULL;
	skb->prev = NULL;
	skb->head = head;
	skb->data = head + headroom;
	skb->len = 0;
	skb->data_len = 0;
	skb_reset_tail_pointer(skb);
	skb_set_end_offset(skb, len - UNPACK_OVERHEAD);
	skb->truesize = SKB_TRUESIZE(len - UNPACK_OVERHEAD);
	shinfo = skb_shinfo(skb);
	memset(shinfo, 0, offsetof(struct skb_shared_info, dataref));
	atomic_set(&shinfo->dataref, 1);
	if (unlikely(unpack_has_refs(first)))
		unpack_more_refs(skb, first);
}

/**
 * unpack_more_skbs() - allocate sk_buffs by the dozen
 * @run: none of those before are left
 *
 * Context: bottom halves off.
 * Return: false without memory.
 */
bool unpack_more_skbs(struct unpack_run *run)
{
	unsigned int want = min(run->job->plan.frames - run->made,
				(u32)UNPACK_BULK);

	if (!unpack_fault())
		run->pool = kmem_cache_alloc_bulk(net_hotdata.skbuff_cache,
						  GFP_ATOMIC | __GFP_NOWARN,
						  want, run->skbs);
	return run->pool;
}

/* A segment with room for headers and @room octets in its head. */
static __always_inline struct sk_buff *unpack_skb(struct unpack_run *run,
						  unsigned int room)
{
	const struct unpack_job *job = run->job;
	unsigned int len;
	struct sk_buff *skb;
	u8 *head;

	if (unlikely(!run->pool) && !unpack_more_skbs(run))
		return NULL;
	len = SKB_DATA_ALIGN(job->headroom + job->plan.stack.len + room) +
	      UNPACK_OVERHEAD;
	head = unpack_area_get(run->area, len);
	if (unlikely(!head))
		return NULL;

	skb = run->skbs[--run->pool];
	if (likely(run->segs)) {
		unpack_copy(skb, run->segs, job->headroom, head, len);
		run->tail->next = skb;
	} else {
		run->segs = unpack_template(job, skb, head, len);
	}
	run->tail = skb;
	return skb;
}

/* The L4 checksum field in headers. */
static __sum16 *unpack_check(const struct unpack_job *job, u8 *hdrs)
{
	const struct hdr_stack *stack = &job->plan.stack;

	return (__sum16 *)(hdrs + stack->start[stack->layers - 1] +
			   hdr_check_off(stack));
}

/*
 * The headers of the next segment. The first brings the last with it; the
 * second differs from the first in more than counts when that has a mark that
 * it does not hand down.
 */
static __always_inline void unpack_headers(struct unpack_run *run, u8 *out)
{
	struct unpack_job *job = run->job;
	unsigned int len = job->plan.stack.len;
	const struct hdr_counters *c = &job->counters;
	struct hdr_segment seg;
	struct hdr_at at;

	if (unlikely(run->made == job->plan.frames - 1)) {
		memcpy(out, run->last_hdr, len);
	} else if (likely(run->made > 1) ||
		   (run->made && !(c->first_arg & run->hdr[c->first_off]))) {
		hdr_at(&at, run->hdr, len, c);
		hdr_next(&at, out, job->super.mss, c);
		/* The one before is finished already. */
		if (unlikely(!job->csum))
			put_unaligned(run->pseudo, unpack_check(job, out));
	} else {
		/* All of it is set. */
		seg.index = run->made;
		seg.payload = run->done;
		seg.len = job->super.mss;
		seg.last = false;
		hdr_write(&job->super, &seg, out);
	}
	run->hdr = out;
}

static noinline void unpack_first_headers(struct unpack_run *run, u8 *out)
{
	struct unpack_job *job = run->job;
	u32 before = (job->plan.frames - 1) * job->super.mss;
	struct hdr_segment segs[2] = {
		{ .len = job->super.mss },
		{ .payload = before, .len = job->plan.payload - before,
		  .index = job->plan.frames - 1, .last = true },
	};

	hdr_write_two(&job->super, segs, out, run->last_hdr, &job->counters);
	run->hdr = out;
}

static __wsum unpack_copy_payload(const struct unpack_run *run,
				  struct sk_buff *skb, u32 len)
{
	const struct unpack_job *job = run->job;
	unsigned int at = job->plan.payload_off + run->done;
	u8 *to = skb_put(skb, len);

	if (!job->csum)
		return skb_copy_and_csum_bits(job->skb, at, to, len);
	/* The lengths agree, so it cannot fail. */
	WARN_ON_ONCE(skb_copy_bits(job->skb, at, to, len));
	return 0;
}

/* What the device does not do: @sum is of the payload. */
static noinline void unpack_finish_csum(struct unpack_run *run,
					struct sk_buff *skb, __wsum sum)
{
	const struct hdr_stack *stack = &run->job->plan.stack;
	__sum16 *field = unpack_check(run->job, skb->data), check;
	unsigned int l4 = stack->start[stack->layers - 1];

	run->pseudo = get_unaligned(field);

	check = csum_fold(csum_partial(skb->data + l4, stack->len - l4, sum));
	/* To UDP, 0 says that there is none. */
	if (!check && stack->type[stack->layers - 1] == HDR_UDP)
		check = CSUM_MANGLED_0;
	put_unaligned(check, field);
}

/* Payload that was in the super-packet's head is copied into the segment's. */
static noinline u32 unpack_take_linear(const struct unpack_run *run,
				       struct sk_buff *skb, u32 len)
{
	const struct unpack_job *job = run->job;
	u32 part = min(len, job->linear - run->done);

	skb_put_data(skb, job->skb->data + job->plan.payload_off + run->done,
		     part);
	return part;
}

static __always_inline unsigned int unpack_room(const struct unpack_run *run,
						u32 len)
{
	const struct unpack_job *job = run->job;

	if (unlikely(job->copy))
		return len + UNPACK_TAILROOM;
	if (unlikely(run->done < job->linear))
		return min(len, job->linear - run->done);
	return 0;
}

static noinline bool unpack_segment(struct unpack_run *run)
{
	struct unpack_job *job = run->job;
	u32 len = min(job->super.mss, job->plan.payload - run->done);
	struct sk_buff *skb = unpack_skb(run, unpack_room(run, len));
	u32 hdr_len = job->plan.stack.len, part = 0;
	__wsum sum = 0;

	if (unlikely(!skb))
		return false;
	__skb_put(skb, hdr_len);
	if (likely(run->made))
		unpack_headers(run, skb->data);
	else
		unpack_first_headers(run, skb->data);

	if (unlikely(job->copy)) {
		sum = unpack_copy_payload(run, skb, len);
	} else {
		if (unlikely(run->done < job->linear))
			part = unpack_take_linear(run, skb, len);
		unpack_take(&run->payload, skb, len - part);
		if (unlikely(job->shared))
			skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
		if (unlikely(!job->csum))
			sum = skb_checksum(skb, hdr_len, len, 0);
		if (unlikely(skb_zcopy(job->skb)))
			skb_zcopy_set(skb, skb_uarg(job->skb), NULL);
	}
	if (unlikely(!job->csum))
		unpack_finish_csum(run, skb, sum);
	run->done += len;
	run->made++;
	return true;
}

/* Are all segments but the last alike? */
static bool unpack_usual(const struct unpack_job *job)
{
	return !job->copy && job->csum && !job->linear && !skb_zcopy(job->skb);
}

/**
 * unpack_build() - make all segments
 * @job: the super-packet, which does not change; its counters are filled in
 *
 * Context: bottom halves off.
 * Return: the first segment, with the last one in its prev; NULL without
 *	memory: then there is none.
 */
struct sk_buff *unpack_build(struct unpack_job *job)
{
	struct unpack_run run __uninitialized;
	bool whole = true;

	run.job = job;
	run.area = this_cpu_ptr(&unpack_areas);
	run.segs = NULL;
	run.done = 0;
	run.made = 0;
	run.pool = 0;
	if (likely(!job->copy))
		unpack_cursor_init(&run.payload, job);
	else
		run.payload.refs = 0;
	while (whole && run.made < job->plan.frames) {
		whole = unpack_segment(&run);
		if (run.made == 2 && whole && likely(unpack_usual(job)))
			whole = unpack_middle(&run);
	}
	/* Of a segment that failed too, which has no frags. */
	unpack_flush_refs(&run.payload);

	if (likely(whole)) {
		run.segs->prev = run.tail;
		return run.segs;
	}
	if (run.pool)
		kmem_cache_free_bulk(net_hotdata.skbuff_cache, run.pool,
				     run.skbs);
	kfree_skb_list(run.segs);
	return NULL;
}
