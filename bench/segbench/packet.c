// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets as TCP sends them: timestamps in the header, a companion for
 * the clone, payload in page frags. And the other kinds.
 */
#include <linux/etherdevice.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/udp.h>
#include <net/vxlan.h>

#include "segbench.h"

#define SEGBENCH_MTU		1500
#define SEGBENCH_TCP_LEN	(sizeof(struct tcphdr) + TCPOLEN_TSTAMP_ALIGNED)
#define SEGBENCH_OUTER_LEN	(sizeof(struct iphdr) + sizeof(struct udphdr) + \
				 sizeof(struct vxlanhdr) + ETH_HLEN)

/* The stack asks a tunnel's packet for its device. */
static struct net_device *segbench_dev;

/**
 * segbench_packet_init() - before the first packet is built
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int segbench_packet_init(void)
{
	segbench_dev = alloc_netdev_dummy(0);
	if (!segbench_dev)
		return -ENOMEM;
	segbench_dev->hw_enc_features = NETIF_F_SG | NETIF_F_HW_CSUM;
	return 0;
}

/**
 * segbench_packet_exit() - after the last packet was freed
 *
 * Context: process, sleeps.
 */
void segbench_packet_exit(void)
{
	free_netdev(segbench_dev);
}

/**
 * struct segbench_build - a super-packet in the making
 * @packet: what it shall be
 * @skb: what there is
 * @l4_len: octets of its TCP or UDP header
 * @payload: octets
 * @mss: octets of each segment
 * @jumbo: BIG TCP's hop-by-hop header is in it
 */
struct segbench_build {
	const struct segbench_packet *packet;
	struct sk_buff *skb;
	unsigned int l4_len;
	unsigned int payload;
	unsigned int mss;
	bool jumbo;
};

/* @len octets behind this header; what no length field can say is 0 in it. */
static void segbench_put_ipv4(struct sk_buff *skb, u8 protocol, u32 len)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	len += sizeof(*iph);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = len > U16_MAX ? 0 : htons(len);
	iph->id = htons(1);
	iph->frag_off = htons(IP_DF);
	iph->ttl = IPDEFTTL;
	iph->protocol = protocol;
	/* 192.0.2.1 to 192.0.2.2, of the block for documentation */
	iph->saddr = htonl(0xc0000201);
	iph->daddr = htonl(0xc0000202);
	iph->check = ip_fast_csum(iph, iph->ihl);
}

static void segbench_put_ipv6(struct sk_buff *skb, u8 protocol, u32 len,
			      bool jumbo)
{
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));
	struct hop_jumbo_hdr *hop;

	ip6h->version = 6;
	ip6h->payload_len = len > U16_MAX ? 0 : htons(len);
	ip6h->nexthdr = jumbo ? NEXTHDR_HOP : protocol;
	ip6h->hop_limit = IPDEFTTL;
	/* 2001:db8::1 to 2001:db8::2, of the block for documentation */
	ipv6_addr_set(&ip6h->saddr, htonl(0x20010db8), 0, 0, htonl(1));
	ipv6_addr_set(&ip6h->daddr, htonl(0x20010db8), 0, 0, htonl(2));
	if (!jumbo)
		return;

	hop = skb_put_zero(skb, sizeof(*hop));
	hop->nexthdr = protocol;
	hop->tlv_type = IPV6_TLV_JUMBO;
	hop->tlv_len = 4;
	hop->jumbo_payload_len = htonl(len + sizeof(*hop));
}

static void segbench_put_tcp(struct sk_buff *skb)
{
	struct tcphdr *th = skb_put_zero(skb, SEGBENCH_TCP_LEN);
	u8 *option = (u8 *)(th + 1);

	th->source = htons(40000);
	th->dest = htons(5201);
	th->seq = htonl(1);
	th->doff = SEGBENCH_TCP_LEN / 4;
	th->ack = 1;
	th->psh = 1;
	th->window = htons(512);
	option[0] = TCPOPT_NOP;
	option[1] = TCPOPT_NOP;
	option[2] = TCPOPT_TIMESTAMP;
	option[3] = TCPOLEN_TIMESTAMP;
}

static void segbench_put_udp(struct sk_buff *skb, u16 port, unsigned int len)
{
	struct udphdr *uh = skb_put_zero(skb, sizeof(*uh));

	uh->source = htons(40000);
	uh->dest = htons(port);
	uh->len = htons(len);
}

/* The device finishes the checksum: the pseudo-header's sum is there. */
static void segbench_partial(struct sk_buff *skb, bool ipv6, bool udp,
			     const void *l3h, u32 len)
{
	unsigned int offset = udp ? offsetof(struct udphdr, check) :
				    offsetof(struct tcphdr, check);
	u8 proto = udp ? IPPROTO_UDP : IPPROTO_TCP;
	const struct ipv6hdr *ip6h = l3h;
	const struct iphdr *iph = l3h;
	__sum16 sum;

	if (ipv6)
		sum = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto,
				       0);
	else
		sum = ~csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_tail_pointer(skb) - skb->head -
			  (udp ? sizeof(struct udphdr) : SEGBENCH_TCP_LEN);
	skb->csum_offset = offset;
	*(__sum16 *)(skb->head + skb->csum_start + offset) = sum;
}

static void segbench_put_eth(struct sk_buff *skb, u16 proto)
{
	struct ethhdr *eth = skb_put_zero(skb, sizeof(*eth));

	eth->h_proto = htons(proto);
}

/* All before the packet in the tunnel; @len octets of that with its Ethernet. */
static void segbench_put_vxlan(struct sk_buff *skb, unsigned int len)
{
	struct vxlanhdr *vxh;

	len += sizeof(struct udphdr) + sizeof(struct vxlanhdr);
	skb_set_network_header(skb, skb->len);
	segbench_put_ipv4(skb, IPPROTO_UDP, len);
	skb_set_transport_header(skb, skb->len);
	segbench_put_udp(skb, IANA_VXLAN_UDP_PORT, len);
	vxh = skb_put_zero(skb, sizeof(*vxh));
	vxh->vx_flags = VXLAN_HF_VNI;
	vxh->vx_vni = vxlan_vni_field(cpu_to_be32(7));
	skb_set_inner_mac_header(skb, skb->len);
	segbench_put_eth(skb, ETH_P_IP);
	skb_set_inner_network_header(skb, skb->len);
	skb_set_inner_transport_header(skb, skb->len + sizeof(struct iphdr));
	skb->encapsulation = 1;
	skb_set_inner_protocol(skb, htons(ETH_P_TEB));
}

static void segbench_put_headers(const struct segbench_build *b)
{
	const struct segbench_packet *packet = b->packet;
	u8 proto = packet->udp ? IPPROTO_UDP : IPPROTO_TCP;
	u32 len = b->l4_len + b->payload;
	struct sk_buff *skb = b->skb;
	const void *l3h;

	skb_reset_mac_header(skb);
	segbench_put_eth(skb, packet->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->protocol = eth_hdr(skb)->h_proto;
	if (packet->vxlan)
		segbench_put_vxlan(skb, ETH_HLEN + sizeof(struct iphdr) + len);
	else
		skb_set_network_header(skb, skb->len);

	l3h = skb_tail_pointer(skb);
	if (packet->ipv6)
		segbench_put_ipv6(skb, proto, len, b->jumbo);
	else
		segbench_put_ipv4(skb, proto, len);
	if (!packet->vxlan)
		skb_set_transport_header(skb, skb->len);
	if (packet->udp)
		segbench_put_udp(skb, 5201, len);
	else
		segbench_put_tcp(skb);
	segbench_partial(skb, packet->ipv6, packet->udp, l3h, len);
}

/* Returns what there was no room for; the frags so far are the skb's. */
static int segbench_add_frags(struct sk_buff *skb, unsigned int payload,
			      unsigned int size)
{
	unsigned int i, len;
	struct page *page;

	for (i = 0; payload && i < MAX_SKB_FRAGS; i++, payload -= len) {
		len = min(payload, size);
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO,
				   get_order(size));
		if (!page)
			return -ENOMEM;
		skb_add_rx_frag(skb, i, page, 0, len, size);
	}
	return payload;
}

/* The rest goes to skbs of page frags on a frag_list. */
static int segbench_add_list(struct sk_buff *skb, unsigned int payload,
			     unsigned int size)
{
	struct sk_buff **at = &skb_shinfo(skb)->frag_list;
	int left = payload;

	while (left > 0) {
		*at = alloc_skb(0, GFP_KERNEL);
		if (!*at)
			return -ENOMEM;
		left = segbench_add_frags(*at, payload, size);
		skb->len += (*at)->len;
		skb->data_len += (*at)->len;
		skb->truesize += (*at)->truesize;
		payload = left;
		at = &(*at)->next;
	}
	return left;
}

static int segbench_put_payload(const struct segbench_build *b)
{
	int left;

	switch (b->packet->layout) {
	case SEGBENCH_LINEAR:
		skb_put_zero(b->skb, b->payload);
		return 0;
	case SEGBENCH_4K:
		return segbench_add_frags(b->skb, b->payload, SZ_4K);
	case SEGBENCH_32K:
		return segbench_add_frags(b->skb, b->payload, SZ_32K);
	case SEGBENCH_LIST:
		left = segbench_add_frags(b->skb, b->payload, b->mss);
		return left < 0 ? left : segbench_add_list(b->skb, left,
							   b->mss);
	}
	return -EINVAL;
}

static u32 segbench_gso_type(const struct segbench_packet *packet)
{
	u32 type = packet->ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;

	if (packet->udp)
		type = SKB_GSO_UDP_L4;
	return packet->vxlan ? type | SKB_GSO_UDP_TUNNEL : type;
}

/**
 * segbench_packet_build() - make a super-packet
 * @input: part of a &struct segbench_packet
 * @headroom: octets before the Ethernet header
 *
 * As TCP's own: a fast clone, its header released, so that its clones may
 * change theirs.
 *
 * Context: process, sleeps.
 * Return: the skb, which the caller frees; NULL without memory.
 */
struct sk_buff *segbench_packet_build(const struct segbench_input *input,
				      unsigned int headroom)
{
	const struct segbench_packet *packet =
		container_of(input, struct segbench_packet, input);
	struct segbench_build b = { .packet = packet };
	unsigned int l3_len, hdr_len;
	struct skb_shared_info *shinfo;

	l3_len = packet->ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	if (packet->vxlan)
		l3_len += SEGBENCH_OUTER_LEN;
	b.l4_len = packet->udp ? sizeof(struct udphdr) : SEGBENCH_TCP_LEN;
	b.mss = SEGBENCH_MTU - l3_len - b.l4_len;
	b.payload = b.mss * input->segments;
	b.jumbo = packet->ipv6 && b.l4_len + b.payload > U16_MAX;

	hdr_len = ETH_HLEN + l3_len + b.l4_len;
	if (b.jumbo)
		hdr_len += sizeof(struct hop_jumbo_hdr);
	b.skb = alloc_skb_fclone(headroom + hdr_len +
				 (packet->layout == SEGBENCH_LINEAR ?
				  b.payload : 0), GFP_KERNEL);
	if (!b.skb)
		return NULL;
	skb_reserve(b.skb, headroom);
	b.skb->dev = segbench_dev;
	segbench_put_headers(&b);
	if (segbench_put_payload(&b)) {
		kfree_skb(b.skb);
		return NULL;
	}

	shinfo = skb_shinfo(b.skb);
	shinfo->gso_size = b.mss;
	shinfo->gso_segs = input->segments;
	shinfo->gso_type = segbench_gso_type(packet);
	__skb_header_release(b.skb);
	return b.skb;
}
EXPORT_SYMBOL_GPL(segbench_packet_build);
