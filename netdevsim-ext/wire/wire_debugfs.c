// SPDX-License-Identifier: GPL-2.0
/* The wire/ folder of a port in debugfs: settings, counters, switch. */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "wire_port.h"

static int wire_seed_set(void *data, u64 val)
{
	struct wire_port *port = data;

	spin_lock_bh(&port->tx_lock);
	wire_impair_seed(&port->impair, val);
	wire_line_seed(&port->line, val);
	spin_unlock_bh(&port->tx_lock);
	return 0;
}

static int wire_seed_get(void *data, u64 *val)
{
	struct wire_port *port = data;

	spin_lock_bh(&port->tx_lock);
	*val = port->impair.seed;
	spin_unlock_bh(&port->tx_lock);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(wire_seed_fops, wire_seed_get, wire_seed_set,
			 "%llu\n");

/**
 * struct wire_knob_row - a number that can be set
 * @name: the file's name
 * @offset: where in struct wire_port it is
 * @min: smallest value
 * @max: largest
 * @set: where more is to be done than to store it; under tx_lock
 */
struct wire_knob_row {
	const char *name;
	size_t offset;
	u64 min;
	u64 max;
	void (*set)(struct wire_port *port, u64 val);
};

#define WIRE_ROW(_name, _member, _min, _max, ...) \
	{ .name = _name, .offset = offsetof(struct wire_port, _member), \
	  .min = _min, .max = _max, __VA_ARGS__ }

static const struct wire_knob_row wire_knob_rows[] = {
	WIRE_ROW("loss_ppm", impair.loss_ppm, 0, WIRE_PPM),
	WIRE_ROW("dup_ppm", impair.dup_ppm, 0, WIRE_PPM),
	WIRE_ROW("reorder_ppm", impair.reorder_ppm, 0, WIRE_PPM),
	WIRE_ROW("reorder_gap", impair.gap, 1, WIRE_REORDER_GAP_MAX),
	WIRE_ROW("corrupt_ppm", impair.corrupt_ppm, 0, WIRE_PPM),
	WIRE_ROW("rate_bps", line.rate_bps, 0, 1000 * NSEC_PER_SEC,
		 .set = wire_line_set_rate),
	WIRE_ROW("queue_frames", line.queue_max, 1, WIRE_LINE_FRAMES),
	WIRE_ROW("latency_ns", line.latency_ns, 0, WIRE_DELAY_MAX),
	WIRE_ROW("jitter_ns", line.jitter_ns, 0, WIRE_DELAY_MAX),
};

static u64 *wire_knob_value(const struct wire_knob *knob)
{
	return (void *)knob->port + knob->row->offset;
}

static int wire_knob_set(void *data, u64 val)
{
	struct wire_knob *knob = data;

	if (val < knob->row->min || val > knob->row->max)
		return -EINVAL;
	spin_lock_bh(&knob->port->tx_lock);
	if (knob->row->set)
		knob->row->set(knob->port, val);
	else
		*wire_knob_value(knob) = val;
	spin_unlock_bh(&knob->port->tx_lock);
	return 0;
}

static int wire_knob_get(void *data, u64 *val)
{
	*val = READ_ONCE(*wire_knob_value(data));
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(wire_knob_fops, wire_knob_get, wire_knob_set,
			 "%llu\n");

static void wire_knobs(struct wire_port *port)
{
	struct wire_knob *knob = port->knobs;
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(wire_knob_rows) > WIRE_KNOBS);
	for (i = 0; i < ARRAY_SIZE(wire_knob_rows); i++, knob++) {
		knob->port = port;
		knob->row = &wire_knob_rows[i];
		debugfs_create_file_unsafe(knob->row->name, 0600, port->dir,
					   knob, &wire_knob_fops);
	}
}

static int wire_switch_show(struct seq_file *m, void *unused)
{
	char name[WIRE_NAME_LEN];

	wire_switch_of(m->private, name);
	seq_printf(m, "%s\n", name);
	return 0;
}

static int wire_switch_open(struct inode *inode, struct file *file)
{
	return single_open(file, wire_switch_show, inode->i_private);
}

/**
 * wire_word() - a word from user space
 * @word: room for WIRE_NAME_LEN octets
 * @buf: what was written
 * @count: octets of it
 *
 * Context: process context.
 * Return: the word in @word, without blanks around it; ERR_PTR(-EINVAL): too
 * long, ERR_PTR(-EFAULT).
 */
char *wire_word(char *word, const char __user *buf, size_t count)
{
	if (count >= WIRE_NAME_LEN)
		return ERR_PTR(-EINVAL);
	if (copy_from_user(word, buf, count))
		return ERR_PTR(-EFAULT);
	word[count] = '\0';
	return strim(word);
}

/* The name of a switch joins it; an empty line leaves. */
static ssize_t wire_switch_write(struct file *file, const char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	struct wire_port *port = m->private;
	char word[WIRE_NAME_LEN];
	char *name = wire_word(word, buf, count);
	int err = 0;

	if (IS_ERR(name))
		return PTR_ERR(name);
	if (*name)
		err = wire_switch_join(name, port);
	else
		wire_switch_leave(port);
	return err ?: count;
}

static const struct file_operations wire_switch_fops = {
	.owner = THIS_MODULE,
	.open = wire_switch_open,
	.release = single_release,
	.read = seq_read,
	.write = wire_switch_write,
	.llseek = seq_lseek,
};

static int wire_snaplen_set(void *data, u64 val)
{
	struct wire_port *port = data;

	if (!val || val > WIRE_SNAPLEN_MAX)
		return -EINVAL;
	WRITE_ONCE(port->tx_capture.snaplen, val);
	WRITE_ONCE(port->rx_capture.snaplen, val);
	return 0;
}

static int wire_snaplen_get(void *data, u64 *val)
{
	struct wire_port *port = data;

	*val = READ_ONCE(port->tx_capture.snaplen);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(wire_snaplen_fops, wire_snaplen_get, wire_snaplen_set,
			 "%llu\n");

static int wire_counters_show(struct seq_file *m, void *unused)
{
	struct wire_port *port = m->private;
	struct wire_port_counters c;

	wire_port_counters(port, &c);
	seq_printf(m, "sent %llu\n", c.sent);
	seq_printf(m, "delivered %llu\n", c.delivered);
	seq_printf(m, "lost %llu\n", c.lost);
	seq_printf(m, "duplicated %llu\n", c.duplicated);
	seq_printf(m, "held %llu\n", c.held);
	seq_printf(m, "reordered %llu\n", c.reordered);
	seq_printf(m, "corrupted %llu\n", c.corrupted);
	seq_printf(m, "delayed %llu\n", c.delayed);
	seq_printf(m, "under_way %llu\n", c.under_way);
	seq_printf(m, "queued %llu\n", c.queued);
	seq_printf(m, "queue_peak %llu\n", c.queue_peak);
	seq_printf(m, "no_link %llu\n", c.no_link);
	seq_printf(m, "cut %llu\n", c.cut);
	seq_printf(m, "no_memory %llu\n", c.no_memory);
	seq_printf(m, "backpressure %llu\n", c.backpressure);
	seq_printf(m, "queue_full %llu\n", c.queue_full);
	seq_printf(m, "overrun %llu\n", c.overrun);
	seq_printf(m, "received %llu\n", c.received);
	seq_printf(m, "missed %llu\n", c.missed);
	seq_printf(m, "pauses_sent %llu\n", c.pauses_sent);
	seq_printf(m, "pauses_heard %llu\n", c.pauses_heard);
	seq_printf(m, "capture_drops %llu\n", c.capture_drops);
	seq_printf(m, "replayed %llu\n", c.replayed);
	seq_printf(m, "replay_errors %llu\n", c.replay_errors);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(wire_counters);

/**
 * wire_port_debugfs() - make the wire/ folder
 * @port: the port; its dir is set
 * @ddir: folder to make it in
 *
 * A folder that could not be made is no error: the wire works without it.
 *
 * Context: process context.
 */
void wire_port_debugfs(struct wire_port *port, struct dentry *ddir)
{
	struct dentry *dir = debugfs_create_dir("wire", ddir);

	port->dir = dir;
	debugfs_create_file_unsafe("seed", 0600, dir, port, &wire_seed_fops);
	wire_knobs(port);
	debugfs_create_file_unsafe("snaplen", 0600, dir, port,
				   &wire_snaplen_fops);
	debugfs_create_file("counters", 0400, dir, port, &wire_counters_fops);
	debugfs_create_file("replay", 0200, dir, port, &wire_replay_fops);
	/*
	 * A switch's own ports join none; and they go under the lock that
	 * this file takes, when debugfs waits for its readers.
	 */
	if (!wire_switch_owns(port))
		debugfs_create_file("switch", 0600, dir, port,
				    &wire_switch_fops);
	wire_capture_debugfs(&port->tx_capture, "tx.pcap", dir);
	wire_capture_debugfs(&port->rx_capture, "rx.pcap", dir);
}
