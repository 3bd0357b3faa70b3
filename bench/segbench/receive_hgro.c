// SPDX-License-Identifier: GPL-2.0
/*
 * The cases of the suite "receive" that run hgro.
 */
#include <linux/err.h>
#include <linux/kernel.h>

#include "receive.h"

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
		.truesize = RECEIVE_TRUESIZE,
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

int receive_hgro_skbs_run(void *state)
{
	struct receive *rx = state;
	struct sk_buff *skb;
	unsigned int i;

	receive_poll_begin(rx);
	for (i = 0; i < rx->in->input.segments; i++) {
		skb = receive_skb(rx);
		if (unlikely(!skb))
			return -ENOMEM;
		hgro_receive_skb(rx->hgro, skb);
	}
	return receive_hgro_end(rx);
}
