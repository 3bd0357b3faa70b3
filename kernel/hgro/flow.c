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
#include "hgro_impl.h"
#include "trace.h"

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
		    hgro_same_key(&flow->stack, flow->predict.hdr, stack,
				  pkt->data))
			return flow;
	return NULL;
}

/* May it be longer than a 16-bit length says? As stock GRO has it. */
static bool hgro_may_be_big(const struct hgro_packet *pkt,
			    const struct hdr_stack *stack)
{
	if (stack->layers != 3 || stack->type[2] != HDR_TCP)
		return false;
	/* The hop-by-hop header that says so is put in before. */
	return stack->type[1] == HDR_IPV4 || !pkt->skb ||
	       skb_headroom(pkt->skb) >= ETH_HLEN +
					 sizeof(struct hop_jumbo_hdr);
}

/* How many more packets of @mss octets may join, and what will end that. */
static unsigned int hgro_room(const struct hgro *hgro,
			      const struct hgro_packet *pkt,
			      const struct hdr_stack *stack, u32 mss, u8 *full)
{
	const struct net_device *dev = hgro->napi->dev;
	u32 max = stack->type[stack->ip] == HDR_IPV6 ?
		  READ_ONCE(dev->gro_max_size) :
		  READ_ONCE(dev->gro_ipv4_max_size);
	u32 hdr_len, packets;
	unsigned int l3 = 1;

	/* Of all lengths in the headers, the outer IP header's is the largest. */
	while (stack->type[l3] == HDR_VLAN)
		l3++;
	hdr_len = stack->len - stack->start[l3];
	if (!hgro_may_be_big(pkt, stack))
		max = min_t(u32, max, GRO_LEGACY_MAX_SIZE);
	/* Below it, as stock GRO has it. */
	packets = max > hdr_len ? (max - 1 - hdr_len) / mss : 0;
	*full = HGRO_SIZE;
	if (packets > hgro->config.max_packets) {
		packets = hgro->config.max_packets;
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

/*
 * What a device must have verified. A UDP tunnel's checksum of 0 instead of one
 * is only seen by who looks.
 */
static u8 hgro_levels(const struct hdr_stack *stack)
{
	unsigned int i;

	for (i = 1; i < stack->inner; i++)
		if (stack->type[i] == HDR_UDP_TUNNEL_CSUM)
			return HGRO_NO_LEVEL;
	return hgro_checks(stack) - 1;
}

static void hgro_fill(struct hgro *hgro, struct hgro_flow *flow,
		      const struct hgro_packet *pkt,
		      const struct hdr_stack *stack, struct sk_buff *head)
{
	struct hdr_super super;

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
	flow->levels = hgro_levels(stack);
	flow->odd_check = hgro_odd_check(stack);
	memcpy(flow->layer, pkt->layer, sizeof(flow->layer));
	flow->guests = pkt->guests;
	if (unlikely(flow->guests))
		hgro_layers_hold(flow->guests);
	flow->flags = 0;
	flow->head = head;
	flow->last = head;
	flow->last_bytes = flow->bytes;
	flow->last_truesize = 0;
	flow->plain = !head->slow_gro && !skb_metadata_len(head) &&
		      !skb_is_decrypted(head);
	flow->pages = flow->plain && hgro_takes_pages(hgro, head);
	flow->stack = *stack;
	hgro_super(hgro, &super, pkt->data, stack, flow->mss);
	/* Cannot fail: hgro_judge_packet() has looked at the length. */
	hdr_predict(&flow->predict, &super);
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
	u32 mss = pkt->len - stack->len;
	struct sk_buff *head = pkt->skb;
	struct hgro_flow *flow;
	unsigned int room;
	u8 full;

	room = hgro_room(hgro, pkt, stack, mss, &full);
	/* Frags of one packet that leave no room for another's. */
	if (head && skb_shinfo(head)->nr_frags + 1 >=
		    hgro->config.max_packets) {
		room = 0;
		full = HGRO_COUNT;
	}
	if (!room) {
		*reason = full;
		return false;
	}
	if (!head)
		head = hgro_carrier(hgro, pkt->frame, stack->len);
	if (!head) {
		*reason = HGRO_NOMEM;
		return false;
	}
	if (list_empty(&hgro->unused))
		hgro_end(hgro, list_first_entry(&hgro->ages, struct hgro_flow,
						age), HGRO_EVICTED);

	flow = list_first_entry(&hgro->unused, struct hgro_flow, age);
	flow->mss = mss;
	flow->born = jiffies;
	hgro_fill(hgro, flow, pkt, stack, head);
	flow->room = room;
	flow->full = full;
	if (hgro->config.max_packets <= room + 1 + flow->pieces) {
		flow->room = hgro->config.max_packets - 1 - flow->pieces;
		flow->full = HGRO_COUNT;
	}
	list_move_tail(&flow->age, &hgro->ages);
	hlist_add_head(&flow->node, hgro_bucket(hgro, flow->hash));
	hgro->stats.held++;
	return true;
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
	hgro_finish(hgro, flow);
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
