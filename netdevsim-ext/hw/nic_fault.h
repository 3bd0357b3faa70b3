/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hardware that goes wrong when it is asked to. All of it is inside the
 * hardware half: a driver sees no more than what a real NIC's would see.
 */
#ifndef NSIM_NIC_FAULT_H
#define NSIM_NIC_FAULT_H

#include <linux/hrtimer.h>
#include <linux/types.h>

#include "../iommu/inject.h"
#include "nic_regs.h"

struct nic_hw;
struct nic_ring;
struct nic_rxq;
struct wire_frame;

/**
 * enum nic_fault - what may go wrong, each at every such event
 * @NIC_FAULT_DOORBELL: a doorbell is not heard
 * @NIC_FAULT_TX_DESC: a chain is taken for a wrong one: dropped, completed
 * @NIC_FAULT_TX_LOST: a head is not written back, and no interrupt raised
 * @NIC_FAULT_TX_LATE: ... not before the delay is over
 * @NIC_FAULT_TX_STALE: the head of before is written after the new one, as by
 *	writes that overtake each other
 * @NIC_FAULT_TX_STUCK: at a chain: the queue stands still, and says nothing
 * @NIC_FAULT_TX_STOP: at a chain: the queue stops with NIC_QS_ERROR
 * @NIC_FAULT_RX_DESC: a descriptor is written back with a length that cannot be
 * @NIC_FAULT_RX_ERROR: a frame gets NIC_RX_ERROR
 * @NIC_FAULT_RX_CUT: half of a frame is written, as if it were all of it
 * @NIC_FAULT_RX_CSUM: what is said of a frame's checksum is not so
 * @NIC_FAULT_RX_LOST: a descriptor is not written back
 * @NIC_FAULT_RX_LATE: ... not before the delay is over, those after it are
 * @NIC_FAULT_RX_STUCK: at a frame: the queue takes no more, and says nothing
 * @NIC_FAULT_RX_STOP: at a frame: the queue stops with NIC_QS_ERROR
 * @NIC_FAULT_IRQ_LOST: an interrupt is raised, and does not arrive
 * @NIC_FAULT_IRQ_SPURIOUS: one arrives that was not raised, masked or not
 * @NIC_FAULT_RESET: the hardware forgets everything, in the midst of its work
 * @NIC_FAULTS: how many there are
 */
enum nic_fault {
	NIC_FAULT_DOORBELL,
	NIC_FAULT_TX_DESC,
	NIC_FAULT_TX_LOST,
	NIC_FAULT_TX_LATE,
	NIC_FAULT_TX_STALE,
	NIC_FAULT_TX_STUCK,
	NIC_FAULT_TX_STOP,
	NIC_FAULT_RX_DESC,
	NIC_FAULT_RX_ERROR,
	NIC_FAULT_RX_CUT,
	NIC_FAULT_RX_CSUM,
	NIC_FAULT_RX_LOST,
	NIC_FAULT_RX_LATE,
	NIC_FAULT_RX_STUCK,
	NIC_FAULT_RX_STOP,
	NIC_FAULT_IRQ_LOST,
	NIC_FAULT_IRQ_SPURIOUS,
	NIC_FAULT_RESET,
	NIC_FAULTS
};

/**
 * struct nic_faults - the faults of a NIC
 * @armed: bits by enum nic_fault: may happen
 * @points: when they do
 * @delay_us: how late what is late comes
 * @timer: then looks for it
 */
struct nic_faults {
	unsigned long armed;
	struct nsim_inject points[NIC_FAULTS];
	u32 delay_us;
	struct hrtimer timer;
};

/**
 * struct nic_held - a receive descriptor that is written back late
 * @desc: what will be written
 * @addr: where
 */
struct nic_held {
	struct nic_rx_desc desc;
	dma_addr_t addr;
};

void nic_fault_init(struct nic_hw *hw);
void nic_fault_exit(struct nic_hw *hw);
void nic_fault_debugfs(struct nic_hw *hw, struct dentry *ddir);

int nic_hw_fault(struct nic_hw *hw, enum nic_fault fault, const char *text);
int nic_hw_fault_delay(struct nic_hw *hw, u64 delay_us);
u64 nic_hw_fault_hits(struct nic_hw *hw, enum nic_fault fault);

bool nic_fault_tx_ring(struct nic_hw *hw, struct nic_ring *ring);
bool nic_fault_tx_report(struct nic_hw *hw, unsigned int index, u32 head);
bool nic_fault_rx_ring(struct nic_hw *hw, struct nic_ring *ring);
u32 nic_fault_rx_frame(struct nic_hw *hw, struct wire_frame *frame,
		       struct nic_rx_desc *about, u32 status);
bool nic_fault_rx_complete(struct nic_hw *hw, struct nic_rxq *q,
			   struct nic_rx_desc *desc, dma_addr_t addr);
bool nic_fault_due(struct nic_hw *hw, struct nic_ring *ring);

#endif
