// SPDX-License-Identifier: GPL-2.0
/*
 * Checksums of what is mapped for the device to read, block by block, so that
 * checking one slice of a large map costs no more than the slice.
 */
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/jhash.h>
#include <linux/kasan.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "ledger.h"

/**
 * ledger_nr_sums - how many checksums a map has
 * @len: its octets
 *
 * Return: the number.
 */
u32 ledger_nr_sums(size_t len)
{
	return DIV_ROUND_UP(len, LEDGER_BLOCK);
}

static u32 ledger_block(const struct ledger_map *map, u32 block)
{
	size_t from = (size_t)block * LEDGER_BLOCK;
	size_t len = min_t(size_t, LEDGER_BLOCK, map->len - from);
	phys_addr_t phys = map->phys + from;
	u32 sum = block;

	/* Not the driver's read: see ledger_read.c. */
	kasan_disable_current();
	/* A block may cross a page. */
	while (len) {
		size_t run = min_t(size_t, len, PAGE_SIZE - offset_in_page(phys));
		void *page = kmap_local_page(pfn_to_page(PHYS_PFN(phys)));

		sum = jhash(page + offset_in_page(phys), run, sum);
		kunmap_local(page);
		phys += run;
		len -= run;
	}
	kasan_enable_current();
	return sum;
}

/**
 * ledger_sum - note what part of a map holds
 * @map: the map, with room for sums
 * @from: first octet
 * @len: octets, within the map
 *
 * Context: any but NMI; under the ledger's lock once others know of the map.
 */
void ledger_sum(struct ledger_map *map, size_t from, size_t len)
{
	u32 block;

	if (!map->nr_sums || !len)
		return;
	for (block = from / LEDGER_BLOCK;
	     block <= (from + len - 1) / LEDGER_BLOCK; block++)
		map->sums[block] = ledger_block(map, block);
}

/**
 * ledger_sum_holds - does part of a map hold what it held?
 * @map: the map
 * @from: first octet
 * @len: octets, within the map; the blocks that they are in are compared
 *
 * Context: under the ledger's lock.
 * Return: whether it does; true where no sums are kept.
 */
bool ledger_sum_holds(const struct ledger_map *map, size_t from, size_t len)
{
	u32 block;

	if (!map->nr_sums || !len)
		return true;
	for (block = from / LEDGER_BLOCK;
	     block <= (from + len - 1) / LEDGER_BLOCK; block++)
		if (map->sums[block] != ledger_block(map, block))
			return false;
	return true;
}
