// SPDX-License-Identifier: GPL-2.0
/*
 * Up the stack: what was merged, and what was not.
 */
#include <linux/if_ether.h>
#include <net/busy_poll.h>

#include "hgro_impl.h"
#include "trace.h"

/* Frames up to this are copied whole, of longer ones so much is. */
#define HGRO_COPY_WHOLE	256
#define HGRO_COPY_PART	128

/**
 * hgro_deliver() - hand up all that waits for it
 * @hgro: the context
 *
 * Context: softirq.
 */
void hgro_deliver(struct hgro *hgro)
{
	LIST_HEAD(skbs);

	if (!hgro->ups)
		return;
	list_splice_init(&hgro->up, &skbs);
	hgro->ups = 0;
	if (hgro->config.deliver)
		hgro->config.deliver(hgro->config.arg, &skbs);
	else
		netif_receive_skb_list(&skbs);
}

/**
 * hgro_pass() - pass a packet on alone
 * @hgro: the context
 * @pkt: the packet, taken; dropped when there is no memory for it
 * @reason: why it was not merged
 *
 * Context: softirq.
 */
void hgro_pass(struct hgro *hgro, const struct hgro_packet *pkt,
	       enum hgro_reason reason)
{
	struct sk_buff *skb = pkt->skb;

	/* Where there was no memory a moment ago, it is not tried again. */
	if (!skb && pkt->len >= ETH_HLEN && reason != HGRO_NOMEM)
		skb = hgro_carrier(hgro, pkt->frame,
				   pkt->len <= HGRO_COPY_WHOLE ? pkt->len :
				   HGRO_COPY_PART, 0);
	trace_hgro_pass(skb, pkt->len, reason);

	u64_stats_update_begin(&hgro->sync);
	if (likely(skb))
		hgro->stats.passed[reason]++;
	else
		hgro->stats.dropped++;
	u64_stats_update_end(&hgro->sync);

	if (likely(skb))
		hgro_up(hgro, skb);
	else
		hgro_frame_put(hgro, pkt->frame);
}
