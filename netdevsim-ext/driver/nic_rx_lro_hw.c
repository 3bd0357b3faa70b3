// SPDX-License-Identifier: GPL-2.0
/*
 * Receive where the hardware aggregates: what it merged becomes a GSO packet, as
 * GRO would have made it.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "nic.h"
#include "nic_rx.h"

/**
 * nic_lro_hw_offer() - offer NETIF_F_GRO_HW with the strategy that has it
 * @nic: the NIC
 * @rxs: the new strategy; the caller updates features afterwards
 *
 * On at first. What is merged can be forwarded, so it stays on there.
 *
 * Context: process, under RTNL.
 */
void nic_lro_hw_offer(struct nsim_nic *nic, enum nic_rx_strategy rxs)
{
	struct net_device *dev = nic->netdev;

	if (rxs == NIC_RX_LRO_HW && !(dev->hw_features & NETIF_F_GRO_HW)) {
		dev->hw_features |= NETIF_F_GRO_HW;
		dev->wanted_features |= NETIF_F_GRO_HW;
	} else if (rxs != NIC_RX_LRO_HW) {
		dev->hw_features &= ~NETIF_F_GRO_HW;
		dev->wanted_features &= ~NETIF_F_GRO_HW;
	}
}

/* The sum of the pseudo-header of a TCP packet of @len octets. */
static __sum16 nic_lro_hw_pseudo(const struct sk_buff *skb, u32 l3, u32 len,
				 bool v6)
{
	const struct ipv6hdr *ip6h = (void *)skb->data + l3;
	const struct iphdr *iph = (void *)skb->data + l3;

	if (v6)
		return ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					IPPROTO_TCP, 0);
	return ~csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_TCP, 0);
}

/**
 * nic_lro_hw_finish() - make a GSO packet of what the hardware merged
 * @skb: it, from the Ethernet header on; its headers are linear
 * @mss: payload octets of a segment
 * @segs: how many there were
 *
 * Context: NAPI.
 * Return: octets of the headers of one; 0: this is no such packet, and it stays
 * as it is.
 */
u32 nic_lro_hw_finish(struct sk_buff *skb, u32 mss, u32 segs)
{
	__be16 proto = ((struct ethhdr *)skb->data)->h_proto;
	u32 l3 = ETH_HLEN;
	struct tcphdr *th;
	u32 l4;
	bool v6;

	if (proto == htons(ETH_P_8021Q)) {
		l3 = VLAN_ETH_HLEN;
		proto = ((struct vlan_ethhdr *)skb->data)->h_vlan_encapsulated_proto;
	}
	v6 = proto == htons(ETH_P_IPV6);
	l4 = l3 + (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	if (!mss || segs < 2 || (!v6 && proto != htons(ETH_P_IP)) ||
	    skb_headlen(skb) < l4 + sizeof(*th) ||
	    !skb_partial_csum_set(skb, l4, offsetof(struct tcphdr, check)))
		return 0;
	th = (void *)skb->data + l4;
	th->check = nic_lro_hw_pseudo(skb, l3, skb->len - l4, v6);
	skb_shinfo(skb)->gso_size = mss;
	skb_shinfo(skb)->gso_segs = segs;
	skb_shinfo(skb)->gso_type = v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	return l4 + th->doff * 4;
}
