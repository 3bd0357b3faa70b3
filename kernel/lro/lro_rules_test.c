// SPDX-License-Identifier: GPL-2.0
/*
 * Each rule by which a packet is merged, breaks its stream, or goes straight
 * up; and what the merged packet says.
 */
#include <linux/if_vlan.h>
#include <linux/unaligned.h>

#include "lro_test.h"

/* What becomes of a third packet. */
enum rules_end {
	RULES_JOINS,
	RULES_OPENS,		/* breaks its stream, and opens it anew */
	RULES_PASSES,		/* breaks its stream, and goes straight up */
	RULES_OTHER,		/* opens another stream */
	RULES_STRAY		/* of no stream: goes straight up */
};

/**
 * struct rules_case - three packets, of which the last is changed
 * @name: of the case
 * @v6: IPv6
 * @change: what is done to the third packet's making, or NULL
 * @spoil: what is done to its octets, or NULL
 * @end: what becomes of it
 */
struct rules_case {
	const char *name;
	bool v6;
	void (*change)(struct frame_spec *spec);
	void (*spoil)(struct frame *frame);
	enum rules_end end;
};

CHANGE(rules_psh, spec->flags |= 0x08)
CHANGE(rules_fin, spec->flags |= 0x01)
CHANGE(rules_syn, spec->flags |= 0x02)
CHANGE(rules_rst, spec->flags |= 0x04)
CHANGE(rules_no_ack, spec->flags = 0)
CHANGE(rules_urg, spec->flags |= 0x20)
CHANGE(rules_ece, spec->flags |= 0x40)
CHANGE(rules_cwr, spec->flags |= 0x80)
CHANGE(rules_short, spec->len = 99)
CHANGE(rules_long, spec->len = 501)
CHANGE(rules_empty, spec->len = 0)
CHANGE(rules_ack, spec->ack++)
CHANGE(rules_old_ack, spec->ack--)
CHANGE(rules_window, spec->window++)
CHANGE(rules_gap, spec->seq++)
CHANGE(rules_again, spec->seq -= spec->len)
CHANGE(rules_no_options, spec->tcp_opts = 0)
CHANGE(rules_more_options, spec->tcp_opts = 16)
CHANGE(rules_other_option, spec->opt = 0x01010402)
CHANGE(rules_tos, spec->tos ^= 0x10)
CHANGE(rules_ce, spec->tos |= 3)
CHANGE(rules_ttl, spec->ttl--)
CHANGE(rules_id, spec->id += 5)
CHANGE(rules_df, spec->df = false)
CHANGE(rules_ip_options, spec->ip_opts = 4)
CHANGE(rules_label, spec->label ^= 1)
CHANGE(rules_ext, spec->ext = true)
CHANGE(rules_tag, spec->tags = 1)
CHANGE(rules_vlan, spec->vlan_all = 0x00090081)
CHANGE(rules_other, spec->group += 2)

SPOIL(rules_ip_check, l3h[10] ^= 1)
SPOIL(rules_tcp_check, l4h[16] ^= 1; frame->ip_summed = CHECKSUM_NONE)
SPOIL(rules_none, frame->ip_summed = CHECKSUM_NONE)
SPOIL(rules_complete, frame->ip_summed = CHECKSUM_COMPLETE)
SPOIL(rules_payload, frame->data[frame->len - 1] ^= 1; rules_complete(frame))
SPOIL(rules_pad, memset(frame->data + frame->len, 0, 4); frame->len += 4)
SPOIL(rules_cut, frame->len -= 1)
SPOIL(rules_fragment, l3h[6] |= 0x20; frame_sum(frame))
SPOIL(rules_fragment2, l3h[7] = 1; frame_sum(frame))
SPOIL(rules_mac, frame->data[0] ^= 2)
SPOIL(rules_protocol, l3h[9] = IPPROTO_SCTP; frame_sum(frame))
SPOIL(rules_version, l3h[0] ^= 0x20; frame_sum(frame))
SPOIL(rules_reserved, l4h[12] |= 1; frame_sum(frame))
SPOIL(rules_offset, l4h[12] = 0x40; frame_sum(frame))
SPOIL(rules_old_stamp, l4h[27]--; frame_sum(frame))
SPOIL(rules_new_stamp, l4h[27]++; frame_sum(frame))

static const struct rules_case rules_cases[] = {
	{ "the next packet", 0, NULL, NULL, RULES_JOINS },
	{ "the next packet, IPv6", 1, NULL, NULL, RULES_JOINS },
	{ "PSH", 0, rules_psh, NULL, RULES_JOINS },
	{ "shorter", 0, rules_short, NULL, RULES_JOINS },
	{ "longer", 1, rules_long, NULL, RULES_JOINS },
	{ "newer ACK", 0, rules_ack, NULL, RULES_JOINS },
	{ "older ACK", 0, rules_old_ack, NULL, RULES_JOINS },
	{ "window", 0, rules_window, NULL, RULES_JOINS },
	{ "newer timestamp", 0, NULL, rules_new_stamp, RULES_JOINS },
	{ "TTL", 0, rules_ttl, NULL, RULES_JOINS },
	{ "IPv4 id", 0, rules_id, NULL, RULES_JOINS },
	{ "DF", 0, rules_df, NULL, RULES_JOINS },
	{ "sums verified here", 0, NULL, rules_none, RULES_JOINS },
	{ "sums verified here, IPv6", 1, NULL, rules_none, RULES_JOINS },
	{ "sum of the device", 0, NULL, rules_complete, RULES_JOINS },
	{ "sum of the device, IPv6", 1, NULL, rules_complete, RULES_JOINS },
	{ "a gap", 0, rules_gap, NULL, RULES_OPENS },
	{ "a packet again", 0, rules_again, NULL, RULES_OPENS },
	{ "older timestamp", 0, NULL, rules_old_stamp, RULES_OPENS },
	{ "no timestamp", 0, rules_no_options, NULL, RULES_OPENS },
	{ "TOS", 0, rules_tos, NULL, RULES_OPENS },
	{ "traffic class", 1, rules_tos, NULL, RULES_OPENS },
	{ "flow label", 1, rules_label, NULL, RULES_OPENS },
	{ "link-layer address", 0, NULL, rules_mac, RULES_OPENS },
	{ "FIN", 0, rules_fin, NULL, RULES_PASSES },
	{ "SYN", 0, rules_syn, NULL, RULES_PASSES },
	{ "RST", 0, rules_rst, NULL, RULES_PASSES },
	{ "no ACK", 0, rules_no_ack, NULL, RULES_PASSES },
	{ "URG", 0, rules_urg, NULL, RULES_PASSES },
	{ "ECE", 0, rules_ece, NULL, RULES_PASSES },
	{ "CWR", 1, rules_cwr, NULL, RULES_PASSES },
	{ "a reserved bit", 0, NULL, rules_reserved, RULES_PASSES },
	{ "data offset", 0, NULL, rules_offset, RULES_PASSES },
	{ "no payload", 0, rules_empty, NULL, RULES_PASSES },
	{ "more options", 0, rules_more_options, NULL, RULES_PASSES },
	{ "another option", 0, rules_other_option, NULL, RULES_PASSES },
	{ "congestion experienced", 0, rules_ce, NULL, RULES_PASSES },
	{ "congestion experienced, IPv6", 1, rules_ce, NULL, RULES_PASSES },
	{ "IPv4 options", 0, rules_ip_options, NULL, RULES_PASSES },
	{ "extension header", 1, rules_ext, NULL, RULES_PASSES },
	{ "bad IP checksum", 0, NULL, rules_ip_check, RULES_PASSES },
	{ "bad TCP checksum", 0, NULL, rules_tcp_check, RULES_PASSES },
	{ "bad TCP checksum, IPv6", 1, NULL, rules_tcp_check, RULES_PASSES },
	{ "damaged payload", 0, NULL, rules_payload, RULES_PASSES },
	{ "padding", 0, NULL, rules_pad, RULES_PASSES },
	{ "padding, IPv6", 1, NULL, rules_pad, RULES_PASSES },
	{ "a length that is too long", 0, NULL, rules_cut, RULES_PASSES },
	{ "first fragment", 0, NULL, rules_fragment, RULES_PASSES },
	{ "another protocol", 0, NULL, rules_protocol, RULES_PASSES },
	{ "another version", 0, NULL, rules_version, RULES_PASSES },
	{ "a later fragment", 0, NULL, rules_fragment2, RULES_STRAY },
	{ "other addresses and ports", 0, rules_other, NULL, RULES_OTHER },
	{ "tag in the frame", 0, rules_tag, NULL, RULES_OTHER },
	{ "tag beside the frame", 1, rules_vlan, NULL, RULES_OTHER },
};

KUNIT_ARRAY_PARAM_DESC(rules, rules_cases, name);

static void rules_spec(bool v6, struct frame_spec *spec)
{
	*spec = (struct frame_spec){
		.group = 2 + v6, .v6 = v6, .df = true, .tcp_opts = 12,
		.opt = 0x0101080a, .ttl = 64, .id = 7, .seq = 0xfffffe01,
		.ack = 0xfffffff8, .flags = 0x10, .window = 100, .len = 301,
	};
}

static void rules_one(struct kunit *test, const struct rules_case *c,
		      enum lro_mode mode)
{
	bool at_once = c->end == RULES_PASSES || c->end == RULES_STRAY;
	struct lro_rig *rig = test->priv;
	static struct frame frame;
	unsigned long passed;
	struct frame_spec spec;

	rules_spec(c->v6, &spec);
	lro_rig_feed_spec(test, &spec, mode);
	lro_rig_feed_spec(test, &spec, mode);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 0);
	passed = rig->mgr.stats.passed;

	if (c->change)
		c->change(&spec);
	frame_make(&spec, &frame);
	if (c->spoil)
		c->spoil(&frame);
	lro_rig_feed(test, &frame, mode);
	KUNIT_EXPECT_EQ(test, rig->mgr.stats.passed - passed, at_once);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up),
			at_once + (c->end == RULES_OPENS ||
				   c->end == RULES_PASSES));
	lro_rig_flush(test);
	if (c->end == RULES_STRAY)
		kfree_skb(lro_rig_up(test, 1));
	if (c->end == RULES_JOINS) {
		kfree_skb(lro_rig_up(test, 3));
	} else {
		kfree_skb(lro_rig_up(test, 2));
		if (c->end != RULES_STRAY)
			kfree_skb(lro_rig_up(test, 1));
	}
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 0);
	lro_rig_end(test);
}

static void lro_rules(struct kunit *test)
{
	enum lro_mode mode;

	for (mode = 0; mode < LRO_MODES; mode++)
		rules_one(test, test->param_value, mode);
}

static struct tcphdr *rules_th(struct sk_buff *skb, bool v6)
{
	return (struct tcphdr *)(skb->data + (v6 ? 40 : 20));
}

/* The newest ACK, window and timestamp; PSH of any. */
static void lro_rules_newest(struct kunit *test)
{
	struct frame_spec spec;
	struct sk_buff *skb;
	struct tcphdr *th;
	unsigned int v6;

	for (v6 = 0; v6 < 2; v6++) {
		rules_spec(v6, &spec);
		lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
		spec.ack += 1000;
		spec.window = 200;
		spec.flags |= 0x08;
		lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
		spec.flags &= ~0x08;
		spec.ack -= 1;
		spec.window = 300;
		lro_rig_feed_spec(test, &spec, LRO_MODE_PAGE);
		lro_rig_flush(test);
		skb = lro_rig_up(test, 3);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		th = rules_th(skb, v6);
		KUNIT_EXPECT_EQ(test, ntohl(th->seq), 0xfffffe01);
		/* The third was older. */
		KUNIT_EXPECT_EQ(test, ntohl(th->ack_seq), 0xfffffff8 + 1000);
		KUNIT_EXPECT_EQ(test, ntohs(th->window), 200);
		KUNIT_EXPECT_TRUE(test, th->psh);
		kfree_skb(skb);
	}
	lro_rig_end(test);
}

static void lro_rules_timestamp(struct kunit *test)
{
	static struct frame frame;
	struct frame_spec spec;
	struct sk_buff *skb;
	unsigned int i;
	__be32 *opt;

	rules_spec(false, &spec);
	for (i = 0; i < 3; i++) {
		frame_make(&spec, &frame);
		put_unaligned_be32(0xffffffff + i, frame.data + frame.l4 + 24);
		put_unaligned_be32(5000 + i, frame.data + frame.l4 + 28);
		frame_sum(&frame);
		lro_rig_feed(test, &frame, LRO_MODE_HEAD_FRAG);
		frame_after(&spec);
	}
	lro_rig_flush(test);
	skb = lro_rig_up(test, 3);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	opt = (__be32 *)(rules_th(skb, false) + 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(opt + 1), 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(opt + 2), 5002);
	kfree_skb(skb);
	lro_rig_end(test);
}

/* gso_size is the longest payload: what TCP takes the sender's MSS to be. */
static void lro_rules_gso_size(struct kunit *test)
{
	struct frame_spec spec;
	struct sk_buff *skb;

	rules_spec(false, &spec);
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGES);
	spec.len = 700;
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGES);
	spec.len = 5;
	lro_rig_feed_spec(test, &spec, LRO_MODE_PAGES);
	lro_rig_flush(test);
	skb = lro_rig_up(test, 3);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_size, 700);
	kfree_skb(skb);
	lro_rig_end(test);
}

/* Whatever the driver wants to be said of merged packets is true. */
static void lro_rules_summed(struct kunit *test)
{
	static const u8 all[] = { CHECKSUM_NONE, CHECKSUM_UNNECESSARY,
				  CHECKSUM_COMPLETE };
	struct lro_rig *rig = test->priv;
	struct frame_spec spec;
	struct sk_buff *skb;
	unsigned int i, v6;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		for (v6 = 0; v6 < 2; v6++) {
			rig->mgr.ip_summed_aggr = all[i];
			rules_spec(v6, &spec);
			lro_rig_feed_spec(test, &spec, LRO_MODE_LINEAR);
			lro_rig_feed_spec(test, &spec, LRO_MODE_LINEAR);
			lro_rig_flush(test);
			skb = lro_rig_up(test, 2);
			KUNIT_ASSERT_NOT_NULL(test, skb);
			KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, all[i]);
			kfree_skb(skb);
		}
	lro_rig_end(test);
}

static void rules_many(struct kunit *test, unsigned int packets, u16 len,
		       enum lro_mode mode)
{
	struct frame_spec spec;

	rules_spec(false, &spec);
	spec.len = len;
	while (packets--)
		lro_rig_feed_spec(test, &spec, mode);
}

static void lro_rules_max_aggr(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	enum lro_mode mode;

	for (mode = 0; mode < LRO_MODES; mode++) {
		rules_many(test, 2 * LRO_TEST_AGGR + 1, 100, mode);
		KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 2);
		kfree_skb(lro_rig_up(test, LRO_TEST_AGGR));
		kfree_skb(lro_rig_up(test, LRO_TEST_AGGR));
		lro_rig_end(test);
	}
}

/* An IP packet has 65535 octets at most. */
static void lro_rules_size(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	enum lro_mode mode;

	rig->mgr.max_aggr = 1000;
	for (mode = 0; mode < LRO_MODES; mode++) {
		rules_many(test, 50, 1448, mode);
		KUNIT_EXPECT_EQ(test, skb_queue_len(&rig->up), 1);
		kfree_skb(lro_rig_up(test, 45));
		lro_rig_end(test);
	}
}

/* A tag says which VLAN a stream is in, and stays with it. */
static void lro_rules_vlan(struct kunit *test)
{
	struct frame_spec a, b;
	enum lro_mode mode;
	struct sk_buff *skb;
	unsigned int i;

	for (mode = 0; mode < LRO_MODES; mode++) {
		rules_spec(false, &a);
		b = a;
		a.vlan_all = 0x00070081;
		b.vlan_all = 0x00080081;
		for (i = 0; i < 3; i++) {
			lro_rig_feed_spec(test, &a, mode);
			lro_rig_feed_spec(test, &b, mode);
		}
		lro_rig_flush(test);
		for (i = 7; i < 9; i++) {
			skb = lro_rig_up(test, 3);
			KUNIT_ASSERT_NOT_NULL(test, skb);
			KUNIT_EXPECT_EQ(test, skb_vlan_tag_get(skb), i);
			kfree_skb(skb);
		}
	}
	lro_rig_end(test);
}

/* Tags in frames: the stack takes them out of what was merged. */
static void lro_rules_tags(struct kunit *test)
{
	struct frame_spec spec;
	enum lro_mode mode;
	struct sk_buff *skb;

	for (mode = 0; mode < LRO_MODES; mode++) {
		rules_spec(mode & 1, &spec);
		spec.tags = 1;
		lro_rig_feed_spec(test, &spec, mode);
		lro_rig_feed_spec(test, &spec, mode);
		lro_rig_flush(test);
		skb = lro_rig_up(test, 2);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_TRUE(test, skb_vlan_tag_present(skb));
		kfree_skb(skb);
	}
	lro_rig_end(test);
}

/* A device that takes the tag out and leaves its EtherType. */
static void lro_rules_extract(struct kunit *test)
{
	struct lro_rig *rig = test->priv;
	static struct frame frame;
	struct frame_spec spec;
	enum lro_mode mode;
	struct sk_buff *skb;
	unsigned int i;

	rig->mgr.features |= LRO_F_EXTRACT_VLAN_ID;
	for (mode = 0; mode < LRO_MODES; mode++) {
		rules_spec(mode & 1, &spec);
		spec.vlan_all = 0x00070081;
		for (i = 0; i < 2; i++) {
			frame_make(&spec, &frame);
			put_unaligned_be16(ETH_P_8021Q, frame.data + 12);
			lro_rig_feed(test, &frame, mode);
			frame_after(&spec);
		}
		lro_rig_flush(test);
		skb = lro_rig_up(test, 2);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, ntohs(skb->protocol),
				mode & 1 ? ETH_P_IPV6 : ETH_P_IP);
		KUNIT_EXPECT_EQ(test, skb_vlan_tag_get(skb), 7);
		kfree_skb(skb);
	}
	lro_rig_end(test);
}

static struct kunit_case lro_rules_tests[] = {
	KUNIT_CASE_PARAM(lro_rules, rules_gen_params),
	KUNIT_CASE(lro_rules_newest),
	KUNIT_CASE(lro_rules_timestamp),
	KUNIT_CASE(lro_rules_gso_size),
	KUNIT_CASE(lro_rules_summed),
	KUNIT_CASE(lro_rules_max_aggr),
	KUNIT_CASE(lro_rules_size),
	KUNIT_CASE(lro_rules_vlan),
	KUNIT_CASE(lro_rules_tags),
	KUNIT_CASE(lro_rules_extract),
	{ }
};

struct kunit_suite lro_rules_suite = {
	.name = "lro-rules",
	.init = lro_rig_init,
	.exit = lro_rig_exit,
	.test_cases = lro_rules_tests,
};
