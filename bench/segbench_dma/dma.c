// SPDX-License-Identifier: GPL-2.0
/*
 * What mapping a super-packet costs behind the emulated IOMMU: piece by piece,
 * and as one range of bus addresses.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "dma.h"

struct device *segbench_dma_devs[NSIM_IOMMU_IDENTITY + 1];

static void *dma_setup(const struct segbench_input *input,
		       enum nsim_iommu_mode mode, bool range)
{
	struct dma_state *state = segbench_dma_build(input, DMA_HEADROOM,
						     mode);
	int err;

	if (IS_ERR(state))
		return state;
	state->txq.range = range;
	err = hgso_prepare(&state->txq, state->skb);
	if (err > 0)
		return state;
	segbench_dma_teardown(state);
	return ERR_PTR(err);
}

static void *dma_pieces_strict(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_STRICT, false);
}

static void *dma_range_strict(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_STRICT, true);
}

static void *dma_pieces_lazy(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_LAZY, false);
}

static void *dma_range_lazy(const struct segbench_input *input)
{
	return dma_setup(input, NSIM_IOMMU_LAZY, true);
}

static int dma_run(void *data)
{
	struct dma_state *state = data;
	int err = hgso_map(&state->txq, state->skb);

	if (!err)
		hgso_unmap(&state->txq, state->skb);
	return err;
}

static const struct segbench_case dma_cases[] = {
	{
		.name = "pieces-strict",
		.setup = dma_pieces_strict,
		.run = dma_run,
		.teardown = segbench_dma_teardown,
	},
	{
		.name = "range-strict",
		.setup = dma_range_strict,
		.run = dma_run,
		.teardown = segbench_dma_teardown,
	},
	{
		.name = "pieces-lazy",
		.setup = dma_pieces_lazy,
		.run = dma_run,
		.teardown = segbench_dma_teardown,
	},
	{
		.name = "range-lazy",
		.setup = dma_range_lazy,
		.run = dma_run,
		.teardown = segbench_dma_teardown,
	},
};

static const struct segbench_packet dma_packets[] = {
	{ .input = { "tcpv4-45-32k", 45 }, .layout = SEGBENCH_32K },
	{ .input = { "tcpv4-45-4k", 45 }, .layout = SEGBENCH_4K },
	{ .input = { "list-45", 45 }, .layout = SEGBENCH_LIST },
};

static const struct segbench_input *dma_input(unsigned int index)
{
	return index < ARRAY_SIZE(dma_packets) ? &dma_packets[index].input :
						 NULL;
}

static struct segbench_suite dma_suite = {
	.name = "dma",
	.cases = dma_cases,
	.nr_cases = ARRAY_SIZE(dma_cases),
	.input = dma_input,
};

static void dma_devices_destroy(int n)
{
	while (n--)
		nsim_iommu_device_destroy(to_platform_device(segbench_dma_devs[n]));
}

static int __init dma_init(void)
{
	struct platform_device *pdev;
	int i;

	for (i = 0; i < ARRAY_SIZE(segbench_dma_devs); i++) {
		pdev = nsim_iommu_device_create("segbench", i, i, NULL);
		if (IS_ERR(pdev)) {
			dma_devices_destroy(i);
			return PTR_ERR(pdev);
		}
		segbench_dma_devs[i] = &pdev->dev;
	}
	segbench_register(&dma_suite);
	segbench_register(&segbench_mapped_suite);
	return 0;
}

static void __exit dma_exit(void)
{
	segbench_unregister(&segbench_mapped_suite);
	segbench_unregister(&dma_suite);
	dma_devices_destroy(ARRAY_SIZE(segbench_dma_devs));
}

module_init(dma_init);
module_exit(dma_exit);

MODULE_DESCRIPTION("Cost of mapping a super-packet behind an IOMMU");
MODULE_LICENSE("GPL");
