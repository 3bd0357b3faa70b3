// SPDX-License-Identifier: GPL-2.0
/*
 * What arrives is merged by hgro and goes to a device with hgso: with room for
 * headers in hgro's super-packets, and without, where each head is expanded.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "paths.h"
#include "receive.h"
#include "registry.h"

/* Enough for 45 headers of IPv6, and the state. */
#define FORWARD_HEADROOM	6144

/**
 * struct forward - the state of a case
 * @rx: what arrives
 * @txq: where it goes
 * @err: of what went there
 */
struct forward {
	struct receive *rx;
	struct hgso_txq txq;
	int err;
};

/* As the stack forwards it, but for its decisions; then it has been sent. */
static void forward_deliver(void *arg, struct list_head *skbs)
{
	struct forward *forward = arg;
	struct sk_buff *skb, *next;

	list_for_each_entry_safe(skb, next, skbs, list) {
		skb_list_del_init(skb);
		skb_push(skb, ETH_HLEN);
		if (hgso_prepare(&forward->txq, skb) < 0)
			forward->err = -EPROTO;
		consume_skb(skb);
	}
}

static int forward_run(void *state)
{
	struct forward *forward = state;

	return receive_hgro_pages_run(forward->rx) ?: forward->err;
}

static void forward_teardown(void *state)
{
	struct forward *forward = state;

	receive_teardown(forward->rx);
	kfree(forward);
}

/* Once, counting, to see that the case measures what its name says. */
static int forward_try(struct forward *forward, bool expands)
{
	int err;

	local_bh_disable();
	err = forward_run(forward);
	local_bh_enable();
	if (!err && (forward->txq.tx_stats.prepared != 1 ||
		     forward->txq.tx_stats.expanded != expands))
		err = -EPROTO;
	return err;
}

static void *forward_setup(const struct segbench_input *input, u32 headroom)
{
	struct hgro_config config = {
		.headroom = headroom,
		.deliver = forward_deliver,
	};
	struct forward *forward;
	int err = -ENOMEM;

	forward = kzalloc(sizeof(*forward), GFP_KERNEL);
	if (!forward)
		return ERR_PTR(-ENOMEM);
	forward->rx = receive_setup(input);
	if (IS_ERR(forward->rx)) {
		err = PTR_ERR(forward->rx);
		kfree(forward);
		return ERR_PTR(err);
	}
	hgso_txq_init(&forward->txq, NULL, SEGBENCH_MAX_DESCS);
	config.arg = forward;
	forward->rx->hgro = hgro_create(&forward->rx->napi, &config);
	if (forward->rx->hgro)
		err = forward_try(forward, !headroom);
	if (!err)
		return forward;
	forward_teardown(forward);
	return ERR_PTR(err);
}

static void *forward_expand_setup(const struct segbench_input *input)
{
	return forward_setup(input, 0);
}

static void *forward_reserved_setup(const struct segbench_input *input)
{
	return forward_setup(input, FORWARD_HEADROOM);
}

static const struct receive_input forward_inputs[] = {
	{ .input = { "tcpv4-45", 45 }, .flows = 1, .payload = 1448,
	  .poll = true },
	{ .input = { "tcpv6-45", 45 }, .flows = 1, .payload = 1428,
	  .ipv6 = true, .poll = true },
};

static const struct segbench_input *forward_input(unsigned int index)
{
	return index < ARRAY_SIZE(forward_inputs) ?
	       &forward_inputs[index].input : NULL;
}

static const struct segbench_case forward_cases[] = {
	{
		.name = "expand",
		.setup = forward_expand_setup,
		.run = forward_run,
		.teardown = forward_teardown,
	},
	{
		.name = "reserved",
		.setup = forward_reserved_setup,
		.run = forward_run,
		.teardown = forward_teardown,
	},
};

struct segbench_suite segbench_forward_suite = {
	.name = "forward",
	.cases = forward_cases,
	.nr_cases = ARRAY_SIZE(forward_cases),
	.input = forward_input,
};
