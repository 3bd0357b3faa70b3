// SPDX-License-Identifier: GPL-2.0
/*
 * When flows end that no packet has ended.
 */
#include <linux/bottom_half.h>
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/jiffies.h>

#include "hgro_impl.h"

static void hgro_end_older(struct hgro *hgro, unsigned long than,
			   enum hgro_reason reason)
{
	struct hgro_flow *flow, *next;

	/* The oldest first: ages are in order. */
	list_for_each_entry_safe(flow, next, &hgro->ages, age) {
		if (time_before(than, flow->born))
			break;
		hgro_end(hgro, flow, reason);
	}
}

/**
 * hgro_flush() - end all flows, and deliver
 * @hgro: the context
 *
 * Context: the NAPI's poll.
 */
void hgro_flush(struct hgro *hgro)
{
	hgro_end_older(hgro, jiffies, HGRO_OK);
	hgro_deliver(hgro);
}
EXPORT_SYMBOL_GPL(hgro_flush);

/**
 * hgro_flush_older() - end the flows that are open for long, and deliver
 * @hgro: the context
 * @age: how long, jiffies
 *
 * Context: the NAPI's poll.
 */
void hgro_flush_older(struct hgro *hgro, unsigned long age)
{
	hgro_end_older(hgro, jiffies - age, HGRO_AGE);
	hgro_deliver(hgro);
}
EXPORT_SYMBOL_GPL(hgro_flush_older);

/**
 * hgro_flush_flow() - end the flow that a packet belongs to, and deliver
 * @hgro: the context
 * @skb: the packet, as for hgro_receive_skb(), headers linear; not taken
 *
 * Context: the NAPI's poll.
 */
void hgro_flush_flow(struct hgro *hgro, const struct sk_buff *skb)
{
	struct hgro_packet pkt = {
		.data = skb_mac_header(skb),
		.readable = skb_headlen(skb) + ETH_HLEN,
		.len = skb->len + ETH_HLEN,
		.hash = skb->hash,
	};
	struct hgro_flow *flow;
	struct hdr_stack stack;

	if (!pkt.hash)
		pkt.hash = hgro_hash(hgro, pkt.data, pkt.readable);
	if (hgro_judge_layers(hgro, &pkt, &stack))
		return;
	flow = hgro_same_flow(hgro, &pkt, &stack);
	if (flow)
		hgro_end(hgro, flow, HGRO_ASKED);
	hgro_deliver(hgro);
}
EXPORT_SYMBOL_GPL(hgro_flush_flow);

/* The poll that this asks for has nothing to do but to end flows. */
static enum hrtimer_restart hgro_timer(struct hrtimer *timer)
{
	struct hgro *hgro = container_of(timer, struct hgro, timer);

	napi_schedule(hgro->napi);
	return HRTIMER_NORESTART;
}

void hgro_timer_init(struct hgro *hgro)
{
	hrtimer_init(&hgro->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	hgro->timer.function = hgro_timer;
}

/**
 * hgro_poll_done() - the end of a poll, in the place of napi_complete_done()
 * @hgro: the context
 * @work: packets that the poll took
 * @budget: packets that it was allowed
 *
 * Flows end with the poll, unless the device's gro_flush_timeout lets them wait
 * for the next one: then those stay that began within the last jiffy, and the
 * context's own timer asks for another poll, since the stock one does not know
 * this table. When the budget is used up, there will be another poll: the same
 * ones stay where a jiffy is a millisecond at most, and none elsewhere. In busy
 * polling napi_complete_done() answers false; flows have ended all the same. A
 * budget of 0 is netpoll's: nothing is delivered then.
 *
 * Context: the NAPI's poll.
 * Return: true when the poll is complete, and the interrupt to be unmasked.
 */
bool hgro_poll_done(struct hgro *hgro, int work, int budget)
{
	unsigned long timeout = 0;

	/* netpoll: it only transmits, perhaps with interrupts off. */
	if (unlikely(!budget))
		return false;
	if (work >= budget) {
		/* A jiffy may be long: then all flows end, as in stock GRO. */
		if (HZ >= 1000)
			hgro_flush_older(hgro, 1);
		else
			hgro_flush(hgro);
		return false;
	}
	if (work && !list_empty(&hgro->ages))
		timeout = READ_ONCE(hgro->napi->dev->gro_flush_timeout);
	if (timeout)
		hgro_flush_older(hgro, 1);
	else
		hgro_flush(hgro);
	/*
	 * Once the poll is complete, another CPU may disable the NAPI and free
	 * the context. A timer that fires before that asks for another poll.
	 */
	if (!list_empty(&hgro->ages))
		hrtimer_start(&hgro->timer, ns_to_ktime(timeout),
			      HRTIMER_MODE_REL_PINNED);
	return napi_complete_done(hgro->napi, work);
}
EXPORT_SYMBOL_GPL(hgro_poll_done);

/**
 * hgro_stop() - end all flows of a NAPI that is disabled
 * @hgro: the context
 *
 * Context: process, after napi_disable(). May sleep.
 */
void hgro_stop(struct hgro *hgro)
{
	hrtimer_cancel(&hgro->timer);
	local_bh_disable();
	hgro_flush(hgro);
	local_bh_enable();
}
EXPORT_SYMBOL_GPL(hgro_stop);
