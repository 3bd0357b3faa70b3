/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The headers that the next segment of a flow must have, by the same table that
 * writes them.
 */
#ifndef HEADROOM_HDR_PREDICT_H
#define HEADROOM_HDR_PREDICT_H

#include <linux/ip.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include "hdr.h"

/* Longer ones are not predicted. */
#define HDR_PREDICT_LEN	192

/**
 * struct hdr_predict - the headers of the next full segment, not the last
 * @len: octets of them
 * @mask_from: octet from which on there are any that @mask hides
 * @last_off: octet with flags that only the last segment may have
 * @last_arg: those flags, 0 without any
 * @check_off: of the L4 checksum, octets from the frame's start
 * @c: the fields that count
 * @hdr: the headers
 * @mask: bits of them that are compared
 */
struct hdr_predict {
	u8 len;
	u8 mask_from;
	u8 last_off;
	u8 last_arg;
	u8 check_off;
	struct hdr_counters c;
	u8 hdr[HDR_PREDICT_LEN] __aligned(8);
	u8 mask[HDR_PREDICT_LEN] __aligned(8);
};

static __always_inline u64 hdr_predict_diff(const u8 *a, const u8 *b)
{
	return get_unaligned((const u64 *)a) ^ get_unaligned((const u64 *)b);
}

/**
 * hdr_predict_match() - does a frame have the headers that are predicted?
 * @p: the prediction
 * @frame: its first octets, @p->len at least
 *
 * What is not compared: the flags of the last segment, and L4 checksums, which
 * are verified instead.
 *
 * Context: any.
 * Return: true when it does.
 */
static __always_inline bool hdr_predict_match(const struct hdr_predict *p,
					      const u8 *frame)
{
	unsigned int i, last = p->len - sizeof(u64);
	u64 diff = 0;

	for (i = 0; i < p->mask_from; i += sizeof(u64))
		diff |= hdr_predict_diff(p->hdr + i, frame + i);
	if (diff)
		return false;
	for (; i < last; i += sizeof(u64))
		diff |= hdr_predict_diff(p->hdr + i, frame + i) &
			get_unaligned((const u64 *)(p->mask + i));
	/* The last word may overlap the one before. */
	diff |= hdr_predict_diff(p->hdr + last, frame + last) &
		get_unaligned((const u64 *)(p->mask + last));
	return !diff;
}

/**
 * hdr_predict_next() - a full segment has come: predict the one behind it
 * @p: the prediction
 * @mss: octets of its payload
 *
 * Context: any.
 */
static __always_inline void hdr_predict_next(struct hdr_predict *p, u32 mss)
{
	unsigned int i;

	if (p->c.seq_off)
		put_unaligned_be32(get_unaligned_be32(p->hdr + p->c.seq_off) +
				   mss, p->hdr + p->c.seq_off);
	for (i = 0; i < p->c.ids; i++) {
		u8 *check = p->hdr + p->c.check_off[i];
		u8 *id = p->hdr + p->c.id_off[i];
		u16 now = get_unaligned_be16(id);

		put_unaligned_be16(hdr_check_next(get_unaligned_be16(check),
						  now), check);
		put_unaligned_be16(now + 1, id);
	}
}

int hdr_predict(struct hdr_predict *p, const struct hdr_super *super);
bool hdr_alone(const struct hdr_super *super);
int hdr_differs(const struct hdr_super *super, const struct hdr_segment *seg,
		const u8 *frame, u8 *bits);

#endif
