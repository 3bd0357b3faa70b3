// SPDX-License-Identifier: GPL-2.0
/*
 * Segmentation by net/core/tso.c, as in-tree drivers without TSO do today:
 * headers in a coherent ring, and a mapping for every piece of payload.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/tso.h>

#include "nic.h"

/* At worst one frame has a bit of each piece, and its headers. */
static bool nic_tso_lib_fits(const struct nsim_nic *nic,
			     const struct sk_buff *skb)
{
	return READ_ONCE(nic->tx_csum) &&
	       skb_shinfo(skb)->nr_frags + 2 <= READ_ONCE(nic->max_descs) &&
	       skb_shinfo(skb)->gso_size <= READ_ONCE(nic->max_slice);
}

static int nic_tso_lib_prepare(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	int hdr_len = nic_tx_check_tcp(skb);
	u32 descs;

	if (hdr_len < 0)
		return hdr_len;
	/* The library clears neither CWR nor keeps an IP id. */
	if (hdr_len > TSO_HEADER_SIZE ||
	    skb_shinfo(skb)->gso_type & (SKB_GSO_TCP_ECN |
					 SKB_GSO_TCP_FIXEDID) ||
	    !nic_tso_lib_fits(ring->nic, skb))
		return -EOPNOTSUPP;

	/* gso_segs may be unset, so not tso_count_descs(). */
	descs = DIV_ROUND_UP(skb->len - hdr_len, skb_shinfo(skb)->gso_size);
	descs = 2 * descs + skb_shinfo(skb)->nr_frags + 1;
	return descs > nic_tx_capacity(ring) ? -EOPNOTSUPP : descs;
}

/*
 * The library leaves the checksums to hardware that computes whole ones. Ours
 * finishes a TCP sum only, from the pseudo-header of this segment.
 */
static void nic_tso_lib_sums(const struct sk_buff *skb, u8 *hdr, u32 l4_len)
{
	struct tcphdr *th = (struct tcphdr *)(hdr + skb_transport_offset(skb));
	u8 *l3 = hdr + skb_network_offset(skb);
	struct ipv6hdr *ip6h;
	struct iphdr *iph;

	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6) {
		ip6h = (struct ipv6hdr *)l3;
		th->check = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, l4_len,
					     IPPROTO_TCP, 0);
	} else {
		iph = (struct iphdr *)l3;
		ip_send_check(iph);
		th->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr, l4_len,
					       IPPROTO_TCP, 0);
	}
}

static void nic_tso_lib_hdr(struct nic_tx_ring *ring, struct sk_buff *skb,
			    struct tso_t *tso, u32 hdr_len, u32 size, bool last)
{
	u32 at = ring->use * TSO_HEADER_SIZE;
	u8 *hdr = ring->mem.hdrs + at;
	struct nic_tx_desc *desc;

	tso_build_hdr(skb, hdr, tso, size, last);
	nic_tso_lib_sums(skb, hdr, tcp_hdrlen(skb) + size);
	desc = nic_tx_post(ring, ring->mem.hdrs_dma + at, hdr_len, false);
	nic_tx_desc_csum(desc, skb_transport_offset(skb),
			 offsetof(struct tcphdr, check));
}

static int nic_tso_lib_data(struct nic_tx_ring *ring, struct sk_buff *skb,
			    struct tso_t *tso, u32 size)
{
	u32 piece;
	int err;

	for (; size; size -= piece) {
		piece = min_t(u32, size, tso->size);
		if (!piece)
			return -EINVAL;
		err = nic_tx_map_single(ring, tso->data, piece);
		if (err)
			return err;
		tso_build_data(skb, tso, piece);
	}
	nic_tx_desc_eop(ring);
	return 0;
}

static int nic_tso_lib_send(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	u32 mss = skb_shinfo(skb)->gso_size;
	struct tso_t tso;
	u32 hdr_len;
	u32 left;
	u32 size;
	int err;

	hdr_len = tso_start(skb, &tso);
	for (left = skb->len - hdr_len; left; left -= size) {
		size = min(left, mss);
		nic_tso_lib_hdr(ring, skb, &tso, hdr_len, size, size == left);
		err = nic_tso_lib_data(ring, skb, &tso, size);
		if (err)
			return err;
	}
	return 0;
}

const struct nic_tx_strategy nic_tx_tso_lib = {
	.name		= "tso-lib",
	.kind		= NIC_TX_KIND_TSO_LIB,
	.features	= NETIF_F_TSO | NETIF_F_TSO6,
	.fits		= nic_tso_lib_fits,
	.prepare	= nic_tso_lib_prepare,
	.send		= nic_tso_lib_send,
};
