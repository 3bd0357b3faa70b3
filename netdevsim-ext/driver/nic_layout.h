/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors of another layout than the driver half knows: tables with a
 * function or two each. A driver half for another family of NICs adds a row.
 */
#ifndef NSIM_NIC_LAYOUT_H
#define NSIM_NIC_LAYOUT_H

#include <linux/types.h>

struct nic_rx_desc;
struct nic_rx_mem;
struct nic_rx_ring;
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

/**
 * struct nic_rx_layout - how a kind of hardware has its receive descriptors
 * @desc_size: octets of one
 * @says: NIC_RX_* that one can express
 * @encode: writes one with a posted buffer as the hardware has it; NULL: as
 *	struct nic_rx_desc
 * @status: NIC_RX_* in one
 * @decode: reads the rest of one that is done; NULL: as struct nic_rx_desc
 */
struct nic_rx_layout {
	u32 desc_size;
	u32 says;
	void (*encode)(void *raw, const struct nic_rx_desc *desc);
	u32 (*status)(const void *raw);
	void (*decode)(const void *raw, struct nic_rx_desc *desc);
};

int nic_layout_read(struct nsim_nic *nic);
int nic_layout_alloc_tx(struct nsim_nic *nic, struct nic_tx_mem *mem);
void nic_layout_free_tx(struct nsim_nic *nic, struct nic_tx_mem *mem);
void nic_layout_encode(struct nic_tx_ring *ring, u32 from, u32 to);
int nic_layout_alloc_rx(struct nsim_nic *nic, struct nic_rx_mem *mem);
void nic_layout_free_rx(struct nsim_nic *nic, struct nic_rx_mem *mem);
void nic_layout_post(struct nic_rx_ring *ring, u32 from, u32 to);
u32 nic_layout_rx_status(const struct nic_rx_ring *ring, u32 index);
void nic_layout_decode(struct nic_rx_ring *ring, u32 index);

#endif
