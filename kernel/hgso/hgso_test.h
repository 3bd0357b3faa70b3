/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites of hgso share: super-packets made to order, and the
 * comparison of their frames with the kernel's own segments.
 */
#ifndef HEADROOM_HGSO_TEST_H
#define HEADROOM_HGSO_TEST_H

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/skbuff.h>

#include <headroom/hgso.h>

#include "../hdr/hdr.h"

#define SUPER_HDR_MAX	160
#define SUPER_FRAME_MAX	(65536 + SUPER_HDR_MAX)
#define SUPER_BLOCKS	2
#define SUPER_ORDER	5
#define SUPER_BLOCK_LEN	(PAGE_SIZE << SUPER_ORDER)
/* More slices than any super-packet has that fits the headroom. */
#define SUPER_MAX_DESCS	(1024 * 1024)

/* What the TCP checksum field of a super-packet holds. */
enum super_check {
	SUPER_PSEUDO,		/* the partial sum, as the stack leaves it */
	SUPER_FORCED,		/* @check as it is */
	SUPER_NONE,		/* @check, and ip_summed CHECKSUM_NONE */
};

/* How far super_compare() goes. */
enum super_depth {
	SUPER_PARTIAL,		/* frames as a device gets them */
	SUPER_FINISHED,		/* and once it has finished checksums */
	SUPER_VALID,		/* which then must be right */
};

/**
 * struct super_spec - a super-packet to be made
 * @name: of the case
 * @v6: IPv6
 * @no_df: IPv4 without DF
 * @flags: octet 13 of the TCP header
 * @vlan: TPID of a tag in the frame, or 0
 * @gso_type: SKB_GSO_* beside the one for TCP
 * @ip_opts: octets of IPv4 options
 * @tcp_opts: octets of TCP options
 * @id: of IPv4
 * @seq: of TCP
 * @check: value for @check_kind
 * @check_kind: &enum super_check
 * @nh_tag: skb's network header is at the tag, as the VLAN device leaves it
 * @hdr_frags: octets of headers, from their end, that are in page frags
 * @headroom: octets before the headers
 * @head_shift: octets from a cache line's start to the head, when not 0
 * @mss: gso_size
 * @payload: octets
 * @linear: octets of the payload that are in the head
 * @nr_frags: page frags of the rest
 * @cut: @frag says where they are; without it they are equally long
 * @frag: length and offset in a block
 */
struct super_spec {
	const char *name;
	bool v6;
	bool no_df;
	u8 flags;
	u16 vlan;
	u32 gso_type;
	u8 ip_opts;
	u8 tcp_opts;
	u16 id;
	u32 seq;
	u16 check;
	u8 check_kind;
	bool nh_tag;
	u8 hdr_frags;
	u16 headroom;
	u8 head_shift;
	u32 mss;
	u32 payload;
	u32 linear;
	u8 nr_frags;
	bool cut;
	struct {
		u32 len;
		u32 off;
	} frag[MAX_SKB_FRAGS];
};

/**
 * struct super_rig - what all cases of a suite use again and again
 * @txq: the queue
 * @block: memory for page frags, random octets
 * @frame: a frame as hgso says it is
 * @frame_len: octets of it
 * @want: the same frame as the kernel says it is, when they differ
 * @want_len: octets of it
 * @index: of @frame in its super-packet
 * @frames: compared so far
 * @octets: compared so far
 */
struct super_rig {
	struct hgso_txq txq;
	struct page *block[SUPER_BLOCKS];
	u8 *frame;
	unsigned int frame_len;
	u8 *want;
	unsigned int want_len;
	unsigned int index;
	u64 frames;
	u64 octets;
};

/**
 * struct super_shot - an skb's memory at some time
 * @meta: the struct sk_buff
 * @head: all of the head, the shared info too
 * @size: octets of it
 * @payload: hash of the page frags
 */
struct super_shot {
	struct sk_buff meta;
	u8 *head;
	unsigned int size;
	u32 payload;
};

extern unsigned long long hgso_test_seed;
extern unsigned int hgso_test_rounds;
extern unsigned int hgso_test_first;

extern struct kunit_suite hdr_suite;
extern struct kunit_suite hgso_segment_suite;
extern struct kunit_suite hgso_random_suite;
extern struct kunit_suite hgso_owner_suite;
extern struct kunit_suite hgso_driver_suite;
extern struct kunit_suite hgso_decline_suite;
extern struct kunit_suite hgso_malformed_suite;
extern struct kunit_suite hgso_rules_suite;
extern struct kunit_suite hgso_sink_suite;
extern struct kunit_suite hgso_ring_suite;
extern struct kunit_suite hgso_finish_suite;
extern struct kunit_suite hgso_device_suite;
extern struct kunit_suite hgso_kinds_suite;
extern struct kunit_suite hgso_kinds_malformed_suite;

int super_rig_init(struct kunit *test);
void super_rig_exit(struct kunit *test);

unsigned int super_hdr_len(const struct super_spec *spec);
unsigned int super_headers(const struct super_spec *spec, u8 *out);
struct sk_buff *super_skb(struct super_rig *rig, const struct super_spec *spec);
struct sk_buff *super_skb_tcp(struct super_rig *rig,
			      const struct super_spec *spec,
			      struct sk_buff **queued);
int super_seed(struct kunit_suite *suite);
void super_random(struct rnd_state *rnd, struct super_spec *spec);
void super_rnd(struct rnd_state *rnd, unsigned int round);
u32 super_below(struct rnd_state *rnd, u32 ceil);

int super_prepare(struct super_rig *rig, struct sk_buff *skb);
void super_map(struct sk_buff *skb);
struct sk_buff *super_segments_for(struct sk_buff *skb,
				   netdev_features_t features);
struct sk_buff *super_segments(struct sk_buff *skb);
const char *super_compare(struct super_rig *rig, struct sk_buff *skb,
			  struct sk_buff *segs, int descs,
			  enum super_depth depth);
const char *super_differs(struct super_rig *rig, struct sk_buff *skb,
			  enum super_depth depth, int *err);
enum super_depth super_depth(const struct super_spec *spec);
void super_dump(struct kunit *test, const struct super_spec *spec);

void super_shoot(struct kunit *test, struct super_shot *shot,
		 const struct sk_buff *skb);
u32 super_frags_hash(const struct sk_buff *skb);
bool super_untouched(const struct super_shot *shot, const struct sk_buff *skb);
bool super_bytes_same(const struct super_shot *shot, const struct sk_buff *skb,
		      unsigned int from);

#endif
