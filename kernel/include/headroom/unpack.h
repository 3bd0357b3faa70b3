/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unpack: a super-packet taken apart into ordinary skbs, for devices whose
 * driver knows nothing of hgso. What skb_gso_segment() does, in fewer
 * instructions; docs/unpack.md says for whom.
 */
#ifndef HEADROOM_UNPACK_H
#define HEADROOM_UNPACK_H

#include <headroom/hgso.h>

/**
 * enum hgso_unpack_reason - why a super-packet was not unpacked
 * @HGSO_UNPACK_WHOLE: nothing to do: the features say that the device takes it
 *	as it is, and skb_gso_segment() would only verify it
 * @HGSO_UNPACK_PARTIAL: the device takes packets that are segmented in part
 * @HGSO_UNPACK_CONTEXT: interrupts are off
 * @HGSO_UNPACK_CSUM: no partial L4 checksum; or a tunnel's outer checksum is to
 *	be left to the device, and the inner one is not
 * @HGSO_UNPACK_OWNER: a destructor that is not known for sure
 * @HGSO_UNPACK_ZEROCOPY: pages of somebody who does not wait for all copies
 * @HGSO_UNPACK_RESERVE: it is in memory that is kept for swapping over the
 *	network
 * @HGSO_UNPACK_LENGTH: segments that are copied and too long for that
 * @HGSO_UNPACK_NOMEM: no memory for the segments
 * @HGSO_UNPACK_NR_REASONS: how many there are, with those before
 *
 * They go on where &enum hgso_reason ends, whose values hgso_unpack() returns
 * too. In all cases the super-packet is as it was, and skb_gso_segment() has
 * the last word on it.
 */
enum hgso_unpack_reason {
	HGSO_UNPACK_WHOLE = HGSO_NR_REASONS,
	HGSO_UNPACK_PARTIAL,
	HGSO_UNPACK_CONTEXT,
	HGSO_UNPACK_CSUM,
	HGSO_UNPACK_OWNER,
	HGSO_UNPACK_ZEROCOPY,
	HGSO_UNPACK_RESERVE,
	HGSO_UNPACK_LENGTH,
	HGSO_UNPACK_NOMEM,
	HGSO_UNPACK_NR_REASONS
};

unsigned int hgso_unpack(struct sk_buff *skb, netdev_features_t features,
			 struct sk_buff **segs);
const char *hgso_unpack_reason_name(unsigned int reason);

#endif
