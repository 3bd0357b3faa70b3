// SPDX-License-Identifier: GPL-2.0
/*
 * What the stack is told beforehand: for ndo_features_check.
 */
#include <linux/export.h>
#include <linux/if_vlan.h>

#include "hgso_impl.h"

/**
 * hgso_features_check() - for ndo_features_check: what the engine does not take
 * @skb: the packet, skb->data at the MAC header
 * @features: what the stack would use
 * @txq: a queue such as the packet will be sent on
 *
 * The stack asks this before it decides on segmentation, and so do qdiscs and
 * others: nothing is changed, nothing is counted. A VLAN tag that the device
 * does not insert itself is still beside the packet here; it is taken into
 * account.
 *
 * Where all queues of a device are alike, @txq is any of them, such as the
 * first: the skb's own may not be chosen yet, and its queue mapping is then of
 * another device or beyond the last queue. Where they are not alike, it is the
 * one that takes least. Only what was set before the queue started is read, and
 * no lock is needed: hgso_prepare() looks again.
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
				      const struct hgso_txq *txq)
{
	unsigned int tag_len = 0;
	struct hgso_plan plan;

	/* The driver's own way for plain skbs need not know frag_lists. */
	if (!skb_is_gso(skb))
		return features & ~NETIF_F_FRAGLIST;
	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(features, skb->vlan_proto))
		tag_len = VLAN_HLEN;
	if (hgso_check(skb, &txq->limits, tag_len, &plan) ||
	    (txq->finish_csum && hgso_check_stable(skb)))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}
EXPORT_SYMBOL_GPL(hgso_features_check);
