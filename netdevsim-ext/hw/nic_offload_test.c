// SPDX-License-Identifier: GPL-2.0
/* Offloads: tags, checksum styles, sums and hashes, against known answers. */

#include <linux/unaligned.h>

#include "nic_test_rig.h"

#define TCI		0x6123
#define PAYLOAD		500

/* What a packet is with the tag that nic_rig_packet() would not give it. */
static u32 offload_tagged(struct kunit *test, u8 *dst, const u8 *frame, u32 len)
{
	memcpy(dst, frame, 12);
	put_unaligned_be16(0x8100, dst + 12);
	put_unaligned_be16(TCI, dst + 14);
	memcpy(dst + 16, frame + 12, len - 12);
	return len + 4;
}

static void offload_vlan_insert(struct kunit *test)
{
	struct rig_packet p = { .flags = 0x10, .payload = PAYLOAD };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, PAYLOAD);
	u8 *frame = nic_rig_octets(test, 2048);
	u8 *tagged = nic_rig_octets(test, 2048);
	struct nic_tx_desc *desc;
	u32 len;

	nic_rig_start(rig, 64, NIC_FEAT_TX_CSUM | NIC_FEAT_VLAN_INSERT, 1518);
	nic_rig_fill(payload, PAYLOAD, 3);
	len = nic_rig_packet(rig->data, &p, payload);
	desc = nic_rig_tx(rig, rig->data_dma, len,
			  NIC_TX_EOP | NIC_TX_CSUM | NIC_TX_VLAN);
	desc->csum_start = cpu_to_le16(nic_rig_packet_l4(&p));
	desc->csum_offset = cpu_to_le16(16);
	desc->vlan_tci = cpu_to_le16(TCI);
	nic_rig_tx_ring_bell(rig);
	p.full = true;
	len = nic_rig_packet(frame, &p, payload);
	len = offload_tagged(test, tagged, frame, len);
	nic_rig_expect_frame(rig, tagged, len);
}

/* Each segment of a super-packet gets the tag. */
static void offload_vlan_tso(struct kunit *test)
{
	struct rig_packet p = { .flags = 0x10, .payload = 2 * PAYLOAD };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, 2 * PAYLOAD);
	u8 *frame = nic_rig_octets(test, 2048);
	u8 *tagged = nic_rig_octets(test, 2048);
	struct nic_tx_desc *desc;
	u32 len, i;

	nic_rig_start(rig, 64, NIC_FEAT_TX_CSUM | NIC_FEAT_TSO |
			       NIC_FEAT_VLAN_INSERT, 1518);
	nic_rig_fill(payload, 2 * PAYLOAD, 3);
	len = nic_rig_packet(rig->data, &p, payload);
	desc = nic_rig_tx(rig, rig->data_dma, len, NIC_TX_EOP | NIC_TX_CSUM |
						   NIC_TX_VLAN | NIC_TX_TSO);
	desc->csum_start = cpu_to_le16(nic_rig_packet_l4(&p));
	desc->csum_offset = cpu_to_le16(16);
	desc->vlan_tci = cpu_to_le16(TCI);
	desc->mss = cpu_to_le16(PAYLOAD);
	desc->hdr_len = cpu_to_le16(nic_rig_packet_hdr(&p));
	desc->l3_start = cpu_to_le16(14);
	nic_rig_tx_ring_bell(rig);
	p.full = true;
	p.payload = PAYLOAD;
	for (i = 0; i < 2; i++) {
		p.seq = i * PAYLOAD;
		p.id = i;
		len = nic_rig_packet(frame, &p, payload + i * PAYLOAD);
		len = offload_tagged(test, tagged, frame, len);
		nic_rig_expect_frame(rig, tagged, len);
	}
}

/**
 * struct offload_style - a frame, and hardware that finishes some checksums
 * @name: for the report
 * @v6: of the frame
 * @udp: of the frame
 * @features: of the hardware
 * @offset: what the descriptor says, else the right one
 * @sent: whether it goes out
 */
struct offload_style {
	const char *name;
	bool v6;
	bool udp;
	u32 features;
	u16 offset;
	bool sent;
};

static const struct offload_style offload_styles[] = {
	{ "v4 by v4", .features = NIC_FEAT_TX_CSUM_V4, .sent = true },
	{ "v4 UDP by v4", .udp = true, .features = NIC_FEAT_TX_CSUM_V4,
	  .sent = true },
	{ "v6 by v6", .v6 = true, .features = NIC_FEAT_TX_CSUM_V6,
	  .sent = true },
	{ "v6 by v4", .v6 = true, .features = NIC_FEAT_TX_CSUM_V4 },
	{ "v4 by v6", .features = NIC_FEAT_TX_CSUM_V6 },
	{ "v4 by any", .features = NIC_FEAT_TX_CSUM, .sent = true },
	{ "v4 by none", .features = 0 },
	{ "no field of TCP, by v4", .features = NIC_FEAT_TX_CSUM_V4,
	  .offset = 14 },
};

KUNIT_ARRAY_PARAM_DESC(offload_style, offload_styles, name);

static void offload_tx_csum(struct kunit *test)
{
	const struct offload_style *style = test->param_value;
	struct rig_packet p = { .v6 = style->v6, .udp = style->udp,
				.payload = PAYLOAD };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, PAYLOAD);
	u8 *frame = nic_rig_octets(test, 2048);
	struct nic_tx_desc *desc;
	u32 len;

	nic_rig_start(rig, 64, style->features, 1518);
	nic_rig_fill(payload, PAYLOAD, 5);
	len = nic_rig_packet(rig->data, &p, payload);
	desc = nic_rig_tx(rig, rig->data_dma, len, NIC_TX_EOP | NIC_TX_CSUM);
	desc->csum_start = cpu_to_le16(nic_rig_packet_l4(&p));
	desc->csum_offset = cpu_to_le16(style->offset ?: style->udp ? 6 : 16);
	nic_rig_tx_ring_bell(rig);
	nic_rig_tx_done(rig);
	if (!style->sent) {
		nic_rig_expect_silence(rig);
		KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 1);
		return;
	}
	p.full = true;
	len = nic_rig_packet(frame, &p, payload);
	nic_rig_expect_frame(rig, frame, len);
}

static struct nic_rx_desc *offload_receive(struct nic_rig *rig, u8 *frame,
					   u32 len)
{
	struct nic_rx_desc *desc = nic_rig_rx_desc(rig, 0);

	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, len);
	KUNIT_ASSERT_TRUE(rig->test,
			  RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
				   NIC_RX_DONE));
	return desc;
}

static void offload_vlan_strip(struct kunit *test)
{
	struct rig_packet p = { .full = true, .payload = PAYLOAD };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, PAYLOAD);
	u8 *frame = nic_rig_octets(test, 2048);
	u8 *tagged = nic_rig_octets(test, 2048);
	struct nic_rx_desc *desc;
	u32 len;

	nic_rig_start(rig, 64, NIC_FEAT_VLAN_STRIP | NIC_FEAT_RX_CSUM, 1518);
	len = nic_rig_packet(frame, &p, payload);
	desc = offload_receive(rig, tagged,
			       offload_tagged(test, tagged, frame, len));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->status),
			NIC_RX_DONE | NIC_RX_EOP | NIC_RX_VLAN |
			NIC_RX_CSUM_OK);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->vlan_tci), TCI);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->len), len);
	KUNIT_EXPECT_MEMEQ(test, rig->data, frame, len);
}

/* The sum of a packet whose checksums are right, but for the addresses. */
static void offload_rx_sum(struct kunit *test)
{
	struct rig_packet p = { .full = true, .payload = PAYLOAD + 1 };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, PAYLOAD + 1);
	u8 *frame = nic_rig_octets(test, 2048);
	struct nic_rx_desc *desc;
	u32 len;
	u16 sum;

	nic_rig_start(rig, 64, NIC_FEAT_RX_SUM, 1518);
	nic_rig_fill(payload, PAYLOAD + 1, 9);
	len = nic_rig_packet(frame, &p, payload);
	desc = offload_receive(rig, frame, len);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->status),
			NIC_RX_DONE | NIC_RX_EOP | NIC_RX_SUM);
	sum = le16_to_cpu(desc->csum);
	KUNIT_EXPECT_EQ(test, (__force u16)cpu_to_be16(nic_rig_sum(frame + 14,
								   len - 14,
								   0)), sum);
}

/**
 * struct offload_hash - a row of Microsoft's table of RSS hashes
 * @name: for the report
 * @src: source address
 * @dst: destination address
 * @sport: source port
 * @dport: destination port
 * @l4: hash with ports
 * @l3: hash without
 */
struct offload_hash {
	const char *name;
	u32 src;
	u32 dst;
	u16 sport;
	u16 dport;
	u32 l4;
	u32 l3;
};

static const struct offload_hash offload_hashes[] = {
	{ "66.9.149.187", 0x420995bb, 0xa18e6450, 2794, 1766, 0x51ccc178,
	  0x323e8fc2 },
	{ "199.92.111.2", 0xc75c6f02, 0x41458c53, 14230, 4739, 0xc626b0ea,
	  0xd718262a },
};

KUNIT_ARRAY_PARAM_DESC(offload_hash, offload_hashes, name);

static void offload_rss(struct kunit *test)
{
	const struct offload_hash *row = test->param_value;
	struct rig_packet p = { .udp = true, .payload = 100 };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, 100);
	u8 *frame = nic_rig_octets(test, 2048);
	struct nic_rx_desc *desc;
	u32 len;

	nic_rig_start(rig, 64, NIC_FEAT_RSS_HASH, 1518);
	len = nic_rig_packet(frame, &p, payload);
	put_unaligned_be32(row->src, frame + 26);
	put_unaligned_be32(row->dst, frame + 30);
	put_unaligned_be16(row->sport, frame + 34);
	put_unaligned_be16(row->dport, frame + 36);
	desc = offload_receive(rig, frame, len);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->status),
			NIC_RX_DONE | NIC_RX_EOP | NIC_RX_HASH_L4);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->hash), row->l4);

	/* A fragment has no ports to look at. */
	frame[20] = 0x20;
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, len);
	desc = nic_rig_rx_desc(rig, 1);
	KUNIT_ASSERT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
					 NIC_RX_DONE));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->status),
			NIC_RX_DONE | NIC_RX_EOP | NIC_RX_HASH_L3);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->hash), row->l3);
}

/* The table decides, by the hash; a queue that is not there takes nothing. */
static void offload_rss_table(struct kunit *test)
{
	struct rig_packet p = { .udp = true, .payload = 100 };
	struct nic_rig *rig = nic_rig_create(test);
	u8 *payload = nic_rig_octets(test, 100);
	u8 *frame = nic_rig_octets(test, 2048);
	struct nic_rx_desc *desc;
	u32 entry, word, len, i;

	nic_rig_start(rig, 64, NIC_FEAT_RSS_HASH, 1518);
	len = nic_rig_packet(frame, &p, payload);
	desc = offload_receive(rig, frame, len);
	entry = le32_to_cpu(desc->hash) % NIC_RSS_TABLE_LEN;

	for (i = 0; i < NIC_RSS_TABLE_LEN / 4; i++)
		nic_hw_write(rig->hw, NIC_REG_RSS_TABLE(i), 0x01010101);
	word = 0x01010101 & ~(0xff << entry % 4 * 8);
	nic_hw_write(rig->hw, NIC_REG_RSS_TABLE(entry / 4), word);
	nic_hw_write(rig->hw, NIC_REG_RSS_SIZE, NIC_RSS_TABLE_LEN);
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, len);
	desc = nic_rig_rx_desc(rig, 1);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
					 NIC_RX_DONE));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_missed, 0);

	nic_hw_write(rig->hw, NIC_REG_RSS_TABLE(entry / 4), 0x01010101);
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, len);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(nic_rig_counters(rig).rx_missed == 1));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).rx_frames, 2);

	/* Another key, another hash: with no bit set it is 0. */
	for (i = 0; i < NIC_RSS_KEY_LEN / 4; i++)
		nic_hw_write(rig->hw, NIC_REG_RSS_KEY(i), 0);
	nic_hw_write(rig->hw, NIC_REG_RSS_TABLE(0), 0);
	nic_rig_send(rig, frame, len);
	desc = nic_rig_rx_desc(rig, 2);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(le32_to_cpu(READ_ONCE(desc->status)) &
					 NIC_RX_DONE));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(desc->hash), 0);
}

/* A table has a power of two of entries, and no more than there is room. */
static void offload_rss_size(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);
	u64 errors = nic_rig_counters(rig).reg_errors;

	nic_hw_write(rig->hw, NIC_REG_RSS_SIZE, 100);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_RSS_SIZE), 0);
	nic_hw_write(rig->hw, NIC_REG_RSS_SIZE, 2 * NIC_RSS_TABLE_LEN);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_RSS_SIZE), 0);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).reg_errors, errors + 2);
	nic_hw_write(rig->hw, NIC_REG_RSS_SIZE, 64);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, NIC_REG_RSS_SIZE), 64);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).reg_errors, errors + 2);
}

static struct kunit_case nic_offload_cases[] = {
	KUNIT_CASE(offload_vlan_insert),
	KUNIT_CASE(offload_vlan_tso),
	KUNIT_CASE_PARAM(offload_tx_csum, offload_style_gen_params),
	KUNIT_CASE(offload_vlan_strip),
	KUNIT_CASE(offload_rx_sum),
	KUNIT_CASE_PARAM(offload_rss, offload_hash_gen_params),
	KUNIT_CASE(offload_rss_table),
	KUNIT_CASE(offload_rss_size),
	{}
};

struct kunit_suite nic_offload_suite = {
	.name = "nsim_nic_offload",
	.test_cases = nic_offload_cases,
};
