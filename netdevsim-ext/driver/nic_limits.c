// SPDX-License-Identifier: GPL-2.0
/* What the hardware can at most, and that the driver keeps to it. */
#include <linux/dma-mapping.h>

#include "nic.h"

/**
 * nic_limits_read() - read the hardware's limits
 * @nic: the NIC, down; its rings have no memory yet
 *
 * Bus addresses that are too wide for it are not handed out from now on.
 *
 * Context: process, under RTNL.
 * Return: 0, or what nic_layout_read() or dma_set_mask_and_coherent() said.
 */
int nic_limits_read(struct nsim_nic *nic)
{
	u32 bits = nic_hw_read(nic->hw, NIC_REG_DMA_BITS);
	int err = nic_layout_read(nic);
	u32 i;

	if (err)
		return err;

	nic->max_descs = nic_hw_read(nic->hw, NIC_REG_MAX_DESCS);
	nic->max_slice = nic_hw_read(nic->hw, NIC_REG_MAX_SLICE);
	for (i = 0; i < nic->nr_queues; i++) {
		struct nic_tx_ring *tx = &nic->queues[i].tx;

		tx->hgso.limits.max_frame_descs = nic->max_descs; /* hgso: limit */
		tx->hgso.limits.max_slice = nic->max_slice; /* hgso: limit */
	}
	if (bits == nic->dma_bits)
		return 0;
	err = dma_set_mask_and_coherent(nic->dma_dev, DMA_BIT_MASK(bits));
	if (err)
		netdev_err(nic->netdev, "no bus addresses of %u bits\n", bits);
	else
		nic->dma_bits = bits;
	return err;
}

/**
 * nic_limits_check() - part of ndo_features_check: keep what does not fit away
 * @nic: the NIC
 * @skb: what is to be sent
 * @features: what the stack thinks that the device can do with it
 *
 * Context: any, under RCU.
 * Return: @features, without GSO for what the hardware does not take whole.
 */
netdev_features_t nic_limits_check(const struct nsim_nic *nic,
				   const struct sk_buff *skb,
				   netdev_features_t features)
{
	const struct nic_tx_strategy *txs = READ_ONCE(nic->txs);

	if (skb_is_gso(skb) && txs->fits && !txs->fits(nic, skb))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}
