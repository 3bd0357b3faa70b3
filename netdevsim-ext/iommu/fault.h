/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's refused accesses, the newest of them kept.
 */
#ifndef NSIM_IOMMU_FAULT_H
#define NSIM_IOMMU_FAULT_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "nsim_iommu.h"

#define NSIM_FAULT_RING		32	/* a power of two */

/**
 * struct nsim_fault_log - refused accesses
 * @lock: protects the rest
 * @count: faults since creation; the next one's place in the ring
 * @ring: the newest faults
 */
struct nsim_fault_log {
	spinlock_t lock;	/* leaf lock, IRQs off */
	u64 count;
	struct nsim_iommu_fault ring[NSIM_FAULT_RING];
};

void nsim_fault_log_init(struct nsim_fault_log *log);
void nsim_fault_record(struct nsim_fault_log *log,
		       const struct nsim_iommu_fault *fault);
unsigned int nsim_fault_newest(struct nsim_fault_log *log,
			       struct nsim_iommu_fault *out, unsigned int max);
const char *nsim_fault_kind_name(enum nsim_iommu_fault_kind kind);

#endif
