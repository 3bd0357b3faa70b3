/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of unpack share. */
#ifndef HEADROOM_HGSO_UNPACK_H
#define HEADROOM_HGSO_UNPACK_H

#include <linux/cache.h>
#include <linux/percpu-defs.h>
#include <linux/skbuff.h>

#include <headroom/unpack.h>

#include "hgso_impl.h"

/* Longest head, shared info included. */
#define UNPACK_AREA_MAX		32768
/* What of a head is not for headers and payload. */
#define UNPACK_OVERHEAD		SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define UNPACK_PAGES		4
/*
 * Of copies: they are made for who encrypts, and puts a trailer behind. Without
 * the room, each head would be allocated and copied once more.
 */
#define UNPACK_TAILROOM		64

/**
 * struct unpack_page - a page that heads are cut from
 * @page: it, or NULL
 * @refs: references to it that are ours; all others are of heads
 * @size: octets
 */
struct unpack_page {
	struct page *page;
	unsigned int refs;
	unsigned int size;
};

/**
 * struct unpack_area - where a CPU's heads come from
 * @va: the page in use
 * @left: octets of it that are not given away, its first ones
 * @at: index of it
 * @pages: the pages; each is used again when all its heads are free
 *
 * Guarded by bottom halves being off on its CPU.
 */
struct unpack_area {
	u8 *va;
	unsigned int left;
	unsigned int at;
	struct unpack_page pages[UNPACK_PAGES];
};

/**
 * enum unpack_owner - what becomes of a super-packet's socket
 * @UNPACK_NOBODY: it stays with the super-packet, if it has any
 * @UNPACK_ALL: every segment has it
 * @UNPACK_LAST: the last segment takes it over
 * @UNPACK_UNKNOWN: it cannot be told
 */
enum unpack_owner {
	UNPACK_NOBODY,
	UNPACK_ALL,
	UNPACK_LAST,
	UNPACK_UNKNOWN,
};

/**
 * struct unpack_job - a super-packet that is taken apart
 * @skb: it
 * @plan: what the checks found
 * @super: the same for the header writer
 * @copy: segments hold their payload in the head, copied
 * @csum: L4 checksums stay partial, for the device
 * @shared: others may write to the pages (sendfile)
 * @tell: the sender waits for pages that were copied for their sake
 * @owner: &enum unpack_owner
 * @headroom: of each segment
 * @linear: octets of payload in the super-packet's own head
 * @counters: which fields count from one segment to the next
 */
struct unpack_job {
	struct sk_buff *skb;
	struct hgso_plan plan;
	struct hdr_super super;
	bool copy;
	bool csum;
	bool shared;
	bool tell;
	u8 owner;
	unsigned int headroom;
	unsigned int linear;
	struct hdr_counters counters;
};

DECLARE_PER_CPU(struct unpack_area, unpack_areas);

bool unpack_area_refill(struct unpack_area *area, unsigned int len);
void unpack_area_exit(void);

/**
 * unpack_area_get() - memory for a head
 * @area: this CPU's
 * @len: octets, a multiple of SMP_CACHE_BYTES
 *
 * Context: bottom halves off.
 * Return: the memory, which one reference to its page is for; or NULL.
 */
static __always_inline u8 *unpack_area_get(struct unpack_area *area,
					   unsigned int len)
{
	if (unlikely(area->left < len) && !unpack_area_refill(area, len))
		return NULL;
	area->left -= len;
	area->pages[area->at].refs--;
	return area->va + area->left;
}

enum unpack_owner unpack_owner(const struct sk_buff *skb);
void unpack_own(const struct unpack_job *job, struct sk_buff *segs,
		struct sk_buff *last);

struct sk_buff *unpack_template(const struct unpack_job *job,
				struct sk_buff *skb, u8 *head,
				unsigned int len);
struct sk_buff *unpack_build(struct unpack_job *job);

#if IS_ENABLED(CONFIG_KUNIT)
/**
 * struct unpack_faults - which allocations fail, for tests
 * @nth: this one, 1 is the next; 0 for none
 * @once: those after it do not
 */
struct unpack_faults {
	unsigned int nth;
	bool once;
};

extern struct unpack_faults unpack_faults;

/* Is this an allocation that a test wants to fail? */
static inline bool unpack_fault(void)
{
	if (likely(!unpack_faults.nth))
		return false;
	if (unpack_faults.nth > 1) {
		unpack_faults.nth--;
		return false;
	}
	unpack_faults.nth = !unpack_faults.once;
	return true;
}
#else
static inline bool unpack_fault(void)
{
	return false;
}
#endif

#endif
