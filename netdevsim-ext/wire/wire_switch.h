/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A modelled learning switch. Each member NIC's port is connected to a port of
 * the switch by a wire like any other, so that everything that wires can do
 * works in both directions.
 */
#ifndef NSIM_WIRE_SWITCH_H
#define NSIM_WIRE_SWITCH_H

#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/spinlock.h>

#include "wire_port.h"

#define WIRE_FDB_BITS		10	/* one address a bucket at the default bound */
#define WIRE_FDB_MAX		1024	/* default bound, addresses */
#define WIRE_FDB_LIMIT		65536	/* most that the bound may be */
#define WIRE_AGEING_MS		300000	/* default, as of bridges */

struct wire_switch;
struct wire_switch_port;

/**
 * struct wire_fdb_entry - where an address was seen
 * @node: in the table
 * @age: among all, those seen last at the end
 * @addr: the address; of any VLAN
 * @port: where
 * @seen: jiffies
 */
struct wire_fdb_entry {
	struct hlist_node node;
	struct list_head age;
	u8 addr[ETH_ALEN];
	struct wire_switch_port *port;
	unsigned long seen;
};

/**
 * struct wire_fdb_counters - what the table counted
 * @learned: addresses that were new
 * @moved: addresses seen at another port than before
 * @aged: addresses forgotten because they were silent
 * @full: addresses not learned for want of room
 * @no_memory: addresses not learned for want of memory
 */
struct wire_fdb_counters {
	u64 learned;
	u64 moved;
	u64 aged;
	u64 full;
	u64 no_memory;
};

/**
 * struct wire_fdb - addresses, and where they are
 * @table: hashed by address
 * @by_age: all, those seen last at the end
 * @nr: how many
 * @max: how many there may be
 * @ageing_ms: how long a silent one is kept, ms
 * @counters: see there
 *
 * All under the switch's lock.
 */
struct wire_fdb {
	DECLARE_HASHTABLE(table, WIRE_FDB_BITS);
	struct list_head by_age;
	u32 nr;
	u32 max;
	u32 ageing_ms;
	struct wire_fdb_counters counters;
};

/**
 * struct wire_switch_port - a port of a switch
 * @node: among the switch's
 * @sw: the switch
 * @port: the switch's end of the wire
 * @member: the NIC's end
 * @dir: debugfs folder
 */
struct wire_switch_port {
	struct list_head node;
	struct wire_switch *sw;
	struct wire_port *port;
	struct wire_port *member;
	struct dentry *dir;
};

/**
 * struct wire_switch_counters - what a switch counted
 * @received: frames that came in
 * @forwarded: frames sent to the one port where their address is
 * @flooded: frames sent to all other ports
 * @flood_copies: frames that those became
 * @filtered: frames whose address is where they came from, or that have no
 *	other port to go to
 * @malformed: frames shorter than their header, or from a group address
 * @full: frames that found the way out full: lost, as in a switch
 * @no_memory: copies not made for want of memory
 *
 * received == forwarded + flooded + filtered + malformed, and what was lost of
 * the forwarded and the copies is in @full and @no_memory.
 */
struct wire_switch_counters {
	u64 received;
	u64 forwarded;
	u64 flooded;
	u64 flood_copies;
	u64 filtered;
	u64 malformed;
	u64 full;
	u64 no_memory;
};

/**
 * struct wire_switch - a switch
 * @node: among all
 * @name: its name
 * @lock: guards all below but @dir; taken with softirqs off, outside the
 *	locks of ports
 * @ports: its ports; changed under wire_switch_mutex too
 * @nr_ports: their number
 * @fdb: what it has learned
 * @counters: what it counted
 * @dir: debugfs folder
 */
struct wire_switch {
	struct list_head node;
	char name[WIRE_NAME_LEN];
	spinlock_t lock; /* ports, fdb, counters */
	struct list_head ports;
	u32 nr_ports;
	struct wire_fdb fdb;
	struct wire_switch_counters counters;
	struct dentry *dir;
};

void wire_fdb_init(struct wire_fdb *fdb);
void wire_fdb_learn(struct wire_fdb *fdb, const u8 *addr,
		    struct wire_switch_port *port);
struct wire_switch_port *wire_fdb_find(struct wire_fdb *fdb, const u8 *addr);
void wire_fdb_forget(struct wire_fdb *fdb, struct wire_switch_port *port);

int wire_switch_create(const char *name);
int wire_switch_destroy(const char *name);
struct wire_switch *wire_switch_find(const char *name);

void wire_switches_debugfs(struct dentry *dir);
void wire_switch_debugfs(struct wire_switch *sw, struct dentry *parent);

#endif
