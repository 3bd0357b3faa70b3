/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The headers of a segment from those of the one before it, for segments whose
 * headers are not all in one place: hdr_write_all() is for those.
 */
#ifndef HEADROOM_HDR_NEXT_H
#define HEADROOM_HDR_NEXT_H

#include <linux/math.h>
#include <linux/unaligned.h>

#include "hdr.h"

/**
 * struct hdr_at - where a walk from header to header is
 * @hdr: the headers there
 * @shift: octets that they start behind an 8-aligned address
 * @words: that they are in, from that address on
 * @seq: the TCP sequence number in them
 * @id: the first IPv4 id that counts
 * @check: the checksum of its header
 *
 * Usual layouts have no more that counts, and then none of it is read back.
 */
struct hdr_at {
	const u8 *hdr;
	unsigned int shift;
	unsigned int words;
	u32 seq;
	u16 id;
	u16 check;
};

/**
 * hdr_at() - begin to walk
 * @at: filled in
 * @hdr: headers of a segment, not the first when that has flags of its own
 * @len: octets of them
 * @c: what counts, by hdr_write_two()
 *
 * Context: any.
 */
static __always_inline void hdr_at(struct hdr_at *at, const u8 *hdr,
				   unsigned int len,
				   const struct hdr_counters *c)
{
	at->hdr = hdr;
	at->shift = (uintptr_t)hdr & 7;
	at->words = DIV_ROUND_UP(at->shift + len, sizeof(u64));
	at->seq = get_unaligned_be32(hdr + c->seq_off);
	at->id = get_unaligned_be16(hdr + c->id_off[0]);
	at->check = get_unaligned_be16(hdr + c->check_off[0]);
}

static __always_inline void hdr_count_more(u8 *out, const u8 *prev,
					   const struct hdr_counters *c)
{
	unsigned int i;

	for (i = 1; i < c->ids; i++) {
		u16 id = get_unaligned_be16(prev + c->id_off[i]);
		u16 check = get_unaligned_be16(prev + c->check_off[i]);

		put_unaligned_be16(hdr_check_next(check, id),
				   out + c->check_off[i]);
		put_unaligned_be16(id + 1, out + c->id_off[i]);
	}
}

/**
 * hdr_next() - the headers of the next segment
 * @at: those of the segment before, which is not the one before the last
 * @out: where to; 8-aligned memory is before and behind them, and they start in
 *	it as those before do in theirs
 * @mss: octets of payload of a segment
 * @c: what counts, by hdr_write_two()
 *
 * Whole words are copied: up to 7 octets before and behind are overwritten.
 *
 * Context: any.
 */
static __always_inline void hdr_next(struct hdr_at *at, u8 *out, u32 mss,
				     const struct hdr_counters *c)
{
	const u64 *from = (const u64 *)(at->hdr - at->shift);
	u64 *to = (u64 *)(out - at->shift);
	unsigned int i;

	/* Two words at a time. */
	for (i = 0; i + 1 < at->words; i += 2) {
		u64 a = from[i], b = from[i + 1];

		to[i] = a;
		to[i + 1] = b;
	}
	if (i < at->words)
		to[i] = from[i];
	if (likely(c->seq_off)) {
		at->seq += mss;
		put_unaligned_be32(at->seq, out + c->seq_off);
	}
	if (c->ids) {
		at->check = hdr_check_next(at->check, at->id++);
		put_unaligned_be16(at->check, out + c->check_off[0]);
		put_unaligned_be16(at->id, out + c->id_off[0]);
		if (unlikely(c->ids > 1))
			hdr_count_more(out, at->hdr, c);
	}
	at->hdr = out;
}

#endif
