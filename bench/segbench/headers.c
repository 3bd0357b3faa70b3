// SPDX-License-Identifier: GPL-2.0
/*
 * Headers of super-packets, and what the stack notes about them in the skb.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/gre.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/udp.h>
#include <net/vxlan.h>

#include "headers.h"
#include "segbench.h"

#define SEGBENCH_TCP_LEN	(sizeof(struct tcphdr) + TCPOLEN_TSTAMP_ALIGNED)
#define SEGBENCH_GRE_SUM_LEN	4

static unsigned int segbench_l4_len(const struct segbench_packet *packet)
{
	return packet->udp ? sizeof(struct udphdr) : SEGBENCH_TCP_LEN;
}

static unsigned int segbench_ip_len(bool ipv6)
{
	return ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

/* Octets between the outer IP header and the inner one. */
static unsigned int segbench_tunnel_len(const struct segbench_packet *packet)
{
	switch (packet->tunnel) {
	case SEGBENCH_GRE:
		return sizeof(struct gre_base_hdr);
	case SEGBENCH_GRE_CSUM:
		return sizeof(struct gre_base_hdr) + SEGBENCH_GRE_SUM_LEN;
	case SEGBENCH_VXLAN:
	case SEGBENCH_VXLAN_CSUM:
		return sizeof(struct udphdr) + sizeof(struct vxlanhdr) +
		       ETH_HLEN;
	default:
		return 0;
	}
}

/**
 * segbench_l3_len() - octets that count towards the MTU
 * @packet: the super-packet
 *
 * Context: any.
 * Return: those of all headers from the first IP header on, BIG TCP's not.
 */
unsigned int segbench_l3_len(const struct segbench_packet *packet)
{
	unsigned int len = segbench_ip_len(packet->ipv6) +
			   segbench_l4_len(packet);

	if (packet->tunnel)
		len += segbench_ip_len(packet->outer_ipv6) +
		       segbench_tunnel_len(packet);
	return len;
}

/* BIG TCP's hop-by-hop header says what IPv6's own length cannot. */
static bool segbench_jumbo(const struct segbench_packet *packet,
			   unsigned int payload)
{
	return packet->ipv6 && segbench_l4_len(packet) + payload > U16_MAX;
}

/**
 * segbench_hdr_len() - octets of all headers
 * @packet: the super-packet
 * @payload: octets of it
 *
 * Context: any.
 * Return: that.
 */
unsigned int segbench_hdr_len(const struct segbench_packet *packet,
			      unsigned int payload)
{
	unsigned int len = ETH_HLEN + packet->tags * VLAN_HLEN +
			   segbench_l3_len(packet);

	if (segbench_jumbo(packet, payload))
		len += sizeof(struct hop_jumbo_hdr);
	return len;
}

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

/* With as many tags as the frame has. */
static void segbench_put_link(struct sk_buff *skb, unsigned int tags, u16 proto)
{
	struct vlan_hdr *tag;

	segbench_put_eth(skb, tags ? ETH_P_8021Q : proto);
	for (; tags; tags--) {
		tag = skb_put_zero(skb, sizeof(*tag));
		tag->h_vlan_TCI = htons(tags);
		tag->h_vlan_encapsulated_proto = htons(tags > 1 ? ETH_P_8021Q :
								  proto);
	}
}

/* @len octets behind this header. */
static void segbench_put_outer_ip(const struct segbench_packet *packet,
				  struct sk_buff *skb, unsigned int len)
{
	u8 proto = packet->ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP;

	if (packet->tunnel == SEGBENCH_GRE ||
	    packet->tunnel == SEGBENCH_GRE_CSUM)
		proto = IPPROTO_GRE;
	else if (packet->tunnel != SEGBENCH_IPXIP)
		proto = IPPROTO_UDP;
	if (packet->outer_ipv6)
		segbench_put_ipv6(skb, proto, len, false);
	else
		segbench_put_ipv4(skb, proto, len);
}

static void segbench_put_gre(const struct segbench_packet *packet,
			     struct sk_buff *skb, u16 proto)
{
	struct gre_base_hdr *gre = skb_put_zero(skb,
						segbench_tunnel_len(packet));

	gre->protocol = htons(proto);
	if (packet->tunnel == SEGBENCH_GRE_CSUM)
		gre->flags = GRE_CSUM;
	skb_set_inner_mac_header(skb, skb->len);
	skb_set_inner_protocol(skb, htons(proto));
}

static void segbench_put_vxlan(const struct segbench_packet *packet,
			       struct sk_buff *skb, unsigned int len, u16 proto)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct vxlanhdr *vxh;

	segbench_put_udp(skb, IANA_VXLAN_UDP_PORT, len);
	if (packet->tunnel == SEGBENCH_VXLAN_CSUM)
		udp_hdr(skb)->check = ~udp_v4_check(len, iph->saddr, iph->daddr,
						    0);
	vxh = skb_put_zero(skb, sizeof(*vxh));
	vxh->vx_flags = VXLAN_HF_VNI;
	vxh->vx_vni = vxlan_vni_field(cpu_to_be32(7));
	skb_set_inner_mac_header(skb, skb->len);
	segbench_put_eth(skb, proto);
	skb_set_inner_protocol(skb, htons(ETH_P_TEB));
}

/* All before the inner IP header; @len octets from there on. */
static void segbench_put_outer(const struct segbench_packet *packet,
			       struct sk_buff *skb, unsigned int len)
{
	u16 proto = packet->ipv6 ? ETH_P_IPV6 : ETH_P_IP;

	len += segbench_tunnel_len(packet);
	skb_set_network_header(skb, skb->len);
	segbench_put_outer_ip(packet, skb, len);
	skb_set_transport_header(skb, skb->len);
	switch (packet->tunnel) {
	case SEGBENCH_GRE:
	case SEGBENCH_GRE_CSUM:
		segbench_put_gre(packet, skb, proto);
		break;
	case SEGBENCH_VXLAN:
	case SEGBENCH_VXLAN_CSUM:
		segbench_put_vxlan(packet, skb, len, proto);
		break;
	default:
		skb_set_inner_mac_header(skb, skb->len);
		skb_set_inner_ipproto(skb, packet->ipv6 ? IPPROTO_IPV6 :
							  IPPROTO_IPIP);
	}
	skb_set_inner_network_header(skb, skb->len);
	skb_set_inner_transport_header(skb, skb->len +
				       segbench_ip_len(packet->ipv6));
	skb->encapsulation = 1;
}

/**
 * segbench_put_headers() - write all headers of a super-packet
 * @packet: what it is
 * @skb: empty, with room for segbench_hdr_len()
 * @payload: octets that will follow
 *
 * Context: any.
 */
void segbench_put_headers(const struct segbench_packet *packet,
			  struct sk_buff *skb, unsigned int payload)
{
	bool link6 = packet->tunnel ? packet->outer_ipv6 : packet->ipv6;
	u8 proto = packet->udp ? IPPROTO_UDP : IPPROTO_TCP;
	u32 len = segbench_l4_len(packet) + payload;
	const void *l3h;

	skb_reset_mac_header(skb);
	segbench_put_link(skb, packet->tags, link6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->protocol = eth_hdr(skb)->h_proto;
	if (packet->tunnel)
		segbench_put_outer(packet, skb,
				   segbench_ip_len(packet->ipv6) + len);
	else
		skb_set_network_header(skb, skb->len);

	l3h = skb_tail_pointer(skb);
	if (packet->ipv6)
		segbench_put_ipv6(skb, proto, len,
				  segbench_jumbo(packet, payload));
	else
		segbench_put_ipv4(skb, proto, len);
	if (!packet->tunnel)
		skb_set_transport_header(skb, skb->len);
	if (packet->udp)
		segbench_put_udp(skb, 5201, len);
	else
		segbench_put_tcp(skb);
	segbench_partial(skb, packet->ipv6, packet->udp, l3h, len);
}

/**
 * segbench_gso_type() - what the stack calls it
 * @packet: the super-packet
 *
 * Context: any.
 * Return: SKB_GSO_...
 */
u32 segbench_gso_type(const struct segbench_packet *packet)
{
	static const u32 tunnel[] = {
		[SEGBENCH_PLAIN] = 0,
		[SEGBENCH_IPXIP] = SKB_GSO_IPXIP4,
		[SEGBENCH_GRE] = SKB_GSO_GRE,
		[SEGBENCH_GRE_CSUM] = SKB_GSO_GRE_CSUM,
		[SEGBENCH_VXLAN] = SKB_GSO_UDP_TUNNEL,
		[SEGBENCH_VXLAN_CSUM] = SKB_GSO_UDP_TUNNEL_CSUM,
	};
	u32 type = packet->ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;

	if (packet->udp)
		type = SKB_GSO_UDP_L4;
	if (packet->tunnel == SEGBENCH_IPXIP && packet->outer_ipv6)
		return type | SKB_GSO_IPXIP6;
	return type | tunnel[packet->tunnel];
}
