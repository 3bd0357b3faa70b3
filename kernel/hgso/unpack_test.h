/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of unpack share, beside the super-packets of all kinds. */
#ifndef HEADROOM_UNPACK_TEST_H
#define HEADROOM_UNPACK_TEST_H

#include <linux/netfilter/nf_conntrack_common.h>
#include <net/dst.h>

#include <headroom/unpack.h>

#include "hgso_kinds.h"

/* Whose socket a super-packet has. */
enum unpack_sender {
	UNPACK_NO_SENDER,
	UNPACK_TCP,		/* tcp_wfree */
	UNPACK_WRITER,		/* sock_wfree, a packet socket or UDP */
	UNPACK_READER,		/* one that stays with the super-packet */
	UNPACK_NR_SENDERS,
};

/**
 * struct unpack_rig - what all rounds of a case use
 * @kinds: super-packets
 * @sock: TCP socket whose memory is accounted for
 * @wfree: the kernel's tcp_wfree(), as an skb of TCP's has it
 * @dst: a route
 * @conn: a tracked connection
 * @features: of the device, as it is when none is asked for
 * @enc: of the device, in tunnels, then
 * @taken: super-packets that were unpacked
 * @passed: those that were not, by reason
 */
struct unpack_rig {
	struct kinds_rig *kinds;
	struct socket *sock;
	void (*wfree)(struct sk_buff *skb);
	struct dst_entry *dst;
	struct nf_conntrack *conn;
	netdev_features_t features;
	netdev_features_t enc;
	unsigned int taken;
	unsigned int passed[HGSO_UNPACK_NR_REASONS];
};

/**
 * struct unpack_dress - what a super-packet has beside octets
 * @seed: of all that is random
 * @sender: &enum unpack_sender
 * @route: it has a route
 * @extension: it has an extension
 * @conn: its connection is tracked, where the kernel can
 */
struct unpack_dress {
	u32 seed;
	u8 sender;
	bool route;
	bool extension;
	bool conn;
};

/**
 * struct unpack_round - one super-packet, and for what device
 * @spec: what it looks like
 * @dress: what it has beside octets
 * @features: of the device
 * @enc: of the device, in tunnels
 * @changes: to the headers, made at random, which it was built without
 * @rnd: for the changes
 * @offsets: one of the changes was of what the kernel goes by and no sender
 *	has in hand
 */
struct unpack_round {
	struct kinds_spec spec;
	struct unpack_dress dress;
	netdev_features_t features;
	netdev_features_t enc;
	unsigned int changes;
	struct rnd_state rnd;
	bool offsets;
};

/**
 * enum unpack_failing - what makes an allocation fail
 * @UNPACK_FAIL_ON: it and all after it, by ours
 * @UNPACK_FAIL_ONCE: it alone, by ours
 * @UNPACK_FAIL_KERNEL: it alone, by the kernel's fault injection
 */
enum unpack_failing {
	UNPACK_FAIL_ON,
	UNPACK_FAIL_ONCE,
	UNPACK_FAIL_KERNEL,
};

int unpack_rig_init(struct kunit *test);
void unpack_rig_exit(struct kunit *test);
int unpack_memory(const struct unpack_rig *rig);
int unpack_references(const struct unpack_rig *rig);
const char *unpack_kept(const struct unpack_rig *rig, int base, int refs);
void unpack_random_dress(struct rnd_state *rnd, struct unpack_dress *dress);
bool unpack_put_on(struct unpack_rig *rig, const struct unpack_dress *dress,
		   struct sk_buff *skb);

void unpack_random(const struct kinds_kind *kind, unsigned int nr,
		   struct unpack_round *round);
struct sk_buff *unpack_make(struct unpack_rig *rig,
			    struct unpack_round *round);
void unpack_device(struct unpack_rig *rig, const struct unpack_round *round);
void unpack_no_device(struct unpack_rig *rig);
struct sk_buff *unpack_stock(struct sk_buff *skb, netdev_features_t features);

const char *unpack_compare(const struct sk_buff *segs,
			   const struct sk_buff *ref);
const char *unpack_extended(const struct sk_buff *skb,
			    const struct sk_buff *segs);
const char *unpack_charged(const struct sk_buff *segs);
const char *unpack_roomy(const struct sk_buff *segs);
const char *unpack_owned(const struct unpack_rig *rig,
			 const struct sk_buff *skb, const struct sk_buff *segs,
			 int base);

void unpack_fail(enum unpack_failing how, unsigned int nth);
bool unpack_failed(enum unpack_failing how);

extern struct kunit_suite hgso_unpack_suite;
extern struct kunit_suite hgso_unpack_notice_suite;
extern struct kunit_suite hgso_unpack_fault_suite;
extern struct kunit_suite hgso_takeover_suite;
extern struct kunit_suite hgso_takeover_fault_suite;
extern struct kunit_suite hgso_takeover_time_suite;

#endif
