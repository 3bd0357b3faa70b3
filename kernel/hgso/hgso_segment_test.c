// SPDX-License-Identifier: GPL-2.0
/*
 * hgso's frames against those of __skb_gso_segment(), byte for byte: cases by
 * name.
 */
#include <linux/cache.h>
#include <linux/if_ether.h>

#include "hgso_test.h"

#define ACK	0x10
#define FIN	0x01
#define PSH	0x08
#define CWR	0x80

static const struct super_spec hgso_segment_cases[] = {
	{ .name = "TCPv4, three frames, page frags", .flags = ACK | PSH,
	  .mss = 1448, .payload = 4000, .tcp_opts = 12, .nr_frags = 2 },
	{ .name = "TCPv6, three frames, page frags", .flags = ACK | PSH,
	  .v6 = true, .mss = 1428, .payload = 4000, .tcp_opts = 12,
	  .nr_frags = 2 },
	{ .name = "TCPv4, 45 frames", .flags = ACK, .mss = 1448,
	  .payload = 65160, .tcp_opts = 12, .nr_frags = 2 },
	{ .name = "TCPv6, 45 frames", .flags = ACK, .v6 = true, .mss = 1428,
	  .payload = 64260, .tcp_opts = 12, .nr_frags = 2 },
	{ .name = "two frames", .flags = ACK, .mss = 1000, .payload = 2000,
	  .nr_frags = 1 },
	{ .name = "longest IPv4 packet", .flags = ACK, .mss = 1460,
	  .payload = 65495, .nr_frags = 17 },
	{ .name = "longest IPv6 packet", .flags = ACK, .v6 = true,
	  .mss = 1440, .payload = 65515, .nr_frags = 17 },
	{ .name = "most frames that fit the headroom", .flags = ACK, .mss = 1,
	  .payload = 292, .nr_frags = 1 },
	{ .name = "802.1Q tag, TCPv4", .vlan = ETH_P_8021Q, .flags = ACK,
	  .mss = 1400, .payload = 5000, .nr_frags = 3 },
	{ .name = "802.1ad tag, TCPv6", .vlan = ETH_P_8021AD, .v6 = true,
	  .flags = ACK, .mss = 1400, .payload = 5000, .nr_frags = 3 },
	{ .name = "tag, network header at the tag", .vlan = ETH_P_8021Q,
	  .nh_tag = true, .flags = ACK, .mss = 1400, .payload = 5000,
	  .nr_frags = 3 },
	{ .name = "fixed id", .gso_type = SKB_GSO_TCP_FIXEDID, .id = 0xabcd,
	  .flags = ACK, .mss = 100, .payload = 1001, .nr_frags = 1 },
	{ .name = "ids without DF", .no_df = true, .id = 7, .flags = ACK,
	  .mss = 100, .payload = 1001, .nr_frags = 1 },
	{ .name = "CWR on the first only", .gso_type = SKB_GSO_TCP_ECN,
	  .flags = ACK | CWR, .mss = 100, .payload = 350, .nr_frags = 1 },
	{ .name = "CWR without the ECN type", .flags = ACK | CWR, .mss = 100,
	  .payload = 350, .nr_frags = 1 },
	{ .name = "FIN on the last only", .flags = ACK | FIN, .mss = 100,
	  .payload = 350, .nr_frags = 1 },
	{ .name = "PSH on the last only", .flags = ACK | PSH, .mss = 100,
	  .payload = 350, .nr_frags = 1 },
	{ .name = "all flags, two frames", .flags = 0xff, .mss = 100,
	  .payload = 101, .nr_frags = 1 },
	{ .name = "all flags, many frames, IPv6", .flags = 0xff, .v6 = true,
	  .mss = 100, .payload = 901, .nr_frags = 1 },
	{ .name = "linear only", .flags = ACK, .mss = 1448, .payload = 20000,
	  .linear = 20000, .headroom = 2048 },
	{ .name = "linear only, no headroom at all", .flags = ACK, .mss = 1448,
	  .payload = 20000, .linear = 20000 },
	{ .name = "linear ends within a segment", .flags = ACK, .mss = 1000,
	  .payload = 5000, .linear = 1500, .nr_frags = 2 },
	{ .name = "linear ends where a segment does", .flags = ACK,
	  .mss = 1000, .payload = 5000, .linear = 2000, .nr_frags = 2 },
	{ .name = "headroom enough already", .flags = ACK, .headroom = 8000,
	  .mss = 1000, .payload = 5000, .nr_frags = 2 },
	{ .name = "headroom odd", .flags = ACK, .headroom = 4097,
	  .mss = 1000, .payload = 5000, .linear = 77, .nr_frags = 2 },
	{ .name = "TCP options in a page frag", .flags = ACK, .mss = 1000,
	  .tcp_opts = 12, .hdr_frags = 12, .payload = 5000, .nr_frags = 2 },
	{ .name = "TCP header in a page frag", .flags = ACK, .mss = 1000,
	  .hdr_frags = 20, .payload = 5000, .nr_frags = 2 },
	{ .name = "IPv6 header in a page frag", .flags = ACK, .v6 = true,
	  .mss = 1000, .hdr_frags = 60, .payload = 5000, .nr_frags = 2 },
	{ .name = "all headers in a page frag", .flags = ACK, .mss = 1000,
	  .hdr_frags = 54, .payload = 5000, .nr_frags = 2 },
	{ .name = "payload an exact multiple", .flags = ACK, .mss = 1000,
	  .payload = 8000, .nr_frags = 3 },
	{ .name = "last frame of one octet", .flags = ACK, .mss = 1000,
	  .payload = 8001, .nr_frags = 3 },
	{ .name = "last frame one octet short", .flags = ACK, .mss = 1000,
	  .payload = 7999, .nr_frags = 3 },
	{ .name = "gso_size 1", .flags = ACK, .mss = 1, .payload = 40,
	  .nr_frags = 17 },
	{ .name = "frags of one octet, frames of three", .flags = ACK,
	  .mss = 3, .payload = 17, .nr_frags = 17 },
	{ .name = "empty frags, first, middle and last", .flags = ACK,
	  .mss = 100, .payload = 300, .nr_frags = 5, .cut = true,
	  .frag = { { 0, 5 }, { 150, 1 }, { 0, 0 }, { 150, 9 }, { 0, 1 } } },
	{ .name = "empty frag where a segment ends", .flags = ACK, .mss = 100,
	  .payload = 300, .nr_frags = 3, .cut = true,
	  .frag = { { 100, 5 }, { 0, 1 }, { 200, 9 } } },
	{ .name = "frags across pages", .flags = ACK, .mss = 1448,
	  .payload = 30000, .nr_frags = 2, .cut = true,
	  .frag = { { 10000, 4095 }, { 20000, 8191 } } },
	{ .name = "id wraps", .id = 0xfffe, .flags = ACK, .mss = 100,
	  .payload = 500, .nr_frags = 1 },
	{ .name = "id wraps at the second frame", .id = 0xffff, .flags = ACK,
	  .mss = 100, .payload = 500, .nr_frags = 1 },
	{ .name = "sequence number wraps", .seq = 0xffffff9c, .flags = ACK,
	  .mss = 100, .payload = 500, .nr_frags = 1 },
	{ .name = "sequence number wraps within a frame", .seq = 0xffffffcd,
	  .flags = ACK, .mss = 100, .payload = 500, .nr_frags = 1 },
	{ .name = "partial sum 0x0000", .check_kind = SUPER_FORCED,
	  .flags = ACK, .mss = 100, .payload = 250, .nr_frags = 1 },
	{ .name = "partial sum 0xffff", .check_kind = SUPER_FORCED,
	  .check = 0xffff, .flags = ACK, .mss = 100, .payload = 250,
	  .nr_frags = 1 },
	{ .name = "partial sum 0x0000, IPv6", .check_kind = SUPER_FORCED,
	  .v6 = true, .flags = ACK, .mss = 100, .payload = 250,
	  .nr_frags = 1 },
	{ .name = "partial sum 0xffff, IPv6", .check_kind = SUPER_FORCED,
	  .v6 = true, .check = 0xffff, .flags = ACK, .mss = 100,
	  .payload = 250, .nr_frags = 1 },
	/* 250 - 100 and 250 - 50: what a segment's sum is less than the whole. */
	{ .name = "a segment's partial sum comes out as zero",
	  .check_kind = SUPER_FORCED, .check = 150, .flags = ACK, .mss = 100,
	  .payload = 250, .nr_frags = 1 },
	{ .name = "the last one's partial sum comes out as zero",
	  .check_kind = SUPER_FORCED, .check = 200, .flags = ACK, .mss = 100,
	  .payload = 250, .nr_frags = 1 },
	{ .name = "no partial sum, IPv4", .check_kind = SUPER_NONE,
	  .check = 0x1234, .flags = ACK, .mss = 100, .payload = 250,
	  .nr_frags = 1 },
	{ .name = "no partial sum, IPv6", .check_kind = SUPER_NONE,
	  .v6 = true, .check = 0x1234, .flags = ACK, .mss = 100,
	  .payload = 250, .nr_frags = 1 },
	{ .name = "IP options", .ip_opts = 16, .flags = ACK, .mss = 500,
	  .payload = 3000, .nr_frags = 1 },
	{ .name = "longest headers, with a tag", .vlan = ETH_P_8021Q,
	  .ip_opts = 40, .tcp_opts = 40, .flags = ACK, .mss = 500,
	  .payload = 3000, .nr_frags = 1 },
	{ .name = "from a guest", .gso_type = SKB_GSO_DODGY, .flags = ACK,
	  .mss = 500, .payload = 3000, .nr_frags = 1 },
	{ .name = "gso_size near the longest packet", .flags = ACK,
	  .mss = 65494, .payload = 65495, .nr_frags = 2 },
};

KUNIT_ARRAY_PARAM_DESC(hgso_segment, hgso_segment_cases, name);

static void hgso_same(struct kunit *test, const struct super_spec *spec)
{
	struct super_rig *rig = test->priv;
	struct sk_buff *skb = super_skb(rig, spec);
	const char *wrong;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	wrong = super_differs(rig, skb, super_depth(spec), &err);
	KUNIT_EXPECT_EQ(test, err, 0);
	if (wrong) {
		KUNIT_FAIL(test, "%s", wrong);
		super_dump(test, spec);
	}
	kfree_skb(skb);
}

static void hgso_segment_named(struct kunit *test)
{
	hgso_same(test, test->param_value);
}

/* Every length of headers that there is, in one go. */
static void hgso_segment_options(struct kunit *test)
{
	struct super_spec spec = {
		.name = "options", .flags = ACK | PSH | CWR,
		.mss = 700, .payload = 2900, .nr_frags = 2,
	};
	unsigned int i, ip, tcp;

	for (i = 0; i < 4; i++) {
		spec.v6 = i & 1;
		spec.vlan = i & 2 ? ETH_P_8021Q : 0;
		for (ip = 0; ip <= (spec.v6 ? 0 : 40); ip += 4) {
			for (tcp = 0; tcp <= 40; tcp += 4) {
				spec.ip_opts = ip;
				spec.tcp_opts = tcp;
				hgso_same(test, &spec);
			}
		}
	}
}

/* Every number of frames around the cases that are written apart. */
static void hgso_segment_counts(struct kunit *test)
{
	struct super_spec spec = {
		.name = "counts", .flags = ACK | PSH | CWR | FIN,
		.mss = 64, .id = 0xfff0, .nr_frags = 3,
	};

	for (spec.payload = 65; spec.payload < 12 * 64; spec.payload++) {
		spec.v6 = spec.payload & 1;
		hgso_same(test, &spec);
	}
}

/* Headers that end anywhere between the head and the page frags. */
static void hgso_segment_split(struct kunit *test)
{
	struct super_spec spec = {
		.name = "split", .flags = ACK, .vlan = ETH_P_8021Q,
		.tcp_opts = 12, .mss = 300, .payload = 1000, .nr_frags = 2,
	};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		spec.v6 = i;
		for (spec.hdr_frags = 1; spec.hdr_frags <= super_hdr_len(&spec);
		     spec.hdr_frags++)
			hgso_same(test, &spec);
	}
}

/*
 * Heads that start anywhere in a cache line, with every headroom around what
 * is just enough: state, cookies and headers must not run into each other.
 */
static void hgso_segment_head(struct kunit *test)
{
	struct super_spec spec = {
		.name = "head", .flags = ACK, .mss = 500, .payload = 2300,
		.nr_frags = 5,
	};

	for (spec.head_shift = 8; spec.head_shift < SMP_CACHE_BYTES;
	     spec.head_shift += 8)
		for (spec.headroom = 256; spec.headroom < 768;
		     spec.headroom += 2)
			hgso_same(test, &spec);
}

static struct kunit_case hgso_segment_tests[] = {
	KUNIT_CASE_PARAM(hgso_segment_named, hgso_segment_gen_params),
	KUNIT_CASE(hgso_segment_options),
	KUNIT_CASE(hgso_segment_counts),
	KUNIT_CASE(hgso_segment_split),
	KUNIT_CASE(hgso_segment_head),
	{ }
};

struct kunit_suite hgso_segment_suite = {
	.name = "hgso-segment",
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_segment_tests,
};
