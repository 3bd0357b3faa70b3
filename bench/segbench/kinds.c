// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of super-packet by every way that there is: the stack's, and hgso
 * with its headers in the headroom, in a ring, and nowhere.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "paths.h"
#include "registry.h"

/* The headers of 512 KB are 32 KB, and a packet may take half. */
#define SEGBENCH_RING	SZ_128K

/* net/core/tso.c knows neither tunnels nor frag_lists nor BIG TCP. */
static void *segbench_kinds_tso_setup(const struct segbench_input *input)
{
	const struct segbench_packet *packet =
		container_of(input, struct segbench_packet, input);

	if (packet->tunnel || packet->layout == SEGBENCH_LIST ||
	    input->segments > 45)
		return ERR_PTR(-EOPNOTSUPP);
	return segbench_stock_setup(input);
}

/* Returns the state or, having freed it, an ERR_PTR. */
static struct segbench_hgso *
segbench_kinds_build(const struct segbench_input *input)
{
	struct segbench_hgso *hgso;
	int err;

	/* Beyond that the engine goes to the ring. */
	hgso = segbench_hgso_build(input, min(SZ_16K + SZ_1K,
					      SZ_1K + 128 * input->segments));
	if (IS_ERR(hgso))
		return hgso;
	hgso->mem = kzalloc(SEGBENCH_RING, GFP_KERNEL);
	err = -ENOMEM;
	if (hgso->mem)
		err = hgso_ring_init(&hgso->ring, hgso->mem, 0, SEGBENCH_RING);
	if (!err)
		return hgso;
	segbench_hgso_teardown(hgso);
	return ERR_PTR(err);
}

/* The headroom as long as headers fit. */
static void *segbench_headroom_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso = segbench_kinds_build(input);

	if (IS_ERR(hgso))
		return hgso;
	hgso_txq_set_sinks(&hgso->txq, &hgso_headroom, &hgso->ring.sink);
	return segbench_hgso_try(hgso, false, false);
}

static void *segbench_ring_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso = segbench_kinds_build(input);

	if (IS_ERR(hgso))
		return hgso;
	hgso_txq_set_sinks(&hgso->txq, &hgso->ring.sink, NULL);
	return segbench_hgso_try(hgso, false, false);
}

static void *segbench_csum_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso = segbench_kinds_build(input);

	if (IS_ERR(hgso))
		return hgso;
	hgso_txq_set_sinks(&hgso->txq, &hgso_headroom, &hgso->ring.sink);
	hgso->txq.finish_csum = true;
	return segbench_hgso_try(hgso, false, false);
}

static int segbench_segment(const struct sk_buff *skb,
			    const struct hgso_segment *seg, void *arg)
{
	segbench_use((unsigned long)seg->hdr);
	segbench_use(seg->offset);
	segbench_use(seg->len);
	return 0;
}

static int segbench_callback_run(void *state)
{
	struct segbench_hgso *hgso = state;

	return hgso_walk_segments(hgso->skb, segbench_segment, NULL);
}

static const struct segbench_case segbench_kinds_cases[] = {
	{
		.name = "skb-segment",
		.setup = segbench_stock_setup,
		.run = segbench_gso_run,
		.teardown = segbench_stock_teardown,
	},
	{
		.name = "tso-lib",
		.setup = segbench_kinds_tso_setup,
		.run = segbench_tso_run,
		.teardown = segbench_stock_teardown,
	},
	{
		.name = "headroom",
		.setup = segbench_headroom_setup,
		.run = segbench_hgso_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "ring",
		.setup = segbench_ring_setup,
		.run = segbench_hgso_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "callback",
		.setup = segbench_headroom_setup,
		.run = segbench_callback_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		/* For a device without checksums. */
		.name = "skb-segment-csum",
		.setup = segbench_stock_setup,
		.run = segbench_gso_csum_run,
		.teardown = segbench_stock_teardown,
	},
	{
		.name = "finish-csum",
		.setup = segbench_csum_setup,
		.run = segbench_hgso_run,
		.teardown = segbench_hgso_teardown,
	},
};

struct segbench_suite segbench_kinds_suite = {
	.name = "kinds",
	.cases = segbench_kinds_cases,
	.nr_cases = ARRAY_SIZE(segbench_kinds_cases),
	.input = segbench_kinds_input,
};
