// SPDX-License-Identifier: GPL-2.0
/* Switches in debugfs: made, taken away, looked at. */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/seq_file.h>

#include "wire_switch.h"

/**
 * struct wire_switch_verb - what is done with a name that is written
 * @name: of the file
 * @act: 0 or errno
 */
struct wire_switch_verb {
	const char *name;
	int (*act)(const char *name);
};

static const struct wire_switch_verb wire_switch_verbs[] = {
	{ .name = "new", .act = wire_switch_create },
	{ .name = "del", .act = wire_switch_destroy },
};

static ssize_t wire_switch_verb_write(struct file *file, const char __user *buf,
				      size_t count, loff_t *ppos)
{
	const struct wire_switch_verb *verb = file->private_data;
	char word[WIRE_NAME_LEN];
	char *name = wire_word(word, buf, count);
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = verb->act(name);
	return err ?: count;
}

static const struct file_operations wire_switch_verb_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = wire_switch_verb_write,
};

/**
 * wire_switches_debugfs() - make the files new and del
 * @dir: their folder
 *
 * Context: process context.
 */
void wire_switches_debugfs(struct dentry *dir)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(wire_switch_verbs); i++)
		debugfs_create_file(wire_switch_verbs[i].name, 0200, dir,
				    (void *)&wire_switch_verbs[i],
				    &wire_switch_verb_fops);
}

static int wire_fdb_show(struct seq_file *m, void *unused)
{
	struct wire_switch *sw = m->private;
	struct wire_fdb_entry *entry;
	unsigned int i;

	/* The lock keeps frames waiting: a bucket at a time. */
	for (i = 0; i < HASH_SIZE(sw->fdb.table); i++) {
		spin_lock_bh(&sw->lock);
		hlist_for_each_entry(entry, &sw->fdb.table[i], node)
			seq_printf(m, "addr %pM port %s age_ms %u\n",
				   entry->addr,
				   wire_port_name(entry->port->member),
				   jiffies_to_msecs(jiffies - entry->seen));
		spin_unlock_bh(&sw->lock);
		cond_resched();
	}
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(wire_fdb);

static int wire_switch_ports_show(struct seq_file *m, void *unused)
{
	struct wire_switch *sw = m->private;
	struct wire_switch_port *port;

	spin_lock_bh(&sw->lock);
	list_for_each_entry(port, &sw->ports, node)
		seq_printf(m, "%s\n", wire_port_name(port->member));
	spin_unlock_bh(&sw->lock);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(wire_switch_ports);

static int wire_switch_counters_show(struct seq_file *m, void *unused)
{
	struct wire_switch *sw = m->private;
	struct wire_switch_counters c;
	struct wire_fdb_counters f;
	u32 nr;

	spin_lock_bh(&sw->lock);
	c = sw->counters;
	f = sw->fdb.counters;
	nr = sw->fdb.nr;
	spin_unlock_bh(&sw->lock);
	seq_printf(m, "received %llu\n", c.received);
	seq_printf(m, "forwarded %llu\n", c.forwarded);
	seq_printf(m, "flooded %llu\n", c.flooded);
	seq_printf(m, "flood_copies %llu\n", c.flood_copies);
	seq_printf(m, "filtered %llu\n", c.filtered);
	seq_printf(m, "malformed %llu\n", c.malformed);
	seq_printf(m, "full %llu\n", c.full);
	seq_printf(m, "no_memory %llu\n", c.no_memory);
	seq_printf(m, "fdb_entries %u\n", nr);
	seq_printf(m, "fdb_learned %llu\n", f.learned);
	seq_printf(m, "fdb_moved %llu\n", f.moved);
	seq_printf(m, "fdb_aged %llu\n", f.aged);
	seq_printf(m, "fdb_full %llu\n", f.full);
	seq_printf(m, "fdb_no_memory %llu\n", f.no_memory);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(wire_switch_counters);

static int wire_switch_max_get(void *data, u64 *val)
{
	struct wire_switch *sw = data;

	*val = READ_ONCE(sw->fdb.max);
	return 0;
}

static int wire_switch_max_set(void *data, u64 val)
{
	struct wire_switch *sw = data;

	if (!val || val > WIRE_FDB_LIMIT)
		return -EINVAL;
	spin_lock_bh(&sw->lock);
	sw->fdb.max = val;
	/* What is beyond the new bound must not stay: learn anew. */
	if (sw->fdb.nr > val)
		wire_fdb_forget(&sw->fdb, NULL);
	spin_unlock_bh(&sw->lock);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(wire_switch_max_fops, wire_switch_max_get,
			 wire_switch_max_set, "%llu\n");

static int wire_switch_ageing_get(void *data, u64 *val)
{
	struct wire_switch *sw = data;

	*val = READ_ONCE(sw->fdb.ageing_ms);
	return 0;
}

static int wire_switch_ageing_set(void *data, u64 val)
{
	struct wire_switch *sw = data;

	if (val > INT_MAX)
		return -EINVAL;
	spin_lock_bh(&sw->lock);
	sw->fdb.ageing_ms = val;
	spin_unlock_bh(&sw->lock);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(wire_switch_ageing_fops, wire_switch_ageing_get,
			 wire_switch_ageing_set, "%llu\n");

static int wire_switch_flush_set(void *data, u64 val)
{
	struct wire_switch *sw = data;

	spin_lock_bh(&sw->lock);
	wire_fdb_forget(&sw->fdb, NULL);
	spin_unlock_bh(&sw->lock);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(wire_switch_flush_fops, NULL, wire_switch_flush_set,
			 "%llu\n");

/**
 * wire_switch_debugfs() - make the folder of a switch
 * @sw: the switch, with a name
 * @parent: where
 *
 * Context: process context.
 */
void wire_switch_debugfs(struct wire_switch *sw, struct dentry *parent)
{
	struct dentry *dir = debugfs_create_dir(sw->name, parent);

	sw->dir = dir;
	debugfs_create_file("ports", 0400, dir, sw, &wire_switch_ports_fops);
	debugfs_create_file("fdb", 0400, dir, sw, &wire_fdb_fops);
	debugfs_create_file("counters", 0400, dir, sw,
			    &wire_switch_counters_fops);
	debugfs_create_file_unsafe("fdb_max", 0600, dir, sw,
				   &wire_switch_max_fops);
	debugfs_create_file_unsafe("ageing_ms", 0600, dir, sw,
				   &wire_switch_ageing_fops);
	debugfs_create_file_unsafe("flush", 0200, dir, sw,
				   &wire_switch_flush_fops);
}
