/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's cache of translations: set-associative, replaced in turn.
 */
#ifndef NSIM_IOMMU_IOTLB_H
#define NSIM_IOMMU_IOTLB_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define NSIM_IOTLB_SETS		64	/* at the start */
#define NSIM_IOTLB_WAYS		4
#define NSIM_IOTLB_MAX_SETS	4096
#define NSIM_IOTLB_MAX_COST_NS	100000

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
 * @nr_sets: their number, a power of two
 * @miss_ns: what a miss costs the device, ns
 * @flush_ns: what a flush costs whoever asks for it, ns
 */
struct nsim_iotlb {
	spinlock_t lock;	/* leaf lock, IRQs off */
	struct nsim_iotlb_set *sets;
	unsigned int nr_sets;
	u32 miss_ns;
	u32 flush_ns;
};

int nsim_iotlb_init(struct nsim_iotlb *tlb);
void nsim_iotlb_exit(struct nsim_iotlb *tlb);
int nsim_iotlb_resize(struct nsim_iotlb *tlb, u64 entries);
void nsim_iotlb_spend(u32 ns);
unsigned long nsim_iotlb_lookup(struct nsim_iotlb *tlb, unsigned long iova);
void nsim_iotlb_insert(struct nsim_iotlb *tlb, unsigned long iova,
		       unsigned long pte);
void nsim_iotlb_flush(struct nsim_iotlb *tlb, unsigned long first,
		      unsigned long last);
void nsim_iotlb_flush_all(struct nsim_iotlb *tlb);

#endif
