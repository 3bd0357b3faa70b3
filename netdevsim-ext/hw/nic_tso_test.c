// SPDX-License-Identifier: GPL-2.0
/* Segmentation in hardware: every frame against one built by hand. */

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "nic_test_rig.h"

#define TSO_FEATURES	(NIC_FEAT_TX_CSUM | NIC_FEAT_TSO | NIC_FEAT_USO)
#define TCP_FIN		0x01
#define TCP_PSH		0x08
#define TCP_ACK		0x10
#define TCP_CWR		0x80

/**
 * struct nic_tso_case - a super-packet
 * @name: for the report
 * @v6: IPv6, else IPv4
 * @vlan: with one tag
 * @udp: UDP
 * @fixed_id: all segments have the same IP id
 * @flags: of TCP
 * @id: of IPv4
 * @seq: of TCP
 * @mss: payload octets a segment
 * @payload: payload octets in all
 * @slice: octets of a descriptor's slice, after the first
 */
struct nic_tso_case {
	const char *name;
	bool v6;
	bool vlan;
	bool udp;
	bool fixed_id;
	u8 flags;
	u16 id;
	u32 seq;
	u16 mss;
	u32 payload;
	u32 slice;
};

static const struct nic_tso_case nic_tso_table[] = {
	{ "v4", .flags = TCP_ACK | TCP_PSH, .id = 7, .mss = 1448,
	  .payload = 14480, .slice = 4096 },
	{ "v4, short last segment", .flags = TCP_ACK, .id = 7, .mss = 1448,
	  .payload = 14481, .slice = 4096 },
	{ "v4, one segment", .flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
	  .mss = 1448, .payload = 1, .slice = 4096 },
	{ "v4, two segments with all flags",
	  .flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
	  .mss = 1000, .payload = 1001, .slice = 300 },
	{ "v4, id and sequence wrap", .flags = TCP_ACK, .id = 0xfffe,
	  .seq = 0xfffff800, .mss = 536, .payload = 9000, .slice = 777 },
	{ "v4, fixed id", .fixed_id = true, .flags = TCP_ACK, .id = 0xffff,
	  .mss = 1448, .payload = 10000, .slice = 2000 },
	{ "v4, tagged", .vlan = true, .flags = TCP_ACK, .id = 3, .mss = 1447,
	  .payload = 20000, .slice = 4096 },
	{ "v6", .v6 = true, .flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
	  .mss = 1428, .payload = 20000, .slice = 4096 },
	{ "v6, tagged, odd", .v6 = true, .vlan = true, .flags = TCP_ACK,
	  .seq = U32_MAX, .mss = 1331, .payload = 13310, .slice = 1001 },
	{ "v4, 64 KiB", .flags = TCP_ACK | TCP_PSH, .id = 1, .mss = 1448,
	  .payload = 65160, .slice = 32768 },
	{ "v4, UDP", .udp = true, .id = 9, .mss = 1472, .payload = 14721,
	  .slice = 4096 },
	{ "v6, UDP, tagged", .udp = true, .v6 = true, .vlan = true,
	  .mss = 1000, .payload = 5000, .slice = 999 },
	{ "v6, larger than any IP packet", .v6 = true, .flags = TCP_ACK,
	  .mss = 1428, .payload = 180000, .slice = 32768 },
};

static void nic_tso_case_desc(const struct nic_tso_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(nic_tso, nic_tso_table, nic_tso_case_desc);

/* Posts the super-packet: headers and some payload first, then slices. */
static void nic_tso_post(struct nic_rig *rig, const struct nic_tso_case *c,
			 const struct rig_packet *p, u32 len)
{
	u32 hdr_len = nic_rig_packet_hdr(p);
	u16 flags = NIC_TX_CSUM | NIC_TX_TSO;
	u32 done = min(hdr_len + 100, len);
	struct nic_tx_desc *desc;

	if (c->v6)
		flags |= NIC_TX_TSO_V6;
	if (c->udp)
		flags |= NIC_TX_USO;
	if (c->fixed_id)
		flags |= NIC_TX_TSO_FIXEDID;
	if (done == len)
		flags |= NIC_TX_EOP;
	desc = nic_rig_tx(rig, rig->data_dma, done, flags);
	desc->csum_start = cpu_to_le16(nic_rig_packet_l4(p));
	desc->csum_offset = cpu_to_le16(c->udp ? 6 : 16);
	desc->mss = cpu_to_le16(c->mss);
	desc->hdr_len = cpu_to_le16(hdr_len);
	desc->l3_start = cpu_to_le16(nic_rig_packet_l3(p));
	while (done < len) {
		u32 n = min(c->slice, len - done);

		nic_rig_tx(rig, rig->data_dma + done, n,
			   done + n == len ? NIC_TX_EOP : 0);
		done += n;
	}
	nic_rig_tx_ring_bell(rig);
}

static void nic_tso_expect(struct nic_rig *rig, const struct nic_tso_case *c,
			   struct rig_packet p, const u8 *payload)
{
	u8 *frame = nic_rig_octets(rig->test, 2048);
	u32 nr = DIV_ROUND_UP(c->payload, c->mss);
	u32 i;

	p.full = true;
	for (i = 0; i < nr; i++) {
		p.flags = c->flags;
		if (i)
			p.flags &= ~TCP_CWR;
		if (i < nr - 1)
			p.flags &= ~(TCP_FIN | TCP_PSH);
		p.seq = c->seq + i * c->mss;
		p.id = c->fixed_id ? c->id : c->id + i;
		p.payload = min_t(u32, c->mss, c->payload - i * c->mss);
		nic_rig_expect_frame(rig, frame,
				     nic_rig_packet(frame, &p,
						    payload + i * c->mss));
	}
	nic_rig_expect_silence(rig);
	KUNIT_EXPECT_EQ(rig->test, nic_rig_counters(rig).tx_frames, nr);
	KUNIT_EXPECT_EQ(rig->test, nic_rig_counters(rig).tx_tso, 1);
}

static void nic_tso_frames(struct kunit *test)
{
	const struct nic_tso_case *c = test->param_value;
	struct rig_packet p = {
		.v6 = c->v6,
		.vlan = c->vlan,
		.udp = c->udp,
		.flags = c->flags,
		.seq = c->seq,
		.id = c->id,
		.payload = c->payload,
	};
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, c->payload);
	u32 len;

	nic_rig_start(rig, 128, TSO_FEATURES, 1518);
	nic_rig_fill(payload, c->payload, c->mss);
	len = nic_rig_packet(rig->data, &p, payload);
	nic_tso_post(rig, c, &p, len);
	nic_tso_expect(rig, c, p, payload);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 0);
}

static const struct nic_tso_case nic_tso_plain = {
	.flags = TCP_ACK, .mss = 1000, .payload = 5000, .slice = 1000,
};

/**
 * struct nic_tso_bad - a super-packet that must not be segmented
 * @name: what is wrong
 * @at: octet of the packet to change
 * @octet: to what
 * @hdr_len: instead of the right one
 * @l3_start: instead of the right one
 * @csum_start: instead of the right one
 * @mss: instead of the right one
 */
struct nic_tso_bad {
	const char *name;
	u16 at;
	u8 octet;
	u16 hdr_len;
	u16 l3_start;
	u16 csum_start;
	u16 mss;
};

static const struct nic_tso_bad nic_tso_bad_table[] = {
	{ "not IPv4", .at = 14, .octet = 0x65 },
	{ "IP header length", .at = 14, .octet = 0x46 },
	{ "not TCP", .at = 23, .octet = 17 },
	{ "TCP header length", .at = 46, .octet = 0x50 },
	{ "headers too long", .hdr_len = 513 },
	{ "headers too short", .hdr_len = 53 },
	{ "IP inside Ethernet", .l3_start = 13 },
	{ "IP after TCP", .l3_start = 34 },
	{ "TCP elsewhere", .csum_start = 38 },
	{ "segments longer than the MTU", .mss = 1453 },
};

static void nic_tso_bad_desc(const struct nic_tso_bad *bad, char *desc)
{
	strscpy(desc, bad->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(nic_tso_bad, nic_tso_bad_table, nic_tso_bad_desc);

static void nic_tso_bad(struct kunit *test)
{
	const struct nic_tso_bad *bad = test->param_value;
	struct rig_packet p = { .flags = TCP_ACK, .payload = 5000 };
	u8 *payload = nic_rig_octets(test, 5000);
	struct nic_rig *rig = nic_rig_create(test);
	struct nic_tx_desc *desc = rig->tx.mem;
	u32 tail = rig->tx.tail;
	u32 len;

	nic_rig_start(rig, 64, TSO_FEATURES, 1518);
	nic_hw_write(rig->hw, NIC_REG_CTRL, 0);
	len = nic_rig_packet(rig->data, &p, payload);
	if (bad->at)
		rig->data[bad->at] = bad->octet;
	nic_tso_post(rig, &nic_tso_plain, &p, len);
	if (bad->hdr_len)
		desc[tail].hdr_len = cpu_to_le16(bad->hdr_len);
	if (bad->l3_start)
		desc[tail].l3_start = cpu_to_le16(bad->l3_start);
	if (bad->csum_start)
		desc[tail].csum_start = cpu_to_le16(bad->csum_start);
	if (bad->mss)
		desc[tail].mss = cpu_to_le16(bad->mss);
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_ENABLE);
	nic_rig_tx_frame(rig, 6000, 100);
	nic_rig_expect_frame(rig, rig->data + 6000, 100);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_tso, 0);
}

/* The segments before the fault are on the wire; the queue goes on. */
static void nic_tso_fault(struct kunit *test)
{
	struct rig_packet p = { .flags = TCP_ACK, .payload = 2500 };
	struct nic_rig *rig = nic_rig_create(test);
	u32 hdr_len = nic_rig_packet_hdr(&p);
	struct nic_tx_desc *desc;
	u8 *payload = nic_rig_octets(test, 2500);
	u32 i;

	nic_rig_start(rig, 64, TSO_FEATURES, 1518);
	nic_rig_fill(payload, 2500, 11);
	nic_rig_packet(rig->data, &p, payload);
	desc = nic_rig_tx(rig, rig->data_dma, hdr_len + 2500,
			  NIC_TX_CSUM | NIC_TX_TSO);
	desc->csum_start = cpu_to_le16(nic_rig_packet_l4(&p));
	desc->csum_offset = cpu_to_le16(16);
	desc->mss = cpu_to_le16(1000);
	desc->hdr_len = cpu_to_le16(hdr_len);
	desc->l3_start = cpu_to_le16(nic_rig_packet_l3(&p));
	nic_rig_tx(rig, RIG_BAD_ADDR, 1000, NIC_TX_EOP);
	nic_rig_tx_frame(rig, 6000, 100);
	for (i = 0; i < 2; i++)
		wire_frame_free(nic_rig_recv(rig));
	nic_rig_expect_frame(rig, rig->data + 6000, 100);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).dma_faults, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_tso, 0);
}

/* A super-packet of more frames than the wire holds waits half-way. */
static void nic_tso_flow_control(struct kunit *test)
{
	static const struct nic_tso_case c = {
		.flags = TCP_ACK | TCP_PSH, .id = 5, .mss = 100,
		.payload = 150000, .slice = 32768,
	};
	struct rig_packet p = {
		.flags = c.flags, .id = c.id, .payload = c.payload,
	};
	u8 *payload = nic_rig_octets(test, c.payload);
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_start(rig, 64, TSO_FEATURES, 1518);
	nic_rig_fill(payload, c.payload, 12);
	nic_tso_post(rig, &c, &p, nic_rig_packet(rig->data, &p, payload));
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).tx_frames ==
					 1024));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(rig->wb[0])), 0);
	nic_tso_expect(rig, &c, p, payload);
	nic_rig_tx_done(rig);
}

/* Reset while the wire holds a super-packet back: nothing stays behind. */
static void nic_tso_reset(struct kunit *test)
{
	static const struct nic_tso_case c = {
		.flags = TCP_ACK, .mss = 100, .payload = 150000,
		.slice = 32768,
	};
	struct rig_packet p = { .flags = c.flags, .payload = c.payload };
	u8 *payload = nic_rig_octets(test, c.payload);
	struct nic_rig *rig = nic_rig_create(test);
	u32 i;

	nic_rig_start(rig, 64, TSO_FEATURES, 1518);
	nic_tso_post(rig, &c, &p, nic_rig_packet(rig->data, &p, payload));
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).tx_frames ==
					 1024));
	nic_rig_start(rig, 64, TSO_FEATURES, 1518);
	for (i = 0; i < 1024; i++)
		wire_frame_free(nic_rig_recv(rig));
	nic_rig_expect_silence(rig);
	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_expect_frame(rig, rig->data, 100);
	nic_rig_tx_done(rig);
}

static struct kunit_case nic_tso_cases[] = {
	KUNIT_CASE_PARAM(nic_tso_frames, nic_tso_gen_params),
	KUNIT_CASE_PARAM(nic_tso_bad, nic_tso_bad_gen_params),
	KUNIT_CASE(nic_tso_fault),
	KUNIT_CASE(nic_tso_flow_control),
	KUNIT_CASE(nic_tso_reset),
	{}
};

struct kunit_suite nic_tso_suite = {
	.name = "nsim_nic_tso",
	.test_cases = nic_tso_cases,
};
