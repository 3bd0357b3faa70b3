// SPDX-License-Identifier: GPL-2.0
/* Receive queues: from the wire to posted buffers. */

#include <linux/math.h>
#include <linux/minmax.h>

#include "../wire/wire.h"
#include "nic_dev.h"

/**
 * nic_rxq_forget() - drop what a queue has fetched ahead
 * @q: the queue
 *
 * Context: the thread's.
 */
void nic_rxq_forget(struct nic_rxq *q)
{
	q->cache_pos = 0;
	q->cache_end = 0;
	q->done = 0;
}

/* Fetches descriptors; one at least is known to be posted. */
static int nic_rx_refill(struct nic_hw *hw, struct nic_rxq *q, u32 posted)
{
	u32 n = min3(posted, q->ring.size - q->ring.head, (u32)NIC_DESC_BURST);

	if (nic_rx_layout_fetch(hw, q->ring.base + q->ring.head *
				    hw->rx_layout->desc_size, q->cache, n)) {
		nic_ring_fail(hw, &q->ring, "descriptor fetch refused");
		return -EFAULT;
	}
	q->cache_pos = 0;
	q->cache_end = n;
	return 0;
}

static int nic_rx_desc_write(struct nic_hw *hw, struct nic_rxq *q,
			     const struct nic_rx_desc *desc, dma_addr_t addr)
{
	if (!nic_rx_layout_write(hw, addr, desc))
		return 0;
	nic_ring_fail(hw, &q->ring, "descriptor write-back refused");
	return -EFAULT;
}

/* The next descriptor is done. @about: what is said of a frame. */
static int nic_rx_complete(struct nic_hw *hw, struct nic_rxq *q,
			   const struct nic_rx_desc *about, u32 len,
			   u32 status)
{
	dma_addr_t addr = q->ring.base +
			  q->ring.head * hw->rx_layout->desc_size;
	struct nic_rx_desc desc = {
		.status = cpu_to_le32(status),
		.len = cpu_to_le32(len),
		.hash = about->hash,
		.csum = about->csum,
		.vlan_tci = about->vlan_tci,
		.stamp = about->stamp,
	};

	if (nic_faulty(hw) && nic_fault_rx_complete(hw, q, &desc, addr))
		goto done;
	if (nic_rx_desc_write(hw, q, &desc, addr))
		return -EFAULT;
done:
	q->ring.head = nic_ring_advance(&q->ring, q->ring.head, 1);
	return 0;
}

/* The next @len octets of a frame into the next buffer. */
static int nic_rx_write_one(struct nic_hw *hw, struct nic_rxq *q,
			    const struct nic_rx_desc *about, const u8 *data,
			    u32 len, u32 status, u32 posted)
{
	if (q->cache_pos == q->cache_end && nic_rx_refill(hw, q, posted))
		return -EFAULT;
	if (nic_dma_write(hw, q->cache[q->cache_pos++], data, len)) {
		/* The driver gets its buffer back, the frame is lost. */
		nic_rx_complete(hw, q, about, 0, NIC_RX_DONE | NIC_RX_EOP |
				NIC_RX_ERROR);
		return -EFAULT;
	}
	return nic_rx_complete(hw, q, about, len, status);
}

/* When it arrived, or what it was merged of. */
static u32 nic_rx_extra(struct nic_hw *hw, const struct nic_arrival *in,
			u32 features, struct nic_rx_desc *about)
{
	if (in->segs > 1) {
		about->mss = cpu_to_le16(in->mss);
		about->segs = cpu_to_le16(in->segs);
		return NIC_RX_MERGED;
	}
	if (!(features & NIC_FEAT_RX_STAMP) || !in->frame->arrived)
		return 0;
	about->stamp = cpu_to_le64(nic_clock_at(hw, in->frame->arrived));
	return NIC_RX_STAMP;
}

/*
 * What is said of a frame, after the tag was taken out if that is asked for.
 * Checksums of what was merged have been verified.
 */
static u32 nic_rx_about(struct nic_hw *hw, const struct nic_arrival *in,
			struct nic_rx_desc *about)
{
	u32 features = nic_reg(hw, NIC_REG_FEATURES);
	struct wire_frame *frame = in->frame;
	u32 status = NIC_RX_DONE;
	u16 tci;

	if ((features & NIC_FEAT_VLAN_STRIP) && nic_vlan_strip(frame, &tci)) {
		status |= NIC_RX_VLAN;
		about->vlan_tci = cpu_to_le16(tci);
	}
	status |= nic_rx_extra(hw, in, features, about);
	if ((features & NIC_FEAT_RX_CSUM) &&
	    (in->segs > 1 || nic_csum_verify(frame)))
		status |= NIC_RX_CSUM_OK;
	if ((features & NIC_FEAT_RX_SUM) && frame->len >= ETH_HLEN) {
		status |= NIC_RX_SUM;
		about->csum = cpu_to_le16(nic_csum_sum(frame));
	}
	if (features & NIC_FEAT_RSS_HASH) {
		status |= in->hashed;
		about->hash = cpu_to_le32(in->hash);
	}
	return status;
}

/* Headers of a frame, where they are apart. Return: octets, or -EFAULT. */
static int nic_rx_write_headers(struct nic_hw *hw, struct nic_rxq *q,
				const struct wire_frame *frame)
{
	u32 len = nic_split_len(q, frame);

	if (len && nic_dma_write(hw, q->hdrs + q->ring.head * q->hdr_size,
				 frame->data, len))
		return -EFAULT;
	return len;
}

/* Octets that arrived, but for tags that were taken out. */
static u32 nic_rx_bytes(const struct nic_arrival *in, u32 status)
{
	u32 tag_len = status & NIC_RX_VLAN ? VLAN_HLEN : 0;

	return in->frame->len + (in->segs - 1) * (in->hdr_len - tag_len);
}

/* One frame into buffers, as many of which as it takes are posted. */
static void nic_rx_write(struct nic_hw *hw, struct nic_rxq *q,
			 const struct nic_arrival *in, u32 posted)
{
	struct wire_frame *frame = in->frame;
	struct nic_rx_desc about = {};
	u32 status = nic_rx_about(hw, in, &about);
	u32 done, first;
	u32 nr, i;
	int split;

	if (nic_faulty(hw))
		status = nic_fault_rx_frame(hw, frame, &about, status);
	split = nic_rx_write_headers(hw, q, frame);
	/* Without its header buffer a queue cannot go on. */
	if (split < 0) {
		nic_ring_fail(hw, &q->ring, "header buffer refused");
		nic_count(&hw->counters.rx_errors, in->segs);
		return;
	}
	done = split;
	first = split ? NIC_RX_SPLIT | split << NIC_RX_HDR_SHIFT : 0;
	nr = DIV_ROUND_UP(frame->len - done, q->buf_size);
	for (i = 0; i < nr; i++) {
		u32 len = min(frame->len - done, q->buf_size);

		if (i == nr - 1)
			status |= NIC_RX_EOP;
		if (nic_rx_write_one(hw, q, &about, frame->data + done, len,
				     status | first, posted - i)) {
			nic_count(&hw->counters.rx_errors, in->segs);
			return;
		}
		done += len;
		first = 0;
	}
	nic_count(&hw->counters.rx_frames, in->segs);
	nic_count(&hw->counters.rx_bytes, nic_rx_bytes(in, status));
}

/* The hash, where it is asked for: by the table, or to be told of. */
static u32 nic_rx_hash(struct nic_hw *hw, const struct wire_frame *frame,
		       u32 *hash)
{
	*hash = 0;
	if (!nic_reg(hw, NIC_REG_RSS_SIZE) &&
	    !(nic_reg(hw, NIC_REG_FEATURES) & NIC_FEAT_RSS_HASH))
		return 0;
	return nic_rss_hash(hw, frame, hash);
}

/* How many buffers are posted; 0 where the queue takes nothing. */
static u32 nic_rx_posted(struct nic_hw *hw, struct nic_rxq *q,
			 unsigned int index)
{
	u32 tail;

	if (!q->ring.size || unlikely(q->ring.stuck) || !q->buf_size ||
	    q->ring.error ||
	    nic_ring_tail(hw, &q->ring, NIC_REG_RXQ(index), &tail))
		return 0;
	return nic_ring_distance(&q->ring, q->ring.head, tail);
}

/**
 * nic_rx_deliver() - write a frame, or what some were merged to, to memory
 * @hw: the NIC
 * @index: the receive queue
 * @in: it; the caller's
 *
 * Context: the thread's.
 */
void nic_rx_deliver(struct nic_hw *hw, unsigned int index,
		    const struct nic_arrival *in)
{
	struct nic_rxq *q = &hw->rxq[index];
	u32 posted;

	if (nic_faulty(hw))
		nic_fault_rx_ring(hw, &q->ring);
	posted = nic_rx_posted(hw, q, index);
	if (DIV_ROUND_UP(in->frame->len, q->buf_size ?: 1) > posted) {
		nic_count(&hw->counters.rx_missed, in->segs);
		return;
	}
	nic_rx_write(hw, q, in, posted);
	q->done += in->segs;
}

static bool nic_rx_merges(const struct nic_hw *hw)
{
	u32 features = nic_reg(hw, NIC_REG_FEATURES);

	return (features & NIC_FEAT_RX_MERGE) &&
	       nic_rx_can(hw, NIC_RX_MERGED) &&
	       (features & NIC_FEAT_RX_CSUM) && !(features & NIC_FEAT_RX_STAMP);
}

/* Consumes the frame. */
static void nic_rx_frame(struct nic_hw *hw, struct wire_frame *frame)
{
	struct nic_arrival in = {
		.frame = frame,
		.segs = 1,
	};
	u32 index;

	if (frame->len > nic_reg(hw, NIC_REG_MTU)) {
		nic_count(&hw->counters.rx_errors, 1);
		goto out;
	}
	in.hashed = nic_rx_hash(hw, frame, &in.hash);
	index = in.hashed ? nic_rss_queue(hw, in.hash) : 0;
	if (unlikely(index >= hw->nr_queues)) {
		nic_count(&hw->counters.rx_missed, 1);
		goto out;
	}
	if (nic_rx_merges(hw) && nic_merge_frame(hw, index, &in))
		return;
	nic_rx_deliver(hw, index, &in);
out:
	wire_frame_free(frame);
}

/* What was held back, when its time has come. */
static void nic_rx_late(struct nic_hw *hw, struct nic_rxq *q)
{
	if (nic_fault_due(hw, &q->ring) &&
	    !nic_rx_desc_write(hw, q, &q->held.desc, q->held.addr))
		q->done++;
}

/**
 * nic_rx_run() - take frames from the wire
 * @hw: the NIC
 * @enabled: false: throw them away, counted as missed
 *
 * Takes up to NIC_RX_BATCH frames, then writes the heads back and raises the
 * vectors.
 *
 * Context: the thread's, softirqs off.
 * Return: true when something was done and there may be more.
 */
bool nic_rx_run(struct nic_hw *hw, bool enabled)
{
	struct wire_frame *frame;
	unsigned int n;
	unsigned int i;

	for (n = 0; n < NIC_RX_BATCH; n++) {
		frame = wire_port_recv(hw->port);
		if (!frame)
			break;
		if (enabled) {
			nic_rx_frame(hw, frame);
			continue;
		}
		nic_count(&hw->counters.rx_missed, 1);
		wire_frame_free(frame);
	}
	for (i = 0; i < hw->nr_queues; i++) {
		struct nic_rxq *q = &hw->rxq[i];

		nic_merge_flush(hw, i);
		if (unlikely(q->ring.due) && enabled)
			nic_rx_late(hw, q);
		if (!q->done)
			continue;
		if (!q->ring.error)
			nic_ring_write_back(hw, &q->ring);
		nic_vec_progress(&hw->vec[i], q->done);
		q->done = 0;
	}
	return n;
}
