// SPDX-License-Identifier: GPL-2.0
/* Maps of a ledger, found by bus address. */

#include "ledger.h"

static struct ledger_map *ledger_entry(struct rb_node *node)
{
	return rb_entry_safe(node, struct ledger_map, node);
}

/**
 * ledger_insert - add a map to a tree
 * @root: the tree
 * @map: the map; of equal addresses the one added last comes last
 *
 * Context: under the ledger's lock.
 */
void ledger_insert(struct rb_root *root, struct ledger_map *map)
{
	struct rb_node **at = &root->rb_node;
	struct rb_node *parent = NULL;

	while (*at) {
		parent = *at;
		at = map->addr < ledger_entry(parent)->addr ?
		     &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&map->node, parent, at);
	rb_insert_color(&map->node, root);
}

/**
 * ledger_at - the map that begins at or before an address
 * @root: the tree
 * @addr: bus address
 *
 * Context: under the ledger's lock.
 * Return: the last such map, or NULL.
 */
struct ledger_map *ledger_at(struct rb_root *root, dma_addr_t addr)
{
	struct rb_node *node = root->rb_node;
	struct ledger_map *found = NULL;

	while (node) {
		struct ledger_map *map = ledger_entry(node);

		if (map->addr <= addr) {
			found = map;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

/**
 * ledger_prev - the map before this one
 * @map: a map in a tree
 *
 * Context: under the ledger's lock.
 * Return: the map, or NULL.
 */
struct ledger_map *ledger_prev(struct ledger_map *map)
{
	return ledger_entry(rb_prev(&map->node));
}

/* No two maps share a page, so what is in a map's pages is beside that map. */
static bool ledger_near(const struct ledger_map *map, dma_addr_t addr)
{
	return addr >= round_down(map->addr, PAGE_SIZE) &&
	       addr < round_up(map->addr + map->len, PAGE_SIZE);
}

/**
 * ledger_around - the map in whose pages an address is
 * @root: the tree
 * @addr: bus address
 *
 * Context: under the ledger's lock.
 * Return: the map, the newest of several, or NULL.
 */
struct ledger_map *ledger_around(struct rb_root *root, dma_addr_t addr)
{
	struct ledger_map *map = ledger_at(root, addr);
	struct ledger_map *next;

	if (map && ledger_near(map, addr))
		return map;
	/* Before the first octet of a map, in its first page. */
	next = ledger_at(root, addr | (PAGE_SIZE - 1));
	return next && ledger_near(next, addr) ? next : NULL;
}
