// SPDX-License-Identifier: GPL-2.0
/*
 * The engine as these suites call it: all that knows its API is here.
 */
#include <linux/netdev_features.h>

#include "hgso_kinds.h"

/**
 * kinds_engine_keeps() - what the predicate says
 * @rig: its queue
 * @skb: a super-packet
 * @odd: set when features were stripped in part, or others than GSO's
 *
 * Return: true when it would be given to hgso_prepare().
 */
bool kinds_engine_keeps(const struct kinds_rig *rig, const struct sk_buff *skb,
			bool *odd)
{
	const netdev_features_t all = NETIF_F_GSO_MASK | NETIF_F_SG |
				      NETIF_F_HW_CSUM |
				      NETIF_F_HW_VLAN_CTAG_TX |
				      NETIF_F_HW_VLAN_STAG_TX;
	netdev_features_t left;

	left = hgso_features_check(skb, all, &rig->super->txq);
	*odd = left != all && left != (all & ~NETIF_F_GSO_MASK);
	return left == all;
}

/* How many slices, or why not. */
int kinds_engine_prepare(struct kinds_rig *rig, struct sk_buff *skb)
{
	return super_prepare(rig->super, skb);
}

/* How many packets all counters together know of. */
u64 kinds_engine_counted(const struct kinds_rig *rig)
{
	struct hgso_stats stats;
	unsigned int i;
	u64 sum;

	hgso_txq_stats(&rig->super->txq, &stats);
	sum = stats.prepared;
	for (i = 0; i < HGSO_NR_REASONS; i++)
		sum += stats.reason[i];
	return sum;
}

/* A packet of a kind that is taken, but with more headers than there is room. */
bool kinds_engine_may_decline(const struct kinds_spec *spec)
{
	u32 frames = DIV_ROUND_UP(spec->payload, spec->mss);
	struct kinds_at at;

	kinds_place(spec, &at);
	return frames * ALIGN(at.end, 8) > hgso_headroom.max_len;
}

void kinds_engine_start(struct hgso_iter *it, struct sk_buff *skb)
{
	super_map(skb);
	hgso_iter_init(it, skb);
}

bool kinds_engine_next(struct hgso_iter *it, struct kinds_slice *slice)
{
	struct hgso_slice next;

	if (!hgso_next(it, &next))
		return false;
	slice->at = (const u8 *)(uintptr_t)next.addr;
	slice->len = next.len;
	slice->first = next.first;
	slice->last = next.last;
	slice->end = next.end;
	return true;
}

u32 kinds_engine_frames(const struct sk_buff *skb)
{
	return hgso_pkt(skb)->frames;
}

u32 kinds_engine_octets(const struct sk_buff *skb)
{
	return hgso_wire_bytes(skb);
}

/* Where the device starts to sum, octets from the frame's start. */
u32 kinds_engine_csum_start(const struct sk_buff *skb)
{
	return hgso_pkt(skb)->l4_off;
}
