/* SPDX-License-Identifier: GPL-2.0 */
/* Building segments: what is under way. */
#ifndef HEADROOM_HGSO_UNPACK_RUN_H
#define HEADROOM_HGSO_UNPACK_RUN_H

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

static __always_inline bool unpack_has_refs(const struct sk_buff *skb)
{
	bool has = skb->_skb_refdst;

#ifdef CONFIG_SKB_EXTENSIONS
	has |= skb->active_extensions;
#endif
	return has || skb_get_nfct(skb);
}

void unpack_cursor_init(struct unpack_cursor *cur,
			const struct unpack_job *job);
unsigned int unpack_frags_more(struct unpack_cursor *cur,
			       struct skb_shared_info *shinfo, u32 len);
void unpack_flush_refs(struct unpack_cursor *cur);

void unpack_more_refs(struct sk_buff *skb, const struct sk_buff *first);
bool unpack_more_skbs(struct unpack_run *run);
bool unpack_middle(struct unpack_run *run);

#endif
