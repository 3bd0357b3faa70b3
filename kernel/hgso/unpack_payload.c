// SPDX-License-Identifier: GPL-2.0
/*
 * From buffer to buffer of a super-packet's payload. References to a page are
 * taken at once for all segments that are in it.
 */
#include <linux/mm.h>

#include "unpack_run.h"

/**
 * unpack_flush_refs() - take the references that segments have already
 * @cur: where the payload goes on
 *
 * Context: any.
 */
void unpack_flush_refs(struct unpack_cursor *cur)
{
	if (cur->refs)
		folio_ref_add(page_folio(cur->page), cur->refs);
	cur->refs = 0;
}

/* To the next buffer, which there is, and which may be empty. */
static void unpack_next_buffer(struct unpack_cursor *cur)
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

	/* Of these, heads are in pages too: unpack_look_at_list(). */
	cur->skb = cur->list;
	cur->list = cur->skb->next;
	cur->frag = 0;
	cur->left = skb_headlen(cur->skb);
	if (cur->left) {
		cur->page = virt_to_head_page(cur->skb->head);
		cur->off = cur->skb->data - (u8 *)page_address(cur->page);
	}
}

/**
 * unpack_cursor_init() - to the payload's first octet in page frags
 * @cur: made ready
 * @job: the super-packet
 *
 * Context: any.
 */
void unpack_cursor_init(struct unpack_cursor *cur,
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

/**
 * unpack_frags_more() - the next octets, when they are not all in one buffer
 * @cur: where the payload goes on
 * @shinfo: of a segment without frags
 * @len: octets
 *
 * Context: any.
 * Return: how many frags there are now; the caller stores it.
 */
unsigned int unpack_frags_more(struct unpack_cursor *cur,
			       struct skb_shared_info *shinfo, u32 len)
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
