// SPDX-License-Identifier: GPL-2.0
/*
 * The modelled device's way to memory.
 */
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/kasan.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/unaligned.h>

#include "device.h"
#include "ledger.h"

#define NSIM_ACCESS_OK	0	/* else an enum nsim_iommu_fault_kind */

/*
 * The leaf entry that lets the device at @addr, in *pte. Called and used under
 * the domain's lock. An IOTLB hit is worth nothing unless the table agrees:
 * real hardware would now read or write memory that belongs to somebody else.
 */
static int nsim_translate(struct nsim_iommu_dev *nd, struct nsim_domain *dom,
			  dma_addr_t addr, bool write, unsigned long *pte)
{
	unsigned long live = nsim_table_lookup(&dom->table, addr);
	unsigned long cached = 0;

	if (addr <= NSIM_IOVA_END)
		cached = nsim_iotlb_lookup(&nd->iotlb, addr);

	if (cached) {
		nsim_stat_add(nd, NSIM_STAT_IOTLB_HITS, 1);
		if (cached != live) {
			nsim_stat_add(nd, NSIM_STAT_IOTLB_STALE, 1);
			return NSIM_IOMMU_FAULT_STALE;
		}
	} else {
		nsim_stat_add(nd, NSIM_STAT_IOTLB_MISSES, 1);
		if (!live)
			return NSIM_IOMMU_FAULT_NOT_MAPPED;
		nsim_iotlb_insert(&nd->iotlb, addr, live);
		if (unlikely(READ_ONCE(nd->iotlb.miss_ns)))
			nsim_iotlb_spend(READ_ONCE(nd->iotlb.miss_ns));
	}

	if (!(live & (write ? NSIM_PTE_WRITE : NSIM_PTE_READ)))
		return NSIM_IOMMU_FAULT_PERMISSION;
	if (!(live & NSIM_PTE_MEMORY))
		return NSIM_IOMMU_FAULT_NOT_MEMORY;

	*pte = live;

	return NSIM_ACCESS_OK;
}

/*
 * An aligned word goes in one piece, as on a bus: the driver polls such words
 * while the device writes them. memcpy() does not promise that.
 */
static void nsim_copy_in(void *mem, const void *buf, size_t len)
{
	if (len == sizeof(u64) && IS_ALIGNED((unsigned long)mem, sizeof(u64)))
		WRITE_ONCE(*(u64 *)mem, get_unaligned((const u64 *)buf));
	else if (len == sizeof(u32) &&
		 IS_ALIGNED((unsigned long)mem, sizeof(u32)))
		WRITE_ONCE(*(u32 *)mem, get_unaligned((const u32 *)buf));
	else
		memcpy(mem, buf, len);
}

static void nsim_copy_out(void *buf, const void *mem, size_t len)
{
	if (len == sizeof(u64) && IS_ALIGNED((unsigned long)mem, sizeof(u64)))
		put_unaligned(READ_ONCE(*(const u64 *)mem), (u64 *)buf);
	else if (len == sizeof(u32) &&
		 IS_ALIGNED((unsigned long)mem, sizeof(u32)))
		put_unaligned(READ_ONCE(*(const u32 *)mem), (u32 *)buf);
	else
		memcpy(buf, mem, len);
}

static void nsim_copy(unsigned long pte, dma_addr_t addr, void *buf,
		      size_t len, bool write)
{
	phys_addr_t phys = (pte & NSIM_PTE_ADDR) |
			   (addr & (NSIM_PAGE_SIZE - 1));
	void *page = kmap_local_page(pfn_to_page(PHYS_PFN(phys)));

	/* The device may where the CPU may not: see ledger_read.c. */
	kasan_disable_current();
	if (write)
		nsim_copy_in(page + offset_in_page(phys), buf, len);
	else
		nsim_copy_out(buf, page + offset_in_page(phys), len);
	kasan_enable_current();
	kunmap_local(page);
}

/*
 * Without translation a wrong address is somebody's memory, as on any machine
 * without an IOMMU. What is no memory, or the kernel's own image, is refused.
 */
static int nsim_access_identity(dma_addr_t addr, void *buf, size_t len,
				bool write)
{
	unsigned long pfn = PHYS_PFN(addr);

	if (!pfn_valid(pfn) || PageReserved(pfn_to_page(pfn)))
		return NSIM_IOMMU_FAULT_NOT_MEMORY;
	nsim_copy(addr & NSIM_PTE_ADDR, addr, buf, len, write);

	return NSIM_ACCESS_OK;
}

/* An access within one page: translated and done with unmapping kept out. */
static int nsim_access_page(struct nsim_iommu_dev *nd, dma_addr_t addr,
			    void *buf, size_t len, bool write)
{
	int kind = NSIM_IOMMU_FAULT_NOT_MAPPED;
	struct nsim_domain *dom;
	unsigned long flags, pte;

	rcu_read_lock();
	dom = rcu_dereference(nd->domain);
	if (!dom) {
		if (READ_ONCE(nd->identity))
			kind = nsim_access_identity(addr, buf, len, write);
		goto out;
	}

	/* IRQs off: a handler on this CPU may unmap, and would wait for us. */
	read_lock_irqsave(&dom->lock, flags);
	kind = nsim_translate(nd, dom, addr, write, &pte);
	if (kind == NSIM_ACCESS_OK)
		nsim_copy(pte, addr, buf, len, write);
	read_unlock_irqrestore(&dom->lock, flags);
out:
	rcu_read_unlock();

	return kind;
}

/* As nsim_access_page(), of an access that must not touch memory. */
static int nsim_access_probe(struct nsim_iommu_dev *nd, dma_addr_t addr,
			     bool write)
{
	return nsim_access_page(nd, addr, NULL, 0, write);
}

static void nsim_access_refused(struct nsim_iommu_dev *nd, dma_addr_t addr,
				size_t len, bool write,
				enum nsim_iommu_fault_kind kind)
{
	struct nsim_iommu_fault fault = {
		.addr = addr,
		.len = len,
		.time = ktime_get(),
		.kind = kind,
		.write = write,
	};

	nsim_stat_add(nd, NSIM_STAT_FAULTS, 1);
	nsim_fault_record(&nd->faults, &fault);
	dev_warn_ratelimited(&nd->pdev->dev,
			     "DMA fault: %s of %zu octets at %pad: %s\n",
			     write ? "write" : "read", len, &addr,
			     nsim_fault_kind_name(kind));
}

static int nsim_access(struct device *dev, dma_addr_t addr, void *buf,
		       size_t len, bool write)
{
	struct nsim_iommu_dev *nd = nsim_iommu_dev_of(dev);
	bool listed;
	size_t run;
	int kind;

	if (!nd) {
		dev_err_ratelimited(dev, "not behind the emulated IOMMU\n");
		return -EFAULT;
	}

	/* Where both refuse, both have noted it: the page table goes on. */
	listed = !len || nsim_ledger_access(nd, addr, len, write);
	while (len) {
		run = min_t(size_t, len,
			    NSIM_PAGE_SIZE - (addr & (NSIM_PAGE_SIZE - 1)));
		kind = listed ? nsim_access_page(nd, addr, buf, run, write) :
				nsim_access_probe(nd, addr, write);
		if (kind != NSIM_ACCESS_OK) {
			nsim_access_refused(nd, addr, len, write, kind);
			return -EFAULT;
		}
		addr += run;
		buf += run;
		len -= run;
	}

	return listed ? 0 : -EFAULT;
}

/**
 * nsim_iommu_dma_read - the modelled device reads memory
 * @dev: the device
 * @addr: bus address, as the DMA API gave it
 * @dst: where to; the device's own memory
 * @len: octets; may cross pages
 *
 * Context: any but NMI, IRQs on or off. Runs with IRQs off for a page at a
 * time. A page's translation and copy are one critical section that unmapping
 * waits for. Four or eight octets at an address aligned likewise are read at
 * once, never half old and half new.
 * Return: 0, or -EFAULT: the access was refused at some page, counted and
 * recorded. The pages before it have been copied, nothing of it or after it.
 * Also -EFAULT: an open DMA ledger says that it is not the device's to read;
 * nothing has been copied.
 */
int nsim_iommu_dma_read(struct device *dev, dma_addr_t addr, void *dst,
			size_t len)
{
	return nsim_access(dev, addr, dst, len, false);
}
EXPORT_SYMBOL_GPL(nsim_iommu_dma_read);

/**
 * nsim_iommu_dma_write - the modelled device writes memory
 * @dev: the device
 * @addr: bus address, as the DMA API gave it
 * @src: where from; the device's own memory
 * @len: octets; may cross pages
 *
 * Context: as nsim_iommu_dma_read(); four or eight aligned octets are written at
 * once. For the order of two writes the caller has smp_wmb().
 * Return: 0, or -EFAULT: the access was refused at some page, counted and
 * recorded. The pages before it have been written, nothing of it or after it.
 * Also -EFAULT: an open DMA ledger says that it is not the device's to write;
 * nothing has been written.
 */
int nsim_iommu_dma_write(struct device *dev, dma_addr_t addr, const void *src,
			 size_t len)
{
	return nsim_access(dev, addr, (void *)src, len, true);
}
EXPORT_SYMBOL_GPL(nsim_iommu_dma_write);
