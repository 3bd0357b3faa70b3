// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of super-packets of every kind, as the stack leaves them.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/gre.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "hgso_kinds.h"

#define KINDS_VXLAN_PORT	4789

static unsigned int kinds_ip_len(const struct kinds_ip *ip)
{
	unsigned int i, len = sizeof(struct iphdr) + ip->opts;

	if (ip->v6) {
		len = sizeof(struct ipv6hdr);
		if (ip->jumbo)
			len += sizeof(struct hop_jumbo_hdr);
	}
	for (i = 0; i < ip->exts; i++)
		len += ip->ext[i].len;
	return len;
}

/**
 * kinds_place() - where the headers of a super-packet start
 * @spec: what it looks like
 * @at: filled in
 */
void kinds_place(const struct kinds_spec *spec, struct kinds_at *at)
{
	const struct kinds_kind *kind = spec->kind;

	memset(at, 0, sizeof(*at));
	if (!kind->bare)
		at->l3 = ETH_HLEN + VLAN_HLEN * (kind->tags + kind->mpls);
	at->il3 = at->l3;
	if (kind->tunnel) {
		at->tun = at->l3 + kinds_ip_len(&spec->outer);
		at->imac = at->tun + spec->tun_len;
		at->il3 = at->imac + (spec->teb ? ETH_HLEN : 0) +
			  (kind->inner_tag ? VLAN_HLEN : 0);
	}
	at->il4 = at->il3 + kinds_ip_len(&spec->inner);
	at->end = at->il4;
	at->end += kind->l4 == IPPROTO_UDP ? sizeof(struct udphdr) :
		   sizeof(struct tcphdr) + spec->tcp_opts;
}

/* No two octets beside each other alike, so that a shifted copy shows. */
static void kinds_fill(void *at, unsigned int len, u8 first)
{
	u8 *octet = at;
	unsigned int i;

	for (i = 0; i < len; i++)
		octet[i] = first + 11 * i;
}

static __be16 kinds_ethertype(const struct kinds_ip *ip)
{
	return htons(ip->v6 ? ETH_P_IPV6 : ETH_P_IP);
}

static void kinds_ethernet(u8 *out, __be16 proto, u8 first)
{
	struct ethhdr *eth = (struct ethhdr *)out;

	kinds_fill(eth, 2 * ETH_ALEN, first & ~1);
	eth->h_proto = proto;
}

/* @len: octets from the header's start to the packet's end. */
static void kinds_ipv4(const struct kinds_ip *ip, u8 *out, u8 proto, u32 len,
		       u8 first)
{
	struct iphdr *iph = (struct iphdr *)out;

	iph->version = 4;
	iph->ihl = (sizeof(*iph) + ip->opts) / 4;
	iph->tos = first;
	/* BIG TCP says 0. */
	iph->tot_len = htons(len > IP_MAX_MTU ? 0 : len);
	iph->id = htons(ip->id);
	iph->frag_off = ip->df ? htons(IP_DF) : 0;
	iph->ttl = 60 + (first & 3);
	iph->protocol = proto;
	iph->check = 0;
	kinds_fill(&iph->saddr, 8, first);
	kinds_fill(iph + 1, ip->opts, 0x11);
	iph->check = ip_fast_csum(iph, iph->ihl);
}

/* An extension header in which one option, or an unknown routing type, pads. */
static void kinds_ext(u8 *out, u8 type, u8 len, u8 next)
{
	memset(out, 0, len);
	out[0] = next;
	out[1] = len / 8 - 1;
	if (type == NEXTHDR_ROUTING) {
		out[2] = 253;
	} else {
		out[2] = IPV6_TLV_PADN;
		out[3] = len - 4;
	}
}

static void kinds_jumbo(u8 *out, u8 next, u32 len)
{
	struct hop_jumbo_hdr *hbh = (struct hop_jumbo_hdr *)out;

	hbh->nexthdr = next;
	hbh->hdrlen = 0;
	hbh->tlv_type = IPV6_TLV_JUMBO;
	hbh->tlv_len = 4;
	hbh->jumbo_payload_len = htonl(len);
}

static void kinds_ipv6(const struct kinds_ip *ip, u8 *out, u8 proto, u32 len,
		       u8 first)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)out;
	u8 *ext = (u8 *)(ip6h + 1);
	unsigned int i;

	memset(ip6h, 0, sizeof(*ip6h));
	ip6h->version = 6;
	ip6h->priority = first & 0xf;
	kinds_fill(ip6h->flow_lbl, sizeof(ip6h->flow_lbl), first);
	len -= sizeof(*ip6h);
	ip6h->payload_len = htons(len > IP_MAX_MTU ? 0 : len);
	ip6h->nexthdr = ip->exts ? ip->ext[0].proto : proto;
	ip6h->hop_limit = 60 + (first & 3);
	kinds_fill(&ip6h->saddr, 32, first);

	if (ip->jumbo) {
		kinds_jumbo(ext, ip6h->nexthdr, len);
		ip6h->nexthdr = NEXTHDR_HOP;
		ext += sizeof(struct hop_jumbo_hdr);
	}
	for (i = 0; i < ip->exts; i++) {
		bool more = i + 1 < ip->exts;

		kinds_ext(ext, ip->ext[i].proto, ip->ext[i].len,
			  more ? ip->ext[i + 1].proto : proto);
		ext += ip->ext[i].len;
	}
}

static void kinds_ip(const struct kinds_ip *ip, u8 *out, u8 proto, u32 len,
		     u8 first)
{
	if (ip->v6)
		kinds_ipv6(ip, out, proto, len, first);
	else
		kinds_ipv4(ip, out, proto, len, first);
}

/* The partial sum that a checksum field holds until it is finished. */
static __sum16 kinds_pseudo(const struct kinds_ip *ip, const u8 *l3, u32 len,
			    u8 proto)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)l3;
	const struct iphdr *iph = (const struct iphdr *)l3;

	if (ip->v6)
		return ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto,
					0);
	return ~csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto, 0);
}

static __be16 kinds_inside(const struct kinds_spec *spec)
{
	return spec->teb ? htons(ETH_P_TEB) : kinds_ethertype(&spec->inner);
}

/* Its checksum field is 0: it is for whoever segments. */
static void kinds_gre(const struct kinds_spec *spec, u8 *out)
{
	struct gre_base_hdr *gre = (struct gre_base_hdr *)out;
	unsigned int len = sizeof(*gre) + (spec->kind->csum ? 4 : 0);

	memset(out, 0, spec->tun_len);
	gre->protocol = kinds_inside(spec);
	if (spec->kind->csum)
		gre->flags |= GRE_CSUM;
	if (spec->tun_len > len) {
		gre->flags |= GRE_KEY;
		kinds_fill(out + len, 4, 0x71);
	}
}

static void kinds_udp_tunnel(const struct kinds_spec *spec,
			     const struct kinds_at *at, u8 *out, u32 len)
{
	struct udphdr *uh = (struct udphdr *)(out + at->tun);

	uh->source = htons(0xc123);
	uh->dest = htons(KINDS_VXLAN_PORT);
	uh->len = htons(len);
	uh->check = 0;
	if (spec->kind->csum)
		uh->check = kinds_pseudo(&spec->outer, out + at->l3, len,
					 IPPROTO_UDP);
	/* The engine and the kernel need not know what is in here. */
	kinds_fill(uh + 1, spec->tun_len - sizeof(*uh), 0x08);
}

static void kinds_tcp(const struct kinds_spec *spec, u8 *out, __sum16 check)
{
	struct tcphdr *th = (struct tcphdr *)out;

	memset(th, 0, sizeof(*th));
	th->source = htons(33333);
	th->dest = htons(443);
	th->seq = htonl(spec->seq);
	th->ack_seq = htonl(0x89abcdef);
	th->doff = (sizeof(*th) + spec->tcp_opts) / 4;
	out[13] = spec->flags;
	th->window = htons(0x7fe1);
	th->check = check;
	th->urg_ptr = htons(0x55aa);
	kinds_fill(th + 1, spec->tcp_opts, 0x43);
}

static void kinds_udp(u8 *out, u32 len, __sum16 check)
{
	struct udphdr *uh = (struct udphdr *)out;

	uh->source = htons(40001);
	uh->dest = htons(5201);
	uh->len = htons(len);
	uh->check = check;
}

static void kinds_l4(const struct kinds_spec *spec, const struct kinds_at *at,
		     u8 *out)
{
	u32 len = at->end - at->il4 + spec->payload;
	u8 proto = spec->kind->l4;
	__sum16 check;

	check = (__force __sum16)spec->check;
	if (spec->check_kind == SUPER_PSEUDO)
		check = kinds_pseudo(&spec->inner, out + at->il3, len, proto);
	if (proto == IPPROTO_UDP)
		kinds_udp(out + at->il4, len, check);
	else
		kinds_tcp(spec, out + at->il4, check);
}

static u8 kinds_tunnel_proto(const struct kinds_spec *spec)
{
	switch (spec->kind->tunnel) {
	case KINDS_GRE:
		return IPPROTO_GRE;
	case KINDS_UDP_TUNNEL:
		return IPPROTO_UDP;
	default:
		return spec->inner.v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	}
}

static void kinds_outer(const struct kinds_spec *spec,
			const struct kinds_at *at, u8 *out, u32 len)
{
	__be16 proto = kinds_ethertype(&spec->inner);

	kinds_ip(&spec->outer, out + at->l3, kinds_tunnel_proto(spec),
		 len - at->l3, 0xa6);
	if (spec->kind->tunnel == KINDS_GRE)
		kinds_gre(spec, out + at->tun);
	else if (spec->kind->tunnel == KINDS_UDP_TUNNEL)
		kinds_udp_tunnel(spec, at, out, len - at->tun);
	if (spec->kind->inner_tag) {
		put_unaligned_be16(0x0345, out + at->il3 - VLAN_HLEN);
		put_unaligned(proto, (__be16 *)(out + at->il3 - 2));
		proto = htons(ETH_P_8021Q);
	}
	if (spec->teb)
		kinds_ethernet(out + at->imac, proto, 0x5c);
}

/**
 * kinds_headers() - write the headers of a super-packet
 * @spec: what it looks like
 * @at: where they start
 * @out: @at->end octets
 */
void kinds_headers(const struct kinds_spec *spec, const struct kinds_at *at,
		   u8 *out)
{
	const struct kinds_ip *l3 = spec->kind->tunnel ? &spec->outer :
				    &spec->inner;
	u32 len = at->end + spec->payload;
	__be16 proto = kinds_ethertype(l3);
	u8 *tag = out + at->l3;
	unsigned int i;

	if (spec->kind->mpls) {
		tag -= VLAN_HLEN;
		/* A label, bottom of stack, TTL. */
		put_unaligned_be32(0x12345140, tag);
		proto = htons(ETH_P_MPLS_UC);
	}
	for (i = spec->kind->tags; i--;) {
		tag -= VLAN_HLEN;
		put_unaligned_be16(0x6123 + 0x1111 * i, tag);
		put_unaligned(proto, (__be16 *)(tag + 2));
		proto = htons(spec->tpid[i]);
	}
	if (!spec->kind->bare)
		kinds_ethernet(out, proto, 0x02);

	if (spec->kind->tunnel)
		kinds_outer(spec, at, out, len);
	kinds_ip(&spec->inner, out + at->il3, spec->kind->l4, len - at->il3,
		 0x3b);
	kinds_l4(spec, at, out);
}
