// SPDX-License-Identifier: GPL-2.0
/*
 * Receive by the generic LRO interface, as drivers of 2007 did it: complete
 * sk_buffs, as eHEA, or pages, as myri10ge.
 */
#include <linux/inetdevice.h>
#include <linux/if_vlan.h>
#include <net/addrconf.h>

#include "nic.h"
#include "nic_rx.h"

#define NIC_LRO_AGGR	64

/*
 * Headers of TCP in IP, behind one VLAN tag at most. What the hardware verified
 * it says beside the packet; lengths and all else are for LRO to look at.
 */
static int nic_lro_find(u8 *mac, u32 len, void **ip_hdr, void **tcp_hdr,
			u64 *flags)
{
	__be16 proto = ((struct ethhdr *)mac)->h_proto;
	u32 l3 = ETH_HLEN;

	if (proto == htons(ETH_P_8021Q) && len >= VLAN_ETH_HLEN) {
		proto = ((struct vlan_ethhdr *)mac)->h_vlan_encapsulated_proto;
		l3 = VLAN_ETH_HLEN;
	}
	*ip_hdr = mac + l3;
	if (proto == htons(ETH_P_IP) && len >= l3 + sizeof(struct iphdr)) {
		struct iphdr *iph = *ip_hdr;

		*flags = LRO_IPV4 | LRO_TCP;
		*tcp_hdr = mac + l3 + iph->ihl * 4;
		return iph->protocol != IPPROTO_TCP;
	}
	if (proto == htons(ETH_P_IPV6) && len >= l3 + sizeof(struct ipv6hdr)) {
		struct ipv6hdr *ip6h = *ip_hdr;

		*flags = LRO_IPV6 | LRO_TCP;
		*tcp_hdr = ip6h + 1;
		return ip6h->nexthdr != IPPROTO_TCP;
	}
	return -1;
}

static int nic_lro_skb_header(struct sk_buff *skb, void **ip_hdr,
			      void **tcp_hdr, u64 *flags, void *priv)
{
	u8 *mac = skb_mac_header(skb);

	return nic_lro_find(mac, skb_tail_pointer(skb) - mac, ip_hdr, tcp_hdr,
			    flags);
}

static int nic_lro_frag_header(struct skb_frag_struct *frag, void **mac_hdr,
			       void **ip_hdr, void **tcp_hdr, u64 *flags,
			       void *priv)
{
	*mac_hdr = skb_frag_address(frag);
	return nic_lro_find(*mac_hdr, skb_frag_size(frag), ip_hdr, tcp_hdr,
			    flags);
}

/**
 * nic_lro_init() - the manager of a receive ring
 * @ring: the ring
 *
 * Context: process, before the first packet.
 * Return: 0 or what lro_mgr_init() said.
 */
int nic_lro_init(struct nic_rx_ring *ring)
{
	ring->lro = (struct net_lro_mgr){
		.dev = ring->nic->netdev,
		.features = LRO_F_NAPI | LRO_F_PAGE_POOL,
		.ip_summed_aggr = CHECKSUM_UNNECESSARY,
		.max_desc = ARRAY_SIZE(ring->lro_desc),
		.max_aggr = NIC_LRO_AGGR,
		.frag_align_pad = NET_IP_ALIGN,
		.lro_arr = ring->lro_desc,
		.get_skb_header = nic_lro_skb_header,
		.get_frag_header = nic_lro_frag_header,
	};
	return lro_mgr_init(&ring->lro, ARRAY_SIZE(ring->lro_desc));
}

/**
 * nic_lro_page() - a frame in one buffer
 * @ring: the ring
 * @frame: what there is of it; its page is taken
 *
 * Context: NAPI.
 */
void nic_lro_page(struct nic_rx_ring *ring, const struct hgro_frame *frame)
{
	skb_frag_t frag;

	skb_frag_fill_page_desc(&frag, frame->page, frame->offset, frame->len);
	ring->lro.ip_summed = frame->ip_summed;
	if (frame->vlan_proto)
		lro_vlan_hwaccel_receive_frags(&ring->lro, &frag, frame->len,
					       frame->truesize, NULL,
					       frame->vlan_tci, NULL,
					       frame->csum);
	else
		lro_receive_frags(&ring->lro, &frag, frame->len,
				  frame->truesize, NULL, frame->csum);
}

/* Does the stack do what LRO must be off for? */
static bool nic_lro_forwards(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	return netif_is_bridge_port(dev) ||
	       (in_dev && IN_DEV_FORWARD(in_dev)) ||
	       (in6_dev && READ_ONCE(in6_dev->cnf.forwarding));
}

/**
 * nic_lro_offer() - offer NETIF_F_LRO with the strategies that have it
 * @nic: the NIC
 * @rxs: the new strategy; the caller updates features afterwards
 *
 * On at first, but not where packets are forwarded: who turned that on has
 * turned LRO off, when there was none. From one strategy with it to another it
 * stays as it is.
 *
 * Context: process, under RTNL.
 */
void nic_lro_offer(struct nsim_nic *nic, enum nic_rx_strategy rxs)
{
	struct net_device *dev = nic->netdev;

	if (!nic_rx_is_lro(rxs)) {
		dev->hw_features &= ~NETIF_F_LRO;
		dev->wanted_features &= ~NETIF_F_LRO;
		return;
	}
	if (dev->hw_features & NETIF_F_LRO)
		return;
	dev->hw_features |= NETIF_F_LRO;
	if (!nic_lro_forwards(dev))
		dev->wanted_features |= NETIF_F_LRO;
}

/**
 * nic_lro_sum() - what the managers of all queues counted
 * @nic: the NIC
 * @sum: filled in
 *
 * Context: process.
 */
void nic_lro_sum(struct nsim_nic *nic, struct nic_lro_stats *sum)
{
	u32 i;

	*sum = (struct nic_lro_stats){ };
	for (i = 0; i < nic->nr_queues; i++) {
		const struct net_lro_stats *stats = &nic->queues[i].rx.lro.stats;

		sum->aggregated += READ_ONCE(stats->aggregated);
		sum->flushed += READ_ONCE(stats->flushed);
		sum->no_desc += READ_ONCE(stats->no_desc);
		sum->passed += READ_ONCE(stats->passed);
		sum->dropped += READ_ONCE(stats->dropped);
	}
}
