// SPDX-License-Identifier: GPL-2.0
/*
 * The driver half writes struct nic_tx_desc, whatever the hardware reads. Where
 * that is something else, descriptors are written to ordinary memory, and to the
 * ring when the doorbell is rung: strategies, completion and all of the rest
 * know nothing of it.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "nic.h"

static void nic_layout_short(void *raw, const struct nic_tx_desc *desc)
{
	struct nic_tx_short *to = raw;

	*to = (struct nic_tx_short) {
		.addr = cpu_to_le32(le64_to_cpu(desc->addr)),
		.len = cpu_to_le16(le32_to_cpu(desc->len)),
		.flags = desc->flags,
		.csum_start = desc->csum_start,
		.csum_offset = desc->csum_offset,
		.vlan_tci = desc->vlan_tci,
	};
}

static const struct nic_tx_layout nic_tx_layouts[] = {
	[NIC_TX_LAYOUT_LONG] = {
		.desc_size = sizeof(struct nic_tx_desc),
		.max_hdr = U32_MAX,
		.tso = true,
		.stamps = true,
	},
	[NIC_TX_LAYOUT_SHORT] = {
		.desc_size = sizeof(struct nic_tx_short),
		.max_hdr = NIC_SHORT_MAX_HDR,
		.encode = nic_layout_short,
	},
};

/**
 * nic_layout_read() - learn what descriptors the hardware reads
 * @nic: the NIC, down; its rings have no memory yet
 *
 * Context: process, under RTNL.
 * Return: 0, or -ENODEV for ones that this driver does not know.
 */
int nic_layout_read(struct nsim_nic *nic)
{
	u32 id = nic_hw_read(nic->hw, NIC_REG_TX_LAYOUT);

	if (id >= ARRAY_SIZE(nic_tx_layouts)) {
		netdev_err(nic->netdev, "transmit descriptors of kind %u are not known\n",
			   id);
		return -ENODEV;
	}
	nic->layout = &nic_tx_layouts[id];
	WRITE_ONCE(nic->max_hdr, nic->layout->max_hdr);
	return 0;
}

/**
 * nic_layout_alloc() - memory of a transmit ring's descriptors
 * @nic: the NIC
 * @mem: gets it; its size is set
 *
 * Context: process.
 * Return: 0, or -ENOMEM; nic_layout_free() is due even then.
 */
int nic_layout_alloc(struct nsim_nic *nic, struct nic_tx_mem *mem)
{
	const struct nic_tx_layout *layout = nic->layout;
	void *ring = dma_alloc_coherent(nic->dma_dev,
					mem->size * layout->desc_size,
					&mem->desc_dma, GFP_KERNEL);

	mem->layout = layout;
	if (!layout->encode) {
		mem->desc = ring;
		return ring ? 0 : -ENOMEM;
	}
	mem->raw = ring;
	mem->desc = kvcalloc(mem->size, sizeof(*mem->desc), GFP_KERNEL);
	return mem->raw && mem->desc ? 0 : -ENOMEM;
}

/**
 * nic_layout_free() - the end of it
 * @nic: the NIC
 * @mem: has it, or a part of it
 *
 * Context: process.
 */
void nic_layout_free(struct nsim_nic *nic, struct nic_tx_mem *mem)
{
	void *ring = mem->desc;

	if (!mem->layout)
		return;
	if (mem->layout->encode) {
		kvfree(mem->desc);
		ring = mem->raw;
	}
	if (ring)
		dma_free_coherent(nic->dma_dev,
				  mem->size * mem->layout->desc_size, ring,
				  mem->desc_dma);
}

/**
 * nic_layout_encode() - write descriptors as the hardware reads them
 * @ring: the ring; its layout has a function for it
 * @from: first descriptor
 * @to: after the last one
 *
 * Context: under the transmit queue's lock, before the doorbell.
 */
void nic_layout_encode(struct nic_tx_ring *ring, u32 from, u32 to)
{
	const struct nic_tx_layout *layout = ring->mem.layout;

	while (from != to) {
		layout->encode(ring->mem.raw + from * layout->desc_size,
			       &ring->mem.desc[from]);
		if (++from == ring->mem.size)
			from = 0;
	}
}
