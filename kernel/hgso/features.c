// SPDX-License-Identifier: GPL-2.0
/*
 * What the stack is told beforehand: for ndo_features_check.
 */
#include <linux/export.h>
#include <linux/if_vlan.h>

#include "hgso_impl.h"

static netdev_features_t hgso_check_features(const struct sk_buff *skb,
					     netdev_features_t features,
					     const struct hgso_limits *limits)
{
	unsigned int tag_len = 0;
	struct hgso_plan plan;

	/* The driver's own way for plain skbs need not know frag_lists. */
	if (!skb_is_gso(skb))
		return features & ~NETIF_F_FRAGLIST;
	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(features, skb->vlan_proto))
		tag_len = VLAN_HLEN;
	if (hgso_check(skb, limits, tag_len, &plan))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}

/**
 * hgso_features_check() - for ndo_features_check: what the engine does not take
 * @skb: the packet, skb->data at the MAC header
 * @features: what the stack would use
 * @max_descs: most slices, as given to hgso_txq_init()
 *
 * The stack asks this before it decides on segmentation, and so do qdiscs and
 * others: nothing is changed, nothing is counted. A VLAN tag that the device
 * does not insert itself is still beside the packet here; it is taken into
 * account. It is for queues as hgso_txq_init() makes them;
 * hgso_txq_features_check() is for others.
 *
 * A driver's ndo_features_check also takes the place of the stack's own, so it
 * should go on to vlan_features_check().
 *
 * Context: any.
 * Return: @features; without NETIF_F_GSO_MASK when hgso_prepare() would decline
 *	the super-packet (but for a shared skb), so that the stack segments it.
 */
netdev_features_t hgso_features_check(const struct sk_buff *skb,
				      netdev_features_t features,
				      u32 max_descs)
{
	const struct hgso_limits limits = {
		.max_descs = max_descs,
		.max_hdrs = hgso_headroom.max_len,
	};

	return hgso_check_features(skb, features, &limits);
}
EXPORT_SYMBOL_GPL(hgso_features_check);

/**
 * hgso_txq_features_check() - hgso_features_check() by a queue's own limits
 * @skb: the packet, skb->data at the MAC header
 * @features: what the stack would use
 * @txq: a queue like the one that it will be sent on, which may not be known
 *	yet
 *
 * Context: any.
 * Return: as hgso_features_check().
 */
netdev_features_t hgso_txq_features_check(const struct sk_buff *skb,
					  netdev_features_t features,
					  const struct hgso_txq *txq)
{
	return hgso_check_features(skb, features, &txq->limits);
}
EXPORT_SYMBOL_GPL(hgso_txq_features_check);
