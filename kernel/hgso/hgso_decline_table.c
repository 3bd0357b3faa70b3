// SPDX-License-Identifier: GPL-2.0
/*
 * What hgso declines, case by case.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>

#include "hgso_decline.h"

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

/* They go on in the page frags, behind what the head has. */
static void long_headers(struct sk_buff *skb)
{
	u8 *ext = (u8 *)(ip6(skb) + 1);

	ip6(skb)->nexthdr = IPPROTO_DSTOPTS;
	ext[0] = IPPROTO_TCP;
	ext[1] = 30;
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

#define NOT_DONE(why)	.reason = why, .err = -EOPNOTSUPP
#define MALFORMED(why)	.reason = why, .err = -EINVAL

const struct hgso_decline hgso_declines[] = {
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
	{ "302 octets of headers, in page frags", NOT_DONE(HGSO_PROTOCOL),
	  .spec = { V6 }, .spoil = long_headers },
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

const unsigned int hgso_declines_count = ARRAY_SIZE(hgso_declines);

const void *hgso_decline_gen_params(const void *prev, char *desc)
{
	const struct hgso_decline *d = prev ? prev + sizeof(*d) : hgso_declines;

	if (d == hgso_declines + hgso_declines_count)
		return NULL;
	strscpy(desc, d->name, KUNIT_PARAM_DESC_SIZE);
	return d;
}
