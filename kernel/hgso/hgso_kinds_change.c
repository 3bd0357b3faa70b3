// SPDX-License-Identifier: GPL-2.0
/*
 * Changes that an untrusted sender (a packet socket, a tap) or a broken tunnel
 * makes to a super-packet: to its headers, and to what is said beside them.
 */
#include <linux/if_ether.h>
#include <linux/in.h>

#include "hgso_kinds.h"

/**
 * kinds_octet() - an octet of an skb, wherever it is
 * @skb: with its headers in the head and perhaps the first page frag
 * @at: octets from the frame's start
 *
 * Return: where it is in memory.
 */
u8 *kinds_octet(struct sk_buff *skb, unsigned int at)
{
	if (at < skb_headlen(skb))
		return skb->data + at;
	return (u8 *)skb_frag_address(&skb_shinfo(skb)->frags[0]) +
	       at - skb_headlen(skb);
}

/* A few octets off, as from a header that is not what it seems. */
static u16 kinds_shift(struct rnd_state *rnd)
{
	return super_below(rnd, 17) - 8;
}

static void kinds_change_offset(struct rnd_state *rnd, struct sk_buff *skb)
{
	switch (super_below(rnd, 6)) {
	case 0:
		/* Before it is Ethernet: the kernel warns of less. */
		skb_set_network_header(skb, ETH_HLEN + super_below(rnd, 17));
		break;
	case 1:
		skb->transport_header += kinds_shift(rnd);
		break;
	case 2:
		skb->inner_mac_header += kinds_shift(rnd);
		break;
	case 3:
		skb->inner_network_header += kinds_shift(rnd);
		break;
	case 4:
		skb->inner_transport_header += kinds_shift(rnd);
		break;
	case 5:
		skb->csum_start += kinds_shift(rnd);
	}
}

static __be16 kinds_random_proto(struct rnd_state *rnd)
{
	static const u16 protos[] = {
		ETH_P_IP, ETH_P_IPV6, ETH_P_TEB, ETH_P_8021Q, ETH_P_8021AD,
		ETH_P_MPLS_UC, 0,
	};

	return htons(protos[super_below(rnd, ARRAY_SIZE(protos))]);
}

static void kinds_change_gso(struct rnd_state *rnd, struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	switch (super_below(rnd, 3)) {
	case 0:
		shinfo->gso_type ^= BIT(super_below(rnd, 20));
		break;
	case 1:
		shinfo->gso_segs = prandom_u32_state(rnd);
		break;
	case 2:
		shinfo->gso_size = prandom_u32_state(rnd) >>
				   super_below(rnd, 32);
	}
}

static void kinds_change_mark(struct rnd_state *rnd,
			      const struct kinds_spec *spec,
			      struct sk_buff *skb)
{
	switch (super_below(rnd, 6)) {
	case 0:
		skb->csum_offset = super_below(rnd, 20);
		break;
	case 1:
		/* The kernel warns of UDP with CHECKSUM_COMPLETE. */
		skb->ip_summed = spec->kind->l4 == IPPROTO_UDP ?
				 CHECKSUM_NONE : super_below(rnd, 4);
		break;
	case 2:
		skb->protocol = kinds_random_proto(rnd);
		break;
	case 3:
		skb->inner_protocol = kinds_random_proto(rnd);
		break;
	case 4:
		skb->inner_protocol_type ^= 1;
		break;
	case 5:
		skb->encapsulation ^= 1;
	}
}

/**
 * kinds_change() - change something
 * @rnd: random numbers
 * @spec: what the super-packet looks like
 * @skb: the super-packet
 * @hdr_len: octets of headers
 *
 * Return: whether it was one of the skb's offsets. The kernel goes by them, the
 * engine by the octets; no packet socket and no tap gets them wrong.
 */
bool kinds_change(struct rnd_state *rnd, const struct kinds_spec *spec,
		  struct sk_buff *skb, unsigned int hdr_len)
{
	switch (super_below(rnd, 8)) {
	case 0:
		kinds_change_gso(rnd, skb);
		break;
	case 1:
		kinds_change_mark(rnd, spec, skb);
		break;
	case 2:
		kinds_change_offset(rnd, skb);
		return true;
	case 3:
		*kinds_octet(skb, super_below(rnd, hdr_len)) ^=
			BIT(super_below(rnd, 8));
		break;
	default:
		*kinds_octet(skb, super_below(rnd, hdr_len)) =
			prandom_u32_state(rnd);
	}
	return false;
}
