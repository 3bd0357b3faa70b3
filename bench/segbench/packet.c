// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets as TCP sends them: timestamps in the header, a companion for
 * the clone, payload in page frags. And the other kinds.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "headers.h"
#include "segbench.h"

#define SEGBENCH_MTU		1500

/* The stack asks a tunnel's packet for its device. */
static struct net_device *segbench_dev;

/**
 * segbench_packet_init() - before the first packet is built
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int segbench_packet_init(void)
{
	segbench_dev = alloc_netdev_dummy(0);
	if (!segbench_dev)
		return -ENOMEM;
	segbench_dev->hw_enc_features = NETIF_F_SG | NETIF_F_HW_CSUM;
	return 0;
}

/**
 * segbench_packet_exit() - after the last packet was freed
 *
 * Context: process, sleeps.
 */
void segbench_packet_exit(void)
{
	free_netdev(segbench_dev);
}

/* Returns what there was no room for; the frags so far are the skb's. */
static int segbench_add_frags(struct sk_buff *skb, unsigned int payload,
			      unsigned int size)
{
	unsigned int i, len;
	struct page *page;

	for (i = 0; payload && i < MAX_SKB_FRAGS; i++, payload -= len) {
		len = min(payload, size);
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO,
				   get_order(size));
		if (!page)
			return -ENOMEM;
		skb_add_rx_frag(skb, i, page, 0, len, size);
	}
	return payload;
}

/* The rest goes to skbs of page frags on a frag_list. */
static int segbench_add_list(struct sk_buff *skb, unsigned int payload,
			     unsigned int size)
{
	struct sk_buff **at = &skb_shinfo(skb)->frag_list;
	int left = payload;

	while (left > 0) {
		*at = alloc_skb(0, GFP_KERNEL);
		if (!*at)
			return -ENOMEM;
		left = segbench_add_frags(*at, payload, size);
		skb->len += (*at)->len;
		skb->data_len += (*at)->len;
		skb->truesize += (*at)->truesize;
		payload = left;
		at = &(*at)->next;
	}
	return left;
}

static int segbench_put_payload(const struct segbench_packet *packet,
				struct sk_buff *skb, unsigned int payload,
				unsigned int mss)
{
	int left;

	switch (packet->layout) {
	case SEGBENCH_LINEAR:
		skb_put_zero(skb, payload);
		return 0;
	case SEGBENCH_4K:
		return segbench_add_frags(skb, payload, SZ_4K);
	case SEGBENCH_32K:
		return segbench_add_frags(skb, payload, SZ_32K);
	case SEGBENCH_LIST:
		left = segbench_add_frags(skb, payload, mss);
		return left < 0 ? left : segbench_add_list(skb, left, mss);
	}
	return -EINVAL;
}

/**
 * segbench_packet_build() - make a super-packet
 * @input: part of a &struct segbench_packet
 * @headroom: octets before the Ethernet header
 *
 * As TCP's own: a fast clone, its header released, so that its clones may
 * change theirs.
 *
 * Context: process, sleeps.
 * Return: the skb, which the caller frees; NULL without memory.
 */
struct sk_buff *segbench_packet_build(const struct segbench_input *input,
				      unsigned int headroom)
{
	const struct segbench_packet *packet =
		container_of(input, struct segbench_packet, input);
	unsigned int mss = SEGBENCH_MTU - segbench_l3_len(packet);
	unsigned int payload = mss * input->segments, room;
	struct skb_shared_info *shinfo;
	struct sk_buff *skb;

	room = headroom + segbench_hdr_len(packet, payload);
	if (packet->layout == SEGBENCH_LINEAR)
		room += payload;
	skb = alloc_skb_fclone(room, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, headroom);
	skb->dev = segbench_dev;
	segbench_put_headers(packet, skb, payload);
	if (segbench_put_payload(packet, skb, payload, mss)) {
		kfree_skb(skb);
		return NULL;
	}

	shinfo = skb_shinfo(skb);
	shinfo->gso_size = mss;
	shinfo->gso_segs = input->segments;
	shinfo->gso_type = segbench_gso_type(packet);
	__skb_header_release(skb);
	return skb;
}
EXPORT_SYMBOL_GPL(segbench_packet_build);
