// SPDX-License-Identifier: GPL-2.0
/* A device's ledger: opened, closed, asked about each access. */
#include <kunit/visibility.h>
#include <linux/dma-map-ops.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "device.h"
#include "ledger.h"

#define LEDGER_LEAKS_SAID	16	/* lines in the log for a device's leaks */

/* Opening, closing and showing. */
static DEFINE_MUTEX(nsim_ledger_mutex);

static bool nsim_ledger_always;
module_param_named(ledger, nsim_ledger_always, bool, 0644);
MODULE_PARM_DESC(ledger, "open the DMA ledger of each device that is made from now on");

static bool nsim_ledger_skips_syncs(const struct device *dev)
{
#ifdef CONFIG_DMA_NEED_SYNC
	return dev->dma_skip_sync;
#else
	return false;
#endif
}

static void nsim_ledger_skip_syncs(struct device *dev, bool skip)
{
#ifdef CONFIG_DMA_NEED_SYNC
	dev->dma_skip_sync = skip;
#endif
}

/**
 * nsim_ledger_hear_syncs - have syncs made, that the ledger hears of
 * @dev: the device; on coherent machines the kernel skips its syncs
 *
 * Context: any.
 */
void nsim_ledger_hear_syncs(struct device *dev)
{
	if (nsim_ledger_skips_syncs(dev))
		nsim_ledger_skip_syncs(dev, false);
}

/*
 * Only as it was, and only where nothing is mapped: the kernel makes syncs
 * itself from the first bounce buffer on, and one that is mapped now needs
 * them. Else they stay on, which costs time and is never wrong.
 */
static void nsim_ledger_restore_syncs(struct nsim_ledger *ledger)
{
	if (ledger->skipped_syncs && !ledger->incomplete &&
	    !ledger->counters.live)
		nsim_ledger_skip_syncs(&ledger->nd->pdev->dev, true);
}

static int nsim_ledger_open_locked(struct nsim_iommu_dev *nd)
{
	struct nsim_iommu_counters counters;
	struct nsim_ledger *ledger;
	int err;

	if (rcu_access_pointer(nd->ledger))
		return 0;
	ledger = kvzalloc(sizeof(*ledger), GFP_KERNEL);
	if (!ledger)
		return -ENOMEM;
	err = ledger_trace_get();
	if (err) {
		kvfree(ledger);
		return err;
	}
	ledger_init(ledger, nd);
	rcu_assign_pointer(nd->ledger, ledger);
	/* What was mapped before this line may have been seen, or not. */
	synchronize_rcu();
	nsim_iommu_counters(&nd->pdev->dev, &counters);
	if (counters.pages_live)
		WRITE_ONCE(ledger->incomplete, true);
	ledger->skipped_syncs = nsim_ledger_skips_syncs(&nd->pdev->dev);
	nsim_ledger_hear_syncs(&nd->pdev->dev);
	return 0;
}

/**
 * nsim_ledger_open - begin a device's ledger
 * @nd: the device; nothing happens when it is open
 *
 * It is complete when nothing is mapped at this moment, with the link down for
 * example; else what was mapped before is counted where it shows up.
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, -EOPNOTSUPP: the kernel has no DMA tracepoints.
 */
int nsim_ledger_open(struct nsim_iommu_dev *nd)
{
	int err;

	mutex_lock(&nsim_ledger_mutex);
	err = nsim_ledger_open_locked(nd);
	mutex_unlock(&nsim_ledger_mutex);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(nsim_ledger_open);

/**
 * nsim_ledger_close - end a device's ledger and forget it
 * @nd: the device; nothing happens when it is closed
 *
 * Context: process, may sleep.
 */
void nsim_ledger_close(struct nsim_iommu_dev *nd)
{
	struct nsim_ledger *ledger;

	mutex_lock(&nsim_ledger_mutex);
	ledger = rcu_replace_pointer(nd->ledger, NULL,
				     lockdep_is_held(&nsim_ledger_mutex));
	if (ledger) {
		ledger_watch_reads(ledger, false);
		ledger_trace_put();
		synchronize_rcu();
		nsim_ledger_restore_syncs(ledger);
		ledger_free(ledger);
		kvfree(ledger);
	}
	mutex_unlock(&nsim_ledger_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(nsim_ledger_close);

/**
 * nsim_ledger_create - a device was made: open its ledger, if that is wanted
 * @nd: the device
 *
 * Context: process, may sleep.
 */
void nsim_ledger_create(struct nsim_iommu_dev *nd)
{
	int err;

	if (!READ_ONCE(nsim_ledger_always))
		return;
	err = nsim_ledger_open(nd);
	if (err)
		dev_warn(&nd->pdev->dev, "no DMA ledger: error %d\n", err);
}

/* Each map that is left, but for those that sockets may hold, names its maker. */
static void nsim_ledger_report(struct nsim_iommu_dev *nd,
			       struct nsim_ledger *ledger, bool but_received)
{
	struct ledger_map *map;
	struct rb_node *node;
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&ledger->lock, flags);
	for (node = rb_first(&ledger->live); node; node = rb_next(node)) {
		map = rb_entry(node, struct ledger_map, node);
		if (but_received && !map->coherent &&
		    map->dir != DMA_TO_DEVICE)
			continue;
		ledger_fault(ledger, LEDGER_LEAKED, map, map->addr, map->len,
			     false, false);
		if (n++ < LEDGER_LEAKS_SAID)
			dev_err(&nd->pdev->dev, "leaked: %zu octets at %pad mapped by %pS, called by %pS\n",
				map->len, &map->addr, (void *)map->mapper.pc[0],
				(void *)map->mapper.pc[1]);
	}
	spin_unlock_irqrestore(&ledger->lock, flags);
}

/**
 * nsim_ledger_left - a driver has gone: say what it leaks
 * @nd: the device, which stays until what was received is unmapped
 *
 * Context: process, may sleep.
 */
void nsim_ledger_left(struct nsim_iommu_dev *nd)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(nd);

	if (ledger)
		nsim_ledger_report(nd, ledger, true);
	nsim_ledger_unlock();
}

/**
 * nsim_ledger_destroy - a device goes: say what it leaks, close its ledger
 * @nd: the device
 *
 * Context: process, may sleep.
 */
void nsim_ledger_destroy(struct nsim_iommu_dev *nd)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(nd);

	if (ledger)
		nsim_ledger_report(nd, ledger, false);
	nsim_ledger_unlock();
	nsim_ledger_close(nd);
}

/**
 * nsim_ledger_lock - keep a device's ledger as it is: open or closed
 * @nd: the device
 *
 * Context: process, may sleep; nsim_ledger_unlock() follows in any case.
 * Return: the ledger, or NULL.
 */
struct nsim_ledger *nsim_ledger_lock(struct nsim_iommu_dev *nd)
{
	mutex_lock(&nsim_ledger_mutex);
	return rcu_dereference_protected(nd->ledger,
					 lockdep_is_held(&nsim_ledger_mutex));
}
EXPORT_SYMBOL_IF_KUNIT(nsim_ledger_lock);

/** nsim_ledger_unlock - the end of nsim_ledger_lock() */
void nsim_ledger_unlock(void)
{
	mutex_unlock(&nsim_ledger_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(nsim_ledger_unlock);

static bool nsim_ledger_access_open(struct nsim_ledger *ledger, dma_addr_t addr,
				    size_t len, bool write)
{
	struct ledger_counters *c = &ledger->counters;
	enum ledger_kind kind;
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	if (write) {
		c->device_writes++;
		c->device_write_bytes += len;
	} else {
		c->device_reads++;
		c->device_read_bytes += len;
	}
	kind = ledger_judge(ledger, addr, len, write);
	spin_unlock_irqrestore(&ledger->lock, flags);
	return kind == LEDGER_OK || kind == LEDGER_REWRITTEN;
}

/**
 * nsim_ledger_access - the device is about to access memory
 * @nd: the device
 * @addr: bus address
 * @len: octets, not 0
 * @write: to memory
 *
 * Context: any but NMI.
 * Return: whether it may; true where no ledger is open.
 */
bool nsim_ledger_access(struct nsim_iommu_dev *nd, dma_addr_t addr, size_t len,
			bool write)
{
	struct nsim_ledger *ledger;
	bool may = true;

	rcu_read_lock();
	ledger = rcu_dereference(nd->ledger);
	if (unlikely(ledger))
		may = nsim_ledger_access_open(ledger, addr, len, write);
	rcu_read_unlock();
	return may;
}
