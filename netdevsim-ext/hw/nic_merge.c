// SPDX-License-Identifier: GPL-2.0
/*
 * Receive aggregation in hardware: frames of a TCP stream that follow each other
 * become the super-packet that segments to exactly them. Nothing waits longer
 * than a batch.
 */

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <net/checksum.h>

#include "../wire/wire.h"
#include "nic_dev.h"

#define MERGE_TCP_FLAGS		13	/* octet of the TCP header */
#define MERGE_TCP_PSH		0x08
#define MERGE_TCP_ACK		0x10
#define MERGE_MAX_LEN		65535	/* of an IP packet */

/* Reads a frame's headers. Return: whether it is TCP, and so of a stream. */
static bool nic_merge_parse(const struct wire_frame *frame,
			    struct nic_stream *s)
{
	struct nic_parsed parsed;
	struct tcphdr th;

	if (!nic_parse(frame, &parsed) || parsed.proto != IPPROTO_TCP ||
	    parsed.fragment || frame->len < parsed.l4 + sizeof(th))
		return false;
	memcpy(&th, frame->data + parsed.l4, sizeof(th));
	s->l3 = parsed.l3;
	s->l4 = parsed.l4;
	s->v6 = parsed.v6;
	s->hdr_len = parsed.l4 + th.doff * 4;
	s->mss = frame->len - min(frame->len, s->hdr_len);
	return true;
}

/* Are both of one stream? Link-layer header, addresses and ports tell. */
static bool nic_merge_same(const struct nic_stream *s, const u8 *data,
			   const struct nic_stream *other)
{
	u32 at = s->l3 + (s->v6 ? offsetof(struct ipv6hdr, saddr) :
				  offsetof(struct iphdr, saddr));
	u32 len = s->v6 ? 2 * sizeof(struct in6_addr) : 2 * sizeof(__be32);
	const u8 *first = s->frames[0]->data;

	return s->l3 == other->l3 && s->v6 == other->v6 &&
	       !memcmp(first, data, s->l3) &&
	       !memcmp(first + at, data + at, len) &&
	       !memcmp(first + s->l4, data + other->l4, 2 * sizeof(__be16));
}

static struct nic_stream *nic_merge_find(struct nic_rxq *q,
					 const struct nic_arrival *in,
					 const struct nic_stream *is)
{
	struct nic_stream *s;

	for (s = q->streams; s < q->streams + NIC_MERGE_STREAMS; s++)
		if (s->nr && s->hash == in->hash &&
		    nic_merge_same(s, in->frame->data, is))
			return s;
	return NULL;
}

static void nic_merge_write_v4(u8 *l3, u32 len, u32 index)
{
	struct iphdr ip;

	memcpy(&ip, l3, sizeof(ip));
	ip.tot_len = htons(len);
	ip.id = htons(ntohs(ip.id) + index);
	ip.check = 0;
	memcpy(l3, &ip, sizeof(ip));
	ip.check = csum_fold(csum_partial(l3, sizeof(ip), 0));
	memcpy(l3, &ip, sizeof(ip));
}

static void nic_merge_write_v6(u8 *l3, u32 len)
{
	struct ipv6hdr ip6;

	memcpy(&ip6, l3, sizeof(ip6));
	ip6.payload_len = htons(len - sizeof(ip6));
	memcpy(l3, &ip6, sizeof(ip6));
}

/*
 * Would a sender that segments write this header for segment @index? @hdr has
 * that of the first one; but PSH and a checksum that is right are its own.
 */
static bool nic_merge_predicts(const struct nic_stream *s, u8 *hdr,
			       const struct wire_frame *frame, u32 index)
{
	const u8 *l4 = frame->data + s->l4;
	struct tcphdr th;

	if (s->v6)
		nic_merge_write_v6(hdr + s->l3, frame->len - s->l3);
	else
		nic_merge_write_v4(hdr + s->l3, frame->len - s->l3, index);
	memcpy(&th, hdr + s->l4, sizeof(th));
	th.seq = htonl(ntohl(th.seq) + index * s->mss);
	memcpy(&th.check, l4 + offsetof(struct tcphdr, check),
	       sizeof(th.check));
	/* It would write 0. */
	if (th.check == CSUM_MANGLED_0)
		return false;
	memcpy(hdr + s->l4, &th, sizeof(th));
	hdr[s->l4 + MERGE_TCP_FLAGS] |= l4[MERGE_TCP_FLAGS] & MERGE_TCP_PSH;
	return !memcmp(hdr, frame->data, s->hdr_len) && nic_csum_verify(frame);
}

/* May what @frame begins be continued? */
static bool nic_merge_opens(struct nic_stream *s, const struct wire_frame *frame)
{
	u32 l3_len = s->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const u8 *l4 = frame->data + s->l4;
	u8 hdr[NIC_MAX_HDR_LEN];

	if (!s->mss || s->l4 - s->l3 != l3_len || s->hdr_len > sizeof(hdr) ||
	    s->hdr_len < s->l4 + sizeof(struct tcphdr) ||
	    l4[MERGE_TCP_FLAGS] != MERGE_TCP_ACK ||
	    l4[MERGE_TCP_FLAGS - 1] & 0x0f)
		return false;
	memcpy(hdr, frame->data, s->hdr_len);
	return nic_merge_predicts(s, hdr, frame, 0);
}

static bool nic_merge_joins(const struct nic_rxq *q, const struct nic_stream *s,
			    const struct wire_frame *frame,
			    const struct nic_stream *is)
{
	u32 len = s->len + is->mss;
	u8 hdr[NIC_MAX_HDR_LEN];

	if (!is->mss || is->mss > s->mss || is->l4 != s->l4 ||
	    is->hdr_len != s->hdr_len || len - s->l3 > MERGE_MAX_LEN ||
	    len > NIC_MERGE_BUFS * q->buf_size)
		return false;
	memcpy(hdr, s->frames[0]->data, s->hdr_len);
	return nic_merge_predicts(s, hdr, frame, s->nr);
}

/* The super-packet. NULL: there is no memory. */
static struct wire_frame *nic_merge_build(const struct nic_stream *s)
{
	const struct wire_frame *last = s->frames[s->nr - 1];
	struct wire_frame *frame;
	u32 at = s->hdr_len;
	u32 i;

	frame = wire_frame_alloc(s->len, GFP_ATOMIC | __GFP_NOWARN);
	if (!frame)
		return NULL;
	memcpy(frame->data, s->frames[0]->data, s->hdr_len);
	if (s->v6)
		nic_merge_write_v6(frame->data + s->l3, s->len - s->l3);
	else
		nic_merge_write_v4(frame->data + s->l3, s->len - s->l3, 0);
	frame->data[s->l4 + MERGE_TCP_FLAGS] |=
		last->data[s->l4 + MERGE_TCP_FLAGS] & MERGE_TCP_PSH;
	for (i = 0; i < s->nr; i++) {
		u32 len = s->frames[i]->len - s->hdr_len;

		memcpy(frame->data + at, s->frames[i]->data + s->hdr_len, len);
		at += len;
	}
	return frame;
}

static void nic_merge_free(struct nic_stream *s)
{
	while (s->nr)
		wire_frame_free(s->frames[--s->nr]);
}

static void nic_merge_one(struct nic_hw *hw, unsigned int index,
			  const struct nic_stream *s, struct wire_frame *frame)
{
	struct nic_arrival in = {
		.frame = frame,
		.hash = s->hash,
		.hashed = s->hashed,
		.segs = 1,
	};

	nic_rx_deliver(hw, index, &in);
}

/* To memory with it: as one, or one by one where that cannot be. */
static void nic_merge_end(struct nic_hw *hw, unsigned int index,
			  struct nic_stream *s)
{
	struct nic_arrival in = {
		.hash = s->hash,
		.hashed = s->hashed,
		.segs = s->nr,
		.mss = s->mss,
		.hdr_len = s->hdr_len,
	};
	u32 i;

	if (s->nr > 1)
		in.frame = nic_merge_build(s);
	if (in.frame) {
		nic_rx_deliver(hw, index, &in);
		nic_count(&hw->counters.rx_merged, s->nr);
	}
	for (i = 0; !in.frame && i < s->nr; i++)
		nic_merge_one(hw, index, s, s->frames[i]);
	wire_frame_free(in.frame);
	nic_merge_free(s);
}

static void nic_merge_add(struct nic_stream *s, const struct nic_arrival *in,
			  u32 payload)
{
	s->frames[s->nr++] = in->frame;
	s->len += payload;
}

/* Room for one more; the oldest of them goes where there is none. */
static struct nic_stream *nic_merge_room(struct nic_hw *hw, unsigned int index)
{
	struct nic_rxq *q = &hw->rxq[index];
	struct nic_stream *s = &q->streams[q->next_stream];

	q->next_stream = (q->next_stream + 1) % NIC_MERGE_STREAMS;
	if (s->nr)
		nic_merge_end(hw, index, s);
	return s;
}

static bool nic_merge_is_last(const struct nic_stream *s,
			      const struct wire_frame *frame)
{
	return s->nr == NIC_MERGE_FRAMES ||
	       frame->len - s->hdr_len < s->mss ||
	       frame->data[s->l4 + MERGE_TCP_FLAGS] & MERGE_TCP_PSH;
}

/**
 * nic_merge_frame() - may a frame be merged with others?
 * @hw: the NIC
 * @index: the receive queue that it is for
 * @in: the frame; it is taken when the answer is true
 *
 * A frame that is not, goes to memory after what there is of its stream.
 *
 * Context: the thread's.
 * Return: whether it was taken.
 */
bool nic_merge_frame(struct nic_hw *hw, unsigned int index,
		     const struct nic_arrival *in)
{
	struct nic_rxq *q = &hw->rxq[index];
	struct nic_stream is = {};
	struct nic_stream *s;

	if (!nic_merge_parse(in->frame, &is))
		return false;
	s = nic_merge_find(q, in, &is);
	if (s && nic_merge_joins(q, s, in->frame, &is)) {
		nic_merge_add(s, in, is.mss);
		if (nic_merge_is_last(s, in->frame))
			nic_merge_end(hw, index, s);
		return true;
	}
	if (s)
		nic_merge_end(hw, index, s);
	if (!nic_merge_opens(&is, in->frame))
		return false;
	s = nic_merge_room(hw, index);
	*s = is;
	s->hash = in->hash;
	s->hashed = in->hashed;
	s->len = is.hdr_len;
	nic_merge_add(s, in, is.mss);
	return true;
}

/**
 * nic_merge_flush() - all that a queue has merged goes to memory
 * @hw: the NIC
 * @index: the receive queue
 *
 * Context: the thread's.
 */
void nic_merge_flush(struct nic_hw *hw, unsigned int index)
{
	struct nic_rxq *q = &hw->rxq[index];
	u32 i;

	for (i = 0; i < NIC_MERGE_STREAMS; i++)
		if (q->streams[i].nr)
			nic_merge_end(hw, index, &q->streams[i]);
}
