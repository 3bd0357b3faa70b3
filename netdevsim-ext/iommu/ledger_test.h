/* SPDX-License-Identifier: GPL-2.0 */
/* What the KUnit suites of the DMA ledger share. */
#ifndef NSIM_LEDGER_TEST_H
#define NSIM_LEDGER_TEST_H

#include <kunit/test.h>

#include "device.h"
#include "ledger.h"

struct nsim_iommu_dev *ledger_test_open(struct kunit *test,
					struct device **dev);
struct ledger_counters ledger_test_counters(struct nsim_iommu_dev *nd);
u64 ledger_test_faults(struct nsim_iommu_dev *nd);
void ledger_test_expect(struct kunit *test, struct nsim_iommu_dev *nd,
			enum ledger_kind kind, dma_addr_t addr, size_t len);
dma_addr_t ledger_test_map(struct kunit *test, struct device *dev, void *buf,
			   size_t len, enum dma_data_direction dir);
void ledger_test_unmap(struct device *dev, dma_addr_t addr, size_t len,
		       enum dma_data_direction dir);

#endif
