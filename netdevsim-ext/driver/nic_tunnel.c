// SPDX-License-Identifier: GPL-2.0
/*
 * Tunnels: the UDP ports that the stack says are some, and which super-packets
 * in a tunnel the hardware segments.
 */
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/udp_tunnel.h>

#include "nic.h"

#define NIC_TUNNELS	(SKB_GSO_GRE | SKB_GSO_GRE_CSUM | SKB_GSO_IPXIP4 | \
			 SKB_GSO_IPXIP6 | SKB_GSO_UDP_TUNNEL | \
			 SKB_GSO_UDP_TUNNEL_CSUM)
#define NIC_IN_TUNNELS	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | \
			 SKB_GSO_TCP_FIXEDID | SKB_GSO_TCP_ECN | \
			 SKB_GSO_PARTIAL)

static void nic_tunnel_port_write(struct nsim_nic *nic, unsigned int i)
{
	nic_hw_write(nic->hw, NIC_REG_TUNNEL_PORT(i), nic->tunnel_ports[i]);
}

/**
 * nic_tunnel_ports_write() - tell the hardware again, after a reset
 * @nic: the NIC
 *
 * Context: process, under RTNL.
 */
void nic_tunnel_ports_write(struct nsim_nic *nic)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nic->tunnel_ports); i++)
		nic_tunnel_port_write(nic, i);
}

static int nic_tunnel_set(struct net_device *dev, unsigned int table,
			  unsigned int entry, u16 port, unsigned int type)
{
	struct nsim_nic *nic = nic_of(dev);
	unsigned int i = table * NIC_TUNNEL_PORTS + entry;

	WRITE_ONCE(nic->tunnel_ports[i], port);
	nic_tunnel_port_write(nic, i);
	return hgro_port_set(&nic->hgro_ports, i, htons(port), type);
}

static int nic_tunnel_set_port(struct net_device *dev, unsigned int table,
			       unsigned int entry, struct udp_tunnel_info *ti)
{
	return nic_tunnel_set(dev, table, entry, ntohs(ti->port), ti->type);
}

static int nic_tunnel_unset_port(struct net_device *dev, unsigned int table,
				 unsigned int entry,
				 struct udp_tunnel_info *ti)
{
	return nic_tunnel_set(dev, table, entry, 0, 0);
}

const struct udp_tunnel_nic_info nic_tunnel_info = {
	.set_port	= nic_tunnel_set_port,
	.unset_port	= nic_tunnel_unset_port,
	.tables		= {
		{
			.n_entries	= NIC_TUNNEL_PORTS,
			.tunnel_types	= UDP_TUNNEL_TYPE_VXLAN,
		},
		{
			.n_entries	= NIC_TUNNEL_PORTS,
			.tunnel_types	= UDP_TUNNEL_TYPE_GENEVE,
		},
	},
};

static bool nic_tunnel_port_known(const struct nsim_nic *nic, u16 port)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nic->tunnel_ports); i++)
		if (port && READ_ONCE(nic->tunnel_ports[i]) == port)
			return true;
	return false;
}

/**
 * nic_tunnel_known() - is this TCP in one tunnel that the hardware knows?
 * @nic: the NIC
 * @skb: a GSO packet with encapsulation
 *
 * Before the stack has prepared it, and after. One tunnel in another is none:
 * the hardware would leave the ids of the one in between.
 *
 * Context: any.
 * Return: whether it is.
 */
bool nic_tunnel_known(const struct nsim_nic *nic, const struct sk_buff *skb)
{
	u32 type = skb_shinfo(skb)->gso_type;
	const struct udphdr *uh;

	if (type & ~(NIC_TUNNELS | NIC_IN_TUNNELS) ||
	    !(type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) ||
	    hweight32(type & NIC_TUNNELS) != 1)
		return false;
	if (!(type & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)))
		return true;
	if (skb_inner_network_offset(skb) <
	    skb_transport_offset(skb) + (int)sizeof(*uh) ||
	    skb_headlen(skb) < skb_inner_network_offset(skb))
		return false;
	uh = udp_hdr(skb);
	return nic_tunnel_port_known(nic, ntohs(uh->dest));
}

/**
 * nic_tx_check_tunnel() - is this a super-packet in a tunnel, prepared by the
 *	stack for hardware to segment?
 * @skb: a GSO packet with encapsulation, nic_tunnel_known()
 *
 * Context: under the transmit queue's lock.
 * Return: octets of all headers, linear; -EOPNOTSUPP when the stack must
 * segment it; -EINVAL when it contradicts itself.
 */
int nic_tx_check_tunnel(struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 hdr_len;

	if (!(shinfo->gso_type & SKB_GSO_PARTIAL) || skb_has_frag_list(skb) ||
	    skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb_inner_transport_offset(skb) <= skb_inner_network_offset(skb) ||
	    skb_inner_network_offset(skb) <= skb_network_offset(skb) ||
	    skb_headlen(skb) < skb_inner_transport_offset(skb) +
			       sizeof(struct tcphdr))
		return -EOPNOTSUPP;
	hdr_len = skb_inner_tcp_all_headers(skb);
	if (inner_tcp_hdrlen(skb) < sizeof(struct tcphdr) ||
	    !shinfo->gso_size || skb->len <= hdr_len)
		return -EINVAL;
	if (skb_headlen(skb) < hdr_len ||
	    (skb->len - hdr_len) % shinfo->gso_size)
		return -EOPNOTSUPP;
	return hdr_len;
}
