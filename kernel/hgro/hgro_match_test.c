// SPDX-License-Identifier: GPL-2.0
/*
 * Each criterion by which a packet joins a flow, or does not.
 */
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "hgro_test.h"

/**
 * struct match_case - three packets, of which the last is changed
 * @name: of the case
 * @v6: IPv6
 * @change: what is done to the third packet's making
 * @spoil: what is done to its octets, or NULL
 * @joins: it joins
 * @flushed: why the flow of the first two ends at it; HGRO_OK when it does not
 * @passed: why the third is not held; HGRO_OK when it is
 */
struct match_case {
	const char *name;
	bool v6;
	void (*change)(struct frame_spec *spec);
	void (*spoil)(struct frame *frame);
	bool joins;
	enum hgro_reason flushed;
	enum hgro_reason passed;
};

static void match_complete(struct frame *frame)
{
	frame->ip_summed = CHECKSUM_COMPLETE;
}

CHANGE(match_none, (void)spec)
CHANGE(match_psh, spec->flags |= 0x08)
CHANGE(match_fin, spec->flags |= 0x01)
CHANGE(match_syn, spec->flags |= 0x02)
CHANGE(match_rst, spec->flags |= 0x04)
CHANGE(match_urg, spec->flags |= 0x20)
CHANGE(match_cwr, spec->flags |= 0x80)
CHANGE(match_ece, spec->flags |= 0x40)
CHANGE(match_short, spec->len -= 1)
CHANGE(match_long, spec->len += 1)
CHANGE(match_empty, spec->len = 0)
CHANGE(match_ack, spec->ack++)
CHANGE(match_window, spec->window++)
CHANGE(match_urgent, spec->urgent++)
CHANGE(match_option, spec->opt++)
CHANGE(match_options, spec->tcp_opts = 0)
CHANGE(match_gap, spec->seq++)
CHANGE(match_again, spec->seq -= spec->len)
CHANGE(match_tos, spec->tos ^= 0x10)
CHANGE(match_ecn, spec->tos ^= 0x03)
CHANGE(match_ttl, spec->ttl--)
CHANGE(match_id, spec->id++)
CHANGE(match_id_same, spec->id--)
CHANGE(match_df, spec->df = false)
CHANGE(match_ip_opts, spec->ip_opts = 4)
CHANGE(match_label, spec->label ^= 1)
CHANGE(match_ext, spec->ext = true)
CHANGE(match_tag, spec->tags = 1)
CHANGE(match_vlan, spec->vlan_all = 0x00090081)
CHANGE(match_other, spec->group += 2)

SPOIL(match_ip_check, frame->data[frame->l3 + 10] ^= 1)
SPOIL(match_tcp_check, l4h[16] ^= 1; frame->ip_summed = CHECKSUM_NONE)
SPOIL(match_payload, frame->data[frame->len - 1] ^= 1; match_complete(frame))
SPOIL(match_ffff, put_unaligned_be16(0xffff, l4h + 16))
SPOIL(match_pad, memset(frame->data + frame->len, 0, 4); frame->len += 4)
SPOIL(match_cut, frame->len -= 1)
SPOIL(match_fragment, l3h[6] |= 0x20; frame_sum(frame))
SPOIL(match_fragment2, l3h[7] = 1; frame_sum(frame))
SPOIL(match_mac, frame->data[0] ^= 2)
SPOIL(match_protocol, l3h[9] = IPPROTO_SCTP; frame_sum(frame))
SPOIL(match_reserved, l4h[12] |= 1; frame_sum(frame))
SPOIL(match_partial, frame->ip_summed = CHECKSUM_PARTIAL)

static const struct match_case match_cases[] = {
	{ "the next packet", 0, match_none, NULL, true },
	{ "the next packet, IPv6", 1, match_none, NULL, true },
	{ "PSH", 0, match_psh, NULL, true, HGRO_PSH },
	{ "PSH, IPv6", 1, match_psh, NULL, true, HGRO_PSH },
	{ "FIN", 0, match_fin, NULL, true, HGRO_FIN },
	{ "SYN", 0, match_syn, NULL, false, HGRO_FLAGS, HGRO_FLAGS },
	{ "RST", 0, match_rst, NULL, false, HGRO_FLAGS, HGRO_FLAGS },
	{ "URG", 0, match_urg, NULL, false, HGRO_FLAGS, HGRO_FLAGS },
	{ "CWR", 0, match_cwr, NULL, false, HGRO_CWR },
	{ "ECE", 0, match_ece, NULL, false, HGRO_ECE },
	{ "a reserved bit", 0, match_none, match_reserved, false, HGRO_FLAGS },
	{ "short last segment", 0, match_short, NULL, true, HGRO_SHORT },
	{ "first segment shorter", 0, match_long, NULL, false, HGRO_LONG },
	{ "pure ACK", 0, match_empty, NULL, false, HGRO_EMPTY, HGRO_EMPTY },
	{ "ACK number", 0, match_ack, NULL, false, HGRO_ACK },
	{ "window", 0, match_window, NULL, false, HGRO_WINDOW },
	{ "urgent pointer", 0, match_urgent, NULL, false, HGRO_URGENT },
	{ "a TCP option's value", 0, match_option, NULL, false,
	  HGRO_TCP_OPTION },
	{ "TCP options' length", 0, match_options, NULL, false,
	  HGRO_TCP_OPTION },
	{ "sequence, a gap", 0, match_gap, NULL, false, HGRO_SEQUENCE },
	{ "sequence, again", 0, match_again, NULL, false, HGRO_SEQUENCE },
	{ "TOS", 0, match_tos, NULL, false, HGRO_TOS },
	{ "traffic class", 1, match_tos, NULL, false, HGRO_TOS },
	{ "ECN mark", 0, match_ecn, NULL, false, HGRO_ECN },
	{ "ECN mark, IPv6", 1, match_ecn, NULL, false, HGRO_ECN },
	{ "flow label", 1, match_label, NULL, false, HGRO_FLOW_LABEL },
	{ "TTL", 0, match_ttl, NULL, false, HGRO_TTL },
	{ "hop limit", 1, match_ttl, NULL, false, HGRO_TTL },
	{ "IPv4 id, a gap", 0, match_id, NULL, false, HGRO_ID },
	{ "IPv4 id, the same once", 0, match_id_same, NULL, false, HGRO_ID },
	{ "DF", 0, match_df, NULL, false, HGRO_DF },
	{ "IPv4 options", 0, match_ip_opts, NULL, false, HGRO_IP_OPTION,
	  HGRO_IP_OPTION },
	{ "extension header", 1, match_ext, NULL, false, HGRO_LAYERS },
	{ "tag in the frame", 0, match_tag, NULL, false, HGRO_LAYERS },
	{ "tag beside the frame", 0, match_vlan, NULL, false, HGRO_VLAN },
	{ "other addresses and ports", 0, match_other, NULL, false },
	{ "link-layer address", 0, match_none, match_mac, false,
	  HGRO_ETHERNET },
	{ "bad IP checksum", 0, match_none, match_ip_check, false,
	  HGRO_IP_CHECK, HGRO_IP_CHECK },
	{ "bad TCP checksum", 0, match_none, match_tcp_check, false,
	  HGRO_L4_CHECK, HGRO_L4_CHECK },
	{ "bad TCP checksum, IPv6", 1, match_none, match_tcp_check, false,
	  HGRO_L4_CHECK, HGRO_L4_CHECK },
	{ "damaged payload", 0, match_none, match_payload, false,
	  HGRO_L4_CHECK, HGRO_L4_CHECK },
	{ "TCP checksum 0xffff", 0, match_none, match_ffff, false,
	  HGRO_L4_CHECK, HGRO_L4_CHECK },
	{ "partial checksum", 0, match_none, match_partial, false,
	  HGRO_L4_CHECK, HGRO_L4_CHECK },
	{ "padding", 0, match_none, match_pad, false, HGRO_LENGTH,
	  HGRO_LENGTH },
	{ "padding, IPv6", 1, match_none, match_pad, false, HGRO_LENGTH,
	  HGRO_LENGTH },
	{ "a length that is too long", 0, match_none, match_cut, false,
	  HGRO_LENGTH, HGRO_LENGTH },
	{ "first fragment", 0, match_none, match_fragment, false,
	  HGRO_FRAGMENT, HGRO_FRAGMENT },
	{ "a later fragment", 0, match_none, match_fragment2, false, HGRO_OK,
	  HGRO_FRAGMENT },
	{ "another protocol", 0, match_none, match_protocol, false, HGRO_OK,
	  HGRO_PROTOCOL },
};

KUNIT_ARRAY_PARAM_DESC(match, match_cases, name);

static void match_spec(const struct match_case *c, struct frame_spec *spec)
{
	*spec = (struct frame_spec){
		.group = 2 + c->v6, .v6 = c->v6, .df = true, .tcp_opts = 12,
		.opt = 0x0101080a, .ttl = 64, .id = 7, .seq = 0xfffffe00,
		.flags = 0x10, .window = 100, .len = 300,
	};
}

static void match_one(struct kunit *test, const struct match_case *c,
		      enum rig_mode mode)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats before, after;
	struct frame_spec spec;
	struct frame *frame;
	unsigned int i;
	u64 flushed;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_ASSERT_EQ(test, rig_context(rig, NULL), 0);
	rig->fed = 0;
	rig->back = 0;
	match_spec(c, &spec);
	for (i = 0; i < 2; i++) {
		frame_make(&spec, frame);
		rig_feed(rig, frame, mode);
		frame_after(&spec);
	}
	hgro_stats(rig->hgro, &before);
	KUNIT_EXPECT_EQ(test, before.held, 2);

	c->change(&spec);
	frame_make(&spec, frame);
	if (c->spoil)
		c->spoil(frame);
	/* What belongs to no flow overtakes. */
	frame->stray = !c->joins && !c->flushed;
	rig_feed(rig, frame, mode);
	hgro_stats(rig->hgro, &after);
	flushed = after.merged + after.single;
	KUNIT_EXPECT_EQ(test, after.flushed[c->flushed], !!c->flushed);
	KUNIT_EXPECT_EQ(test, flushed, !c->flushed ? 0 : c->joins ? 3 : 2);
	KUNIT_EXPECT_EQ(test, after.passed[c->passed], !!c->passed);
	KUNIT_EXPECT_EQ(test, after.held, 3 - flushed - !!c->passed);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_match(struct kunit *test)
{
	enum rig_mode mode;

	for (mode = 0; mode < RIG_MODES; mode++)
		match_one(test, test->param_value, mode);
}

/* The second packet decides whether ids stay, which needs DF. */
static void hgro_match_fixed_id(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	struct frame_spec spec;
	struct frame *frame;
	unsigned int i, df;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	for (df = 0; df < 2; df++) {
		match_spec(&match_cases[0], &spec);
		spec.df = df;
		for (i = 0; i < 4; i++) {
			frame_make(&spec, frame);
			rig_feed(rig, frame, RIG_PAGE);
			frame_after(&spec);
			spec.id--;
		}
		rig_flush(rig);
	}
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.merged, 4);
	KUNIT_EXPECT_EQ(test, stats.single, 4);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* @packets of @len octets and one of @last, then what was flushed, and why. */
static void match_many(struct kunit *test, unsigned int packets, u16 len,
		       u16 last, struct hgro_stats *stats)
{
	struct hgro_rig *rig = test->priv;
	struct frame_spec spec;
	struct frame *frame;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	match_spec(&match_cases[0], &spec);
	spec.len = len;
	while (packets--) {
		frame_make(&spec, frame);
		rig_feed(rig, frame, RIG_PAGE);
		frame_after(&spec);
	}
	spec.len = last;
	frame_make(&spec, frame);
	rig_feed(rig, frame, RIG_PAGE);
	hgro_stats(rig->hgro, stats);
}

/* Octets of payload that an IPv4 packet may have beside @octets. */
static u16 match_left(struct kunit *test, u32 octets)
{
	struct frame_spec spec;
	struct frame *frame;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	match_spec(&match_cases[0], &spec);
	frame_make(&spec, frame);
	return U16_MAX - (frame->hdr_len - ETH_HLEN) - octets;
}

static void hgro_match_size(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	match_many(test, 45, 1448, 1448, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_SIZE], 1);
	KUNIT_EXPECT_EQ(test, stats.merged, 45);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");

	/* There is room for a short one, up to the last octet. */
	KUNIT_ASSERT_EQ(test, rig_context(rig, NULL), 0);
	rig->fed = 0;
	rig->back = 0;
	match_many(test, 45, 1448, match_left(test, 45 * 1448), &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_SHORT], 1);
	KUNIT_EXPECT_EQ(test, stats.merged, 46);
	rig_flush(rig);
	KUNIT_EXPECT_EQ(test, rig->longest, ETH_HLEN + U16_MAX);

	match_many(test, 45, 1448, match_left(test, 45 * 1448) + 1, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_SIZE], 1);
	KUNIT_EXPECT_EQ(test, stats.merged, 46 + 45);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_match_count(struct kunit *test)
{
	const struct hgro_config config = { .max_packets = 10 };
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	KUNIT_ASSERT_EQ(test, rig_context(rig, &config), 0);
	match_many(test, 24, 100, 100, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_COUNT], 2);
	KUNIT_EXPECT_EQ(test, stats.merged, 20);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* What is forwarded needs no other head when there is room in its own. */
static void hgro_match_headroom(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	match_many(test, 44, 1448, 1448, &stats);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
	KUNIT_EXPECT_EQ(test, rig->txq.tx_stats.prepared, 1);
	KUNIT_EXPECT_EQ(test, rig->txq.tx_stats.expanded, 1);

	KUNIT_EXPECT_EQ(test, hgro_set_headroom(rig->hgro,
						HGRO_MAX_HEADROOM + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, hgro_set_headroom(rig->hgro, 4608), 0);
	match_many(test, 44, 1448, 1448, &stats);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
	KUNIT_EXPECT_EQ(test, rig->txq.tx_stats.prepared, 2);
	KUNIT_EXPECT_EQ(test, rig->txq.tx_stats.expanded, 1);
}

static void hgro_match_strict_df(struct kunit *test)
{
	const struct hgro_config config = { .strict_df = true };
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	struct frame_spec spec;
	struct frame *frame;
	unsigned int i;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_ASSERT_EQ(test, rig_context(rig, &config), 0);
	match_spec(&match_cases[0], &spec);
	spec.df = false;
	for (i = 0; i < 4; i++) {
		frame_make(&spec, frame);
		rig_feed(rig, frame, RIG_PAGE);
		frame_after(&spec);
	}
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.passed[HGRO_DF], 4);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* Mobile IPv6: the checksum is over another address than the header's. */
static void hgro_match_home_address(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	struct frame_spec spec;
	struct frame *frame;
	unsigned int i;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	match_spec(&match_cases[1], &spec);
	spec.ext = true;
	for (i = 0; i < 6; i++) {
		frame_make(&spec, frame);
		/* Every other three behind padding of one octet. */
		frame->data[frame->l3 + 42] = i < 3 ? 201 : 0;
		frame->data[frame->l3 + 43] = i < 3 ? 4 : 201;
		frame->data[frame->l3 + 44] = i < 3 ? 0 : 3;
		rig_feed(rig, frame, RIG_PAGE);
		frame_after(&spec);
	}
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.passed[HGRO_EXT], 6);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* More flows than the table has: the oldest goes. */
static void hgro_match_evicted(struct kunit *test)
{
	const struct hgro_config config = { .max_flows = 4 };
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	struct frame_spec spec;
	struct frame *frame;
	unsigned int i;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_ASSERT_EQ(test, rig_context(rig, &config), 0);
	for (i = 0; i < 10; i++) {
		match_spec(&match_cases[0], &spec);
		spec.group = 2 * i;
		frame_make(&spec, frame);
		rig_feed(rig, frame, RIG_PAGE);
	}
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_EVICTED], 6);
	KUNIT_EXPECT_EQ(test, stats.held, 4);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_match_off(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	rig->dev->features &= ~NETIF_F_GRO;
	match_many(test, 9, 100, 100, &stats);
	rig->dev->features |= NETIF_F_GRO;
	KUNIT_EXPECT_EQ(test, stats.passed[HGRO_OFF], 10);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/*
 * Payload half in the head of a chained skb, and a last segment as long as that
 * half: the kernel's segmentation must not mistake one for the other.
 */
static void hgro_match_parts(struct kunit *test)
{
	static const u8 modes[] = {
		RIG_SKB_LINEAR, RIG_SKB_BARE, RIG_SKB_LINEAR,
	};
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	struct frame_spec spec;
	struct frame *frame;
	unsigned int i;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	rig->kernel = true;
	match_spec(&match_cases[0], &spec);
	/* Three packets each: with scatter-gather, and without. */
	for (i = 0; i < 6; i++) {
		frame_make(&spec, frame);
		if (i % 3 == 2) {
			spec.len = HDR_MAX_LEN - frame->hdr_len;
			frame_make(&spec, frame);
		}
		rig_feed(rig, frame, modes[i % 3]);
		frame_after(&spec);
		spec.len = 300;
	}
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_SHORT], 2);
	KUNIT_EXPECT_EQ(test, stats.merged, 6);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* A context is destroyed with flows open: they go up. */
static void hgro_match_destroyed(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	u64 fed;

	match_many(test, 9, 100, 100, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 10);
	fed = rig->fed;
	KUNIT_ASSERT_EQ(test, rig_context(rig, NULL), 0);
	KUNIT_EXPECT_EQ(test, rig->back, fed);
	rig->fed = 0;
	rig->back = 0;
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_match_names(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < HGRO_NR_REASONS; i++)
		KUNIT_EXPECT_NOT_NULL(test, hgro_reason_name(i));
	KUNIT_EXPECT_STREQ(test, hgro_reason_name(HGRO_NR_REASONS), "unknown");
}

static struct kunit_case hgro_match_tests[] = {
	KUNIT_CASE_PARAM(hgro_match, match_gen_params),
	KUNIT_CASE(hgro_match_fixed_id),
	KUNIT_CASE(hgro_match_size),
	KUNIT_CASE(hgro_match_count),
	KUNIT_CASE(hgro_match_headroom),
	KUNIT_CASE(hgro_match_strict_df),
	KUNIT_CASE(hgro_match_home_address),
	KUNIT_CASE(hgro_match_evicted),
	KUNIT_CASE(hgro_match_off),
	KUNIT_CASE(hgro_match_parts),
	KUNIT_CASE(hgro_match_destroyed),
	KUNIT_CASE(hgro_match_names),
	{ }
};

struct kunit_suite hgro_match_suite = {
	.name = "hgro-match",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_match_tests,
};
