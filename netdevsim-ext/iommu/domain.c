// SPDX-License-Identifier: GPL-2.0
/*
 * What the IOMMU core and iommu-dma call: devices found, domains made,
 * attached and freed, pages mapped and unmapped, the IOTLB flushed.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "device.h"

/* Attaching and detaching, of any device to any domain. */
static DEFINE_MUTEX(nsim_attach_lock);

static struct nsim_domain *to_nsim_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct nsim_domain, domain);
}

static void nsim_detach(struct nsim_iommu_dev *nd)
{
	struct nsim_domain *old;

	old = rcu_dereference_protected(nd->domain,
					lockdep_is_held(&nsim_attach_lock));
	if (!old)
		return;

	RCU_INIT_POINTER(nd->domain, NULL);
	RCU_INIT_POINTER(old->nd, NULL);
	/* The domain may be freed next, and after it the device. */
	synchronize_rcu();
	nsim_iotlb_flush_all(&nd->iotlb);
}

static int nsim_attach(struct iommu_domain *domain, struct device *dev)
{
	struct nsim_iommu_dev *nd = dev_iommu_priv_get(dev), *attached;
	struct nsim_domain *dom = to_nsim_domain(domain);
	int err = 0;

	mutex_lock(&nsim_attach_lock);
	attached = rcu_dereference_protected(dom->nd,
					     lockdep_is_held(&nsim_attach_lock));
	if (attached == nd)
		goto out;

	/* Every device has a group of its own: a second one is a mistake. */
	if (attached) {
		err = -EINVAL;
		goto out;
	}

	nsim_detach(nd);
	WRITE_ONCE(nd->identity, false);
	rcu_assign_pointer(dom->nd, nd);
	rcu_assign_pointer(nd->domain, dom);
out:
	mutex_unlock(&nsim_attach_lock);

	return err;
}

/* No table: either nothing can be reached, or everything. */
static int nsim_attach_fixed(struct device *dev, bool identity)
{
	struct nsim_iommu_dev *nd = dev_iommu_priv_get(dev);

	mutex_lock(&nsim_attach_lock);
	nsim_detach(nd);
	WRITE_ONCE(nd->identity, identity);
	mutex_unlock(&nsim_attach_lock);

	return 0;
}

static int nsim_attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	return nsim_attach_fixed(dev, false);
}

static int nsim_attach_identity(struct iommu_domain *domain, struct device *dev)
{
	return nsim_attach_fixed(dev, true);
}

/* IOMMU_READ lets the device read memory, IOMMU_WRITE lets it write. */
static unsigned long nsim_pte_flags(int prot, phys_addr_t phys)
{
	unsigned long flags = 0;

	if (prot & IOMMU_READ)
		flags |= NSIM_PTE_READ;
	if (prot & IOMMU_WRITE)
		flags |= NSIM_PTE_WRITE;
	if (!(prot & IOMMU_MMIO) && pfn_valid(PHYS_PFN(phys)))
		flags |= NSIM_PTE_MEMORY;

	return flags;
}

/* Whether this is a map that debugfs asked to fail. */
static bool nsim_map_fails(struct nsim_domain *dom)
{
	struct nsim_iommu_dev *nd;
	bool fails;

	rcu_read_lock();
	nd = rcu_dereference(dom->nd);
	fails = nd && nsim_inject_fires(&nd->fail_map);
	rcu_read_unlock();

	return fails;
}

static int nsim_map_pages(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t phys, size_t pgsize, size_t pgcount,
			  int prot, gfp_t gfp, size_t *mapped)
{
	struct nsim_domain *dom = to_nsim_domain(domain);
	struct nsim_iommu_dev *nd;
	unsigned long flags;
	size_t pages = 0;
	int err;

	flags = nsim_pte_flags(prot, phys);
	/* A buffer may end in a hole only if it is no memory to begin with. */
	if (flags & NSIM_PTE_MEMORY &&
	    !pfn_valid(PHYS_PFN(phys + (pgcount - 1) * pgsize)))
		err = -EINVAL;
	else if (pgsize != NSIM_PAGE_SIZE ||
		 !(flags & (NSIM_PTE_READ | NSIM_PTE_WRITE)))
		err = -EINVAL;
	else if (nsim_map_fails(dom))
		err = -ENOMEM;
	else
		pages = nsim_table_map(&dom->table, iova, phys, pgcount, flags,
				       gfp, &err);
	*mapped = pages << NSIM_PAGE_SHIFT;

	rcu_read_lock();
	nd = rcu_dereference(dom->nd);
	if (nd) {
		nsim_stat_add(nd, NSIM_STAT_MAPS, 1);
		nsim_stat_add(nd, NSIM_STAT_PAGES_MAPPED, pages);
		if (err)
			nsim_stat_add(nd, NSIM_STAT_MAP_FAILURES, 1);
	}
	rcu_read_unlock();

	return err;
}

static size_t nsim_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			       size_t pgsize, size_t pgcount,
			       struct iommu_iotlb_gather *gather)
{
	struct nsim_domain *dom = to_nsim_domain(domain);
	struct nsim_iommu_dev *nd;
	unsigned long flags;
	size_t pages;

	write_lock_irqsave(&dom->lock, flags);
	pages = nsim_table_unmap(&dom->table, iova, pgcount);
	write_unlock_irqrestore(&dom->lock, flags);

	if (pages && !iommu_iotlb_gather_queued(gather))
		iommu_iotlb_gather_add_page(domain, gather, iova,
					    pages << NSIM_PAGE_SHIFT);

	rcu_read_lock();
	nd = rcu_dereference(dom->nd);
	if (nd) {
		nsim_stat_add(nd, NSIM_STAT_UNMAPS, 1);
		nsim_stat_add(nd, NSIM_STAT_PAGES_UNMAPPED, pages);
	}
	rcu_read_unlock();

	return pages << NSIM_PAGE_SHIFT;
}

/* Makes the device attached, if any, forget the addresses @first to @last. */
static void nsim_domain_flush(struct iommu_domain *domain, unsigned long first,
			      unsigned long last)
{
	struct nsim_iommu_dev *nd;

	rcu_read_lock();
	nd = rcu_dereference(to_nsim_domain(domain)->nd);
	if (nd) {
		nsim_stat_add(nd, NSIM_STAT_IOTLB_FLUSHES, 1);
		nsim_iotlb_flush(&nd->iotlb, first, last);
		if (unlikely(READ_ONCE(nd->iotlb.flush_ns)))
			nsim_iotlb_spend(READ_ONCE(nd->iotlb.flush_ns));
	}
	rcu_read_unlock();
}

static void nsim_iotlb_sync(struct iommu_domain *domain,
			    struct iommu_iotlb_gather *gather)
{
	/* Nothing was gathered if nothing was mapped. */
	if (gather->end)
		nsim_domain_flush(domain, gather->start, gather->end);
}

static void nsim_flush_iotlb_all(struct iommu_domain *domain)
{
	nsim_domain_flush(domain, 0, NSIM_IOVA_END);
}

static phys_addr_t nsim_iova_to_phys(struct iommu_domain *domain,
				     dma_addr_t iova)
{
	unsigned long pte = nsim_table_lookup(&to_nsim_domain(domain)->table,
					      iova);

	if (!pte)
		return 0;

	return (pte & NSIM_PTE_ADDR) | (iova & (NSIM_PAGE_SIZE - 1));
}

static void nsim_domain_free(struct iommu_domain *domain)
{
	struct nsim_domain *dom = to_nsim_domain(domain);

	nsim_table_free(&dom->table);
	kfree(dom);
}

static struct iommu_domain *nsim_domain_alloc(struct device *dev)
{
	struct nsim_domain *dom;

	dom = kzalloc(sizeof(*dom), GFP_KERNEL);
	if (!dom)
		return NULL;

	if (nsim_table_init(&dom->table, GFP_KERNEL)) {
		kfree(dom);
		return NULL;
	}

	rwlock_init(&dom->lock);
	dom->domain.pgsize_bitmap = NSIM_PAGE_SIZE;
	dom->domain.geometry.aperture_end = NSIM_IOVA_END;
	dom->domain.geometry.force_aperture = true;

	return &dom->domain;
}

static bool nsim_capable(struct device *dev, enum iommu_cap cap)
{
	struct nsim_iommu_dev *nd = dev_iommu_priv_get(dev);

	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return true;
	case IOMMU_CAP_DEFERRED_FLUSH:
		/* Without it iommu-dma makes the domain a strict one. */
		return nd->mode == NSIM_IOMMU_LAZY;
	default:
		return false;
	}
}

/*
 * Strict and identity are ours to give. Lazy follows the kernel's command line, which an
 * administrator may have set to strict: then creating the device fails.
 */
static int nsim_def_domain_type(struct device *dev)
{
	struct nsim_iommu_dev *nd = dev_iommu_priv_get(dev);

	switch (nd->mode) {
	case NSIM_IOMMU_STRICT:
		return IOMMU_DOMAIN_DMA;
	case NSIM_IOMMU_IDENTITY:
		return IOMMU_DOMAIN_IDENTITY;
	default:
		return 0;
	}
}

static struct iommu_device *nsim_probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct nsim_iommu_dev *nd = NULL;

	if (fwspec && fwspec->num_ids == 1)
		nd = nsim_iommu_dev_by_stream(fwspec->ids[0]);
	if (!nd)
		return ERR_PTR(-ENODEV);

	dev_iommu_priv_set(dev, nd);

	return &nsim_iommu;
}

static struct iommu_domain nsim_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) {
		.attach_dev = nsim_attach_blocked,
	},
};

static struct iommu_domain nsim_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) {
		.attach_dev = nsim_attach_identity,
	},
};

const struct iommu_ops nsim_iommu_ops = {
	.capable = nsim_capable,
	.domain_alloc_paging = nsim_domain_alloc,
	.probe_device = nsim_probe_device,
	.device_group = generic_device_group,
	.def_domain_type = nsim_def_domain_type,
	.blocked_domain = &nsim_blocked_domain,
	.identity_domain = &nsim_identity_domain,
	.release_domain = &nsim_blocked_domain,
	.pgsize_bitmap = NSIM_PAGE_SIZE,
	.owner = THIS_MODULE,
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev = nsim_attach,
		.map_pages = nsim_map_pages,
		.unmap_pages = nsim_unmap_pages,
		.flush_iotlb_all = nsim_flush_iotlb_all,
		.iotlb_sync = nsim_iotlb_sync,
		.iova_to_phys = nsim_iova_to_phys,
		.free = nsim_domain_free,
	},
};
