// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold for every super-packet, well-formed or not: either the engine
 * takes it, and then its frames are the kernel's, or it is as it was.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>
#include <linux/netdevice.h>

#include "hgso_kinds.h"

/* The heads of all skbs of a super-packet. */
#define KINDS_SHOT_SIZE		(1024 * 1024)

static const char kinds_refused[] = "taken, but the kernel does not segment it";

static void kinds_zerocopy_complete(struct sk_buff *skb,
				    struct ubuf_info *ubuf, bool success)
{
	struct kinds_rig *rig = container_of(ubuf, struct kinds_rig, zerocopy);

	if (!success)
		rig->copied = true;
	refcount_dec(&ubuf->refcnt);
}

static const struct ubuf_info_ops kinds_zerocopy_ops = {
	.complete = kinds_zerocopy_complete,
};

/* Never registered: the kernel's segmentation only reads its features. */
static struct net_device *kinds_device(void)
{
	struct net_device *dev = alloc_etherdev(0);

	if (!dev)
		return NULL;
	dev->gso_partial_features = NETIF_F_GSO_GRE | NETIF_F_GSO_GRE_CSUM |
				    NETIF_F_GSO_UDP_TUNNEL |
				    NETIF_F_GSO_UDP_TUNNEL_CSUM;
	dev->hw_enc_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
			       NETIF_F_TSO6 | NETIF_F_TSO_ECN |
			       NETIF_F_GSO_PARTIAL;
	dev->features = dev->hw_enc_features | dev->gso_partial_features;
	return dev;
}

static u32 kinds_hash(const struct kinds_rig *rig, unsigned int block)
{
	return jhash(page_address(rig->super->block[block]), SUPER_BLOCK_LEN,
		     0);
}

/* A case's rig. kinds_exit() frees what a failure leaves. */
int kinds_init(struct kunit *test)
{
	struct kinds_rig *rig;
	unsigned int i;
	int err;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	if (!rig)
		return -ENOMEM;
	err = super_rig_init(test);
	rig->super = test->priv;
	test->priv = rig;
	if (err)
		return err;

	rig->dev = kinds_device();
	rig->shot.size = KINDS_SHOT_SIZE;
	rig->shot.buf = kvmalloc(KINDS_SHOT_SIZE, GFP_KERNEL);
	if (!rig->dev || !rig->shot.buf)
		return -ENOMEM;
	for (i = 0; i < SUPER_BLOCKS; i++)
		rig->octets[i] = kinds_hash(rig, i);
	rig->zerocopy.ops = &kinds_zerocopy_ops;
	rig->zerocopy.flags = SKBFL_ZEROCOPY_FRAG | SKBFL_DONT_ORPHAN;
	refcount_set(&rig->zerocopy.refcnt, 1);
	return 0;
}

void kinds_exit(struct kunit *test)
{
	struct kinds_rig *rig = test->priv;

	if (!rig)
		return;
	kvfree(rig->shot.buf);
	if (rig->dev)
		free_netdev(rig->dev);
	test->priv = rig->super;
	super_rig_exit(test);
}

/**
 * kinds_leaked() - has everything been given back, and the payload left alone?
 * @rig: no super-packet of its is left
 *
 * Return: NULL, or what is wrong.
 */
const char *kinds_leaked(const struct kinds_rig *rig)
{
	unsigned int i;

	for (i = 0; i < SUPER_BLOCKS; i++) {
		if (page_ref_count(rig->super->block[i]) != 1)
			return "references to page frags are left";
		if (kinds_hash(rig, i) != rig->octets[i])
			return "octets of page frags have changed";
	}
	if (refcount_read(&rig->zerocopy.refcnt) != 1)
		return "references to zerocopy pages are left";
	return NULL;
}

/* Declined: the predicate must have said so, and nothing may have changed. */
static const char *kinds_declined(struct kinds_rig *rig,
				  const struct sk_buff *skb, bool keeps,
				  int err)
{
	rig->declined++;
	if (keeps && skb_is_gso(skb))
		return "declined, but no features were stripped";
	if (!kinds_untouched(&rig->shot, rig, skb))
		return "declined, but not untouched";
	if (err != -EINVAL && err != -EOPNOTSUPP)
		return "declined with a strange errno";
	return NULL;
}

static const char *kinds_unlike(const struct sk_buff *skb,
				const struct sk_buff *ref)
{
	/* Headers may have been pulled from page frags. */
	if (skb->len != ref->len ||
	    memcmp(skb->data, ref->data, min(skb_headlen(skb),
					     skb_headlen(ref))))
		return "taken, but its own headers or payload changed";
	/* With this the kernel would follow a frag_list that is not there. */
	if (skb_shinfo(skb)->gso_size == GSO_BY_FRAGS)
		return "taken, but it has no gso_size";
	return NULL;
}

/*
 * Where a changed header moves the payload, skbs on the frag_list no longer
 * begin where a segment does, and Linux 6.12 has a BUG_ON() for that: with
 * headers that may be anything, it is not asked.
 */
static bool kinds_would_bug(const struct sk_buff *skb, unsigned int end)
{
	return skb_has_frag_list(skb) && !end;
}

/* Taken: its frames must be the segments of @ref, which is consumed. */
static const char *kinds_taken(struct kinds_rig *rig, struct sk_buff *skb,
			       struct sk_buff *ref, int descs,
			       unsigned int end)
{
	const char *wrong = kinds_unlike(skb, ref);
	struct sk_buff *segs;

	rig->taken++;
	if (wrong || kinds_would_bug(skb, end)) {
		consume_skb(ref);
		return wrong;
	}
	segs = super_segments(ref);
	if (IS_ERR_OR_NULL(segs))
		return kinds_refused;
	wrong = kinds_compare(rig, skb, segs, descs, end);
	kfree_skb_list(segs);
	return wrong;
}

/* Is what kinds_try() says that only the kernel would not segment it? */
bool kinds_is_refused(const char *wrong)
{
	return wrong == kinds_refused;
}

/**
 * kinds_try() - let the engine have a super-packet
 * @rig: as ever
 * @skb: fresh; the caller frees it
 * @ref: made exactly as @skb was; consumed
 * @end: octets of its headers, or 0 when they may be anything
 * @err: what prepare returned when it declined, else 0
 *
 * Return: NULL, or what is wrong.
 */
const char *kinds_try(struct kinds_rig *rig, struct sk_buff *skb,
		      struct sk_buff *ref, unsigned int end, int *err)
{
	const char *wrong;
	bool keeps, odd;
	u64 counted;
	int descs;

	*err = 0;
	rig->frame = 0;
	wrong = "no room for a copy";
	if (kinds_shoot(&rig->shot, rig, skb))
		goto out;
	keeps = kinds_engine_keeps(rig, skb, &odd);
	wrong = "the predicate changed the skb";
	if (!kinds_untouched(&rig->shot, rig, skb))
		goto out;
	wrong = "features that are not all of GSO's were stripped";
	if (odd)
		goto out;

	counted = kinds_engine_counted(rig);
	descs = kinds_engine_prepare(rig, skb);
	wrong = "it is not in exactly one counter";
	if (kinds_engine_counted(rig) != counted + 1)
		goto out;
	if (descs < 0) {
		*err = descs;
		wrong = kinds_declined(rig, skb, keeps, descs);
	} else {
		wrong = kinds_taken(rig, skb, ref, descs, end);
		ref = NULL;
		if (!wrong && !keeps)
			wrong = "taken, but features were stripped";
	}
out:
	consume_skb(ref);
	return wrong;
}
