// SPDX-License-Identifier: GPL-2.0
/* Internet checksums: finishing those of sent frames, verifying received. */

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "../wire/wire.h"
#include "nic_dev.h"

/**
 * nic_csum_finish() - finish a partial checksum as NIC_TX_CSUM asks
 * @frame: the frame; the field holds the sum of the pseudo-header
 * @start: octets from the frame's start to where summing begins
 * @offset: octets from @start to the field
 *
 * A UDP checksum that comes out as 0 is sent as 0xffff, because 0 there says
 * that there is none; the field's offset tells UDP, as in real hardware.
 *
 * Context: any.
 * Return: 0, or -EINVAL when the field is not in the frame.
 */
int nic_csum_finish(struct wire_frame *frame, u32 start, u32 offset)
{
	__sum16 sum;

	if (start + offset + sizeof(sum) > frame->len)
		return -EINVAL;

	sum = csum_fold(csum_partial(frame->data + start, frame->len - start,
				     0));
	if (!sum && offset == offsetof(struct udphdr, check))
		sum = CSUM_MANGLED_0;
	memcpy(frame->data + start + offset, &sum, sizeof(sum));
	return 0;
}

/**
 * nic_csum_offered() - may the hardware finish this checksum?
 * @frame: the frame
 * @features: NIC_FEAT_*
 * @start: octets from the frame's start to where summing begins
 * @offset: octets from @start to the field
 *
 * Context: any.
 * Return: whether it may: any, or TCP and UDP of the IP version that is on.
 */
bool nic_csum_offered(const struct wire_frame *frame, u32 features, u32 start,
		      u32 offset)
{
	struct nic_parsed parsed;

	if (features & NIC_FEAT_TX_CSUM)
		return true;
	if (!nic_parse(frame, &parsed) || parsed.fragment || parsed.l4 != start)
		return false;
	if (!(features & (parsed.v6 ? NIC_FEAT_TX_CSUM_V6 :
				      NIC_FEAT_TX_CSUM_V4)))
		return false;
	return (parsed.proto == IPPROTO_TCP &&
		offset == offsetof(struct tcphdr, check)) ||
	       (parsed.proto == IPPROTO_UDP &&
		offset == offsetof(struct udphdr, check));
}

/**
 * nic_csum_sum() - the sum that goes with a received frame
 * @frame: the frame, an Ethernet header at least
 *
 * Context: any.
 * Return: one's complement sum of all after the Ethernet header.
 */
u16 nic_csum_sum(const struct wire_frame *frame)
{
	return (__force u16)~csum_fold(csum_partial(frame->data + ETH_HLEN,
						    frame->len - ETH_HLEN, 0));
}

/* @pseudo: sum of addresses, length and protocol. */
static bool nic_csum_verify_l4(const u8 *l4, u32 len, u8 proto, __wsum pseudo)
{
	struct udphdr udp;

	if (proto == IPPROTO_TCP) {
		if (len < sizeof(struct tcphdr))
			return false;
	} else {
		if (len < sizeof(udp))
			return false;
		memcpy(&udp, l4, sizeof(udp));
		/* Without a checksum there is nothing to vouch for. */
		if (!udp.check || ntohs(udp.len) != len)
			return false;
	}
	return !csum_fold(csum_partial(l4, len, pseudo));
}

static bool nic_csum_verify_v4(const u8 *l3, u32 room)
{
	struct iphdr ip;
	u32 hdr_len;
	u32 len;

	if (room < sizeof(ip))
		return false;
	memcpy(&ip, l3, sizeof(ip));
	hdr_len = ip.ihl * 4;
	len = ntohs(ip.tot_len);
	if (ip.version != 4 || hdr_len < sizeof(ip) || len < hdr_len ||
	    len > room || (ip.frag_off & htons(IP_MF | IP_OFFSET)))
		return false;
	if (ip.protocol != IPPROTO_TCP && ip.protocol != IPPROTO_UDP)
		return false;
	if (csum_fold(csum_partial(l3, hdr_len, 0)))
		return false;
	len -= hdr_len;
	return nic_csum_verify_l4(l3 + hdr_len, len, ip.protocol,
				  csum_tcpudp_nofold(ip.saddr, ip.daddr, len,
						     ip.protocol, 0));
}

static bool nic_csum_verify_v6(const u8 *l3, u32 room)
{
	struct ipv6hdr ip6;
	__wsum pseudo;
	u32 len;

	if (room < sizeof(ip6))
		return false;
	memcpy(&ip6, l3, sizeof(ip6));
	len = ntohs(ip6.payload_len);
	if (ip6.version != 6 || len > room - sizeof(ip6))
		return false;
	if (ip6.nexthdr != IPPROTO_TCP && ip6.nexthdr != IPPROTO_UDP)
		return false;
	pseudo = csum_unfold(~csum_ipv6_magic(&ip6.saddr, &ip6.daddr, len,
					      ip6.nexthdr, 0));
	return nic_csum_verify_l4(l3 + sizeof(ip6), len, ip6.nexthdr, pseudo);
}

/**
 * nic_csum_verify() - are the IP and the TCP or UDP checksum right?
 * @frame: a frame; at most one VLAN tag is looked through
 *
 * Fragments, IPv6 extension headers and all that is not TCP or UDP get no
 * answer, which is false.
 *
 * Context: any.
 * Return: true only when both are there and right.
 */
bool nic_csum_verify(const struct wire_frame *frame)
{
	u32 l3 = ETH_HLEN;
	__be16 proto;

	if (frame->len < l3)
		return false;
	proto = get_unaligned((__be16 *)(frame->data + l3 - 2));
	if (proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD)) {
		l3 += VLAN_HLEN;
		if (frame->len < l3)
			return false;
		proto = get_unaligned((__be16 *)(frame->data + l3 - 2));
	}
	if (proto == htons(ETH_P_IP))
		return nic_csum_verify_v4(frame->data + l3, frame->len - l3);
	if (proto == htons(ETH_P_IPV6))
		return nic_csum_verify_v6(frame->data + l3, frame->len - l3);
	return false;
}
