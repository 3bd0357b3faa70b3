// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "fault.h"

static const char * const nsim_fault_kind_names[] = {
	[NSIM_IOMMU_FAULT_NOT_MAPPED] = "not-mapped",
	[NSIM_IOMMU_FAULT_PERMISSION] = "permission",
	[NSIM_IOMMU_FAULT_STALE] = "stale",
	[NSIM_IOMMU_FAULT_NOT_MEMORY] = "not-memory",
};

/**
 * nsim_fault_kind_name - a fault's kind as people read it
 * @kind: the kind
 *
 * Return: a word without spaces.
 */
const char *nsim_fault_kind_name(enum nsim_iommu_fault_kind kind)
{
	if (kind >= ARRAY_SIZE(nsim_fault_kind_names) ||
	    !nsim_fault_kind_names[kind])
		return "unknown";

	return nsim_fault_kind_names[kind];
}

/**
 * nsim_fault_log_init - make an empty log
 * @log: the log, zeroed
 */
void nsim_fault_log_init(struct nsim_fault_log *log)
{
	spin_lock_init(&log->lock);
}

/**
 * nsim_fault_record - add a fault, over the oldest if need be
 * @log: the log
 * @fault: what happened
 *
 * Context: any.
 */
void nsim_fault_record(struct nsim_fault_log *log,
		       const struct nsim_iommu_fault *fault)
{
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	log->ring[log->count++ % NSIM_FAULT_RING] = *fault;
	spin_unlock_irqrestore(&log->lock, flags);
}

/**
 * nsim_fault_newest - copy out the newest faults
 * @log: the log
 * @out: room for @max faults; the newest comes first
 * @max: how many are wanted
 *
 * Context: any.
 * Return: how many there were to copy.
 */
unsigned int nsim_fault_newest(struct nsim_fault_log *log,
			       struct nsim_iommu_fault *out, unsigned int max)
{
	unsigned long flags;
	unsigned int i, n;

	spin_lock_irqsave(&log->lock, flags);
	n = min3((u64)max, (u64)NSIM_FAULT_RING, log->count);
	for (i = 0; i < n; i++)
		out[i] = log->ring[(log->count - 1 - i) % NSIM_FAULT_RING];
	spin_unlock_irqrestore(&log->lock, flags);

	return n;
}
