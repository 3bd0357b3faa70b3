/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that arrive, poll after poll, and a NAPI that they arrive at. */
#ifndef SEGBENCH_RECEIVE_H
#define SEGBENCH_RECEIVE_H

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include <headroom/hgro.h>
#include <linux/inet_lro.h>

#include "segbench.h"

/* From one flow's headers to the next one's: payload overlaps, nobody looks. */
#define RECEIVE_STRIDE		128
/* Memory of a frame of an MTU of 1500, and what it accounts for. */
#define RECEIVE_TRUESIZE	2048

/**
 * struct receive_input - traffic
 * @input: its name, and packets of an operation
 * @flows: packets are of so many flows in turn
 * @burst: each of so many packets, before it is the next one's turn
 * @payload: octets in a packet
 * @ipv6: over IPv6
 * @poll: a poll ends with the operation
 * @table: about hgro's table of flows only
 */
struct receive_input {
	struct segbench_input input;
	unsigned int flows;
	unsigned int burst;
	unsigned int payload;
	bool ipv6;
	bool poll;
	bool table;
};

/**
 * struct receive - the state of a case
 * @in: the traffic
 * @page: memory of all packets
 * @data: its first octet
 * @at: where in it the next packet is
 * @end: behind the last one's
 * @left: packets until the next flow's turn
 * @hdr_len: octets of headers of a packet
 * @truesize: octets of memory that it accounts for
 * @dev: the device
 * @napi: its NAPI
 * @hgro: the context, where the case has one
 * @lro: the LRO manager, where the case has one
 * @lro_desc: its descriptors, one a flow
 * @skb: for what it costs to fill one
 * @room: memory of those in @batch
 * @batch: a poll's frames, where they are all looked at first
 * @order: their hashes, and behind them their numbers
 */
struct receive {
	const struct receive_input *in;
	struct page *page;
	u8 *data;
	u32 at;
	u32 end;
	u32 left;
	u32 hdr_len;
	u32 truesize;
	struct net_device *dev;
	struct napi_struct napi;
	struct hgro *hgro;
	struct net_lro_mgr lro;
	struct net_lro_desc *lro_desc;
	struct sk_buff *skb;
	struct page *room;
	struct hgro_frame *batch;
	u64 *order;
};

const struct segbench_input *receive_input(unsigned int index);
void *receive_setup(const struct segbench_input *input);
void receive_teardown(void *state);
void *receive_hgro_setup(const struct segbench_input *input);
int receive_fill_pages_run(void *state);
int receive_hgro_pages_run(void *state);
int receive_hgro_skbs_run(void *state);
void *receive_batch_setup(const struct segbench_input *input);
int receive_hgro_batch_run(void *state);
int receive_hgro_sorted_run(void *state);
int receive_hgro_ahead_run(void *state);
void *receive_lro_setup(const struct segbench_input *input);
void receive_lro_teardown(void *state);
int receive_lro_pages_run(void *state);
int receive_lro_skbs_run(void *state);

/* Its hash, as a device would make it: the flow's number and then some. */
static __always_inline u32 receive_hash(u32 at)
{
	return (at / RECEIVE_STRIDE + 1) * 0x9e3779b1;
}

/* The next packet of its flow, written over the one before it. */
static __always_inline u8 *receive_next(struct receive *rx, u32 *at)
{
	const struct receive_input *in = rx->in;
	u8 *data = rx->data + rx->at;
	u8 *seq, *iph = data + ETH_HLEN;

	*at = rx->at;
	if (in->ipv6) {
		seq = iph + sizeof(struct ipv6hdr) +
		      offsetof(struct tcphdr, seq);
	} else {
		u8 *check = iph + offsetof(struct iphdr, check);
		u8 *id = iph + offsetof(struct iphdr, id);
		u16 sum = get_unaligned_be16(check);

		seq = iph + sizeof(struct iphdr) + offsetof(struct tcphdr, seq);
		put_unaligned_be16(get_unaligned_be16(id) + 1, id);
		if (get_unaligned_be16(id))
			put_unaligned_be16(sum - 1 - !sum, check);
	}
	put_unaligned_be32(get_unaligned_be32(seq) + in->payload, seq);
	if (--rx->left)
		return data;
	rx->left = in->burst;
	rx->at += RECEIVE_STRIDE;
	if (rx->at == rx->end)
		rx->at = 0;
	return data;
}

/* As a driver's poll begins: what napi_complete_done() ends. */
static __always_inline void receive_poll_begin(struct receive *rx)
{
	if (rx->in->poll)
		set_bit(NAPI_STATE_SCHED, &rx->napi.state);
}

/* An sk_buff with the headers in its head, the payload in a page frag. */
static __always_inline struct sk_buff *receive_skb(struct receive *rx)
{
	unsigned int hdr_len = rx->hdr_len;
	struct sk_buff *skb;
	u8 *data;
	u32 at;

	data = receive_next(rx, &at);
	skb = napi_alloc_skb(&rx->napi, hdr_len);
	if (unlikely(!skb))
		return NULL;
	skb_put_data(skb, data, hdr_len);
	get_page(rx->page);
	skb_add_rx_frag(skb, 0, rx->page, at + hdr_len, rx->in->payload,
			rx->truesize);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_set_hash(skb, receive_hash(at), PKT_HASH_TYPE_L4);
	skb_record_rx_queue(skb, 0);
	skb->protocol = eth_type_trans(skb, rx->dev);
	return skb;
}

/* Makes an operation's packets and hands each over as an sk_buff. */
static __always_inline int
receive_skbs(struct receive *rx,
	     void (*hand)(struct receive *rx, struct sk_buff *skb))
{
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < rx->in->input.segments; i++) {
		skb = receive_skb(rx);
		if (unlikely(!skb))
			return -ENOMEM;
		hand(rx, skb);
	}
	return 0;
}

#endif
