/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites of LRO share: a manager on a net_device of its own, and
 * all that goes up from it. Frames are made as for hgro.
 */
#ifndef HEADROOM_LRO_TEST_H
#define HEADROOM_LRO_TEST_H

#include "../hgro/hgro_test.h"
#include "lro_impl.h"

#define LRO_TEST_DESCS	8
#define LRO_TEST_AGGR	16
#define LRO_TEST_PAGES	512

enum lro_mode {
	LRO_MODE_LINEAR,	/* an skb whose head is not a page */
	LRO_MODE_HEAD_FRAG,	/* one whose head is */
	LRO_MODE_SKB_FRAGS,	/* headers in the head, payload in two frags */
	LRO_MODE_PAGE,		/* page mode, one frag */
	LRO_MODE_PAGES,		/* headers in the first of three frags */
	LRO_MODES
};

/**
 * struct lro_rig - a manager under test
 * @dev: its device, registered, with NETIF_F_LRO on
 * @mgr: the manager, in order
 * @desc: its descriptors
 * @up: what went up, not yet looked at
 * @page: memory for frames, each with one reference of ours
 * @next: page to look at first
 * @refuse: the callbacks find no headers
 * @shift: what they are wrong by, octets
 * @flags: what they say beyond what is so
 * @prepare: what is done to an skb before it is received, or NULL
 * @around: the same around the reception of any packet, with false after it
 * @fed: packets
 * @most_open: descriptors at a time
 * @most_held: packets at a time
 */
struct lro_rig {
	struct net_device *dev;
	struct net_lro_mgr mgr;
	struct net_lro_desc desc[LRO_TEST_DESCS];
	struct sk_buff_head up;
	struct page *page[LRO_TEST_PAGES];
	unsigned int next;
	bool refuse;
	long shift;
	u64 flags;
	void (*prepare)(struct sk_buff *skb);
	void (*around)(bool before);
	unsigned long fed;
	unsigned int most_open;
	unsigned int most_held;
};

extern struct kunit_suite lro_cost_suite;
extern struct kunit_suite lro_rules_suite;
extern struct kunit_suite lro_manager_suite;
extern struct kunit_suite lro_flood_suite;

int lro_rig_init(struct kunit *test);
void lro_rig_exit(struct kunit *test);
void lro_rig_feed(struct kunit *test, const struct frame *frame,
		  enum lro_mode mode);
void lro_rig_feed_spec(struct kunit *test, struct frame_spec *spec,
		       enum lro_mode mode);
void lro_rig_flush(struct kunit *test);
struct sk_buff *lro_rig_up(struct kunit *test, unsigned int packets);
void lro_rig_end(struct kunit *test);

static inline unsigned int lro_rig_packets(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_segs ?: 1;
}

#endif
