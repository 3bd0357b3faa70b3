// SPDX-License-Identifier: GPL-2.0
/* Models of the hardware that can do less: they refuse what is too much. */

#include "nic_test_rig.h"

static void nic_limits_set(struct nic_rig *rig, enum nic_limit limit, u64 val)
{
	KUNIT_ASSERT_EQ(rig->test, 0, nic_hw_set_limit(rig->hw, limit, val));
}

/* A chain of @n descriptors of 100 octets each. */
static void nic_limits_chain(struct nic_rig *rig, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		nic_rig_tx(rig, rig->data_dma + i * 100, 100,
			   i == n - 1 ? NIC_TX_EOP : 0);
	nic_rig_tx_ring_bell(rig);
}

/* As many as it takes go out, one more is dropped, and the queue goes on. */
static void nic_limits_descs(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw_counters c;

	nic_limits_set(rig, NIC_LIMIT_DESCS, 3);
	KUNIT_EXPECT_EQ(test, 3, nic_hw_read(rig->hw, NIC_REG_MAX_DESCS));
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(rig->data, 1000, 1);
	nic_limits_chain(rig, 3);
	nic_rig_expect_frame(rig, rig->data, 300);
	nic_limits_chain(rig, 4);
	nic_limits_chain(rig, 9);
	nic_limits_chain(rig, 2);
	nic_rig_expect_frame(rig, rig->data, 200);
	nic_rig_tx_done(rig);
	c = nic_rig_counters(rig);
	KUNIT_EXPECT_EQ(test, c.limit_descs, 2);
	KUNIT_EXPECT_EQ(test, c.tx_errors, 2);
	KUNIT_EXPECT_EQ(test, c.tx_frames, 2);
}

static void nic_limits_slice(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw_counters c;

	nic_limits_set(rig, NIC_LIMIT_SLICE, 1000);
	KUNIT_EXPECT_EQ(test, 1000, nic_hw_read(rig->hw, NIC_REG_MAX_SLICE));
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(rig->data, 4000, 2);
	nic_rig_tx_frame(rig, 0, 1000);
	nic_rig_expect_frame(rig, rig->data, 1000);
	nic_rig_tx_frame(rig, 0, 1001);
	nic_rig_tx_frame(rig, 7, 60);
	nic_rig_expect_frame(rig, rig->data + 7, 60);
	nic_rig_tx_done(rig);
	c = nic_rig_counters(rig);
	KUNIT_EXPECT_EQ(test, c.limit_slice, 1);
	KUNIT_EXPECT_EQ(test, c.limit_descs, 0);
	KUNIT_EXPECT_EQ(test, c.tx_errors, 1);
}

/* The bench has no DMA mask: its addresses are beyond 32 bits. */
static void nic_limits_addresses(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw_counters c;

	KUNIT_ASSERT_GT(test, rig->tx.dma, U32_MAX);
	nic_limits_set(rig, NIC_LIMIT_DMA_BITS, 32);
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_tx_frame(rig, 0, 100);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).queue_errors));
	nic_rig_expect_silence(rig);
	c = nic_rig_counters(rig);
	KUNIT_EXPECT_GT(test, c.limit_addr, 0);
	KUNIT_EXPECT_EQ(test, c.dma_faults, 0);
	nic_hw_write(rig->hw, NIC_REG_CTRL, 0);
	nic_limits_set(rig, NIC_LIMIT_DMA_BITS, 48);
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).limit_addr, c.limit_addr);
}

static void nic_limits_refused(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw *hw = rig->hw;

	KUNIT_EXPECT_EQ(test, -EINVAL, nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 4096));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nic_hw_set_limit(hw, NIC_LIMIT_SLICE, 511));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nic_hw_set_limit(hw, NIC_LIMIT_DMA_BITS, 31));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nic_hw_set_limit(hw, NIC_LIMIT_DMA_BITS, 65));
	/* 19 slices of 512 octets hold a frame, 18 do not. */
	nic_limits_set(rig, NIC_LIMIT_SLICE, 512);
	KUNIT_EXPECT_EQ(test, -ERANGE,
			nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 18));
	nic_limits_set(rig, NIC_LIMIT_DESCS, 19);
	nic_rig_start(rig, 64, 0, 1518);
	KUNIT_EXPECT_EQ(test, -EBUSY, nic_hw_set_limit(hw, NIC_LIMIT_DESCS, 20));
	/* A reset forgets settings, not what model it is. */
	nic_hw_write(hw, NIC_REG_CTRL, NIC_CTRL_RESET);
	KUNIT_EXPECT_EQ(test, 19, nic_hw_read(hw, NIC_REG_MAX_DESCS));
	KUNIT_EXPECT_EQ(test, 512, nic_hw_read(hw, NIC_REG_MAX_SLICE));
	KUNIT_EXPECT_EQ(test, 64, nic_hw_read(hw, NIC_REG_DMA_BITS));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).reg_errors, 0);
	nic_hw_write(hw, NIC_REG_MAX_DESCS, 7);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).reg_errors, 1);
}

static struct kunit_case nic_limits_cases[] = {
	KUNIT_CASE(nic_limits_descs),
	KUNIT_CASE(nic_limits_slice),
	KUNIT_CASE(nic_limits_addresses),
	KUNIT_CASE(nic_limits_refused),
	{}
};

struct kunit_suite nic_limits_suite = {
	.name = "nsim_nic_limits",
	.test_cases = nic_limits_cases,
};
