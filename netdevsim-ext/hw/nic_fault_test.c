// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware that goes wrong when asked: it does so then, as it was asked, and
 * at no other time; and a reset ends it.
 */

#include "nic_fault.h"
#include "nic_test_rig.h"

static void fault_ask(struct nic_rig *rig, enum nic_fault fault,
		      const char *text)
{
	KUNIT_ASSERT_EQ(rig->test, 0, nic_hw_fault(rig->hw, fault, text));
}

static u32 fault_tx_head(struct nic_rig *rig)
{
	return le32_to_cpu(READ_ONCE(rig->wb[0]));
}

static u32 fault_rx_status(struct nic_rig *rig, u32 index)
{
	return le32_to_cpu(READ_ONCE(nic_rig_rx_desc(rig, index)->status));
}

/* Waits for as many hits, and some time to see that it stays at that. */
static void fault_expect(struct nic_rig *rig, enum nic_fault fault, u64 hits)
{
	KUNIT_EXPECT_TRUE(rig->test,
			  RIG_WAIT(nic_hw_fault_hits(rig->hw, fault) >= hits));
	msleep(RIG_SETTLE_MS);
	KUNIT_EXPECT_EQ(rig->test, hits, nic_hw_fault_hits(rig->hw, fault));
}

static struct nic_rig *fault_rig(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(rig->data, 4096, 5);
	return rig;
}

/* One that is not heard is made up for by the next one. */
static void fault_doorbell(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);

	fault_ask(rig, NIC_FAULT_DOORBELL, "nth 1");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_silence(rig);
	KUNIT_EXPECT_EQ(test, 1,
			nic_hw_fault_hits(rig->hw, NIC_FAULT_DOORBELL));
	KUNIT_EXPECT_EQ(test, 0,
			nic_hw_read(rig->hw, NIC_REG_TXQ(0) + NIC_Q_TAIL));
	nic_rig_tx_frame(rig, 7, 60);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_rig_expect_frame(rig, rig->data + 7, 60);
	nic_rig_tx_done(rig);
}

/* The chain is dropped and completes, the next one goes out. */
static void fault_tx_desc(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);

	fault_ask(rig, NIC_FAULT_TX_DESC, "nth 1");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_frame(rig, 7, 60);
	nic_rig_expect_frame(rig, rig->data + 7, 60);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, 1, nic_rig_counters(rig).tx_errors);
	KUNIT_EXPECT_EQ(test, 1, nic_rig_counters(rig).tx_frames);
}

/* Sent, and not told of: no head, no interrupt; the next one tells of both. */
static void fault_tx_lost(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_request_irq(rig);
	nic_rig_start(rig, 64, 0, 1518);
	nic_hw_write(rig->hw, NIC_REG_VEC(0) + NIC_V_MASK, 0);
	fault_ask(rig, NIC_FAULT_TX_LOST, "nth 1");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	fault_expect(rig, NIC_FAULT_TX_LOST, 1);
	KUNIT_EXPECT_EQ(test, 0, fault_tx_head(rig));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig->irqs));
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(atomic_read(&rig->irqs) == 1));
}

/* Told of when the delay is over, and no earlier. */
static void fault_tx_late(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);
	ktime_t start;

	KUNIT_ASSERT_EQ(test, 0, nic_hw_fault_delay(rig->hw, 200000));
	fault_ask(rig, NIC_FAULT_TX_LATE, "nth 1");
	start = ktime_get();
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	/* One that is sent meanwhile is not told of earlier. */
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), start), 200000);
}

/* Under a certain fault the last word is the old one, until there is none. */
static void fault_tx_stale(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);
	int i;

	fault_ask(rig, NIC_FAULT_TX_STALE, "ppm 1000000");
	for (i = 0; i < 3; i++) {
		nic_rig_tx_frame(rig, 0, 100);
		nic_rig_expect_frame(rig, rig->data, 100);
		fault_expect(rig, NIC_FAULT_TX_STALE, i + 1);
		KUNIT_EXPECT_EQ(test, i, fault_tx_head(rig));
	}
	fault_ask(rig, NIC_FAULT_TX_STALE, "off");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_done(rig);
}

/* Nothing more is sent, with or without a word of it, until a reset. */
static void fault_tx_ends(struct kunit *test, enum nic_fault fault, u32 state)
{
	struct nic_rig *rig = fault_rig(test);
	u32 reg = NIC_REG_TXQ(0) + NIC_Q_STATE;

	fault_ask(rig, fault, "nth 2");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_rig_expect_silence(rig);
	KUNIT_EXPECT_EQ(test, state, nic_hw_read(rig->hw, reg));
	KUNIT_EXPECT_EQ(test, 1, fault_tx_head(rig));
	/* The other direction goes on. */
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, rig->data, 60);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(fault_rx_status(rig, 0)));

	nic_rig_start(rig, 64, 0, 1518);
	KUNIT_EXPECT_EQ(test, 0, nic_hw_read(rig->hw, reg));
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_rig_tx_done(rig);
}

static void fault_tx_stuck(struct kunit *test)
{
	fault_tx_ends(test, NIC_FAULT_TX_STUCK, 0);
}

static void fault_tx_stop(struct kunit *test)
{
	fault_tx_ends(test, NIC_FAULT_TX_STOP, NIC_QS_ERROR);
}

/* What a frame's descriptor says, and its octets, under each fault. */
static void fault_rx_frame(struct kunit *test)
{
	const struct rig_packet p = { .payload = 100, .full = true };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, 100);
	u8 *frame = nic_rig_octets(test, 300);
	const u32 plain = NIC_RX_DONE | NIC_RX_EOP;
	u32 len, n = 0;

	static const struct {
		enum nic_fault fault;
		u32 status;
	} cases[] = {
		{ NIC_FAULTS, NIC_RX_CSUM_OK },
		{ NIC_FAULT_RX_ERROR, NIC_RX_CSUM_OK | NIC_RX_ERROR },
		{ NIC_FAULT_RX_CSUM, 0 },
		{ NIC_FAULT_RX_CUT, NIC_RX_CSUM_OK },
		{ NIC_FAULT_RX_DESC, NIC_RX_CSUM_OK },
	};

	len = nic_rig_packet(frame, &p, payload);
	nic_rig_start(rig, 64, NIC_FEAT_RX_CSUM, 1518);
	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		u32 expected = len;

		if (cases[n].fault != NIC_FAULTS)
			fault_ask(rig, cases[n].fault, "nth 1");
		if (cases[n].fault == NIC_FAULT_RX_CUT)
			expected = len / 2;
		if (cases[n].fault == NIC_FAULT_RX_DESC)
			expected = U32_MAX;
		nic_rig_rx_post(rig, 1);
		nic_rig_send(rig, frame, len);
		KUNIT_ASSERT_TRUE(test, RIG_WAIT(fault_rx_status(rig, n)));
		KUNIT_EXPECT_EQ(test, fault_rx_status(rig, n),
				plain | cases[n].status);
		KUNIT_EXPECT_EQ(test, expected,
				le32_to_cpu(nic_rig_rx_desc(rig, n)->len));
	}
	/* The other lie: a frame that is damaged, and said to be right. */
	frame[len - 1] ^= 1;
	fault_ask(rig, NIC_FAULT_RX_CSUM, "nth 1");
	nic_rig_rx_post(rig, 2);
	nic_rig_send(rig, frame, len);
	nic_rig_send(rig, frame, len);
	KUNIT_ASSERT_TRUE(test, RIG_WAIT(fault_rx_status(rig, n + 1)));
	KUNIT_EXPECT_EQ(test, fault_rx_status(rig, n), plain | NIC_RX_CSUM_OK);
	KUNIT_EXPECT_EQ(test, fault_rx_status(rig, n + 1), plain);
}

/* The sum that is told is another one. */
static void fault_rx_sum(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	__le16 first, second;

	nic_rig_start(rig, 64, NIC_FEAT_RX_SUM, 1518);
	fault_ask(rig, NIC_FAULT_RX_CSUM, "nth 2");
	nic_rig_rx_post(rig, 2);
	nic_rig_send(rig, rig->data + 8192, 100);
	nic_rig_send(rig, rig->data + 8192, 100);
	KUNIT_ASSERT_TRUE(test, RIG_WAIT(fault_rx_status(rig, 1)));
	first = nic_rig_rx_desc(rig, 0)->csum;
	second = nic_rig_rx_desc(rig, 1)->csum;
	KUNIT_EXPECT_NE(test, le16_to_cpu(first), le16_to_cpu(second));
	KUNIT_EXPECT_TRUE(test, fault_rx_status(rig, 1) & NIC_RX_SUM);
}

/* The second of three is never written back, or later than the third. */
static void fault_rx_hole(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);
	u8 *frame = nic_rig_octets(test, 60);
	int i;

	fault_ask(rig, NIC_FAULT_RX_LOST, "nth 2");
	nic_rig_rx_post(rig, 6);
	for (i = 0; i < 3; i++)
		nic_rig_send(rig, frame, 60);
	KUNIT_ASSERT_TRUE(test, RIG_WAIT(fault_rx_status(rig, 2)));
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(rig->wb[1])) ==
					 3));
	KUNIT_EXPECT_EQ(test, 0, fault_rx_status(rig, 1));

	KUNIT_ASSERT_EQ(test, 0, nic_hw_fault_delay(rig->hw, 200000));
	fault_ask(rig, NIC_FAULT_RX_LATE, "nth 2");
	for (i = 0; i < 3; i++)
		nic_rig_send(rig, frame, 60);
	KUNIT_ASSERT_TRUE(test, RIG_WAIT(fault_rx_status(rig, 5)));
	KUNIT_EXPECT_EQ(test, 0, fault_rx_status(rig, 4));
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(fault_rx_status(rig, 4)));
	KUNIT_EXPECT_EQ(test, 60, le32_to_cpu(nic_rig_rx_desc(rig, 4)->len));
	KUNIT_EXPECT_EQ(test, 0, fault_rx_status(rig, 1));
	KUNIT_EXPECT_EQ(test, 6, nic_rig_counters(rig).rx_frames);
}

/* A descriptor that is late when the ring goes is not written any more. */
static void fault_rx_late_reset(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);

	KUNIT_ASSERT_EQ(test, 0, nic_hw_fault_delay(rig->hw, 100000));
	fault_ask(rig, NIC_FAULT_RX_LATE, "nth 1");
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, rig->data + 8192, 60);
	fault_expect(rig, NIC_FAULT_RX_LATE, 1);
	nic_rig_start(rig, 64, 0, 1518);
	msleep(200);
	KUNIT_EXPECT_EQ(test, 0, fault_rx_status(rig, 0));
	KUNIT_EXPECT_EQ(test, 0, nic_rig_counters(rig).dma_faults);
}

/* Frames are missed, with or without a word of it, until a reset. */
static void fault_rx_ends(struct kunit *test, enum nic_fault fault, u32 state)
{
	struct nic_rig *rig = fault_rig(test);
	u32 reg = NIC_REG_RXQ(0) + NIC_Q_STATE;
	u8 *frame = nic_rig_octets(test, 60);

	fault_ask(rig, fault, "nth 1");
	nic_rig_rx_post(rig, 2);
	nic_rig_send(rig, frame, 60);
	nic_rig_send(rig, frame, 60);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).rx_missed == 2));
	KUNIT_EXPECT_EQ(test, state, nic_hw_read(rig->hw, reg));
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, 60);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(fault_rx_status(rig, 0)));
}

static void fault_rx_stuck(struct kunit *test)
{
	fault_rx_ends(test, NIC_FAULT_RX_STUCK, 0);
}

static void fault_rx_stop(struct kunit *test)
{
	fault_rx_ends(test, NIC_FAULT_RX_STOP, NIC_QS_ERROR);
}

/* Raised and masked, but it does not arrive; or it arrives, though masked. */
static void fault_irq(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u32 mask = NIC_REG_VEC(0) + NIC_V_MASK;

	nic_rig_request_irq(rig);
	nic_rig_start(rig, 64, 0, 1518);
	fault_ask(rig, NIC_FAULT_IRQ_LOST, "nth 1");
	nic_hw_write(rig->hw, mask, 0);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_done(rig);
	fault_expect(rig, NIC_FAULT_IRQ_LOST, 1);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig->irqs));
	KUNIT_EXPECT_EQ(test, 1, nic_hw_read(rig->hw, mask));

	fault_ask(rig, NIC_FAULT_IRQ_SPURIOUS, "nth 1");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_done(rig);
	fault_expect(rig, NIC_FAULT_IRQ_SPURIOUS, 1);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig->irqs));
	KUNIT_EXPECT_EQ(test, 1, nic_hw_read(rig->hw, mask));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig->irq_soft));
	KUNIT_EXPECT_EQ(test, 1, nic_rig_counters(rig).irqs);
}

/* All is as after power-on, and memory is left alone from then on. */
static void fault_reset(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);

	fault_ask(rig, NIC_FAULT_RESET, "nth 1");
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	fault_expect(rig, NIC_FAULT_RESET, 1);
	KUNIT_EXPECT_EQ(test, 0, nic_hw_read(rig->hw, NIC_REG_CTRL));
	KUNIT_EXPECT_EQ(test, 0,
			nic_hw_read(rig->hw, NIC_REG_TXQ(0) + NIC_Q_SIZE));
	KUNIT_EXPECT_EQ(test, 0, nic_hw_quiesce(rig->hw, RIG_TIMEOUT_MS));
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_silence(rig);
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
}

static void fault_refused(struct kunit *test)
{
	struct nic_rig *rig = fault_rig(test);

	KUNIT_EXPECT_EQ(test, -EINVAL,
			nic_hw_fault(rig->hw, NIC_FAULT_RESET, "now"));
	KUNIT_EXPECT_EQ(test, -EINVAL, nic_hw_fault_delay(rig->hw, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, nic_hw_fault_delay(rig->hw, 500001));
}

static struct kunit_case nic_fault_cases[] = {
	KUNIT_CASE(fault_doorbell),
	KUNIT_CASE(fault_tx_desc),
	KUNIT_CASE(fault_tx_lost),
	KUNIT_CASE(fault_tx_late),
	KUNIT_CASE(fault_tx_stale),
	KUNIT_CASE(fault_tx_stuck),
	KUNIT_CASE(fault_tx_stop),
	KUNIT_CASE(fault_rx_frame),
	KUNIT_CASE(fault_rx_sum),
	KUNIT_CASE(fault_rx_hole),
	KUNIT_CASE(fault_rx_late_reset),
	KUNIT_CASE(fault_rx_stuck),
	KUNIT_CASE(fault_rx_stop),
	KUNIT_CASE(fault_irq),
	KUNIT_CASE(fault_reset),
	KUNIT_CASE(fault_refused),
	{}
};

struct kunit_suite nic_fault_suite = {
	.name = "nsim_nic_fault",
	.test_cases = nic_fault_cases,
};
