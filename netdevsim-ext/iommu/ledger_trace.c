// SPDX-License-Identifier: GPL-2.0
/*
 * The ledgers' ears: the kernel's DMA tracepoints, listened to while a ledger
 * is open.
 */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/dma.h>

#include "device.h"
#include "ledger.h"

#ifdef CONFIG_TRACEPOINTS

/* Probes run with preemption off, which RCU waits for. */
static struct nsim_ledger *ledger_of(struct device *dev)
{
	struct nsim_iommu_dev *nd = nsim_iommu_dev_of(dev);

	return nd ? rcu_dereference_sched(nd->ledger) : NULL;
}

static void ledger_failed(struct nsim_ledger *ledger, u64 *counter)
{
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	(*counter)++;
	spin_unlock_irqrestore(&ledger->lock, flags);
}

/* @phys: 0 where the memory is not to be looked at */
static void ledger_on_mapped(struct device *dev, phys_addr_t phys,
			     dma_addr_t addr, size_t size,
			     enum dma_data_direction dir)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (!ledger)
		return;
	/* A driver that sets its DMA mask has syncs skipped again. */
	nsim_ledger_hear_syncs(dev);
	if (addr == DMA_MAPPING_ERROR)
		ledger_failed(ledger, &ledger->counters.map_failures);
	else
		ledger_enter(ledger, addr, size, phys, dir, false);
}

static void ledger_on_map(void *data, struct device *dev, phys_addr_t phys,
			  dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	ledger_on_mapped(dev, phys, addr, size, dir);
}

/* Registers of another device, not memory: nothing that can be summed. */
static void ledger_on_map_resource(void *data, struct device *dev,
				   phys_addr_t phys, dma_addr_t addr,
				   size_t size, enum dma_data_direction dir,
				   unsigned long attrs)
{
	ledger_on_mapped(dev, 0, addr, size, dir);
}

static void ledger_on_unmap(void *data, struct device *dev, dma_addr_t addr,
			    size_t size, enum dma_data_direction dir,
			    unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger)
		ledger_strike(ledger, addr, size, dir, false,
			      !(attrs & DMA_ATTR_SKIP_CPU_SYNC));
}

static void ledger_on_alloc(void *data, struct device *dev, void *virt,
			    dma_addr_t addr, size_t size,
			    enum dma_data_direction dir, gfp_t gfp,
			    unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (!ledger)
		return;
	/* dma_alloc_attrs() maps whole pages; its user asked for less. */
	if (virt)
		ledger_enter(ledger, addr, size, 0, dir, true);
	else
		ledger_failed(ledger, &ledger->counters.alloc_failures);
}

static void ledger_on_free(void *data, struct device *dev, void *virt,
			   dma_addr_t addr, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger && virt)
		ledger_strike(ledger, addr, size, dir, true, true);
}

/* What may be synced of it is its one entry, which may be longer than asked. */
static size_t ledger_sgt_len(const struct sg_table *sgt, size_t size)
{
	return max_t(size_t, size, sg_dma_len(sgt->sgl));
}

static void ledger_on_alloc_sgt(void *data, struct device *dev,
				struct sg_table *sgt, size_t size,
				enum dma_data_direction dir, gfp_t gfp,
				unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger)
		ledger_enter(ledger, sg_dma_address(sgt->sgl),
			     ledger_sgt_len(sgt, size), 0, dir, true);
}

static void ledger_on_free_sgt(void *data, struct device *dev,
			       struct sg_table *sgt, size_t size,
			       enum dma_data_direction dir)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger)
		ledger_strike(ledger, sg_dma_address(sgt->sgl),
			      ledger_sgt_len(sgt, size), dir, true, true);
}

static void ledger_on_map_sg(void *data, struct device *dev,
			     struct scatterlist *sgl, int nents, int ents,
			     enum dma_data_direction dir, unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);
	struct scatterlist *sg, *from = sgl;
	phys_addr_t phys;
	size_t len;
	int i;

	if (!ledger)
		return;
	nsim_ledger_hear_syncs(dev);
	for_each_sg(sgl, sg, ents, i) {
		/* Where pieces were joined, their memory is not one. */
		phys = from->length == sg_dma_len(sg) ? sg_phys(from) : 0;
		ledger_enter(ledger, sg_dma_address(sg), sg_dma_len(sg), phys,
			     dir, false);
		for (len = 0; from && len < sg_dma_len(sg); from = sg_next(from))
			len += from->length;
	}
}

/* Of the common errors of scatter lists 6.12 says nothing. */
static void ledger_on_map_sg_err(void *data, struct device *dev,
				 struct scatterlist *sgl, int nents, int err,
				 enum dma_data_direction dir,
				 unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger)
		ledger_failed(ledger, &ledger->counters.map_failures);
}

static void ledger_on_unmap_sg(void *data, struct device *dev,
			       struct scatterlist *sgl, int nents,
			       enum dma_data_direction dir,
			       unsigned long attrs)
{
	struct nsim_ledger *ledger = ledger_of(dev);
	struct scatterlist *sg;
	int i;

	if (!ledger)
		return;
	for_each_sg(sgl, sg, nents, i) {
		if (!sg_dma_len(sg))
			break;
		ledger_strike(ledger, sg_dma_address(sg), sg_dma_len(sg), dir,
			      false, !(attrs & DMA_ATTR_SKIP_CPU_SYNC));
	}
}

static void ledger_on_sync_cpu(void *data, struct device *dev, dma_addr_t addr,
			       size_t size, enum dma_data_direction dir)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger)
		ledger_sync(ledger, addr, size, true);
}

static void ledger_on_sync_device(void *data, struct device *dev,
				  dma_addr_t addr, size_t size,
				  enum dma_data_direction dir)
{
	struct nsim_ledger *ledger = ledger_of(dev);

	if (ledger)
		ledger_sync(ledger, addr, size, false);
}

static void ledger_sync_sg(struct device *dev, struct scatterlist *sgl,
			   int nents, bool for_cpu)
{
	struct nsim_ledger *ledger = ledger_of(dev);
	struct scatterlist *sg;
	int i;

	if (!ledger)
		return;
	for_each_sg(sgl, sg, nents, i) {
		if (!sg_dma_len(sg))
			break;
		ledger_sync(ledger, sg_dma_address(sg), sg_dma_len(sg),
			    for_cpu);
	}
}

static void ledger_on_sync_sg_cpu(void *data, struct device *dev,
				  struct scatterlist *sgl, int nents,
				  enum dma_data_direction dir)
{
	ledger_sync_sg(dev, sgl, nents, true);
}

static void ledger_on_sync_sg_device(void *data, struct device *dev,
				     struct scatterlist *sgl, int nents,
				     enum dma_data_direction dir)
{
	ledger_sync_sg(dev, sgl, nents, false);
}

/**
 * struct ledger_probe - something to listen to
 * @name: the tracepoint
 * @probe: what it calls
 * @tp: where it is, once found
 */
struct ledger_probe {
	const char *name;
	void *probe;
	struct tracepoint *tp;
};

static struct ledger_probe ledger_probes[] = {
	{ .name = "dma_map_page", .probe = ledger_on_map },
	{ .name = "dma_unmap_page", .probe = ledger_on_unmap },
	{ .name = "dma_map_resource", .probe = ledger_on_map_resource },
	{ .name = "dma_unmap_resource", .probe = ledger_on_unmap },
	{ .name = "dma_alloc", .probe = ledger_on_alloc },
	{ .name = "dma_free", .probe = ledger_on_free },
	{ .name = "dma_alloc_pages", .probe = ledger_on_alloc },
	{ .name = "dma_free_pages", .probe = ledger_on_free },
	{ .name = "dma_alloc_sgt", .probe = ledger_on_alloc_sgt },
	{ .name = "dma_alloc_sgt_err", .probe = ledger_on_alloc },
	{ .name = "dma_free_sgt", .probe = ledger_on_free_sgt },
	{ .name = "dma_map_sg", .probe = ledger_on_map_sg },
	{ .name = "dma_map_sg_err", .probe = ledger_on_map_sg_err },
	{ .name = "dma_unmap_sg", .probe = ledger_on_unmap_sg },
	{ .name = "dma_sync_single_for_cpu", .probe = ledger_on_sync_cpu },
	{ .name = "dma_sync_single_for_device",
	  .probe = ledger_on_sync_device },
	{ .name = "dma_sync_sg_for_cpu", .probe = ledger_on_sync_sg_cpu },
	{ .name = "dma_sync_sg_for_device",
	  .probe = ledger_on_sync_sg_device },
};

static unsigned int ledger_trace_users;	/* under the ledgers' mutex */

/* The compiler holds each probe against what its tracepoint passes. */
static void ledger_trace_check(void)
{
	check_trace_callback_type_dma_map_page(ledger_on_map);
	check_trace_callback_type_dma_unmap_page(ledger_on_unmap);
	check_trace_callback_type_dma_map_resource(ledger_on_map_resource);
	check_trace_callback_type_dma_unmap_resource(ledger_on_unmap);
	check_trace_callback_type_dma_alloc(ledger_on_alloc);
	check_trace_callback_type_dma_free(ledger_on_free);
	check_trace_callback_type_dma_alloc_pages(ledger_on_alloc);
	check_trace_callback_type_dma_free_pages(ledger_on_free);
	check_trace_callback_type_dma_alloc_sgt(ledger_on_alloc_sgt);
	check_trace_callback_type_dma_alloc_sgt_err(ledger_on_alloc);
	check_trace_callback_type_dma_free_sgt(ledger_on_free_sgt);
	check_trace_callback_type_dma_map_sg(ledger_on_map_sg);
	check_trace_callback_type_dma_map_sg_err(ledger_on_map_sg_err);
	check_trace_callback_type_dma_unmap_sg(ledger_on_unmap_sg);
	check_trace_callback_type_dma_sync_single_for_cpu(ledger_on_sync_cpu);
	check_trace_callback_type_dma_sync_single_for_device(ledger_on_sync_device);
	check_trace_callback_type_dma_sync_sg_for_cpu(ledger_on_sync_sg_cpu);
	check_trace_callback_type_dma_sync_sg_for_device(ledger_on_sync_sg_device);
}

static void ledger_trace_found(struct tracepoint *tp, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ledger_probes); i++)
		if (!strcmp(ledger_probes[i].name, tp->name))
			ledger_probes[i].tp = tp;
}

static void ledger_trace_unregister(int nr)
{
	while (nr--)
		tracepoint_probe_unregister(ledger_probes[nr].tp,
					    ledger_probes[nr].probe, NULL);
	tracepoint_synchronize_unregister();
}

/**
 * ledger_trace_get - listen; one more ledger is open
 *
 * Context: process, may sleep; under the ledgers' mutex.
 * Return: 0; -EOPNOTSUPP: this kernel does not have the tracepoints; -ENOMEM.
 */
int ledger_trace_get(void)
{
	int err;
	int i;

	if (ledger_trace_users) {
		ledger_trace_users++;
		return 0;
	}
	ledger_trace_check();
	for_each_kernel_tracepoint(ledger_trace_found, NULL);
	for (i = 0; i < ARRAY_SIZE(ledger_probes); i++) {
		err = -EOPNOTSUPP;
		if (ledger_probes[i].tp)
			err = tracepoint_probe_register(ledger_probes[i].tp,
							ledger_probes[i].probe,
							NULL);
		if (err) {
			ledger_trace_unregister(i);
			return err;
		}
	}
	ledger_trace_users = 1;
	return 0;
}

/**
 * ledger_trace_put - one ledger less is open; the last one ends listening
 *
 * Context: process, may sleep; under the ledgers' mutex. After the last one no
 * probe runs any more.
 */
void ledger_trace_put(void)
{
	if (!--ledger_trace_users)
		ledger_trace_unregister(ARRAY_SIZE(ledger_probes));
}

#else

int ledger_trace_get(void)
{
	return -EOPNOTSUPP;
}

void ledger_trace_put(void)
{
}

#endif
