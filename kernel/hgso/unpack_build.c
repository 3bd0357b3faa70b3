// SPDX-License-Identifier: GPL-2.0
/*
 * The segments themselves. This runs once a segment, so every instruction
 * counts: sk_buffs are allocated by the dozen, each but the first is a copy of
 * the one before it with what counts moved on, and references to a page are
 * taken at once for all segments that are in it.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/hotdata.h>

#include "../hdr/next.h"
#include "unpack.h"

#define UNPACK_BULK	32

/**
 * struct unpack_cursor - walks the payload in page frags
 * @skb: whose frags these are: the super-packet's or of its frag_list
 * @list: the next one on the frag_list
 * @page: the one that the payload goes on in
 * @off: where, octets
 * @left: octets of it from there
 * @refs: references to it that segments have and that are not taken yet
 * @frag: the next frag of @skb
 */
struct unpack_cursor {
	const struct sk_buff *skb;
	const struct sk_buff *list;
	struct page *page;
	u32 off;
	u32 left;
	u32 refs;
	u32 frag;
};

/**
 * struct unpack_run - building under way
 * @job: the super-packet
 * @area: this CPU's heads
 * @payload: where the payload in page frags goes on
 * @segs: the first segment
 * @tail: the last one so far
 * @hdr: its headers
 * @pseudo: the partial sum that was in them, when checksums are finished
 * @done: octets of payload that are in segments
 * @made: how many segments there are
 * @pool: how many of @skbs are not used yet
 * @skbs: allocated, uninitialised
 * @last_hdr: headers of the last segment, written with those of the first
 */
struct unpack_run {
	struct unpack_job *job;
	struct unpack_area *area;
	struct unpack_cursor payload;
	struct sk_buff *segs;
	struct sk_buff *tail;
	u8 *hdr;
	__sum16 pseudo;
	u32 done;
	u32 made;
	u32 pool;
	void *skbs[UNPACK_BULK];
	u8 last_hdr[HDR_MAX_LEN + 1] __aligned(8);
};

static void unpack_flush_refs(struct unpack_cursor *cur)
{
	if (cur->refs)
		folio_ref_add(page_folio(cur->page), cur->refs);
	cur->refs = 0;
}

/* To the next buffer, which there is, and which may be empty. */
static noinline void unpack_next_buffer(struct unpack_cursor *cur)
{
	const struct skb_shared_info *shinfo = skb_shinfo(cur->skb);
	const skb_frag_t *frag = &shinfo->frags[cur->frag];

	unpack_flush_refs(cur);
	if (likely(cur->frag < shinfo->nr_frags)) {
		cur->page = skb_frag_page(frag);
		cur->off = skb_frag_off(frag);
		cur->left = skb_frag_size(frag);
		cur->frag++;
		return;
	}

	/* Of these, heads are in pages too: unpack_must_copy(). */
	cur->skb = cur->list;
	cur->list = cur->skb->next;
	cur->frag = 0;
	cur->left = skb_headlen(cur->skb);
	if (cur->left) {
		cur->page = virt_to_head_page(cur->skb->head);
		cur->off = cur->skb->data - (u8 *)page_address(cur->page);
	}
}

static void unpack_cursor_init(struct unpack_cursor *cur,
			       const struct unpack_job *job)
{
	unsigned int headlen = skb_headlen(job->skb), skip = 0, part;

	cur->skb = job->skb;
	cur->list = skb_shinfo(job->skb)->frag_list;
	cur->left = 0;
	cur->refs = 0;
	cur->frag = 0;
	if (headlen < job->plan.payload_off)
		skip = job->plan.payload_off - headlen;
	for (; unlikely(skip); skip -= part) {
		if (!cur->left)
			unpack_next_buffer(cur);
		part = min(skip, cur->left);
		cur->off += part;
		cur->left -= part;
	}
}

/* Octets that are not all in the buffer in hand. */
static noinline unsigned int unpack_frags_more(struct unpack_cursor *cur,
					       struct skb_shared_info *shinfo,
					       u32 len)
{
	unsigned int i = 0;
	u32 part;

	while (len) {
		while (!cur->left)
			unpack_next_buffer(cur);
		part = min(len, cur->left);
		skb_frag_fill_page_desc(&shinfo->frags[i++], cur->page,
					cur->off, part);
		cur->refs++;
		cur->off += part;
		cur->left -= part;
		len -= part;
	}
	return i;
}

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

/* Those that unpack_template() does not set for all. */
static noinline void unpack_more_refs(struct sk_buff *skb,
				      const struct sk_buff *first)
{
	skb_dst_copy(skb, first);
	__skb_ext_copy(skb, first);
	__nf_copy(skb, first, false);
}

static __always_inline bool unpack_has_refs(const struct sk_buff *skb)
{
	bool has = skb->_skb_refdst;

#ifdef CONFIG_SKB_EXTENSIONS
	has |= skb->active_extensions;
#endif
	return has || skb_get_nfct(skb);
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

static noinline bool unpack_more_skbs(struct unpack_run *run)
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
		return len;
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

/* Those of a batch, @n heads of @len octets from @out downwards. */
static noinline void unpack_batch_headers(struct unpack_run *run, u8 *out,
					  unsigned int n, unsigned int len)
{
	const struct hdr_counters c = run->job->counters;
	const u32 mss = run->job->super.mss;
	struct hdr_at at;

	hdr_at(&at, run->hdr, run->job->plan.stack.len, &c);
	for (; n; n--, out -= len)
		hdr_next(&at, out, mss, &c);
	run->hdr = (u8 *)at.hdr;
}

/* The payload of the next segment, when it is not all in the buffer in hand. */
static noinline unsigned int unpack_batch_more(struct unpack_run *run,
					       struct skb_shared_info *shinfo,
					       u32 left, unsigned int used)
{
	struct unpack_cursor *cur = &run->payload;

	cur->refs += used;
	cur->off += cur->left - left;
	cur->left = left;
	return unpack_frags_more(cur, shinfo, run->job->super.mss);
}

/*
 * What is between the first segments and the last: as the first, but on. In two
 * passes, the headers apart, so that each has its variables in registers.
 */
static noinline void unpack_batch(struct unpack_run *run, unsigned int n,
				  unsigned int len)
{
	const unsigned int headroom = run->job->headroom, many = n;
	const u8 flags = run->job->shared ? SKBFL_SHARED_FRAG : 0;
	u8 *head = run->area->va + run->area->left;
	const struct sk_buff *first = run->segs;
	const bool refs = unpack_has_refs(first);
	const u32 mss = run->job->super.mss;
	void **skbs = run->skbs + run->pool;
	u32 left = run->payload.left, off = run->payload.off, used = 0;
	struct page *page = run->payload.page;
	struct sk_buff *tail = run->tail;
	unsigned int frags;

	unpack_batch_headers(run, head - len + headroom, n, len);
	do {
		struct sk_buff *skb = *--skbs;
		struct skb_shared_info *shinfo;

		shinfo = (void *)(head - UNPACK_OVERHEAD);
		head -= len;
		*skb = *first;
		skb->head = head;
		skb->data = head + headroom;
#ifndef NET_SKBUFF_DATA_USES_OFFSET
		skb->tail = skb->data + skb_headlen(first);
		skb->end = (u8 *)shinfo;
#endif
		memset(shinfo, 0, offsetof(struct skb_shared_info, dataref));
		shinfo->flags = flags;
		atomic_set(&shinfo->dataref, 1);
		if (likely(mss <= left)) {
			skb_frag_fill_page_desc(&shinfo->frags[0], page, off,
						mss);
			frags = 1;
			used++;
			off += mss;
			left -= mss;
		} else {
			frags = unpack_batch_more(run, shinfo, left, used);
			page = run->payload.page;
			off = run->payload.off;
			left = run->payload.left;
			used = 0;
		}
		shinfo->nr_frags = frags;
		if (unlikely(refs))
			unpack_more_refs(skb, first);
		tail->next = skb;
		tail = skb;
	} while (--n);
	tail->next = NULL;

	run->tail = tail;
	run->payload.off = off;
	run->payload.left = left;
	run->payload.refs += used;
	run->area->left -= many * len;
	run->area->pages[run->area->at].refs -= many;
	run->pool -= many;
	run->made += many;
	run->done += many * mss;
}

/*
 * The first ones have been made, so that all but the last are like them.
 * Returns false without memory.
 */
static noinline bool unpack_middle(struct unpack_run *run)
{
	const struct unpack_job *job = run->job;
	unsigned int len = SKB_DATA_ALIGN(job->headroom + job->plan.stack.len) +
			   UNPACK_OVERHEAD;
	struct unpack_area *area = run->area;
	unsigned int left;

	while (run->made < job->plan.frames - 1) {
		left = job->plan.frames - 1 - run->made;
		if (!run->pool && !unpack_more_skbs(run))
			return false;
		if (area->left < len && !unpack_area_refill(area, len))
			return false;
		unpack_batch(run, min3(left, run->pool, area->left / len), len);
	}
	return true;
}

/* Are all segments but the last alike? */
static bool unpack_usual(const struct unpack_job *job)
{
	return !job->copy && job->csum && !job->linear && !skb_zcopy(job->skb);
}

/**
 * unpack_build() - make all segments
 * @job: the super-packet; it does not change
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
