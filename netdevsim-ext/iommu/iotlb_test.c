// SPDX-License-Identifier: GPL-2.0
/*
 * What the IOTLB remembers and when it forgets; unmapping against a device at
 * work on another CPU.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "device.h"
#include "iommu_test.h"

struct nsim_test_tlb {
	u64 hits;
	u64 misses;
};

/* Reads an octet and says what the IOTLB made of it. */
static struct nsim_test_tlb nsim_test_touch(struct kunit *test,
					    struct device *dev, dma_addr_t addr)
{
	struct nsim_iommu_counters a, b;
	u8 octet;

	nsim_iommu_counters(dev, &a);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, &octet, 1), 0);
	nsim_iommu_counters(dev, &b);

	return (struct nsim_test_tlb) {
		.hits = b.iotlb_hits - a.iotlb_hits,
		.misses = b.iotlb_misses - a.iotlb_misses,
	};
}

static void nsim_test_expect_hit(struct kunit *test, struct device *dev,
				 dma_addr_t addr)
{
	struct nsim_test_tlb tlb = nsim_test_touch(test, dev, addr);

	KUNIT_EXPECT_EQ(test, tlb.hits, 1);
	KUNIT_EXPECT_EQ(test, tlb.misses, 0);
}

static void nsim_test_expect_miss(struct kunit *test, struct device *dev,
				  dma_addr_t addr)
{
	struct nsim_test_tlb tlb = nsim_test_touch(test, dev, addr);

	KUNIT_EXPECT_EQ(test, tlb.hits, 0);
	KUNIT_EXPECT_EQ(test, tlb.misses, 1);
}

/* One page more in a set than it has ways puts out the oldest. */
static void nsim_test_ways(struct kunit *test)
{
	const size_t len = (NSIM_IOTLB_SETS * NSIM_IOTLB_WAYS + 1) * PAGE_SIZE;
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	const size_t stride = NSIM_IOTLB_SETS * PAGE_SIZE;
	dma_addr_t addr;
	unsigned int i;
	void *buf;

	buf = dma_alloc_coherent(dev, len, &addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < NSIM_IOTLB_WAYS; i++)
		nsim_test_expect_miss(test, dev, addr + i * stride);
	for (i = 0; i < NSIM_IOTLB_WAYS; i++)
		nsim_test_expect_hit(test, dev, addr + i * stride + 100);
	/* Its neighbour lives in another set. */
	nsim_test_expect_miss(test, dev, addr + PAGE_SIZE);
	nsim_test_expect_hit(test, dev, addr);

	nsim_test_expect_miss(test, dev, addr + i * stride);
	nsim_test_expect_miss(test, dev, addr);
	dma_free_coherent(dev, len, buf, addr);
}

static struct nsim_iotlb *nsim_test_tlb_of(struct device *dev)
{
	struct nsim_iommu_dev *nd = dev_iommu_priv_get(dev);

	return &nd->iotlb;
}

/* Of four entries the fifth page puts one out; of many none is. */
static void nsim_test_resize(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct nsim_iotlb *tlb = nsim_test_tlb_of(dev);
	static const u64 wrong[] = { 0, 1, 3, 48, 32768 };
	const unsigned int pages = 600;
	dma_addr_t addr;
	unsigned int i;
	void *buf;

	buf = dma_alloc_coherent(dev, pages * PAGE_SIZE, &addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, nsim_iotlb_resize(tlb, 4), 0);
	for (i = 0; i < 5; i++)
		nsim_test_expect_miss(test, dev, addr + i * PAGE_SIZE);
	nsim_test_expect_hit(test, dev, addr + 4 * PAGE_SIZE);
	nsim_test_expect_miss(test, dev, addr);
	KUNIT_ASSERT_EQ(test, nsim_iotlb_resize(tlb, 1024), 0);
	for (i = 0; i < pages; i++)
		nsim_test_expect_miss(test, dev, addr + i * PAGE_SIZE);
	for (i = 0; i < pages; i++)
		nsim_test_expect_hit(test, dev, addr + i * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ(test, nsim_iotlb_resize(tlb, wrong[i]),
				-EINVAL);
	nsim_test_expect_hit(test, dev, addr);
	dma_free_coherent(dev, pages * PAGE_SIZE, buf, addr);
}

/* Time passes for each miss, and for each unmap of a strict device. */
static void nsim_test_costs(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct nsim_iotlb *tlb = nsim_test_tlb_of(dev);
	u8 *buf = nsim_test_pages(test, 0);
	dma_addr_t addr;
	ktime_t start;
	unsigned int i;

	tlb->miss_ns = 100000;
	addr = nsim_test_map(test, dev, buf, 64, DMA_TO_DEVICE);
	start = ktime_get();
	for (i = 0; i < 10; i++) {
		nsim_iotlb_flush_all(tlb);
		nsim_test_expect_miss(test, dev, addr);
	}
	KUNIT_EXPECT_GE(test, ktime_to_ns(ktime_sub(ktime_get(), start)),
			10 * 100000);
	tlb->miss_ns = 0;
	tlb->flush_ns = 100000;
	start = ktime_get();
	dma_unmap_single(dev, addr, 64, DMA_TO_DEVICE);
	KUNIT_EXPECT_GE(test, ktime_to_ns(ktime_sub(ktime_get(), start)),
			100000);
	tlb->flush_ns = 0;
}

/* Strict: by the time unmap has returned, so has the IOTLB's memory. */
static void nsim_test_strict_forgets(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	u8 *buf = nsim_test_pages(test, 0), data[16];
	struct nsim_iommu_counters before, c;
	dma_addr_t addr;

	memset(data, 0xee, sizeof(data));
	addr = nsim_test_map(test, dev, buf, 64, DMA_BIDIRECTIONAL);
	nsim_test_expect_miss(test, dev, addr);
	nsim_test_expect_hit(test, dev, addr);
	nsim_iommu_counters(dev, &before);
	dma_unmap_single(dev, addr, 64, DMA_BIDIRECTIONAL);

	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.iotlb_flushes, before.iotlb_flushes + 1);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_write(dev, addr, data, 16),
			-EFAULT);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_NOT_MAPPED, addr, 16,
			       true);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, PAGE_SIZE));
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.iotlb_stale, 0);
	KUNIT_EXPECT_EQ(test, c.faults, 1);
}

/* A flush of some pages leaves the others cached. */
static void nsim_test_flush_is_narrow(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	void *a = nsim_test_pages(test, 0), *b = nsim_test_pages(test, 0);
	dma_addr_t addr_a, addr_b;

	addr_a = nsim_test_map(test, dev, a, 64, DMA_TO_DEVICE);
	addr_b = nsim_test_map(test, dev, b, 64, DMA_TO_DEVICE);
	nsim_test_expect_miss(test, dev, addr_a);
	nsim_test_expect_miss(test, dev, addr_b);
	dma_unmap_single(dev, addr_a, 64, DMA_TO_DEVICE);
	nsim_test_expect_hit(test, dev, addr_b);
	dma_unmap_single(dev, addr_b, 64, DMA_TO_DEVICE);
}

/*
 * Unmaps and has the device write at once. Returns false if a flush came in
 * between (the kernel does one every 10 ms): then this proved nothing.
 */
static bool nsim_test_stale_once(struct kunit *test, struct device *dev,
				 u8 *buf)
{
	struct nsim_iommu_counters before, c;
	dma_addr_t addr;
	u8 data[16];
	int err;

	memset(data, 0xee, sizeof(data));
	addr = nsim_test_map(test, dev, buf, 64, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, nsim_iommu_dma_read(dev, addr, data, 1), 0);
	data[0] = 0xee;
	nsim_iommu_counters(dev, &before);
	dma_unmap_single(dev, addr, 64, DMA_BIDIRECTIONAL);
	err = nsim_iommu_dma_write(dev, addr, data, 16);
	nsim_iommu_counters(dev, &c);

	/* Flush or not, it is a fault and moves nothing. */
	KUNIT_EXPECT_EQ(test, err, -EFAULT);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, c.faults, before.faults + 1);
	if (c.iotlb_flushes != before.iotlb_flushes)
		return false;

	KUNIT_EXPECT_EQ(test, c.iotlb_stale, before.iotlb_stale + 1);
	nsim_test_expect_fault(test, dev, NSIM_IOMMU_FAULT_STALE, addr, 16,
			       true);

	return true;
}

static void nsim_test_lazy_stale(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_LAZY);
	struct nsim_iommu_counters before, c;
	u8 *buf = nsim_test_pages(test, 0);
	unsigned int tries = 0;

	nsim_iommu_counters(dev, &before);
	while (!nsim_test_stale_once(test, dev, buf) && tries < 100)
		tries++;
	KUNIT_EXPECT_LT(test, tries, 100);

	/* The page itself is given up at once; only the IOTLB hears later. */
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.pages_live, 0);

	for (tries = 0; tries < 1000; tries++) {
		nsim_iommu_counters(dev, &c);
		if (c.iotlb_flushes > before.iotlb_flushes)
			break;
		msleep(20);
	}
	KUNIT_EXPECT_GT(test, c.iotlb_flushes, before.iotlb_flushes);
}

/* Many unmaps share a flush, or lazy would be strict by another name. */
static void nsim_test_lazy_batches(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_LAZY);
	void *buf = nsim_test_pages(test, 0);
	struct nsim_iommu_counters c;
	dma_addr_t addr;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		addr = nsim_test_map(test, dev, buf, 64, DMA_TO_DEVICE);
		dma_unmap_single(dev, addr, 64, DMA_TO_DEVICE);
	}
	nsim_iommu_counters(dev, &c);
	KUNIT_EXPECT_EQ(test, c.pages_live, 0);
	KUNIT_EXPECT_GT(test, c.iotlb_flushes, 0);
	KUNIT_EXPECT_LT(test, c.iotlb_flushes, 250);
}

#define NSIM_TEST_DEVICE_OCTET	0xdd
#define NSIM_TEST_DRIVER_OCTET	0x5a

/**
 * struct nsim_test_racer - a device that never stops writing
 * @dev: the device
 * @addr: where it writes; changed under its feet
 * @written: writes that succeeded
 * @refused: writes that did not
 * @pattern: what it writes: a page of NSIM_TEST_DEVICE_OCTET
 */
struct nsim_test_racer {
	struct device *dev;
	dma_addr_t addr;
	unsigned long written;
	unsigned long refused;
	u8 *pattern;
};

static int nsim_test_race(void *data)
{
	struct nsim_test_racer *racer = data;

	while (!kthread_should_stop()) {
		dma_addr_t addr = READ_ONCE(racer->addr);

		if (nsim_iommu_dma_write(racer->dev, addr, racer->pattern,
					 PAGE_SIZE))
			WRITE_ONCE(racer->refused, racer->refused + 1);
		else
			WRITE_ONCE(racer->written, racer->written + 1);
		cond_resched();
	}

	return 0;
}

/* Waits for the device to get a write in, done or refused; false: it never did. */
static bool nsim_test_await(const unsigned long *writes, unsigned long seen)
{
	/* Long: the device's CPU may itself be a thread on a busy machine. */
	const unsigned long deadline = jiffies + 60 * HZ;

	while (READ_ONCE(*writes) == seen) {
		if (time_after(jiffies, deadline))
			return false;
		cond_resched();
	}

	return true;
}

/* One mapping; the device is writing to it when it is taken away. */
static void nsim_test_race_once(struct kunit *test,
				struct nsim_test_racer *racer, u8 *page)
{
	unsigned long seen = READ_ONCE(racer->written);
	dma_addr_t addr;

	addr = nsim_test_map(test, racer->dev, page, PAGE_SIZE,
			     DMA_FROM_DEVICE);
	WRITE_ONCE(racer->addr, addr);
	KUNIT_EXPECT_TRUE(test, nsim_test_await(&racer->written, seen));
	dma_unmap_single(racer->dev, addr, PAGE_SIZE, DMA_FROM_DEVICE);

	/* It is ours now. The device goes on trying. */
	memset(page, NSIM_TEST_DRIVER_OCTET, PAGE_SIZE);
	seen = READ_ONCE(racer->refused);
	KUNIT_EXPECT_TRUE(test, nsim_test_await(&racer->refused, seen));
	KUNIT_EXPECT_NULL(test, memchr_inv(page, NSIM_TEST_DRIVER_OCTET,
					   PAGE_SIZE));
}

static void nsim_test_race_mode(struct kunit *test, enum nsim_iommu_mode mode)
{
	struct nsim_test_racer racer = {
		.dev = nsim_test_device(test, mode),
		.pattern = nsim_test_pages(test, 0),
	};
	struct nsim_iommu_counters c;
	struct task_struct *task;
	unsigned int cpu, i;
	u8 *page;

	page = nsim_test_pages(test, 0);
	memset(racer.pattern, NSIM_TEST_DEVICE_OCTET, PAGE_SIZE);
	task = kthread_create(nsim_test_race, &racer, "nsim-test-race");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu < nr_cpu_ids)
		kthread_bind(task, cpu);
	else
		kunit_info(test, "one CPU: no true concurrency\n");
	/* kthread_stop() must find it whether it has run or not. */
	get_task_struct(task);
	wake_up_process(task);

	for (i = 0; i < 2000; i++)
		nsim_test_race_once(test, &racer, page);

	kthread_stop_put(task);
	nsim_iommu_counters(racer.dev, &c);
	KUNIT_EXPECT_EQ(test, c.faults, racer.refused);
	KUNIT_EXPECT_EQ(test, c.pages_live, 0);
	KUNIT_EXPECT_GT(test, racer.written, 0);
	kunit_info(test, "%lu writes done, %lu refused, %llu of them stale\n",
		   racer.written, racer.refused, c.iotlb_stale);
}

static void nsim_test_race_strict(struct kunit *test)
{
	nsim_test_race_mode(test, NSIM_IOMMU_STRICT);
}

static void nsim_test_race_lazy(struct kunit *test)
{
	nsim_test_race_mode(test, NSIM_IOMMU_LAZY);
}

static struct kunit_case nsim_iotlb_cases[] = {
	KUNIT_CASE(nsim_test_ways),
	KUNIT_CASE(nsim_test_resize),
	KUNIT_CASE(nsim_test_costs),
	KUNIT_CASE(nsim_test_strict_forgets),
	KUNIT_CASE(nsim_test_flush_is_narrow),
	KUNIT_CASE(nsim_test_lazy_stale),
	KUNIT_CASE(nsim_test_lazy_batches),
	KUNIT_CASE_SLOW(nsim_test_race_strict),
	KUNIT_CASE_SLOW(nsim_test_race_lazy),
	{}
};

static struct kunit_suite nsim_iotlb_suite = {
	.name = "nsim_iotlb",
	.test_cases = nsim_iotlb_cases,
};

kunit_test_suite(nsim_iotlb_suite);
