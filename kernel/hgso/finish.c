// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of one frame, finished for hardware that does less than the driver
 * has to advertise.
 */
#include <linux/export.h>
#include <linux/netdevice.h>

#include "hgso_impl.h"

/* Is it in pieces that the hardware does not take? */
static bool hgso_in_pieces(const struct sk_buff *skb,
			   netdev_features_t features)
{
	if (skb_has_frag_list(skb) && !(features & NETIF_F_FRAGLIST))
		return true;
	return skb_is_nonlinear(skb) && !(features & NETIF_F_SG);
}

/* The checksum, where headers may be in page frags. */
static int hgso_finish_sum(struct sk_buff *skb, bool crc)
{
	int start = skb_checksum_start_offset(skb);
	unsigned int end = start + skb->csum_offset +
			   (crc ? sizeof(__le32) : sizeof(__sum16));

	if (start < 0 || end > skb->len)
		return -EINVAL;
	if (!pskb_may_pull(skb, end))
		return -ENOMEM;
	return crc ? skb_crc32c_csum_help(skb) : skb_checksum_help(skb);
}

/**
 * hgso_finish() - make a packet of one frame such as the hardware can send
 * @skb: no super-packet, skb->data at the MAC header, the caller its only owner
 * @features: what the hardware does: NETIF_F_SG, NETIF_F_FRAGLIST,
 *	NETIF_F_HW_CSUM, NETIF_F_SCTP_CRC
 *
 * The stack offers super-packets only to devices that advertise scatter-gather
 * and checksums, so hardware without them gets plain packets in pieces, and
 * with partial checksums, too. This makes one piece of those, and finishes the
 * checksum, which may give the skb another head; clones keep what they have.
 * A packet that the hardware can send is not touched.
 *
 * Context: ndo_start_xmit, before anything is mapped. Does not sleep.
 * Return: 0. -EINVAL: a super-packet, or a checksum outside of the packet.
 *	-EBUSY: the skb has other owners, for skb_share_check(). -EFAULT: payload
 *	that is not in the host's memory. -ENOMEM. After an error the packet may
 *	be in one piece, and is to be dropped or tried again. The caller owns the
 *	skb in all cases.
 */
int hgso_finish(struct sk_buff *skb, netdev_features_t features)
{
	bool pieces = hgso_in_pieces(skb, features);
	bool crc = skb_csum_is_sctp(skb);
	bool sum = skb->ip_summed == CHECKSUM_PARTIAL &&
		   !(features & (crc ? NETIF_F_SCTP_CRC : NETIF_F_HW_CSUM));

	if (unlikely(skb_is_gso(skb)))
		return -EINVAL;
	if (likely(!pieces && !sum))
		return 0;
	if (unlikely(skb_shared(skb)))
		return -EBUSY;
	if (unlikely(!skb_frags_readable(skb)))
		return -EFAULT;
	if (pieces && __skb_linearize(skb))
		return -ENOMEM;
	return sum ? hgso_finish_sum(skb, crc) : 0;
}
EXPORT_SYMBOL_GPL(hgso_finish);
