/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The headers of a segment from those of the one before it, for segments whose
 * headers are not all in one place: hdr_write_all() is for those.
 */
#ifndef HEADROOM_HDR_NEXT_H
#define HEADROOM_HDR_NEXT_H

#include <linux/align.h>
#include <linux/unaligned.h>

#include "hdr.h"

/**
 * hdr_check_next() - an IPv4 header's checksum once its id is one more
 * @check: the checksum
 * @id: the id before
 *
 * That is one less in one's complement. An id that wraps changes nothing, since
 * 0xffff and 0 are one to the sum. The sum over a header is never 0, as its
 * version is not, so the checksum is never 0xffff and there is only one zero.
 *
 * Context: any.
 * Return: the checksum, host order as the arguments.
 */
static __always_inline u16 hdr_check_next(u16 check, u16 id)
{
	if (unlikely(id == U16_MAX))
		return check;
	return check - 1 - !check;
}

/**
 * hdr_next() - the headers of the next segment
 * @out: where to; at least 8-aligned memory is before and behind them, and they
 *	start in it as @prev do in theirs
 * @prev: headers of the segment before, not the first when that has flags of
 *	its own, not those before the last segment
 * @len: octets of them
 * @mss: octets of payload of a segment
 * @c: what counts, by hdr_write_two()
 *
 * Whole words are copied: up to 7 octets before and behind are overwritten.
 *
 * Context: any.
 */
static __always_inline void hdr_next(u8 *out, const u8 *prev, unsigned int len,
				     u32 mss, const struct hdr_counters *c)
{
	unsigned int shift = (uintptr_t)out & 7, i;
	const u64 *from = (const u64 *)(prev - shift);
	const u64 *end = (const u64 *)(out + len);
	u64 *to = (u64 *)(out - shift);

	for (; to < end; to++, from++)
		*to = *from;
	if (c->seq_off)
		put_unaligned_be32(get_unaligned_be32(prev + c->seq_off) + mss,
				   out + c->seq_off);
	for (i = 0; i < c->ids; i++) {
		u16 id = get_unaligned_be16(prev + c->id_off[i]);
		u16 check = get_unaligned_be16(prev + c->check_off[i]);

		put_unaligned_be16(hdr_check_next(check, id),
				   out + c->check_off[i]);
		put_unaligned_be16(id + 1, out + c->id_off[i]);
	}
}

#endif
