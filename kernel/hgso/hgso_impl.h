/* SPDX-License-Identifier: GPL-2.0 */
/* What the engine's own files share. */
#ifndef HEADROOM_HGSO_IMPL_H
#define HEADROOM_HGSO_IMPL_H

#include <headroom/hgso.h>

#include "../hdr/hdr.h"

/**
 * struct hgso_plan - what the checks found out about a super-packet
 * @stack: its layers, as frames have them
 * @cut: index of a layer that frames do not have, 0 without one
 * @payload_off: from skb->data to the payload, octets
 * @payload: octets of payload
 * @frames: how many frames it becomes
 * @pieces: most pieces that the payload may be in
 * @descs: slices of all frames together
 * @expanded: the head was reallocated
 */
struct hgso_plan {
	struct hdr_stack stack;
	u8 cut;
	u16 payload_off;
	u32 payload;
	u32 frames;
	u32 pieces;
	u32 descs;
	bool expanded;
};

#define HGSO_TCP	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6)

/* Enough for what GRO makes of 64 KB; their state takes a part of the head. */
#define HGSO_MAX_PIECES	128
#define HGSO_MAX_STATE \
	ALIGN(struct_size_t(struct hgso_pkt, piece, HGSO_MAX_PIECES + \
			    MAX_SKB_FRAGS + 2), SMP_CACHE_BYTES)

enum hgso_reason hgso_check(const struct sk_buff *skb,
			    const struct hgso_limits *limits,
			    unsigned int tag_len, struct hgso_plan *plan);
enum hgso_reason hgso_check_all(const struct sk_buff *skb,
				struct hgso_plan *plan);
enum hgso_reason hgso_check_stable(const struct sk_buff *skb);
void hgso_super(const struct sk_buff *skb, const u8 *hdrs,
		const struct hgso_plan *plan, struct hdr_super *super);
void hgso_cut_headers(const struct hgso_plan *plan, u8 *hdrs);
int hgso_reason_errno(enum hgso_reason reason);
int hgso_map_range(struct device *dev, const struct sk_buff *skb,
		   struct hgso_pkt *pkt);
unsigned int hgso_unmap_range(struct device *dev, struct hgso_pkt *pkt);

/* hgso_headroom_reserve() where a call would cost as much. */
static __always_inline struct hgso_pkt *
hgso_headroom_take(struct sk_buff *skb, unsigned int state_len,
		   unsigned int hdrs_len, u8 **hdrs)
{
	/* The head may start anywhere in a cache line, the data at any octet. */
	unsigned int room = SMP_CACHE_BYTES + ALIGN(state_len, SMP_CACHE_BYTES) +
			    hdrs_len + sizeof(u64);

	if (skb_cow_head(skb, room))
		return NULL;

	*hdrs = PTR_ALIGN_DOWN(skb->data - hdrs_len, sizeof(u64));
	return (struct hgso_pkt *)PTR_ALIGN(skb->head, SMP_CACHE_BYTES);
}

struct hgso_pkt *hgso_headroom_reserve(const struct hgso_sink *sink,
				       struct sk_buff *skb,
				       unsigned int state_len,
				       unsigned int hdrs_len, u8 **hdrs);

#endif
