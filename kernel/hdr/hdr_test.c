// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing frames into header stacks, and that the two ways of writing headers
 * agree.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/unaligned.h>

#include "../hgso/hgso_test.h"

#define HDR_WRITE_ROUNDS	2000

/**
 * struct hdr_parse_case - a frame and its layers
 * @name: of the case
 * @spec: what the frame looks like
 * @layers: how many it has
 * @type: of each
 * @start: of each, octets
 */
struct hdr_parse_case {
	const char *name;
	struct super_spec spec;
	u8 layers;
	u8 type[HDR_MAX_LAYERS];
	u8 start[HDR_MAX_LAYERS];
};

static const struct hdr_parse_case hdr_parse_cases[] = {
	{ "Ethernet, IPv4, TCP", { }, 3,
	  { HDR_ETH, HDR_IPV4, HDR_TCP }, { 0, 14, 34 } },
	{ "Ethernet, IPv6, TCP", { .v6 = true }, 3,
	  { HDR_ETH, HDR_IPV6, HDR_TCP }, { 0, 14, 54 } },
	{ "802.1Q, IPv4", { .vlan = ETH_P_8021Q }, 4,
	  { HDR_ETH, HDR_VLAN, HDR_IPV4, HDR_TCP }, { 0, 14, 18, 38 } },
	{ "802.1Q, IPv6", { .vlan = ETH_P_8021Q, .v6 = true }, 4,
	  { HDR_ETH, HDR_VLAN, HDR_IPV6, HDR_TCP }, { 0, 14, 18, 58 } },
	{ "802.1ad, IPv4", { .vlan = ETH_P_8021AD }, 4,
	  { HDR_ETH, HDR_VLAN, HDR_IPV4, HDR_TCP }, { 0, 14, 18, 38 } },
	{ "IPv4 options", { .ip_opts = 12 }, 3,
	  { HDR_ETH, HDR_IPV4, HDR_TCP }, { 0, 14, 46 } },
	{ "TCP options", { .tcp_opts = 12 }, 3,
	  { HDR_ETH, HDR_IPV4, HDR_TCP }, { 0, 14, 34 } },
	{ "all that there can be",
	  { .vlan = ETH_P_8021Q, .ip_opts = 40, .tcp_opts = 40 }, 4,
	  { HDR_ETH, HDR_VLAN, HDR_IPV4, HDR_TCP }, { 0, 14, 18, 78 } },
};

KUNIT_ARRAY_PARAM_DESC(hdr_parse, hdr_parse_cases, name);

static void hdr_parse_layers(struct kunit *test)
{
	const struct hdr_parse_case *c = test->param_value;
	struct hdr_stack stack;
	u8 frame[SUPER_HDR_MAX];
	unsigned int len, i;

	len = super_headers(&c->spec, frame);
	KUNIT_ASSERT_LE(test, len, HDR_MAX_LEN);
	/* No octet behind the headers is needed. */
	KUNIT_ASSERT_EQ(test, hdr_parse(&stack, frame, len, NULL), 0);
	KUNIT_EXPECT_EQ(test, stack.len, len);
	KUNIT_ASSERT_EQ(test, stack.layers, c->layers);
	for (i = 0; i < c->layers; i++) {
		KUNIT_EXPECT_EQ(test, stack.type[i], c->type[i]);
		KUNIT_EXPECT_EQ(test, stack.start[i], c->start[i]);
	}
}

/* In memory of its own for each length, so that KASAN sees a read beyond. */
static void hdr_parse_truncated(struct kunit *test)
{
	const struct hdr_parse_case *c = test->param_value;
	struct hdr_stack stack;
	u8 frame[SUPER_HDR_MAX];
	unsigned int len;
	u8 *cut;

	for (len = 0; len < super_headers(&c->spec, frame); len++) {
		cut = kunit_kmalloc(test, len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, cut);
		memcpy(cut, frame, len);
		KUNIT_EXPECT_EQ_MSG(test, hdr_parse(&stack, cut, len, NULL), -EINVAL,
				    "%u octets", len);
		kunit_kfree(test, cut);
	}
}

/**
 * struct hdr_bad_case - a frame that is not parsed
 * @name: of the case
 * @spec: what the frame looked like
 * @at: octet that is changed
 * @to: its new value
 * @err: what parsing returns
 */
struct hdr_bad_case {
	const char *name;
	struct super_spec spec;
	u8 at;
	u8 to;
	int err;
};

#define ETHERTYPE	12
#define IP		14
#define TAGGED_TYPE	16
#define V4_TCP		34
#define V6_TCP		54

static const struct hdr_bad_case hdr_bad_cases[] = {
	{ "IPv4, version 0", { }, IP, 0x05, -EINVAL },
	{ "IPv4, version 6", { }, IP, 0x65, -EINVAL },
	{ "IPv4, version 15", { }, IP, 0xf5, -EINVAL },
	{ "IPv4, ihl 0", { }, IP, 0x40, -EINVAL },
	{ "IPv4, ihl 4", { }, IP, 0x44, -EINVAL },
	{ "IPv4, ihl beyond the frame", { }, IP, 0x4f, -EINVAL },
	{ "IPv6, version 4", { .v6 = true }, IP, 0x4b, -EINVAL },
	{ "IPv6, version 0", { .v6 = true }, IP, 0x0b, -EINVAL },
	{ "doff 0", { }, V4_TCP + 12, 0x00, -EINVAL },
	{ "doff 4", { }, V4_TCP + 12, 0x40, -EINVAL },
	{ "doff 4, IPv6", { .v6 = true }, V6_TCP + 12, 0x40, -EINVAL },
	{ "doff beyond the frame", { }, V4_TCP + 12, 0xf0, -EINVAL },
	{ "doff beyond the frame, IPv6", { .v6 = true }, V6_TCP + 12, 0x60,
	  -EINVAL },
	{ "IPv4, SCTP", { }, IP + 9, IPPROTO_SCTP, -EOPNOTSUPP },
	{ "IPv4, extension header", { }, IP + 9, IPPROTO_HOPOPTS, -EOPNOTSUPP },
	{ "IPv4, GRE of another version", { }, IP + 9, IPPROTO_GRE,
	  -EOPNOTSUPP },
	/* TCP's ports as an extension header's length: more than there may be. */
	{ "IPv6, extension header beyond 255 octets", { .v6 = true }, IP + 6,
	  IPPROTO_HOPOPTS, -EOPNOTSUPP },
	{ "IPv6, fragment", { .v6 = true }, IP + 6, IPPROTO_FRAGMENT,
	  -EOPNOTSUPP },
	{ "IPv6, ESP", { .v6 = true }, IP + 6, IPPROTO_ESP, -EOPNOTSUPP },
	{ "ARP", { }, ETHERTYPE + 1, 0x06, -EOPNOTSUPP },
	{ "802.3 length", { }, ETHERTYPE, 0x00, -EOPNOTSUPP },
	{ "a tag and ARP", { .vlan = ETH_P_8021Q }, TAGGED_TYPE + 1, 0x06,
	  -EOPNOTSUPP },
};

KUNIT_ARRAY_PARAM_DESC(hdr_bad, hdr_bad_cases, name);

static void hdr_parse_bad(struct kunit *test)
{
	const struct hdr_bad_case *c = test->param_value;
	struct hdr_stack stack;
	u8 frame[SUPER_HDR_MAX];
	unsigned int len;

	len = super_headers(&c->spec, frame);
	KUNIT_ASSERT_EQ(test, hdr_parse(&stack, frame, len, NULL), 0);
	frame[c->at] = c->to;
	KUNIT_EXPECT_EQ(test, hdr_parse(&stack, frame, len, NULL), c->err);
}

/* Any octets at all: an answer, and layers within what was given. */
static void hdr_parse_random(struct kunit *test)
{
	struct super_spec spec;
	struct hdr_stack stack;
	struct rnd_state rnd;
	unsigned int i, n, len;
	u8 frame[SUPER_HDR_MAX];
	int err;

	for (i = 0; i < 20000; i++) {
		super_rnd(&rnd, i);
		super_random(&rnd, &spec);
		len = super_headers(&spec, frame);
		for (n = super_below(&rnd, 4); n; n--)
			frame[super_below(&rnd, len)] = prandom_u32_state(&rnd);
		len = super_below(&rnd, len + 1);
		err = hdr_parse(&stack, frame, len, NULL);
		if (!err && stack.len <= len && stack.layers >= 3)
			continue;
		if (err == -EINVAL || err == -EOPNOTSUPP)
			continue;
		KUNIT_FAIL(test, "seed=%llu round %u: %d", hgso_test_seed, i,
			   err);
		return;
	}
}

static void hdr_segment_at(const struct hdr_super *super, unsigned int frames,
			   unsigned int index, struct hdr_segment *seg)
{
	seg->index = index;
	seg->payload = index * super->mss;
	seg->last = index == frames - 1;
	seg->len = seg->last ? super->payload - seg->payload : super->mss;
}

/* Every slot of hdr_write_all() holds what hdr_write() writes for it. */
static const char *hdr_write_round(struct kunit *test,
				   const struct super_spec *spec)
{
	unsigned int i, frames = DIV_ROUND_UP(spec->payload, spec->mss);
	u8 hdrs[SUPER_HDR_MAX], one[SUPER_HDR_MAX];
	struct hdr_super super = {
		.headers = hdrs,
		.payload = spec->payload,
		.mss = spec->mss,
		.pseudo = (__force __sum16)spec->check,
		.fixed_id = spec->gso_type & SKB_GSO_TCP_FIXEDID,
	};
	const char *wrong = NULL;
	struct hdr_segment seg;
	struct hdr_stack stack;
	unsigned int stride;
	u8 *out;

	super_headers(spec, hdrs);
	if (hdr_parse(&stack, hdrs, super_hdr_len(spec), NULL))
		return "not parsed";
	super.stack = &stack;
	super.table = &hdr_table;
	if (stack.len != super_hdr_len(spec))
		return "parsed to another length";
	stride = ALIGN(stack.len, 8);
	out = kunit_kmalloc(test, frames * stride, GFP_KERNEL);
	if (!out)
		return "no memory";

	hdr_write_all(&super, frames, stride, out);
	for (i = 0; i < frames; i++) {
		hdr_segment_at(&super, frames, i, &seg);
		hdr_write(&super, &seg, one);
		if (memcmp(one, out + i * stride, stack.len))
			wrong = "a slot differs from hdr_write()";
	}
	kunit_kfree(test, out);
	return wrong;
}

static void hdr_write_all_slots(struct kunit *test)
{
	struct super_spec spec;
	struct rnd_state rnd;
	const char *wrong;
	unsigned int i;

	for (i = 0; i < HDR_WRITE_ROUNDS; i++) {
		super_rnd(&rnd, i);
		super_random(&rnd, &spec);
		wrong = hdr_write_round(test, &spec);
		if (wrong) {
			KUNIT_FAIL(test, "%s: seed=%llu round %u", wrong,
				   hgso_test_seed, i);
			return;
		}
	}
}

/* The table is well formed: rules in order, each within its layer's header. */
static void hdr_table_shape(struct kunit *test)
{
	static const u8 min_len[HDR_NR_TYPES] = {
		[HDR_ETH] = 14, [HDR_VLAN] = 4, [HDR_IPV4] = 20,
		[HDR_IPV6] = 40, [HDR_IPV6_EXT] = 8, [HDR_TCP] = 20,
		[HDR_UDP] = 8, [HDR_GRE] = 4, [HDR_GRE_CSUM] = 8,
		[HDR_UDP_TUNNEL] = 8, [HDR_UDP_TUNNEL_CSUM] = 8,
		[HDR_TUNNEL] = 1,
	};
	unsigned int type, r;

	KUNIT_EXPECT_EQ(test, hdr_table.first[0], 0);
	KUNIT_EXPECT_LE(test, hdr_table.first[HDR_NR_TYPES], HDR_MAX_RULES);
	for (type = 0; type < HDR_NR_TYPES; type++) {
		KUNIT_EXPECT_LE(test, hdr_table.first[type],
				hdr_table.first[type + 1]);
		for (r = hdr_table.first[type];
		     r < hdr_table.first[type + 1]; r++) {
			KUNIT_EXPECT_NE(test, hdr_table.rule[r].change,
					HDR_CONST);
			KUNIT_EXPECT_LT(test, hdr_table.rule[r].offset,
					min_len[type]);
		}
	}
}

static struct kunit_case hdr_tests[] = {
	KUNIT_CASE_PARAM(hdr_parse_layers, hdr_parse_gen_params),
	KUNIT_CASE_PARAM(hdr_parse_truncated, hdr_parse_gen_params),
	KUNIT_CASE_PARAM(hdr_parse_bad, hdr_bad_gen_params),
	KUNIT_CASE(hdr_parse_random),
	KUNIT_CASE(hdr_write_all_slots),
	KUNIT_CASE(hdr_table_shape),
	{ }
};

struct kunit_suite hdr_suite = {
	.name = "hdr",
	.suite_init = super_seed,
	.test_cases = hdr_tests,
};
