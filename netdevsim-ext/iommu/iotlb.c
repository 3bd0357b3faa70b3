// SPDX-License-Identifier: GPL-2.0
/*
 * The IOTLB.
 *
 * It exists to be wrong when a real one would be: it keeps a translation until
 * the kernel invalidates it, whatever has become of the page table.
 */
#include <kunit/visibility.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "iotlb.h"
#include "table.h"

static struct nsim_iotlb_set *nsim_iotlb_set(struct nsim_iotlb *tlb,
					     unsigned long page)
{
	return &tlb->sets[page & (tlb->nr_sets - 1)];
}

static struct nsim_iotlb_entry *nsim_iotlb_find(struct nsim_iotlb_set *set,
						unsigned long page)
{
	unsigned int i;

	for (i = 0; i < NSIM_IOTLB_WAYS; i++) {
		if (set->way[i].pte && set->way[i].page == page)
			return &set->way[i];
	}

	return NULL;
}

/**
 * nsim_iotlb_init - make an empty IOTLB of 256 entries that costs nothing
 * @tlb: the IOTLB, zeroed
 *
 * Context: process. nsim_iotlb_exit() ends it.
 * Return: 0 or -ENOMEM.
 */
int nsim_iotlb_init(struct nsim_iotlb *tlb)
{
	spin_lock_init(&tlb->lock);

	return nsim_iotlb_resize(tlb, NSIM_IOTLB_SETS * NSIM_IOTLB_WAYS);
}

/**
 * nsim_iotlb_exit - free the memory of an IOTLB
 * @tlb: the IOTLB, in use no more
 *
 * Context: process.
 */
void nsim_iotlb_exit(struct nsim_iotlb *tlb)
{
	kvfree(tlb->sets);
}

/**
 * nsim_iotlb_resize - exchange an IOTLB for an empty one of another size
 * @tlb: the IOTLB, in use
 * @entries: translations that it can hold: a power of two, 4 to 16384
 *
 * Context: process, sleeps.
 * Return: 0, -EINVAL for another number, or -ENOMEM; it is as it was then.
 */
int nsim_iotlb_resize(struct nsim_iotlb *tlb, u64 entries)
{
	struct nsim_iotlb_set *sets;
	unsigned long flags;

	if (entries < NSIM_IOTLB_WAYS || !is_power_of_2(entries) ||
	    entries > NSIM_IOTLB_MAX_SETS * NSIM_IOTLB_WAYS)
		return -EINVAL;
	sets = kvcalloc(entries / NSIM_IOTLB_WAYS, sizeof(*sets), GFP_KERNEL);
	if (!sets)
		return -ENOMEM;

	spin_lock_irqsave(&tlb->lock, flags);
	swap(tlb->sets, sets);
	tlb->nr_sets = entries / NSIM_IOTLB_WAYS;
	spin_unlock_irqrestore(&tlb->lock, flags);
	kvfree(sets);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(nsim_iotlb_resize);

/**
 * nsim_iotlb_spend - let time pass, as for a walk of tables in memory
 * @ns: how long, up to NSIM_IOTLB_MAX_COST_NS
 *
 * By the clock: udelay() counts loops, and User-mode Linux, which does not
 * calibrate them, would wait a tenth.
 *
 * Context: any.
 */
void nsim_iotlb_spend(u32 ns)
{
	u64 start;

	if (!ns)
		return;
	start = ktime_get_ns();
	while (ktime_get_ns() - start < ns)
		cpu_relax();
}

/**
 * nsim_iotlb_lookup - ask the IOTLB
 * @tlb: the IOTLB
 * @iova: address to translate
 *
 * Context: any.
 * Return: the leaf entry as it was when cached, 0 on a miss.
 */
unsigned long nsim_iotlb_lookup(struct nsim_iotlb *tlb, unsigned long iova)
{
	unsigned long page = iova >> NSIM_PAGE_SHIFT, pte = 0, flags;
	struct nsim_iotlb_entry *entry;

	spin_lock_irqsave(&tlb->lock, flags);
	entry = nsim_iotlb_find(nsim_iotlb_set(tlb, page), page);
	if (entry)
		pte = entry->pte;
	spin_unlock_irqrestore(&tlb->lock, flags);

	return pte;
}

/**
 * nsim_iotlb_insert - remember a translation
 * @tlb: the IOTLB
 * @iova: any address in the page
 * @pte: its leaf entry, not 0
 *
 * Context: any. The caller keeps unmapping out from its walk of the table to
 * here: an entry must not come in after the flush that was to remove it.
 */
void nsim_iotlb_insert(struct nsim_iotlb *tlb, unsigned long iova,
		       unsigned long pte)
{
	unsigned long page = iova >> NSIM_PAGE_SHIFT, flags;
	struct nsim_iotlb_entry *entry;
	struct nsim_iotlb_set *set;

	spin_lock_irqsave(&tlb->lock, flags);
	set = nsim_iotlb_set(tlb, page);
	/* Two accesses to one page may both have missed. */
	entry = nsim_iotlb_find(set, page);
	if (!entry) {
		entry = &set->way[set->victim];
		set->victim = (set->victim + 1) % NSIM_IOTLB_WAYS;
	}
	entry->page = page;
	entry->pte = pte;
	spin_unlock_irqrestore(&tlb->lock, flags);
}

/* Under the lock. */
static void nsim_iotlb_empty(struct nsim_iotlb *tlb)
{
	memset(tlb->sets, 0, tlb->nr_sets * sizeof(*tlb->sets));
}

static void nsim_iotlb_flush_page(struct nsim_iotlb *tlb, unsigned long page)
{
	struct nsim_iotlb_entry *entry;

	entry = nsim_iotlb_find(nsim_iotlb_set(tlb, page), page);
	if (entry)
		entry->pte = 0;
}

/**
 * nsim_iotlb_flush - forget a range of addresses
 * @tlb: the IOTLB
 * @first: first address
 * @last: last address, inclusive
 *
 * Context: any. A range that spans every set empties the IOTLB: that costs
 * less, and forgetting too much is always right.
 */
void nsim_iotlb_flush(struct nsim_iotlb *tlb, unsigned long first,
		      unsigned long last)
{
	unsigned long page = first >> NSIM_PAGE_SHIFT, flags;
	unsigned long end = last >> NSIM_PAGE_SHIFT;

	spin_lock_irqsave(&tlb->lock, flags);
	if (end - page >= tlb->nr_sets)
		nsim_iotlb_empty(tlb);
	else
		for (; page <= end; page++)
			nsim_iotlb_flush_page(tlb, page);
	spin_unlock_irqrestore(&tlb->lock, flags);
}

/**
 * nsim_iotlb_flush_all - forget everything
 * @tlb: the IOTLB
 *
 * Context: any.
 */
void nsim_iotlb_flush_all(struct nsim_iotlb *tlb)
{
	unsigned long flags;

	spin_lock_irqsave(&tlb->lock, flags);
	nsim_iotlb_empty(tlb);
	spin_unlock_irqrestore(&tlb->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(nsim_iotlb_flush_all);
