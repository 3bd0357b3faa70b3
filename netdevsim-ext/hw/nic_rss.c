// SPDX-License-Identifier: GPL-2.0
/* What the hardware reads in headers: where they are, and RSS. */

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/ip.h>

#include "../wire/wire.h"
#include "nic_dev.h"

#define NIC_RSS_INPUT	(NIC_RSS_KEY_LEN - 4)	/* IPv6 addresses, ports */
#define NIC_PORTS_LEN	4

/* The key that Microsoft's description of RSS verifies implementations with. */
static const u32 nic_rss_key[NIC_RSS_KEY_LEN / 4] = {
	0x6d5a56da, 0x255b0ec2, 0x4167253d, 0x43a38fb0, 0xd0ca2bcb,
	0xae7b30b4, 0x77cb2da3, 0x8030f20c, 0x6a42b73b, 0xbeac01fa,
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

/* Whole words of input: addresses and ports are. */
static u32 nic_toeplitz(const struct nic_hw *hw, const u8 *input, u32 len)
{
	u32 window = nic_reg(hw, NIC_REG_RSS_KEY(0));
	u32 next, word, hash = 0;
	u32 i;
	int bit;

	for (i = 0; i < len / 4; i++) {
		word = get_unaligned_be32(input + 4 * i);
		next = nic_reg(hw, NIC_REG_RSS_KEY(i + 1));
		for (bit = 31; bit >= 0; bit--) {
			if (word & BIT(bit))
				hash ^= window;
			window = window << 1 | (next >> bit & 1);
		}
	}
	return hash;
}

/**
 * nic_rss_hash() - the Toeplitz hash of a frame
 * @hw: the NIC, for its key
 * @frame: the frame
 * @hash: filled in, 0 when the frame is not IP
 *
 * Of addresses and ports for TCP and UDP that is no fragment, else of the
 * addresses.
 *
 * Context: the thread's.
 * Return: what it is of: NIC_RX_HASH_L4, NIC_RX_HASH_L3, or 0: not IP.
 */
u32 nic_rss_hash(const struct nic_hw *hw, const struct wire_frame *frame,
		 u32 *hash)
{
	struct nic_parsed parsed;
	u8 input[NIC_RSS_INPUT];
	u32 addrs, from;

	*hash = 0;
	if (!nic_parse(frame, &parsed))
		return 0;
	addrs = parsed.v6 ? 2 * sizeof(struct in6_addr) : 2 * sizeof(__be32);
	from = parsed.l3 + (parsed.v6 ? offsetof(struct ipv6hdr, saddr) :
					offsetof(struct iphdr, saddr));
	memcpy(input, frame->data + from, addrs);
	if (parsed.fragment || parsed.l4 + NIC_PORTS_LEN > frame->len ||
	    (parsed.proto != IPPROTO_TCP && parsed.proto != IPPROTO_UDP)) {
		*hash = nic_toeplitz(hw, input, addrs);
		return NIC_RX_HASH_L3;
	}
	memcpy(input + addrs, frame->data + parsed.l4, NIC_PORTS_LEN);
	*hash = nic_toeplitz(hw, input, addrs + NIC_PORTS_LEN);
	return NIC_RX_HASH_L4;
}

/**
 * nic_rss_queue() - the queue that takes a frame
 * @hw: the NIC, for its table
 * @hash: nic_rss_hash() of the frame
 *
 * Context: the thread's.
 * Return: an index, of a queue or not: the driver wrote it.
 */
u32 nic_rss_queue(const struct nic_hw *hw, u32 hash)
{
	u32 size = nic_reg(hw, NIC_REG_RSS_SIZE);
	u32 entry;

	if (!size)
		return 0;
	entry = hash % min_t(u32, size, NIC_RSS_TABLE_LEN);
	return nic_reg(hw, NIC_REG_RSS_TABLE(entry / 4)) >>
		       (entry % 4 * 8) & 0xff;
}

/**
 * nic_rss_reset() - the key as after power-on, and no table
 * @hw: the NIC; its registers are 0
 *
 * Context: under reg_lock.
 */
void nic_rss_reset(struct nic_hw *hw)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(nic_rss_key); i++)
		WRITE_ONCE(hw->regs[NIC_REG_RSS_KEY(i) / 4], nic_rss_key[i]);
}
