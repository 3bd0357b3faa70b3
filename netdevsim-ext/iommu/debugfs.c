// SPDX-License-Identifier: GPL-2.0
/*
 * iommu/mode, iommu/counters, iommu/faults and iommu/fail_map of a device.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "device.h"
#include "ledger.h"

/* For devices that were given no folder to be shown in. */
static struct dentry *nsim_iommu_ddir;

static int mode_show(struct seq_file *m, void *v)
{
	struct nsim_iommu_dev *nd = m->private;

	seq_printf(m, "%s\n",
		   nsim_iommu_mode_name(nsim_iommu_mode(&nd->pdev->dev)));

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mode);

static int counters_show(struct seq_file *m, void *v)
{
	struct nsim_iommu_dev *nd = m->private;
	struct nsim_iommu_counters c;

	nsim_iommu_counters(&nd->pdev->dev, &c);
	seq_printf(m, "maps %llu\n", c.maps);
	seq_printf(m, "map_failures %llu\n", c.map_failures);
	seq_printf(m, "unmaps %llu\n", c.unmaps);
	seq_printf(m, "pages_mapped %llu\n", c.pages_mapped);
	seq_printf(m, "pages_live %llu\n", c.pages_live);
	seq_printf(m, "iotlb_hits %llu\n", c.iotlb_hits);
	seq_printf(m, "iotlb_misses %llu\n", c.iotlb_misses);
	seq_printf(m, "iotlb_stale %llu\n", c.iotlb_stale);
	seq_printf(m, "iotlb_flushes %llu\n", c.iotlb_flushes);
	seq_printf(m, "faults %llu\n", c.faults);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

/* Newest first; time is monotonic, nearly that of the kernel log. */
static int faults_show(struct seq_file *m, void *v)
{
	struct nsim_iommu_dev *nd = m->private;
	struct nsim_iommu_fault *faults, *f;
	unsigned int i, n;

	faults = kcalloc(NSIM_FAULT_RING, sizeof(*faults), GFP_KERNEL);
	if (!faults)
		return -ENOMEM;

	n = nsim_fault_newest(&nd->faults, faults, NSIM_FAULT_RING);
	for (i = 0; i < n; i++) {
		f = &faults[i];
		seq_printf(m, "time_ns %lld addr %pad len %zu dir %s kind %s\n",
			   ktime_to_ns(f->time), &f->addr, f->len,
			   f->write ? "write" : "read",
			   nsim_fault_kind_name(f->kind));
	}
	kfree(faults);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(faults);

/* Whoever maps for a device must bear that it fails: this asks for it. */
static int fail_map_get(void *data, u64 *val)
{
	struct nsim_iommu_dev *nd = data;

	*val = READ_ONCE(nd->fail_map.nth);

	return 0;
}

static int fail_map_set(void *data, u64 val)
{
	struct nsim_iommu_dev *nd = data;

	if (val > INT_MAX)
		return -ERANGE;
	nsim_inject_nth(&nd->fail_map, val);

	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_map_fops, fail_map_get, fail_map_set, "%llu\n");

static int iotlb_entries_get(void *data, u64 *val)
{
	struct nsim_iommu_dev *nd = data;

	*val = READ_ONCE(nd->iotlb.nr_sets) * NSIM_IOTLB_WAYS;

	return 0;
}

static int iotlb_entries_set(void *data, u64 val)
{
	struct nsim_iommu_dev *nd = data;

	return nsim_iotlb_resize(&nd->iotlb, val);
}
DEFINE_DEBUGFS_ATTRIBUTE(iotlb_entries_fops, iotlb_entries_get,
			 iotlb_entries_set, "%llu\n");

static int iotlb_cost_get(void *data, u64 *val)
{
	*val = READ_ONCE(*(u32 *)data);

	return 0;
}

static int iotlb_cost_set(void *data, u64 val)
{
	if (val > NSIM_IOTLB_MAX_COST_NS)
		return -ERANGE;
	WRITE_ONCE(*(u32 *)data, val);

	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(iotlb_cost_fops, iotlb_cost_get, iotlb_cost_set,
			 "%llu\n");

/**
 * nsim_iommu_debugfs_add - show a device
 * @nd: the device
 * @parent: where its folder "iommu" goes; NULL: a folder of its own name under
 *	the module's
 *
 * Its ledger's folder "dma" goes beside that, or into the folder of its name.
 *
 * Context: process. nsim_iommu_debugfs_del() takes it away.
 */
void nsim_iommu_debugfs_add(struct nsim_iommu_dev *nd, struct dentry *parent)
{
	if (parent)
		nd->ddir = debugfs_create_dir("iommu", parent);
	else
		nd->ddir = debugfs_create_dir(dev_name(&nd->pdev->dev),
					      nsim_iommu_ddir);

	debugfs_create_file("mode", 0400, nd->ddir, nd, &mode_fops);
	debugfs_create_file("counters", 0400, nd->ddir, nd, &counters_fops);
	debugfs_create_file("faults", 0400, nd->ddir, nd, &faults_fops);
	debugfs_create_file_unsafe("fail_map", 0600, nd->ddir, nd,
				   &fail_map_fops);
	debugfs_create_file_unsafe("iotlb_entries", 0600, nd->ddir, nd,
				   &iotlb_entries_fops);
	debugfs_create_file_unsafe("iotlb_miss_ns", 0600, nd->ddir,
				   &nd->iotlb.miss_ns, &iotlb_cost_fops);
	debugfs_create_file_unsafe("iotlb_flush_ns", 0600, nd->ddir,
				   &nd->iotlb.flush_ns, &iotlb_cost_fops);
	nsim_ledger_debugfs(nd, parent ?: nd->ddir);
}

/**
 * nsim_iommu_debugfs_del - show it no more
 * @nd: the device
 *
 * Context: process.
 */
void nsim_iommu_debugfs_del(struct nsim_iommu_dev *nd)
{
	debugfs_remove(nd->dma_dir);
	debugfs_remove(nd->ddir);
	nd->dma_dir = NULL;
	nd->ddir = NULL;
}

/** nsim_iommu_debugfs_init - make the module's folder */
void nsim_iommu_debugfs_init(void)
{
	nsim_iommu_ddir = debugfs_create_dir("nsim_iommu", NULL);
}

/** nsim_iommu_debugfs_exit - take the module's folder away */
void nsim_iommu_debugfs_exit(void)
{
	debugfs_remove(nsim_iommu_ddir);
}
