// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that come too early: they wait for those before them, a few of them
 * and for a short time, instead of ending their flow. Off at first: with it,
 * packets of a flow go up in another order than they came.
 *
 * A flow with packets that wait takes the long way, so that the short one need
 * not ask. Those whose turn it is are received as if they came then, and do not
 * wait again.
 */
#include <linux/export.h>
#include <linux/timekeeping.h>
#include <linux/unaligned.h>

#include "hgro_impl.h"

/**
 * struct hgro_early - a packet that waits
 * @list: in its flow, then in &struct hgro.turn; or in no_early
 * @seq: its sequence number
 * @end: the one behind it
 * @skb: it, or NULL
 * @frame: it, where there is no skb
 */
struct hgro_early {
	struct list_head list;
	u32 seq;
	u32 end;
	struct sk_buff *skb;
	struct hgro_frame frame;
};

/**
 * hgro_reorder_create() - room for packets that wait
 * @hgro: a context that is being made
 *
 * Context: process; may sleep.
 * Return: false without memory.
 */
bool hgro_reorder_create(struct hgro *hgro)
{
	u32 i, packets = min(hgro->config.reorder_packets, HGRO_MAX_REORDER);

	INIT_LIST_HEAD(&hgro->no_early);
	INIT_LIST_HEAD(&hgro->turn);
	hgro->config.reorder_packets = packets;
	if (!packets)
		return true;
	hgro->early = kvcalloc(packets, sizeof(*hgro->early), GFP_KERNEL);
	if (!hgro->early)
		return false;
	for (i = 0; i < packets; i++)
		list_add_tail(&hgro->early[i].list, &hgro->no_early);
	hgro->reorder_ns = NSEC_PER_USEC * min(hgro->config.reorder_us,
					       HGRO_MAX_REORDER_US);
	return true;
}

/**
 * hgro_set_reorder() - let packets that come too early wait, or let none
 * @hgro: the context
 * @usecs: how long each at most, microseconds; 0 for none. Those that wait stay
 *	for as long as they were let
 *
 * Context: any; polls may run beside it.
 * Return: 0; -ERANGE above %HGRO_MAX_REORDER_US; -EOPNOTSUPP when the context
 *	was made without room for packets that wait.
 */
int hgro_set_reorder(struct hgro *hgro, u32 usecs)
{
	if (usecs > HGRO_MAX_REORDER_US)
		return -ERANGE;
	if (usecs && !hgro->early)
		return -EOPNOTSUPP;
	WRITE_ONCE(hgro->reorder_ns, (u64)usecs * NSEC_PER_USEC);
	return 0;
}
EXPORT_SYMBOL_GPL(hgro_set_reorder);

/* The sequence number that a flow waits for. */
static u32 hgro_next_seq(const struct hgro_flow *flow)
{
	return get_unaligned_be32(flow->predict.hdr + flow->predict.c.seq_off);
}

/*
 * Where a packet belongs among those that wait: behind the one that is returned.
 * NULL for octets that another one has, too: whoever sends them twice knows
 * more than we do.
 */
static struct list_head *hgro_place(struct hgro_flow *flow, u32 seq, u32 end)
{
	struct hgro_early *early;

	/* Most come in order behind the gap. */
	list_for_each_entry_reverse(early, &flow->waiting, list) {
		if ((s32)(seq - early->end) >= 0)
			return &early->list;
		if ((s32)(end - early->seq) > 0)
			return NULL;
	}
	return &flow->waiting;
}

/* It came too early, but not by so much that it is another matter. */
static bool hgro_is_early(const struct hgro *hgro, struct hgro_flow *flow,
			  const struct hdr_stack *stack, u32 seq)
{
	u32 ahead;

	if (stack->type[stack->layers - 1] != HDR_TCP ||
	    stack->len != flow->stack.len || !flow->room)
		return false;
	if (!flow->predict.len)
		hgro_predict(hgro, flow);
	ahead = seq - hgro_next_seq(flow);
	return ahead && ahead <= hgro->config.reorder_packets * flow->mss;
}

/**
 * hgro_wait() - let a packet wait that came too early
 * @hgro: the context
 * @flow: its flow; ended when there are too many that wait
 * @pkt: the packet, taken when this succeeds
 * @stack: its layers
 *
 * Context: softirq.
 * Return: true when it waits.
 */
bool hgro_wait(struct hgro *hgro, struct hgro_flow *flow,
	       const struct hgro_packet *pkt, const struct hdr_stack *stack)
{
	u32 seq = get_unaligned_be32(pkt->data +
				     stack->start[stack->layers - 1] +
				     offsetof(struct tcphdr, seq));
	u32 end = seq + pkt->len - stack->len;
	struct hgro_early *early;
	struct list_head *place;

	if (hgro->in_turn || !hgro_is_early(hgro, flow, stack, seq))
		return false;
	early = list_first_entry_or_null(&hgro->no_early, struct hgro_early,
					 list);
	place = hgro_place(flow, seq, end);
	if (!early || !place)
		return false;

	if (list_empty(&flow->waiting))
		flow->wait_until = ktime_get_ns() + READ_ONCE(hgro->reorder_ns);
	early->seq = seq;
	early->end = end;
	early->skb = pkt->skb;
	if (!pkt->skb)
		early->frame = *pkt->frame;
	list_move(&early->list, place);
	flow->levels = HGRO_NO_LEVEL;
	hgro->stats.held++;
	hgro->stats.waited++;
	/* The next one would find no room, and would go up before this one. */
	if (list_empty(&hgro->no_early))
		hgro_end(hgro, flow, HGRO_GAP);
	return true;
}

/**
 * hgro_gap_closes() - the packet that was waited for joins its flow
 * @hgro: the context
 * @flow: the flow, not yet counting it
 *
 * Context: softirq.
 */
void hgro_gap_closes(struct hgro *hgro, struct hgro_flow *flow)
{
	u32 next = hgro_next_seq(flow) + flow->mss;
	struct hgro_early *early, *behind;

	list_for_each_entry_safe(early, behind, &flow->waiting, list) {
		if (early->seq != next)
			break;
		list_move_tail(&early->list, &hgro->turn);
		next = early->end;
	}
	if (list_empty(&flow->waiting))
		flow->levels = hgro_levels(&flow->stack);
}

/**
 * hgro_take_turns() - receive packets whose turn it is
 * @hgro: the context
 *
 * Context: softirq.
 */
void hgro_take_turns(struct hgro *hgro)
{
	struct hgro_early *early;
	struct hgro_frame frame;
	struct sk_buff *skb;

	if (hgro->in_turn)
		return;
	hgro->in_turn = true;
	while ((early = list_first_entry_or_null(&hgro->turn, struct hgro_early,
						 list))) {
		skb = early->skb;
		if (!skb)
			frame = early->frame;
		list_move(&early->list, &hgro->no_early);
		hgro->stats.held--;
		if (skb)
			hgro_receive_skb(hgro, skb);
		else
			hgro_receive_frags(hgro, &frame);
	}
	hgro->in_turn = false;
}
