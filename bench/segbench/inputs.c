// SPDX-License-Identifier: GPL-2.0
/*
 * The super-packets that cases are run on.
 */
#include <linux/export.h>
#include <linux/kernel.h>

#include "segbench.h"

#define SEGBENCH_PACKET(_name, _segments, _layout, ...)			\
	{								\
		.input = { .name = _name, .segments = _segments },	\
		.layout = _layout,					\
		__VA_ARGS__						\
	}

static const struct segbench_packet segbench_packets[] = {
	SEGBENCH_PACKET("tcpv4-2-32k", 2, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-8-32k", 8, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-22-32k", 22, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-45-32k", 45, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv4-22-4k", 22, SEGBENCH_4K),
	SEGBENCH_PACKET("tcpv4-45-4k", 45, SEGBENCH_4K),
	SEGBENCH_PACKET("tcpv4-8-linear", 8, SEGBENCH_LINEAR),
	SEGBENCH_PACKET("tcpv6-2-32k", 2, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("tcpv6-8-32k", 8, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("tcpv6-22-32k", 22, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("tcpv6-45-32k", 45, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("tcpv6-45-4k", 45, SEGBENCH_4K, .ipv6 = true),
	SEGBENCH_PACKET("tcpv6-8-linear", 8, SEGBENCH_LINEAR, .ipv6 = true),
};

/* Up to 64 KB the same number of segments, beyond as many as there are. */
static const struct segbench_packet segbench_kinds[] = {
	SEGBENCH_PACKET("tcpv4-45", 45, SEGBENCH_32K),
	SEGBENCH_PACKET("tcpv6-45", 45, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("usov4-44", 44, SEGBENCH_32K, .udp = true),
	SEGBENCH_PACKET("usov6-44", 44, SEGBENCH_32K, .udp = true,
			.ipv6 = true),
	SEGBENCH_PACKET("vlan-45", 45, SEGBENCH_32K, .tags = 1),
	SEGBENCH_PACKET("qinq-45", 45, SEGBENCH_32K, .tags = 2),
	SEGBENCH_PACKET("ipip-45", 45, SEGBENCH_32K,
			.tunnel = SEGBENCH_IPXIP),
	SEGBENCH_PACKET("sit-45", 45, SEGBENCH_32K, .tunnel = SEGBENCH_IPXIP,
			.ipv6 = true),
	SEGBENCH_PACKET("ip6ip6-45", 45, SEGBENCH_32K,
			.tunnel = SEGBENCH_IPXIP, .ipv6 = true,
			.outer_ipv6 = true),
	SEGBENCH_PACKET("gre-45", 45, SEGBENCH_32K, .tunnel = SEGBENCH_GRE),
	SEGBENCH_PACKET("gre-csum-45", 45, SEGBENCH_32K,
			.tunnel = SEGBENCH_GRE_CSUM),
	SEGBENCH_PACKET("vxlan-45", 45, SEGBENCH_32K,
			.tunnel = SEGBENCH_VXLAN),
	SEGBENCH_PACKET("vxlan-csum-45", 45, SEGBENCH_32K,
			.tunnel = SEGBENCH_VXLAN_CSUM),
	SEGBENCH_PACKET("vxlan-uso-44", 44, SEGBENCH_32K,
			.tunnel = SEGBENCH_VXLAN, .udp = true),
	SEGBENCH_PACKET("linear-45", 45, SEGBENCH_LINEAR),
	SEGBENCH_PACKET("frags4k-45", 45, SEGBENCH_4K),
	SEGBENCH_PACKET("list-45", 45, SEGBENCH_LIST),
	SEGBENCH_PACKET("bigv4-128k", 90, SEGBENCH_32K),
	SEGBENCH_PACKET("bigv4-512k", 362, SEGBENCH_32K),
	SEGBENCH_PACKET("bigv6-128k", 91, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("bigv6-256k", 183, SEGBENCH_32K, .ipv6 = true),
	SEGBENCH_PACKET("bigv6-512k", 367, SEGBENCH_32K, .ipv6 = true),
};

/**
 * segbench_packet_input() - TCP super-packets
 * @index: from 0
 *
 * Context: any.
 * Return: the input, part of a &struct segbench_packet; NULL beyond the last.
 */
const struct segbench_input *segbench_packet_input(unsigned int index)
{
	if (index >= ARRAY_SIZE(segbench_packets))
		return NULL;
	return &segbench_packets[index].input;
}
EXPORT_SYMBOL_GPL(segbench_packet_input);

/**
 * segbench_kinds_input() - a super-packet of each kind
 * @index: from 0
 *
 * Context: any.
 * Return: the input, part of a &struct segbench_packet; NULL beyond the last.
 */
const struct segbench_input *segbench_kinds_input(unsigned int index)
{
	if (index >= ARRAY_SIZE(segbench_kinds))
		return NULL;
	return &segbench_kinds[index].input;
}
