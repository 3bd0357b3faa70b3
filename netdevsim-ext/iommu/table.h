/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The I/O page table: four levels of 512 entries, 4 KiB pages, 48 bits.
 */
#ifndef NSIM_IOMMU_TABLE_H
#define NSIM_IOMMU_TABLE_H

#include <linux/bits.h>
#include <linux/gfp_types.h>
#include <linux/types.h>

#define NSIM_PAGE_SHIFT		12
#define NSIM_PAGE_SIZE		BIT(NSIM_PAGE_SHIFT)
#define NSIM_IOVA_BITS		48
#define NSIM_IOVA_END		(BIT(NSIM_IOVA_BITS) - 1)

/* A leaf entry is the page's physical address and these; 0 is "not mapped". */
#define NSIM_PTE_PRESENT	BIT(0)
#define NSIM_PTE_READ		BIT(1)
#define NSIM_PTE_WRITE		BIT(2)
#define NSIM_PTE_MEMORY		BIT(3)	/* RAM, not another device's registers */
#define NSIM_PTE_ADDR		GENMASK(51, NSIM_PAGE_SHIFT)

struct nsim_table {
	unsigned long *root;
};

int nsim_table_init(struct nsim_table *table, gfp_t gfp);
void nsim_table_free(struct nsim_table *table);
size_t nsim_table_map(struct nsim_table *table, unsigned long iova,
		      phys_addr_t phys, size_t pages, unsigned long flags,
		      gfp_t gfp, int *err);
size_t nsim_table_unmap(struct nsim_table *table, unsigned long iova,
			size_t pages);
unsigned long nsim_table_lookup(const struct nsim_table *table,
				unsigned long iova);

#endif
