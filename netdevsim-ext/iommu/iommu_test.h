/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites of the emulated IOMMU share.
 */
#ifndef NSIM_IOMMU_TEST_H
#define NSIM_IOMMU_TEST_H

#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>

#include "nsim_iommu.h"

/* Far from where the IOVA allocator, which starts at the top, hands out. */
#define NSIM_TEST_IOVA	0x40000000ul

struct device *nsim_test_device(struct kunit *test, enum nsim_iommu_mode mode);
void *nsim_test_pages(struct kunit *test, unsigned int order);
dma_addr_t nsim_test_map(struct kunit *test, struct device *dev, void *buf,
			 size_t len, enum dma_data_direction dir);
void nsim_test_fill(u8 *buf, size_t len, u8 seed);
void nsim_test_expect_fault(struct kunit *test, struct device *dev,
			    enum nsim_iommu_fault_kind kind, dma_addr_t addr,
			    size_t len, bool write);

#endif
