/* SPDX-License-Identifier: GPL-2.0 */
/* Super-packets that are mapped behind the emulated IOMMU. */
#ifndef SEGBENCH_DMA_H
#define SEGBENCH_DMA_H

#include <linux/err.h>

#include <headroom/hgso.h>

#include "../segbench/segbench.h"
#include "nsim_iommu.h"

#define DMA_MAX_DESCS	4096
/* For the headers of all segments. */
#define DMA_HEADROOM	(SZ_16K - SZ_1K)

/**
 * struct dma_state - a super-packet, and where it is mapped
 * @skb: it
 * @block: memory that its page frags are in
 * @dev: the device
 * @txq: the queue's state
 * @priv: the suite's own, freed with kfree()
 */
struct dma_state {
	struct sk_buff *skb;
	struct page *block;
	struct device *dev;
	struct hgso_txq txq;
	void *priv;
};

struct dma_state *segbench_dma_build(const struct segbench_input *input,
				     unsigned int headroom,
				     enum nsim_iommu_mode mode);
void segbench_dma_teardown(void *data);

extern struct device *segbench_dma_devs[NSIM_IOMMU_IDENTITY + 1];
extern struct segbench_suite segbench_mapped_suite;

#endif
