// SPDX-License-Identifier: GPL-2.0
/*
 * Are the kernel's segments of a made-up super-packet right on the wire? If so
 * the packet was one, and comparing the engine with the kernel means something.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "hgso_kinds.h"

/* As a receiver sums: 0 is right. */
static __sum16 kinds_sum(const u8 *frame, unsigned int len, unsigned int l3,
			 bool v6, unsigned int l4, u8 proto)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)(frame + l3);
	const struct iphdr *iph = (const struct iphdr *)(frame + l3);
	__wsum sum = csum_partial(frame + l4, len - l4, 0);

	if (v6)
		return csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len - l4,
				       proto, sum);
	return csum_tcpudp_magic(iph->saddr, iph->daddr, len - l4, proto, sum);
}

static bool kinds_ip_right(const u8 *frame, unsigned int len, unsigned int l3,
			   bool v6)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)(frame + l3);
	const struct iphdr *iph = (const struct iphdr *)(frame + l3);

	if (v6)
		return ntohs(ip6h->payload_len) == len - l3 - sizeof(*ip6h);
	return ntohs(iph->tot_len) == len - l3 && !ip_fast_csum(iph, iph->ihl);
}

static bool kinds_tunnel_right(const struct kinds_spec *spec,
			       const struct kinds_at *at, const u8 *frame,
			       unsigned int len)
{
	const struct udphdr *uh = (const struct udphdr *)(frame + at->tun);
	bool csum = spec->kind->csum && spec->check_kind == SUPER_PSEUDO;

	/*
	 * Linux 6.12 finishes the outer UDP checksum when it makes a partial
	 * one, and takes it for a pseudo-header's when it segments that again.
	 */
	if (spec->kind->partial && spec->kind->tunnel == KINDS_UDP_TUNNEL)
		csum = false;
	if (!spec->kind->tunnel)
		return true;
	if (!kinds_ip_right(frame, len, at->l3, spec->outer.v6))
		return false;

	switch (spec->kind->tunnel) {
	case KINDS_GRE:
		return !csum ||
		       !ip_compute_csum(frame + at->tun, len - at->tun);
	case KINDS_UDP_TUNNEL:
		return ntohs(uh->len) == len - at->tun &&
		       !!uh->check == spec->kind->csum &&
		       (!csum || !kinds_sum(frame, len, at->l3, spec->outer.v6,
					    at->tun, IPPROTO_UDP));
	default:
		return true;
	}
}

static const char *kinds_segment_right(struct kinds_rig *rig,
				       const struct kinds_spec *spec,
				       const struct kinds_at *at,
				       struct sk_buff *seg)
{
	u8 *frame = rig->super->want;
	unsigned int len = seg->len;

	if (len > SUPER_FRAME_MAX)
		return "a segment of the kernel's is longer than a frame";
	if (seg->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(seg))
		return "a segment's checksum cannot be finished";
	if (skb_copy_bits(seg, 0, frame, len))
		return "a segment cannot be read";
	if (!kinds_ip_right(frame, len, at->il3, spec->inner.v6))
		return "a segment has a wrong IP header";
	if (!kinds_tunnel_right(spec, at, frame, len))
		return "a segment has a wrong tunnel header";
	/* Those of chained packets are the sender's. */
	if (spec->check_kind == SUPER_PSEUDO &&
	    spec->kind->shape != KINDS_FRAGLIST &&
	    kinds_sum(frame, len, at->il3, spec->inner.v6, at->il4,
		      spec->kind->l4))
		return "a segment has a wrong checksum";
	return NULL;
}

/**
 * kinds_segments_right() - is what the kernel makes of it right on the wire?
 * @rig: has room for a frame
 * @spec: what the super-packet looks like
 * @segs: the kernel's segments; their checksums are finished
 * @len: octets of the super-packet
 *
 * Return: NULL, or what is wrong.
 */
const char *kinds_segments_right(struct kinds_rig *rig,
				 const struct kinds_spec *spec,
				 struct sk_buff *segs, unsigned int len)
{
	struct sk_buff *seg;
	struct kinds_at at;
	const char *wrong;
	u32 payload;

	if (IS_ERR_OR_NULL(segs))
		return "the kernel does not segment it";
	kinds_place(spec, &at);
	payload = len - at.end;
	/* BIG TCP's hop-by-hop header stays here. */
	if (spec->inner.jumbo) {
		at.il4 -= sizeof(struct hop_jumbo_hdr);
		at.end -= sizeof(struct hop_jumbo_hdr);
	}

	rig->frame = 0;
	for (seg = segs; seg; seg = seg->next) {
		u32 part = min(payload, spec->mss);

		if (seg->len != at.end + part)
			return "the kernel's segments have other lengths";
		payload -= part;
		wrong = kinds_segment_right(rig, spec, &at, seg);
		if (wrong)
			return wrong;
		rig->frame++;
	}
	return payload ? "the kernel's segments do not hold all" : NULL;
}
