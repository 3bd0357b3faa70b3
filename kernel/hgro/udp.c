// SPDX-License-Identifier: GPL-2.0
/*
 * Which UDP is merged: that of a tunnel whose port the stack has named, that to a
 * socket which has asked for it (UDP_GRO), and what is forwarded when the device
 * says so. As stock GRO decides.
 */
#include <linux/export.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6_stubs.h>
#include <net/l3mdev.h>
#include <net/udp.h>

#include "hgro_impl.h"

/**
 * hgro_port_set() - the stack says which UDP port is a tunnel's
 * @ports: what the contexts of a device share
 * @entry: which entry, below HGRO_PORTS; it is overwritten
 * @port: the port, network order; 0 for none any more
 * @type: UDP_TUNNEL_TYPE_* of it
 *
 * For set_port() and unset_port() of &struct udp_tunnel_nic_info.
 *
 * Context: process; polls may run beside it.
 * Return: 0; -EINVAL for an entry or a type that cannot be.
 */
int hgro_port_set(struct hgro_ports *ports, unsigned int entry, __be16 port,
		  unsigned int type)
{
	if (entry >= HGRO_PORTS || type > U16_MAX || (port && !type))
		return -EINVAL;
	WRITE_ONCE(ports->entry[entry],
		   port ? (u32)ntohs(port) << 16 | type : 0);
	return 0;
}
EXPORT_SYMBOL_GPL(hgro_port_set);

/**
 * hgro_port_tunnel() - is a UDP port a tunnel's?
 * @hgro: the context
 * @port: the port, host order
 *
 * Context: any.
 * Return: UDP_TUNNEL_TYPE_* of it, 0 when it is not.
 */
unsigned int hgro_port_tunnel(const struct hgro *hgro, u16 port)
{
	const struct hgro_ports *ports = hgro->config.ports;
	unsigned int i;
	u32 entry;

	for (i = 0; ports && i < HGRO_PORTS; i++) {
		entry = READ_ONCE(ports->entry[i]);
		if (entry >> 16 == port)
			return entry & U16_MAX;
	}
	return 0;
}

/* As the stack counts the interfaces of an L3 master. */
static void hgro_iif(const struct net_device *dev, int *iif, int *sdif)
{
	*iif = dev->ifindex;
	*sdif = 0;
	if (netif_is_l3_slave(dev)) {
		*sdif = *iif;
		*iif = l3mdev_master_ifindex_rcu(dev);
	}
}

static struct sock *hgro_socket4(struct net_device *dev,
				 const struct iphdr *iph,
				 const struct udphdr *uh)
{
	struct net *net = dev_net(dev);
	int iif, sdif;

	if (!static_branch_unlikely(&udp_encap_needed_key))
		return NULL;
	hgro_iif(dev, &iif, &sdif);
	return __udp4_lib_lookup(net, iph->saddr, uh->source, iph->daddr,
				 uh->dest, iif, sdif, net->ipv4.udp_table,
				 NULL);
}

static struct sock *hgro_socket6(struct net_device *dev,
				 const struct ipv6hdr *ip6h,
				 const struct udphdr *uh)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct ipv6_bpf_stub *stub = READ_ONCE(ipv6_bpf_stub);
	struct net *net = dev_net(dev);
	int iif, sdif;

	if (!static_branch_unlikely(&udpv6_encap_needed_key) || !stub)
		return NULL;
	hgro_iif(dev, &iif, &sdif);
	return stub->udp6_lib_lookup(net, &ip6h->saddr, uh->source,
				     &ip6h->daddr, uh->dest, iif, sdif,
				     net->ipv4.udp_table, NULL);
#else
	return NULL;
#endif
}

/**
 * hgro_udp_wanted() - does anybody want a UDP packet merged?
 * @hgro: the context
 * @pkt: the packet
 * @stack: its layers, no tunnel
 *
 * Context: softirq.
 * Return: whether somebody does.
 */
bool hgro_udp_wanted(const struct hgro *hgro, const struct hgro_packet *pkt,
		     const struct hdr_stack *stack)
{
	struct net_device *dev = pkt->skb ? pkt->skb->dev : hgro->napi->dev;
	const void *uh = pkt->data + stack->start[stack->layers - 1];
	const void *l3h = pkt->data + stack->start[stack->ip];
	struct sock *sk;
	bool wanted;

	rcu_read_lock();
	sk = stack->type[stack->ip] == HDR_IPV6 ? hgro_socket6(dev, l3h, uh) :
						  hgro_socket4(dev, l3h, uh);
	/* One with a tunnel behind it has its port named, or is not known. */
	if (sk)
		wanted = !udp_sk(sk)->gro_receive &&
			 udp_test_bit(GRO_ENABLED, sk);
	else
		wanted = dev->features & NETIF_F_GRO_UDP_FWD;
	rcu_read_unlock();
	return wanted;
}
