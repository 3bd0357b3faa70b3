// SPDX-License-Identifier: GPL-2.0
/*
 * One skb, one frame, one mapping a piece. As strategy "gso" it offers no
 * segmentation, so that the stack does it (skb_segment()).
 */
#include "nic.h"

/* A frame in too many pieces is made one: that the hardware always takes. */
static int nic_plain_linearize(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	if (skb_linearize(skb))
		return -ENOMEM;
	u64_stats_update_begin(&ring->sync);
	ring->stats.linearized++;
	u64_stats_update_end(&ring->sync);
	return nic_tx_descs(ring->nic, skb);
}

static int nic_plain_prepare(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	u32 descs;
	int err;

	if (skb_is_gso(skb))
		return -EOPNOTSUPP;
	err = nic_tx_finish(ring, skb);
	if (unlikely(err))
		return err;
	descs = nic_tx_descs(ring->nic, skb);
	return likely(descs <= ring->nic->max_descs) ? descs :
	       nic_plain_linearize(ring, skb);
}

static int nic_plain_send(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	struct nic_tx_desc *first = &ring->mem.desc[ring->use];
	int err;

	err = nic_tx_map_skb(ring, skb);
	if (!err && skb->ip_summed == CHECKSUM_PARTIAL)
		nic_tx_desc_csum(first, skb_checksum_start_offset(skb),
				 skb->csum_offset);
	return err;
}

const struct nic_tx_strategy nic_tx_plain = {
	.name		= "gso",
	.kind		= NIC_TX_KIND_PLAIN,
	.prepare	= nic_plain_prepare,
	.send		= nic_plain_send,
};
