// SPDX-License-Identifier: GPL-2.0
/*
 * The cases of the suite "receive" that run hgro: as drivers do, and with a poll's
 * descriptors looked at first, to see whether that would pay.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/prefetch.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "receive.h"

/* A NAPI's weight. */
#define RECEIVE_BATCH	64
/* So many frames ahead memory is asked for. */
#define RECEIVE_AHEAD	4

void *receive_hgro_setup(const struct segbench_input *input)
{
	struct hgro_config config = { };
	struct receive *rx;

	rx = receive_setup(input);
	if (IS_ERR(rx))
		return rx;
	config.max_flows = rx->in->flows > 256 ? rx->in->flows : 0;
	rx->hgro = hgro_create(&rx->napi, &config);
	if (!rx->hgro) {
		receive_teardown(rx);
		return ERR_PTR(-ENOMEM);
	}
	return rx;
}

static __always_inline void receive_frame(struct receive *rx,
					  struct hgro_frame *frame)
{
	u32 at;

	receive_next(rx, &at);
	get_page(rx->page);
	*frame = (struct hgro_frame){
		.page = rx->page,
		.offset = at,
		.len = rx->hdr_len + rx->in->payload,
		.truesize = rx->truesize,
		.hash = receive_hash(at),
		.hash_type = PKT_HASH_TYPE_L4,
		.ip_summed = CHECKSUM_UNNECESSARY,
	};
}

/* So that the frame is filled in, though nobody takes it. */
static noinline void receive_nobody(const struct hgro_frame *frame)
{
	segbench_use((unsigned long)frame);
	barrier();
}

int receive_fill_pages_run(void *state)
{
	struct hgro_frame frame;
	struct receive *rx = state;
	unsigned int i;

	for (i = 0; i < rx->in->input.segments; i++) {
		receive_frame(rx, &frame);
		receive_nobody(&frame);
		put_page(rx->page);
	}
	return 0;
}

static __always_inline int receive_hgro_end(struct receive *rx)
{
	int work = rx->in->input.segments;

	if (rx->in->poll && !hgro_poll_done(rx->hgro, work, work + 1))
		return -EPROTO;
	return 0;
}

int receive_hgro_pages_run(void *state)
{
	struct hgro_frame frame;
	struct receive *rx = state;
	unsigned int i;

	receive_poll_begin(rx);
	for (i = 0; i < rx->in->input.segments; i++) {
		receive_frame(rx, &frame);
		hgro_receive_frags(rx->hgro, &frame);
	}
	return receive_hgro_end(rx);
}

static __always_inline void receive_hgro_skb(struct receive *rx,
					     struct sk_buff *skb)
{
	hgro_receive_skb(rx->hgro, skb);
}

int receive_hgro_skbs_run(void *state)
{
	struct receive *rx = state;

	receive_poll_begin(rx);
	return receive_skbs(rx, receive_hgro_skb) ?: receive_hgro_end(rx);
}

void *receive_batch_setup(const struct segbench_input *input)
{
	unsigned int order = get_order(RECEIVE_BATCH * RECEIVE_STRIDE +
				       RECEIVE_TRUESIZE);
	struct receive *rx;

	if (input->segments != RECEIVE_BATCH)
		return ERR_PTR(-EOPNOTSUPP);
	rx = receive_hgro_setup(input);
	if (IS_ERR(rx))
		return rx;
	rx->batch = kcalloc(RECEIVE_BATCH, sizeof(*rx->batch), GFP_KERNEL);
	rx->order = kcalloc(RECEIVE_BATCH, sizeof(*rx->order), GFP_KERNEL);
	rx->room = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
	if (!rx->batch || !rx->order || !rx->room) {
		receive_teardown(rx);
		return ERR_PTR(-ENOMEM);
	}
	return rx;
}

/* A poll's frames, each with memory of its own. */
static __always_inline void receive_fill_batch(struct receive *rx)
{
	struct hgro_frame *frame = rx->batch;
	unsigned int i, n = rx->in->input.segments;

	for (i = 0; i < n; i++, frame++) {
		receive_frame(rx, frame);
		memcpy(page_address(rx->room) + i * RECEIVE_STRIDE,
		       page_address(frame->page) + frame->offset, rx->hdr_len);
		put_page(frame->page);
		frame->page = rx->room;
		frame->offset = i * RECEIVE_STRIDE;
		get_page(frame->page);
	}
}

/* In the order in which they came: what the others are compared with. */
int receive_hgro_batch_run(void *state)
{
	struct receive *rx = state;
	unsigned int i, n = rx->in->input.segments;

	receive_poll_begin(rx);
	receive_fill_batch(rx);
	for (i = 0; i < n; i++)
		hgro_receive_frags(rx->hgro, &rx->batch[i]);
	return receive_hgro_end(rx);
}

static int receive_by_hash(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Sorted by the device's hash: flow after flow. */
int receive_hgro_sorted_run(void *state)
{
	struct receive *rx = state;
	unsigned int i, n = rx->in->input.segments;

	receive_poll_begin(rx);
	receive_fill_batch(rx);
	for (i = 0; i < n; i++)
		rx->order[i] = (u64)rx->batch[i].hash << 32 | i;
	sort(rx->order, n, sizeof(*rx->order), receive_by_hash, NULL);
	for (i = 0; i < n; i++)
		hgro_receive_frags(rx->hgro, &rx->batch[(u32)rx->order[i]]);
	return receive_hgro_end(rx);
}

/* In order, the headers of frames to come fetched ahead. */
int receive_hgro_ahead_run(void *state)
{
	const struct hgro_frame *ahead;
	struct receive *rx = state;
	unsigned int i, n = rx->in->input.segments;

	receive_poll_begin(rx);
	receive_fill_batch(rx);
	for (i = 0; i < n; i++) {
		ahead = &rx->batch[min(i + RECEIVE_AHEAD, n - 1)];
		prefetch(page_address(ahead->page) + ahead->offset);
		hgro_receive_frags(rx->hgro, &rx->batch[i]);
	}
	return receive_hgro_end(rx);
}
