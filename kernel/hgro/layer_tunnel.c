// SPDX-License-Identifier: GPL-2.0
/*
 * Layers of hgro: what tunnels have before the packet in them. Their headers are
 * the same in all packets of a flow, but for a checksum of GRE.
 */
#include <linux/unaligned.h>

#include "layer.h"

/* Instance and Ethernet, and perhaps a group policy. */
#define VXLAN_FLAGS		0x08
#define VXLAN_FLAGS_POLICY	0x88
#define VXLAN_LEN		8

#define GENEVE_LEN		8
#define GENEVE_OPTIONS		0x3f
#define GENEVE_CONTROL		0x80

/* What hgso takes in a tunnel. */
static enum hgro_reason hgro_tunnel_packet(struct hgro_walk *walk, u16 proto)
{
	if (proto != ETH_P_TEB && proto != ETH_P_IP && proto != ETH_P_IPV6)
		return HGRO_PROTOCOL;
	walk->p.stack->inner = walk->p.stack->layers;
	hgro_next_inline(walk, HGRO_ETHERTYPE, proto);
	return HGRO_OK;
}

enum hgro_reason hgro_gre_receive(struct hgro_walk *walk)
{
	u16 proto;
	int err;

	if (walk->p.stack->inner)
		return HGRO_PROTOCOL;
	err = hdr_take_gre(&walk->p, &proto);
	return err ? hgro_errno_reason(err) : hgro_tunnel_packet(walk, proto);
}

void hgro_gre_complete(const struct hgro_done *done, unsigned int layer)
{
	skb_shinfo(done->skb)->gso_type |=
		done->stack->type[layer] == HDR_GRE_CSUM ? SKB_GSO_GRE_CSUM :
							   SKB_GSO_GRE;
}

enum hgro_reason hgro_vxlan_receive(struct hgro_walk *walk)
{
	const u8 *vh = walk->p.frame + walk->p.at;
	int err;

	err = hdr_room(&walk->p, VXLAN_LEN);
	if (unlikely(err))
		return hgro_errno_reason(err);
	if (vh[0] != VXLAN_FLAGS && vh[0] != VXLAN_FLAGS_POLICY)
		return HGRO_PROTOCOL;
	err = hdr_push(&walk->p, HDR_TUNNEL, VXLAN_LEN);
	return err ? hgro_errno_reason(err) :
		     hgro_tunnel_packet(walk, ETH_P_TEB);
}

enum hgro_reason hgro_geneve_receive(struct hgro_walk *walk)
{
	const u8 *gh = walk->p.frame + walk->p.at;
	unsigned int len;
	int err;

	err = hdr_room(&walk->p, GENEVE_LEN);
	if (unlikely(err))
		return hgro_errno_reason(err);
	/* Version 0, and no control packet. */
	if (gh[0] & ~GENEVE_OPTIONS || gh[1] & GENEVE_CONTROL)
		return HGRO_PROTOCOL;
	len = GENEVE_LEN + 4 * (gh[0] & GENEVE_OPTIONS);
	err = hdr_room(&walk->p, len);
	if (unlikely(err))
		return hgro_errno_reason(err);
	err = hdr_push(&walk->p, HDR_TUNNEL, len);
	return err ? hgro_errno_reason(err) :
		     hgro_tunnel_packet(walk, get_unaligned_be16(gh + 2));
}
