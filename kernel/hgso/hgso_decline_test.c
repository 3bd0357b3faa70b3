// SPDX-License-Identifier: GPL-2.0
/*
 * What hgso declines: for every reason its errno and its counter; the skb is
 * not touched, and the predicate says the same beforehand.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>

#include "hgso_test.h"

#define ACK	0x10
/* All that a device may have, so that a bit too many stripped shows. */
#define HGSO_ALL_FEATURES	(NETIF_F_GSO_MASK | NETIF_F_SG | \
				 NETIF_F_HW_CSUM | NETIF_F_HIGHDMA | \
				 NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_NTUPLE)

/**
 * struct hgso_decline - a super-packet that is not taken
 * @name: of the case
 * @reason: why
 * @err: what prepare returns
 * @max_descs: of the queue, when not 0
 * @unpredicted: hgso_features_check() leaves this one to prepare
 * @spec: beside the usual
 * @spoil: changes the skb further
 */
struct hgso_decline {
	const char *name;
	enum hgso_reason reason;
	int err;
	u32 max_descs;
	bool unpredicted;
	struct super_spec spec;
	void (*spoil)(struct sk_buff *skb);
};

static struct iphdr *ip4(struct sk_buff *skb)
{
	return (struct iphdr *)(skb->data + ETH_HLEN);
}

static struct ipv6hdr *ip6(struct sk_buff *skb)
{
	return (struct ipv6hdr *)(skb->data + ETH_HLEN);
}

static struct tcphdr *tcp(struct sk_buff *skb)
{
	return (struct tcphdr *)skb_transport_header(skb);
}

static void ethertype(struct sk_buff *skb, u16 proto)
{
	put_unaligned_be16(proto, skb->data + ETH_HLEN - 2);
	skb->protocol = htons(proto);
}

static void only_udp(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
}

static void no_type(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_DODGY;
}

static void encapsulated(struct sk_buff *skb)
{
	skb->encapsulation = 1;
}

static void ip_sctp(struct sk_buff *skb)
{
	ip4(skb)->protocol = IPPROTO_SCTP;
}

static void ip_udp_csum(struct sk_buff *skb)
{
	ip4(skb)->protocol = IPPROTO_UDP;
	skb->csum_offset = offsetof(struct udphdr, check);
}

static void big_udp(struct sk_buff *skb)
{
	ip_udp_csum(skb);
	ip4(skb)->tot_len = 0;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
}

static void by_frags(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = GSO_BY_FRAGS;
}

static void arp(struct sk_buff *skb)
{
	ethertype(skb, ETH_P_ARP);
}

static void mpls(struct sk_buff *skb)
{
	ethertype(skb, ETH_P_MPLS_UC);
}

static void three_tags(struct sk_buff *skb)
{
	put_unaligned_be16(ETH_P_8021Q, skb->data + ETH_HLEN + 2);
	put_unaligned_be16(ETH_P_8021Q, skb->data + ETH_HLEN + VLAN_HLEN + 2);
}

static void other_protocol(struct sk_buff *skb)
{
	skb->protocol = htons(ETH_P_IPV6);
}

static struct sk_buff *member(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	if (skb)
		skb_put_zero(skb, 100);
	return skb;
}

static void frag_list_twice(struct sk_buff *skb)
{
	struct sk_buff *more = member();

	if (!more)
		return;
	skb_shinfo(more)->frag_list = member();
	more->len += 100;
	more->data_len += 100;
	skb_shinfo(skb)->frag_list = more;
	skb->len += more->len;
	skb->data_len += more->len;
	ip4(skb)->tot_len = htons(skb->len - ETH_HLEN);
}

static void unreadable(struct sk_buff *skb)
{
	skb->unreadable = 1;
}

static void big_ip4(struct sk_buff *skb)
{
	ip4(skb)->tot_len = 0;
}

static void big_ip6(struct sk_buff *skb)
{
	ip6(skb)->payload_len = 0;
}

static void shared(struct sk_buff *skb)
{
	skb_get(skb);
}

static void gso_size_0(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = 0;
}

static void doff_4(struct sk_buff *skb)
{
	tcp(skb)->doff = 4;
}

static void doff_0(struct sk_buff *skb)
{
	tcp(skb)->doff = 0;
}

static void ihl_4(struct sk_buff *skb)
{
	ip4(skb)->ihl = 4;
}

static void ihl_15(struct sk_buff *skb)
{
	ip4(skb)->ihl = 15;
}

static void version_6(struct sk_buff *skb)
{
	ip4(skb)->version = 6;
}

static void version_4(struct sk_buff *skb)
{
	ip6(skb)->version = 4;
}

static void type_v6(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV6;
}

static void type_v4(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
}

static void csum_start_before(struct sk_buff *skb)
{
	skb->csum_start -= 2;
}

static void csum_start_beyond(struct sk_buff *skb)
{
	skb->csum_start += 4;
}

static void csum_offset_urgent(struct sk_buff *skb)
{
	skb->csum_offset = offsetof(struct tcphdr, urg_ptr);
}

static void tot_len_more(struct sk_buff *skb)
{
	be16_add_cpu(&ip4(skb)->tot_len, 1);
}

static void tot_len_less(struct sk_buff *skb)
{
	be16_add_cpu(&ip4(skb)->tot_len, -1);
}

static void payload_len_more(struct sk_buff *skb)
{
	be16_add_cpu(&ip6(skb)->payload_len, 1);
}

static void payload_len_less(struct sk_buff *skb)
{
	be16_add_cpu(&ip6(skb)->payload_len, -1);
}

/* 54 octets of headers each, in the headroom. */
#define HGSO_MOST_FRAMES	(16 * 1024 / 56)
#define NOT_DONE(why)	.reason = why, .err = -EOPNOTSUPP
#define MALFORMED(why)	.reason = why, .err = -EINVAL
#define SPEC(m, p, f)	.flags = ACK, .mss = m, .payload = p, .nr_frags = f
#define V4		SPEC(1000, 4500, 2)
#define V6		V4, .v6 = true

static const struct hgso_decline hgso_declines[] = {
	{ "UDP beside TCP", NOT_DONE(HGSO_GSO_TYPE),
	  .spec = { V4, .gso_type = SKB_GSO_UDP_L4 } },
	{ "a GRE tunnel", NOT_DONE(HGSO_GSO_TYPE),
	  .spec = { V4, .gso_type = SKB_GSO_GRE } },
	{ "a VXLAN tunnel", NOT_DONE(HGSO_GSO_TYPE),
	  .spec = { V6, .gso_type = SKB_GSO_UDP_TUNNEL_CSUM } },
	{ "by frag_list", NOT_DONE(HGSO_GSO_TYPE),
	  .spec = { V4, .gso_type = SKB_GSO_FRAGLIST } },
	{ "fixed id, IPv6", NOT_DONE(HGSO_GSO_TYPE),
	  .spec = { V6, .gso_type = SKB_GSO_TCP_FIXEDID } },
	{ "no TCP type", NOT_DONE(HGSO_GSO_TYPE), .spec = { V4 },
	  .spoil = no_type },
	{ "encapsulation", NOT_DONE(HGSO_GSO_TYPE), .spec = { V4 },
	  .spoil = encapsulated },
	{ "IPv4 carries SCTP", NOT_DONE(HGSO_PROTOCOL), .spec = { V4 },
	  .spoil = ip_sctp },
	{ "frag_list in a frag_list", NOT_DONE(HGSO_FRAG_LIST), .spec = { V4 },
	  .spoil = frag_list_twice },
	{ "UDP beyond 64 KB", NOT_DONE(HGSO_BIG),
	  .spec = { SPEC(1000, 100000, 2) }, .spoil = big_udp },
	{ "ARP", NOT_DONE(HGSO_PROTOCOL), .spec = { V4 }, .spoil = arp },
	{ "MPLS", NOT_DONE(HGSO_PROTOCOL), .spec = { V4 }, .spoil = mpls },
	{ "three tags", NOT_DONE(HGSO_PROTOCOL),
	  .spec = { V4, .vlan = ETH_P_8021AD }, .spoil = three_tags },
	{ "UDP type, TCP headers", NOT_DONE(HGSO_PROTOCOL), .spec = { V4 },
	  .spoil = only_udp },
	{ "TCP type, UDP headers", NOT_DONE(HGSO_PROTOCOL), .spec = { V4 },
	  .spoil = ip_udp_csum },
	{ "two tunnels", NOT_DONE(HGSO_GSO_TYPE),
	  .spec = { V4, .gso_type = SKB_GSO_GRE | SKB_GSO_IPXIP4 },
	  .spoil = encapsulated },
	{ "a tunnel that is none", NOT_DONE(HGSO_PROTOCOL),
	  .spec = { V4, .gso_type = SKB_GSO_GRE }, .spoil = encapsulated },
	{ "segments of their own", NOT_DONE(HGSO_GSO_TYPE), .spec = { V4 },
	  .spoil = by_frags },
	{ "skb says another protocol", NOT_DONE(HGSO_PROTOCOL), .spec = { V4 },
	  .spoil = other_protocol },
	{ "unreadable", NOT_DONE(HGSO_UNREADABLE), .spec = { V4 },
	  .spoil = unreadable },
	{ "more frames than descriptors", NOT_DONE(HGSO_DESCRIPTORS),
	  .spec = { V4 }, .max_descs = 9 },
	{ "one slice too many", NOT_DONE(HGSO_DESCRIPTORS),
	  .spec = { SPEC(1000, 4500, 4) }, .max_descs = 12 },
	{ "far more headers than a head holds", NOT_DONE(HGSO_HEADROOM),
	  .spec = { SPEC(1, 4500, 2) } },
	{ "one frame too many for a head", NOT_DONE(HGSO_HEADROOM),
	  .spec = { SPEC(100, 100 * HGSO_MOST_FRAMES + 1, 2) } },
	{ "shared", .reason = HGSO_SHARED, .err = -EBUSY, .unpredicted = true,
	  .spec = { V4 }, .spoil = shared },
	{ "gso_size 0", MALFORMED(HGSO_GSO_SIZE), .unpredicted = true,
	  .spec = { V4 }, .spoil = gso_size_0 },
	{ "gso_size is the payload", MALFORMED(HGSO_GSO_SIZE),
	  .spec = { SPEC(4500, 4500, 2) } },
	{ "gso_size beyond the payload", MALFORMED(HGSO_GSO_SIZE),
	  .spec = { SPEC(4501, 4500, 2), .v6 = true } },
	{ "no payload", MALFORMED(HGSO_GSO_SIZE),
	  .spec = { .flags = ACK, .mss = 1000 } },
	{ "doff 4", MALFORMED(HGSO_HEADER), .spec = { V4 }, .spoil = doff_4 },
	{ "doff 0, IPv6", MALFORMED(HGSO_HEADER), .spec = { V6 },
	  .spoil = doff_0 },
	{ "ihl 4", MALFORMED(HGSO_HEADER), .spec = { V4 }, .spoil = ihl_4 },
	{ "ihl that moves TCP", MALFORMED(HGSO_HEADER),
	  .spec = { V4, .tcp_opts = 40 }, .spoil = ihl_15 },
	{ "IPv4 says version 6", MALFORMED(HGSO_HEADER), .spec = { V4 },
	  .spoil = version_6 },
	{ "IPv6 says version 4", MALFORMED(HGSO_HEADER), .spec = { V6 },
	  .spoil = version_4 },
	{ "type TCPv6, headers IPv4", MALFORMED(HGSO_HEADER), .spec = { V4 },
	  .spoil = type_v6 },
	{ "type TCPv4, headers IPv6", MALFORMED(HGSO_HEADER), .spec = { V6 },
	  .spoil = type_v4 },
	{ "checksum starts before TCP", MALFORMED(HGSO_HEADER), .spec = { V4 },
	  .spoil = csum_start_before },
	{ "checksum starts within TCP", MALFORMED(HGSO_HEADER), .spec = { V6 },
	  .spoil = csum_start_beyond },
	{ "checksum goes elsewhere", MALFORMED(HGSO_HEADER), .spec = { V4 },
	  .spoil = csum_offset_urgent },
	{ "fixed id without DF", MALFORMED(HGSO_HEADER),
	  .spec = { V4, .no_df = true, .gso_type = SKB_GSO_TCP_FIXEDID } },
	{ "IPv4 length one more", MALFORMED(HGSO_LENGTH), .spec = { V4 },
	  .spoil = tot_len_more },
	{ "IPv4 length one less", MALFORMED(HGSO_LENGTH), .spec = { V4 },
	  .spoil = tot_len_less },
	{ "IPv4 length 0", MALFORMED(HGSO_LENGTH), .spec = { V4 },
	  .spoil = big_ip4 },
	{ "IPv6 length one more", MALFORMED(HGSO_LENGTH), .spec = { V6 },
	  .spoil = payload_len_more },
	{ "IPv6 length one less", MALFORMED(HGSO_LENGTH), .spec = { V6 },
	  .spoil = payload_len_less },
	{ "IPv6 length 0", MALFORMED(HGSO_LENGTH), .spec = { V6 },
	  .spoil = big_ip6 },
};

KUNIT_ARRAY_PARAM_DESC(hgso_decline, hgso_declines, name);

static void hgso_expect_counted(struct kunit *test, enum hgso_reason reason)
{
	struct super_rig *rig = test->priv;
	struct hgso_stats stats;
	unsigned int i;

	hgso_txq_stats(&rig->txq, &stats);
	for (i = 0; i < HGSO_NR_REASONS; i++)
		/* Only a map makes a packet count as HGSO_OK. */
		KUNIT_EXPECT_EQ_MSG(test, stats.reason[i],
				    i != HGSO_OK && i == reason,
				    "counter %s", hgso_reason_name(i));
	KUNIT_EXPECT_EQ(test, stats.prepared, reason == HGSO_OK);
	KUNIT_EXPECT_EQ(test, stats.frames, 0);
	KUNIT_EXPECT_EQ(test, stats.maps, 0);
}

static void hgso_decline_reason(struct kunit *test)
{
	const struct hgso_decline *d = test->param_value;
	netdev_features_t want = HGSO_ALL_FEATURES;
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct sk_buff *skb;

	if (d->max_descs)
		rig->txq.limits.max_descs = d->max_descs;
	if (!d->unpredicted)
		want &= ~NETIF_F_GSO_MASK;

	skb = super_skb(rig, &d->spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (d->spoil)
		d->spoil(skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, HGSO_ALL_FEATURES,
						  rig->txq.limits.max_descs), want);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));

	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), d->err);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_expect_counted(test, d->reason);

	if (skb_shared(skb))
		kfree_skb(skb);
	kfree_skb(skb);
}

/* The limits themselves are not declined, and nothing is stripped. */
static void hgso_decline_not(struct kunit *test)
{
	struct super_spec spec = { SPEC(1000, 4500, 4), .headroom = 100 };
	struct super_rig *rig = test->priv;
	struct super_shot shot;
	struct sk_buff *skb;

	/* Five frames; three edges of frags within segments. */
	rig->txq.limits.max_descs = 13;
	skb = super_skb(rig, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, HGSO_ALL_FEATURES, 13),
			HGSO_ALL_FEATURES);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), 13);
	hgso_expect_counted(test, HGSO_OK);
	kfree_skb(skb);
}

/* A second tag behind the first. */
static void hgso_decline_second_tag(struct sk_buff *skb)
{
	u8 *data = skb_push(skb, VLAN_HLEN);

	memmove(data, data + VLAN_HLEN, ETH_HLEN + VLAN_HLEN);
	put_unaligned_be16(ETH_P_8021Q, data + ETH_HLEN + 2);
	put_unaligned_be32(0x00070800, data + ETH_HLEN + VLAN_HLEN);
	skb_reset_mac_header(skb);
}

/* A tag beside the packet counts, unless the device inserts it. */
static void hgso_decline_tag(struct kunit *test)
{
	netdev_features_t soft = HGSO_ALL_FEATURES & ~NETIF_F_HW_VLAN_CTAG_TX;
	struct super_spec inside = { V4, .vlan = ETH_P_8021AD,
				     .headroom = 64 };
	struct super_spec full = { SPEC(100, 100 * HGSO_MOST_FRAMES, 2) };
	const struct super_spec *specs[] = { &inside, &full };
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(specs); i++) {
		skb = super_skb(test->priv, specs[i]);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		if (!i)
			hgso_decline_second_tag(skb);
		KUNIT_EXPECT_EQ(test, hgso_features_check(skb, soft, 4096),
				soft);
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 7);
		KUNIT_EXPECT_EQ(test, hgso_features_check(skb, soft, 4096),
				soft & ~NETIF_F_GSO_MASK);
		KUNIT_EXPECT_EQ(test,
				hgso_features_check(skb, HGSO_ALL_FEATURES,
						    4096), HGSO_ALL_FEATURES);
		kfree_skb(skb);
	}
}

/* Packets that are no super-packets are none of the predicate's business. */
static void hgso_decline_plain(struct kunit *test)
{
	struct super_spec spec = { .flags = ACK, .payload = 1000,
				   .linear = 1000 };
	struct sk_buff *skb = super_skb(test->priv, &spec);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_gso_reset(skb);
	KUNIT_EXPECT_EQ(test, hgso_features_check(skb, HGSO_ALL_FEATURES, 2),
			HGSO_ALL_FEATURES);
	kfree_skb(skb);
}

static struct hgso_pkt *hgso_no_room(const struct hgso_sink *sink,
				     struct sk_buff *skb,
				     unsigned int state_len,
				     unsigned int hdrs_len, u8 **hdrs)
{
	return NULL;
}

static int hgso_no_map(const struct hgso_sink *sink, struct device *dev,
		       struct sk_buff *skb, struct hgso_pkt *pkt)
{
	return -ENOMEM;
}

/* A sink that is full. */
static void hgso_decline_nomem(struct kunit *test)
{
	struct hgso_sink full = hgso_headroom;
	struct super_rig *rig = test->priv;
	struct super_spec spec = { V4 };
	struct super_shot shot;
	struct sk_buff *skb;

	full.reserve = hgso_no_room;
	rig->txq.sink = &full;
	skb = super_skb(rig, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	super_shoot(test, &shot, skb);

	KUNIT_EXPECT_EQ(test, super_prepare(rig, skb), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, super_untouched(&shot, skb));
	hgso_expect_counted(test, HGSO_NOMEM);
	kfree_skb(skb);
}

/* A sink whose memory cannot be mapped. */
static void hgso_decline_map(struct kunit *test)
{
	struct hgso_sink unmappable = hgso_headroom;
	struct super_rig *rig = test->priv;
	struct super_spec spec = { V4 };
	struct hgso_stats stats;
	struct sk_buff *skb;

	/* Page frags would be mapped before. */
	spec.linear = spec.payload;
	spec.nr_frags = 0;
	unmappable.map = hgso_no_map;
	rig->txq.sink = &unmappable;
	skb = super_skb(rig, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);

	KUNIT_ASSERT_GT(test, super_prepare(rig, skb), 0);
	KUNIT_EXPECT_EQ(test, hgso_map(&rig->txq, skb), -ENOMEM);
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_MAP], 1);
	KUNIT_EXPECT_EQ(test, stats.maps, 0);
	KUNIT_EXPECT_EQ(test, stats.unmaps, 0);
	kfree_skb(skb);
}

/* Every reason has a name of its own. */
static void hgso_decline_names(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < HGSO_NR_REASONS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, hgso_reason_name(i));
		KUNIT_EXPECT_STRNEQ(test, hgso_reason_name(i), "unknown");
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, hgso_reason_name(i),
					    hgso_reason_name(j));
	}
	KUNIT_EXPECT_STREQ(test, hgso_reason_name(HGSO_NR_REASONS), "unknown");
}

/* Every reason up to those of a failing sink has a case above. */
static void hgso_decline_complete(struct kunit *test)
{
	/* hgso_device_test.c has the one that plain queues do not give. */
	u64 seen = BIT(HGSO_OK) | BIT(HGSO_SLICE) | BIT(HGSO_NOMEM) |
		   BIT(HGSO_MAP);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hgso_declines); i++)
		seen |= BIT(hgso_declines[i].reason);
	KUNIT_EXPECT_EQ(test, seen, BIT(HGSO_NR_REASONS) - 1);
}

static struct kunit_case hgso_decline_tests[] = {
	KUNIT_CASE_PARAM(hgso_decline_reason, hgso_decline_gen_params),
	KUNIT_CASE(hgso_decline_not),
	KUNIT_CASE(hgso_decline_tag),
	KUNIT_CASE(hgso_decline_plain),
	KUNIT_CASE(hgso_decline_nomem),
	KUNIT_CASE(hgso_decline_map),
	KUNIT_CASE(hgso_decline_names),
	KUNIT_CASE(hgso_decline_complete),
	{ }
};

struct kunit_suite hgso_decline_suite = {
	.name = "hgso-decline",
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_decline_tests,
};
