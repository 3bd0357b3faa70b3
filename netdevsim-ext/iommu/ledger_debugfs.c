// SPDX-License-Identifier: GPL-2.0
/*
 * The dma/ folder of a device: open, sums, reads, counters, live, gone, owners,
 * faults. The files of a closed ledger are empty.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "device.h"
#include "ledger.h"

static const char *ledger_dir_name(enum dma_data_direction dir)
{
	switch (dir) {
	case DMA_TO_DEVICE:
		return "to-device";
	case DMA_FROM_DEVICE:
		return "from-device";
	case DMA_BIDIRECTIONAL:
		return "both";
	default:
		return "none";
	}
}

static void ledger_show_stack(struct seq_file *m, const char *word,
			      const struct ledger_stack *stack)
{
	unsigned int i;

	seq_printf(m, " %s ", word);
	if (!stack->nr)
		seq_puts(m, "unknown");
	for (i = 0; i < stack->nr; i++)
		seq_printf(m, "%s%pS", i ? "<-" : "", (void *)stack->pc[i]);
}

static int ledger_counters_show(struct seq_file *m, void *unused)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(m->private);
	struct ledger_counters c;
	bool incomplete;
	int i;

	if (!ledger)
		goto out;
	spin_lock_irq(&ledger->lock);
	c = ledger->counters;
	incomplete = ledger->incomplete;
	spin_unlock_irq(&ledger->lock);
	seq_printf(m, "complete %d\n", !incomplete);
	seq_printf(m, "maps %llu\n", c.maps);
	seq_printf(m, "map_failures %llu\n", c.map_failures);
	seq_printf(m, "alloc_failures %llu\n", c.alloc_failures);
	seq_printf(m, "unmaps %llu\n", c.unmaps);
	seq_printf(m, "allocs %llu\n", c.allocs);
	seq_printf(m, "frees %llu\n", c.frees);
	seq_printf(m, "syncs_for_cpu %llu\n", c.syncs_cpu);
	seq_printf(m, "syncs_for_device %llu\n", c.syncs_device);
	seq_printf(m, "bytes_mapped %llu\n", c.bytes_mapped);
	seq_printf(m, "bytes_unmapped %llu\n", c.bytes_unmapped);
	seq_printf(m, "live %llu\n", c.live);
	seq_printf(m, "live_bytes %llu\n", c.live_bytes);
	seq_printf(m, "high_water %llu\n", c.high_water);
	seq_printf(m, "high_water_bytes %llu\n", c.high_water_bytes);
	seq_printf(m, "device_reads %llu\n", c.device_reads);
	seq_printf(m, "device_writes %llu\n", c.device_writes);
	seq_printf(m, "device_read_bytes %llu\n", c.device_read_bytes);
	seq_printf(m, "device_write_bytes %llu\n", c.device_write_bytes);
	seq_printf(m, "untracked %llu\n", c.untracked);
	seq_printf(m, "no_memory %llu\n", c.no_memory);
	seq_printf(m, "owners_full %llu\n", c.owners_full);
	for (i = LEDGER_OK + 1; i < LEDGER_KINDS; i++)
		seq_printf(m, "fault_%s %llu\n", ledger_kind_name(i),
			   c.faults[i]);
out:
	nsim_ledger_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ledger_counters);

/**
 * struct ledger_row - what is shown of a map
 * @addr: see struct ledger_map
 * @len: likewise
 * @dir: likewise
 * @coherent: likewise
 * @cookie: likewise
 * @time: likewise
 * @mapper: likewise
 * @unmapper: likewise
 */
struct ledger_row {
	dma_addr_t addr;
	size_t len;
	enum dma_data_direction dir;
	bool coherent;
	u64 cookie;
	ktime_t time;
	struct ledger_stack mapper;
	struct ledger_stack unmapper;
};

/* Names are looked up when the lock is free again: a copy first. */
static size_t ledger_copy(struct nsim_ledger *ledger, struct rb_root *maps,
			  struct ledger_row *rows, size_t max)
{
	struct ledger_map *map;
	struct rb_node *node;
	size_t n = 0;

	spin_lock_irq(&ledger->lock);
	for (node = rb_first(maps); node && n < max; node = rb_next(node)) {
		map = rb_entry(node, struct ledger_map, node);
		rows[n++] = (struct ledger_row) {
			.addr = map->addr,
			.len = map->len,
			.dir = map->dir,
			.coherent = map->coherent,
			.cookie = map->cookie,
			.time = map->time,
			.mapper = map->mapper,
			.unmapper = map->unmapper,
		};
	}
	spin_unlock_irq(&ledger->lock);
	return n;
}

static void ledger_show_map(struct seq_file *m, const struct ledger_row *row)
{
	seq_printf(m, "map %llu addr %pad len %zu dir %s kind %s age_us %lld",
		   row->cookie, &row->addr, row->len,
		   ledger_dir_name(row->dir),
		   row->coherent ? "coherent" : "streaming",
		   ktime_us_delta(ktime_get(), row->time));
	ledger_show_stack(m, "by", &row->mapper);
	if (row->unmapper.nr)
		ledger_show_stack(m, "unmapped_by", &row->unmapper);
	seq_putc(m, '\n');
}

/* Under the ledgers' mutex: at most @max maps of a tree. */
static int ledger_show_maps(struct seq_file *m, struct nsim_ledger *ledger,
			    struct rb_root *maps, size_t max)
{
	struct ledger_row *rows;
	size_t n, i;

	rows = kvcalloc(max ?: 1, sizeof(*rows), GFP_KERNEL);
	if (!rows)
		return -ENOMEM;
	n = ledger_copy(ledger, maps, rows, max);
	for (i = 0; i < n; i++)
		ledger_show_map(m, &rows[i]);
	kvfree(rows);
	return 0;
}

static int ledger_live_show(struct seq_file *m, void *unused)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(m->private);
	int err = 0;

	if (ledger)
		err = ledger_show_maps(m, ledger, &ledger->live,
				       READ_ONCE(ledger->counters.live));
	nsim_ledger_unlock();
	return err;
}
DEFINE_SHOW_ATTRIBUTE(ledger_live);

static int ledger_gone_show(struct seq_file *m, void *unused)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(m->private);
	int err = 0;

	if (ledger)
		err = ledger_show_maps(m, ledger, &ledger->gone, LEDGER_GONE);
	nsim_ledger_unlock();
	return err;
}
DEFINE_SHOW_ATTRIBUTE(ledger_gone);

static int ledger_owners_show(struct seq_file *m, void *unused)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(m->private);
	struct ledger_owner owner;
	unsigned int i;

	/* Rows are only ever added. */
	for (i = 0; ledger && i < READ_ONCE(ledger->nr_owners); i++) {
		spin_lock_irq(&ledger->lock);
		owner = ledger->owners[i];
		spin_unlock_irq(&ledger->lock);
		seq_printf(m, "maps %llu unmaps %llu live %llu bytes %llu",
			   owner.maps, owner.unmaps,
			   owner.maps - owner.unmaps, owner.bytes);
		ledger_show_stack(m, "by", &owner.stack);
		seq_putc(m, '\n');
	}
	nsim_ledger_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ledger_owners);

static void ledger_show_fault(struct seq_file *m, const struct ledger_fault *f)
{
	seq_printf(m, "kind %s time_ns %lld", ledger_kind_name(f->kind),
		   ktime_to_ns(f->time));
	seq_printf(m, " by %s", !f->by_device ? "driver" :
		   f->write ? "device-write" : "device-read");
	seq_printf(m, " addr %pad len %zu", &f->addr, f->len);
	if (f->known) {
		seq_printf(m, " offset %lld map %llu map_addr %pad map_len %zu map_dir %s map_age_us %lld",
			   (s64)(f->addr - f->map_addr), f->map_cookie,
			   &f->map_addr, f->map_len,
			   ledger_dir_name(f->map_dir),
			   ktime_us_delta(f->time, f->map_time));
		ledger_show_stack(m, "mapped_by", &f->mapper);
	}
	if (f->other.nr)
		ledger_show_stack(m, f->kind == LEDGER_STALE ||
				  f->kind == LEDGER_TWICE ? "unmapped_by" :
				  "done_by", &f->other);
	seq_putc(m, '\n');
}

/* Newest first. */
static int ledger_faults_show(struct seq_file *m, void *unused)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(m->private);
	struct ledger_fault *f;
	u64 nr, i;
	int err = 0;

	f = kmalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		err = -ENOMEM;
	nr = f && ledger ? READ_ONCE(ledger->nr_faults) : 0;
	for (i = 0; i < min_t(u64, nr, LEDGER_FAULTS); i++) {
		spin_lock_irq(&ledger->lock);
		*f = ledger->faults[(nr - 1 - i) % LEDGER_FAULTS];
		spin_unlock_irq(&ledger->lock);
		ledger_show_fault(m, f);
	}
	kfree(f);
	nsim_ledger_unlock();
	return err;
}
DEFINE_SHOW_ATTRIBUTE(ledger_faults);

static int ledger_open_get(void *data, u64 *val)
{
	*val = !!nsim_ledger_lock(data);
	nsim_ledger_unlock();
	return 0;
}

static int ledger_open_set(void *data, u64 val)
{
	if (val > 1)
		return -EINVAL;
	if (val)
		return nsim_ledger_open(data);
	nsim_ledger_close(data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ledger_open_fops, ledger_open_get, ledger_open_set,
			 "%llu\n");

static int ledger_sums_get(void *data, u64 *val)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(data);

	*val = ledger && ledger->sums;
	nsim_ledger_unlock();
	return 0;
}

static int ledger_sums_set(void *data, u64 val)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(data);
	int err = 0;

	if (val > 1)
		err = -EINVAL;
	else if (!ledger)
		err = -ENODATA;
	else
		WRITE_ONCE(ledger->sums, val);
	nsim_ledger_unlock();
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(ledger_sums_fops, ledger_sums_get, ledger_sums_set,
			 "%llu\n");

static int ledger_reads_get(void *data, u64 *val)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(data);

	*val = ledger && ledger->reads;
	nsim_ledger_unlock();
	return 0;
}

static int ledger_reads_set(void *data, u64 val)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(data);
	int err;

	if (val > 1)
		err = -EINVAL;
	else if (!ledger)
		err = -ENODATA;
	else
		err = ledger_watch_reads(ledger, val);
	nsim_ledger_unlock();
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(ledger_reads_fops, ledger_reads_get, ledger_reads_set,
			 "%llu\n");

/**
 * nsim_ledger_debugfs - make the dma/ folder
 * @nd: the device
 * @parent: where
 *
 * Context: process. debugfs_remove(nd->dma_dir) takes it away.
 */
void nsim_ledger_debugfs(struct nsim_iommu_dev *nd, struct dentry *parent)
{
	struct dentry *dir = debugfs_create_dir("dma", parent);

	nd->dma_dir = dir;
	debugfs_create_file_unsafe("open", 0600, dir, nd, &ledger_open_fops);
	debugfs_create_file_unsafe("sums", 0600, dir, nd, &ledger_sums_fops);
	debugfs_create_file_unsafe("reads", 0600, dir, nd, &ledger_reads_fops);
	debugfs_create_file("counters", 0400, dir, nd, &ledger_counters_fops);
	debugfs_create_file("live", 0400, dir, nd, &ledger_live_fops);
	debugfs_create_file("gone", 0400, dir, nd, &ledger_gone_fops);
	debugfs_create_file("owners", 0400, dir, nd, &ledger_owners_fops);
	debugfs_create_file("faults", 0400, dir, nd, &ledger_faults_fops);
}
