/* SPDX-License-Identifier: GPL-2.0 */
/* The table of protocols, for the files that fill it and that walk it. */
#ifndef HEADROOM_HGRO_LAYER_IMPL_H
#define HEADROOM_HGRO_LAYER_IMPL_H

#include <headroom/hgro_layer.h>

#include "../hdr/layer.h"
#include "hgro_impl.h"

/* The layers that the engine brings; those of other modules have more. */
enum hgro_own_layer {
	HGRO_OWN_ETH,
	HGRO_OWN_TAG,
	HGRO_OWN_AD_TAG,
	HGRO_OWN_IPV4,
	HGRO_OWN_IPV6,
	HGRO_OWN_HOP,
	HGRO_OWN_ROUTING,
	HGRO_OWN_DEST,
	HGRO_OWN_TCP,
	HGRO_OWN_UDP,
	HGRO_OWN_IPIP,
	HGRO_OWN_SIT,
	HGRO_OWN_GRE,
	HGRO_OWN_VXLAN,
	HGRO_OWN_GENEVE,
	HGRO_NR_OWN
};

/* Those of plain TCP, by the packet's stack. */
static __always_inline const u8 *hgro_usual_layers(const struct hdr_stack *stack)
{
	static const u8 ids[2][HGRO_LAYER_IDS] = {
		{ HGRO_OWN_ETH, HGRO_OWN_IPV4, HGRO_OWN_TCP },
		{ HGRO_OWN_ETH, HGRO_OWN_IPV6, HGRO_OWN_TCP },
	};

	return ids[stack->type[1] == HDR_IPV6];
}

/* What fits in the mask of a flow's guests. */
#define HGRO_MAX_LAYERS		(HGRO_NR_OWN + 32)

/**
 * struct hgro_walk - a packet on its way from layer to layer
 * @p: where it is, and what was found
 * @hgro: the context
 * @next: space and key of the next layer, 0 behind the last
 */
struct hgro_walk {
	struct hdr_parser p;
	const struct hgro *hgro;
	u32 next;
};

/**
 * struct hgro_done - a super-packet that is being completed
 * @skb: it
 * @stack: where its layers are
 * @bytes: octets of payload
 * @fixed_id: the innermost IPv4 id stays
 */
struct hgro_done {
	struct sk_buff *skb;
	const struct hdr_stack *stack;
	u32 bytes;
	bool fixed_id;
};

/* Never 0: neither does a key of EtherType 0 exist. */
#define HGRO_NEXT(space, key)	((u32)(space) << 16 | (key))

static __always_inline enum hgro_reason hgro_errno_reason(int err)
{
	if (likely(!err))
		return HGRO_OK;
	return err == -EINVAL ? HGRO_HEADER : HGRO_PROTOCOL;
}

static __always_inline void hgro_next_inline(struct hgro_walk *walk,
					     enum hgro_space space, u16 key)
{
	walk->next = HGRO_NEXT(space, key);
}

/* Octets from a layer's start to the end of the super-packet. */
static __always_inline u32 hgro_done_len_inline(const struct hgro_done *done,
						unsigned int layer)
{
	return done->stack->len - done->stack->start[layer] + done->bytes;
}

static __always_inline void *hgro_done_at(const struct hgro_done *done,
					  unsigned int layer)
{
	return skb_mac_header(done->skb) + done->stack->start[layer];
}

/* layer_ip.c */
__sum16 hgro_pseudo(const struct hgro_done *done, unsigned int layer);

/* layer_link.c, layer_ip.c, layer_l4.c, layer_tunnel.c */
enum hgro_reason hgro_eth_receive(struct hgro_walk *walk);
enum hgro_reason hgro_tag_receive(struct hgro_walk *walk);
enum hgro_reason hgro_ipv4_receive(struct hgro_walk *walk);
void hgro_ipv4_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_ipv6_receive(struct hgro_walk *walk);
void hgro_ipv6_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_ext_receive(struct hgro_walk *walk);
enum hgro_reason hgro_tcp_receive(struct hgro_walk *walk);
void hgro_tcp_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_udp_receive(struct hgro_walk *walk);
void hgro_udp_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_ipip_receive(struct hgro_walk *walk);
void hgro_ipip_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_sit_receive(struct hgro_walk *walk);
void hgro_sit_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_gre_receive(struct hgro_walk *walk);
void hgro_gre_complete(const struct hgro_done *done, unsigned int layer);
enum hgro_reason hgro_vxlan_receive(struct hgro_walk *walk);
enum hgro_reason hgro_geneve_receive(struct hgro_walk *walk);

#endif
