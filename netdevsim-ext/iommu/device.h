/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the emulated IOMMU know of a device and of its domain.
 *
 * Locks, outermost first: nsim_domain.lock, nsim_iotlb.lock. All of them are
 * taken with IRQs off, because the DMA API is called with IRQs off. A device
 * and its domain find each other under RCU.
 */
#ifndef NSIM_IOMMU_DEVICE_H
#define NSIM_IOMMU_DEVICE_H

#include <linux/iommu.h>
#include <linux/percpu.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "fault.h"
#include "inject.h"
#include "iotlb.h"
#include "nsim_iommu.h"
#include "table.h"

enum nsim_stat {
	NSIM_STAT_MAPS,
	NSIM_STAT_MAP_FAILURES,
	NSIM_STAT_UNMAPS,
	NSIM_STAT_PAGES_MAPPED,
	NSIM_STAT_PAGES_UNMAPPED,
	NSIM_STAT_IOTLB_HITS,
	NSIM_STAT_IOTLB_MISSES,
	NSIM_STAT_IOTLB_STALE,
	NSIM_STAT_IOTLB_FLUSHES,
	NSIM_STAT_FAULTS,
	NSIM_STATS
};

struct nsim_stats {
	u64 n[NSIM_STATS];
};

struct nsim_iommu_dev;
struct nsim_ledger;

/**
 * struct nsim_domain - an address space
 * @domain: what the IOMMU core knows of it
 * @table: its page table
 * @lock: held for reading over a translation and the copy that it serves, for
 *	writing while entries are taken out of the table. So when unmap returns
 *	nothing is being copied through what it unmapped.
 * @nd: the device attached, at most one; NULL when detached
 */
struct nsim_domain {
	struct iommu_domain domain;
	struct nsim_table table;
	rwlock_t lock;
	struct nsim_iommu_dev __rcu *nd;
};

/**
 * struct nsim_iommu_dev - a device behind the emulated IOMMU
 * @pdev: the device that the DMA API is given
 * @domain: the address space it is attached to; NULL: all is blocked
 * @stats: counters
 * @iotlb: translations it remembers
 * @faults: accesses it was refused
 * @ddir: its debugfs folder
 * @stream: the id by which the IOMMU knows it, as in its fwspec
 * @mode: the mode asked for
 * @identity: it is attached to the identity domain: no translation
 * @release: takes it away when its last page is unmapped
 * @ledger: its DMA ledger, when open; RCU
 * @dma_dir: that one's debugfs folder
 * @armed: bit 0: @fail_map may fire
 * @fail_map: maps that are to fail
 */
struct nsim_iommu_dev {
	struct platform_device *pdev;
	struct nsim_domain __rcu *domain;
	struct nsim_stats __percpu *stats;
	struct nsim_iotlb iotlb;
	struct nsim_fault_log faults;
	struct dentry *ddir;
	u32 stream;
	enum nsim_iommu_mode mode;
	bool identity;
	struct delayed_work release;
	struct nsim_ledger __rcu *ledger;
	struct dentry *dma_dir;
	unsigned long armed;
	struct nsim_inject fail_map;
};

static inline void nsim_stat_add(struct nsim_iommu_dev *nd,
				 enum nsim_stat stat, u64 n)
{
	this_cpu_add(nd->stats->n[stat], n);
}

struct nsim_iommu_dev *nsim_iommu_dev_of(struct device *dev);
struct nsim_iommu_dev *nsim_iommu_dev_by_stream(u32 stream);

extern struct iommu_device nsim_iommu;
extern const struct iommu_ops nsim_iommu_ops;

void nsim_iommu_debugfs_init(void);
void nsim_iommu_debugfs_exit(void);
void nsim_iommu_debugfs_add(struct nsim_iommu_dev *nd, struct dentry *parent);
void nsim_iommu_debugfs_del(struct nsim_iommu_dev *nd);
const char *nsim_iommu_mode_name(enum nsim_iommu_mode mode);

#endif
