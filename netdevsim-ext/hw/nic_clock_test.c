// SPDX-License-Identifier: GPL-2.0
/* The NIC's clock, and what is stamped with it. */

#include "../wire/wire_port.h"
#include "nic_dev.h"
#include "nic_test_rig.h"

static u64 nic_clock_get(struct nic_rig *rig)
{
	u32 lo = nic_hw_read(rig->hw, NIC_REG_CLOCK_LO);

	return (u64)nic_hw_read(rig->hw, NIC_REG_CLOCK_HI) << 32 | lo;
}

static void nic_clock_put(struct nic_rig *rig, u32 reg, u64 val)
{
	nic_hw_write(rig->hw, reg, lower_32_bits(val));
	nic_hw_write(rig->hw, reg + 4, upper_32_bits(val));
}

/* Set, added to, read; and a reset leaves it alone. */
static void nic_clock_registers(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	const u64 then = 0x1234567890abcdULL;
	u64 first, second;

	nic_clock_put(rig, NIC_REG_CLOCK_LO, then);
	first = nic_clock_get(rig);
	KUNIT_EXPECT_GE(test, first, then);
	KUNIT_EXPECT_LT(test, first, then + NSEC_PER_SEC);
	nic_clock_put(rig, NIC_REG_CLOCK_ADD_LO, -10ULL * NSEC_PER_SEC);
	second = nic_clock_get(rig);
	KUNIT_EXPECT_GE(test, second, then - 10ULL * NSEC_PER_SEC);
	KUNIT_EXPECT_LT(test, second, then - 8ULL * NSEC_PER_SEC);
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_RESET);
	KUNIT_EXPECT_GE(test, nic_clock_get(rig), second);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).reg_errors, 0);
}

/* Faster by a quarter, slower by one; the time so far does not change. */
static void nic_clock_rate(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw *hw = rig->hw;
	ktime_t later;
	u64 before;

	nic_clock_put(rig, NIC_REG_CLOCK_LO, 0);
	nic_hw_write(hw, NIC_REG_CLOCK_RATE, BIT(30));
	KUNIT_EXPECT_EQ(test, nic_hw_read(hw, NIC_REG_CLOCK_RATE), BIT(30));
	later = ktime_add_ns(hw->clock.since, 4000);
	before = hw->clock.ns;
	KUNIT_EXPECT_EQ(test, nic_clock_at(hw, later) - before, 5000);
	later = ktime_sub_ns(hw->clock.since, 4000);
	KUNIT_EXPECT_EQ(test, before - nic_clock_at(hw, later), 5000);
	nic_hw_write(hw, NIC_REG_CLOCK_RATE, -(u32)BIT(30));
	KUNIT_EXPECT_GE(test, hw->clock.ns, before);
	later = ktime_add_ns(hw->clock.since, 4000);
	KUNIT_EXPECT_EQ(test, nic_clock_at(hw, later) - hw->clock.ns, 3000);
}

/* A chain that asks for it is told when it left; its last descriptor says so. */
static void nic_clock_tx(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_tx_desc *ring = rig->tx.mem;
	u64 before, stamp;

	nic_rig_start(rig, 64, NIC_FEAT_TX_STAMP, 1518);
	before = nic_clock_get(rig);
	nic_rig_tx(rig, rig->data_dma, 60, NIC_TX_STAMP);
	nic_rig_tx(rig, rig->data_dma, 60, NIC_TX_EOP);
	nic_rig_tx(rig, rig->data_dma, 60, NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ring[0].flags), NIC_TX_STAMP);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ring[1].flags), NIC_TX_STAMPED);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ring[2].flags), NIC_TX_EOP);
	stamp = le64_to_cpu(ring[1].addr);
	KUNIT_EXPECT_GE(test, stamp, before);
	KUNIT_EXPECT_LE(test, stamp, nic_clock_get(rig));
}

/* Behind a slow line it leaves later, by as long as it takes. */
static void nic_clock_tx_rate(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_tx_desc *ring = rig->tx.mem;
	u64 each = (1000 + 24) * 8 * 10000ULL;	/* ns at 100 kbit/s */
	struct wire_port *port = nic_hw_port(rig->hw);
	u64 first;

	spin_lock_bh(&port->tx_lock);
	wire_line_set_rate(port, 100000);
	spin_unlock_bh(&port->tx_lock);
	nic_rig_start(rig, 64, NIC_FEAT_TX_STAMP, 1518);
	nic_rig_tx(rig, rig->data_dma, 1000, NIC_TX_STAMP | NIC_TX_EOP);
	nic_rig_tx(rig, rig->data_dma, 1000, NIC_TX_STAMP | NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	nic_rig_tx_done(rig);
	first = le64_to_cpu(ring[0].addr);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ring[1].addr) - first, each);
}

/* What is dropped left at no time; and it is, where the feature is off. */
static void nic_clock_tx_refused(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_tx_desc *ring = rig->tx.mem;

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_tx(rig, rig->data_dma, 60, NIC_TX_STAMP | NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ring[0].flags),
			NIC_TX_STAMP | NIC_TX_EOP);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 1);
	nic_rig_expect_silence(rig);
}

/* Frames say when they arrived, from when that is asked for. */
static void nic_clock_rx(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_rx_desc *desc;
	u8 frame[60] = {};
	u64 before;
	u32 status;
	int i;

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_rx_post(rig, 8);
	before = nic_clock_get(rig);
	for (i = 0; i < 2; i++) {
		desc = nic_rig_rx_desc(rig, i);
		nic_rig_send(rig, frame, sizeof(frame));
		KUNIT_ASSERT_TRUE(test,
				  RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
					   NIC_RX_DONE));
		status = le32_to_cpu(READ_ONCE(desc->status));
		KUNIT_EXPECT_EQ(test, !!(status & NIC_RX_STAMP), i);
		nic_hw_write(rig->hw, NIC_REG_FEATURES, NIC_FEAT_RX_STAMP);
	}
	KUNIT_EXPECT_GE(test, le64_to_cpu(desc->stamp), before);
	KUNIT_EXPECT_LE(test, le64_to_cpu(desc->stamp), nic_clock_get(rig));
}

static struct kunit_case nic_clock_cases[] = {
	KUNIT_CASE(nic_clock_registers),
	KUNIT_CASE(nic_clock_rate),
	KUNIT_CASE(nic_clock_tx),
	KUNIT_CASE(nic_clock_tx_rate),
	KUNIT_CASE(nic_clock_tx_refused),
	KUNIT_CASE(nic_clock_rx),
	{}
};

struct kunit_suite nic_clock_suite = {
	.name = "nsim_nic_clock",
	.test_cases = nic_clock_cases,
};
