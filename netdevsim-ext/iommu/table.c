// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O page table.
 *
 * Looking up and mapping take no lock: tables are added with cmpxchg() and
 * stay until the whole table is freed, and no two callers map the same IOVA at
 * once (the IOVA allocator sees to that). So a mapping can allocate with the
 * caller's own GFP flags, and unmapping never allocates or frees. Keeping
 * accesses out while entries go away is the domain's business.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/minmax.h>

#include "table.h"

#define NSIM_TABLE_BITS		9
#define NSIM_TABLE_ENTRIES	BIT(NSIM_TABLE_BITS)
#define NSIM_TABLE_LEVELS	4

static unsigned int nsim_table_index(unsigned long iova, unsigned int level)
{
	return (iova >> (NSIM_PAGE_SHIFT + level * NSIM_TABLE_BITS)) &
	       (NSIM_TABLE_ENTRIES - 1);
}

static unsigned long *nsim_table_alloc(gfp_t gfp)
{
	/* Running out is the caller's to report: it knows whether it matters. */
	return (unsigned long *)get_zeroed_page(gfp | __GFP_NOWARN);
}

/* The table below *slot, allocated if there is none; NULL when out of memory. */
static unsigned long *nsim_table_grow(unsigned long *slot, gfp_t gfp)
{
	unsigned long *table;
	unsigned long other;

	table = nsim_table_alloc(gfp);
	if (!table)
		return NULL;

	other = cmpxchg(slot, 0, (unsigned long)table);
	if (!other)
		return table;

	/* Another CPU was faster; its table serves as well. */
	free_page((unsigned long)table);
	return (unsigned long *)other;
}

/* The leaf entry of @iova, or NULL if its tables are not there. */
static unsigned long *nsim_table_leaf(const struct nsim_table *table,
				      unsigned long iova)
{
	unsigned long *entries = table->root;
	unsigned int level;

	for (level = NSIM_TABLE_LEVELS - 1; level; level--) {
		entries = (unsigned long *)
			  READ_ONCE(entries[nsim_table_index(iova, level)]);
		if (!entries)
			return NULL;
	}

	return &entries[nsim_table_index(iova, 0)];
}

/* The leaf entry of @iova, with tables added where they are missing. */
static unsigned long *nsim_table_leaf_grow(struct nsim_table *table,
					   unsigned long iova, gfp_t gfp)
{
	unsigned long *entries = table->root;
	unsigned int level;

	for (level = NSIM_TABLE_LEVELS - 1; level; level--) {
		unsigned long *slot = &entries[nsim_table_index(iova, level)];

		entries = (unsigned long *)READ_ONCE(*slot);
		if (!entries)
			entries = nsim_table_grow(slot, gfp);
		if (!entries)
			return NULL;
	}

	return &entries[nsim_table_index(iova, 0)];
}

/* Pages from @iova to the end of its last-level table, at most @pages. */
static size_t nsim_table_run(unsigned long iova, size_t pages)
{
	return min_t(size_t, pages,
		     NSIM_TABLE_ENTRIES - nsim_table_index(iova, 0));
}

/**
 * nsim_table_init - make an empty page table
 * @table: the table
 * @gfp: how to allocate the root
 *
 * Return: 0, or -ENOMEM.
 */
int nsim_table_init(struct nsim_table *table, gfp_t gfp)
{
	table->root = nsim_table_alloc(gfp);

	return table->root ? 0 : -ENOMEM;
}

static void nsim_table_free_level(unsigned long *entries, unsigned int level)
{
	unsigned int i;

	for (i = 0; level && i < NSIM_TABLE_ENTRIES; i++) {
		if (entries[i])
			nsim_table_free_level((unsigned long *)entries[i],
					      level - 1);
	}

	free_page((unsigned long)entries);
}

/**
 * nsim_table_free - free a page table with all that is still mapped in it
 * @table: the table; nobody else may be using it
 */
void nsim_table_free(struct nsim_table *table)
{
	nsim_table_free_level(table->root, NSIM_TABLE_LEVELS - 1);
	table->root = NULL;
}

/**
 * nsim_table_map - map consecutive pages
 * @table: the table
 * @iova: first I/O virtual address, a multiple of the page size
 * @phys: physical address of the first page, likewise
 * @pages: how many pages
 * @flags: NSIM_PTE_* of every entry
 * @gfp: how to allocate missing tables
 * @err: 0, -ENOMEM when a table could not be allocated, -EEXIST when a page
 *	was mapped already (it keeps its mapping), -ERANGE beyond 48 bits
 *
 * Context: any. No lock; two callers must not map the same address at once.
 * Return: pages mapped; fewer than @pages if and only if @err is set. Those
 * stay mapped, for the caller to undo.
 */
size_t nsim_table_map(struct nsim_table *table, unsigned long iova,
		      phys_addr_t phys, size_t pages, unsigned long flags,
		      gfp_t gfp, int *err)
{
	unsigned long *leaf, pte = phys | flags | NSIM_PTE_PRESENT;
	size_t done = 0, run, i;

	*err = 0;
	if (iova > NSIM_IOVA_END ||
	    pages > (NSIM_IOVA_END - iova + 1) >> NSIM_PAGE_SHIFT) {
		*err = -ERANGE;
		return 0;
	}

	while (done < pages) {
		leaf = nsim_table_leaf_grow(table, iova, gfp);
		if (!leaf) {
			*err = -ENOMEM;
			break;
		}

		run = nsim_table_run(iova, pages - done);
		for (i = 0; i < run; i++) {
			if (READ_ONCE(leaf[i])) {
				*err = -EEXIST;
				return done + i;
			}
			WRITE_ONCE(leaf[i], pte);
			pte += NSIM_PAGE_SIZE;
		}
		done += run;
		iova += run << NSIM_PAGE_SHIFT;
	}

	return done;
}

/**
 * nsim_table_unmap - take away mappings
 * @table: the table
 * @iova: first I/O virtual address, a multiple of the page size
 * @pages: how many pages
 *
 * Context: any; the caller keeps accesses out. Allocates and frees nothing.
 * Return: pages unmapped; stops before the first that is not mapped.
 */
size_t nsim_table_unmap(struct nsim_table *table, unsigned long iova,
			size_t pages)
{
	size_t done = 0, run, i;
	unsigned long *leaf;

	while (done < pages && iova <= NSIM_IOVA_END) {
		leaf = nsim_table_leaf(table, iova);
		if (!leaf)
			break;

		run = nsim_table_run(iova, pages - done);
		for (i = 0; i < run; i++) {
			if (!READ_ONCE(leaf[i]))
				return done + i;
			WRITE_ONCE(leaf[i], 0);
		}
		done += run;
		iova += run << NSIM_PAGE_SHIFT;
	}

	return done;
}

/**
 * nsim_table_lookup - walk the table
 * @table: the table
 * @iova: any address, also one beyond 48 bits
 *
 * Context: any, no lock. The answer holds for as long as the caller keeps
 * unmapping out.
 * Return: the leaf entry, 0 if @iova is not mapped.
 */
unsigned long nsim_table_lookup(const struct nsim_table *table,
				unsigned long iova)
{
	unsigned long *leaf;

	if (iova > NSIM_IOVA_END)
		return 0;

	leaf = nsim_table_leaf(table, iova);

	return leaf ? READ_ONCE(*leaf) : 0;
}
