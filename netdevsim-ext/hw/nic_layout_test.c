// SPDX-License-Identifier: GPL-2.0
/* Short transmit descriptors: what they say, and what they cannot. */

#include <linux/dma-mapping.h>

#include "nic_test_rig.h"

#define LAYOUT_RX	(4 * 1024)	/* offsets in the test's own memory */
#define LAYOUT_WB	(8 * 1024)
#define LAYOUT_DATA	(12 * 1024)
#define LAYOUT_SIZE	(64 * 1024)

/* All of the memory that the NIC sees has addresses of 32 bits. */
struct layout_bench {
	struct nic_rig *rig;
	u8 *mem;
	dma_addr_t dma;
	u32 tail;
};

static void layout_free(void *data)
{
	struct layout_bench *bench = data;

	dma_free_coherent(bench->rig->dev, LAYOUT_SIZE, bench->mem, bench->dma);
}

static struct layout_bench *layout_bench(struct kunit *test)
{
	struct layout_bench *bench = kunit_kzalloc(test, sizeof(*bench),
						   GFP_KERNEL);
	struct nic_rig *rig = nic_rig_create(test);

	KUNIT_ASSERT_NOT_NULL(test, bench);
	bench->rig = rig;
	KUNIT_ASSERT_EQ(test, 0, dma_set_mask_and_coherent(rig->dev,
							   DMA_BIT_MASK(32)));
	bench->mem = dma_alloc_coherent(rig->dev, LAYOUT_SIZE, &bench->dma,
					GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench->mem);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, layout_free,
							   bench));
	nic_rig_fill(bench->mem + LAYOUT_DATA, 16 * 1024, 3);
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_layout(rig->hw, "short\n"));
	nic_rig_start_at(rig, 64, bench->dma, bench->dma + LAYOUT_RX,
			 bench->dma + LAYOUT_WB);
	nic_hw_write(rig->hw, NIC_REG_FEATURES,
		     NIC_FEAT_TX_CSUM | NIC_FEAT_TSO | NIC_FEAT_VLAN_INSERT);
	nic_hw_write(rig->hw, NIC_REG_MTU, 4000);
	return bench;
}

static struct nic_tx_short *layout_post(struct layout_bench *bench, u32 offset,
					u16 len, u16 flags)
{
	struct nic_tx_short *desc = (struct nic_tx_short *)bench->mem +
				    bench->tail;

	*desc = (struct nic_tx_short) {
		.addr = cpu_to_le32(bench->dma + LAYOUT_DATA + offset),
		.len = cpu_to_le16(len),
		.flags = cpu_to_le16(flags),
	};
	bench->tail = (bench->tail + 1) % 64;
	return desc;
}

static void layout_ring_bell(struct layout_bench *bench)
{
	nic_hw_write(bench->rig->hw, NIC_REG_TXQ(0) + NIC_Q_TAIL, bench->tail);
}

static void layout_done(struct layout_bench *bench)
{
	const __le32 *wb = (const __le32 *)(bench->mem + LAYOUT_WB);

	KUNIT_ASSERT_TRUE(bench->rig->test,
			  RIG_WAIT(le32_to_cpu(READ_ONCE(*wb)) == bench->tail));
}

/* Frames of one and of many descriptors, several times around the ring. */
static void layout_frames(struct kunit *test)
{
	struct layout_bench *bench = layout_bench(test);
	const u8 *data = bench->mem + LAYOUT_DATA;
	u32 i;

	for (i = 0; i < 60; i++) {
		layout_post(bench, i, 54, 0);
		layout_post(bench, i + 54, 1000, 0);
		layout_post(bench, i + 1054, 446, NIC_TX_EOP);
		layout_post(bench, 7 * i, 60 + i, NIC_TX_EOP);
		layout_ring_bell(bench);
		nic_rig_expect_frame(bench->rig, data + i, 1500);
		nic_rig_expect_frame(bench->rig, data + 7 * i, 60 + i);
	}
	layout_done(bench);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(bench->rig).tx_errors, 0);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(bench->rig).tx_descs, 240);
}

/* The fields that it has are where the data sheet says. */
static void layout_fields(struct kunit *test)
{
	struct layout_bench *bench = layout_bench(test);
	u8 *data = bench->mem + LAYOUT_DATA;
	struct wire_frame *frame;
	struct nic_tx_short *desc;
	u32 sum;

	memset(data, 0, 100);
	data[50] = 0x12;
	desc = layout_post(bench, 0, 100, NIC_TX_EOP | NIC_TX_CSUM |
					  NIC_TX_VLAN);
	desc->csum_start = cpu_to_le16(40);
	desc->csum_offset = cpu_to_le16(6);
	desc->vlan_tci = cpu_to_le16(0x123);
	layout_ring_bell(bench);
	frame = nic_rig_recv(bench->rig);
	KUNIT_ASSERT_EQ(test, frame->len, 104);
	KUNIT_EXPECT_EQ(test, frame->data[12] << 8 | frame->data[13], 0x8100);
	KUNIT_EXPECT_EQ(test, frame->data[14] << 8 | frame->data[15], 0x123);
	sum = frame->data[50] << 8 | frame->data[51];
	KUNIT_EXPECT_EQ(test, sum, 0xffff & ~0x1200);
	wire_frame_free(frame);
	layout_done(bench);
}

/* A long header slice, TSO, and fields that are to be 0: refused, counted. */
static void layout_refused(struct kunit *test)
{
	struct layout_bench *bench = layout_bench(test);
	struct nic_rig *rig = bench->rig;

	layout_post(bench, 0, NIC_SHORT_MAX_HDR + 1, NIC_TX_EOP);
	layout_post(bench, 0, 100, NIC_TX_EOP | NIC_TX_TSO | NIC_TX_CSUM);
	layout_post(bench, 0, 100, NIC_TX_EOP)->rsvd = cpu_to_le16(1);
	layout_post(bench, 0, 0, NIC_TX_EOP);
	layout_post(bench, 5, NIC_SHORT_MAX_HDR, NIC_TX_EOP);
	layout_ring_bell(bench);
	nic_rig_expect_frame(rig, bench->mem + LAYOUT_DATA + 5,
			     NIC_SHORT_MAX_HDR);
	layout_done(bench);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 4);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).limit_slice, 1);
}

/* What the layout cannot express narrows what registers say. */
static void layout_registers(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw *hw = rig->hw;

	KUNIT_EXPECT_EQ(test, NIC_TX_LAYOUT_LONG,
			nic_hw_read(hw, NIC_REG_TX_LAYOUT));
	KUNIT_EXPECT_EQ(test, -EINVAL, nic_hw_set_layout(hw, "medium"));
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 1));
	KUNIT_EXPECT_EQ(test, -ERANGE, nic_hw_set_layout(hw, "short"));
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 2));
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_layout(hw, "short"));
	KUNIT_EXPECT_EQ(test, -ERANGE, nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 1));
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 64));
	KUNIT_EXPECT_EQ(test, NIC_TX_LAYOUT_SHORT,
			nic_hw_read(hw, NIC_REG_TX_LAYOUT));
	KUNIT_EXPECT_EQ(test, 32, nic_hw_read(hw, NIC_REG_DMA_BITS));
	KUNIT_EXPECT_EQ(test, U16_MAX, nic_hw_read(hw, NIC_REG_MAX_SLICE));
	KUNIT_ASSERT_EQ(test, 0, nic_hw_set_limit(hw, NIC_LIMIT_SLICE, 1000));
	KUNIT_EXPECT_EQ(test, 1000, nic_hw_read(hw, NIC_REG_MAX_SLICE));
	KUNIT_EXPECT_EQ(test, 0, nic_rig_counters(rig).reg_errors);
	nic_hw_write(hw, NIC_REG_TX_LAYOUT, 0);
	KUNIT_EXPECT_EQ(test, 1, nic_rig_counters(rig).reg_errors);
	nic_rig_start(rig, 64, 0, 1518);
	KUNIT_EXPECT_EQ(test, -EBUSY, nic_hw_set_layout(hw, "long"));
	nic_hw_write(hw, NIC_REG_CTRL, 0);
	KUNIT_EXPECT_EQ(test, 0, nic_hw_quiesce(hw, RIG_TIMEOUT_MS));
	KUNIT_EXPECT_EQ(test, 0, nic_hw_set_layout(hw, "long"));
	KUNIT_EXPECT_EQ(test, 64, nic_hw_read(hw, NIC_REG_DMA_BITS));
}

static struct kunit_case nic_layout_cases[] = {
	KUNIT_CASE(layout_frames),
	KUNIT_CASE(layout_fields),
	KUNIT_CASE(layout_refused),
	KUNIT_CASE(layout_registers),
	{}
};

struct kunit_suite nic_layout_suite = {
	.name = "nsim_nic_layout",
	.test_cases = nic_layout_cases,
};
