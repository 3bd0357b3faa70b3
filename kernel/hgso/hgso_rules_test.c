// SPDX-License-Identifier: GPL-2.0
/*
 * A broken header rule is caught: headers written by the table are the
 * kernel's, and with any one rule of it broken they are not.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "hgso_impl.h"
#include "hgso_kinds.h"

/* Each makes every rule count: see hgso_rules_differ(). */
static const struct super_spec hgso_rules_specs[] = {
	{ .name = "TCPv4", .flags = 0xff, .id = 0x12fe, .seq = 0x10203040,
	  .tcp_opts = 12, .mss = 0x2f1, .payload = 5 * 0x2f1 + 7,
	  .nr_frags = 2 },
	{ .name = "TCPv4, two frames", .flags = 0xff, .id = 0x12fe,
	  .seq = 0x10203040, .mss = 0x2f1, .payload = 0x2f1 + 7,
	  .nr_frags = 1 },
	{ .name = "TCPv4, tag, options", .flags = 0xff, .vlan = ETH_P_8021Q,
	  .ip_opts = 8, .id = 0x12fe, .seq = 0x10203040, .mss = 0x2f1,
	  .payload = 5 * 0x2f1 + 7, .nr_frags = 2 },
	{ .name = "TCPv6", .flags = 0xff, .v6 = true, .seq = 0x10203040,
	  .tcp_opts = 12, .mss = 0x2f1, .payload = 5 * 0x2f1 + 7,
	  .nr_frags = 2 },
	{ .name = "TCPv6, tag", .flags = 0xff, .v6 = true,
	  .vlan = ETH_P_8021AD, .seq = 0x10203040, .mss = 0x2f1,
	  .payload = 5 * 0x2f1 + 7, .nr_frags = 2 },
};

enum hgso_break {
	HGSO_BREAK_CONST,
	HGSO_BREAK_OFFSET,
	HGSO_BREAK_ARG,
	HGSO_NR_BREAKS
};

/**
 * struct hgso_rules_case - one rule, broken in one way
 * @rule: index in the table
 * @how: &enum hgso_break
 */
struct hgso_rules_case {
	unsigned int rule;
	enum hgso_break how;
};

static const char *hgso_rule_layer(unsigned int rule)
{
	static const char * const names[HDR_NR_TYPES] = {
		[HDR_ETH] = "eth", [HDR_VLAN] = "vlan", [HDR_IPV4] = "ipv4",
		[HDR_IPV6] = "ipv6", [HDR_IPV6_EXT] = "extension",
		[HDR_TCP] = "tcp", [HDR_UDP] = "udp", [HDR_GRE] = "gre",
		[HDR_GRE_CSUM] = "gre with sum",
		[HDR_UDP_TUNNEL] = "udp tunnel",
		[HDR_UDP_TUNNEL_CSUM] = "udp tunnel with sum",
		[HDR_TUNNEL] = "tunnel",
	};
	unsigned int i = HDR_NR_TYPES - 1;

	while (i && rule < hdr_table.first[i])
		i--;
	return names[i];
}

static const char *hgso_rule_change(unsigned int rule)
{
	static const char * const names[] = {
		[HDR_CONST] = "const", [HDR_LENGTH] = "length",
		[HDR_ID] = "id", [HDR_SEQUENCE] = "sequence",
		[HDR_FIRST] = "first", [HDR_LAST] = "last",
		[HDR_CHECKSUM] = "checksum", [HDR_PSEUDO] = "pseudo sum",
		[HDR_UDP_PSEUDO] = "pseudo sum", [HDR_GRE_SUM] = "sum",
		[HDR_UDP_SUM] = "sum",
	};
	u8 change = hdr_table.rule[rule].change;

	return change < ARRAY_SIZE(names) ? names[change] : "?";
}

/* Rules without an argument cannot have a wrong one. */
static bool hgso_break_fits(const struct hgso_rules_case *c)
{
	switch (hdr_table.rule[c->rule].change) {
	case HDR_LENGTH:
	case HDR_FIRST:
	case HDR_LAST:
		return true;
	default:
		return c->how != HGSO_BREAK_ARG;
	}
}

static void hgso_break(struct hdr_table *table, const struct hgso_rules_case *c)
{
	struct hdr_rule *rule = &table->rule[c->rule];

	switch (c->how) {
	case HGSO_BREAK_CONST:
		rule->change = HDR_CONST;
		break;
	case HGSO_BREAK_OFFSET:
		rule->offset ^= 2;
		break;
	case HGSO_BREAK_ARG:
		rule->arg ^= rule->arg ? 1U << __ffs(rule->arg) : 4;
		break;
	default:
		break;
	}
}

static const void *hgso_rules_gen_params(const void *prev, char *desc)
{
	static const char * const hows[] = {
		"made constant", "moved", "with another argument",
	};
	/* One at a time: KUnit is done with the last when it asks again. */
	static struct hgso_rules_case c;

	if (!prev) {
		c.rule = 0;
		c.how = HGSO_BREAK_CONST;
	} else {
		do {
			if (++c.how == HGSO_NR_BREAKS) {
				c.how = HGSO_BREAK_CONST;
				c.rule++;
			}
			if (c.rule == hdr_table.first[HDR_NR_TYPES])
				return NULL;
		} while (!hgso_break_fits(&c));
	}
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s at %u %s",
		 hgso_rule_layer(c.rule), hgso_rule_change(c.rule),
		 hdr_table.rule[c.rule].offset, hows[c.how]);
	return &c;
}

/* Do headers that @table writes differ from the kernel's anywhere? Takes both. */
static bool hgso_rules_differ(struct kunit *test, const struct hdr_table *table,
			      struct sk_buff *skb, struct sk_buff *ref)
{
	static const struct hgso_limits none = {
		.max_descs = U32_MAX, .max_hdrs = U32_MAX,
	};
	struct sk_buff *segs, *seg;
	struct hdr_super super;
	struct hgso_plan plan;
	unsigned int stride, i;
	bool differ = false;
	u8 *out;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, ref);
	KUNIT_ASSERT_EQ(test, hgso_check(skb, &none, 0, &plan), HGSO_OK);
	KUNIT_ASSERT_TRUE(test, pskb_may_pull(skb, plan.payload_off));
	hgso_super(skb, skb->data, &plan, &super);
	super.table = table;
	stride = ALIGN(plan.stack.len, 8);
	out = kunit_kzalloc(test, plan.frames * stride, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, out);
	hdr_write_all(&super, plan.frames, stride, out);
	consume_skb(skb);

	segs = super_segments(ref);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
	for (seg = segs, i = 0; seg; seg = seg->next, i++)
		if (i < plan.frames &&
		    memcmp(out + i * stride, seg->data, plan.stack.len))
			differ = true;
	kfree_skb_list(segs);
	KUNIT_EXPECT_EQ(test, i, plan.frames);
	kunit_kfree(test, out);
	return differ;
}

/* Kinds whose rules TCP without a tunnel does not show. */
static bool hgso_rules_wants(const struct kinds_kind *kind)
{
	return kind->taken && !kind->big && !kind->partial &&
	       kind->shape == KINDS_FRAGS &&
	       (kind->tunnel || kind->l4 == IPPROTO_UDP);
}

static bool hgso_rules_any(struct kunit *test, const struct hdr_table *table)
{
	struct kinds_rig *rig = test->priv;
	struct kinds_spec kind;
	bool differ = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hgso_rules_specs); i++)
		differ |= hgso_rules_differ(test, table,
					    super_skb(rig->super,
						      &hgso_rules_specs[i]),
					    super_skb(rig->super,
						      &hgso_rules_specs[i]));
	for (i = 0; i < kinds_count; i++) {
		if (!hgso_rules_wants(&kinds_all[i]))
			continue;
		kinds_random(&kinds_all[i], hgso_test_first, &kind);
		differ |= hgso_rules_differ(test, table, kinds_skb(rig, &kind),
					    kinds_skb(rig, &kind));
	}
	return differ;
}

static void hgso_rules_whole(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, hgso_rules_any(test, &hdr_table));
}

static void hgso_rules_broken(struct kunit *test)
{
	struct hdr_table table = hdr_table;

	hgso_break(&table, test->param_value);
	KUNIT_EXPECT_TRUE_MSG(test, hgso_rules_any(test, &table),
			      "nothing shows that this rule is broken");
}

/* Which rules there are: one that is dropped from the table is missed here. */
static void hgso_rules_gone(struct kunit *test)
{
	struct hdr_table table;
	unsigned int rule, last = hdr_table.first[HDR_NR_TYPES] - 1;
	unsigned int type;

	for (rule = 0; rule <= last; rule++) {
		table = hdr_table;
		memmove(&table.rule[rule], &table.rule[rule + 1],
			(last - rule) * sizeof(table.rule[0]));
		for (type = 0; type <= HDR_NR_TYPES; type++)
			if (table.first[type] > rule)
				table.first[type]--;
		KUNIT_EXPECT_TRUE_MSG(test, hgso_rules_any(test, &table),
				      "%s %s can go unnoticed",
				      hgso_rule_layer(rule),
				      hgso_rule_change(rule));
	}
}

static struct kunit_case hgso_rules_tests[] = {
	KUNIT_CASE(hgso_rules_whole),
	KUNIT_CASE_PARAM(hgso_rules_broken, hgso_rules_gen_params),
	KUNIT_CASE(hgso_rules_gone),
	{ }
};

struct kunit_suite hgso_rules_suite = {
	.name = "hgso-rules",
	.suite_init = super_seed,
	.init = kinds_init,
	.exit = kinds_exit,
	.test_cases = hgso_rules_tests,
};
