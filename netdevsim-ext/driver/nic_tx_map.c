// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors and mappings: what the transmit strategies are made of. All of
 * it runs under the transmit queue's lock, except nic_tx_unmap().
 */
#include <linux/dma-mapping.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "nic.h"

static struct nic_tx_buf *nic_tx_last(struct nic_tx_ring *ring)
{
	u32 last = (ring->use ?: ring->mem.size) - 1;

	return &ring->mem.bufs[last];
}

/**
 * nic_tx_post() - write the next descriptor
 * @ring: it has room
 * @addr: bus address of the slice
 * @len: octets of it
 * @eop: it ends a frame
 *
 * The hardware sees it when the doorbell is rung.
 *
 * Context: under the transmit queue's lock.
 * Return: the descriptor, for fields that only the first of a chain has.
 */
struct nic_tx_desc *nic_tx_post(struct nic_tx_ring *ring, dma_addr_t addr,
				u32 len, bool eop)
{
	struct nic_tx_desc *desc = &ring->mem.desc[ring->use];
	struct nic_tx_buf *buf = &ring->mem.bufs[ring->use];

	*desc = (struct nic_tx_desc) {
		.addr = cpu_to_le64(addr),
		.len = cpu_to_le32(len),
		.flags = cpu_to_le16(eop ? NIC_TX_EOP : 0),
	};
	if (ring->chain && ring->vlan) {
		desc->flags |= cpu_to_le16(NIC_TX_VLAN);
		desc->vlan_tci = cpu_to_le16(ring->vlan_tci);
		ring->bytes += VLAN_HLEN;
	}
	ring->chain = eop;
	buf->skb = NULL;
	buf->txs = ring->txs;
	buf->map = NIC_MAP_NONE;
	ring->bytes += len;
	ring->frames += eop;
	if (++ring->use == ring->mem.size)
		ring->use = 0;
	return desc;
}

/* One map, one descriptor; more where the hardware takes shorter slices. */
static void nic_tx_post_map(struct nic_tx_ring *ring, dma_addr_t addr, u32 len)
{
	u32 most = ring->nic->max_slice;
	u32 hdr = ring->nic->max_hdr;

	if (unlikely(ring->chain && len > hdr)) {
		nic_tx_post(ring, addr, hdr, false);
		addr += hdr;
		len -= hdr;
	}
	for (; unlikely(len > most); addr += most, len -= most)
		nic_tx_post(ring, addr, most, false);
	nic_tx_post(ring, addr, len, false);
}

static void nic_tx_mapped(struct nic_tx_ring *ring, enum nic_tx_map map,
			  dma_addr_t addr, u32 len)
{
	struct nic_tx_buf *buf = nic_tx_last(ring);

	buf->map = map;
	buf->addr = addr;
	buf->len = len;
	ring->maps++;
}

/**
 * nic_tx_map_single() - map octets of the linear kind, and post them
 * @ring: it has room; a slice that is too long for the hardware takes more
 *	than one descriptor
 * @data: where they are
 * @len: how many, not 0
 *
 * Context: under the transmit queue's lock.
 * Return: 0, or -ENOMEM when they could not be mapped.
 */
int nic_tx_map_single(struct nic_tx_ring *ring, void *data, u32 len)
{
	struct device *dev = ring->nic->dma_dev;
	enum dma_data_direction dir = DMA_TO_DEVICE;
	u32 mapped = len;
	dma_addr_t addr;

	if (nic_has_bug(ring->nic, NIC_BUG_HEADER))
		data = nic_bug_header(ring->nic, data, len);
	if (nic_has_bug(ring->nic, NIC_BUG_DIRECTION))
		dir = DMA_FROM_DEVICE;
	if (nic_has_bug(ring->nic, NIC_BUG_LENGTH) && len > 1)
		mapped--;
	addr = dma_map_single(dev, data, mapped, dir);
	if (dma_mapping_error(dev, addr))
		return -ENOMEM;
	nic_tx_post_map(ring, addr, len);
	nic_tx_mapped(ring, NIC_MAP_SINGLE, addr, mapped);
	return 0;
}

static int nic_tx_map_frag(struct nic_tx_ring *ring, const skb_frag_t *frag)
{
	struct device *dev = ring->nic->dma_dev;
	u32 len = skb_frag_size(frag);
	dma_addr_t addr;

	addr = skb_frag_dma_map(dev, frag, 0, len, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, addr))
		return -ENOMEM;
	nic_tx_post_map(ring, addr, len);
	nic_tx_mapped(ring, NIC_MAP_PAGE, addr, len);
	return 0;
}

/**
 * nic_tx_descs() - how many descriptors nic_tx_map_skb() posts
 * @nic: the NIC
 * @skb: no frag_list
 *
 * Context: any.
 * Return: how many, or a few more: an empty page frag takes none.
 */
u32 nic_tx_descs(const struct nsim_nic *nic, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 most = READ_ONCE(nic->max_slice);
	u32 n = skb_headlen(skb) > READ_ONCE(nic->max_hdr);
	int i;

	if (likely(skb->len <= most))
		return n + shinfo->nr_frags + 1;
	n += DIV_ROUND_UP(skb_headlen(skb), most);
	for (i = 0; i < shinfo->nr_frags; i++)
		n += DIV_ROUND_UP(skb_frag_size(&shinfo->frags[i]), most);
	return n;
}

/**
 * nic_tx_map_skb() - map the linear data and each page frag, and post them
 * @ring: it has room for nic_tx_descs()
 * @skb: no frag_list
 *
 * Context: under the transmit queue's lock.
 * Return: 0, or -ENOMEM; what was posted is the caller's to undo.
 */
int nic_tx_map_skb(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	int err;
	int i;

	err = nic_tx_map_single(ring, skb->data, skb_headlen(skb));
	for (i = 0; !err && i < shinfo->nr_frags; i++)
		if (skb_frag_size(&shinfo->frags[i]))
			err = nic_tx_map_frag(ring, &shinfo->frags[i]);
	if (!err)
		nic_tx_desc_eop(ring);
	return err;
}

/**
 * nic_tx_desc_csum() - ask for the checksum to be finished
 * @desc: first descriptor of a frame
 * @start: octets from the frame's start to where the sum starts
 * @offset: octets from there to the checksum field
 *
 * Context: under the transmit queue's lock.
 */
void nic_tx_desc_csum(struct nic_tx_desc *desc, u32 start, u32 offset)
{
	desc->flags |= cpu_to_le16(NIC_TX_CSUM);
	desc->csum_start = cpu_to_le16(start);
	desc->csum_offset = cpu_to_le16(offset);
}

/**
 * nic_tx_desc_eop() - the descriptor posted last ends a frame
 * @ring: the ring
 *
 * Context: under the transmit queue's lock.
 */
void nic_tx_desc_eop(struct nic_tx_ring *ring)
{
	u32 last = (ring->use ?: ring->mem.size) - 1;

	ring->mem.desc[last].flags |= cpu_to_le16(NIC_TX_EOP);
	ring->chain = true;
	ring->frames++;
}

/**
 * nic_tx_unmap() - undo the mapping of one descriptor, if it has one
 * @ring: the ring
 * @buf: what stands beside the descriptor
 *
 * Context: whoever owns the descriptor: NAPI, or under the transmit queue's
 * lock for descriptors that the hardware was not told of.
 * Return: whether it had one.
 */
bool nic_tx_unmap(struct nic_tx_ring *ring, struct nic_tx_buf *buf)
{
	struct device *dev = ring->nic->dma_dev;

	switch (buf->map) {
	case NIC_MAP_NONE:
		return false;
	case NIC_MAP_GONE:
		break;
	case NIC_MAP_SINGLE:
		dma_unmap_single(dev, buf->addr, buf->len, DMA_TO_DEVICE);
		break;
	case NIC_MAP_PAGE:
		dma_unmap_page(dev, buf->addr, buf->len, DMA_TO_DEVICE);
		break;
	}
	buf->map = NIC_MAP_NONE;
	return true;
}

/**
 * nic_tx_hdr_len() - octets of headers of a super-packet that is sent whole
 * @skb: a GSO packet that was checked
 *
 * Context: any.
 * Return: octets, those of a tunnel included.
 */
u32 nic_tx_hdr_len(const struct sk_buff *skb)
{
	if (skb->encapsulation)
		return skb_inner_tcp_all_headers(skb);
	return skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4 ?
	       skb_transport_offset(skb) + sizeof(struct udphdr) :
	       skb_tcp_all_headers(skb);
}

/**
 * nic_tx_check_tcp() - is this a TCP super-packet as the driver's own
 *	segmenters know them?
 * @skb: a GSO packet
 *
 * Hardware, and net/core/tso.c, trust what the stack says about the headers.
 *
 * Context: under the transmit queue's lock.
 * Return: octets of all headers, linear; -EOPNOTSUPP when the stack must
 * segment it; -EINVAL when it contradicts itself.
 */
int nic_tx_check_tcp(struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 known = SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_FIXEDID |
		    SKB_GSO_TCP_ECN;
	u32 hdr_len;

	if (shinfo->gso_type & ~known || skb->encapsulation ||
	    skb_has_frag_list(skb) || skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb->len > GSO_LEGACY_MAX_SIZE)
		return -EOPNOTSUPP;
	if (!(shinfo->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)))
		return -EOPNOTSUPP;
	if (!skb_transport_header_was_set(skb) ||
	    skb_headlen(skb) < skb_transport_offset(skb) +
			       sizeof(struct tcphdr))
		return -EOPNOTSUPP;

	hdr_len = skb_tcp_all_headers(skb);
	if (tcp_hdrlen(skb) < sizeof(struct tcphdr) || !shinfo->gso_size)
		return -EINVAL;
	if (skb_headlen(skb) < hdr_len)
		return -EOPNOTSUPP;
	if (skb->len <= hdr_len)
		return -EINVAL;
	return hdr_len;
}

/**
 * nic_tx_check_udp() - is this a UDP super-packet that hardware can segment?
 * @skb: a GSO packet
 *
 * Context: under the transmit queue's lock.
 * Return: octets of all headers, linear; -EOPNOTSUPP when the stack must
 * segment it; -EINVAL when it contradicts itself.
 */
int nic_tx_check_udp(struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 hdr_len;

	if (shinfo->gso_type != SKB_GSO_UDP_L4 || skb->encapsulation ||
	    skb_has_frag_list(skb) || skb->ip_summed != CHECKSUM_PARTIAL ||
	    !skb_transport_header_was_set(skb))
		return -EOPNOTSUPP;
	hdr_len = skb_transport_offset(skb) + sizeof(struct udphdr);
	if (skb_headlen(skb) < hdr_len)
		return -EOPNOTSUPP;
	if (!shinfo->gso_size || skb->len <= hdr_len)
		return -EINVAL;
	return hdr_len;
}
