// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of an skb's memory, of those on its frag_list too, to see later
 * whether an octet or a reference has changed.
 */
#include <linux/string.h>

#include "hgso_kinds.h"

static bool kinds_take(struct kinds_shot *shot, const void *from,
		       unsigned int len)
{
	if (shot->len + len > shot->size)
		return false;
	memcpy(shot->buf + shot->len, from, len);
	shot->len += len;
	return true;
}

static bool kinds_take_skb(struct kinds_shot *shot, const struct sk_buff *skb)
{
	return kinds_take(shot, skb, sizeof(*skb)) &&
	       kinds_take(shot, skb->head, skb_end_offset(skb) +
			  sizeof(struct skb_shared_info));
}

/**
 * kinds_shoot() - take a copy
 * @shot: with room for it
 * @rig: whose blocks the page frags are in
 * @skb: of this: itself, its head, its shared info, and of all on its frag_list
 *
 * Return: 0, or -ENOSPC.
 */
int kinds_shoot(struct kinds_shot *shot, const struct kinds_rig *rig,
		const struct sk_buff *skb)
{
	const struct sk_buff *member;
	unsigned int i;

	shot->len = 0;
	if (!kinds_take_skb(shot, skb))
		return -ENOSPC;
	skb_walk_frags(skb, member)
		if (!kinds_take_skb(shot, member))
			return -ENOSPC;
	for (i = 0; i < SUPER_BLOCKS; i++)
		shot->refs[i] = page_ref_count(rig->super->block[i]);
	return 0;
}

static bool kinds_same_skb(const struct kinds_shot *shot, unsigned int *at,
			   const struct sk_buff *skb)
{
	unsigned int size = skb_end_offset(skb) +
			    sizeof(struct skb_shared_info);
	const u8 *meta = shot->buf + *at, *head = meta + sizeof(*skb);

	*at += sizeof(*skb) + size;
	return *at <= shot->len && !memcmp(meta, skb, sizeof(*skb)) &&
	       !memcmp(head, skb->head, size);
}

/**
 * kinds_untouched() - has nothing changed?
 * @shot: taken of @skb
 * @rig: as for kinds_shoot()
 * @skb: the same one, later
 *
 * The octets of page frags are looked at when all is over, see kinds_leaked().
 *
 * Return: true when nothing has.
 */
bool kinds_untouched(const struct kinds_shot *shot, const struct kinds_rig *rig,
		     const struct sk_buff *skb)
{
	const struct sk_buff *member;
	unsigned int i, at = 0;

	/* Is it not the same, its frag_list may be anything. */
	if (!kinds_same_skb(shot, &at, skb))
		return false;
	skb_walk_frags(skb, member)
		if (!kinds_same_skb(shot, &at, member))
			return false;
	for (i = 0; i < SUPER_BLOCKS; i++)
		if (shot->refs[i] != page_ref_count(rig->super->block[i]))
			return false;
	return at == shot->len;
}
