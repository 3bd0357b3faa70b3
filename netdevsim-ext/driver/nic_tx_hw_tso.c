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
	if (skb->encapsulation && !nic_tunnel_known(nic, skb))
		return false;
	if (!READ_ONCE(nic->tx_csum))
		return false;
	return READ_ONCE(nic->layout)->tso && skb->len <= NIC_MAX_TSO_LEN &&
	       nic_tx_descs(nic, skb) <= READ_ONCE(nic->max_descs);
}

/* Octets of all headers, or why the hardware cannot. */
static int nic_hw_tso_check(struct sk_buff *skb)
{
	if (skb->encapsulation)
		return nic_tx_check_tunnel(skb);
	return nic_hw_tso_is_uso(skb) ? nic_tx_check_udp(skb) :
					nic_tx_check_tcp(skb);
}

static int nic_hw_tso_prepare(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	int hdr_len;

	if (!nic_hw_tso_fits(ring->nic, skb))
		return -EOPNOTSUPP;
	hdr_len = nic_hw_tso_check(skb);
	return hdr_len < 0 ? hdr_len : nic_tx_descs(ring->nic, skb);
}

/* What the descriptor says of the headers that differ between segments. */
static void nic_hw_tso_offsets(struct nic_tx_desc *desc,
			       const struct sk_buff *skb, u16 *flags)
{
	bool uso = nic_hw_tso_is_uso(skb);
	const struct iphdr *ip = ip_hdr(skb);
	u32 l3 = skb_network_offset(skb);

	if (uso)
		*flags |= NIC_TX_USO;
	if (skb->encapsulation) {
		*flags |= NIC_TX_TUNNEL;
		desc->outer_l3 = cpu_to_le16(l3);
		ip = inner_ip_hdr(skb);
		l3 = skb_inner_network_offset(skb);
	}
	if (ip->version == 6)
		*flags |= NIC_TX_TSO_V6;
	desc->l3_start = cpu_to_le16(l3);
	desc->hdr_len = cpu_to_le16(nic_tx_hdr_len(skb));
	nic_tx_desc_csum(desc, skb_checksum_start_offset(skb),
			 uso ? offsetof(struct udphdr, check) :
			       offsetof(struct tcphdr, check));
}

static int nic_hw_tso_send(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	struct nic_tx_desc *first = &ring->mem.desc[ring->use];
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u16 flags = NIC_TX_TSO;
	int err;

	err = nic_tx_map_skb(ring, skb);
	if (err)
		return err;
	nic_hw_tso_offsets(first, skb, &flags);
	if (shinfo->gso_type & SKB_GSO_TCP_FIXEDID)
		flags |= NIC_TX_TSO_FIXEDID;
	first->flags |= cpu_to_le16(flags);
	first->mss = cpu_to_le16(shinfo->gso_size);
	return 0;
}

#define NIC_HW_TUNNELS	(NETIF_F_GSO_GRE | NETIF_F_GSO_GRE_CSUM | \
			 NETIF_F_GSO_IPXIP4 | NETIF_F_GSO_IPXIP6 | \
			 NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM)

const struct nic_tx_strategy nic_tx_hw_tso = {
	.name		= "tso-hw",
	.kind		= NIC_TX_KIND_HW_TSO,
	.features	= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN |
			  NETIF_F_TSO_MANGLEID | NETIF_F_GSO_UDP_L4 |
			  NETIF_F_GSO_PARTIAL | NIC_HW_TUNNELS,
	.partial	= NIC_HW_TUNNELS,
	.whole		= true,
	.fits		= nic_hw_tso_fits,
	.prepare	= nic_hw_tso_prepare,
	.send		= nic_hw_tso_send,
};
