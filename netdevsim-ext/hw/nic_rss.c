// SPDX-License-Identifier: GPL-2.0
/* What the hardware reads in headers: where they are, and the RSS hash. */

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/ip.h>

#include "../wire/wire.h"
#include "nic_dev.h"

#define NIC_RSS_INPUT	36	/* two IPv6 addresses and two ports */
#define NIC_PORTS_LEN	4

/* The key that Microsoft's description of RSS verifies implementations with. */
static const u8 nic_rss_key[NIC_RSS_INPUT + 4] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static bool nic_parse_v4(const struct wire_frame *frame,
			 struct nic_parsed *parsed)
{
	struct iphdr ip;

	if (frame->len - parsed->l3 < sizeof(ip))
		return false;
	memcpy(&ip, frame->data + parsed->l3, sizeof(ip));
	if (ip.version != 4 || ip.ihl * 4 < sizeof(ip))
		return false;
	parsed->proto = ip.protocol;
	parsed->fragment = ip.frag_off & htons(IP_MF | IP_OFFSET);
	parsed->l4 = parsed->l3 + ip.ihl * 4;
	return parsed->l4 <= frame->len;
}

static bool nic_parse_v6(const struct wire_frame *frame,
			 struct nic_parsed *parsed)
{
	struct ipv6hdr ip6;

	if (frame->len - parsed->l3 < sizeof(ip6))
		return false;
	memcpy(&ip6, frame->data + parsed->l3, sizeof(ip6));
	if (ip6.version != 6)
		return false;
	parsed->v6 = true;
	parsed->proto = ip6.nexthdr;
	parsed->l4 = parsed->l3 + sizeof(ip6);
	return true;
}

/**
 * nic_parse() - find the headers of a frame
 * @frame: the frame; at most one VLAN tag is looked through
 * @parsed: filled in
 *
 * IPv6 extension headers are not looked through: they are the L4 protocol.
 *
 * Context: any.
 * Return: whether it is IP.
 */
bool nic_parse(const struct wire_frame *frame, struct nic_parsed *parsed)
{
	__be16 proto;

	*parsed = (struct nic_parsed) { .l3 = ETH_HLEN };
	if (frame->len < ETH_HLEN)
		return false;
	proto = get_unaligned((__be16 *)(frame->data + ETH_HLEN - 2));
	if (eth_type_vlan(proto)) {
		parsed->l3 += VLAN_HLEN;
		if (frame->len < parsed->l3)
			return false;
		proto = get_unaligned((__be16 *)(frame->data + parsed->l3 - 2));
	}
	if (proto == htons(ETH_P_IP))
		return nic_parse_v4(frame, parsed);
	return proto == htons(ETH_P_IPV6) && nic_parse_v6(frame, parsed);
}

static u32 nic_toeplitz(const u8 *input, u32 len)
{
	u32 window = get_unaligned_be32(nic_rss_key);
	u32 hash = 0;
	u32 i, bit;

	for (i = 0; i < len; i++) {
		for (bit = 0; bit < 8; bit++) {
			if (input[i] & (0x80 >> bit))
				hash ^= window;
			window <<= 1;
			if (nic_rss_key[i + 4] & (0x80 >> bit))
				window |= 1;
		}
	}
	return hash;
}

/**
 * nic_rss_hash() - the Toeplitz hash of a frame
 * @frame: the frame
 * @hash: filled in
 *
 * Of addresses and ports for TCP and UDP that is no fragment, else of the
 * addresses.
 *
 * Context: any.
 * Return: what it is of: NIC_RX_HASH_L4, NIC_RX_HASH_L3, or 0: not IP.
 */
u32 nic_rss_hash(const struct wire_frame *frame, u32 *hash)
{
	struct nic_parsed parsed;
	u8 input[NIC_RSS_INPUT];
	u32 addrs, from;

	if (!nic_parse(frame, &parsed))
		return 0;
	addrs = parsed.v6 ? 2 * sizeof(struct in6_addr) : 2 * sizeof(__be32);
	from = parsed.l3 + (parsed.v6 ? offsetof(struct ipv6hdr, saddr) :
					offsetof(struct iphdr, saddr));
	memcpy(input, frame->data + from, addrs);
	if (parsed.fragment || parsed.l4 + NIC_PORTS_LEN > frame->len ||
	    (parsed.proto != IPPROTO_TCP && parsed.proto != IPPROTO_UDP)) {
		*hash = nic_toeplitz(input, addrs);
		return NIC_RX_HASH_L3;
	}
	memcpy(input + addrs, frame->data + parsed.l4, NIC_PORTS_LEN);
	*hash = nic_toeplitz(input, addrs + NIC_PORTS_LEN);
	return NIC_RX_HASH_L4;
}
