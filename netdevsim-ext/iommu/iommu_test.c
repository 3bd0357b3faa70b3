// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping, access and faults, by way of the DMA API and the kernel's iommu-dma.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "iommu_test.h"
#include "table.h"

static void nsim_test_destroy(void *pdev)
{
	nsim_iommu_device_destroy(pdev);
}

/* A device that goes when the test ends. Skips the test if lazy is not to be had. */
struct device *nsim_test_device(struct kunit *test, enum nsim_iommu_mode mode)
{
	struct platform_device *pdev;

	pdev = nsim_iommu_device_create("nsim-iommu-test", PLATFORM_DEVID_AUTO,
					mode, NULL);
	if (mode == NSIM_IOMMU_LAZY && PTR_ERR_OR_ZERO(pdev) == -EOPNOTSUPP)
		kunit_skip(test, "this kernel was booted strict");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   nsim_test_destroy,
							   pdev));

	return &pdev->dev;
}

struct nsim_test_block {
	unsigned long addr;
	unsigned int order;
};

static void nsim_test_free_block(void *data)
{
	struct nsim_test_block *block = data;

	free_pages(block->addr, block->order);
}

/* Consecutive zeroed pages that go when the test ends. */
void *nsim_test_pages(struct kunit *test, unsigned int order)
{
	struct nsim_test_block *block;

	block = kunit_kzalloc(test, sizeof(*block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	block->order = order;
	block->addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
	KUNIT_ASSERT_NE(test, block->addr, 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   nsim_test_free_block,
							   block));

	return (void *)block->addr;
}

dma_addr_t nsim_test_map(struct kunit *test, struct device *dev, void *buf,
			 size_t len, enum dma_data_direction dir)
{
	dma_addr_t addr = dma_map_single(dev, buf, len, dir);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));

	return addr;
}

void nsim_test_fill(u8 *buf, size_t len, u8 seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = seed + i * 7 + (i >> 8);
}

/* That the newest fault is this one. */
void nsim_test_expect_fault(struct kunit *test, struct device *dev,
			    enum nsim_iommu_fault_kind kind, dma_addr_t addr,
			    size_t len, bool write)
{
	struct nsim_iommu_fault fault = {};

	KUNIT_EXPECT_EQ(test, nsim_iommu_faults(dev, &fault, 1), 1);
	KUNIT_EXPECT_EQ(test, fault.kind, kind);
	KUNIT_EXPECT_EQ(test, fault.addr, addr);
	KUNIT_EXPECT_EQ(test, fault.len, len);
	KUNIT_EXPECT_EQ(test, fault.write, write);
	KUNIT_EXPECT_LE(test, fault.time, ktime_get());
}

static void nsim_test_single(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct nsim_iommu_counters before, c;
	u8 *buf = nsim_test_pages(test, 0), data[256], back[256];
	dma_addr_t addr;

	nsim_iommu_counters(dev, &before);
	KUNIT_EXPECT_EQ(test, before.pages_live, 0);

	addr = nsim_test_map(test, dev, buf + 40, 3000, DMA_BIDIRECTIONAL);
	/* The IOMMU moves pages about, never octets within one. */
	KUNIT_EXPECT_EQ(test, addr & ~PAGE_MASK, 40);
	KUNIT_EXPECT_NE(test, addr, (dma_addr_t)virt_to_phys(buf + 40));

	nsim_test_fill(data, sizeof(data), 1);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr + 100, data,
						   sizeof(data)), 0);
	KUNIT_EXPECT_MEMEQ(test, buf + 140, data, sizeof(data));
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr + 100, back,
						  sizeof(back)), 0);
	KUNIT_EXPECT_MEMEQ(test, back, data, sizeof(data));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, 140));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + 396, 0, PAGE_SIZE - 396));

	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.maps, before.maps + 1);
	KUNIT_EXPECT_EQ(test, c.pages_live, 1);

	dma_unmap_single(dev, addr, 3000, DMA_BIDIRECTIONAL);
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.unmaps, before.unmaps + 1);
	KUNIT_EXPECT_EQ(test, c.pages_live, 0);
	KUNIT_EXPECT_EQ(test, c.pages_mapped, before.pages_mapped + 1);
	KUNIT_EXPECT_EQ(test, c.faults, 0);
}

/* The DMA API may be called, and a device may be kicked, with IRQs off. */
static void nsim_test_irqs_off(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	u8 *buf = nsim_test_pages(test, 0), data[64];
	unsigned long flags;
	dma_addr_t addr;
	int err = -EIO;

	nsim_test_fill(data, sizeof(data), 9);
	local_irq_save(flags);
	addr = dma_map_single(dev, buf, sizeof(data), DMA_FROM_DEVICE);
	if (!dma_mapping_error(dev, addr)) {
		err = nsim_iommu_dma_write(dev, addr, data, sizeof(data));
		dma_unmap_single(dev, addr, sizeof(data), DMA_FROM_DEVICE);
	}
	local_irq_restore(flags);

	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_MEMEQ(test, buf, data, sizeof(data));
}

static void nsim_test_coherent(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct nsim_iommu_counters c;
	const size_t len = 3 * PAGE_SIZE;
	u8 *data, *ring;
	dma_addr_t addr;

	data = kunit_kzalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	nsim_test_fill(data, len, 3);

	ring = dma_alloc_coherent(dev, len, &addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ring);
	KUNIT_EXPECT_NULL(test, memchr_inv(ring, 0, len));
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr, data, len), 0);
	KUNIT_EXPECT_MEMEQ(test, ring, data, len);

	ring[PAGE_SIZE] ^= 0xff;
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, data, len), 0);
	KUNIT_EXPECT_MEMEQ(test, ring, data, len);

	dma_free_coherent(dev, len, ring, addr);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, data, 16), -EFAULT);
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.pages_live, 0);
}

struct nsim_test_span {
	size_t offset;
	size_t len;
};

static const struct nsim_test_span nsim_test_spans[] = {
	{ 0, 1 },
	{ 4, 4 },			/* words go in one piece */
	{ PAGE_SIZE - 8, 8 },
	{ 6, 8 },			/* but not across their boundary */
	{ 2, 4 },
	{ PAGE_SIZE - 4, 8 },
	{ 0, PAGE_SIZE },
	{ 1, PAGE_SIZE },		/* one octet into the next page */
	{ PAGE_SIZE - 1, 2 },
	{ PAGE_SIZE - 8, 16 },
	{ 17, 3 * PAGE_SIZE },
	{ 0, 4 * PAGE_SIZE },
	{ PAGE_SIZE, 0 },
};

static void nsim_test_span_name(const struct nsim_test_span *span, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu octets at %zu", span->len,
		 span->offset);
}

KUNIT_ARRAY_PARAM(nsim_test_span, nsim_test_spans, nsim_test_span_name);

static void nsim_test_crossing(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	const struct nsim_test_span *span = test->param_value;
	const size_t total = 4 * PAGE_SIZE;
	u8 *buf = nsim_test_pages(test, 2), *data = nsim_test_pages(test, 2);
	dma_addr_t addr;
	size_t end = span->offset + span->len;

	addr = nsim_test_map(test, dev, buf, total, DMA_BIDIRECTIONAL);
	nsim_test_fill(data, total, 5);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr + span->offset,
						   data, span->len), 0);
	KUNIT_EXPECT_MEMEQ(test, buf + span->offset, data, span->len);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, span->offset));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + end, 0, total - end));

	memset(data, 0, total);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr + span->offset,
						  data, span->len), 0);
	KUNIT_EXPECT_MEMEQ(test, buf + span->offset, data, span->len);
	dma_unmap_single(dev, addr, total, DMA_BIDIRECTIONAL);
}

/* Pages that lie apart and out of order in memory are one range to a device. */
static void nsim_test_scatter(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	u8 *buf = nsim_test_pages(test, 3), *data = nsim_test_pages(test, 2);
	static const unsigned int order[] = { 6, 0, 3, 1 };
	struct scatterlist sg[ARRAY_SIZE(order)];
	unsigned int i;
	int n;

	sg_init_table(sg, ARRAY_SIZE(sg));
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		u8 *page = buf + order[i] * PAGE_SIZE;

		nsim_test_fill(page, PAGE_SIZE, 11 * i);
		sg_set_buf(&sg[i], page, PAGE_SIZE);
	}

	n = dma_map_sg(dev, sg, ARRAY_SIZE(sg), DMA_TO_DEVICE);
	KUNIT_ASSERT_EQ(test, n, 1);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, sg_dma_address(sg), data,
						  sg_dma_len(sg)), 0);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_MEMEQ(test, data + i * PAGE_SIZE,
				   buf + order[i] * PAGE_SIZE, PAGE_SIZE);
	dma_unmap_sg(dev, sg, ARRAY_SIZE(sg), DMA_TO_DEVICE);
}

static void nsim_test_permission(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	u8 *buf = nsim_test_pages(test, 0), data[32];
	struct nsim_iommu_counters c;
	dma_addr_t addr;

	memset(data, 0xee, sizeof(data));
	addr = nsim_test_map(test, dev, buf, 64, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr + 8, data, 32),
			-EFAULT);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_PERMISSION, addr + 8,
			       32, true);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, data, 32), 0);
	dma_unmap_single(dev, addr, 64, DMA_TO_DEVICE);

	memset(data, 0xee, sizeof(data));
	addr = nsim_test_map(test, dev, buf, 64, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, data, 32),
			-EFAULT);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_PERMISSION, addr, 32,
			       false);
	KUNIT_EXPECT_NULL(test, memchr_inv(data, 0xee, sizeof(data)));
	dma_unmap_single(dev, addr, 64, DMA_FROM_DEVICE);

	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.faults, 2);
}

/* Up to the last good page, and no further. */
static void nsim_test_runs_off(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	u8 *buf = nsim_test_pages(test, 1), *data = nsim_test_pages(test, 1);
	dma_addr_t addr;

	nsim_test_fill(data, 2 * PAGE_SIZE, 77);
	addr = nsim_test_map(test, dev, buf, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr + 96, data,
						   PAGE_SIZE), -EFAULT);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_NOT_MAPPED,
			       addr + PAGE_SIZE, 96, true);
	KUNIT_EXPECT_MEMEQ(test, buf + 96, data, PAGE_SIZE - 96);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + PAGE_SIZE, 0, PAGE_SIZE));
	dma_unmap_single(dev, addr, PAGE_SIZE, DMA_FROM_DEVICE);
}

/* Addresses that cannot be, and the one that descriptors hold by mistake: 0. */
static void nsim_test_wild(struct kunit *test)
{
	static const dma_addr_t wild[] = {
		0, 0x1000, BIT_ULL(48), BIT_ULL(63), ~0ULL - 7,
	};
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	u8 data[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		memset(data, 0xee, sizeof(data));
		KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, wild[i], data, 8),
				-EFAULT);
		nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_NOT_MAPPED,
				       wild[i], 8, false);
		KUNIT_EXPECT_NULL(test, memchr_inv(data, 0xee, sizeof(data)));
	}
}

/* What is no memory, registers of another device say, is not copied. */
static void nsim_test_not_memory(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	void *page = nsim_test_pages(test, 0);
	u8 data[8];

	KUNIT_ASSERT_EQ(test, iommu_map(domain, NSIM_TEST_IOVA,
					virt_to_phys(page), PAGE_SIZE,
					IOMMU_READ | IOMMU_MMIO, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, NSIM_TEST_IOVA, data, 8),
			-EFAULT);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_NOT_MEMORY,
			       NSIM_TEST_IOVA, 8, false);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, NSIM_TEST_IOVA, PAGE_SIZE),
			PAGE_SIZE);
}

/* Only the newest are kept, all are counted. */
static void nsim_test_fault_ring(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct nsim_iommu_fault *faults;
	struct nsim_iommu_counters c;
	const unsigned int n = 100;
	unsigned int i, kept;
	u8 data[4];

	faults = kunit_kcalloc(test, n, sizeof(*faults), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, faults);
	KUNIT_EXPECT_EQ(test, nsim_iommu_faults(dev, faults, n), 0);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, 64 * i, data, 4),
				-EFAULT);

	kept = nsim_iommu_faults(dev, faults, n);
	KUNIT_EXPECT_EQ(test, kept, 32);
	for (i = 0; i < kept; i++)
		KUNIT_EXPECT_EQ(test, faults[i].addr, 64 * (n - 1 - i));
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.faults, n);
}

/* A mapping that hits another is undone, and the other stays. */
static void nsim_test_map_conflict(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	const unsigned long held = NSIM_TEST_IOVA + 2 * PAGE_SIZE;
	void *buf = nsim_test_pages(test, 2);
	phys_addr_t phys = virt_to_phys(buf);
	struct nsim_iommu_counters c;

	KUNIT_ASSERT_EQ(test, iommu_map(domain, held, phys, PAGE_SIZE,
					IOMMU_READ, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, iommu_map(domain, NSIM_TEST_IOVA, phys,
					4 * PAGE_SIZE, IOMMU_READ, GFP_KERNEL),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, NSIM_TEST_IOVA), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, held), phys);
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.pages_live, 1);
	KUNIT_EXPECT_EQ(test, c.map_failures, 1);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, held, PAGE_SIZE), PAGE_SIZE);
}

/* With few addresses the kernel's allocator fails, and recovers. */
static void nsim_test_no_addresses(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	void *buf = nsim_test_pages(test, 0);
	struct nsim_iommu_counters c;
	dma_addr_t addr[16];
	unsigned int n;

	KUNIT_ASSERT_EQ(test, dma_set_mask(dev, DMA_BIT_MASK(16)), 0);
	for (n = 0; n < ARRAY_SIZE(addr); n++) {
		addr[n] = dma_map_single(dev, buf + n * 64, 64, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, addr[n]))
			break;
	}
	/* 16 pages of addresses, of which the first is never given out. */
	KUNIT_EXPECT_GT(test, n, 0);
	KUNIT_EXPECT_LE(test, n, 15);
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.pages_live, n);

	while (n--)
		dma_unmap_single(dev, addr[n], 64, DMA_TO_DEVICE);
	addr[0] = nsim_test_map(test, dev, buf, 64, DMA_TO_DEVICE);
	dma_unmap_single(dev, addr[0], 64, DMA_TO_DEVICE);
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.pages_live, 0);
}

static const unsigned long nsim_test_edges[] = {
	SZ_2M, SZ_1G, BIT(39), BIT(47), BIT(48) - SZ_2M,
};

static void nsim_test_edge_name(const unsigned long *edge, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#lx", *edge);
}

KUNIT_ARRAY_PARAM(nsim_test_edge, nsim_test_edges, nsim_test_edge_name);

/* Ranges that lie in two tables, at every level. */
static void nsim_test_table_edge(struct kunit *test)
{
	const unsigned long iova = *(unsigned long *)test->param_value -
				   2 * PAGE_SIZE;
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	u8 *buf = nsim_test_pages(test, 2), *data = nsim_test_pages(test, 2);
	const size_t len = 4 * PAGE_SIZE;

	nsim_test_fill(buf, len, 21);
	KUNIT_ASSERT_EQ(test, iommu_map(domain, iova, virt_to_phys(buf), len,
					IOMMU_READ, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, iova, data, len), 0);
	KUNIT_EXPECT_MEMEQ(test, data, buf, len);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, iova + len), 0);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, iova - 1), 0);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, iova, len), len);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, iova, len), 0);
}

static struct kunit_case nsim_iommu_cases[] = {
	KUNIT_CASE(nsim_test_single),
	KUNIT_CASE(nsim_test_irqs_off),
	KUNIT_CASE(nsim_test_coherent),
	KUNIT_CASE_PARAM(nsim_test_crossing, nsim_test_span_gen_params),
	KUNIT_CASE(nsim_test_scatter),
	KUNIT_CASE(nsim_test_permission),
	KUNIT_CASE(nsim_test_runs_off),
	KUNIT_CASE(nsim_test_wild),
	KUNIT_CASE(nsim_test_not_memory),
	KUNIT_CASE(nsim_test_fault_ring),
	KUNIT_CASE(nsim_test_map_conflict),
	KUNIT_CASE(nsim_test_no_addresses),
	KUNIT_CASE_PARAM(nsim_test_table_edge, nsim_test_edge_gen_params),
	{}
};

static struct kunit_suite nsim_iommu_suite = {
	.name = "nsim_iommu",
	.test_cases = nsim_iommu_cases,
};

kunit_test_suite(nsim_iommu_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit tests of the emulated IOMMU");
MODULE_LICENSE("GPL");
