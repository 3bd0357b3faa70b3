/* SPDX-License-Identifier: GPL-2.0 */
/* The table of what hgso declines, and what its suite shares with it. */
#ifndef HEADROOM_HGSO_DECLINE_H
#define HEADROOM_HGSO_DECLINE_H

#include "hgso_test.h"

#define ACK	0x10

/**
 * struct hgso_decline - a super-packet that is not taken
 * @name: of the case
 * @reason: why
 * @err: what prepare returns
 * @max_descs: of the queue, when not 0
 * @unpredicted: hgso_features_check() leaves this one to prepare
 * @spec: beside the usual
 * @spoil: changes the skb further
 */
struct hgso_decline {
	const char *name;
	enum hgso_reason reason;
	int err;
	u32 max_descs;
	bool unpredicted;
	struct super_spec spec;
	void (*spoil)(struct sk_buff *skb);
};

/* 54 octets of headers each, in the headroom. */
#define HGSO_MOST_FRAMES	(16 * 1024 / 56)
#define SPEC(m, p, f)	.flags = ACK, .mss = m, .payload = p, .nr_frags = f
#define V4		SPEC(1000, 4500, 2)
#define V6		V4, .v6 = true

extern const struct hgso_decline hgso_declines[];
extern const unsigned int hgso_declines_count;

const void *hgso_decline_gen_params(const void *prev, char *desc);

#endif
