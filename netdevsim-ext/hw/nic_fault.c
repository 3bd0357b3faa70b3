// SPDX-License-Identifier: GPL-2.0
/*
 * What the hardware does when it goes wrong. nic_tx.c, nic_rx.c and nic_irq.c
 * ask here only while something is armed; nothing but a word is looked at
 * otherwise.
 */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/if_ether.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "../iommu/nsim_iommu.h"
#include "../wire/wire.h"
#include "nic_dev.h"

#define NIC_FAULT_DELAY_US	2000
#define NIC_FAULT_DELAY_MAX	500000

static const char * const nic_fault_names[] = {
	[NIC_FAULT_DOORBELL] = "doorbell",
	[NIC_FAULT_TX_DESC] = "tx_desc",
	[NIC_FAULT_TX_LOST] = "tx_lost",
	[NIC_FAULT_TX_LATE] = "tx_late",
	[NIC_FAULT_TX_STALE] = "tx_stale",
	[NIC_FAULT_TX_STUCK] = "tx_stuck",
	[NIC_FAULT_TX_STOP] = "tx_stop",
	[NIC_FAULT_RX_DESC] = "rx_desc",
	[NIC_FAULT_RX_ERROR] = "rx_error",
	[NIC_FAULT_RX_CUT] = "rx_cut",
	[NIC_FAULT_RX_CSUM] = "rx_csum",
	[NIC_FAULT_RX_LOST] = "rx_lost",
	[NIC_FAULT_RX_LATE] = "rx_late",
	[NIC_FAULT_RX_STUCK] = "rx_stuck",
	[NIC_FAULT_RX_STOP] = "rx_stop",
	[NIC_FAULT_IRQ_LOST] = "irq_lost",
	[NIC_FAULT_IRQ_SPURIOUS] = "irq_spurious",
	[NIC_FAULT_RESET] = "reset",
};

/* What is late is due: the thread looks for it when it is awake. */
static enum hrtimer_restart nic_fault_timeout(struct hrtimer *timer)
{
	struct nic_hw *hw = container_of(timer, struct nic_hw, faults.timer);

	nic_kick(hw);
	return HRTIMER_NORESTART;
}

/**
 * nic_fault_init() - nothing goes wrong
 * @hw: the NIC
 *
 * Context: process.
 */
void nic_fault_init(struct nic_hw *hw)
{
	struct nic_faults *faults = &hw->faults;
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(nic_fault_names) != NIC_FAULTS);
	BUILD_BUG_ON(NIC_FAULTS > BITS_PER_LONG);
	for (i = 0; i < NIC_FAULTS; i++)
		nsim_inject_init(&faults->points[i], &faults->armed, i);
	faults->delay_us = NIC_FAULT_DELAY_US;
	hrtimer_init(&faults->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	faults->timer.function = nic_fault_timeout;
}

/**
 * nic_fault_exit() - the timer will not kick any more
 * @hw: the NIC, its thread gone
 *
 * Context: process.
 */
void nic_fault_exit(struct nic_hw *hw)
{
	hrtimer_cancel(&hw->faults.timer);
}

/**
 * nic_hw_fault() - say when something is to go wrong
 * @hw: the NIC
 * @fault: what
 * @text: as for nsim_inject_set()
 *
 * Context: process.
 * Return: 0, -ENOMEM, or what nsim_inject_set() says.
 */
int nic_hw_fault(struct nic_hw *hw, enum nic_fault fault, const char *text)
{
	char *copy = kstrdup(text, GFP_KERNEL);
	int err;

	if (!copy)
		return -ENOMEM;
	err = nsim_inject_set(&hw->faults.points[fault], copy);
	kfree(copy);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_fault);

/**
 * nic_hw_fault_delay() - how late what is late comes
 * @hw: the NIC
 * @delay_us: microseconds, 1 to 500000
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nic_hw_fault_delay(struct nic_hw *hw, u64 delay_us)
{
	if (!delay_us || delay_us > NIC_FAULT_DELAY_MAX)
		return -EINVAL;
	WRITE_ONCE(hw->faults.delay_us, delay_us);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_fault_delay);

/**
 * nic_hw_fault_hits() - how often something has gone wrong
 * @hw: the NIC
 * @fault: what
 *
 * Context: any but NMI.
 * Return: times.
 */
u64 nic_hw_fault_hits(struct nic_hw *hw, enum nic_fault fault)
{
	return nsim_inject_hits(&hw->faults.points[fault]);
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_fault_hits);

/* From now on something of this ring is late. */
static void nic_fault_delay(struct nic_hw *hw, struct nic_ring *ring)
{
	ring->due = ktime_add_us(ktime_get(), READ_ONCE(hw->faults.delay_us));
	if (!hrtimer_is_queued(&hw->faults.timer))
		hrtimer_start(&hw->faults.timer, ring->due,
			      HRTIMER_MODE_ABS_HARD);
}

/**
 * nic_fault_due() - has the time of what is late come?
 * @hw: the NIC
 * @ring: the ring; something of it is late
 *
 * Context: the thread's.
 * Return: true, and nothing is late any more; or false, and the timer runs.
 */
bool nic_fault_due(struct nic_hw *hw, struct nic_ring *ring)
{
	if (!ktime_before(ktime_get(), ring->due)) {
		ring->due = 0;
		return true;
	}
	if (!hrtimer_is_queued(&hw->faults.timer))
		hrtimer_start(&hw->faults.timer, ring->due,
			      HRTIMER_MODE_ABS_HARD);
	return false;
}

static bool nic_fault_ring(struct nic_hw *hw, struct nic_ring *ring,
			   enum nic_fault stuck, enum nic_fault stop)
{
	if (nic_fault(hw, stuck))
		ring->stuck = true;
	if (nic_fault(hw, stop))
		nic_ring_fail(hw, ring, "asked for");
	return ring->stuck || ring->error;
}

/**
 * nic_fault_tx_ring() - does a queue end before this chain?
 * @hw: the NIC
 * @ring: the transmit queue's ring
 *
 * Context: the thread's.
 * Return: whether it does.
 */
bool nic_fault_tx_ring(struct nic_hw *hw, struct nic_ring *ring)
{
	return nic_fault_ring(hw, ring, NIC_FAULT_TX_STUCK, NIC_FAULT_TX_STOP);
}

/**
 * nic_fault_rx_ring() - does a queue end before this frame?
 * @hw: the NIC
 * @ring: the receive queue's ring
 *
 * Context: the thread's.
 * Return: whether it does.
 */
bool nic_fault_rx_ring(struct nic_hw *hw, struct nic_ring *ring)
{
	return nic_fault_ring(hw, ring, NIC_FAULT_RX_STUCK, NIC_FAULT_RX_STOP);
}

/**
 * nic_fault_tx_report() - does a report of what was sent go wrong?
 * @hw: the NIC
 * @index: the transmit queue
 * @head: what its head was at the last report
 *
 * A report that was lost or is late is made up for by the next one, since a
 * head tells of all that was before.
 *
 * Context: the thread's.
 * Return: true: do not report, or not any more.
 */
bool nic_fault_tx_report(struct nic_hw *hw, unsigned int index, u32 head)
{
	struct nic_ring *ring = &hw->txq[index].ring;
	u32 now = ring->head;

	if (nic_fault(hw, NIC_FAULT_TX_LOST))
		return true;
	if (!ring->due && nic_fault(hw, NIC_FAULT_TX_LATE))
		nic_fault_delay(hw, ring);
	if (ring->due)
		return true;
	if (!nic_fault(hw, NIC_FAULT_TX_STALE))
		return false;
	nic_ring_write_back(hw, ring);
	ring->head = head;
	nic_ring_write_back(hw, ring);
	ring->head = now;
	nic_vec_progress(&hw->vec[index], 0);
	return true;
}

/**
 * nic_fault_rx_frame() - what is wrong about a frame, or said of it
 * @hw: the NIC
 * @frame: the frame; may become shorter
 * @about: what its descriptors will say
 * @status: likewise
 *
 * Context: the thread's.
 * Return: the status that its descriptors get.
 */
u32 nic_fault_rx_frame(struct nic_hw *hw, struct wire_frame *frame,
		       struct nic_rx_desc *about, u32 status)
{
	u32 features = nic_reg(hw, NIC_REG_FEATURES);

	if (nic_fault(hw, NIC_FAULT_RX_ERROR))
		status |= NIC_RX_ERROR;
	if (nic_fault(hw, NIC_FAULT_RX_CSUM)) {
		if (features & NIC_FEAT_RX_CSUM)
			status ^= NIC_RX_CSUM_OK;
		about->csum ^= cpu_to_le16(0x5555);
	}
	if (nic_fault(hw, NIC_FAULT_RX_CUT))
		frame->len = max_t(u32, frame->len / 2, 1);
	return status;
}

/**
 * nic_fault_rx_complete() - does the write-back of a descriptor go wrong?
 * @hw: the NIC
 * @q: the receive queue
 * @desc: what is to be written; may be made wrong
 * @addr: where
 *
 * Context: the thread's.
 * Return: true: do not write it now.
 */
bool nic_fault_rx_complete(struct nic_hw *hw, struct nic_rxq *q,
			   struct nic_rx_desc *desc, dma_addr_t addr)
{
	if (nic_fault(hw, NIC_FAULT_RX_DESC))
		desc->len = cpu_to_le32(U32_MAX);
	if (nic_fault(hw, NIC_FAULT_RX_LOST))
		return true;
	/* One at a time. */
	if (q->ring.due || !nic_fault(hw, NIC_FAULT_RX_LATE))
		return false;
	q->held.desc = *desc;
	q->held.addr = addr;
	nic_fault_delay(hw, &q->ring);
	return true;
}

static int nic_fault_delay_set(void *data, u64 val)
{
	return nic_hw_fault_delay(data, val);
}

static int nic_fault_delay_get(void *data, u64 *val)
{
	struct nic_hw *hw = data;

	*val = READ_ONCE(hw->faults.delay_us);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(nic_fault_delay_fops, nic_fault_delay_get,
			 nic_fault_delay_set, "%llu\n");

/**
 * nic_fault_debugfs() - make the folder fault/, with a file for each fault
 * @hw: the NIC
 * @ddir: folder to make it in
 *
 * Context: process.
 */
void nic_fault_debugfs(struct nic_hw *hw, struct dentry *ddir)
{
	struct dentry *dir = debugfs_create_dir("fault", ddir);
	int i;

	hw->fault_dir = dir;
	for (i = 0; i < NIC_FAULTS; i++)
		nsim_inject_debugfs(nic_fault_names[i], dir,
				    &hw->faults.points[i]);
	nsim_inject_debugfs("map", dir, nsim_iommu_fail_map(hw->dma_dev));
	debugfs_create_file_unsafe("delay_us", 0600, dir, hw,
				   &nic_fault_delay_fops);
}
