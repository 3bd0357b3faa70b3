// SPDX-License-Identifier: GPL-2.0
/*
 * The comparison can fail: every field of a right segment is broken, one at a
 * time, and it notices.
 */
#include <linux/bottom_half.h>

#include "unpack_test.h"

/**
 * struct unpack_break - a way to break a segment
 * @name: of the field
 * @do_it: breaks it
 */
struct unpack_break {
	const char *name;
	void (*do_it)(struct sk_buff *skb);
};

#define UNPACK_BREAK(_name, _statement)					\
	static void unpack_break_##_name(struct sk_buff *skb)		\
	{								\
		_statement;						\
	}

UNPACK_BREAK(len, skb->len ^= 1)
UNPACK_BREAK(mac_len, skb->mac_len ^= 1)
UNPACK_BREAK(tstamp, skb->tstamp ^= 1)
UNPACK_BREAK(tstamp_type, skb->tstamp_type ^= 1)
UNPACK_BREAK(queue_mapping, skb->queue_mapping ^= 1)
UNPACK_BREAK(_skb_refdst, skb->_skb_refdst ^= 1)
UNPACK_BREAK(active_extensions, skb->active_extensions ^= 1)
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
UNPACK_BREAK(_nfct, skb->_nfct ^= 1)
#endif
UNPACK_BREAK(priority, skb->priority ^= 1)
UNPACK_BREAK(mark, skb->mark ^= 1)
UNPACK_BREAK(hash, skb->hash ^= 1)
UNPACK_BREAK(l4_hash, skb->l4_hash ^= 1)
UNPACK_BREAK(ooo_okay, skb->ooo_okay ^= 1)
UNPACK_BREAK(protocol, skb->protocol ^= htons(1))
UNPACK_BREAK(vlan_tci, skb->vlan_tci ^= 1)
UNPACK_BREAK(csum_start, skb->csum_start ^= 1)
UNPACK_BREAK(csum_offset, skb->csum_offset ^= 1)
UNPACK_BREAK(ip_summed, skb->ip_summed ^= 1)
UNPACK_BREAK(network_header, skb->network_header ^= 1)
UNPACK_BREAK(transport_header, skb->transport_header ^= 1)
UNPACK_BREAK(mac_header, skb->mac_header ^= 1)
UNPACK_BREAK(encapsulation, skb->encapsulation ^= 1)
UNPACK_BREAK(inner_protocol, skb->inner_protocol ^= htons(1))
UNPACK_BREAK(inner_mac_header, skb->inner_mac_header ^= 1)
UNPACK_BREAK(inner_network_header, skb->inner_network_header ^= 1)
UNPACK_BREAK(inner_transport_header, skb->inner_transport_header ^= 1)
UNPACK_BREAK(pkt_type, skb->pkt_type ^= 1)
UNPACK_BREAK(skb_iif, skb->skb_iif ^= 1)
UNPACK_BREAK(pp_recycle, skb->pp_recycle ^= 1)
UNPACK_BREAK(cloned, skb->cloned ^= 1)
UNPACK_BREAK(dev, skb->dev = NULL)
UNPACK_BREAK(sk, skb->sk = (void *)((unsigned long)skb->sk ^ 1))
UNPACK_BREAK(destructor, skb->destructor = skb->destructor ? NULL : kfree_skb)
UNPACK_BREAK(cb, skb->cb[31] ^= 1)
UNPACK_BREAK(octet, *(u8 *)skb->data ^= 1)
UNPACK_BREAK(tx_flags, skb_shinfo(skb)->tx_flags ^= SKBTX_SW_TSTAMP)
UNPACK_BREAK(tskey, skb_shinfo(skb)->tskey ^= 1)
UNPACK_BREAK(gso_size, skb_shinfo(skb)->gso_size ^= 1)
UNPACK_BREAK(zerocopy, skb_shinfo(skb)->flags ^= SKBFL_ZEROCOPY_ENABLE)

#define UNPACK_ENTRY(_name)	{ #_name, unpack_break_##_name }

static const struct unpack_break unpack_breaks[] = {
	UNPACK_ENTRY(len), UNPACK_ENTRY(mac_len), UNPACK_ENTRY(tstamp),
	UNPACK_ENTRY(tstamp_type), UNPACK_ENTRY(queue_mapping),
	UNPACK_ENTRY(_skb_refdst), UNPACK_ENTRY(active_extensions),
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	UNPACK_ENTRY(_nfct),
#endif
	UNPACK_ENTRY(priority), UNPACK_ENTRY(mark), UNPACK_ENTRY(hash),
	UNPACK_ENTRY(l4_hash), UNPACK_ENTRY(ooo_okay), UNPACK_ENTRY(protocol),
	UNPACK_ENTRY(vlan_tci), UNPACK_ENTRY(csum_start),
	UNPACK_ENTRY(csum_offset), UNPACK_ENTRY(ip_summed),
	UNPACK_ENTRY(network_header), UNPACK_ENTRY(transport_header),
	UNPACK_ENTRY(mac_header), UNPACK_ENTRY(encapsulation),
	UNPACK_ENTRY(inner_protocol), UNPACK_ENTRY(inner_mac_header),
	UNPACK_ENTRY(inner_network_header),
	UNPACK_ENTRY(inner_transport_header), UNPACK_ENTRY(pkt_type),
	UNPACK_ENTRY(skb_iif), UNPACK_ENTRY(pp_recycle),
	UNPACK_ENTRY(cloned), UNPACK_ENTRY(dev), UNPACK_ENTRY(sk),
	UNPACK_ENTRY(destructor), UNPACK_ENTRY(cb), UNPACK_ENTRY(octet),
	UNPACK_ENTRY(tx_flags), UNPACK_ENTRY(tskey), UNPACK_ENTRY(gso_size),
	UNPACK_ENTRY(zerocopy),
};

KUNIT_ARRAY_PARAM_DESC(unpack_break, unpack_breaks, name);

/* A packet in a tunnel: of that, no field is without meaning. */
static const struct kinds_kind unpack_notice_kind = {
	.name = "notice", .taken = true, .inner = KINDS_V4, .outer = KINDS_V4,
	.tunnel = KINDS_UDP_TUNNEL, .l4 = IPPROTO_TCP,
};

static void unpack_notices(struct kunit *test)
{
	const struct unpack_break *way = test->param_value;
	struct sk_buff *skb, *ref, *segs = NULL, *want, kept;
	struct unpack_rig *rig = test->priv;
	struct skb_shared_info shared;
	struct unpack_round round;
	unsigned int nr = 0;

	do {
		unpack_random(&unpack_notice_kind, nr++, &round);
	} while (round.changes || !(round.enc & NETIF_F_HW_CSUM) ||
		 !(round.features & NETIF_F_HW_CSUM) ||
		 round.features & NETIF_F_TSO || !round.spec.frag[0].len);
	skb = unpack_make(rig, &round);
	ref = unpack_make(rig, &round);
	KUNIT_ASSERT_TRUE(test, skb && ref);
	unpack_device(rig, &round);
	KUNIT_EXPECT_EQ(test, hgso_unpack(skb, round.features, &segs), HGSO_OK);
	want = unpack_stock(ref, round.features);
	unpack_no_device(rig);
	if (segs && !IS_ERR_OR_NULL(want)) {
		KUNIT_EXPECT_STREQ(test, unpack_compare(segs, want) ?: "", "");
		kept = *segs;
		shared = *skb_shinfo(segs);
		way->do_it(segs);
		KUNIT_EXPECT_NOT_NULL(test, unpack_compare(segs, want));
		*segs = kept;
		*skb_shinfo(segs) = shared;
		kfree_skb_list(want);
	}
	kfree_skb_list(segs);
	kfree_skb(ref);
	kfree_skb(skb);
}

/* A segment more, a segment less, a socket's memory that nobody accounts for. */
static void unpack_notices_lists(struct kunit *test)
{
	struct unpack_rig *rig = test->priv;
	struct sk_buff *skb, *segs = NULL, *want, *rest;
	struct unpack_round round;
	unsigned int nr = 0;
	int base;

	do {
		unpack_random(&unpack_notice_kind, nr++, &round);
	} while (round.changes || !(round.enc & NETIF_F_HW_CSUM) ||
		 round.dress.sender != UNPACK_TCP ||
		 !(round.features & NETIF_F_HW_CSUM) ||
		 round.features & NETIF_F_TSO);
	base = unpack_memory(rig);
	skb = unpack_make(rig, &round);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	unpack_device(rig, &round);
	KUNIT_ASSERT_EQ(test, hgso_unpack(skb, round.features, &segs), HGSO_OK);
	unpack_no_device(rig);
	KUNIT_EXPECT_STREQ(test, unpack_owned(rig, skb, segs, base) ?: "", "");
	KUNIT_EXPECT_NOT_NULL(test, unpack_owned(rig, skb, segs, base + 1));

	KUNIT_EXPECT_STREQ(test, unpack_charged(segs) ?: "", "");
	segs->truesize++;
	KUNIT_EXPECT_NOT_NULL(test, unpack_charged(segs));
	segs->truesize--;

	want = segs;
	KUNIT_EXPECT_STREQ(test, unpack_compare(segs, want) ?: "", "");
	rest = segs->next;
	rest->prev = segs->prev;
	KUNIT_EXPECT_NOT_NULL(test, unpack_compare(rest, want));
	KUNIT_EXPECT_NOT_NULL(test, unpack_compare(want, rest));
	segs->prev = NULL;
	KUNIT_EXPECT_NOT_NULL(test, unpack_compare(segs, want));
	kfree_skb_list(segs);
	kfree_skb(skb);
}

static struct kunit_case unpack_notice_tests[] = {
	KUNIT_CASE_PARAM(unpack_notices, unpack_break_gen_params),
	KUNIT_CASE(unpack_notices_lists),
	{ }
};

struct kunit_suite hgso_unpack_notice_suite = {
	.name = "hgso-unpack-notice",
	.suite_init = super_seed,
	.init = unpack_rig_init,
	.exit = unpack_rig_exit,
	.test_cases = unpack_notice_tests,
};
