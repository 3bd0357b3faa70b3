// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger's entries: what the driver maps, unmaps and syncs. The kernel tells
 * of an unmap after it was done, so an address may be entered anew by another
 * CPU before its old entry is struck.
 */
#include <kunit/visibility.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ledger.h"

/**
 * ledger_init - an empty ledger
 * @ledger: zeroed memory
 * @nd: whose
 */
void ledger_init(struct nsim_ledger *ledger, struct nsim_iommu_dev *nd)
{
	spin_lock_init(&ledger->lock);
	ledger->nd = nd;
	ledger->live = RB_ROOT;
	ledger->gone = RB_ROOT;
}

/**
 * ledger_free - free all entries
 * @ledger: the ledger; nobody uses it any more
 */
void ledger_free(struct nsim_ledger *ledger)
{
	struct ledger_map *map, *next;

	rbtree_postorder_for_each_entry_safe(map, next, &ledger->live, node)
		kfree(map);
	rbtree_postorder_for_each_entry_safe(map, next, &ledger->gone, node)
		kfree(map);
}

static bool ledger_same_owner(const struct ledger_stack *a,
			      const struct ledger_stack *b)
{
	/* The caller, and who called that: page_pool_*() tells little. */
	return a->nr == b->nr &&
	       !memcmp(a->pc, b->pc, min(a->nr, 3U) * sizeof(*a->pc));
}

/* Under the lock. The row of who made a map, or -1 where there is none left. */
static int ledger_owner(struct nsim_ledger *ledger,
			const struct ledger_stack *stack)
{
	unsigned int i;

	for (i = 0; i < ledger->nr_owners; i++)
		if (ledger_same_owner(&ledger->owners[i].stack, stack))
			return i;
	if (i == LEDGER_OWNERS) {
		ledger->counters.owners_full++;
		return -1;
	}
	ledger->nr_owners++;
	ledger->owners[i].stack = *stack;
	return i;
}

static void ledger_count_in(struct nsim_ledger *ledger,
			    const struct ledger_map *map)
{
	struct ledger_counters *c = &ledger->counters;

	if (map->coherent)
		c->allocs++;
	else
		c->maps++;
	c->bytes_mapped += map->len;
	c->live++;
	c->live_bytes += map->len;
	c->high_water = max(c->high_water, c->live);
	c->high_water_bytes = max(c->high_water_bytes, c->live_bytes);
	if (map->owner < 0)
		return;
	ledger->owners[map->owner].maps++;
	ledger->owners[map->owner].bytes += map->len;
}

static void ledger_count_out(struct nsim_ledger *ledger,
			     const struct ledger_map *map)
{
	struct ledger_counters *c = &ledger->counters;

	if (map->coherent)
		c->frees++;
	else
		c->unmaps++;
	c->bytes_unmapped += map->len;
	c->live--;
	c->live_bytes -= map->len;
	if (map->owner >= 0)
		ledger->owners[map->owner].unmaps++;
}

/* Under the lock: what was unmapped there is not what is there now. */
static void ledger_forget(struct nsim_ledger *ledger, dma_addr_t from,
			  dma_addr_t to)
{
	struct ledger_map *map;
	unsigned int i;

	for (i = 0; i < LEDGER_GONE; i++) {
		map = ledger->ring[i];
		if (!map || map->addr >= to || map->addr + map->len <= from)
			continue;
		rb_erase(&map->node, &ledger->gone);
		ledger->ring[i] = NULL;
		kfree(map);
	}
}

/**
 * ledger_missed - something was mapped, and there is no memory for its entry
 * @ledger: the ledger
 * @addr: bus address
 * @len: octets
 *
 * Nobody is accused of what is done with it.
 *
 * Context: any but NMI.
 */
void ledger_missed(struct nsim_ledger *ledger, dma_addr_t addr, size_t len)
{
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	ledger->counters.no_memory++;
	ledger->incomplete = true;
	ledger_forget(ledger, round_down(addr, PAGE_SIZE),
		      round_up(addr + len, PAGE_SIZE));
	spin_unlock_irqrestore(&ledger->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(ledger_missed);

/**
 * ledger_enter - something was mapped
 * @ledger: the ledger
 * @addr: bus address
 * @len: octets
 * @phys: of the memory; 0 for coherent memory
 * @dir: who may do what
 * @coherent: by dma_alloc_*()
 *
 * Context: any but NMI. The caller's stack is that of the mapper.
 */
void ledger_enter(struct nsim_ledger *ledger, dma_addr_t addr, size_t len,
		  phys_addr_t phys, enum dma_data_direction dir, bool coherent)
{
	struct ledger_map *map;
	unsigned long flags;
	u32 nr_sums = 0;

	/* Where a scatter list is, is not known. */
	if (READ_ONCE(ledger->sums) && phys && !coherent &&
	    dir == DMA_TO_DEVICE)
		nr_sums = ledger_nr_sums(len);
	map = kzalloc(struct_size(map, sums, nr_sums),
		      GFP_ATOMIC | __GFP_NOWARN);
	if (!map) {
		ledger_missed(ledger, addr, len);
		return;
	}
	map->addr = addr;
	map->len = len;
	map->phys = phys;
	map->dir = dir;
	map->coherent = coherent;
	map->nr_sums = nr_sums;
	map->time = ktime_get();
	ledger_stack(&map->mapper);
	ledger_sum(map, 0, len);

	spin_lock_irqsave(&ledger->lock, flags);
	map->cookie = ledger->counters.maps + ledger->counters.allocs;
	map->owner = ledger_owner(ledger, &map->mapper);
	ledger_insert(&ledger->live, map);
	ledger_count_in(ledger, map);
	spin_unlock_irqrestore(&ledger->lock, flags);
}

static bool ledger_same(const struct ledger_map *map, size_t len,
			enum dma_data_direction dir, bool coherent)
{
	return map->len == len && map->dir == dir && map->coherent == coherent;
}

/* The entry that an unmap means: of one address the oldest that fits. */
static struct ledger_map *ledger_meant(struct nsim_ledger *ledger,
				       dma_addr_t addr, size_t len,
				       enum dma_data_direction dir,
				       bool coherent)
{
	struct ledger_map *map = ledger_at(&ledger->live, addr);
	struct ledger_map *found = NULL;

	for (; map && map->addr == addr; map = ledger_prev(map))
		if (!found || ledger_same(map, len, dir, coherent))
			found = map;
	return found ?: ledger_around(&ledger->live, addr);
}

/* Under the lock. Return: the entry that had to make way, or NULL. */
static struct ledger_map *ledger_bury(struct nsim_ledger *ledger,
				      struct ledger_map *map)
{
	struct ledger_map **slot = &ledger->ring[ledger->gone_next];
	struct ledger_map *oldest = *slot;

	rb_erase(&map->node, &ledger->live);
	ledger_count_out(ledger, map);
	if (oldest)
		rb_erase(&oldest->node, &ledger->gone);
	*slot = map;
	ledger->gone_next = (ledger->gone_next + 1) % LEDGER_GONE;
	ledger_insert(&ledger->gone, map);
	return oldest;
}

/* Under the lock: an unmap or sync of what is not in the ledger. */
static void ledger_unknown(struct nsim_ledger *ledger, dma_addr_t addr,
			   size_t len, bool unmap)
{
	struct ledger_map *map = ledger_around(&ledger->gone, addr);

	if (map && map->addr == addr)
		ledger_fault(ledger, unmap ? LEDGER_TWICE : LEDGER_NO_MAP, map,
			     addr, len, false, false);
	else if (ledger->incomplete)
		ledger->counters.untracked++;
	else
		ledger_fault(ledger, LEDGER_NO_MAP, NULL, addr, len, false,
			     false);
}

/**
 * ledger_strike - something was unmapped
 * @ledger: the ledger
 * @addr: bus address
 * @len: octets, as the driver says
 * @dir: as the driver says
 * @coherent: by dma_free_*()
 * @synced: what the device wrote is the CPU's now
 *
 * Context: any but NMI. The caller's stack is that of who unmaps.
 */
void ledger_strike(struct nsim_ledger *ledger, dma_addr_t addr, size_t len,
		   enum dma_data_direction dir, bool coherent, bool synced)
{
	struct ledger_map *oldest = NULL;
	struct ledger_map *map;
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	map = ledger_meant(ledger, addr, len, dir, coherent);
	if (!map) {
		ledger_unknown(ledger, addr, len, true);
		goto out;
	}
	if (map->addr != addr || !ledger_same(map, len, dir, coherent))
		ledger_fault(ledger, LEDGER_MISMATCH, map, addr, len, false,
			     false);
	if (!synced && map->high > map->low)
		ledger_fault(ledger, LEDGER_UNSYNCED, map, map->addr + map->low,
			     map->high - map->low, false, false);
	ledger_show(map, 0, map->len);
	ledger_stack(&map->unmapper);
	oldest = ledger_bury(ledger, map);
out:
	spin_unlock_irqrestore(&ledger->lock, flags);
	kfree(oldest);
}
EXPORT_SYMBOL_IF_KUNIT(ledger_strike);

/* Nothing of it is unsynced. */
static void ledger_clean(struct ledger_map *map)
{
	map->low = 0;
	map->high = 0;
}

/* Octets @from to @to are the CPU's: what is left is the rest, if at one end. */
static void ledger_sync_cpu(struct ledger_map *map, size_t from, size_t to)
{
	ledger_show(map, from, to);
	if (from <= map->low)
		map->low = max(map->low, to);
	if (to >= map->high)
		map->high = min(map->high, from);
	if (map->high <= map->low)
		ledger_clean(map);
}

static void ledger_sync_device(struct nsim_ledger *ledger,
			       struct ledger_map *map, size_t from, size_t to)
{
	if (map->high > map->low && from < map->high && to > map->low) {
		ledger_fault(ledger, LEDGER_UNSYNCED, map, map->addr + map->low,
			     map->high - map->low, false, false);
		ledger_show(map, 0, map->len);
		ledger_clean(map);
	}
	ledger_sum(map, from, to - from);
}

/**
 * ledger_sync - the driver passes a buffer on
 * @ledger: the ledger
 * @addr: bus address of the first octet
 * @len: octets
 * @for_cpu: to the CPU, else to the device
 *
 * Context: any but NMI.
 */
void ledger_sync(struct nsim_ledger *ledger, dma_addr_t addr, size_t len,
		 bool for_cpu)
{
	struct ledger_map *map;
	unsigned long flags;
	size_t from;

	spin_lock_irqsave(&ledger->lock, flags);
	if (for_cpu)
		ledger->counters.syncs_cpu++;
	else
		ledger->counters.syncs_device++;
	map = ledger_holds(&ledger->live, addr, len);
	if (!map) {
		map = ledger_around(&ledger->live, addr);
		if (map)
			ledger_fault(ledger, LEDGER_MISMATCH, map, addr, len,
				     false, false);
		else
			ledger_unknown(ledger, addr, len, false);
		goto out;
	}
	from = addr - map->addr;
	if (for_cpu)
		ledger_sync_cpu(map, from, from + len);
	else
		ledger_sync_device(ledger, map, from, from + len);
out:
	spin_unlock_irqrestore(&ledger->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(ledger_sync);
