// SPDX-License-Identifier: GPL-2.0
/*
 * hgso: prepare, and the walk over all slices that fills a driver's
 * descriptors. Nothing is mapped: the bus addresses are the virtual ones.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "paths.h"
#include "registry.h"

/* State, headers and alignment of the longest super-packet fit. */
#define SEGBENCH_RESERVED(segments)	(512 + 128 * (segments))

void segbench_hgso_teardown(void *state)
{
	struct segbench_hgso *hgso = state;

	kfree_skb(hgso->skb);
	hgso_ring_exit(&hgso->ring);
	kfree(hgso->mem);
	kfree(hgso);
}

struct segbench_hgso *segbench_hgso_build(const struct segbench_input *input,
					  unsigned int headroom)
{
	struct segbench_hgso *hgso;

	hgso = kzalloc(sizeof(*hgso), GFP_KERNEL);
	if (!hgso)
		return ERR_PTR(-ENOMEM);

	hgso_txq_init(&hgso->txq, NULL, SEGBENCH_MAX_DESCS);
	hgso->skb = segbench_packet_build(input, headroom);
	if (!hgso->skb) {
		kfree(hgso);
		return ERR_PTR(-ENOMEM);
	}
	return hgso;
}

static __always_inline struct hgso_piece *
segbench_cookie_frags(struct hgso_piece *piece, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++, piece++) {
		piece->addr = (uintptr_t)skb_frag_address(&shinfo->frags[i]);
		piece->len = skb_frag_size(&shinfo->frags[i]);
	}
	return piece;
}

/* What hgso_map() would fill in. */
static void segbench_cookies(struct sk_buff *skb)
{
	struct hgso_pkt *pkt = hgso_pkt(skb);
	struct hgso_piece *piece = pkt->piece;
	const struct sk_buff *iter;

	pkt->hdrs_dma = (uintptr_t)pkt->hdrs;
	if (skb_headlen(skb) > pkt->payload_off) {
		piece->addr = (uintptr_t)skb->data + pkt->payload_off;
		piece->len = skb_headlen(skb) - pkt->payload_off;
		piece++;
	}
	piece = segbench_cookie_frags(piece, skb);
	skb_walk_frags(skb, iter)
		piece = segbench_cookie_frags(piece, iter);
	*piece = (struct hgso_piece){ };
}

/* What a driver puts into a descriptor. */
static __always_inline void segbench_slice(const struct hgso_slice *slice)
{
	segbench_use(slice->addr);
	segbench_use(slice->len);
	segbench_use(slice->last);
}

static __always_inline int segbench_hgso_send(struct segbench_hgso *hgso,
					      struct sk_buff *skb)
{
	struct hgso_slice slice;
	struct hgso_iter it;
	int descs;

	descs = hgso_prepare(&hgso->txq, skb);
	if (unlikely(descs < 0))
		return descs;

	segbench_cookies(skb);
	hgso_iter_init(&it, skb);
	while (hgso_next_frame(&it, &slice)) {
		segbench_slice(&slice);
		while (hgso_next_part(&it, &slice))
			segbench_slice(&slice);
		hgso_next_rest(&it, &slice);
		segbench_slice(&slice);
	}
	return 0;
}

int segbench_hgso_run(void *state)
{
	struct segbench_hgso *hgso = state;

	return segbench_hgso_send(hgso, hgso->skb);
}

static int segbench_hgso_clone_run(void *state)
{
	struct segbench_hgso *hgso = state;
	struct sk_buff *clone;
	int err;

	clone = skb_clone(hgso->skb, GFP_ATOMIC);
	if (unlikely(!clone))
		return -ENOMEM;

	err = segbench_hgso_send(hgso, clone);
	consume_skb(clone);
	return err;
}

static int segbench_expand_run(void *state)
{
	struct segbench_hgso *hgso = state;
	struct sk_buff *clone;
	int err;

	clone = skb_clone(hgso->skb, GFP_ATOMIC);
	if (unlikely(!clone))
		return -ENOMEM;

	err = pskb_expand_head(clone, hgso->room, 0, GFP_ATOMIC);
	consume_skb(clone);
	return err;
}

static int segbench_clone_run(void *state)
{
	struct segbench_hgso *hgso = state;
	struct sk_buff *clone;

	clone = skb_clone(hgso->skb, GFP_ATOMIC);
	if (unlikely(!clone))
		return -ENOMEM;
	consume_skb(clone);
	return 0;
}

/*
 * Sends once, counting, to see that the case measures what its name says.
 * Returns the state or, having freed it, an ERR_PTR.
 */
void *segbench_hgso_try(struct segbench_hgso *hgso, bool clone, bool expands)
{
	struct sk_buff *skb = hgso->skb;
	unsigned int room = skb_headroom(skb);
	struct hgso_slice slice;
	struct hgso_iter it;
	int descs, err = 0;

	if (clone)
		skb = skb_clone(hgso->skb, GFP_KERNEL);
	if (!skb) {
		err = -ENOMEM;
		goto out;
	}

	descs = hgso_prepare(&hgso->txq, skb);
	if (descs < 0) {
		err = descs;
		goto out;
	}
	segbench_cookies(skb);
	hgso_iter_init(&it, skb);
	while (hgso_next(&it, &slice))
		descs--;
	if (descs || !!hgso->txq.tx_stats.expanded != expands)
		err = -EPROTO;
	hgso->room = skb_headroom(skb) - room;
out:
	if (clone)
		consume_skb(skb);
	if (!err)
		return hgso;
	segbench_hgso_teardown(hgso);
	return ERR_PTR(err);
}

/* TCP reserved what it needs itself, so every clone's head is expanded. */
static void *segbench_expand_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso;

	hgso = segbench_hgso_build(input, MAX_TCP_HEADER);
	return IS_ERR(hgso) ? hgso : segbench_hgso_try(hgso, true, true);
}

/* TCP reserved enough for all headers. */
static void *segbench_reserved_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso;

	hgso = segbench_hgso_build(input, SEGBENCH_RESERVED(input->segments));
	return IS_ERR(hgso) ? hgso : segbench_hgso_try(hgso, true, false);
}

static void *segbench_prepare_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso;

	hgso = segbench_hgso_build(input, SEGBENCH_RESERVED(input->segments));
	return IS_ERR(hgso) ? hgso : segbench_hgso_try(hgso, false, false);
}

/* Enough room, but somebody else, a tap, may read the header. */
static void *segbench_tapped_setup(const struct segbench_input *input)
{
	struct segbench_hgso *hgso;

	hgso = segbench_hgso_build(input, SEGBENCH_RESERVED(input->segments));
	if (IS_ERR(hgso))
		return hgso;

	/* Undo the release: now each clone's header is a shared one. */
	hgso->skb->nohdr = 0;
	atomic_set(&skb_shinfo(hgso->skb)->dataref, 1);
	return segbench_hgso_try(hgso, true, true);
}

static const struct segbench_case segbench_hgso_cases[] = {
	{
		/* The engine alone. */
		.name = "prepare-iterate",
		.setup = segbench_prepare_setup,
		.run = segbench_hgso_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "clone-free",
		.setup = segbench_reserved_setup,
		.run = segbench_clone_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "reserved",
		.baseline = "clone-free",
		.setup = segbench_reserved_setup,
		.run = segbench_hgso_clone_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "clone-expand-free",
		.setup = segbench_expand_setup,
		.run = segbench_expand_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "expand",
		.baseline = "clone-expand-free",
		.setup = segbench_expand_setup,
		.run = segbench_hgso_clone_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "tapped-expand-free",
		.setup = segbench_tapped_setup,
		.run = segbench_expand_run,
		.teardown = segbench_hgso_teardown,
	},
	{
		.name = "tapped",
		.baseline = "tapped-expand-free",
		.setup = segbench_tapped_setup,
		.run = segbench_hgso_clone_run,
		.teardown = segbench_hgso_teardown,
	},
};

struct segbench_suite segbench_hgso_suite = {
	.name = "hgso",
	.cases = segbench_hgso_cases,
	.nr_cases = ARRAY_SIZE(segbench_hgso_cases),
	.input = segbench_packet_input,
};
