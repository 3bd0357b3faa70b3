// SPDX-License-Identifier: GPL-2.0
/* Reception: from the wire to memory, and what is said about it. */

#include "nic_test_rig.h"

#define TCP_ACK		0x10

static u32 nic_rx_wait(struct nic_rig *rig, u32 index)
{
	struct nic_rx_desc *desc = nic_rig_rx_desc(rig, index);

	KUNIT_ASSERT_TRUE(rig->test,
			  RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
				   NIC_RX_DONE));
	return le32_to_cpu(READ_ONCE(desc->status));
}

static void nic_rx_expect(struct nic_rig *rig, u32 index, u32 status,
			  const u8 *data, u32 len)
{
	struct nic_rx_desc *desc = nic_rig_rx_desc(rig, index);

	KUNIT_EXPECT_EQ(rig->test, nic_rx_wait(rig, index), status);
	KUNIT_EXPECT_EQ(rig->test, le32_to_cpu(desc->len), len);
	KUNIT_EXPECT_MEMEQ(rig->test, rig->data + index * RIG_BUF_SIZE, data,
			   len);
}

/* Many times around the ring, two buffers at a time. */
static void nic_rx_frames(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_hw_counters c;
	u8 *frame = nic_rig_octets(test, 1200);
	u32 bytes = 0;
	u32 i;

	nic_rig_start(rig, 100, 0, 1518);
	for (i = 0; i < 500; i++) {
		u32 len = 60 + i * 2;

		if (i % 2 == 0)
			nic_rig_rx_post(rig, 2);
		nic_rig_fill(frame, len, i);
		nic_rig_send(rig, frame, len);
		nic_rx_expect(rig, i % 100, NIC_RX_DONE | NIC_RX_EOP, frame,
			      len);
		bytes += len;
	}
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(rig->wb[1])) ==
					 rig->rx.tail));
	c = nic_rig_counters(rig);
	KUNIT_EXPECT_EQ(test, c.rx_frames, 500);
	KUNIT_EXPECT_EQ(test, c.rx_bytes, bytes);
	KUNIT_EXPECT_EQ(test, c.rx_missed, 0);
	KUNIT_EXPECT_EQ(test, c.rx_errors, 0);
}

/* A frame longer than a buffer continues in the next. */
static void nic_rx_jumbo(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u8 *frame = nic_rig_octets(test, 9000);

	nic_rig_fill(frame, 9000, 3);
	nic_rig_start(rig, 64, 0, NIC_MAX_FRAME);
	nic_rig_rx_post(rig, 8);
	nic_rig_send(rig, frame, 3 * RIG_BUF_SIZE);
	nic_rig_send(rig, frame, 3 * RIG_BUF_SIZE + 1);
	nic_rx_expect(rig, 6, NIC_RX_DONE | NIC_RX_EOP,
		      frame + 3 * RIG_BUF_SIZE, 1);
	nic_rx_expect(rig, 0, NIC_RX_DONE, frame, RIG_BUF_SIZE);
	nic_rx_expect(rig, 1, NIC_RX_DONE, frame + RIG_BUF_SIZE, RIG_BUF_SIZE);
	nic_rx_expect(rig, 2, NIC_RX_DONE | NIC_RX_EOP,
		      frame + 2 * RIG_BUF_SIZE, RIG_BUF_SIZE);
	nic_rx_expect(rig, 3, NIC_RX_DONE, frame, RIG_BUF_SIZE);
	nic_rx_expect(rig, 5, NIC_RX_DONE, frame + 2 * RIG_BUF_SIZE,
		      RIG_BUF_SIZE);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_frames, 2);
}

/* No buffer, too few, too long, not enabled: each is counted where it is. */
static void nic_rx_drops(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u8 *frame = nic_rig_octets(test, 4000);

	nic_rig_start(rig, 64, 0, 3000);
	nic_rig_send(rig, frame, 60);
	KUNIT_EXPECT_TRUE(test,
			  RIG_WAIT(nic_rig_counters(rig).rx_missed == 1));
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, 2500);
	KUNIT_EXPECT_TRUE(test,
			  RIG_WAIT(nic_rig_counters(rig).rx_missed == 2));
	nic_rig_send(rig, frame, 3001);
	KUNIT_EXPECT_TRUE(test,
			  RIG_WAIT(nic_rig_counters(rig).rx_errors == 1));
	nic_rig_send(rig, frame, 60);
	nic_rx_expect(rig, 0, NIC_RX_DONE | NIC_RX_EOP, frame, 60);
	nic_hw_write(rig->hw, NIC_REG_CTRL, 0);
	KUNIT_EXPECT_EQ(test, 0, nic_hw_quiesce(rig->hw, RIG_TIMEOUT_MS));
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, 60);
	KUNIT_EXPECT_TRUE(test,
			  RIG_WAIT(nic_rig_counters(rig).rx_missed == 3));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_frames, 1);
}

/* A buffer that cannot be written comes back marked; the next is used. */
static void nic_rx_buffer_fault(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u8 frame[100];

	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_fill(frame, sizeof(frame), 1);
	nic_hw_write(rig->hw, NIC_REG_CTRL, 0);
	KUNIT_ASSERT_EQ(test, 0, nic_hw_quiesce(rig->hw, RIG_TIMEOUT_MS));
	nic_rig_rx_post(rig, 2);
	nic_rig_rx_desc(rig, 0)->addr = cpu_to_le64(RIG_BAD_ADDR);
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_ENABLE);
	nic_rig_send(rig, frame, sizeof(frame));
	KUNIT_EXPECT_EQ(test, nic_rx_wait(rig, 0),
			NIC_RX_DONE | NIC_RX_EOP | NIC_RX_ERROR);
	nic_rig_send(rig, frame, sizeof(frame));
	nic_rx_expect(rig, 1, NIC_RX_DONE | NIC_RX_EOP, frame, sizeof(frame));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).dma_faults, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_errors, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_frames, 1);
}

/* Without its ring the queue stops, and a reset mends it. */
static void nic_rx_ring_fault(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u32 state = NIC_REG_RXQ(0) + NIC_Q_STATE;
	u8 frame[100] = {};

	nic_rig_start_at(rig, 64, rig->tx.dma, RIG_BAD_ADDR, rig->wb_dma);
	nic_rig_rx_post(rig, 8);
	nic_rig_send(rig, frame, sizeof(frame));
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_hw_read(rig->hw, state) &
					 NIC_QS_ERROR));
	nic_rig_send(rig, frame, sizeof(frame));
	KUNIT_EXPECT_TRUE(test,
			  RIG_WAIT(nic_rig_counters(rig).rx_missed == 1));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_errors, 1);
	nic_rig_start(rig, 64, 0, 1518);
	nic_rig_rx_post(rig, 8);
	nic_rig_send(rig, frame, sizeof(frame));
	nic_rx_expect(rig, 0, NIC_RX_DONE | NIC_RX_EOP, frame, sizeof(frame));
}

/**
 * struct nic_rx_csum_case - a frame, and whether its checksums are right
 * @name: for the report
 * @p: the packet
 * @at: octet from the frame's end, counted from 1, to change; 0: none
 * @l3_at: octet of the IP header to change; 0: none
 * @l3_octet: to what
 * @trim: octets to cut from the end
 * @pad: octets to append
 * @ok: what the NIC is to say
 */
struct nic_rx_csum_case {
	const char *name;
	struct rig_packet p;
	u32 at;
	u32 l3_at;
	u8 l3_octet;
	u32 trim;
	u32 pad;
	bool ok;
};

#define TCP4	{ .flags = TCP_ACK, .payload = 999, .full = true }
#define UDP4	{ .udp = true, .payload = 998, .full = true }
#define TCP6	{ .v6 = true, .flags = TCP_ACK, .payload = 997, .full = true }
#define UDP6	{ .v6 = true, .udp = true, .payload = 996, .full = true }

static const struct nic_rx_csum_case nic_rx_csum_table[] = {
	{ "TCP over IPv4", TCP4, .ok = true },
	{ "UDP over IPv4", UDP4, .ok = true },
	{ "TCP over IPv6", TCP6, .ok = true },
	{ "UDP over IPv6", UDP6, .ok = true },
	{ "TCP over IPv4, tagged", { .vlan = true, .flags = TCP_ACK,
				     .payload = 100, .full = true },
	  .ok = true },
	{ "UDP over IPv6, tagged", { .vlan = true, .v6 = true, .udp = true,
				     .payload = 100, .full = true },
	  .ok = true },
	{ "padded", { .flags = TCP_ACK, .full = true }, .pad = 9, .ok = true },
	{ "TCP over IPv4, payload", TCP4, .at = 1 },
	{ "UDP over IPv4, payload", UDP4, .at = 500 },
	{ "TCP over IPv6, payload", TCP6, .at = 900 },
	{ "UDP over IPv6, payload", UDP6, .at = 2 },
	{ "partial checksum", { .flags = TCP_ACK, .payload = 10 } },
	{ "IPv4 header checksum", TCP4, .l3_at = 8, .l3_octet = 63 },
	{ "IPv4 length beyond the frame", TCP4, .trim = 1 },
	{ "IPv6 length beyond the frame", TCP6, .trim = 1 },
	{ "IPv4 header cut", TCP4, .trim = 1032 },
	{ "IPv6 address", TCP6, .l3_at = 9, .l3_octet = 0 },
};

static void nic_rx_csum_desc(const struct nic_rx_csum_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(nic_rx_csum, nic_rx_csum_table, nic_rx_csum_desc);

static void nic_rx_csum(struct kunit *test)
{
	const struct nic_rx_csum_case *c = test->param_value;
	u32 status = NIC_RX_DONE | NIC_RX_EOP;
	struct nic_rig *rig = nic_rig_create(test);
	u8 *frame = nic_rig_octets(test, RIG_BUF_SIZE);
	u8 *payload = nic_rig_octets(test, 1000);
	u32 len;

	nic_rig_fill(payload, 1000, 77);
	len = nic_rig_packet(frame, &c->p, payload);
	if (c->at)
		frame[len - c->at] ^= 0x10;
	if (c->l3_at)
		frame[nic_rig_packet_l3(&c->p) + c->l3_at] = c->l3_octet;
	len += c->pad;
	len -= c->trim;

	nic_rig_start(rig, 64, NIC_FEAT_RX_CSUM, 1518);
	nic_rig_rx_post(rig, 2);
	nic_rig_send(rig, frame, len);
	nic_rx_expect(rig, 0, c->ok ? status | NIC_RX_CSUM_OK : status, frame,
		      len);
	nic_hw_write(rig->hw, NIC_REG_FEATURES, 0);
	nic_rig_send(rig, frame, len);
	nic_rx_expect(rig, 1, status, frame, len);
}

/* A UDP datagram without a checksum, and a fragment: nothing to vouch for. */
static void nic_rx_csum_absent(struct kunit *test)
{
	struct rig_packet udp = { .udp = true, .payload = 40, .full = true };
	struct rig_packet tcp = { .flags = TCP_ACK, .payload = 40,
				  .full = true };
	struct nic_rig *rig = nic_rig_create(test);
	u8 payload[40] = {};
	u8 frame[200];
	u16 sum;
	u32 len;

	nic_rig_start(rig, 64, NIC_FEAT_RX_CSUM, 1518);
	nic_rig_rx_post(rig, 2);
	len = nic_rig_packet(frame, &udp, payload);
	memset(frame + nic_rig_packet_l4(&udp) + 6, 0, 2);
	nic_rig_send(rig, frame, len);
	nic_rx_expect(rig, 0, NIC_RX_DONE | NIC_RX_EOP, frame, len);

	len = nic_rig_packet(frame, &tcp, payload);
	frame[20] = 0x20;	/* more fragments, not "don't fragment" */
	memset(frame + 24, 0, 2);
	sum = ~nic_rig_sum(frame + 14, 20, 0);
	frame[24] = sum >> 8;
	frame[25] = sum;
	nic_rig_send(rig, frame, len);
	nic_rx_expect(rig, 1, NIC_RX_DONE | NIC_RX_EOP, frame, len);
}

static struct kunit_case nic_rx_cases[] = {
	KUNIT_CASE(nic_rx_frames),
	KUNIT_CASE(nic_rx_jumbo),
	KUNIT_CASE(nic_rx_drops),
	KUNIT_CASE(nic_rx_buffer_fault),
	KUNIT_CASE(nic_rx_ring_fault),
	KUNIT_CASE_PARAM(nic_rx_csum, nic_rx_csum_gen_params),
	KUNIT_CASE(nic_rx_csum_absent),
	{}
};

struct kunit_suite nic_rx_suite = {
	.name = "nsim_nic_rx",
	.test_cases = nic_rx_cases,
};
