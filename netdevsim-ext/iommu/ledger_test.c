// SPDX-License-Identifier: GPL-2.0
/*
 * The DMA ledger, by way of the DMA API: what is right leaves no trace but in
 * counters, and each wrong is noted with the code that made the map.
 */
#include <linux/kallsyms.h>
#include <linux/kasan.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device.h"
#include "iommu_test.h"
#include "ledger_test.h"

#define LEDGER_TEST_LEN	300

/**
 * ledger_test_open - a device with an open ledger
 * @test: the test; it goes with it
 * @dev: the device is stored here
 *
 * Return: what the IOMMU knows of it; the test has ended, as skipped, where
 * the kernel has no DMA tracepoints.
 */
struct nsim_iommu_dev *ledger_test_open(struct kunit *test,
					struct device **dev)
{
	struct nsim_iommu_dev *nd;
	int err;

	*dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	nd = dev_iommu_priv_get(*dev);
	err = nsim_ledger_open(nd);
	if (err == -EOPNOTSUPP)
		kunit_skip(test, "this kernel has no DMA tracepoints");
	KUNIT_ASSERT_EQ(test, err, 0);
	return nd;
}

/**
 * ledger_test_counters - what a ledger counted
 * @nd: the device, its ledger open
 *
 * Return: the counters.
 */
struct ledger_counters ledger_test_counters(struct nsim_iommu_dev *nd)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(nd);
	struct ledger_counters c = ledger->counters;

	nsim_ledger_unlock();
	return c;
}

/**
 * ledger_test_faults - how many faults a ledger noted
 * @nd: the device, its ledger open
 *
 * Return: how many.
 */
u64 ledger_test_faults(struct nsim_iommu_dev *nd)
{
	u64 nr = nsim_ledger_lock(nd)->nr_faults;

	nsim_ledger_unlock();
	return nr;
}

/* The caller that a stack names is one of this name. */
static void ledger_test_named(struct kunit *test,
			      const struct ledger_stack *stack,
			      const char *name)
{
	char symbol[KSYM_SYMBOL_LEN] = "";

	if (stack->nr)
		sprint_symbol_no_offset(symbol, stack->pc[0]);
	KUNIT_EXPECT_TRUE_MSG(test, str_has_prefix(symbol, name),
			      "it was %s, of %u callers", symbol, stack->nr);
}

/**
 * ledger_test_expect - that there was one fault, of ledger_test_map()'s map
 * @test: the test
 * @nd: the device, its ledger open
 * @kind: of the fault
 * @addr: of the fault
 * @len: of the fault
 */
void ledger_test_expect(struct kunit *test, struct nsim_iommu_dev *nd,
			enum ledger_kind kind, dma_addr_t addr, size_t len)
{
	struct nsim_ledger *ledger = nsim_ledger_lock(nd);
	struct ledger_fault f = ledger->faults[0];
	u64 nr = ledger->nr_faults;

	nsim_ledger_unlock();
	KUNIT_ASSERT_EQ(test, nr, 1);
	KUNIT_EXPECT_STREQ(test, ledger_kind_name(f.kind),
			   ledger_kind_name(kind));
	KUNIT_EXPECT_EQ(test, f.addr, addr);
	KUNIT_EXPECT_EQ(test, f.len, len);
	KUNIT_ASSERT_TRUE(test, f.known);
	ledger_test_named(test, &f.mapper, "ledger_test_map");
	if (kind == LEDGER_STALE || kind == LEDGER_TWICE)
		ledger_test_named(test, &f.other, "ledger_test_unmap");
}

/**
 * ledger_test_map - dma_map_single() by a function whose name is looked for
 * @test: the test; it ends where nothing can be mapped
 * @dev: the device
 * @buf: what is mapped
 * @len: octets
 * @dir: who may do what
 *
 * Return: the bus address.
 */
noinline dma_addr_t ledger_test_map(struct kunit *test, struct device *dev,
				    void *buf, size_t len,
				    enum dma_data_direction dir)
{
	dma_addr_t addr = dma_map_single(dev, buf, len, dir);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	return addr;
}

/**
 * ledger_test_unmap - dma_unmap_single() by such a function
 * @dev: the device
 * @addr: bus address
 * @len: octets
 * @dir: as mapped
 */
noinline void ledger_test_unmap(struct device *dev, dma_addr_t addr, size_t len,
				enum dma_data_direction dir)
{
	dma_unmap_single(dev, addr, len, dir);
	/* Not a jump: the name on the stack is to be this one. */
	barrier();
}

static void ledger_test_right(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 1), *data = nsim_test_pages(test, 1);
	struct ledger_counters c;
	dma_addr_t a, b, coherent;
	void *ring;

	a = ledger_test_map(test, dev, buf + 3, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	b = ledger_test_map(test, dev, buf + 999, 4000, DMA_FROM_DEVICE);
	ring = dma_alloc_coherent(dev, 100, &coherent, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ring);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, a, data,
						     LEDGER_TEST_LEN));
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, a + 299, data, 1));
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, b, data, 4000));
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, coherent, data,
						      100));
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, coherent, data, 4));
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.maps, 2);
	KUNIT_EXPECT_EQ(test, c.allocs, 1);
	KUNIT_EXPECT_EQ(test, c.live, 3);
	KUNIT_EXPECT_EQ(test, c.live_bytes, LEDGER_TEST_LEN + 4000 + 100);
	KUNIT_EXPECT_EQ(test, c.device_read_bytes, LEDGER_TEST_LEN + 1 + 4);
	KUNIT_EXPECT_EQ(test, c.device_write_bytes, 4000 + 100);
	dma_sync_single_for_cpu(dev, b, 4000, DMA_FROM_DEVICE);
	dma_sync_single_for_device(dev, b, 4000, DMA_FROM_DEVICE);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	ledger_test_unmap(dev, b, 4000, DMA_FROM_DEVICE);
	dma_free_coherent(dev, 100, ring, coherent);
	c = ledger_test_counters(nd);
	KUNIT_EXPECT_EQ(test, c.unmaps, 2);
	KUNIT_EXPECT_EQ(test, c.frees, 1);
	KUNIT_EXPECT_EQ(test, c.live, 0);
	KUNIT_EXPECT_EQ(test, c.live_bytes, 0);
	KUNIT_EXPECT_EQ(test, c.high_water, 3);
	KUNIT_EXPECT_EQ(test, c.high_water_bytes, LEDGER_TEST_LEN + 4100);
	KUNIT_EXPECT_EQ(test, c.syncs_cpu, 1);
	KUNIT_EXPECT_EQ(test, c.syncs_device, 1);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

/* One octet too many is one too many, though the page is mapped. */
static void ledger_test_past_end(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	data[0] = 0x77;
	a = ledger_test_map(test, dev, buf, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, -EFAULT, nsim_iommu_dma_read(dev, a, data,
							   LEDGER_TEST_LEN + 1));
	KUNIT_EXPECT_EQ(test, data[0], 0x77);
	ledger_test_expect(test, nd, LEDGER_PAST_END, a + LEDGER_TEST_LEN, 1);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN, DMA_TO_DEVICE);
}

static void ledger_test_before_start(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	a = ledger_test_map(test, dev, buf + 64, LEDGER_TEST_LEN,
			    DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, -EFAULT, nsim_iommu_dma_write(dev, a - 1, data,
							    1));
	ledger_test_expect(test, nd, LEDGER_PAST_END, a - 1, 1);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN, DMA_FROM_DEVICE);
}

static void ledger_test_direction(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	a = ledger_test_map(test, dev, buf, LEDGER_TEST_LEN, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, -EFAULT, nsim_iommu_dma_read(dev, a + 5, data,
							   7));
	ledger_test_expect(test, nd, LEDGER_DIRECTION, a + 5, 7);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN, DMA_FROM_DEVICE);
}

static void ledger_test_stale(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	a = ledger_test_map(test, dev, buf, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, -EFAULT, nsim_iommu_dma_read(dev, a, data, 10));
	ledger_test_expect(test, nd, LEDGER_STALE, a, 10);
}

/*
 * The kernel warns of this one too, with a stack trace that a test run would
 * take for a failure: so the ledger is told as the tracepoint would.
 */
static void ledger_test_twice(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0);
	struct nsim_ledger *ledger;
	dma_addr_t a;

	a = ledger_test_map(test, dev, buf, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	ledger = nsim_ledger_lock(nd);
	ledger_strike(ledger, a, LEDGER_TEST_LEN, DMA_TO_DEVICE, false, true);
	nsim_ledger_unlock();
	ledger_test_expect(test, nd, LEDGER_TWICE, a, LEDGER_TEST_LEN);
}

static void ledger_test_mismatch(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd;
	dma_addr_t a;
	u8 *buf;

	if (IS_ENABLED(CONFIG_DMA_API_DEBUG))
		kunit_skip(test, "DMA_API_DEBUG reports this unmap as a bug");
	nd = ledger_test_open(test, &dev);
	buf = nsim_test_pages(test, 0);
	a = ledger_test_map(test, dev, buf, LEDGER_TEST_LEN, DMA_TO_DEVICE);
	ledger_test_unmap(dev, a, LEDGER_TEST_LEN - 1, DMA_TO_DEVICE);
	ledger_test_expect(test, nd, LEDGER_MISMATCH, a, LEDGER_TEST_LEN - 1);
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).live, 0);
}

/* Seen at the slice that is read, not at others; a sync makes it right. */
static void ledger_test_rewritten(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 1), *data = nsim_test_pages(test, 1);
	struct nsim_ledger *ledger;
	dma_addr_t a;

	ledger = nsim_ledger_lock(nd);
	WRITE_ONCE(ledger->sums, true);
	nsim_ledger_unlock();
	a = ledger_test_map(test, dev, buf + 50, 6000, DMA_TO_DEVICE);
	buf[50 + 5000] ^= 1;
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, a, data, 4000));
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, a + 4990, data, 20));
	ledger_test_expect(test, nd, LEDGER_REWRITTEN, a + 4990, 20);
	dma_sync_single_for_device(dev, a + 4000, 2000, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, a, data, 6000));
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 1);
	ledger_test_unmap(dev, a, 6000, DMA_TO_DEVICE);
}

/* A buffer goes back to the device unseen, but for what was synced of it. */
static void ledger_test_unsynced(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	a = ledger_test_map(test, dev, buf, 2048, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a + 10, data, 100));
	dma_sync_single_for_cpu(dev, a, 60, DMA_FROM_DEVICE);
	dma_sync_single_for_device(dev, a, 2048, DMA_FROM_DEVICE);
	ledger_test_expect(test, nd, LEDGER_UNSYNCED, a + 60, 50);
	/* Unmapping is a sync. */
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a, data, 100));
	ledger_test_unmap(dev, a, 2048, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 1);
}

#ifdef CONFIG_KASAN_GENERIC
/* As KASAN's own check of one octet does it. */
static bool ledger_test_hidden(const void *octet)
{
	s8 poison = READ_ONCE(*(s8 *)kasan_mem_to_shadow(octet));

	return poison &&
	       (s8)((unsigned long)octet % BIT(KASAN_SHADOW_SCALE_SHIFT)) >=
	       poison;
}

static void ledger_test_read_begin(struct kunit *test,
				   struct nsim_iommu_dev *nd)
{
	int err = ledger_watch_reads(nsim_ledger_lock(nd), true);

	nsim_ledger_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
}

static void ledger_test_read_end(struct kunit *test, struct nsim_iommu_dev *nd)
{
	int err = ledger_watch_reads(nsim_ledger_lock(nd), false);

	nsim_ledger_unlock();
	KUNIT_EXPECT_EQ(test, err, 0);
}

/* What the device wrote is KASAN's until the driver syncs it. */
static void ledger_test_reads(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	ledger_test_read_begin(test, nd);
	a = ledger_test_map(test, dev, buf, 2048, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a + 10, data, 100));
	/* From the first octet on; at the end as far as one poison goes. */
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 9));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 10));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 109));
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 112));
	/* The device itself may write there. */
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a + 12, data, 100));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 10));
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a + 9, data, 100));
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 8));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 9));
	dma_sync_single_for_cpu(dev, a, 60, DMA_FROM_DEVICE);
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 9));
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 59));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 64));
	ledger_test_read_end(test, nd);
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 64));
	ledger_test_unmap(dev, a, 2048, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

/* Of a buffer that ends anywhere, KASAN's own poison stays as it was. */
static void ledger_test_reads_end(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = kunit_kzalloc(test, 61, GFP_KERNEL);
	u8 *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	ledger_test_read_begin(test, nd);
	a = ledger_test_map(test, dev, buf + 2, 59, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a, data, 59));
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 1));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 2));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 55));
	/* Here the map ends before the eight octets do. */
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 60));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 61));
	ledger_test_unmap(dev, a, 59, DMA_FROM_DEVICE);
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 2));
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 60));
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 61));
	ledger_test_read_end(test, nd);
}

/* Nothing was hidden: who maps past the end of his buffer is not forgiven. */
static void ledger_test_reads_off(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = kunit_kzalloc(test, 61, GFP_KERNEL);
	u8 *data = nsim_test_pages(test, 0);
	dma_addr_t a;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	a = ledger_test_map(test, dev, buf, 64, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_write(dev, a, data, 61));
	KUNIT_EXPECT_FALSE(test, ledger_test_hidden(buf + 60));
	ledger_test_unmap(dev, a, 64, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, ledger_test_hidden(buf + 61));
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}
#else
/* Nothing would notice a read, and so nobody may believe that it would. */
static void ledger_test_reads(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	int err;

	err = ledger_watch_reads(nsim_ledger_lock(nd), true);
	nsim_ledger_unlock();
	KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
}

static void ledger_test_reads_end(struct kunit *test)
{
	kunit_skip(test, "the kernel has no generic KASAN");
}

static void ledger_test_reads_off(struct kunit *test)
{
	kunit_skip(test, "the kernel has no generic KASAN");
}
#endif

/* A map that nobody unmaps is live, and names who made it. */
static void ledger_test_owner(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0);
	struct ledger_owner owner;
	struct nsim_ledger *ledger;
	dma_addr_t a[3];
	int i;

	for (i = 0; i < 3; i++)
		a[i] = ledger_test_map(test, dev, buf, 10, DMA_TO_DEVICE);
	ledger_test_unmap(dev, a[0], 10, DMA_TO_DEVICE);
	ledger = nsim_ledger_lock(nd);
	KUNIT_EXPECT_EQ(test, ledger->nr_owners, 1);
	owner = ledger->owners[0];
	nsim_ledger_unlock();
	KUNIT_EXPECT_EQ(test, owner.maps, 3);
	KUNIT_EXPECT_EQ(test, owner.unmaps, 1);
	KUNIT_EXPECT_EQ(test, owner.bytes, 30);
	ledger_test_named(test, &owner.stack, "ledger_test_map");
	ledger_test_unmap(dev, a[1], 10, DMA_TO_DEVICE);
	ledger_test_unmap(dev, a[2], 10, DMA_TO_DEVICE);
}

/* Opened late: what was mapped before is no fault, and works on. */
static void ledger_test_late(struct kunit *test)
{
	struct device *dev = nsim_test_device(test, NSIM_IOMMU_STRICT);
	struct nsim_iommu_dev *nd = dev_iommu_priv_get(dev);
	u8 *buf = nsim_test_pages(test, 0), *data = nsim_test_pages(test, 0);
	dma_addr_t a;
	int err;

	a = ledger_test_map(test, dev, buf, 100, DMA_TO_DEVICE);
	err = nsim_ledger_open(nd);
	if (err == -EOPNOTSUPP)
		kunit_skip(test, "this kernel has no DMA tracepoints");
	KUNIT_EXPECT_EQ(test, 0, nsim_iommu_dma_read(dev, a, data, 100));
	ledger_test_unmap(dev, a, 100, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).untracked, 2);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
	nsim_ledger_close(nd);
	nsim_ledger_close(nd);
}

/* Of many unmapped maps the last are remembered. */
static void ledger_test_forgets(struct kunit *test)
{
	struct device *dev;
	struct nsim_iommu_dev *nd = ledger_test_open(test, &dev);
	u8 *buf = nsim_test_pages(test, 0);
	dma_addr_t a;
	int i;

	for (i = 0; i < 2 * LEDGER_GONE + 3; i++) {
		a = ledger_test_map(test, dev, buf, 10, DMA_TO_DEVICE);
		ledger_test_unmap(dev, a, 10, DMA_TO_DEVICE);
	}
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).unmaps,
			2 * LEDGER_GONE + 3);
	KUNIT_EXPECT_EQ(test, ledger_test_counters(nd).live, 0);
	KUNIT_EXPECT_EQ(test, ledger_test_faults(nd), 0);
}

/* A driver that goes with a packet mapped; received pages may come back late. */
static void ledger_test_left(struct kunit *test)
{
	u8 *buf = nsim_test_pages(test, 0);
	struct platform_device *pdev;
	struct nsim_iommu_dev *nd;
	dma_addr_t sent, received;
	int err;

	pdev = nsim_iommu_device_create("nsim-ledger-test", PLATFORM_DEVID_AUTO,
					NSIM_IOMMU_STRICT, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	nd = dev_iommu_priv_get(&pdev->dev);
	err = nsim_ledger_open(nd);
	if (err) {
		nsim_iommu_device_destroy(pdev);
		kunit_skip(test, "this kernel has no DMA tracepoints");
	}
	sent = ledger_test_map(test, &pdev->dev, buf, 100, DMA_TO_DEVICE);
	received = ledger_test_map(test, &pdev->dev, buf, 50, DMA_FROM_DEVICE);
	/* It stays for as long as something is mapped. */
	nsim_iommu_device_release(pdev);
	ledger_test_expect(test, nd, LEDGER_LEAKED, sent, 100);
	ledger_test_unmap(&pdev->dev, sent, 100, DMA_TO_DEVICE);
	ledger_test_unmap(&pdev->dev, received, 50, DMA_FROM_DEVICE);
}

static struct kunit_case ledger_cases[] = {
	KUNIT_CASE(ledger_test_right),
	KUNIT_CASE(ledger_test_past_end),
	KUNIT_CASE(ledger_test_before_start),
	KUNIT_CASE(ledger_test_direction),
	KUNIT_CASE(ledger_test_stale),
	KUNIT_CASE(ledger_test_twice),
	KUNIT_CASE(ledger_test_mismatch),
	KUNIT_CASE(ledger_test_rewritten),
	KUNIT_CASE(ledger_test_unsynced),
	KUNIT_CASE(ledger_test_reads),
	KUNIT_CASE(ledger_test_reads_end),
	KUNIT_CASE(ledger_test_reads_off),
	KUNIT_CASE(ledger_test_owner),
	KUNIT_CASE(ledger_test_left),
	KUNIT_CASE(ledger_test_late),
	KUNIT_CASE(ledger_test_forgets),
	{}
};

static struct kunit_suite ledger_suite = {
	.name = "nsim_ledger",
	.test_cases = ledger_cases,
};

kunit_test_suite(ledger_suite);
