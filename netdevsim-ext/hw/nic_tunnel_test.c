// SPDX-License-Identifier: GPL-2.0
/*
 * TCP in a tunnel: what the hardware makes of super-packets that the stack has
 * prepared (NETIF_F_GSO_PARTIAL), against what the stack makes all alone.
 */

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "nic_test_rig.h"

#define TUNNEL_FEATURES	(NIC_FEAT_TX_CSUM | NIC_FEAT_TSO | NIC_FEAT_TUNNEL)
#define TUNNEL_MTU	1600
#define TUNNEL_PORT	4789
#define TUNNEL_TCP_LEN	32	/* of nic_rig_packet() */
#define TUNNEL_ROOM	128
#define TUNNEL_TYPES	(NETIF_F_GSO_GRE | NETIF_F_GSO_IPXIP4 | \
			 NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM)

/**
 * struct tunnel_case - a super-packet in a tunnel
 * @name: for the report
 * @type: SKB_GSO_* of the tunnel
 * @v6: the outer header is IPv6
 * @inner_v6: the inner one is
 * @fixed_id: inner ids stay as they are
 * @payload: octets of TCP
 * @mss: octets of it a segment
 */
struct tunnel_case {
	const char *name;
	u32 type;
	bool v6;
	bool inner_v6;
	bool fixed_id;
	u32 payload;
	u16 mss;
};

static const struct tunnel_case tunnel_table[] = {
	{ "vxlan, v4 in v4", SKB_GSO_UDP_TUNNEL, .payload = 13980,
	  .mss = 1398 },
	{ "vxlan, v4 in v4, a rest", SKB_GSO_UDP_TUNNEL, .payload = 13981,
	  .mss = 1398 },
	{ "vxlan, v6 in v4", SKB_GSO_UDP_TUNNEL, .inner_v6 = true,
	  .payload = 5000, .mss = 1000 },
	{ "vxlan, v4 in v6", SKB_GSO_UDP_TUNNEL, .v6 = true,
	  .payload = 30001, .mss = 1378 },
	{ "vxlan, fixed id", SKB_GSO_UDP_TUNNEL, .fixed_id = true,
	  .payload = 7001, .mss = 700 },
	{ "vxlan with checksums", SKB_GSO_UDP_TUNNEL_CSUM, .payload = 9999,
	  .mss = 1398 },
	{ "vxlan with checksums, v6 in v6", SKB_GSO_UDP_TUNNEL_CSUM,
	  .v6 = true, .inner_v6 = true, .payload = 9998, .mss = 1333 },
	{ "ipip", SKB_GSO_IPXIP4, .payload = 20000, .mss = 1428 },
	{ "sit", SKB_GSO_IPXIP4, .inner_v6 = true, .payload = 20001,
	  .mss = 1408 },
	{ "gre", SKB_GSO_GRE, .payload = 14001, .mss = 1400 },
};

static void tunnel_case_desc(const struct tunnel_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tunnel, tunnel_table, tunnel_case_desc);

/**
 * struct tunnel_layout - where things are in such a packet, octets
 * @l4: what comes after the outer IP header
 * @mac: the inner Ethernet header, or where the inner IP header is
 * @l3: the inner IP header
 * @tcp: the TCP header
 */
struct tunnel_layout {
	u32 l4;
	u32 mac;
	u32 l3;
	u32 tcp;
};

static bool tunnel_is_udp(const struct tunnel_case *c)
{
	return c->type & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM);
}

static struct tunnel_layout tunnel_layout(const struct tunnel_case *c)
{
	struct tunnel_layout at;

	at.l4 = ETH_HLEN + (c->v6 ? sizeof(struct ipv6hdr) :
				    sizeof(struct iphdr));
	at.mac = at.l4;
	if (tunnel_is_udp(c))
		at.mac += sizeof(struct udphdr) + 8;
	else if (c->type == SKB_GSO_GRE)
		at.mac += 4;
	at.l3 = at.mac + (tunnel_is_udp(c) ? ETH_HLEN : 0);
	at.tcp = at.l3 + (c->inner_v6 ? sizeof(struct ipv6hdr) :
					sizeof(struct iphdr));
	return at;
}

static u8 tunnel_proto(const struct tunnel_case *c)
{
	if (tunnel_is_udp(c))
		return IPPROTO_UDP;
	if (c->type == SKB_GSO_GRE)
		return IPPROTO_GRE;
	return c->inner_v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
}

/* @len: what comes after the header */
static void tunnel_write_outer(const struct tunnel_case *c, u8 *l3, u32 len)
{
	struct ipv6hdr *ip6 = (struct ipv6hdr *)l3;
	struct iphdr *ip = (struct iphdr *)l3;

	if (c->v6) {
		ip6->version = 6;
		ip6->payload_len = htons(len);
		ip6->nexthdr = tunnel_proto(c);
		ip6->hop_limit = 64;
		nic_rig_fill((u8 *)&ip6->saddr, 32, 0x33);
		return;
	}
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(len + sizeof(*ip));
	ip->id = htons(0xfffc);
	ip->ttl = 64;
	ip->protocol = tunnel_proto(c);
	ip->saddr = htonl(0x0a000001);
	ip->daddr = htonl(0x0a000002);
	ip_send_check(ip);
}

static void tunnel_write_udp(const struct tunnel_case *c, u8 *l3, u8 *l4,
			     u32 len)
{
	struct ipv6hdr *ip6 = (struct ipv6hdr *)l3;
	struct udphdr *uh = (struct udphdr *)l4;
	struct iphdr *ip = (struct iphdr *)l3;

	uh->source = htons(50000);
	uh->dest = htons(TUNNEL_PORT);
	uh->len = htons(len);
	if (c->type == SKB_GSO_UDP_TUNNEL_CSUM)
		uh->check = c->v6 ?
			~csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len,
					 IPPROTO_UDP, 0) :
			~csum_tcpudp_magic(ip->saddr, ip->daddr, len,
					   IPPROTO_UDP, 0);
	/* VXLAN: a network identifier. */
	l4[sizeof(*uh)] = 0x08;
	l4[sizeof(*uh) + 6] = 42;
}

/* All octets of the packet; returns their number. */
static u32 tunnel_write(struct kunit *test, const struct tunnel_case *c, u8 *dst)
{
	struct rig_packet p = {
		.v6 = c->inner_v6, .flags = 0x18, .seq = 0xfffffff0,
		.id = 0xfffe, .payload = c->payload,
	};
	struct tunnel_layout at = tunnel_layout(c);
	u8 *payload = nic_rig_octets(test, c->payload);
	u32 len = at.tcp + TUNNEL_TCP_LEN + c->payload;

	nic_rig_fill(payload, c->payload, c->mss);
	/* An Ethernet header is written over where the tunnel has none. */
	nic_rig_packet(dst + at.l3 - ETH_HLEN, &p, payload);
	if (!tunnel_is_udp(c))
		memset(dst, 0, at.l3);
	nic_rig_fill(dst, 2 * ETH_ALEN, 0x42);
	*(__be16 *)(dst + 2 * ETH_ALEN) = htons(c->v6 ? ETH_P_IPV6 : ETH_P_IP);
	tunnel_write_outer(c, dst + ETH_HLEN, len - at.l4);
	if (tunnel_is_udp(c))
		tunnel_write_udp(c, dst + ETH_HLEN, dst + at.l4, len - at.l4);
	else if (c->type == SKB_GSO_GRE)
		*(__be16 *)(dst + at.l4 + 2) = htons(ETH_P_IP);
	return len;
}

static void tunnel_skb_headers(struct sk_buff *skb, const struct tunnel_case *c)
{
	struct tunnel_layout at = tunnel_layout(c);

	skb_reset_mac_header(skb);
	skb->mac_len = ETH_HLEN;
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, at.l4);
	skb_set_inner_mac_header(skb, at.mac);
	skb_set_inner_network_header(skb, at.l3);
	skb_set_inner_transport_header(skb, at.tcp);
	skb->protocol = htons(c->v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (tunnel_is_udp(c))
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	else if (c->type == SKB_GSO_GRE)
		skb_set_inner_protocol(skb, htons(ETH_P_IP));
	else
		skb_set_inner_ipproto(skb, tunnel_proto(c));
	skb->encapsulation = 1;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + at.tcp;
	skb->csum_offset = 16;
}

static struct sk_buff *tunnel_skb(struct kunit *test,
				  const struct tunnel_case *c,
				  struct net_device *dev)
{
	struct skb_shared_info *shinfo;
	struct sk_buff *skb;
	u8 *octets;
	u32 len;

	skb = alloc_skb(TUNNEL_ROOM + c->payload + 512, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, TUNNEL_ROOM);
	octets = skb->data;
	memset(octets, 0, 512);
	len = tunnel_write(test, c, octets);
	skb_put(skb, len);
	skb->dev = dev;
	tunnel_skb_headers(skb, c);
	shinfo = skb_shinfo(skb);
	shinfo->gso_type = c->type | (c->inner_v6 ? SKB_GSO_TCPV6 :
						    SKB_GSO_TCPV4);
	if (c->fixed_id)
		shinfo->gso_type |= SKB_GSO_TCP_FIXEDID;
	shinfo->gso_size = c->mss;
	shinfo->gso_segs = DIV_ROUND_UP(c->payload, c->mss);
	return skb;
}

static void tunnel_free_dev(void *dev)
{
	free_netdev(dev);
}

static struct net_device *tunnel_dev(struct kunit *test)
{
	struct net_device *dev = alloc_etherdev(0);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	kunit_add_action(test, tunnel_free_dev, dev);
	dev->features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
			NETIF_F_TSO6 | NETIF_F_TSO_MANGLEID |
			NETIF_F_GSO_PARTIAL | TUNNEL_TYPES;
	dev->hw_enc_features = dev->features;
	dev->gso_partial_features = TUNNEL_TYPES;
	return dev;
}

/* What a driver does with a packet that the stack has prepared. */
static u32 tunnel_post(struct nic_rig *rig, const struct sk_buff *skb, u32 at)
{
	u32 start = skb_checksum_start_offset(skb);
	struct nic_tx_desc *desc;
	u16 flags = NIC_TX_CSUM | NIC_TX_EOP;

	KUNIT_ASSERT_EQ(rig->test, 0,
			skb_copy_bits(skb, 0, rig->data + at, skb->len));
	if (skb_is_gso(skb))
		flags |= NIC_TX_TSO | NIC_TX_TUNNEL;
	if (inner_ip_hdr(skb)->version == 6)
		flags |= NIC_TX_TSO_V6;
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCP_FIXEDID)
		flags |= NIC_TX_TSO_FIXEDID;
	desc = nic_rig_tx(rig, rig->data_dma + at, skb->len, flags);
	desc->csum_start = cpu_to_le16(start);
	desc->csum_offset = cpu_to_le16(skb->csum_offset);
	if (skb_is_gso(skb)) {
		desc->mss = cpu_to_le16(skb_shinfo(skb)->gso_size);
		desc->hdr_len = cpu_to_le16(start + TUNNEL_TCP_LEN);
		desc->l3_start = cpu_to_le16(skb_inner_network_offset(skb));
		desc->outer_l3 = cpu_to_le16(skb_network_offset(skb));
	}
	return at + skb->len;
}

static void tunnel_frames(struct kunit *test)
{
	const struct tunnel_case *c = test->param_value;
	struct nic_rig *rig = nic_rig_create(test);
	struct net_device *dev = tunnel_dev(test);
	struct sk_buff *skb, *alone, *prepared, *seg;
	u32 at = 0;
	u32 n = 0;

	nic_rig_start(rig, 64, TUNNEL_FEATURES, TUNNEL_MTU);
	nic_hw_write(rig->hw, NIC_REG_TUNNEL_PORT(5), TUNNEL_PORT);
	skb = tunnel_skb(test, c, dev);
	alone = __skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM, true);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, alone);
	consume_skb(skb);
	skb = tunnel_skb(test, c, dev);
	prepared = __skb_gso_segment(skb, dev->features & ~TUNNEL_TYPES, true);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prepared);
	consume_skb(skb);
	KUNIT_EXPECT_TRUE(test, skb_shinfo(prepared)->gso_type &
				SKB_GSO_PARTIAL);
	for (seg = prepared; seg; seg = seg->next)
		at = tunnel_post(rig, seg, at);
	nic_rig_tx_ring_bell(rig);
	for (seg = alone; seg; seg = seg->next) {
		KUNIT_ASSERT_EQ(test, 0, skb_checksum_help(seg));
		KUNIT_ASSERT_EQ(test, 0, skb_linearize(seg));
		nic_rig_expect_frame(rig, seg->data, seg->len);
		n++;
	}
	nic_rig_expect_silence(rig);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, n, DIV_ROUND_UP(c->payload, c->mss));
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_tso, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 0);
	kfree_skb_list(prepared);
	kfree_skb_list(alone);
}

/**
 * struct tunnel_bad - a super-packet that the hardware does not segment
 * @name: what is wrong
 * @features: of the hardware
 * @port: that it knows
 * @outer: said to be where the outer header is
 * @more: octets of payload that make the last segment short
 * @length: is added to the outer length
 */
struct tunnel_bad {
	const char *name;
	u32 features;
	u16 port;
	u16 outer;
	u16 more;
	u16 length;
};

static const struct tunnel_bad tunnel_bad_table[] = {
	{ "not offered", NIC_FEAT_TX_CSUM | NIC_FEAT_TSO, TUNNEL_PORT, 14 },
	{ "checksums by protocol", NIC_FEAT_TX_CSUM_V4 | NIC_FEAT_TSO |
	  NIC_FEAT_TUNNEL, TUNNEL_PORT, 14 },
	{ "no tunnel's port", TUNNEL_FEATURES, TUNNEL_PORT + 1, 14 },
	{ "no port", TUNNEL_FEATURES, 0, 14 },
	{ "no header there", TUNNEL_FEATURES, TUNNEL_PORT, 15 },
	{ "in the Ethernet header", TUNNEL_FEATURES, TUNNEL_PORT, 13 },
	{ "after the inner one", TUNNEL_FEATURES, TUNNEL_PORT, 70 },
	{ "a short segment", TUNNEL_FEATURES, TUNNEL_PORT, 14, .more = 1 },
	{ "not a segment's length", TUNNEL_FEATURES, TUNNEL_PORT, 14,
	  .length = 1 },
};

KUNIT_ARRAY_PARAM_DESC(tunnel_bad, tunnel_bad_table, name);

static void tunnel_refused(struct kunit *test)
{
	static const struct tunnel_case c = {
		.type = SKB_GSO_UDP_TUNNEL, .payload = 3000, .mss = 1000,
	};
	const struct tunnel_bad *bad = test->param_value;
	struct nic_rig *rig = nic_rig_create(test);
	struct net_device *dev = tunnel_dev(test);
	struct sk_buff *skb, *prepared;
	struct nic_tx_desc *desc = rig->tx.mem;
	struct iphdr *ip;

	nic_rig_start(rig, 64, bad->features, TUNNEL_MTU);
	nic_hw_write(rig->hw, NIC_REG_TUNNEL_PORT(0), bad->port);
	skb = tunnel_skb(test, &c, dev);
	prepared = __skb_gso_segment(skb, dev->features & ~TUNNEL_TYPES, true);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prepared);
	consume_skb(skb);
	tunnel_post(rig, prepared, 0);
	kfree_skb_list(prepared);
	desc->outer_l3 = cpu_to_le16(bad->outer);
	desc->len = cpu_to_le32(le32_to_cpu(desc->len) + bad->more);
	ip = (struct iphdr *)(rig->data + ETH_HLEN);
	ip->tot_len = htons(ntohs(ip->tot_len) + bad->length);
	nic_rig_tx_frame(rig, 6000, 100);
	nic_rig_expect_frame(rig, rig->data + 6000, 100);
	nic_rig_tx_done(rig);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_errors, 1);
	KUNIT_EXPECT_EQ(test, nic_rig_counters(rig).tx_tso, 0);
}

static struct kunit_case nic_tunnel_cases[] = {
	KUNIT_CASE_PARAM(tunnel_frames, tunnel_gen_params),
	KUNIT_CASE_PARAM(tunnel_refused, tunnel_bad_gen_params),
	{}
};

struct kunit_suite nic_tunnel_suite = {
	.name = "nsim_nic_tunnel",
	.test_cases = nic_tunnel_cases,
};
