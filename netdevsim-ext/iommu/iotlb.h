/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's cache of translations: set-associative, replaced in turn.
 */
#ifndef NSIM_IOMMU_IOTLB_H
#define NSIM_IOMMU_IOTLB_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define NSIM_IOTLB_SETS		64	/* a power of two */
#define NSIM_IOTLB_WAYS		4

struct nsim_iotlb_entry {
	unsigned long page;		/* IOVA >> NSIM_PAGE_SHIFT */
	unsigned long pte;		/* 0: nothing cached here */
};

struct nsim_iotlb_set {
	struct nsim_iotlb_entry way[NSIM_IOTLB_WAYS];
	unsigned int victim;		/* the way to replace next */
};

/**
 * struct nsim_iotlb - translations a device remembers
 * @lock: protects the sets; taken inside the domain's lock
 * @sets: chosen by the low bits of the page number
 */
struct nsim_iotlb {
	spinlock_t lock;	/* leaf lock, IRQs off */
	struct nsim_iotlb_set sets[NSIM_IOTLB_SETS];
};

void nsim_iotlb_init(struct nsim_iotlb *tlb);
unsigned long nsim_iotlb_lookup(struct nsim_iotlb *tlb, unsigned long iova);
void nsim_iotlb_insert(struct nsim_iotlb *tlb, unsigned long iova,
		       unsigned long pte);
void nsim_iotlb_flush(struct nsim_iotlb *tlb, unsigned long first,
		      unsigned long last);
void nsim_iotlb_flush_all(struct nsim_iotlb *tlb);

#endif
