// SPDX-License-Identifier: GPL-2.0
/* Short receive descriptors: what they say, and what they cannot. */

#include <linux/dma-mapping.h>

#include "nic_test_rig.h"

#define RX_LAYOUT_RING	64
#define RX_LAYOUT_BUF	2048
#define RX_LAYOUT_WB	(4 * 1024)	/* offsets in the test's own memory */
#define RX_LAYOUT_DATA	(8 * 1024)
#define RX_LAYOUT_SIZE	(RX_LAYOUT_DATA + 16 * RX_LAYOUT_BUF)

/* All of the memory that the NIC sees has addresses of 32 bits. */
struct rx_layout_bench {
	struct nic_rig *rig;
	u8 *mem;
	dma_addr_t dma;
};

static void rx_layout_free(void *data)
{
	struct rx_layout_bench *bench = data;

	dma_free_coherent(bench->rig->dev, RX_LAYOUT_SIZE, bench->mem,
			  bench->dma);
}

static struct nic_rx_short *rx_layout_desc(struct rx_layout_bench *bench, u32 i)
{
	return (struct nic_rx_short *)bench->mem + i;
}

/* A NIC with that layout, @features, and 16 buffers. */
static struct rx_layout_bench *rx_layout_bench(struct kunit *test, u32 features)
{
	struct rx_layout_bench *bench = kunit_kzalloc(test, sizeof(*bench),
						      GFP_KERNEL);
	struct nic_rig *rig = nic_rig_create(test);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, bench);
	bench->rig = rig;
	KUNIT_ASSERT_EQ(test, 0, dma_set_mask_and_coherent(rig->dev,
							   DMA_BIT_MASK(32)));
	bench->mem = dma_alloc_coherent(rig->dev, RX_LAYOUT_SIZE, &bench->dma,
					GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench->mem);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, rx_layout_free,
							   bench));
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_rx_layout(rig->hw, "short\n"));
	nic_rig_start_at(rig, RX_LAYOUT_RING, rig->tx.dma, bench->dma,
			 bench->dma + RX_LAYOUT_WB);
	nic_hw_write(rig->hw, NIC_REG_FEATURES, features);
	for (i = 0; i < 16; i++)
		*rx_layout_desc(bench, i) = (struct nic_rx_short) {
			.addr = cpu_to_le32(bench->dma + RX_LAYOUT_DATA +
					    i * RX_LAYOUT_BUF),
		};
	nic_hw_write(rig->hw, NIC_REG_RXQ(0) + NIC_Q_TAIL, 16);
	return bench;
}

static void rx_layout_expect(struct rx_layout_bench *bench, u32 i, u32 status,
			     const u8 *data, u32 len)
{
	struct nic_rx_short *desc = rx_layout_desc(bench, i);
	struct kunit *test = bench->rig->test;

	KUNIT_ASSERT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
					 NIC_RX_DONE));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->status), status);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->len), len);
	KUNIT_EXPECT_MEMEQ(test, bench->mem + RX_LAYOUT_DATA +
				 i * RX_LAYOUT_BUF, data, len);
}

/* Length, verdict, sum and tag are where the data sheet says; a hash is not. */
static void rx_layout_fields(struct kunit *test)
{
	struct rig_packet p = { .vlan = true, .flags = 0x10, .payload = 300,
				.full = true };
	u32 base = NIC_RX_DONE | NIC_RX_EOP;
	u8 *payload = nic_rig_octets(test, 300);
	u8 *frame = nic_rig_octets(test, 500);
	struct rx_layout_bench *bench;
	u32 len;

	bench = rx_layout_bench(test, NIC_FEAT_RX_CSUM | NIC_FEAT_RSS_HASH |
				NIC_FEAT_RX_STAMP | NIC_FEAT_RX_MERGE);
	len = nic_rig_packet(frame, &p, payload);
	nic_rig_send(bench->rig, frame, len);
	rx_layout_expect(bench, 0, base | NIC_RX_CSUM_OK, frame, len);

	nic_hw_write(bench->rig->hw, NIC_REG_FEATURES, NIC_FEAT_RX_SUM);
	nic_rig_send(bench->rig, frame, len);
	rx_layout_expect(bench, 1, base | NIC_RX_SUM, frame, len);
	KUNIT_EXPECT_EQ(test, be16_to_cpu((__force __be16)
					  rx_layout_desc(bench, 1)->csum),
			nic_rig_sum(frame + 14, len - 14, 0));

	nic_hw_write(bench->rig->hw, NIC_REG_FEATURES, NIC_FEAT_VLAN_STRIP);
	nic_rig_send(bench->rig, frame, len);
	memmove(frame + 12, frame + 16, len - 16);
	rx_layout_expect(bench, 2, base | NIC_RX_VLAN, frame, len - 4);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rx_layout_desc(bench, 2)->vlan_tci),
			0x2005);
}

/* Frames of several buffers, and the address width that it tells of. */
static void rx_layout_frames(struct kunit *test)
{
	struct rx_layout_bench *bench = rx_layout_bench(test, 0);
	u8 *frame = nic_rig_octets(test, 3000);

	KUNIT_EXPECT_EQ(test, nic_hw_read(bench->rig->hw, NIC_REG_DMA_BITS), 32);
	KUNIT_EXPECT_EQ(test, nic_hw_read(bench->rig->hw, NIC_REG_RX_LAYOUT),
			NIC_RX_LAYOUT_SHORT);
	nic_hw_write(bench->rig->hw, NIC_REG_MTU, 4000);
	nic_rig_fill(frame, 3000, 4);
	nic_rig_send(bench->rig, frame, 3000);
	rx_layout_expect(bench, 1, NIC_RX_DONE | NIC_RX_EOP,
			 frame + RX_LAYOUT_BUF, 3000 - RX_LAYOUT_BUF);
	rx_layout_expect(bench, 0, NIC_RX_DONE, frame, RX_LAYOUT_BUF);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(bench->rig).rx_frames, 1);
}

/* Nonsense is refused, and so is a change while it runs. */
static void rx_layout_refused(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	KUNIT_EXPECT_EQ(test, nic_hw_set_rx_layout(rig->hw, "wide"), -EINVAL);
	nic_rig_start(rig, 64, 0, 1518);
	KUNIT_EXPECT_EQ(test, nic_hw_set_rx_layout(rig->hw, "short"), -EBUSY);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_RX_LAYOUT),
			NIC_RX_LAYOUT_LONG);
}

static struct kunit_case nic_rx_layout_cases[] = {
	KUNIT_CASE(rx_layout_fields),
	KUNIT_CASE(rx_layout_frames),
	KUNIT_CASE(rx_layout_refused),
	{}
};

struct kunit_suite nic_rx_layout_suite = {
	.name = "nsim_nic_rx_layout",
	.test_cases = nic_rx_layout_cases,
};
