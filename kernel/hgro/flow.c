// SPDX-License-Identifier: GPL-2.0
/*
 * The table of flows: found, started, ended.
 */
#include <linux/bitops.h>
#include <linux/if_ether.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <net/ipv6.h>

#include "../hdr/flow.h"
#include "layer.h"
#include "trace.h"
#include "usual.h"

/**
 * hgro_hash() - the hash of a flow, for devices that make none
 * @hgro: the context
 * @data: a packet's Ethernet header
 * @len: octets that can be read
 *
 * Context: any.
 * Return: a number other than 0; 0 when no headers were found.
 */
u32 hgro_hash(const struct hgro *hgro, const u8 *data, u32 len)
{
	struct hgro_packet pkt = { .data = data, .readable = len };
	struct hdr_stack stack;
	unsigned int l4;

	if (!hgro_parse_usual(&pkt, &stack) && hgro_parse(hgro, &pkt, &stack))
		return 0;
	l4 = stack.start[stack.layers - 1];
	return hdr_flow_hash(hgro->seed, data + stack.start[stack.ip],
			     stack.type[stack.ip] == HDR_IPV6, data + l4);
}

static bool hgro_same_key(const struct hdr_stack *a, const u8 *x,
			  const struct hdr_stack *b, const u8 *y)
{
	if (a->type[a->ip] != b->type[b->ip] ||
	    a->type[a->layers - 1] != b->type[b->layers - 1])
		return false;
	return hdr_flow_same(a->type[a->ip] == HDR_IPV6, x + a->start[a->ip],
			     x + a->start[a->layers - 1], y + b->start[b->ip],
			     y + b->start[b->layers - 1]);
}

/**
 * hgro_same_flow() - the flow with a packet's addresses and ports
 * @hgro: the context
 * @pkt: the packet
 * @stack: its layers
 *
 * Context: softirq.
 * Return: the flow, or NULL.
 */
struct hgro_flow *hgro_same_flow(const struct hgro *hgro,
				 const struct hgro_packet *pkt,
				 const struct hdr_stack *stack)
{
	struct hgro_flow *flow;

	hlist_for_each_entry(flow, hgro_bucket(hgro, pkt->hash), node)
		if (flow->hash == pkt->hash &&
		    hgro_same_key(&flow->stack, skb_mac_header(flow->head),
				  stack, pkt->data))
			return flow;
	return NULL;
}

/**
 * hgro_predict() - predict the headers of a flow's second packet
 * @hgro: the context
 * @flow: the flow, of one packet so far
 *
 * Not before there is one: much of what arrives stays alone.
 *
 * Context: softirq.
 */
void hgro_predict(const struct hgro *hgro, struct hgro_flow *flow)
{
	struct hdr_super super;

	hgro_super(hgro, &super, skb_mac_header(flow->head), &flow->stack,
		   flow->mss);
	super.fixed_id = flow->fixed_id;
	/* Cannot fail: hgro_judge_packet() has looked at the length. */
	hdr_predict(&flow->predict, &super);
}

/* May it be longer than a 16-bit length says? As stock GRO has it. */
static __always_inline bool hgro_may_be_big(const struct hgro_packet *pkt,
					    const struct hdr_stack *stack)
{
	if (stack->layers != 3 || stack->type[2] != HDR_TCP)
		return false;
	/* The hop-by-hop header that says so is put in before. */
	return stack->type[1] == HDR_IPV4 || !pkt->skb ||
	       skb_headroom(pkt->skb) >= ETH_HLEN +
					 sizeof(struct hop_jumbo_hdr);
}

/*
 * How many more packets of @mss octets may join, and what will end that. @tail:
 * octets that then are left for a short one.
 */
static __always_inline unsigned int
hgro_room(const struct hgro *hgro, const struct hgro_packet *pkt,
	  const struct hdr_stack *stack, u32 mss, u8 *full, u32 *tail)
{
	const struct net_device *dev = hgro->napi->dev;
	u32 max = stack->type[stack->ip] == HDR_IPV6 ?
		  READ_ONCE(dev->gro_max_size) :
		  READ_ONCE(dev->gro_ipv4_max_size);
	unsigned int l3 = 1;
	u32 hdr_len, packets;

	/* Of all lengths in the headers, the outer IP header's is the largest. */
	while (stack->type[l3] == HDR_VLAN)
		l3++;
	hdr_len = stack->len - stack->start[l3];
	if (!hgro_may_be_big(pkt, stack))
		max = min_t(u32, max, GRO_LEGACY_MAX_SIZE);
	/* Below it, as stock GRO has it. */
	max = max > hdr_len ? max - 1 - hdr_len : 0;
	packets = max / mss;
	*tail = max - packets * mss;
	*full = HGRO_SIZE;
	if (packets >= hgro->config.max_packets) {
		packets = hgro->config.max_packets;
		*tail = 0;
		*full = HGRO_COUNT;
	}
	return packets ? packets - 1 : 0;
}

/* Carriers of pages and skbs can hold both only when they are freed alike. */
static bool hgro_takes_pages(const struct hgro *hgro, const struct sk_buff *skb)
{
	return skb->pp_recycle == hgro->config.recycle &&
	       skb->dev == hgro->napi->dev;
}

/**
 * hgro_levels() - what a device must have verified for a packet to take the
 *	short way
 * @stack: its layers
 *
 * A UDP tunnel's checksum of 0 instead of one is only seen by who looks.
 *
 * Context: any.
 * Return: as in &struct hgro_flow.
 */
u8 hgro_levels(const struct hdr_stack *stack)
{
	unsigned int i;

	for (i = 1; i < stack->inner; i++)
		if (stack->type[i] == HDR_UDP_TUNNEL_CSUM)
			return HGRO_NO_LEVEL;
	return hgro_checks(stack) - 1;
}

static __always_inline void hgro_fill(struct hgro *hgro, struct hgro_flow *flow,
				      const struct hgro_packet *pkt,
				      const struct hdr_stack *stack,
				      struct sk_buff *head)
{
	flow->hash = pkt->hash;
	flow->vlan_all = pkt->vlan_all;
	flow->frame_len = pkt->len;
	flow->bytes = flow->mss;
	flow->truesize = 0;
	flow->count = 1;
	flow->pieces = skb_shinfo(head)->nr_frags;
	flow->pieces += pkt->skb && skb_headlen(head) + ETH_HLEN > stack->len;
	flow->pieces -= !!flow->pieces;
	flow->fixed_id = false;
	flow->flags = 0;
	flow->head = head;
	flow->last = head;
	flow->last_bytes = flow->bytes;
	flow->last_truesize = 0;
	flow->plain = !pkt->skb ||
		      (!head->slow_gro && !skb_metadata_len(head) &&
		       !skb_is_decrypted(head));
	flow->pages = !pkt->skb || (flow->plain && hgro_takes_pages(hgro, head));
	flow->born = jiffies;
	flow->predict.len = 0;
	hdr_stack_copy(&flow->stack, stack);
}

/* What hgro_parse_usual() says of layers. */
static __always_inline void hgro_fill_usual(struct hgro_flow *flow)
{
	flow->levels = 0;
	flow->odd_check = 0xffff;
	memcpy(flow->layer, hgro_usual_layers(&flow->stack),
	       sizeof(flow->layer));
	flow->guests = 0;
}

static void hgro_fill_any(struct hgro_flow *flow, const struct hgro_packet *pkt)
{
	flow->levels = hgro_levels(&flow->stack);
	flow->odd_check = hgro_odd_check(&flow->stack);
	memcpy(flow->layer, pkt->layer, sizeof(flow->layer));
	flow->guests = pkt->guests;
	if (unlikely(flow->guests))
		hgro_layers_hold(flow->guests);
}

/* As hgro_start(). @usual: its layers are those of hgro_parse_usual(). */
static __always_inline bool hgro_hold(struct hgro *hgro,
				      const struct hgro_packet *pkt,
				      const struct hdr_stack *stack,
				      enum hgro_reason *reason, bool usual)
{
	u32 mss = pkt->len - stack->len;
	struct sk_buff *head = pkt->skb;
	struct hgro_flow *flow;
	unsigned int room;
	u32 tail;
	u8 full;

	room = hgro_room(hgro, pkt, stack, mss, &full, &tail);
	/* Frags of one packet that leave no room for another's. */
	if (head && skb_shinfo(head)->nr_frags + 1 >=
		    hgro->config.max_packets) {
		room = 0;
		full = HGRO_COUNT;
	}
	/* Where there is no room, what goes the long way makes it. */
	if (unlikely(!room || (usual && list_empty(&hgro->unused)))) {
		*reason = full;
		return false;
	}
	if (!head)
		head = hgro_carrier(hgro, pkt->frame, stack->len,
				    READ_ONCE(hgro->config.headroom));
	if (unlikely(!head)) {
		*reason = HGRO_NOMEM;
		return false;
	}
	if (unlikely(list_empty(&hgro->unused)))
		hgro_end(hgro, list_first_entry(&hgro->ages, struct hgro_flow,
						age), HGRO_EVICTED);

	flow = list_first_entry(&hgro->unused, struct hgro_flow, age);
	flow->mss = mss;
	flow->room = room;
	flow->tail = tail;
	flow->full = full;
	hgro_fill(hgro, flow, pkt, stack, head);
	if (usual)
		hgro_fill_usual(flow);
	else
		hgro_fill_any(flow, pkt);
	if (unlikely(hgro->config.max_packets <= room + 1 + flow->pieces)) {
		flow->room = hgro->config.max_packets - 1 - flow->pieces;
		flow->tail = 0;
		flow->full = HGRO_COUNT;
	}
	list_move_tail(&flow->age, &hgro->ages);
	hlist_add_head(&flow->node, hgro_bucket(hgro, flow->hash));
	hgro->stats.held++;
	return true;
}

/**
 * hgro_start() - hold a packet as the first of a flow
 * @hgro: the context
 * @pkt: the packet, taken when this succeeds
 * @stack: its layers
 * @reason: why not, when this fails
 *
 * A full table loses its oldest flow.
 *
 * Context: softirq.
 * Return: true when it is held.
 */
bool hgro_start(struct hgro *hgro, const struct hgro_packet *pkt,
		const struct hdr_stack *stack, enum hgro_reason *reason)
{
	return hgro_hold(hgro, pkt, stack, reason, false);
}

/* All of it in one function: what never merges takes no other way. */
static __always_inline bool hgro_first(struct hgro *hgro,
				       const struct hgro_packet *pkt)
{
	const struct ethhdr *eth = (const void *)pkt->data;
	enum hgro_reason reason;
	struct hdr_stack stack;

	if (pkt->readable < ETH_HLEN ||
	    !hdr_parse_usual(&stack, pkt->data, pkt->readable, eth->h_proto))
		return false;
	if (!hgro_usual_merges(hgro, pkt, &stack) ||
	    pkt->data[stack.start[2] + TCP_FLAGS] & (FLAG_FIN | FLAG_PSH))
		return false;
	if (hgro_hold(hgro, pkt, &stack, &reason, true))
		return true;
	if (reason != HGRO_NOMEM)
		return false;
	/* The long way would ask for memory again. */
	hgro_pass(hgro, pkt, reason);
	return true;
}

/**
 * hgro_first_page() - hold a frame of plain TCP as the first of its flow
 * @hgro: the context, with no flow of this hash
 * @frame: the frame, taken when this succeeds
 * @data: its first octet
 * @hash: of the flow, not 0
 *
 * Context: softirq.
 * Return: false for what has to go the long way.
 */
bool hgro_first_page(struct hgro *hgro, const struct hgro_frame *frame,
		     const u8 *data, u32 hash)
{
	const struct hgro_packet pkt = {
		.data = data,
		.readable = frame->len,
		.len = frame->len,
		.hash = hash,
		.vlan_all = frame->vlan_all,
		.ip_summed = frame->ip_summed,
		.frame = frame,
	};

	return hgro_first(hgro, &pkt);
}

/**
 * hgro_first_skb() - hold a packet of plain TCP as the first of its flow
 * @hgro: the context, with no flow of this hash
 * @skb: the packet, taken when this succeeds
 * @hash: of the flow, not 0
 *
 * Context: softirq.
 * Return: false for what has to go the long way.
 */
bool hgro_first_skb(struct hgro *hgro, struct sk_buff *skb, u32 hash)
{
	const struct hgro_packet pkt = {
		.data = skb_mac_header(skb),
		.readable = skb_headlen(skb) + ETH_HLEN,
		.len = skb->len + ETH_HLEN,
		.hash = hash,
		.vlan_all = hgro_vlan_all(skb),
		.ip_summed = skb->ip_summed,
		.skb = skb,
	};

	return hgro_first(hgro, &pkt);
}

/**
 * hgro_end() - flush a flow
 * @hgro: the context
 * @flow: the flow, unused afterwards
 * @reason: why
 *
 * Context: softirq.
 */
void hgro_end(struct hgro *hgro, struct hgro_flow *flow,
	      enum hgro_reason reason)
{
	struct sk_buff *head = flow->head;

	hlist_del(&flow->node);
	list_move(&flow->age, &hgro->unused);
	/* Behind the packet in hand, which is before them or ends the flow. */
	if (unlikely(!list_empty(&flow->waiting)))
		list_splice_tail_init(&flow->waiting, &hgro->turn);
	if (flow->count > 1) {
		hgro_finish(flow);
	} else if (unlikely(head->ip_summed == CHECKSUM_NONE)) {
		/* All of it was verified before it was held. */
		head->ip_summed = CHECKSUM_UNNECESSARY;
		head->csum_level = hgro_checks(&flow->stack) - 1;
	}
	if (unlikely(flow->guests))
		hgro_layers_put(flow->guests);
	trace_hgro_flush(head, flow->count, flow->bytes, reason);

	u64_stats_update_begin(&hgro->sync);
	hgro->stats.held -= flow->count;
	hgro->stats.flushed[reason]++;
	if (flow->count > 1) {
		hgro->stats.merged += flow->count;
		hgro->stats.supers++;
	} else {
		hgro->stats.single++;
	}
	u64_stats_update_end(&hgro->sync);
	hgro_up(hgro, head);
}
