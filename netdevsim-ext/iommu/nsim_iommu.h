/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An emulated IOMMU: to the kernel a real one (iommu_ops under iommu-dma), to
 * modelled hardware the only way to memory.
 */
#ifndef NSIM_IOMMU_H
#define NSIM_IOMMU_H

#include <linux/ktime.h>
#include <linux/types.h>

struct device;
struct dentry;
struct nsim_inject;
struct platform_device;

/**
 * enum nsim_iommu_mode - what addresses are, and how unmapped ones are forgotten
 * @NSIM_IOMMU_STRICT: the IOTLB is flushed before unmap returns
 * @NSIM_IOMMU_LAZY: unmaps are flushed in batches (IOMMU_DOMAIN_DMA_FQ)
 * @NSIM_IOMMU_IDENTITY: bus addresses are those of memory; nothing is mapped,
 *	and all memory that is in use may be accessed
 */
enum nsim_iommu_mode {
	NSIM_IOMMU_STRICT,
	NSIM_IOMMU_LAZY,
	NSIM_IOMMU_IDENTITY,
};

/**
 * struct nsim_iommu_counters - of one device, since creation
 * @maps: map_pages calls, failed ones too
 * @map_failures: those that failed
 * @unmaps: unmap_pages calls
 * @pages_mapped: pages, all in all
 * @pages_live: pages mapped now
 * @iotlb_hits: translations answered by the IOTLB
 * @iotlb_misses: translations that walked the table
 * @iotlb_stale: hits on an entry that the table no longer holds (a fault too)
 * @iotlb_flushes: invalidations asked for by the kernel
 * @faults: refused accesses of every kind
 */
struct nsim_iommu_counters {
	u64 maps;
	u64 map_failures;
	u64 unmaps;
	u64 pages_mapped;
	u64 pages_live;
	u64 iotlb_hits;
	u64 iotlb_misses;
	u64 iotlb_stale;
	u64 iotlb_flushes;
	u64 faults;
};

/**
 * enum nsim_iommu_fault_kind - why an access was refused
 * @NSIM_IOMMU_FAULT_NOT_MAPPED: no translation for the address
 * @NSIM_IOMMU_FAULT_PERMISSION: mapped for the other direction only
 * @NSIM_IOMMU_FAULT_STALE: the IOTLB still knew a translation that is gone
 * @NSIM_IOMMU_FAULT_NOT_MEMORY: mapped, but to something other than RAM
 */
enum nsim_iommu_fault_kind {
	NSIM_IOMMU_FAULT_NOT_MAPPED = 1,
	NSIM_IOMMU_FAULT_PERMISSION,
	NSIM_IOMMU_FAULT_STALE,
	NSIM_IOMMU_FAULT_NOT_MEMORY,
};

/**
 * struct nsim_iommu_fault - a refused access
 * @addr: the first octet that was refused
 * @len: octets of the access from there on, none of which was moved
 * @time: when, monotonic
 * @kind: why
 * @write: whether the device was writing to memory
 */
struct nsim_iommu_fault {
	dma_addr_t addr;
	size_t len;
	ktime_t time;
	enum nsim_iommu_fault_kind kind;
	bool write;
};

struct platform_device *nsim_iommu_device_create(const char *name, int id,
						 enum nsim_iommu_mode mode,
						 struct dentry *ddir);
void nsim_iommu_device_destroy(struct platform_device *pdev);
void nsim_iommu_device_release(struct platform_device *pdev);

int nsim_iommu_dma_read(struct device *dev, dma_addr_t addr, void *dst,
			size_t len);
int nsim_iommu_dma_write(struct device *dev, dma_addr_t addr, const void *src,
			 size_t len);

enum nsim_iommu_mode nsim_iommu_mode(struct device *dev);
void nsim_iommu_counters(struct device *dev, struct nsim_iommu_counters *out);
struct nsim_inject *nsim_iommu_fail_map(struct device *dev);
unsigned int nsim_iommu_faults(struct device *dev,
			       struct nsim_iommu_fault *out, unsigned int max);
u64 nsim_iommu_leaked_pages(void);

#endif
