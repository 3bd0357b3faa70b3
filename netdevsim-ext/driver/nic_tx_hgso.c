// SPDX-License-Identifier: GPL-2.0
/*
 * Segmentation by hgso. All that hgso adds to this driver is in this file and
 * in lines elsewhere that are marked "hgso: line": tests count them.
 */
#include "nic.h"

static int nic_hgso_prepare(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	return hgso_prepare(&ring->hgso, skb);
}

static int nic_hgso_send(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	const struct hgso_pkt *pkt = hgso_pkt(skb);
	struct nic_tx_desc *desc;
	struct hgso_slice slice;
	struct hgso_iter it;

	if (hgso_map(&ring->hgso, skb))
		return -ENOMEM;
	hgso_iter_init(&it, skb);
	while (hgso_next(&it, &slice)) {
		desc = nic_tx_post(ring, slice.addr, slice.len, slice.last);
		if (slice.first && !ring->hgso.finish_csum)
			nic_tx_desc_csum(desc, pkt->l4_off, pkt->csum_offset);
	}
	return 0;
}

const struct nic_tx_strategy nic_tx_hgso = {
	.name		= "hgso",
	.kind		= NIC_TX_KIND_HGSO,
	.features	= HGSO_FEATURES,
	.prepare	= nic_hgso_prepare,
	.send		= nic_hgso_send,
};
