// SPDX-License-Identifier: GPL-2.0
/*
 * The DMA ledger hears all of the DMA API: scatter lists, resources, memory
 * that is not contiguous, and what fails; and it leaves no trace of itself.
 */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "iommu_test.h"
#include "ledger_test.h"

#define LEDGER_FAR	BIT_ULL(40)	/* where no memory is */

static void ledger_api_sums(struct nsim_iommu_dev *nd)
{
	WRITE_ONCE(nsim_ledger_lock(nd)->sums, true);
	nsim_ledger_unlock();
}

/* Registers of a neighbour: listed, and never read for a checksum. */
static void ledger_api_resource(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	struct ledger_counters c;
	dma_addr_t addr;

	ledger_api_sums(nd);
	addr = dma_map_resource(dev, LEDGER_FAR, 64, DMA_TO_DEVICE, 0);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.maps, 1);
	KUNIT_EXPECT_EQ(test, c.live_bytes, 64);
	dma_unmap_resource(dev, addr, 64, DMA_TO_DEVICE, 0);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.unmaps, 1);
	KUNIT_EXPECT_EQ(test, c.live, 0);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

/* A table of two pieces, which the IOMMU may join. */
static void ledger_api_table(struct kunit *test, struct sg_table *sgt)
{
	struct scatterlist *sg;
	int i;

	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(sgt, 2, GFP_KERNEL));
	for_each_sgtable_sg(sgt, sg, i)
		sg_set_buf(sg, nsim_test_pages(test, 0), PAGE_SIZE);
}

static void ledger_api_sg(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *data = nsim_test_pages(test, 0);
	struct ledger_counters c;
	struct sg_table sgt;
	dma_addr_t addr;

	ledger_api_table(test, &sgt);
	KUNIT_ASSERT_EQ(test, 0, dma_map_sgtable(dev, &sgt, DMA_FROM_DEVICE,
						 0));
	addr = sg_dma_address(sgt.sgl);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.maps, sgt.nents);
	KUNIT_EXPECT_EQ(test, c.live_bytes, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, addr + 9, data, 50));
	dma_sync_sgtable_for_cpu(dev, &sgt, DMA_FROM_DEVICE);
	dma_sync_sgtable_for_device(dev, &sgt, DMA_FROM_DEVICE);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.syncs_cpu, sgt.nents);
	KUNIT_EXPECT_EQ(test, c.syncs_device, sgt.nents);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
	/* And the sync that is missing is heard of. */
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, addr + 9, data, 50));
	dma_sync_sgtable_for_device(dev, &sgt, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).faults[LEDGER_UNSYNCED],
			1);
	dma_unmap_sgtable(dev, &sgt, DMA_FROM_DEVICE, 0);
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).live, 0);
	sg_free_table(&sgt);
}

static void ledger_api_noncontiguous(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *data = nsim_test_pages(test, 0);
	struct ledger_counters c;
	struct sg_table *sgt;

	sgt = dma_alloc_noncontiguous(dev, 2 * PAGE_SIZE, DMA_BIDIRECTIONAL,
				      GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, sgt);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.allocs, 1);
	KUNIT_EXPECT_EQ(test, c.live_bytes, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0,
			nsim_iommu_dma_write(dev, sg_dma_address(sgt->sgl),
					     data, PAGE_SIZE));
	dma_sync_sgtable_for_cpu(dev, sgt, DMA_BIDIRECTIONAL);
	dma_free_noncontiguous(dev, 2 * PAGE_SIZE, sgt, DMA_BIDIRECTIONAL);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.frees, 1);
	KUNIT_EXPECT_EQ(test, c.live, 0);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

/* What fails is counted, by what was asked for, and nothing is listed. */
static void ledger_api_failures(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0);
	struct ledger_counters c;
	dma_addr_t addr;

	nsim_inject_nth(&nd->fail_map, 1);
	addr = dma_map_single(dev, buf, 10, DMA_TO_DEVICE);
	KUNIT_EXPECT_NE(test, 0, dma_mapping_error(dev, addr));
	nsim_inject_nth(&nd->fail_map, 1);
	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(dev, 100, &addr,
						   GFP_KERNEL | __GFP_NOWARN));
	nsim_inject_nth(&nd->fail_map, 1);
	KUNIT_EXPECT_NULL(test, dma_alloc_noncontiguous(dev, PAGE_SIZE,
							DMA_TO_DEVICE,
							GFP_KERNEL, 0));
	nsim_inject_nth(&nd->fail_map, 0);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.map_failures, 1);
	KUNIT_EXPECT_EQ(test, c.alloc_failures, 2);
	KUNIT_EXPECT_EQ(test, c.maps + c.allocs, 0);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

/*
 * An address was unmapped and mapped anew, and there was no memory to note
 * that: what is done with it is not tracked, and called neither stale nor
 * unmapped twice.
 */
static void ledger_api_missed(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	struct nsim_ledger *ledger;
	dma_addr_t a;

	a = ledger_test_map(test, dev, buf, 100, DMA_TO_DEVICE);
	ledger_test_unmap(dev, a, 100, DMA_TO_DEVICE);
	ledger = nsim_ledger_lock(nd);
	ledger_missed(ledger, a, 60);
	nsim_ledger_unlock();
	/* The page table knows of no new map; the ledger has no objection. */
	KUNIT_EXPECT_EQ(test, -EFAULT, nsim_iommu_dma_read(dev, a, data, 10));
	ledger = nsim_ledger_lock(nd);
	ledger_sync(ledger, a, 10, true);
	ledger_strike(ledger, a, 60, DMA_TO_DEVICE, false, true);
	nsim_ledger_unlock();
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).untracked, 3);
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).no_memory, 1);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

#ifdef CONFIG_DMA_NEED_SYNC
/* Syncs are skipped again afterwards, if they were, and none is needed. */
static void ledger_api_syncs(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0);
	dma_addr_t a;

	KUNIT_EXPECT_FALSE(test, dev->dma_skip_sync);
	nsim_ledger_close(nd);
	dev->dma_skip_sync = true;
	KUNIT_ASSERT_EQ(test, 0, nsim_ledger_open(nd));
	KUNIT_EXPECT_FALSE(test, dev->dma_skip_sync);
	/* As dma_set_mask() does. */
	dev->dma_skip_sync = true;
	a = ledger_test_map(test, dev, buf, 100, DMA_FROM_DEVICE);
	KUNIT_EXPECT_FALSE(test, dev->dma_skip_sync);
	nsim_ledger_close(nd);
	KUNIT_EXPECT_FALSE(test, dev->dma_skip_sync);
	ledger_test_unmap(dev, a, 100, DMA_FROM_DEVICE);
	dev->dma_skip_sync = true;
	KUNIT_ASSERT_EQ(test, 0, nsim_ledger_open(nd));
	nsim_ledger_close(nd);
	KUNIT_EXPECT_TRUE(test, dev->dma_skip_sync);
	/* A bounce buffer had ended it for good. */
	dev->dma_skip_sync = false;
	KUNIT_ASSERT_EQ(test, 0, nsim_ledger_open(nd));
	nsim_ledger_close(nd);
	KUNIT_EXPECT_FALSE(test, dev->dma_skip_sync);
}
#endif

static struct kunit_case ledger_api_cases[] = {
	KUNIT_CASE(ledger_api_resource),
	KUNIT_CASE(ledger_api_sg),
	KUNIT_CASE(ledger_api_noncontiguous),
	KUNIT_CASE(ledger_api_failures),
	KUNIT_CASE(ledger_api_missed),
#ifdef CONFIG_DMA_NEED_SYNC
	KUNIT_CASE(ledger_api_syncs),
#endif
	{}
};

static struct kunit_suite ledger_api_suite = {
	.name = "nsim_ledger_api",
	.test_cases = ledger_api_cases,
};

kunit_test_suite(ledger_api_suite);
