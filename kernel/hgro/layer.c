// SPDX-License-Identifier: GPL-2.0
/*
 * The table of protocols: walked by each packet that is not the expected one,
 * and by each super-packet when it is done.
 *
 * A layer of another module goes in two steps: first nobody finds it any more,
 * then the flows that have it end.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/in.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>
#include <net/ip.h>
#include <net/udp_tunnel.h>

#include "layer.h"

#define HGRO_OWN(id, sp, k, recv, compl)				\
	[id] = {							\
		.key = HGRO_NEXT(sp, k),				\
		.layer = (struct hgro_layer __force __rcu *)		\
			 &(struct hgro_layer){				\
				.receive = recv, .complete = compl,	\
			 },						\
	}

/**
 * struct hgro_slot - of the table
 * @key: space and key of the layer, 0 when nobody shall find it
 * @layer: the layer
 */
struct hgro_slot {
	u32 key;
	struct hgro_layer __rcu *layer;
};

/* Written under the lock. */
static struct hgro_slot hgro_slots[HGRO_MAX_LAYERS] = {
	HGRO_OWN(HGRO_OWN_ETH, HGRO_ETHERTYPE, ETH_P_TEB, hgro_eth_receive,
		 NULL),
	HGRO_OWN(HGRO_OWN_TAG, HGRO_ETHERTYPE, ETH_P_8021Q, hgro_tag_receive,
		 NULL),
	HGRO_OWN(HGRO_OWN_AD_TAG, HGRO_ETHERTYPE, ETH_P_8021AD,
		 hgro_tag_receive, NULL),
	HGRO_OWN(HGRO_OWN_IPV4, HGRO_ETHERTYPE, ETH_P_IP, hgro_ipv4_receive,
		 hgro_ipv4_complete),
	HGRO_OWN(HGRO_OWN_IPV6, HGRO_ETHERTYPE, ETH_P_IPV6, hgro_ipv6_receive,
		 hgro_ipv6_complete),
	HGRO_OWN(HGRO_OWN_HOP, HGRO_IP_PROTOCOL, IPPROTO_HOPOPTS,
		 hgro_ext_receive, NULL),
	HGRO_OWN(HGRO_OWN_ROUTING, HGRO_IP_PROTOCOL, IPPROTO_ROUTING,
		 hgro_ext_receive, NULL),
	HGRO_OWN(HGRO_OWN_DEST, HGRO_IP_PROTOCOL, IPPROTO_DSTOPTS,
		 hgro_ext_receive, NULL),
	HGRO_OWN(HGRO_OWN_TCP, HGRO_IP_PROTOCOL, IPPROTO_TCP,
		 hgro_tcp_receive, hgro_tcp_complete),
	HGRO_OWN(HGRO_OWN_UDP, HGRO_IP_PROTOCOL, IPPROTO_UDP,
		 hgro_udp_receive, hgro_udp_complete),
	HGRO_OWN(HGRO_OWN_IPIP, HGRO_IP_PROTOCOL, IPPROTO_IPIP,
		 hgro_ipip_receive, hgro_ipip_complete),
	HGRO_OWN(HGRO_OWN_SIT, HGRO_IP_PROTOCOL, IPPROTO_IPV6,
		 hgro_sit_receive, hgro_sit_complete),
	HGRO_OWN(HGRO_OWN_GRE, HGRO_IP_PROTOCOL, IPPROTO_GRE,
		 hgro_gre_receive, hgro_gre_complete),
	HGRO_OWN(HGRO_OWN_VXLAN, HGRO_UDP_TUNNEL, UDP_TUNNEL_TYPE_VXLAN,
		 hgro_vxlan_receive, NULL),
	HGRO_OWN(HGRO_OWN_GENEVE, HGRO_UDP_TUNNEL, UDP_TUNNEL_TYPE_GENEVE,
		 hgro_geneve_receive, NULL),
};

static DEFINE_MUTEX(hgro_layers_lock);
static DECLARE_WAIT_QUEUE_HEAD(hgro_layers_idle);

/* The slot of a layer, negative without one. */
static int hgro_find_layer(u32 key)
{
	unsigned int i;

	for (i = 0; i < HGRO_MAX_LAYERS; i++)
		/* Pairs with the release when one is registered. */
		if (smp_load_acquire(&hgro_slots[i].key) == key)
			return i;
	return -ENOENT;
}

static bool hgro_layer_valid(const struct hgro_layer *layer)
{
	return (unsigned int)layer->space < HGRO_NR_SPACES && layer->receive &&
	       HGRO_NEXT(layer->space, layer->key);
}

/**
 * hgro_layer_register() - add a protocol to the table
 * @layer: it; stays the caller's, unchanged until it is taken out again
 *
 * Context: process; may sleep.
 * Return: 0; -EINVAL without receive() or with an impossible key; -EEXIST when
 *	there is one with this key; -ENOSPC when the table is full.
 */
int hgro_layer_register(struct hgro_layer *layer)
{
	u32 key = HGRO_NEXT(layer->space, layer->key);
	unsigned int i;
	int err = 0;

	if (!hgro_layer_valid(layer))
		return -EINVAL;
	mutex_lock(&hgro_layers_lock);
	for (i = HGRO_NR_OWN; i < HGRO_MAX_LAYERS; i++)
		if (!rcu_access_pointer(hgro_slots[i].layer))
			break;
	if (hgro_find_layer(key) >= 0) {
		err = -EEXIST;
	} else if (i == HGRO_MAX_LAYERS) {
		err = -ENOSPC;
	} else {
		atomic_set(&layer->flows, 0);
		rcu_assign_pointer(hgro_slots[i].layer, layer);
		/* Who sees the key sees the layer. */
		smp_store_release(&hgro_slots[i].key, key);
	}
	mutex_unlock(&hgro_layers_lock);
	return err;
}
EXPORT_SYMBOL_GPL(hgro_layer_register);

static struct hgro_slot *hgro_layer_slot(const struct hgro_layer *layer)
{
	unsigned int i;

	for (i = HGRO_NR_OWN; i < HGRO_MAX_LAYERS; i++)
		if (rcu_access_pointer(hgro_slots[i].layer) == layer)
			return &hgro_slots[i];
	return NULL;
}

/**
 * hgro_layer_unregister() - take a protocol out of the table
 * @layer: as registered; nothing of it is used any more when this returns
 *
 * Waits for flows with this layer that are open: for the end of a poll, or for
 * the device's gro_flush_timeout.
 *
 * Context: process; sleeps. Not from a NAPI's poll, nor between
 *	napi_disable() and hgro_stop().
 */
void hgro_layer_unregister(struct hgro_layer *layer)
{
	struct hgro_slot *slot;

	mutex_lock(&hgro_layers_lock);
	slot = hgro_layer_slot(layer);
	if (!WARN_ON(!slot)) {
		WRITE_ONCE(slot->key, 0);
		/* Who has found it has counted a flow after this, or has none. */
		synchronize_rcu();
		wait_event(hgro_layers_idle, !atomic_read(&layer->flows));
		/* And has woken us, which it may still be about. */
		synchronize_rcu();
		RCU_INIT_POINTER(slot->layer, NULL);
	}
	mutex_unlock(&hgro_layers_lock);
}
EXPORT_SYMBOL_GPL(hgro_layer_unregister);

/**
 * hgro_layers_hold() - count a flow in its guests, the layers of other modules
 * @guests: a bit for each
 *
 * Context: softirq, in the read section in which they were found.
 */
void hgro_layers_hold(u32 guests)
{
	const struct hgro_slot *slot = hgro_slots + HGRO_NR_OWN;
	unsigned long mask = guests;
	unsigned int i;

	for_each_set_bit(i, &mask, 32)
		atomic_inc(&rcu_dereference_bh(slot[i].layer)->flows);
}

/**
 * hgro_layers_put() - a flow that was counted has ended
 * @guests: as in hgro_layers_hold()
 *
 * Context: softirq.
 */
void hgro_layers_put(u32 guests)
{
	const struct hgro_slot *slot = hgro_slots + HGRO_NR_OWN;
	unsigned long mask = guests;
	unsigned int i;

	for_each_set_bit(i, &mask, 32)
		if (atomic_dec_and_test(&rcu_dereference_bh(slot[i].layer)->flows))
			wake_up(&hgro_layers_idle);
}

/* The layers from @walk->next on; a number for each goes to @ids. */
static enum hgro_reason hgro_walk_layers(struct hgro_walk *walk, u8 *ids)
{
	struct hdr_stack *stack = walk->p.stack;
	const struct hgro_layer *layer;
	enum hgro_reason reason;
	unsigned int from;
	int i;

	do {
		i = hgro_find_layer(walk->next);
		if (i < 0)
			return HGRO_PROTOCOL;
		layer = rcu_dereference_bh(hgro_slots[i].layer);
		from = stack->layers;
		walk->next = 0;
		reason = layer->receive(walk);
		/* One that takes nothing might go on for ever. */
		if (!reason && from == stack->layers)
			return HGRO_PROTOCOL;
		while (from < stack->layers)
			ids[from++] = i;
	} while (!reason && walk->next);
	return reason;
}

static u32 hgro_guests(const u8 *ids, unsigned int layers)
{
	u32 guests = 0;

	while (layers--)
		if (ids[layers] >= HGRO_NR_OWN)
			guests |= BIT(ids[layers] - HGRO_NR_OWN);
	return guests;
}

/**
 * hgro_parse_usual() - hgro_parse() for plain TCP over IPv4 or IPv6 only
 * @pkt: the packet; its layers' numbers are filled in
 * @stack: filled in
 *
 * Context: any.
 * Return: false when it is something else.
 */
bool hgro_parse_usual(struct hgro_packet *pkt, struct hdr_stack *stack)
{
	const struct ethhdr *eth = (const void *)pkt->data;

	if (pkt->readable < ETH_HLEN ||
	    !hdr_parse_usual(stack, pkt->data, pkt->readable, eth->h_proto))
		return false;
	pkt->guests = 0;
	memcpy(pkt->layer, hgro_usual_layers(stack), sizeof(pkt->layer));
	/* A fragment's headers are for the long way to refuse. */
	return stack->type[1] != HDR_IPV4 ||
	       !(get_unaligned_be16(pkt->data + ETH_HLEN +
				    offsetof(struct iphdr, frag_off)) &
		 IP_OFFSET);
}

/**
 * hgro_parse() - find a packet's layers by the table
 * @hgro: the context
 * @pkt: the packet; its layers' numbers are filled in
 * @stack: filled in
 *
 * Context: softirq, or a read section of RCU.
 * Return: HGRO_OK, when there is nothing behind the last of them but payload, or
 *	why not.
 */
enum hgro_reason hgro_parse(const struct hgro *hgro, struct hgro_packet *pkt,
			    struct hdr_stack *stack)
{
	struct hgro_walk walk = {
		.p = {
			.stack = stack,
			.frame = pkt->data,
			.len = pkt->readable,
		},
		.hgro = hgro,
		.next = HGRO_NEXT(HGRO_ETHERTYPE, ETH_P_TEB),
	};
	enum hgro_reason reason;

	memset(pkt->layer, 0, sizeof(pkt->layer));
	stack->layers = 0;
	stack->inner = 0;
	stack->ip = 0;
	reason = hgro_walk_layers(&walk, pkt->layer);
	stack->len = walk.p.at;
	if (reason)
		return reason;
	pkt->guests = hgro_guests(pkt->layer, stack->layers);
	return stack->ip && (stack->type[stack->layers - 1] == HDR_TCP ||
			     stack->type[stack->layers - 1] == HDR_UDP) ?
	       HGRO_OK : HGRO_PROTOCOL;
}

/**
 * hgro_complete() - make a super-packet's headers right, the innermost first
 * @done: the super-packet
 * @ids: the numbers of its layers
 *
 * Context: softirq.
 */
void hgro_complete(const struct hgro_done *done, const u8 *ids)
{
	unsigned int i = done->stack->layers;
	const struct hgro_layer *layer;

	while (i--) {
		layer = rcu_dereference_bh(hgro_slots[ids[i]].layer);
		if (layer->complete)
			INDIRECT_CALL_3(layer->complete, hgro_tcp_complete,
					hgro_ipv4_complete, hgro_ipv6_complete,
					done, i);
	}
}

/**
 * hgro_peek() - the header that a layer shall take off
 * @walk: the packet
 * @len: octets that have to be there
 *
 * Context: a layer's receive().
 * Return: the header, or NULL when the packet is shorter: return HGRO_HEADER
 *	then.
 */
const u8 *hgro_peek(const struct hgro_walk *walk, unsigned int len)
{
	return hdr_room(&walk->p, len) ? NULL : walk->p.frame + walk->p.at;
}
EXPORT_SYMBOL_GPL(hgro_peek);

/**
 * hgro_take() - take a header off that is the same in all packets of a flow
 * @walk: the packet
 * @len: octets of it, more than 0
 *
 * Context: a layer's receive().
 * Return: HGRO_OK, or the reason that receive() returns.
 */
enum hgro_reason hgro_take(struct hgro_walk *walk, unsigned int len)
{
	int err = hdr_room(&walk->p, len);

	return hgro_errno_reason(err ?: hdr_push(&walk->p, HDR_TUNNEL, len));
}
EXPORT_SYMBOL_GPL(hgro_take);

/**
 * hgro_next() - say what is behind a layer
 * @walk: the packet
 * @space: what that is found by
 * @key: its number there
 *
 * Behind the header of a UDP tunnel comes the packet that is in it.
 *
 * Context: a layer's receive(), after hgro_take().
 */
void hgro_next(struct hgro_walk *walk, enum hgro_space space, u16 key)
{
	struct hdr_stack *stack = walk->p.stack;

	hgro_next_inline(walk, space, key);
	if (space == HGRO_ETHERTYPE && !stack->inner && stack->ip)
		stack->inner = stack->layers;
}
EXPORT_SYMBOL_GPL(hgro_next);

/**
 * hgro_done_header() - a layer's header in a super-packet
 * @done: the super-packet
 * @layer: as complete() has it
 *
 * Context: a layer's complete().
 * Return: the header, to be written.
 */
u8 *hgro_done_header(const struct hgro_done *done, unsigned int layer)
{
	return hgro_done_at(done, layer);
}
EXPORT_SYMBOL_GPL(hgro_done_header);

/**
 * hgro_done_len() - octets from a layer's header to the end of a super-packet
 * @done: the super-packet
 * @layer: as complete() has it
 *
 * Context: a layer's complete().
 * Return: octets.
 */
u32 hgro_done_len(const struct hgro_done *done, unsigned int layer)
{
	return hgro_done_len_inline(done, layer);
}
EXPORT_SYMBOL_GPL(hgro_done_len);
