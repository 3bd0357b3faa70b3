// SPDX-License-Identifier: GPL-2.0
/*
 * The suite "receive": no aggregation, the stack's own GRO, hgro and LRO, side by
 * side. Of each way to hand packets over there is a case that only makes them and throws them away:
 * the harness's own work, which may be subtracted.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>

#include "receive.h"
#include "registry.h"

static void *receive_stock_setup(const struct segbench_input *input)
{
	if (container_of(input, struct receive_input, input)->table)
		return ERR_PTR(-EOPNOTSUPP);
	return receive_setup(input);
}

static __always_inline int receive_poll_end(struct receive *rx)
{
	if (rx->in->poll)
		napi_complete_done(&rx->napi, rx->in->input.segments);
	return 0;
}

/* A driver's part of a packet that is in a page frag. */
static __always_inline void receive_fill_frags(struct receive *rx,
					       struct sk_buff *skb)
{
	u32 at, len = rx->hdr_len + rx->in->payload;

	receive_next(rx, &at);
	get_page(rx->page);
	skb_add_rx_frag(skb, 0, rx->page, at, len, rx->truesize);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_set_hash(skb, receive_hash(at), PKT_HASH_TYPE_L4);
	skb_record_rx_queue(skb, 0);
}

static int receive_fill_frags_run(void *state)
{
	struct receive *rx = state;
	unsigned int i;

	for (i = 0; i < rx->in->input.segments; i++) {
		receive_fill_frags(rx, rx->skb);
		rx->skb->len = 0;
		rx->skb->data_len = 0;
		rx->skb->truesize = SKB_TRUESIZE(RECEIVE_STRIDE);
		skb_shinfo(rx->skb)->nr_frags = 0;
		put_page(rx->page);
	}
	return 0;
}

static int receive_gro_frags_run(void *state)
{
	struct receive *rx = state;
	struct sk_buff *skb;
	unsigned int i;

	receive_poll_begin(rx);
	for (i = 0; i < rx->in->input.segments; i++) {
		skb = napi_get_frags(&rx->napi);
		if (unlikely(!skb))
			return -ENOMEM;
		receive_fill_frags(rx, skb);
		napi_gro_frags(&rx->napi);
	}
	return receive_poll_end(rx);
}

/* With the page's reference taken and given back, but nothing in between. */
static __always_inline void receive_fill_skb(struct receive *rx,
					     struct sk_buff *skb)
{
	napi_consume_skb(skb, 1);
}

static int receive_fill_skbs_run(void *state)
{
	struct receive *rx = state;

	return receive_skbs(rx, receive_fill_skb);
}

/* No aggregation at all. */
static __always_inline void receive_none_skb(struct receive *rx,
					     struct sk_buff *skb)
{
	netif_receive_skb(skb);
}

static int receive_none_run(void *state)
{
	struct receive *rx = state;

	receive_poll_begin(rx);
	return receive_skbs(rx, receive_none_skb) ?: receive_poll_end(rx);
}

static __always_inline void receive_gro_skb(struct receive *rx,
					    struct sk_buff *skb)
{
	napi_gro_receive(&rx->napi, skb);
}

static int receive_gro_skbs_run(void *state)
{
	struct receive *rx = state;

	receive_poll_begin(rx);
	return receive_skbs(rx, receive_gro_skb) ?: receive_poll_end(rx);
}

static const struct segbench_case receive_cases[] = {
	{
		.name = "fill-frags",
		.setup = receive_setup,
		.run = receive_fill_frags_run,
		.teardown = receive_teardown,
	},
	{
		.name = "gro-frags",
		.baseline = "fill-frags",
		.setup = receive_stock_setup,
		.run = receive_gro_frags_run,
		.teardown = receive_teardown,
	},
	{
		.name = "fill-pages",
		.setup = receive_setup,
		.run = receive_fill_pages_run,
		.teardown = receive_teardown,
	},
	{
		.name = "hgro-pages",
		.baseline = "fill-pages",
		.setup = receive_hgro_setup,
		.run = receive_hgro_pages_run,
		.teardown = receive_teardown,
	},
	{
		.name = "hgro-batch",
		.baseline = "fill-pages",
		.setup = receive_batch_setup,
		.run = receive_hgro_batch_run,
		.teardown = receive_teardown,
	},
	{
		.name = "hgro-sorted",
		.baseline = "fill-pages",
		.setup = receive_batch_setup,
		.run = receive_hgro_sorted_run,
		.teardown = receive_teardown,
	},
	{
		.name = "hgro-ahead",
		.baseline = "fill-pages",
		.setup = receive_batch_setup,
		.run = receive_hgro_ahead_run,
		.teardown = receive_teardown,
	},
	{
		.name = "fill-skbs",
		.setup = receive_setup,
		.run = receive_fill_skbs_run,
		.teardown = receive_teardown,
	},
	{
		.name = "none-skbs",
		.baseline = "fill-skbs",
		.setup = receive_stock_setup,
		.run = receive_none_run,
		.teardown = receive_teardown,
	},
	{
		.name = "gro-skbs",
		.baseline = "fill-skbs",
		.setup = receive_stock_setup,
		.run = receive_gro_skbs_run,
		.teardown = receive_teardown,
	},
	{
		.name = "hgro-skbs",
		.baseline = "fill-skbs",
		.setup = receive_hgro_setup,
		.run = receive_hgro_skbs_run,
		.teardown = receive_teardown,
	},
	{
		.name = "lro-pages",
		.baseline = "fill-pages",
		.setup = receive_lro_setup,
		.run = receive_lro_pages_run,
		.teardown = receive_lro_teardown,
	},
	{
		.name = "lro-skbs",
		.baseline = "fill-skbs",
		.setup = receive_lro_setup,
		.run = receive_lro_skbs_run,
		.teardown = receive_lro_teardown,
	},
};

struct segbench_suite segbench_receive_suite = {
	.name = "receive",
	.cases = receive_cases,
	.nr_cases = ARRAY_SIZE(receive_cases),
	.input = receive_input,
};
