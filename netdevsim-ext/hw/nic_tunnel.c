// SPDX-License-Identifier: GPL-2.0
/*
 * TCP in a tunnel: what of the outer headers the hardware looks at, and writes.
 * They are those of a full segment already; only an IPv4 id counts up.
 */

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "nic_dev.h"

static bool nic_tunnel_port_known(struct nic_hw *hw, u16 port)
{
	u32 i;

	for (i = 0; i < 2 * NIC_TUNNEL_PORTS; i++)
		if (port && nic_reg(hw, NIC_REG_TUNNEL_PORT(i)) == port)
			return true;
	return false;
}

/**
 * struct nic_outer - what the outer IP header says
 * @len: octets of it
 * @total: octets of the packet, header included
 * @proto: what comes after it
 */
struct nic_outer {
	u32 len;
	u32 total;
	u8 proto;
};

static int nic_tunnel_parse(const struct nic_tso *tso, struct nic_outer *outer)
{
	const u8 *l3 = tso->hdr + tso->outer;
	u32 room = tso->l3 - tso->outer;
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (room < sizeof(ip))
		return -EINVAL;
	memcpy(&ip, l3, sizeof(ip));
	if (ip.version == 4) {
		outer->len = ip.ihl * 4;
		outer->total = ntohs(ip.tot_len);
		outer->proto = ip.protocol;
		return outer->len >= sizeof(ip) && outer->len <= room ? 0 :
		       -EINVAL;
	}
	if (ip.version != 6 || room < sizeof(ip6))
		return -EINVAL;
	memcpy(&ip6, l3, sizeof(ip6));
	outer->len = sizeof(ip6);
	outer->total = ntohs(ip6.payload_len) + sizeof(ip6);
	outer->proto = ip6.nexthdr;
	return 0;
}

/**
 * nic_tunnel_check() - does the tunnel make sense, and is it one?
 * @hw: the NIC
 * @q: the queue; its headers are read, and are right from the inner IP header on
 *
 * Context: the thread's.
 * Return: 0, or -EINVAL: no outer IP header there, its length is not that of a
 * full segment, the last one would not be full, or it is UDP to a port that is
 * no tunnel's.
 */
int nic_tunnel_check(struct nic_hw *hw, const struct nic_txq *q)
{
	const struct nic_tso *tso = &q->tso;
	struct nic_outer outer;
	struct udphdr uh;

	if (tso->outer < ETH_HLEN || tso->outer >= tso->l3 ||
	    tso->payload % tso->mss || nic_tunnel_parse(tso, &outer))
		return -EINVAL;
	if (outer.total != tso->hdr_len - tso->outer + tso->mss)
		return -EINVAL;
	if (outer.proto != IPPROTO_UDP)
		return 0;
	if (tso->outer + outer.len + sizeof(uh) > tso->l3)
		return -EINVAL;
	memcpy(&uh, tso->hdr + tso->outer + outer.len, sizeof(uh));
	return nic_tunnel_port_known(hw, ntohs(uh.dest)) ? 0 : -EINVAL;
}

/**
 * nic_tunnel_write() - the outer headers of the next segment
 * @tso: where segmentation stands; a tunnel
 * @frame: the segment, headers copied
 */
void nic_tunnel_write(const struct nic_tso *tso, u8 *frame)
{
	u8 *l3 = frame + tso->outer;
	struct iphdr ip;

	memcpy(&ip, l3, sizeof(ip));
	if (ip.version != 4)
		return;
	ip.id = htons(ntohs(ip.id) + tso->index);
	ip.check = 0;
	memcpy(l3, &ip, sizeof(ip));
	ip.check = csum_fold(csum_partial(l3, ip.ihl * 4, 0));
	memcpy(l3, &ip, sizeof(ip));
}
