// SPDX-License-Identifier: GPL-2.0
/*
 * What a modelled switch has learned: a bounded table of addresses. What has
 * grown too old is forgotten when it is looked at, or when room is wanted.
 */

#include <linux/jhash.h>
#include <linux/slab.h>

#include "wire_switch.h"

static u32 wire_fdb_key(const u8 *addr)
{
	return jhash(addr, ETH_ALEN, 0);
}

/**
 * wire_fdb_init() - an empty table
 * @fdb: the table
 */
void wire_fdb_init(struct wire_fdb *fdb)
{
	hash_init(fdb->table);
	INIT_LIST_HEAD(&fdb->by_age);
	fdb->nr = 0;
	fdb->max = WIRE_FDB_MAX;
	fdb->ageing_ms = WIRE_AGEING_MS;
}

static void wire_fdb_drop(struct wire_fdb *fdb, struct wire_fdb_entry *entry)
{
	hash_del(&entry->node);
	list_del(&entry->age);
	kfree(entry);
	fdb->nr--;
}

static bool wire_fdb_old(const struct wire_fdb *fdb,
			 const struct wire_fdb_entry *entry)
{
	return time_after(jiffies, entry->seen +
				   msecs_to_jiffies(fdb->ageing_ms));
}

static struct wire_fdb_entry *wire_fdb_entry(struct wire_fdb *fdb,
					     const u8 *addr)
{
	struct wire_fdb_entry *entry;

	hash_for_each_possible(fdb->table, entry, node, wire_fdb_key(addr))
		if (ether_addr_equal_unaligned(entry->addr, addr))
			return entry;
	return NULL;
}

/* The oldest come first, so each look costs one entry, or what it removes. */
static void wire_fdb_age(struct wire_fdb *fdb)
{
	struct wire_fdb_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &fdb->by_age, age) {
		if (!wire_fdb_old(fdb, entry))
			return;
		wire_fdb_drop(fdb, entry);
		fdb->counters.aged++;
	}
}

static void wire_fdb_add(struct wire_fdb *fdb, const u8 *addr,
			 struct wire_switch_port *port)
{
	struct wire_fdb_entry *entry;

	if (fdb->nr >= fdb->max)
		wire_fdb_age(fdb);
	if (fdb->nr >= fdb->max) {
		fdb->counters.full++;
		return;
	}
	entry = kmalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);
	if (!entry) {
		fdb->counters.no_memory++;
		return;
	}
	ether_addr_copy(entry->addr, addr);
	entry->port = port;
	entry->seen = jiffies;
	hash_add(fdb->table, &entry->node, wire_fdb_key(addr));
	list_add_tail(&entry->age, &fdb->by_age);
	fdb->nr++;
	fdb->counters.learned++;
}

/**
 * wire_fdb_learn() - an address was seen at a port
 * @fdb: the table
 * @addr: source address of a frame, not a group's
 * @port: where the frame came in
 *
 * Context: under the switch's lock.
 */
void wire_fdb_learn(struct wire_fdb *fdb, const u8 *addr,
		    struct wire_switch_port *port)
{
	struct wire_fdb_entry *entry = wire_fdb_entry(fdb, addr);

	if (!entry) {
		wire_fdb_add(fdb, addr, port);
		return;
	}
	if (entry->port != port)
		fdb->counters.moved++;
	entry->port = port;
	entry->seen = jiffies;
	list_move_tail(&entry->age, &fdb->by_age);
}

/**
 * wire_fdb_find() - where is an address?
 * @fdb: the table
 * @addr: the address
 *
 * Context: under the switch's lock.
 * Return: the port, or NULL: not known, or known too long ago.
 */
struct wire_switch_port *wire_fdb_find(struct wire_fdb *fdb, const u8 *addr)
{
	struct wire_fdb_entry *entry = wire_fdb_entry(fdb, addr);

	if (!entry)
		return NULL;
	if (!wire_fdb_old(fdb, entry))
		return entry->port;
	wire_fdb_drop(fdb, entry);
	fdb->counters.aged++;
	return NULL;
}

/**
 * wire_fdb_forget() - forget what is at a port
 * @fdb: the table
 * @port: the port; NULL: all ports
 *
 * Context: under the switch's lock.
 */
void wire_fdb_forget(struct wire_fdb *fdb, struct wire_switch_port *port)
{
	struct wire_fdb_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &fdb->by_age, age)
		if (!port || entry->port == port)
			wire_fdb_drop(fdb, entry);
}
