// SPDX-License-Identifier: GPL-2.0
/*
 * The driver half knows struct nic_tx_desc and struct nic_rx_desc, whatever the
 * hardware has. Where that is something else, those are in ordinary memory, and
 * what the hardware reads is written to the ring when the doorbell is rung, and
 * what it wrote is read when a descriptor is looked at: strategies, completion
 * and all of the rest know nothing of it.
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

static void nic_rx_short_encode(void *raw, const struct nic_rx_desc *desc)
{
	struct nic_rx_short *to = raw;

	*to = (struct nic_rx_short) {
		.addr = cpu_to_le32(le64_to_cpu(desc->addr)),
	};
}

static u32 nic_rx_short_status(const void *raw)
{
	const struct nic_rx_short *from = raw;

	return le32_to_cpu(READ_ONCE(from->status));
}

static void nic_rx_short_decode(const void *raw, struct nic_rx_desc *desc)
{
	const struct nic_rx_short *from = raw;

	desc->len = cpu_to_le32(le16_to_cpu(from->len));
	desc->csum = from->csum;
	desc->vlan_tci = from->vlan_tci;
}

static const struct nic_rx_layout nic_rx_layouts[] = {
	[NIC_RX_LAYOUT_LONG] = {
		.desc_size = sizeof(struct nic_rx_desc),
		.says = U32_MAX,
	},
	[NIC_RX_LAYOUT_SHORT] = {
		.desc_size = sizeof(struct nic_rx_short),
		.says = NIC_RX_SHORT_STATUS,
		.encode = nic_rx_short_encode,
		.status = nic_rx_short_status,
		.decode = nic_rx_short_decode,
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
	u32 tx = nic_hw_read(nic->hw, NIC_REG_TX_LAYOUT);
	u32 rx = nic_hw_read(nic->hw, NIC_REG_RX_LAYOUT);

	if (tx >= ARRAY_SIZE(nic_tx_layouts) ||
	    rx >= ARRAY_SIZE(nic_rx_layouts)) {
		netdev_err(nic->netdev, "descriptors of kinds %u and %u are not known\n",
			   tx, rx);
		return -ENODEV;
	}
	nic->layout = &nic_tx_layouts[tx];
	nic->rx_layout = &nic_rx_layouts[rx];
	WRITE_ONCE(nic->max_hdr, nic->layout->max_hdr);
	return 0;
}

/*
 * A ring of @n descriptors of @theirs octets, and where the driver knows others,
 * of @own octets, ordinary memory for those.
 */
static int nic_layout_alloc(struct nsim_nic *nic, u32 n, u32 theirs, u32 own,
			    bool same, void **desc, void **raw, dma_addr_t *dma)
{
	void *ring = dma_alloc_coherent(nic->dma_dev, n * theirs, dma,
					GFP_KERNEL);

	if (same) {
		*desc = ring;
		return ring ? 0 : -ENOMEM;
	}
	*raw = ring;
	*desc = kvcalloc(n, own, GFP_KERNEL);
	return *raw && *desc ? 0 : -ENOMEM;
}

static void nic_layout_free(struct nsim_nic *nic, size_t size, bool same,
			    void *desc, void *raw, dma_addr_t dma)
{
	void *ring = same ? desc : raw;

	if (!same)
		kvfree(desc);
	if (ring)
		dma_free_coherent(nic->dma_dev, size, ring, dma);
}

/**
 * nic_layout_alloc_tx() - memory of a transmit ring's descriptors
 * @nic: the NIC
 * @mem: gets it; its size is set
 *
 * Context: process.
 * Return: 0, or -ENOMEM; nic_layout_free_tx() is due even then.
 */
int nic_layout_alloc_tx(struct nsim_nic *nic, struct nic_tx_mem *mem)
{
	mem->layout = nic->layout;
	return nic_layout_alloc(nic, mem->size, mem->layout->desc_size,
				sizeof(*mem->desc), !mem->layout->encode,
				(void **)&mem->desc, &mem->raw, &mem->desc_dma);
}

/**
 * nic_layout_free_tx() - the end of it
 * @nic: the NIC
 * @mem: has it, or a part of it
 *
 * Context: process.
 */
void nic_layout_free_tx(struct nsim_nic *nic, struct nic_tx_mem *mem)
{
	if (mem->layout)
		nic_layout_free(nic, mem->size * mem->layout->desc_size,
				!mem->layout->encode, mem->desc, mem->raw,
				mem->desc_dma);
}

/**
 * nic_layout_alloc_rx() - memory of a receive ring's descriptors
 * @nic: the NIC
 * @mem: gets it; its size is set
 *
 * Context: process.
 * Return: 0, or -ENOMEM; nic_layout_free_rx() is due even then.
 */
int nic_layout_alloc_rx(struct nsim_nic *nic, struct nic_rx_mem *mem)
{
	mem->layout = nic->rx_layout;
	return nic_layout_alloc(nic, mem->size, mem->layout->desc_size,
				sizeof(*mem->desc), !mem->layout->encode,
				(void **)&mem->desc, &mem->raw, &mem->desc_dma);
}

/**
 * nic_layout_free_rx() - the end of it
 * @nic: the NIC
 * @mem: has it, or a part of it
 *
 * Context: process.
 */
void nic_layout_free_rx(struct nsim_nic *nic, struct nic_rx_mem *mem)
{
	if (mem->layout)
		nic_layout_free(nic, mem->size * mem->layout->desc_size,
				!mem->layout->encode, mem->desc, mem->raw,
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

/**
 * nic_layout_post() - write receive descriptors as the hardware reads them
 * @ring: the ring; its layout has a function for it
 * @from: first descriptor
 * @to: after the last one
 *
 * Context: NAPI, before the doorbell.
 */
void nic_layout_post(struct nic_rx_ring *ring, u32 from, u32 to)
{
	const struct nic_rx_layout *layout = ring->mem.layout;

	while (from != to) {
		layout->encode(ring->mem.raw + from * layout->desc_size,
			       &ring->mem.desc[from]);
		if (++from == ring->mem.size)
			from = 0;
	}
}

/**
 * nic_layout_rx_status() - what the hardware says of a receive descriptor
 * @ring: the ring
 * @index: which
 *
 * Context: any.
 * Return: NIC_RX_*.
 */
u32 nic_layout_rx_status(const struct nic_rx_ring *ring, u32 index)
{
	const struct nic_rx_layout *layout = ring->mem.layout;

	if (!layout->encode)
		return le32_to_cpu(READ_ONCE(ring->mem.desc[index].status));
	return layout->status(ring->mem.raw + index * layout->desc_size);
}

/**
 * nic_layout_decode() - read a receive descriptor as the hardware wrote it
 * @ring: the ring; its layout has functions for it
 * @index: which; what was posted stays as it is until the hardware is done
 *
 * Context: NAPI, or when NAPI is off.
 */
void nic_layout_decode(struct nic_rx_ring *ring, u32 index)
{
	const struct nic_rx_layout *layout = ring->mem.layout;
	const void *raw = ring->mem.raw + index * layout->desc_size;
	struct nic_rx_desc *desc = &ring->mem.desc[index];
	u32 status = nic_layout_rx_status(ring, index);

	if (!(status & NIC_RX_DONE))
		return;
	dma_rmb();
	layout->decode(raw, desc);
	desc->status = cpu_to_le32(status);
}
