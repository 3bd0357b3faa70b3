// SPDX-License-Identifier: GPL-2.0
/*
 * What nearly all segments are: the first one over again, with its counters
 * moved on and its payload further on. Nothing is asked twice.
 */
#include "../hdr/next.h"
#include "unpack_run.h"

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

/**
 * unpack_middle() - make all segments that are left but the last
 * @run: the first two have been made, and these are like them
 *
 * Context: bottom halves off.
 * Return: false without memory.
 */
bool unpack_middle(struct unpack_run *run)
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
