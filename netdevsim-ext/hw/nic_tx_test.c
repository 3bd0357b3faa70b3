// SPDX-License-Identifier: GPL-2.0
/* Transmission: what goes into the ring comes out of the wire, or is counted. */

#include <linux/sizes.h>

#include "nic_test_rig.h"

#define ALL_FEATURES (NIC_FEAT_TX_CSUM | NIC_FEAT_TSO | NIC_FEAT_RX_CSUM)

/* Slices of odd lengths at odd addresses, one across a page boundary. */
static void nic_tx_slices(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw_counters c;

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(rig->data, SZ_8K, 1);
	nic_rig_tx(rig, rig->data_dma + 1, 66, 0);
	nic_rig_tx(rig, rig->data_dma + 67, 1, 0);
	nic_rig_tx(rig, rig->data_dma + 68, 1400, NIC_TX_EOP);
	nic_rig_tx(rig, rig->data_dma + 4000, 500, NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	nic_rig_expect_frame(rig, rig->data + 1, 1467);
	nic_rig_expect_frame(rig, rig->data + 4000, 500);
	nic_rig_tx_done(rig);

	c = nic_rig_counters(rig);
	KUNIT_EXPECT_EQ(test, c.tx_frames, 2);
	KUNIT_EXPECT_EQ(test, c.tx_bytes, 1967);
	KUNIT_EXPECT_EQ(test, c.tx_descs, 4);
	KUNIT_EXPECT_EQ(test, c.tx_errors, 0);
	KUNIT_EXPECT_EQ(test, c.dma_faults, 0);
	KUNIT_EXPECT_GT(test, c.busy_ns, 0);
}

/* Many times around a ring whose size is no power of two. */
static void nic_tx_wrap(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u32 i;

	nic_rig_start(rig, 77, 0, 1518);
	nic_rig_fill(rig->data, SZ_8K, 2);
	for (i = 0; i < 500; i++) {
		nic_rig_tx(rig, rig->data_dma + i, 60, 0);
		nic_rig_tx(rig, rig->data_dma + i + 60, 100 + i, NIC_TX_EOP);
		nic_rig_tx_ring_bell(rig);
		nic_rig_expect_frame(rig, rig->data + i, 160 + i);
	}
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_frames, 500);
}

/* A chain whose end is posted later is sent then, not before. */
static void nic_tx_late_end(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(rig->data, 1000, 3);
	nic_rig_tx(rig, rig->data_dma, 100, 0);
	nic_rig_tx_ring_bell(rig);
	nic_rig_expect_silence(rig);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(rig->wb[0])), 0);
	nic_rig_tx(rig, rig->data_dma + 100, 200, NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	nic_rig_expect_frame(rig, rig->data, 300);
	nic_rig_tx_done(rig);
}

static void nic_tx_csum_one(struct nic_rig *rig, const struct rig_packet *p,
			    u8 *payload)
{
	struct rig_packet partial = *p;
	struct rig_packet full = *p;
	u8 *expect = nic_rig_octets(rig->test, 1600);
	struct nic_tx_desc *desc;
	u32 len;

	partial.full = false;
	full.full = true;
	len = nic_rig_packet(expect, &full, payload);
	nic_rig_packet(rig->data, &partial, payload);
	desc = nic_rig_tx(rig, rig->data_dma, len, NIC_TX_EOP | NIC_TX_CSUM);
	desc->csum_start = cpu_to_le16(nic_rig_packet_l4(p));
	desc->csum_offset = cpu_to_le16(p->udp ? 6 : 16);
	nic_rig_tx_ring_bell(rig);
	nic_rig_expect_frame(rig, expect, len);
	nic_rig_tx_done(rig);
}

/* Payloads of every length mod 4, both families, with and without a tag. */
static void nic_tx_csum(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct rig_packet p = { .flags = 0x10, .seq = 1, .id = 9 };
	u8 *payload = nic_rig_octets(test, 1400);
	u32 i;

	nic_rig_start(rig, 64, ALL_FEATURES, 1518);
	nic_rig_fill(payload, 1400, 5);
	for (i = 0; i < 32; i++) {
		p.v6 = i & 1;
		p.vlan = i & 2;
		p.udp = i & 4;
		p.payload = 1100 + (i >> 3);
		nic_tx_csum_one(rig, &p, payload);
	}
}

/* The sum that comes out as 0: 0xffff for UDP, as it is for TCP. */
static void nic_tx_csum_zero(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct rig_packet p = { .payload = 2, .full = true };
	u8 payload[2] = {};
	u8 frame[128];
	u32 l4, i;
	u16 sum;

	nic_rig_start(rig, 64, ALL_FEATURES, 1518);
	for (i = 0; i < 2; i++) {
		p.udp = i;
		l4 = nic_rig_packet_l4(&p);
		memset(payload, 0, sizeof(payload));
		nic_rig_packet(frame, &p, payload);
		/* The checksum, as payload, brings the sum to all ones. */
		memcpy(payload, frame + l4 + (p.udp ? 6 : 16), 2);
		nic_rig_packet(frame, &p, payload);
		sum = frame[l4 + (p.udp ? 6 : 16)] << 8 |
		      frame[l4 + (p.udp ? 7 : 17)];
		KUNIT_ASSERT_EQ(test, sum, p.udp ? 0xffff : 0);
		nic_tx_csum_one(rig, &p, payload);
	}
}

/**
 * struct nic_tx_bad - a chain that must not be sent
 * @name: what is wrong
 * @len: of its first slice
 * @rsvd: of its first descriptor
 * @features: NIC_FEAT_*
 * @flags: besides the end
 * @csum_start: octets
 * @csum_offset: octets
 */
struct nic_tx_bad {
	const char *name;
	u32 len;
	u32 rsvd;
	u32 features;
	u16 flags;
	u16 csum_start;
	u16 csum_offset;
};

static const struct nic_tx_bad nic_tx_bad_table[] = {
	{ "a slice of no octets", .len = 0 },
	{ "reserved field", .len = 100, .rsvd = BIT(20) },
	{ "longer than the MTU", .len = 1515 },
	{ "4 GiB less one", .len = U32_MAX },
	{ "shorter than a header", .len = 13 },
	{ "checksum feature off", .len = 100, .flags = NIC_TX_CSUM,
	  .csum_start = 34, .csum_offset = 16 },
	{ "checksum field after the end", .len = 100,
	  .features = ALL_FEATURES, .flags = NIC_TX_CSUM,
	  .csum_start = 34, .csum_offset = 65 },
	{ "checksum from after the end", .len = 100,
	  .features = ALL_FEATURES, .flags = NIC_TX_CSUM,
	  .csum_start = 0xffff, .csum_offset = 0xffff },
	{ "segmentation off", .len = 100, .features = NIC_FEAT_TX_CSUM,
	  .flags = NIC_TX_CSUM | NIC_TX_TSO, .csum_start = 34,
	  .csum_offset = 16 },
	{ "segmentation without a segment size", .len = 100,
	  .features = ALL_FEATURES, .flags = NIC_TX_CSUM | NIC_TX_TSO,
	  .csum_start = 34, .csum_offset = 16 },
};

static void nic_tx_bad_desc(const struct nic_tx_bad *bad, char *desc)
{
	strscpy(desc, bad->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(nic_tx_bad, nic_tx_bad_table, nic_tx_bad_desc);

/* Dropped, counted, completed; the good one after it arrives. */
static void nic_tx_bad(struct kunit *test)
{
	const struct nic_tx_bad *bad = test->param_value;
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_tx_desc *desc;
	struct nic_hw_counters c;

	nic_rig_start(rig, 64, bad->features, 1514);
	nic_rig_fill(rig->data, 1000, 4);
	desc = nic_rig_tx(rig, rig->data_dma, bad->len,
			  NIC_TX_EOP | bad->flags);
	desc->rsvd = cpu_to_le32(bad->rsvd);
	desc->csum_start = cpu_to_le16(bad->csum_start);
	desc->csum_offset = cpu_to_le16(bad->csum_offset);
	nic_rig_tx_frame(rig, 300, 300);
	nic_rig_expect_frame(rig, rig->data + 300, 300);
	nic_rig_tx_done(rig);

	c = nic_rig_counters(rig);
	KUNIT_EXPECT_EQ(test, c.tx_errors, 1);
	KUNIT_EXPECT_EQ(test, c.tx_frames, 1);
	KUNIT_EXPECT_EQ(test, c.dma_faults, 0);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_TXQ(0) +
					  NIC_Q_STATE), 0);
}

/* A full ring without an end can never get one. */
static void nic_tx_endless(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u32 i;

	nic_rig_start(rig, 64, 0, 1518);
	for (i = 0; i < 63; i++)
		nic_rig_tx(rig, rig->data_dma, 10, 0);
	nic_rig_tx_ring_bell(rig);
	nic_rig_tx_done(rig);
	nic_rig_tx_frame(rig, 300, 300);
	nic_rig_expect_frame(rig, rig->data + 300, 300);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 1);
}

/* A frame that cannot be read is lost; its neighbours are not. */
static void nic_tx_payload_fault(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw_counters c;

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(rig->data, 1000, 6);
	nic_rig_tx(rig, rig->data_dma, 100, 0);
	nic_rig_tx(rig, RIG_BAD_ADDR, 100, NIC_TX_EOP);
	nic_rig_tx_frame(rig, 300, 300);
	nic_rig_expect_frame(rig, rig->data + 300, 300);
	nic_rig_tx_done(rig);
	c = nic_rig_counters(rig);
	KUNIT_EXPECT_EQ(test, c.tx_errors, 1);
	KUNIT_EXPECT_EQ(test, c.dma_faults, 1);
	KUNIT_EXPECT_EQ(test, c.queue_errors, 0);
}

static void nic_tx_expect_stopped(struct nic_rig *rig)
{
	u32 state = NIC_REG_TXQ(0) + NIC_Q_STATE;

	KUNIT_EXPECT_TRUE(rig->test, RIG_WAIT(nic_hw_read(rig->hw, state) &
					      NIC_QS_ERROR));
	KUNIT_EXPECT_EQ(rig->test, nic_rig_counters(rig).queue_errors, 1);
	nic_rig_start(rig, 64, 0, 1518);
	KUNIT_EXPECT_TRUE(rig->test, RIG_WAIT(!nic_hw_read(rig->hw, state)));
	nic_rig_tx_frame(rig, 0, 200);
	nic_rig_expect_frame(rig, rig->data, 200);
}

/* The queue stops when its ring is not there, and a reset mends it. */
static void nic_tx_ring_fault(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_start_at(rig, 64, RIG_BAD_ADDR, rig->rx.dma, rig->wb_dma);
	nic_rig_tx_frame(rig, 0, 100);
	nic_tx_expect_stopped(rig);
}

static void nic_tx_write_back_fault(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_start_at(rig, 64, rig->tx.dma, rig->rx.dma, RIG_BAD_ADDR);
	nic_rig_fill(rig->data, 100, 7);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_tx_expect_stopped(rig);
}

static void nic_tx_bad_doorbell(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_start(rig, 64, 0, 1518);
	nic_hw_write(rig->hw, NIC_REG_TXQ(0) + NIC_Q_TAIL, 64);
	nic_tx_expect_stopped(rig);
}

/* A full wire holds the queue back; nothing is lost, nothing overtakes. */
static void nic_tx_flow_control(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u32 i;

	nic_rig_start(rig, 2048, 0, 1518);
	nic_rig_fill(rig->data, SZ_8K, 8);
	for (i = 0; i < 1500; i++)
		nic_rig_tx(rig, rig->data_dma + i, 60, NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(rig->wb[0])) ==
					 1024));
	msleep(RIG_SETTLE_MS);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(rig->wb[0])), 1024);
	for (i = 0; i < 1500; i++)
		nic_rig_expect_frame(rig, rig->data + i, 60);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_frames, 1500);
}

/* Disabled, it stops; enabled again, it goes on where it was. */
static void nic_tx_quiesce(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u32 i;

	nic_rig_start(rig, 1024, 0, 1518);
	nic_rig_fill(rig->data, SZ_4K, 9);
	KUNIT_EXPECT_EQ(test, -EBUSY, nic_hw_quiesce(rig->hw, 1));
	for (i = 0; i < 1000; i++)
		nic_rig_tx(rig, rig->data_dma + i, 60, NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
	nic_hw_write(rig->hw, NIC_REG_CTRL, 0);
	KUNIT_EXPECT_EQ(test, 0, nic_hw_quiesce(rig->hw, RIG_TIMEOUT_MS));
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_STATUS) &
			NIC_STATUS_RUNNING, 0);
	WRITE_ONCE(rig->wb[0], cpu_to_le32(0xdead));
	msleep(RIG_SETTLE_MS);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(rig->wb[0])), 0xdead);

	WRITE_ONCE(rig->wb[0], 0);
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_ENABLE);
	nic_rig_tx_frame(rig, 1000, 60);
	for (i = 0; i <= 1000; i++)
		nic_rig_expect_frame(rig, rig->data + i, 60);
	nic_rig_tx_done(rig);
}

/* Registers that are not there, or only to be read, are counted. */
static void nic_tx_registers(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_hw_write(rig->hw, NIC_REG_STATUS, 1);
	nic_hw_write(rig->hw, NIC_REG_TXQ(0) + NIC_Q_STATE, 1);
	nic_hw_write(rig->hw, NIC_REG_TXQ(1) + NIC_Q_SIZE, 64);
	nic_hw_write(rig->hw, NIC_REG_TXQ(0) + NIC_Q_SIZE, NIC_RING_MAX + 1);
	nic_hw_write(rig->hw, NIC_REG_TXQ(0) + NIC_Q_SIZE, NIC_RING_MIN - 1);
	nic_hw_write(rig->hw, NIC_BAR_SIZE, 1);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, 2), U32_MAX);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_VEC(1)), U32_MAX);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).reg_errors, 8);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_STATUS),
			NIC_STATUS_LINK | NIC_STATUS_PAUSE);
	wire_disconnect(rig->far);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_STATUS),
			NIC_STATUS_PAUSE);
}

static struct kunit_case nic_tx_cases[] = {
	KUNIT_CASE(nic_tx_slices),
	KUNIT_CASE(nic_tx_wrap),
	KUNIT_CASE(nic_tx_late_end),
	KUNIT_CASE(nic_tx_csum),
	KUNIT_CASE(nic_tx_csum_zero),
	KUNIT_CASE_PARAM(nic_tx_bad, nic_tx_bad_gen_params),
	KUNIT_CASE(nic_tx_endless),
	KUNIT_CASE(nic_tx_payload_fault),
	KUNIT_CASE(nic_tx_ring_fault),
	KUNIT_CASE(nic_tx_write_back_fault),
	KUNIT_CASE(nic_tx_bad_doorbell),
	KUNIT_CASE(nic_tx_flow_control),
	KUNIT_CASE(nic_tx_quiesce),
	KUNIT_CASE(nic_tx_registers),
	{}
};

struct kunit_suite nic_tx_suite = {
	.name = "nsim_nic_tx",
	.test_cases = nic_tx_cases,
};
