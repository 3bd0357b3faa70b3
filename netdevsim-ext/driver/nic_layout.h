/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transmit descriptors of another layout than the driver half writes: a table
 * with a function each. A driver half for another family of NICs adds a row.
 */
#ifndef NSIM_NIC_LAYOUT_H
#define NSIM_NIC_LAYOUT_H

#include <linux/types.h>

struct nic_tx_desc;
struct nic_tx_mem;
struct nic_tx_ring;
struct nsim_nic;

/**
 * struct nic_tx_layout - how a kind of hardware has its transmit descriptors
 * @desc_size: octets of one
 * @max_hdr: longest first slice of a chain, octets
 * @tso: can express a super-packet
 * @stamps: can express a time stamp
 * @encode: writes one as the hardware has it; NULL: as struct nic_tx_desc
 */
struct nic_tx_layout {
	u32 desc_size;
	u32 max_hdr;
	bool tso;
	bool stamps;
	void (*encode)(void *raw, const struct nic_tx_desc *desc);
};

int nic_layout_read(struct nsim_nic *nic);
int nic_layout_alloc(struct nsim_nic *nic, struct nic_tx_mem *mem);
void nic_layout_free(struct nsim_nic *nic, struct nic_tx_mem *mem);
void nic_layout_encode(struct nic_tx_ring *ring, u32 from, u32 to);

#endif
