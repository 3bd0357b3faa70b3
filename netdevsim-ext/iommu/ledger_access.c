// SPDX-License-Identifier: GPL-2.0
/* What the device does, held against the ledger. */
#include <linux/minmax.h>

#include "ledger.h"

#define LEDGER_LOOK	4	/* entries of one page, in a moment of change */

static bool ledger_contains(const struct ledger_map *map, dma_addr_t addr,
			    size_t len)
{
	return addr >= map->addr && addr - map->addr <= map->len &&
	       len <= map->len - (addr - map->addr);
}

/**
 * ledger_holds - the map in which octets are
 * @root: the tree
 * @addr: bus address of the first
 * @len: octets
 *
 * Context: under the ledger's lock.
 * Return: the map that holds all of them, or NULL.
 */
struct ledger_map *ledger_holds(struct rb_root *root, dma_addr_t addr,
				size_t len)
{
	struct ledger_map *map = ledger_at(root, addr);
	int looked;

	for (looked = 0; map && looked < LEDGER_LOOK; looked++) {
		if (ledger_contains(map, addr, len))
			return map;
		map = ledger_prev(map);
	}
	return NULL;
}

static bool ledger_allows(const struct ledger_map *map, bool write)
{
	return map->dir != (write ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
}

/* Under the lock: the access is not within a live map. */
static enum ledger_kind ledger_wrong(struct nsim_ledger *ledger,
				     dma_addr_t addr, size_t len, bool write)
{
	struct ledger_map *map = ledger_holds(&ledger->live, addr, 1);
	enum ledger_kind kind = LEDGER_PAST_END;
	size_t inside = 0;

	if (map) {
		inside = map->len - (addr - map->addr);
		goto found;
	}
	/* Addresses are used anew at once: the nearest map is a late one. */
	map = ledger_holds(&ledger->gone, addr, len);
	if (map) {
		kind = LEDGER_STALE;
		goto found;
	}
	map = ledger_around(&ledger->live, addr);
	if (map)
		goto found;
	map = ledger_around(&ledger->gone, addr);
	kind = map ? LEDGER_STALE : LEDGER_NOT_MAPPED;
	if (!map && ledger->incomplete) {
		ledger->counters.untracked++;
		return LEDGER_OK;
	}
found:
	ledger_fault(ledger, kind, map, addr + inside, len - inside, true,
		     write);
	return kind;
}

static void ledger_written(struct nsim_ledger *ledger, struct ledger_map *map,
			   size_t from, size_t to)
{
	if (map->coherent)
		return;
	ledger_hide(ledger, map, from, to);
	map->low = map->high ? min(map->low, from) : from;
	map->high = max(map->high, to);
}

/**
 * ledger_judge - may the device do this?
 * @ledger: the ledger
 * @addr: bus address
 * @len: octets, not 0
 * @write: it writes to memory
 *
 * What is wrong is noted.
 *
 * Context: under the ledger's lock.
 * Return: LEDGER_OK, or why not. LEDGER_REWRITTEN: it may, but reads something
 * else than what was mapped.
 */
enum ledger_kind ledger_judge(struct nsim_ledger *ledger, dma_addr_t addr,
			      size_t len, bool write)
{
	struct ledger_map *map = ledger_holds(&ledger->live, addr, len);
	size_t from;

	if (!map)
		return ledger_wrong(ledger, addr, len, write);
	if (!ledger_allows(map, write)) {
		ledger_fault(ledger, LEDGER_DIRECTION, map, addr, len, true,
			     write);
		return LEDGER_DIRECTION;
	}
	from = addr - map->addr;
	if (write) {
		ledger_written(ledger, map, from, from + len);
	} else if (!ledger_sum_holds(map, from, len)) {
		ledger_fault(ledger, LEDGER_REWRITTEN, map, addr, len, true,
			     false);
		return LEDGER_REWRITTEN;
	}
	return LEDGER_OK;
}
