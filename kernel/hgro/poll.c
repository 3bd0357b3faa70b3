// SPDX-License-Identifier: GPL-2.0
/*
 * When flows end that no packet has ended.
 */
#include <linux/bottom_half.h>
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/jiffies.h>

#include "hgro_impl.h"

/*
 * Ends flows. @now: in ns, those stay that may still wait for a packet; 0 for
 * none. Returns when the first of them may no longer, 0 without any.
 */
static u64 hgro_end_older(struct hgro *hgro, unsigned long than,
			  enum hgro_reason reason, u64 now)
{
	struct hgro_flow *flow, *next;
	u64 until = 0;
	bool young;

	/* The oldest first: ages are in order. */
	list_for_each_entry_safe(flow, next, &hgro->ages, age) {
		young = time_before(than, flow->born);
		if (young && !now)
			break;
		if (likely(!now || list_empty(&flow->waiting))) {
			if (!young)
				hgro_end(hgro, flow, reason);
		} else if (flow->wait_until <= now) {
			hgro_end(hgro, flow, HGRO_GAP);
		} else if (!until || flow->wait_until < until) {
			until = flow->wait_until;
		}
	}
	/* What has waited behind them starts flows of its own. */
	if (unlikely(!list_empty(&hgro->turn)))
		hgro_take_turns(hgro);
	return until;
}

/**
 * hgro_flush() - end all flows, and deliver
 * @hgro: the context
 *
 * Context: the NAPI's poll.
 */
void hgro_flush(struct hgro *hgro)
{
	/* A second time: for those of packets that have waited. */
	while (!list_empty(&hgro->ages))
		hgro_end_older(hgro, jiffies, HGRO_OK, 0);
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
	hgro_end_older(hgro, jiffies - age, HGRO_AGE, 0);
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
	/* A second time: for what has waited and begun the flow anew. */
	while ((flow = hgro_same_flow(hgro, &pkt, &stack))) {
		hgro_end(hgro, flow, HGRO_ASKED);
		hgro_take_turns(hgro);
	}
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

/*
 * The end of a poll. @older: flows stay that began within the last jiffy.
 * Returns how long those may wait for a packet that do, 0 without any; ns.
 */
static u64 hgro_end_poll(struct hgro *hgro, bool older)
{
	u64 now = unlikely(hgro->early) ? ktime_get_ns() : 0, until;

	until = older ? hgro_end_older(hgro, jiffies - 1, HGRO_AGE, now) :
			hgro_end_older(hgro, jiffies, HGRO_OK, now);
	/* Those that packets have begun which waited until now. */
	if (unlikely(now && !older))
		until = hgro_end_older(hgro, jiffies, HGRO_OK, now);
	hgro_deliver(hgro);
	return until ? until - now : 0;
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
 * ones stay where a jiffy is a millisecond at most, and none elsewhere. Flows with
 * packets that wait for a late one (hgro_set_reorder()) stay in any case until
 * their time is over, and the timer runs. In busy polling napi_complete_done()
 * answers false; flows have ended all the same. A budget of 0 is netpoll's:
 * nothing is delivered then.
 *
 * Context: the NAPI's poll.
 * Return: true when the poll is complete, and the interrupt to be unmasked.
 */
bool hgro_poll_done(struct hgro *hgro, int work, int budget)
{
	u64 timeout = 0, wait;

	/* netpoll: it only transmits, perhaps with interrupts off. */
	if (unlikely(!budget))
		return false;
	if (work >= budget) {
		/* A jiffy may be long: then all flows end, as in stock GRO. */
		hgro_end_poll(hgro, HZ >= 1000);
		return false;
	}
	if (work && !list_empty(&hgro->ages))
		timeout = READ_ONCE(hgro->napi->dev->gro_flush_timeout);
	wait = hgro_end_poll(hgro, timeout);
	if (unlikely(wait) && (!timeout || wait < timeout))
		timeout = wait;
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
