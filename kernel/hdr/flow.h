/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What makes packets a flow: addresses and ports.
 */
#ifndef HEADROOM_HDR_FLOW_H
#define HEADROOM_HDR_FLOW_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/unaligned.h>

/* An odd 64-bit number near the golden ratio. */
#define HDR_FLOW_MIX	0x9e3779b97f4a7c15ULL

static __always_inline u64 hdr_flow_mix(u64 hash, u64 word)
{
	return (hash ^ word) * HDR_FLOW_MIX;
}

static __always_inline u64 hdr_flow_word(const u8 *at)
{
	return get_unaligned((const u64 *)at);
}

/**
 * hdr_flow_hash() - the hash of a flow
 * @seed: a random number
 * @l3h: the IP header
 * @v6: it is IPv6
 * @l4h: the header with ports
 *
 * Context: any.
 * Return: a number other than 0.
 */
static __always_inline u32 hdr_flow_hash(u32 seed, const u8 *l3h, bool v6,
					 const u8 *l4h)
{
	u64 hash = seed;
	unsigned int i;

	if (v6)
		for (i = 0; i < 2 * sizeof(struct in6_addr); i += sizeof(u64))
			hash = hdr_flow_mix(hash, hdr_flow_word(l3h + i +
					offsetof(struct ipv6hdr, saddr)));
	else
		hash = hdr_flow_mix(hash, hdr_flow_word(l3h +
					offsetof(struct iphdr, saddr)));
	hash = hdr_flow_mix(hash, get_unaligned((const u32 *)l4h));
	return (hash >> 32) | 1;
}

/**
 * hdr_flow_same() - are two packets of one flow?
 * @v6: both are IPv6, otherwise both IPv4
 * @l3h: an IP header
 * @l4h: the header with ports behind it
 * @other_l3h: the other packet's
 * @other_l4h: the same
 *
 * Context: any.
 * Return: true when addresses and ports are the same.
 */
static __always_inline bool hdr_flow_same(bool v6, const u8 *l3h,
					  const u8 *l4h, const u8 *other_l3h,
					  const u8 *other_l4h)
{
	unsigned int addrs = offsetof(struct iphdr, saddr);
	unsigned int len = 2 * sizeof(__be32);

	if (v6) {
		addrs = offsetof(struct ipv6hdr, saddr);
		len = 2 * sizeof(struct in6_addr);
	}
	return get_unaligned((const u32 *)l4h) ==
	       get_unaligned((const u32 *)other_l4h) &&
	       !memcmp(l3h + addrs, other_l3h + addrs, len);
}

#endif
