// SPDX-License-Identifier: GPL-2.0
/*
 * Pictures of an skb's memory, to see later whether an octet has changed.
 */
#include <linux/jhash.h>
#include <linux/string.h>

#include "hgso_test.h"

/* A hash of all page frags, their lengths and their octets. */
u32 super_frags_hash(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 hash = shinfo->nr_frags;
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		hash = jhash(skb_frag_address(&shinfo->frags[i]),
			     skb_frag_size(&shinfo->frags[i]), hash);
	return hash;
}

/**
 * super_shoot() - take a picture
 * @test: owns its memory
 * @shot: filled in
 * @skb: of this
 */
void super_shoot(struct kunit *test, struct super_shot *shot,
		 const struct sk_buff *skb)
{
	shot->size = skb_end_offset(skb) + sizeof(struct skb_shared_info);
	shot->head = kunit_kmalloc(test, shot->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, shot->head);
	memcpy(shot->head, skb->head, shot->size);
	memcpy(&shot->meta, skb, sizeof(*skb));
	shot->payload = super_frags_hash(skb);
}

/* Nothing at all has changed: not the skb, its head, nor its page frags. */
bool super_untouched(const struct super_shot *shot, const struct sk_buff *skb)
{
	return !memcmp(&shot->meta, skb, sizeof(*skb)) &&
	       !memcmp(shot->head, skb->head, shot->size) &&
	       shot->payload == super_frags_hash(skb);
}

/**
 * super_bytes_same() - has another holder's view of the octets not changed?
 * @shot: taken of @skb
 * @skb: may have lost a fellow owner of its head in between
 * @from: octets at the start of the head that are not this holder's
 *
 * Return: true when the skb, its octets from @from to the end of the head and
 *	its page frags are as they were; the count of owners aside.
 */
bool super_bytes_same(const struct super_shot *shot, const struct sk_buff *skb,
		      unsigned int from)
{
	const struct skb_shared_info *now = skb_shinfo(skb);
	unsigned int end = skb_end_offset(skb);
	const struct skb_shared_info *then;

	then = (const void *)(shot->head + end);
	return !memcmp(&shot->meta, skb, sizeof(*skb)) &&
	       !memcmp(shot->head + from, skb->head + from, end - from) &&
	       !memcmp(then, now, offsetof(struct skb_shared_info, dataref)) &&
	       !memcmp(then->frags, now->frags,
		       now->nr_frags * sizeof(now->frags[0])) &&
	       shot->payload == super_frags_hash(skb);
}
