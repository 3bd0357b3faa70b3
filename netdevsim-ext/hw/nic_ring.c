// SPDX-License-Identifier: GPL-2.0
/* What transmit and receive rings have in common, and access to memory. */

#include <linux/device.h>

#include "../iommu/nsim_iommu.h"
#include "nic_dev.h"

/* Has the hardware so many address lines? */
static bool nic_dma_reaches(struct nic_hw *hw, dma_addr_t addr, size_t len)
{
	u32 bits = nic_limit(hw, NIC_LIMIT_DMA_BITS);

	if (bits >= 64 || !len || !(((u64)addr + len - 1) >> bits))
		return true;
	nic_count(&hw->counters.limit_addr, 1);
	return false;
}

/**
 * nic_dma_read() - read memory as the device
 * @hw: the NIC
 * @addr: bus address
 * @dst: where to
 * @len: octets
 *
 * Context: the thread's.
 * Return: 0, or -EFAULT, counted, when the IOMMU refused, or the address is too
 * wide.
 */
int nic_dma_read(struct nic_hw *hw, dma_addr_t addr, void *dst, size_t len)
{
	int ret;

	if (!nic_dma_reaches(hw, addr, len))
		return -EFAULT;
	ret = nsim_iommu_dma_read(hw->dma_dev, addr, dst, len);
	if (ret)
		nic_count(&hw->counters.dma_faults, 1);
	return ret;
}

/**
 * nic_dma_write() - write memory as the device
 * @hw: the NIC
 * @addr: bus address
 * @src: what to write
 * @len: octets
 *
 * Context: the thread's.
 * Return: 0, or -EFAULT, counted, when the IOMMU refused, or the address is too
 * wide.
 */
int nic_dma_write(struct nic_hw *hw, dma_addr_t addr, const void *src,
		  size_t len)
{
	int ret;

	if (!nic_dma_reaches(hw, addr, len))
		return -EFAULT;
	ret = nsim_iommu_dma_write(hw->dma_dev, addr, src, len);
	if (ret)
		nic_count(&hw->counters.dma_faults, 1);
	return ret;
}

/**
 * nic_ring_fail() - stop a queue until its size register is written
 * @hw: the NIC
 * @ring: its ring
 * @why: for the log
 *
 * Context: the thread's.
 */
void nic_ring_fail(struct nic_hw *hw, struct nic_ring *ring, const char *why)
{
	WRITE_ONCE(ring->error, true);
	nic_count(&hw->counters.queue_errors, 1);
	dev_err_ratelimited(hw->dma_dev, "%s: queue stopped: %s\n", hw->name,
			    why);
}

/**
 * nic_ring_tail() - read a doorbell
 * @hw: the NIC
 * @ring: the ring
 * @block: the queue's register block
 * @tail: index after the last descriptor posted
 *
 * Context: the thread's.
 * Return: 0, or -EINVAL after stopping the queue: not an index of this ring.
 */
int nic_ring_tail(struct nic_hw *hw, struct nic_ring *ring, u32 block,
		  u32 *tail)
{
	/* Pairs with the release in nic_hw_write(): descriptors before it. */
	*tail = smp_load_acquire(&hw->regs[(block + NIC_Q_TAIL) / 4]);
	if (*tail < ring->size)
		return 0;
	nic_ring_fail(hw, ring, "doorbell out of range");
	return -EINVAL;
}

/**
 * nic_ring_distance() - descriptors from one index up to another
 * @ring: the ring
 * @from: index
 * @to: index
 *
 * Return: 0 to size - 1.
 */
u32 nic_ring_distance(const struct nic_ring *ring, u32 from, u32 to)
{
	return to >= from ? to - from : ring->size - from + to;
}

/**
 * nic_ring_advance() - the index some descriptors later
 * @ring: the ring
 * @index: index
 * @n: descriptors, at most the ring's size
 *
 * Return: the index.
 */
u32 nic_ring_advance(const struct nic_ring *ring, u32 index, u32 n)
{
	index += n;
	return index >= ring->size ? index - ring->size : index;
}

/**
 * nic_ring_write_back() - tell the driver how far the queue has come
 * @hw: the NIC
 * @ring: the ring
 *
 * What was written before (frames, descriptors) is visible before the head is.
 *
 * Context: the thread's. Stops the queue when the IOMMU refuses.
 */
void nic_ring_write_back(struct nic_hw *hw, struct nic_ring *ring)
{
	__le32 head = cpu_to_le32(ring->head);

	/* A device's posted writes stay in order. */
	smp_wmb();
	if (nic_dma_write(hw, ring->wb, &head, sizeof(head)))
		nic_ring_fail(hw, ring, "head write-back refused");
}

static void nic_ring_latch(struct nic_hw *hw, struct nic_ring *ring, u32 block)
{
	ring->base = (u64)nic_reg(hw, block + NIC_Q_BASE_HI) << 32 |
		     nic_reg(hw, block + NIC_Q_BASE_LO);
	ring->wb = (u64)nic_reg(hw, block + NIC_Q_WB_HI) << 32 |
		   nic_reg(hw, block + NIC_Q_WB_LO);
	ring->size = nic_reg(hw, block + NIC_Q_SIZE);
	ring->head = 0;
	WRITE_ONCE(ring->error, false);
	ring->stuck = false;
	ring->due = 0;
	ring->reload = false;
}

static void nic_rx_latch(struct nic_hw *hw, struct nic_rxq *q, u32 block)
{
	q->buf_size = nic_reg(hw, block + NIC_Q_BUF_SIZE);
	q->hdrs = (u64)nic_reg(hw, block + NIC_Q_HDR_HI) << 32 |
		  nic_reg(hw, block + NIC_Q_HDR_LO);
	q->hdr_size = nic_rx_can(hw, NIC_RX_SPLIT) ?
		      nic_reg(hw, block + NIC_Q_HDR_SIZE) : 0;
}

/**
 * nic_rings_latch() - take over the registers of queues set up anew
 * @hw: the NIC
 *
 * Context: the thread's, with reg_lock held.
 */
void nic_rings_latch(struct nic_hw *hw)
{
	unsigned int i;

	for (i = 0; i < hw->nr_queues; i++) {
		struct nic_txq *tx = &hw->txq[i];
		struct nic_rxq *rx = &hw->rxq[i];

		if (tx->ring.reload) {
			nic_ring_latch(hw, &tx->ring, NIC_REG_TXQ(i));
			nic_txq_forget(tx);
		}
		if (rx->ring.reload) {
			nic_ring_latch(hw, &rx->ring, NIC_REG_RXQ(i));
			nic_rx_latch(hw, rx, NIC_REG_RXQ(i));
			nic_rxq_forget(rx);
		}
	}
}
