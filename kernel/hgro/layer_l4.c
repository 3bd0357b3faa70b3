// SPDX-License-Identifier: GPL-2.0
/*
 * Layers of hgro: TCP, and UDP with payload or with a tunnel in it.
 */
#include <linux/tcp.h>
#include <linux/udp.h>

#include "layer.h"

enum hgro_reason hgro_tcp_receive(struct hgro_walk *walk)
{
	return hgro_errno_reason(hdr_take_tcp(&walk->p));
}

/* What the device has to finish. */
static void hgro_partial(struct sk_buff *skb, void *header, unsigned int check)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u8 *)header - skb->head;
	skb->csum_offset = check;
}

void hgro_tcp_complete(const struct hgro_done *done, unsigned int layer)
{
	struct tcphdr *th = hgro_done_at(done, layer);
	struct skb_shared_info *shinfo = skb_shinfo(done->skb);
	const struct hdr_stack *stack = done->stack;

	th->check = hgro_pseudo(done, layer);
	hgro_partial(done->skb, th, offsetof(struct tcphdr, check));
	shinfo->gso_type |= stack->type[stack->ip] == HDR_IPV4 ?
			    SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	if (done->fixed_id)
		shinfo->gso_type |= SKB_GSO_TCP_FIXEDID;
	if (th->cwr)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
}

/* To a port that the stack has named: then it is a tunnel's. */
enum hgro_reason hgro_udp_receive(struct hgro_walk *walk)
{
	const u8 *uh = walk->p.frame + walk->p.at;
	unsigned int tunnel = 0;
	enum hdr_type type = HDR_UDP;
	int err;

	err = hdr_room(&walk->p, sizeof(struct udphdr));
	if (unlikely(err))
		return hgro_errno_reason(err);
	if (!walk->p.stack->inner)
		tunnel = hgro_port_tunnel(walk->hgro, get_unaligned_be16(uh +
						offsetof(struct udphdr, dest)));
	if (tunnel) {
		type = get_unaligned((const u16 *)(uh +
						   offsetof(struct udphdr, check))) ?
		       HDR_UDP_TUNNEL_CSUM : HDR_UDP_TUNNEL;
		hgro_next_inline(walk, HGRO_UDP_TUNNEL, tunnel);
	}
	return hgro_errno_reason(hdr_push(&walk->p, type,
					  sizeof(struct udphdr)));
}

void hgro_udp_complete(const struct hgro_done *done, unsigned int layer)
{
	struct skb_shared_info *shinfo = skb_shinfo(done->skb);
	struct udphdr *uh = hgro_done_at(done, layer);

	uh->len = htons(hgro_done_len_inline(done, layer));
	switch (done->stack->type[layer]) {
	case HDR_UDP:
		uh->check = hgro_pseudo(done, layer);
		hgro_partial(done->skb, uh, offsetof(struct udphdr, check));
		shinfo->gso_type |= SKB_GSO_UDP_L4;
		return;
	case HDR_UDP_TUNNEL_CSUM:
		uh->check = hgro_pseudo(done, layer);
		shinfo->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
		return;
	default:
		shinfo->gso_type |= SKB_GSO_UDP_TUNNEL;
	}
}
