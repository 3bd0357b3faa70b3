// SPDX-License-Identifier: GPL-2.0
/*
 * Devices come and go: the mode in force, many at a time, what they leave.
 */
#include <linux/err.h>
#include <linux/string.h>

#include "iommu_test.h"

static void nsim_test_mode_strict(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);

	KUNIT_EXPECT_EQ(test, nsim_iommu_mode(dev), NSIM_IOMMU_STRICT);
	KUNIT_EXPECT_EQ(test, iommu_get_domain_for_dev(dev)->type,
			IOMMU_DOMAIN_DMA);
}

static void nsim_test_mode_lazy(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_LAZY);

	KUNIT_EXPECT_EQ(test, nsim_iommu_mode(dev), NSIM_IOMMU_LAZY);
	KUNIT_EXPECT_EQ(test, iommu_get_domain_for_dev(dev)->type,
			IOMMU_DOMAIN_DMA_FQ);
}

/* Bus addresses are memory's own; what is none, or the kernel's, is refused. */
static void nsim_test_mode_identity(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_IDENTITY);
	u8 *buf = nsim_test_pages(test, 0), data[64];
	struct nsim_iommu_counters c;
	dma_addr_t addr;

	KUNIT_EXPECT_EQ(test, nsim_iommu_mode(dev), NSIM_IOMMU_IDENTITY);
	KUNIT_EXPECT_EQ(test, iommu_get_domain_for_dev(dev)->type,
			IOMMU_DOMAIN_IDENTITY);
	/* Memory beyond 4 GiB would be bounced. */
	KUNIT_ASSERT_EQ(test, 0, dma_set_mask_and_coherent(dev,
							   DMA_BIT_MASK(64)));
	nsim_test_fill(buf, 64, 9);
	addr = nsim_test_map(test, dev, buf, 64, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, addr, virt_to_phys(buf));
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, data, 64), 0);
	KUNIT_EXPECT_MEMEQ(test, data, buf, 64);
	memset(data, 0xaa, sizeof(data));
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr, data, 64), 0);
	KUNIT_EXPECT_MEMEQ(test, data, buf, 64);
	dma_unmap_single(dev, addr, 64, DMA_BIDIRECTIONAL);

	addr = __pa((unsigned long)kfree);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr, data, 64),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, BIT_ULL(46), data, 64),
			-EFAULT);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_NOT_MEMORY,
			       BIT_ULL(46), 64, false);
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.maps, 0);
	KUNIT_EXPECT_EQ(test, c.faults, 2);
}

static void nsim_test_mode_unknown(struct kunit *test)
{
	struct platform_device *pdev;

	pdev = nsim_iommu_device_create("nsim-iommu-test", PLATFORM_DEVID_AUTO,
					NSIM_IOMMU_IDENTITY + 1, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(pdev), -EINVAL);
}

/* 48 bits of address and no limit on segments: what a modern NIC has. */
static void nsim_test_limits(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);

	KUNIT_EXPECT_EQ(test, dma_get_mask(dev), DMA_BIT_MASK(48));
	KUNIT_EXPECT_EQ(test, dev->coherent_dma_mask, DMA_BIT_MASK(48));
	KUNIT_EXPECT_EQ(test, dma_get_max_seg_size(dev), UINT_MAX);
	KUNIT_EXPECT_TRUE(test, device_iommu_mapped(dev));
	KUNIT_EXPECT_TRUE(test, device_iommu_capable(dev,
						     IOMMU_CAP_CACHE_COHERENCY));
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(dev,
						      IOMMU_CAP_DEFERRED_FLUSH));
}

/* The second fails, leaves nothing behind, and the first works on. */
static void nsim_test_same_name(struct kunit *test)
{
	struct platform_device *first, *second;

	first = nsim_iommu_device_create("nsim-iommu-twin", 7,
					 NSIM_IOMMU_STRICT, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	second = nsim_iommu_device_create("nsim-iommu-twin", 7,
					  NSIM_IOMMU_STRICT, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -EEXIST);
	KUNIT_EXPECT_TRUE(test, device_iommu_mapped(&first->dev));
	nsim_iommu_device_destroy(first);

	/* The name is free again. */
	first = nsim_iommu_device_create("nsim-iommu-twin", 7,
					 NSIM_IOMMU_STRICT, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	nsim_iommu_device_destroy(first);
}

/* Each has an address space of its own: one's mapping is nothing to another. */
static void nsim_test_many(struct kunit *test)
{
	u8 *buf = nsim_test_pages(test, 0), data[16];
	struct device *dev[12];
	dma_addr_t addr;
	unsigned int i, j;

	nsim_test_fill(buf, 64, 30);
	for (i = 0; i < ARRAY_SIZE(dev); i++)
		dev[i] = nsim_test_device(test, NSIM_IOMMU_STRICT);

	for (i = 0; i < ARRAY_SIZE(dev); i++) {
		addr = nsim_test_map(test, dev[i], buf, 64, DMA_TO_DEVICE);
		for (j = 0; j < ARRAY_SIZE(dev); j++) {
			int want = i == j ? 0 : -EFAULT;

			memset(data, 0, sizeof(data));
			KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev[j], addr,
								  data, 16),
					want);
			if (i == j)
				KUNIT_EXPECT_MEMEQ(test, data, buf, 16);
			else
				KUNIT_EXPECT_NULL(test, memchr_inv(data, 0, 16));
		}
		dma_unmap_single(dev[i], addr, 64, DMA_TO_DEVICE);
	}

	for (i = 0; i < ARRAY_SIZE(dev); i++) {
		struct nsim_iommu_counters c;

		nsim_iommu_counters(dev[i], &c);
		KUNIT_EXPECT_EQ(test, c.maps, 1);
		KUNIT_EXPECT_EQ(test, c.pages_live, 0);
		KUNIT_EXPECT_EQ(test, c.faults, ARRAY_SIZE(dev) - 1);
	}
}

static void nsim_test_leak(struct kunit *test, size_t pages)
{
	u64 before = nsim_iommu_leaked_pages();
	struct platform_device *pdev;
	void *buf = nsim_test_pages(test, 2);

	pdev = nsim_iommu_device_create("nsim-iommu-test", PLATFORM_DEVID_AUTO,
					NSIM_IOMMU_STRICT, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	/* Not by the DMA API: its own debugging would hold on to the entry. */
	if (pages)
		KUNIT_EXPECT_EQ(test, 0,
				iommu_map(iommu_get_domain_for_dev(&pdev->dev),
					  NSIM_TEST_IOVA, virt_to_phys(buf),
					  pages * PAGE_SIZE, IOMMU_READ,
					  GFP_KERNEL));
	nsim_iommu_device_destroy(pdev);
	KUNIT_EXPECT_EQ(test, nsim_iommu_leaked_pages(), before + pages);
}

static void nsim_test_leaks_counted(struct kunit *test)
{
	nsim_test_leak(test, 0);
	nsim_test_leak(test, 3);
}

/* The modelled hardware given some other device: refused, not obeyed. */
static void nsim_test_foreign(struct kunit *test)
{
	struct platform_device *pdev;
	struct nsim_iommu_counters c;
	u8 data[8];

	pdev = platform_device_register_simple("nsim-iommu-foreign",
					       PLATFORM_DEVID_AUTO, NULL, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(&pdev->dev, 0x1000, data, 8),
			-EFAULT);
	nsim_iommu_counters(&pdev->dev, &c);
	KUNIT_EXPECT_EQ(test, c.faults, 0);
	KUNIT_EXPECT_EQ(test, nsim_iommu_faults(&pdev->dev, NULL, 0), 0);
	platform_device_unregister(pdev);
}

static struct kunit_case nsim_iommu_device_cases[] = {
	KUNIT_CASE(nsim_test_mode_strict),
	KUNIT_CASE(nsim_test_mode_lazy),
	KUNIT_CASE(nsim_test_mode_identity),
	KUNIT_CASE(nsim_test_mode_unknown),
	KUNIT_CASE(nsim_test_limits),
	KUNIT_CASE(nsim_test_same_name),
	KUNIT_CASE(nsim_test_many),
	KUNIT_CASE(nsim_test_leaks_counted),
	KUNIT_CASE(nsim_test_foreign),
	{}
};

static struct kunit_suite nsim_iommu_device_suite = {
	.name = "nsim_iommu_device",
	.test_cases = nsim_iommu_device_cases,
};

kunit_test_suite(nsim_iommu_device_suite);
