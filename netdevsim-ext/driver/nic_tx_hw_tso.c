// SPDX-License-Identifier: GPL-2.0
/* The hardware segments: mapped and posted like one large frame. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "nic.h"

static bool nic_hw_tso_is_uso(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4;
}

static bool nic_hw_tso_fits(const struct nsim_nic *nic,
			    const struct sk_buff *skb)
{
	return skb->len <= NIC_MAX_TSO_LEN &&
	       nic_tx_descs(nic, skb) <= READ_ONCE(nic->max_descs);
}

static int nic_hw_tso_prepare(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	int hdr_len = nic_hw_tso_is_uso(skb) ? nic_tx_check_udp(skb) :
					       nic_tx_check_tcp(skb);

	if (hdr_len < 0)
		return hdr_len;
	if (!nic_hw_tso_fits(ring->nic, skb))
		return -EOPNOTSUPP;
	return nic_tx_descs(ring->nic, skb);
}

static int nic_hw_tso_send(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	struct nic_tx_desc *first = &ring->mem.desc[ring->use];
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 l4 = skb_transport_offset(skb);
	bool uso = nic_hw_tso_is_uso(skb);
	u16 flags = NIC_TX_TSO;
	int err;

	err = nic_tx_map_skb(ring, skb);
	if (err)
		return err;
	if (uso)
		flags |= NIC_TX_USO;
	if (ip_hdr(skb)->version == 6)
		flags |= NIC_TX_TSO_V6;
	if (shinfo->gso_type & SKB_GSO_TCP_FIXEDID)
		flags |= NIC_TX_TSO_FIXEDID;
	nic_tx_desc_csum(first, l4, uso ? offsetof(struct udphdr, check) :
					  offsetof(struct tcphdr, check));
	first->flags |= cpu_to_le16(flags);
	first->mss = cpu_to_le16(shinfo->gso_size);
	first->hdr_len = cpu_to_le16(uso ? l4 + sizeof(struct udphdr) :
					   skb_tcp_all_headers(skb));
	first->l3_start = cpu_to_le16(skb_network_offset(skb));
	return 0;
}

const struct nic_tx_strategy nic_tx_hw_tso = {
	.name		= "tso-hw",
	.kind		= NIC_TX_KIND_HW_TSO,
	.features	= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN |
			  NETIF_F_TSO_MANGLEID | NETIF_F_GSO_UDP_L4,
	.whole		= true,
	.fits		= nic_hw_tso_fits,
	.prepare	= nic_hw_tso_prepare,
	.send		= nic_hw_tso_send,
};
