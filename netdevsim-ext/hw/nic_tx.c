// SPDX-License-Identifier: GPL-2.0
/* Transmit queues: from descriptors to frames on the wire. */

#include <linux/if_ether.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../wire/wire.h"
#include "nic_dev.h"

#define NIC_FEAT_ANY_TX_CSUM	(NIC_FEAT_TX_CSUM | NIC_FEAT_TX_CSUM_V4 | \
				 NIC_FEAT_TX_CSUM_V6)

/**
 * nic_txq_forget() - drop what a queue was doing
 * @q: the queue
 *
 * Context: the thread's, or after its end.
 */
void nic_txq_forget(struct nic_txq *q)
{
	wire_frame_free(q->frame);
	q->frame = NULL;
	q->fetch = q->ring.head;
	q->cache_pos = 0;
	q->cache_end = 0;
	q->nr_slices = 0;
	q->total = 0;
	q->bad = false;
	q->whole = false;
}

/* The chain is over, whatever came of it. */
static void nic_tx_complete(struct nic_txq *q)
{
	q->ring.head = q->fetch;
	q->nr_slices = 0;
	q->total = 0;
	q->bad = false;
	q->whole = false;
}

/* 1: the cache holds a descriptor; 0: none is posted; else the queue stops. */
static int nic_tx_refill(struct nic_hw *hw, struct nic_txq *q,
			 unsigned int index)
{
	u32 tail;
	u32 n;

	if (q->cache_pos < q->cache_end)
		return 1;
	if (nic_ring_tail(hw, &q->ring, NIC_REG_TXQ(index), &tail))
		return -EINVAL;
	n = nic_ring_distance(&q->ring, q->fetch, tail);
	n = min3(n, q->ring.size - q->fetch, (u32)NIC_DESC_BURST);
	if (!n)
		return 0;
	if (nic_layout_fetch(hw, q->ring.base +
				 q->fetch * hw->layout->desc_size,
			     q->cache, n)) {
		nic_ring_fail(hw, &q->ring, "descriptor fetch refused");
		return -EFAULT;
	}
	q->cache_pos = 0;
	q->cache_end = n;
	nic_count(&hw->counters.tx_descs, n);
	return 1;
}

/* What the model at hand does not take, though another would. */
static void nic_tx_keep_limits(struct nic_hw *hw, struct nic_txq *q, u32 len)
{
	if (len > nic_limit(hw, NIC_LIMIT_SLICE) ||
	    (!q->nr_slices && len > hw->layout->max_hdr)) {
		nic_count(&hw->counters.limit_slice, 1);
		q->bad = true;
	}
	/* Once a chain. */
	if (q->nr_slices == nic_limit(hw, NIC_LIMIT_DESCS)) {
		nic_count(&hw->counters.limit_descs, 1);
		q->bad = true;
	}
}

static void nic_tx_add_slice(struct nic_hw *hw, struct nic_txq *q,
			     const struct nic_tx_desc *desc)
{
	struct nic_slice *slice = &q->slices[q->nr_slices];

	if (!q->nr_slices)
		q->first = *desc;
	slice->addr = le64_to_cpu(desc->addr);
	slice->len = le32_to_cpu(desc->len);
	if (!slice->len || desc->rsvd ||
	    (desc->outer_l3 && !nic_tx_is_tunnel(q)))
		q->bad = true;
	nic_tx_keep_limits(hw, q, slice->len);
	q->nr_slices++;
	q->total += slice->len;
	q->fetch = nic_ring_advance(&q->ring, q->fetch, 1);
}

/*
 * 1: a whole chain is there; 0: wait for descriptors; else the queue stops.
 * The driver cannot post more than size - 1: a chain that fills the ring and
 * does not end never will, and is thrown away whole.
 */
static int nic_tx_collect(struct nic_hw *hw, struct nic_txq *q,
			  unsigned int index)
{
	const struct nic_tx_desc *desc;
	int ret;

	do {
		ret = nic_tx_refill(hw, q, index);
		if (ret <= 0)
			return ret;
		desc = &q->cache[q->cache_pos++];
		nic_tx_add_slice(hw, q, desc);
		if (le16_to_cpu(desc->flags) & NIC_TX_EOP)
			return 1;
	} while (q->nr_slices < q->ring.size - 1);

	q->bad = true;
	return 1;
}

/**
 * nic_tx_gather() - read the next octets of a chain
 * @hw: the NIC
 * @q: the queue; its cursor moves on
 * @dst: where to
 * @len: octets; the chain holds as many
 *
 * Context: the thread's.
 * Return: 0, or -EFAULT.
 */
int nic_tx_gather(struct nic_hw *hw, struct nic_txq *q, void *dst, u32 len)
{
	while (len) {
		const struct nic_slice *slice = &q->slices[q->slice];
		u32 n = min(len, slice->len - q->offset);

		if (nic_dma_read(hw, slice->addr + q->offset, dst, n))
			return -EFAULT;
		dst += n;
		len -= n;
		q->offset += n;
		if (q->offset == slice->len) {
			q->slice++;
			q->offset = 0;
		}
	}
	return 0;
}

/* 0, or the errno of a chain that cannot become frames. */
static int nic_tx_begin(struct nic_hw *hw, struct nic_txq *q)
{
	u32 features = nic_reg(hw, NIC_REG_FEATURES);
	u16 flags = le16_to_cpu(q->first.flags);

	q->slice = 0;
	q->offset = 0;
	if (q->bad || (nic_faulty(hw) && nic_fault(hw, NIC_FAULT_TX_DESC)))
		return -EINVAL;
	if ((flags & NIC_TX_CSUM) && !(features & NIC_FEAT_ANY_TX_CSUM))
		return -EINVAL;
	if ((flags & NIC_TX_VLAN) && !(features & NIC_FEAT_VLAN_INSERT))
		return -EINVAL;
	if ((flags & NIC_TX_STAMP) && !(features & NIC_FEAT_TX_STAMP))
		return -EINVAL;
	if (flags & NIC_TX_TSO) {
		if (!(features & NIC_FEAT_TSO))
			return -EINVAL;
		return nic_tso_begin(hw, q);
	}
	if (q->total < ETH_HLEN ||
	    q->total + nic_tx_tag_len(q) > nic_reg(hw, NIC_REG_MTU))
		return -EINVAL;
	return 0;
}

static int nic_tx_csum(struct nic_hw *hw, const struct nic_txq *q,
		       struct wire_frame *frame)
{
	u32 offset = le16_to_cpu(q->first.csum_offset);
	u32 start = le16_to_cpu(q->first.csum_start);

	if (!(le16_to_cpu(q->first.flags) & NIC_TX_CSUM))
		return 0;
	if (!nic_csum_offered(frame, nic_reg(hw, NIC_REG_FEATURES), start,
			      offset))
		return -EINVAL;
	return nic_csum_finish(frame, start, offset);
}

static struct wire_frame *nic_tx_plain(struct nic_hw *hw, struct nic_txq *q)
{
	u32 tag_len = nic_tx_tag_len(q);
	struct wire_frame *frame;

	frame = wire_frame_alloc(q->total + tag_len,
				 GFP_ATOMIC | __GFP_NOWARN);
	if (!frame) {
		nic_count(&hw->counters.no_memory, 1);
		return NULL;
	}
	frame->len = q->total;
	if (nic_tx_gather(hw, q, frame->data, frame->len) ||
	    nic_tx_csum(hw, q, frame))
		goto drop;
	if (tag_len) {
		nic_vlan_insert(frame->data, frame->len,
				le16_to_cpu(q->first.vlan_tci));
		frame->len += tag_len;
	}
	return frame;

drop:
	wire_frame_free(frame);
	return NULL;
}

static bool nic_tx_is_tso(const struct nic_txq *q)
{
	return le16_to_cpu(q->first.flags) & NIC_TX_TSO;
}

/* Makes the next frame of the chain; false: dropped, the chain is over. */
static bool nic_tx_next_frame(struct nic_hw *hw, struct nic_txq *q)
{
	if (!q->whole) {
		if (nic_tx_begin(hw, q))
			goto drop;
		q->whole = true;
	}
	q->frame = nic_tx_is_tso(q) ? nic_tso_segment(hw, q) :
				      nic_tx_plain(hw, q);
	if (q->frame)
		return true;
drop:
	nic_count(&hw->counters.tx_errors, 1);
	nic_tx_complete(q);
	return false;
}

static bool nic_tx_is_stamped(const struct nic_txq *q)
{
	return le16_to_cpu(q->first.flags) & NIC_TX_STAMP;
}

/* Writes to the chain's last descriptor when it left. */
static void nic_tx_stamp(struct nic_hw *hw, struct nic_txq *q)
{
	u32 last = (q->fetch ?: q->ring.size) - 1;
	struct nic_tx_desc desc = {
		.addr = cpu_to_le64(nic_clock_at(hw, q->sent)),
		.flags = cpu_to_le16(NIC_TX_STAMPED),
	};

	if (nic_dma_write(hw, q->ring.base + last * sizeof(desc), &desc,
			  offsetof(struct nic_tx_desc, csum_start)))
		nic_ring_fail(hw, &q->ring, "time stamp refused");
}

/* The wire has taken the frame, which held @len octets. */
static void nic_tx_sent(struct nic_hw *hw, struct nic_txq *q, u32 len)
{
	q->frame = NULL;
	nic_count(&hw->counters.tx_frames, 1);
	nic_count(&hw->counters.tx_bytes, len);
	if (nic_tx_is_tso(q) && nic_tso_more(q))
		return;
	if (nic_tx_is_tso(q))
		nic_count(&hw->counters.tx_tso, 1);
	if (unlikely(nic_tx_is_stamped(q)))
		nic_tx_stamp(hw, q);
	nic_tx_complete(q);
}

/*
 * One frame, sent or dropped. 1: go on; 0: nothing to do for now, because no
 * chain is whole or the wire is full; else the queue stops.
 */
static int nic_tx_one(struct nic_hw *hw, struct nic_txq *q, unsigned int index)
{
	u32 len;
	int ret;

	if (!q->frame && !q->whole) {
		ret = nic_tx_collect(hw, q, index);
		if (ret <= 0)
			return ret;
		if (nic_faulty(hw) && nic_fault_tx_ring(hw, &q->ring))
			return -EIO;
	}
	if (!q->frame && !nic_tx_next_frame(hw, q))
		return 1;
	len = q->frame->len;
	if (unlikely(nic_tx_is_stamped(q)))
		q->frame->sent = &q->sent;
	if (wire_port_send(hw->port, q->frame))
		return 0;
	nic_tx_sent(hw, q, len);
	return 1;
}

/* Tells the driver of @frames that were sent since the head was @head. */
static void nic_tx_report(struct nic_hw *hw, unsigned int index, u32 head,
			  u32 frames)
{
	struct nic_ring *ring = &hw->txq[index].ring;

	/* What is late holds back the reports after it, armed or not. */
	if ((nic_faulty(hw) || unlikely(ring->due)) &&
	    nic_fault_tx_report(hw, index, head))
		return;
	nic_ring_write_back(hw, ring);
	nic_vec_progress(&hw->vec[index], frames);
}

/**
 * nic_txq_run() - give a transmit queue its turn
 * @hw: the NIC
 * @index: the queue
 *
 * Sends up to NIC_TX_BATCH frames, then writes the head back and raises the
 * vector. A queue that the wire holds back keeps its frame and fetches nothing.
 *
 * Context: the thread's, softirqs off, the NIC enabled.
 * Return: true when something was done and there may be more.
 */
bool nic_txq_run(struct nic_hw *hw, unsigned int index)
{
	struct nic_txq *q = &hw->txq[index];
	u32 head = q->ring.head;
	unsigned int n = 0;

	if (!q->ring.size || q->ring.error || unlikely(q->ring.stuck))
		return false;
	if (unlikely(q->ring.due) && nic_fault_due(hw, &q->ring)) {
		nic_ring_write_back(hw, &q->ring);
		nic_vec_progress(&hw->vec[index], 0);
	}

	while (n < NIC_TX_BATCH && nic_tx_one(hw, q, index) > 0)
		n++;
	if (q->ring.head != head)
		nic_tx_report(hw, index, head, n);
	return n;
}
