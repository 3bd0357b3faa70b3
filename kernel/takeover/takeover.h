/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the takeover share. */
#ifndef HEADROOM_TAKEOVER_H
#define HEADROOM_TAKEOVER_H

#include <linux/netdevice.h>
#include <linux/percpu-defs.h>

#include <headroom/unpack.h>

typedef struct sk_buff *(*takeover_segment_fn)(struct sk_buff *skb,
					       netdev_features_t features);

/**
 * struct takeover_slot - a place where the kernel calls its segmentation
 * @name: for messages
 * @offload: where the callback is
 * @type: EtherType of it
 * @symbol: the kernel's own function
 * @ours: what takes its place
 * @stock: what was there
 * @held: ours is there, or in the chain of somebody who came after us
 */
struct takeover_slot {
	const char *name;
	struct packet_offload *offload;
	u16 type;
	const char *symbol;
	takeover_segment_fn ours;
	takeover_segment_fn stock;
	bool held;
};

/**
 * enum takeover_reason - more reasons to pass a packet on
 * @TAKEOVER_OFF: switched off, but another module's function still calls ours
 * @TAKEOVER_NESTED: what is in a tunnel that the stack has begun to segment
 * @TAKEOVER_SAMPLE: the kernel's function was timed, to compare with
 * @TAKEOVER_NR_REASONS: how many there are, with those of hgso_unpack()
 */
enum takeover_reason {
	TAKEOVER_OFF = HGSO_UNPACK_NR_REASONS,
	TAKEOVER_NESTED,
	TAKEOVER_SAMPLE,
	TAKEOVER_NR_REASONS
};

/**
 * enum takeover_who - who segmented a packet that was timed
 * @TAKEOVER_HGSO: ours
 * @TAKEOVER_KERNEL: the stock function
 * @TAKEOVER_NR_WHO: how many there are
 */
enum takeover_who {
	TAKEOVER_HGSO,
	TAKEOVER_KERNEL,
	TAKEOVER_NR_WHO
};

/**
 * struct takeover_timed - super-packets that were timed
 * @packets: how many
 * @segments: made of them
 * @ns: that took so long
 */
struct takeover_timed {
	u64 packets;
	u64 segments;
	u64 ns;
};

/**
 * struct takeover_counters - of one CPU
 * @packets: super-packets by what became of them: unpacked, [HGSO_OK], or
 *	passed to the stock function, and why
 * @segments: made of the first
 * @timed: some of them, by &enum takeover_who
 */
struct takeover_counters {
	unsigned long packets[TAKEOVER_NR_REASONS];
	unsigned long segments;
	struct takeover_timed timed[TAKEOVER_NR_WHO];
};

#define TAKEOVER_SLOTS	2

extern struct takeover_slot takeover_slots[TAKEOVER_SLOTS];
extern bool takeover_on;
extern unsigned int takeover_sample;

struct sk_buff *takeover_ipv4(struct sk_buff *skb, netdev_features_t features);
struct sk_buff *takeover_ipv6(struct sk_buff *skb, netdev_features_t features);
void takeover_sum(struct takeover_counters *sum);
const char *takeover_reason_name(unsigned int reason);

bool takeover_knows_release(const char *release);
int takeover_take(struct takeover_slot *slot);
bool takeover_give_back(struct takeover_slot *slot);
int takeover_switch(bool on);
bool takeover_held(void);

void takeover_status_init(void);
void takeover_status_exit(void);

#endif
