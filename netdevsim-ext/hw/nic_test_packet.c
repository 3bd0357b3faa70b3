// SPDX-License-Identifier: GPL-2.0
/*
 * Packets for the tests, written octet by octet and summed by the definition in
 * RFC 1071: nothing here is shared with what is tested.
 */

#include <linux/string.h>

#include "nic_test_rig.h"

#define RIG_ETH_LEN	14
#define RIG_VLAN_LEN	4
#define RIG_TCP_LEN	32	/* with timestamps */
#define RIG_UDP_LEN	8

static void nic_rig_put16(u8 *dst, u16 val)
{
	dst[0] = val >> 8;
	dst[1] = val;
}

static void nic_rig_put32(u8 *dst, u32 val)
{
	nic_rig_put16(dst, val >> 16);
	nic_rig_put16(dst + 2, val);
}

/**
 * nic_rig_fill() - octets that differ from their neighbours
 * @buf: where to
 * @len: octets
 * @seed: another seed, other octets
 */
void nic_rig_fill(u8 *buf, u32 len, u8 seed)
{
	u32 i;

	for (i = 0; i < len; i++)
		buf[i] = seed + i * 7 + (i >> 8) * 13;
}

/**
 * nic_rig_sum() - ones-complement sum of big-endian 16-bit words
 * @data: the octets
 * @len: their number
 * @sum: to begin with
 *
 * Return: the sum, folded, not complemented.
 */
u16 nic_rig_sum(const u8 *data, u32 len, u32 sum)
{
	u32 i;

	for (i = 0; i < len; i++) {
		sum += i & 1 ? data[i] : data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (sum & 0xffff) + (sum >> 16);
}

/**
 * nic_rig_packet_l3() - where the IP header begins
 * @p: the packet
 *
 * Return: octets.
 */
u32 nic_rig_packet_l3(const struct rig_packet *p)
{
	return RIG_ETH_LEN + (p->vlan ? RIG_VLAN_LEN : 0);
}

/**
 * nic_rig_packet_l4() - where the TCP or UDP header begins
 * @p: the packet
 *
 * Return: octets.
 */
u32 nic_rig_packet_l4(const struct rig_packet *p)
{
	return nic_rig_packet_l3(p) + (p->v6 ? 40 : 20);
}

/**
 * nic_rig_packet_hdr() - octets of all headers
 * @p: the packet
 *
 * Return: octets.
 */
u32 nic_rig_packet_hdr(const struct rig_packet *p)
{
	return nic_rig_packet_l4(p) + (p->udp ? RIG_UDP_LEN : RIG_TCP_LEN);
}

static void nic_rig_write_eth(u8 *dst, const struct rig_packet *p)
{
	nic_rig_fill(dst, 12, 0x40);
	if (p->vlan) {
		nic_rig_put16(dst + 12, 0x8100);
		nic_rig_put16(dst + 14, 0x2005);
	}
	nic_rig_put16(dst + nic_rig_packet_l3(p) - 2, p->v6 ? 0x86dd : 0x0800);
}

static void nic_rig_write_v4(u8 *l3, const struct rig_packet *p, u32 l4_len)
{
	l3[0] = 0x45;
	nic_rig_put16(l3 + 2, 20 + l4_len);
	nic_rig_put16(l3 + 4, p->id);
	l3[6] = 0x40;
	l3[8] = 64;
	l3[9] = p->udp ? 17 : 6;
	nic_rig_put32(l3 + 12, 0xc0000201);
	nic_rig_put32(l3 + 16, 0xc6336407);
	nic_rig_put16(l3 + 10, ~nic_rig_sum(l3, 20, 0));
}

static void nic_rig_write_v6(u8 *l3, const struct rig_packet *p, u32 l4_len)
{
	l3[0] = 0x60;
	l3[3] = 0x55;
	nic_rig_put16(l3 + 4, l4_len);
	l3[6] = p->udp ? 17 : 6;
	l3[7] = 64;
	nic_rig_fill(l3 + 8, 32, 0x20);
}

static void nic_rig_write_tcp(u8 *l4, const struct rig_packet *p)
{
	nic_rig_put16(l4, 40000);
	nic_rig_put16(l4 + 2, 5201);
	nic_rig_put32(l4 + 4, p->seq);
	nic_rig_put32(l4 + 8, 0x01020304);
	l4[12] = (RIG_TCP_LEN / 4) << 4;
	l4[13] = p->flags;
	nic_rig_put16(l4 + 14, 0x1000);
	nic_rig_put32(l4 + 20, 0x0101080a);
	nic_rig_put32(l4 + 24, 0x11223344);
	nic_rig_put32(l4 + 28, 0x55667788);
}

static void nic_rig_write_udp(u8 *l4, u32 l4_len)
{
	nic_rig_put16(l4, 40000);
	nic_rig_put16(l4 + 2, 5201);
	nic_rig_put16(l4 + 4, l4_len);
}

/**
 * nic_rig_packet() - write a packet
 * @dst: where to; headers and payload find room
 * @p: what is wanted
 * @payload: its octets
 *
 * Return: octets written.
 */
u32 nic_rig_packet(u8 *dst, const struct rig_packet *p, const u8 *payload)
{
	u32 hdr_len = nic_rig_packet_hdr(p);
	u8 *l3 = dst + nic_rig_packet_l3(p);
	u8 *l4 = dst + nic_rig_packet_l4(p);
	u32 l4_len = dst + hdr_len - l4 + p->payload;
	u8 *check = l4 + (p->udp ? 6 : 16);
	u16 sum;

	memset(dst, 0, hdr_len);
	memcpy(dst + hdr_len, payload, p->payload);
	nic_rig_write_eth(dst, p);
	if (p->v6)
		nic_rig_write_v6(l3, p, l4_len);
	else
		nic_rig_write_v4(l3, p, l4_len);
	if (p->udp)
		nic_rig_write_udp(l4, l4_len);
	else
		nic_rig_write_tcp(l4, p);

	sum = nic_rig_sum(p->v6 ? l3 + 8 : l3 + 12, p->v6 ? 32 : 8,
			  l4_len + (p->udp ? 17 : 6));
	if (p->full)
		sum = ~nic_rig_sum(l4, l4_len, sum);
	if (p->full && p->udp && !sum)
		sum = 0xffff;
	nic_rig_put16(check, sum);
	return hdr_len + p->payload;
}
