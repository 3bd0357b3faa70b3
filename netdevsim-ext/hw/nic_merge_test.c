// SPDX-License-Identifier: GPL-2.0
/* Aggregation and header buffers: what is merged, and what is not. */

#include <linux/cpumask.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "nic_dev.h"
#include "nic_test_rig.h"

#define MERGE_ACK	0x10
#define MERGE_PSH	0x08
#define MERGE_FIN	0x01
#define MERGE_NR	4
#define MERGE_PAYLOAD	400

/**
 * struct nic_merge_case - four packets of a stream, the second one changed
 * @name: for the report
 * @v6: IPv6, else IPv4
 * @vlan: with one tag
 * @flags: of TCP, beside ACK, of the second
 * @payload: of the second, octets; 0: as the others
 * @none: the second has no payload at all
 * @skip: octets missing before the second
 * @id: added to its IPv4 id
 * @at: octet to change in it, from its IP header on; 0: none
 * @bad: its TCP checksum is wrong
 * @segs: what the descriptors say, up to a 0
 */
struct nic_merge_case {
	const char *name;
	bool v6;
	bool vlan;
	u8 flags;
	u32 payload;
	bool none;
	u32 skip;
	u16 id;
	u32 at;
	bool bad;
	u8 segs[MERGE_NR + 1];
};

static const struct nic_merge_case nic_merge_table[] = {
	{ "IPv4", .segs = { 4 } },
	{ "IPv6", .v6 = true, .segs = { 4 } },
	{ "IPv4, tagged", .vlan = true, .segs = { 4 } },
	{ "IPv6, tagged", .v6 = true, .vlan = true, .segs = { 4 } },
	{ "PSH ends it", .flags = MERGE_PSH, .segs = { 2, 2 } },
	{ "a short one ends it", .payload = 100, .segs = { 2, 2 } },
	{ "a longer one begins another", .payload = 401, .segs = { 1, 2, 1 } },
	{ "no payload", .none = true, .segs = { 1, 1, 2 } },
	{ "FIN", .flags = MERGE_FIN, .segs = { 1, 1, 2 } },
	{ "a gap", .skip = 1, .segs = { 1, 3 } },
	{ "another IPv4 id", .id = 1, .segs = { 1, 1, 2 } },
	{ "another TTL", .at = 8, .segs = { 1, 1, 2 } },
	{ "another hop limit", .v6 = true, .at = 7, .segs = { 1, 1, 2 } },
	{ "another ACK", .at = 20 + 11, .segs = { 1, 1, 2 } },
	{ "another window", .at = 20 + 15, .segs = { 1, 1, 2 } },
	{ "another timestamp", .at = 20 + 27, .segs = { 1, 1, 2 } },
	{ "a wrong checksum", .bad = true, .segs = { 1, 1, 2 } },
};

static void nic_merge_desc(const struct nic_merge_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(nic_merge, nic_merge_table, nic_merge_desc);

static void nic_merge_put(u8 *at, u16 sum)
{
	at[0] = sum >> 8;
	at[1] = sum;
}

/* Changes an octet, and makes both checksums right again. */
static void nic_merge_change(const struct rig_packet *p, u8 *frame, u32 len,
			     u32 at)
{
	u8 *l3 = frame + nic_rig_packet_l3(p), *l4 = frame + nic_rig_packet_l4(p);
	u32 l4_len = frame + len - l4;

	l3[at] ^= 1;
	if (!p->v6) {
		nic_merge_put(l3 + 10, 0);
		nic_merge_put(l3 + 10, ~nic_rig_sum(l3, 20, 0));
	}
	nic_merge_put(l4 + 16, 0);
	nic_merge_put(l4 + 16, ~nic_rig_sum(l4, l4_len,
					    nic_rig_sum(p->v6 ? l3 + 8 :
							l3 + 12, p->v6 ? 32 : 8,
							l4_len + 6)));
}

/* The packets, and what they are. */
static void nic_merge_packets(struct kunit *test, const struct nic_merge_case *c,
			      struct rig_packet *p, struct wire_frame **frames,
			      const u8 *payload)
{
	u32 seq = 1000;
	u32 len;
	int i;

	for (i = 0; i < MERGE_NR; i++) {
		bool odd = i == 1;

		seq += odd ? c->skip : 0;
		p[i] = (struct rig_packet) {
			.v6 = c->v6, .vlan = c->vlan, .full = true,
			.flags = MERGE_ACK | (odd ? c->flags : 0), .seq = seq,
			.id = 7 + i + (odd ? c->id : 0),
			.payload = odd && c->none ? 0 :
				   odd && c->payload ? c->payload :
				   MERGE_PAYLOAD,
		};
		len = nic_rig_packet_hdr(&p[i]) + p[i].payload;
		frames[i] = wire_frame_alloc(len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, frames[i]);
		nic_rig_packet(frames[i]->data, &p[i], payload + seq - 1000);
		if (odd && c->at)
			nic_merge_change(&p[i], frames[i]->data, len, c->at);
		if (odd && c->bad)
			frames[i]->data[len - 1] ^= 1;
		seq += p[i].payload;
	}
}

/* All of them are there before the hardware looks. */
static void nic_merge_send(struct nic_rig *rig, struct wire_frame **frames,
			   int nr)
{
	int err = 0;
	int i;

	migrate_disable();
	set_cpus_allowed_ptr(rig->hw->thread, cpumask_of(smp_processor_id()));
	preempt_disable();
	for (i = 0; i < nr; i++)
		err = err ?: wire_port_send(rig->far, frames[i]);
	preempt_enable();
	migrate_enable();
	KUNIT_ASSERT_EQ(rig->test, err, 0);
}

static u32 nic_merge_wait(struct nic_rig *rig, u32 index)
{
	struct nic_rx_desc *desc = nic_rig_rx_desc(rig, index);

	KUNIT_ASSERT_TRUE(rig->test,
			  RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
				   NIC_RX_DONE));
	return le32_to_cpu(READ_ONCE(desc->status));
}

/* What is in memory is the packet that a sender would have segmented. */
static void nic_merge_expect(struct nic_rig *rig, u32 index,
			     const struct rig_packet *first,
			     const struct rig_packet *last, u32 segs,
			     const u8 *payload)
{
	struct nic_rx_desc *desc = nic_rig_rx_desc(rig, index);
	u8 *got = rig->data + index * RIG_BUF_SIZE;
	u8 *want = nic_rig_octets(rig->test, RIG_BUF_SIZE);
	struct rig_packet whole = *first;
	u32 check = nic_rig_packet_l4(first) + 16;
	u32 len;

	KUNIT_EXPECT_EQ(rig->test, le16_to_cpu(desc->mss), first->payload);
	KUNIT_EXPECT_EQ(rig->test, le16_to_cpu(desc->segs), segs);
	whole.payload = last->seq + last->payload - first->seq;
	whole.flags |= last->flags;
	len = nic_rig_packet(want, &whole, payload + first->seq - 1000);
	KUNIT_EXPECT_EQ(rig->test, le32_to_cpu(desc->len), len);
	memcpy(want + check, got + check, 2);
	KUNIT_EXPECT_MEMEQ(rig->test, got, want, len);
}

static void nic_merge_streams(struct kunit *test)
{
	const struct nic_merge_case *c = test->param_value;
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, 4096);
	struct wire_frame *frames[MERGE_NR];
	struct rig_packet p[MERGE_NR];
	u32 merged = 0;
	u32 at = 0;
	int i;

	nic_rig_fill(payload, 4096, 5);
	nic_rig_start(rig, 64, NIC_FEAT_RX_CSUM | NIC_FEAT_RX_MERGE, 1518);
	nic_rig_rx_post(rig, 16);
	nic_merge_packets(test, c, p, frames, payload);
	nic_merge_send(rig, frames, MERGE_NR);
	for (i = 0; c->segs[i]; at += c->segs[i++]) {
		u32 status = nic_merge_wait(rig, i);

		KUNIT_EXPECT_EQ(test, !!(status & NIC_RX_MERGED),
				c->segs[i] > 1);
		if (c->segs[i] == 1)
			continue;
		KUNIT_EXPECT_TRUE(test, status & NIC_RX_CSUM_OK);
		merged += c->segs[i];
		nic_merge_expect(rig, i, &p[at], &p[at + c->segs[i] - 1],
				 c->segs[i], payload);
	}
	KUNIT_EXPECT_EQ(test, at, MERGE_NR);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).rx_frames ==
					 MERGE_NR));
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).rx_merged ==
					 merged));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_missed, 0);
}

/* Where there is no room for what was merged, all of it was missed. */
static void nic_merge_missed(struct kunit *test)
{
	const struct nic_merge_case c = {};
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, 4096);
	struct wire_frame *frames[MERGE_NR];
	struct rig_packet p[MERGE_NR];

	nic_rig_start(rig, 64, NIC_FEAT_RX_CSUM | NIC_FEAT_RX_MERGE, 1518);
	nic_merge_packets(test, &c, p, frames, payload);
	nic_merge_send(rig, frames, MERGE_NR);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).rx_missed ==
					 MERGE_NR));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_frames, 0);
}

/* Headers in their own buffer, payload at the beginning of the posted one. */
static void nic_split_frames(struct kunit *test)
{
	struct rig_packet tcp = { .flags = MERGE_ACK, .payload = 300,
				  .full = true };
	struct rig_packet ack = { .flags = MERGE_ACK, .full = true };
	struct rig_packet udp = { .udp = true, .payload = 300, .full = true };
	const struct rig_packet *all[] = { &tcp, &ack, &udp };
	u8 *payload = nic_rig_octets(test, 300), *frame;
	struct nic_rig *rig = nic_rig_create(test);
	u32 hdrs = RIG_DATA_SIZE / 2;
	u32 status, split, len;
	int i;

	nic_rig_fill(payload, 300, 9);
	nic_rig_start(rig, 64, 0, 1518);
	nic_hw_write(rig->hw, NIC_REG_CTRL, 0);
	KUNIT_ASSERT_EQ(test, 0, nic_hw_quiesce(rig->hw, RIG_TIMEOUT_MS));
	nic_hw_write(rig->hw, NIC_REG_RXQ(0) + NIC_Q_HDR_LO,
		     lower_32_bits(rig->data_dma + hdrs));
	nic_hw_write(rig->hw, NIC_REG_RXQ(0) + NIC_Q_HDR_HI,
		     upper_32_bits(rig->data_dma + hdrs));
	nic_hw_write(rig->hw, NIC_REG_RXQ(0) + NIC_Q_HDR_SIZE, 256);
	nic_hw_write(rig->hw, NIC_REG_RXQ(0) + NIC_Q_SIZE, 64);
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_ENABLE);
	nic_rig_rx_post(rig, 8);
	frame = nic_rig_octets(test, 1000);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		len = nic_rig_packet(frame, all[i], payload);
		nic_rig_send(rig, frame, len);
		status = nic_merge_wait(rig, i);
		split = all[i] == &tcp ? nic_rig_packet_hdr(&tcp) : 0;
		KUNIT_EXPECT_EQ(test, status,
				NIC_RX_DONE | NIC_RX_EOP |
				(split ? NIC_RX_SPLIT : 0) |
				split << NIC_RX_HDR_SHIFT);
		KUNIT_EXPECT_MEMEQ(test, rig->data + hdrs + i * 256, frame,
				   split);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(nic_rig_rx_desc(rig, i)->len),
				len - split);
		KUNIT_EXPECT_MEMEQ(test, rig->data + i * RIG_BUF_SIZE,
				   frame + split, len - split);
	}
}

static struct kunit_case nic_merge_cases[] = {
	KUNIT_CASE_PARAM(nic_merge_streams, nic_merge_gen_params),
	KUNIT_CASE(nic_merge_missed),
	KUNIT_CASE(nic_split_frames),
	{}
};

struct kunit_suite nic_merge_suite = {
	.name = "nsim_nic_merge",
	.test_cases = nic_merge_cases,
};
