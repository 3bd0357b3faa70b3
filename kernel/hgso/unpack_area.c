// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the heads of segments, cut from pages.
 *
 * A CPU has a few pages and goes round them. Nearly always all heads of the
 * oldest one are free again when its turn comes: then it is used as it is,
 * which spares allocating, zeroing (init_on_alloc) and freeing 32 KB for every
 * super-packet. When they are not, the page is left to them, and a new one
 * takes its place.
 */
#include <kunit/visibility.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "unpack.h"

#define UNPACK_ORDER	get_order(UNPACK_AREA_MAX)

DEFINE_PER_CPU(struct unpack_area, unpack_areas);

#if IS_ENABLED(CONFIG_KUNIT)
struct unpack_faults unpack_faults;
EXPORT_SYMBOL_IF_KUNIT(unpack_faults);
#endif

/* As many as a page has heads, and one that keeps it. */
static unsigned int unpack_full(const struct unpack_page *page)
{
	return page->size / SMP_CACHE_BYTES + 1;
}

static void unpack_page_drop(struct unpack_page *page)
{
	if (!page->page)
		return;
	page_ref_sub(page->page, page->refs - 1);
	put_page(page->page);
	page->page = NULL;
}

/*
 * Have all heads been freed? Whoever freed the last one did so with a full
 * barrier, and what follows here are stores that depend on this load.
 */
static bool unpack_page_idle(const struct unpack_page *page)
{
	return page->page && page_ref_count(page->page) == page->refs;
}

static struct page *unpack_page_alloc(unsigned int order)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN | __GFP_NOMEMALLOC;

	if (unpack_fault())
		return NULL;
	if (order)
		gfp = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_COMP |
		      __GFP_NORETRY;
	return alloc_pages(gfp, order);
}

static bool unpack_page_make(struct unpack_page *page)
{
	page->size = PAGE_SIZE << UNPACK_ORDER;
	page->page = unpack_page_alloc(UNPACK_ORDER);
	if (unlikely(!page->page)) {
		page->size = PAGE_SIZE;
		page->page = unpack_page_alloc(0);
	}
	if (unlikely(!page->page))
		return false;
	page->refs = 1;
	return true;
}

/**
 * unpack_area_refill() - go on to the next page
 * @area: this CPU's
 * @len: octets that it must have
 *
 * Context: bottom halves off.
 * Return: false without memory.
 */
bool unpack_area_refill(struct unpack_area *area, unsigned int len)
{
	unsigned int at = (area->at + 1) % UNPACK_PAGES, full;
	struct unpack_page *page = &area->pages[at];

	/* None is in use until this one is. */
	area->left = 0;
	area->at = at;
	if (unlikely(!unpack_page_idle(page) || page->size < len)) {
		unpack_page_drop(page);
		if (!unpack_page_make(page))
			return false;
	}
	full = unpack_full(page);
	page_ref_add(page->page, full - page->refs);
	page->refs = full;
	area->va = page_address(page->page);
	area->left = page->size;
	return len <= page->size;
}

/**
 * unpack_area_exit() - give all pages back
 *
 * Heads that are still in use keep theirs.
 *
 * Context: process; nobody unpacks any more.
 */
void unpack_area_exit(void)
{
	struct unpack_area *area;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		area = per_cpu_ptr(&unpack_areas, cpu);
		for (i = 0; i < UNPACK_PAGES; i++)
			unpack_page_drop(&area->pages[i]);
		area->left = 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(unpack_area_exit);
