/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus between the driver half and the hardware half: registers, interrupt
 * lines, power. What PCI is to a real driver, this is to ours.
 */
#ifndef NSIM_NIC_HW_H
#define NSIM_NIC_HW_H

#include <linux/types.h>

struct device;
struct dentry;
struct nic_hw;
struct wire_port;

/**
 * struct nic_hw_counters - what the hardware half counted, since creation
 * @tx_frames: frames sent to the wire
 * @tx_bytes: octets of those, no FCS
 * @tx_descs: transmit descriptors fetched
 * @tx_tso: super-packets segmented by the hardware
 * @tx_errors: chains dropped: bad descriptor, too long a frame, refused or short
 *	of memory; of a super-packet, segments may have been sent before
 * @rx_frames: frames written to memory
 * @rx_bytes: octets of those
 * @rx_missed: frames lost because no buffer was posted, or nothing was enabled
 * @rx_errors: frames dropped: too long, or the IOMMU refused buffer or
 *	descriptor
 * @rx_overrun: frames lost because the receive FIFO was full and nobody was held
 *	back
 * @rx_merged: frames that were merged with others, among @rx_frames unless there
 *	was no room for what they became
 * @tx_pauses: pause frames sent
 * @rx_pauses: pause frames heard
 * @dma_faults: accesses that the IOMMU refused
 * @irqs: interrupts raised
 * @busy_ns: time the hardware thread worked, ns
 * @queue_errors: queues stopped with NIC_QS_ERROR
 * @no_memory: frames not made for want of memory; among @tx_errors too
 * @limit_descs: chains of more descriptors than the hardware takes; among
 *	@tx_errors too
 * @limit_slice: slices longer than the hardware takes
 * @limit_addr: accesses beyond the width of its addresses, which were not made
 * @reg_errors: accesses to registers that are not there or are read only, and
 *	ring sizes out of range
 */
struct nic_hw_counters {
	u64 tx_frames;
	u64 tx_bytes;
	u64 tx_descs;
	u64 tx_tso;
	u64 tx_errors;
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_missed;
	u64 rx_errors;
	u64 rx_overrun;
	u64 rx_merged;
	u64 tx_pauses;
	u64 rx_pauses;
	u64 dma_faults;
	u64 irqs;
	u64 busy_ns;
	u64 queue_errors;
	u64 no_memory;
	u64 limit_descs;
	u64 limit_slice;
	u64 limit_addr;
	u64 reg_errors;
};

/**
 * enum nic_limit - what another model of this hardware may have less of
 * @NIC_LIMIT_DESCS: NIC_REG_MAX_DESCS
 * @NIC_LIMIT_SLICE: NIC_REG_MAX_SLICE
 * @NIC_LIMIT_DMA_BITS: NIC_REG_DMA_BITS
 * @NIC_LIMITS: how many there are
 */
enum nic_limit {
	NIC_LIMIT_DESCS,
	NIC_LIMIT_SLICE,
	NIC_LIMIT_DMA_BITS,
	NIC_LIMITS
};

struct nic_hw *nic_hw_create(struct device *dma_dev, const char *name,
			     unsigned int nr_queues, struct dentry *ddir);
void nic_hw_destroy(struct nic_hw *hw);

u32 nic_hw_read(struct nic_hw *hw, u32 reg);
void nic_hw_write(struct nic_hw *hw, u32 reg, u32 val);

int nic_hw_quiesce(struct nic_hw *hw, unsigned int timeout_ms);

int nic_hw_set_limit(struct nic_hw *hw, enum nic_limit limit, u64 val);

int nic_hw_set_layout(struct nic_hw *hw, const char *name);
int nic_hw_set_rx_layout(struct nic_hw *hw, const char *name);

int nic_hw_irq(struct nic_hw *hw, unsigned int vector);

struct wire_port *nic_hw_port(struct nic_hw *hw);
void nic_hw_counters(struct nic_hw *hw, struct nic_hw_counters *out);

#endif
