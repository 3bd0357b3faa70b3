// SPDX-License-Identifier: GPL-2.0
/*
 * What a round of the random suites is about: a super-packet of some kind, and
 * a device that does this and not that.
 */
#include <linux/bottom_half.h>
#include <linux/netdevice.h>
#include <net/gso.h>

#include "unpack_test.h"

#define UNPACK_CHANGE_EVERY	4

/* What devices do. */
static const netdev_features_t unpack_devices[] = {
	NETIF_F_SG | NETIF_F_HW_CSUM,
	NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HW_VLAN_CTAG_TX,
	0,
	NETIF_F_SG,
	NETIF_F_HW_CSUM,
	NETIF_F_SG | NETIF_F_IP_CSUM,
	NETIF_F_SG | NETIF_F_IPV6_CSUM,
	NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_GSO_UDP_L4,
};

/**
 * unpack_random() - make up a super-packet, and a device for its segments
 * @kind: of this kind
 * @nr: any; rounds do not depend on each other
 * @round: filled in
 */
void unpack_random(const struct kinds_kind *kind, unsigned int nr,
		   struct unpack_round *round)
{
	struct rnd_state rnd;

	kinds_random(kind, nr, &round->spec);
	super_rnd(&rnd, ~nr);
	unpack_random_dress(&rnd, &round->dress);
	round->features = unpack_devices[super_below(&rnd, 2) ? 0 :
				super_below(&rnd, ARRAY_SIZE(unpack_devices))];
	round->enc = super_below(&rnd, 2) ? NETIF_F_SG | NETIF_F_HW_CSUM :
		     unpack_devices[super_below(&rnd,
						ARRAY_SIZE(unpack_devices))];
	round->changes = 0;
	if (!(nr % UNPACK_CHANGE_EVERY)) {
		round->changes = 1 + super_below(&rnd, 2);
		round->spec.gso_type |= SKB_GSO_DODGY;
	}
	round->rnd = rnd;
}

/**
 * unpack_make() - make the super-packet
 * @rig: for its pages and its socket
 * @round: what it is; the same one makes the same packet again
 *
 * Return: the super-packet, or NULL without memory.
 */
struct sk_buff *unpack_make(struct unpack_rig *rig,
			    struct unpack_round *round)
{
	struct sk_buff *skb = kinds_skb(rig->kinds, &round->spec);
	struct rnd_state rnd = round->rnd;
	struct kinds_at at;
	unsigned int i;

	if (!skb)
		return NULL;
	round->offsets = false;
	kinds_place(&round->spec, &at);
	for (i = 0; i < round->changes; i++)
		round->offsets |= kinds_change(&rnd, &round->spec, skb,
					       at.end);
	/* A frag_list that does not fit the headers is a BUG_ON() in 6.12. */
	if (round->changes && skb_has_frag_list(skb) && skb_linearize(skb))
		goto err_free;
	if (!unpack_put_on(rig, &round->dress, skb))
		goto err_free;
	return skb;

err_free:
	kfree_skb(skb);
	return NULL;
}

/* Segmentation asks the device for features too. */
void unpack_device(struct unpack_rig *rig, const struct unpack_round *round)
{
	rig->kinds->dev->hw_enc_features = round->enc;
	rig->kinds->dev->features = round->features;
}

void unpack_no_device(struct unpack_rig *rig)
{
	rig->kinds->dev->hw_enc_features = rig->enc;
	rig->kinds->dev->features = rig->features;
}

/* The kernel's own segments; the super-packet stays. */
struct sk_buff *unpack_stock(struct sk_buff *skb, netdev_features_t features)
{
	struct sk_buff *segs;

	local_bh_disable();
	segs = __skb_gso_segment(skb, features, true);
	local_bh_enable();
	return segs;
}
