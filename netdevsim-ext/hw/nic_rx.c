// SPDX-License-Identifier: GPL-2.0
/* Receive queues: from the wire to posted buffers. */

#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/stddef.h>

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
	struct nic_rx_desc burst[NIC_DESC_BURST];
	u32 n = min3(posted, q->ring.size - q->ring.head, (u32)NIC_DESC_BURST);
	u32 i;

	if (nic_dma_read(hw, q->ring.base + q->ring.head * sizeof(burst[0]),
			 burst, n * sizeof(burst[0]))) {
		nic_ring_fail(hw, &q->ring, "descriptor fetch refused");
		return -EFAULT;
	}
	for (i = 0; i < n; i++)
		q->cache[i] = le64_to_cpu(burst[i].addr);
	q->cache_pos = 0;
	q->cache_end = n;
	return 0;
}

/* Writes a descriptor back, its status last. */
static int nic_rx_desc_write(struct nic_hw *hw, struct nic_rxq *q,
			     const struct nic_rx_desc *desc, dma_addr_t addr)
{
	if (nic_dma_write(hw, addr + offsetof(struct nic_rx_desc, len),
			  &desc->len, sizeof(*desc) -
				      offsetof(struct nic_rx_desc, len)))
		goto fail;
	/* A device's posted writes stay in order: the driver polls status. */
	smp_wmb();
	if (nic_dma_write(hw, addr + offsetof(struct nic_rx_desc, status),
			  &desc->status, sizeof(desc->status)))
		goto fail;
	return 0;

fail:
	nic_ring_fail(hw, &q->ring, "descriptor write-back refused");
	return -EFAULT;
}

/* The next descriptor is done. @about: what is said of a frame. */
static int nic_rx_complete(struct nic_hw *hw, struct nic_rxq *q,
			   const struct nic_rx_desc *about, u32 len,
			   u32 status)
{
	dma_addr_t addr = q->ring.base +
			  q->ring.head * sizeof(struct nic_rx_desc);
	struct nic_rx_desc desc = {
		.status = cpu_to_le32(status),
		.len = cpu_to_le32(len),
		.hash = about->hash,
		.csum = about->csum,
		.vlan_tci = about->vlan_tci,
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

/*
 * What is said of a frame, after the tag was taken out if that is asked for.
 * @about has the hash, of @hashed.
 */
static u32 nic_rx_about(struct nic_hw *hw, struct wire_frame *frame,
			struct nic_rx_desc *about, u32 hashed)
{
	u32 features = nic_reg(hw, NIC_REG_FEATURES);
	u32 status = NIC_RX_DONE;
	u16 tci;

	if ((features & NIC_FEAT_VLAN_STRIP) && nic_vlan_strip(frame, &tci)) {
		status |= NIC_RX_VLAN;
		about->vlan_tci = cpu_to_le16(tci);
	}
	if ((features & NIC_FEAT_RX_CSUM) && nic_csum_verify(frame))
		status |= NIC_RX_CSUM_OK;
	if ((features & NIC_FEAT_RX_SUM) && frame->len >= ETH_HLEN) {
		status |= NIC_RX_SUM;
		about->csum = cpu_to_le16(nic_csum_sum(frame));
	}
	if (features & NIC_FEAT_RSS_HASH)
		status |= hashed;
	else
		about->hash = 0;
	return status;
}

/* One frame into buffers, as many of which as it takes are posted. */
static void nic_rx_write(struct nic_hw *hw, struct nic_rxq *q,
			 struct wire_frame *frame, u32 hash, u32 hashed,
			 u32 posted)
{
	struct nic_rx_desc about = { .hash = cpu_to_le32(hash) };
	u32 status = nic_rx_about(hw, frame, &about, hashed);
	u32 done = 0;
	u32 nr, i;

	if (nic_faulty(hw))
		status = nic_fault_rx_frame(hw, frame, &about, status);
	nr = DIV_ROUND_UP(frame->len, q->buf_size);
	for (i = 0; i < nr; i++) {
		u32 len = min(frame->len - done, q->buf_size);

		if (i == nr - 1)
			status |= NIC_RX_EOP;
		if (nic_rx_write_one(hw, q, &about, frame->data + done, len,
				     status, posted - i)) {
			nic_count(&hw->counters.rx_errors, 1);
			return;
		}
		done += len;
	}
	nic_count(&hw->counters.rx_frames, 1);
	nic_count(&hw->counters.rx_bytes, frame->len);
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

static void nic_rx_frame(struct nic_hw *hw, struct wire_frame *frame)
{
	struct nic_rxq *q;
	u32 posted, tail;
	u32 hash, hashed;
	u32 index;

	if (frame->len > nic_reg(hw, NIC_REG_MTU)) {
		nic_count(&hw->counters.rx_errors, 1);
		return;
	}
	hashed = nic_rx_hash(hw, frame, &hash);
	index = hashed ? nic_rss_queue(hw, hash) : 0;
	if (unlikely(index >= hw->nr_queues)) {
		nic_count(&hw->counters.rx_missed, 1);
		return;
	}
	q = &hw->rxq[index];
	if (nic_faulty(hw))
		nic_fault_rx_ring(hw, &q->ring);
	if (!q->ring.size || unlikely(q->ring.stuck) || !q->buf_size || q->ring.error ||
	    nic_ring_tail(hw, &q->ring, NIC_REG_RXQ(index), &tail)) {
		nic_count(&hw->counters.rx_missed, 1);
		return;
	}
	posted = nic_ring_distance(&q->ring, q->ring.head, tail);
	if (DIV_ROUND_UP(frame->len, q->buf_size) > posted) {
		nic_count(&hw->counters.rx_missed, 1);
		return;
	}
	nic_rx_write(hw, q, frame, hash, hashed, posted);
	q->done++;
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
		if (enabled)
			nic_rx_frame(hw, frame);
		else
			nic_count(&hw->counters.rx_missed, 1);
		wire_frame_free(frame);
	}
	for (i = 0; i < hw->nr_queues; i++) {
		struct nic_rxq *q = &hw->rxq[i];

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
