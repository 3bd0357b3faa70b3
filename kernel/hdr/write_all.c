// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of all segments of a super-packet.
 *
 * All segments but the first and the last differ from each other only in what
 * counts up: IPv4 ids (and with them the IPv4 checksums) and the TCP sequence
 * number. So the first and the last are written by the table, and each between
 * is the one before it with its counters moved on.
 */
#include <linux/export.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "hdr.h"

#define HDR_COPY_WORDS	12

/* Inlined with @words constant: then the template stays in registers. */
static __always_inline void hdr_copy_words(u64 *out, const u64 *tmpl,
					   unsigned int n, unsigned int words)
{
	const u64 *end = out + n * words;
	u64 w[HDR_COPY_WORDS];
	unsigned int i;

#pragma GCC unroll 12
	for (i = 0; i < words; i++)
		w[i] = tmpl[i];

	for (; out < end; out += words) {
#pragma GCC unroll 12
		for (i = 0; i < words; i++)
			out[i] = w[i];
	}
}

/* @n times the @words of @tmpl to @out, which do not overlap. */
static void hdr_copy(u64 *out, const u64 *tmpl, unsigned int n,
		     unsigned int words)
{
	unsigned int i;

	switch (words) {
	case 6:
		return hdr_copy_words(out, tmpl, n, 6);
	case 7:
		return hdr_copy_words(out, tmpl, n, 7);
	case 8:
		return hdr_copy_words(out, tmpl, n, 8);
	case 9:
		return hdr_copy_words(out, tmpl, n, 9);
	case 10:
		return hdr_copy_words(out, tmpl, n, 10);
	case 11:
		return hdr_copy_words(out, tmpl, n, 11);
	case HDR_COPY_WORDS:
		return hdr_copy_words(out, tmpl, n, HDR_COPY_WORDS);
	}

	for (; n; n--, out += words) {
#pragma GCC unroll 4
		for (i = 0; i < words; i++)
			out[i] = tmpl[i];
	}
}

static void hdr_count_seq(u8 *at, unsigned int n, unsigned int stride, u32 mss)
{
	u32 seq = get_unaligned_be32(at - stride);

	for (; n; n--, at += stride) {
		seq += mss;
		put_unaligned_be32(seq, at);
	}
}

static __always_inline void hdr_count_id(u8 *at, unsigned int n,
					 unsigned int stride,
					 unsigned int to_check)
{
	const u8 *prev = at - stride;
	u16 check = get_unaligned_be16(prev + to_check);
	u16 id = get_unaligned_be16(prev);

	for (; n; n--, at += stride) {
		check = hdr_check_next(check, id);
		put_unaligned_be16(++id, at);
		put_unaligned_be16(check, at + to_check);
	}
}

/**
 * hdr_fill() - headers that differ from the one before them in what counts
 * @out: where they begin; the one before them is there
 * @n: how many
 * @stride: octets from one to the next, a multiple of 8
 * @mss: payload octets of each segment
 * @c: what counts
 *
 * Context: any.
 */
void hdr_fill(u8 *out, unsigned int n, unsigned int stride, u32 mss,
	      const struct hdr_counters *c)
{
	unsigned int i;

	hdr_copy((u64 *)out, (const u64 *)(out - stride), n,
		 stride / sizeof(u64));
	if (c->seq_off)
		hdr_count_seq(out + c->seq_off, n, stride, mss);
	for (i = 0; i < c->ids; i++)
		hdr_count_id(out + c->id_off[i], n, stride,
			     c->check_off[i] - c->id_off[i]);
}

/**
 * hdr_write_any() - hdr_write_all() for any headers
 * @super: the super-packet
 * @frames: as there
 * @stride: as there
 * @out: as there
 *
 * Context: any.
 */
void hdr_write_any(const struct hdr_super *super, unsigned int frames,
		   unsigned int stride, u8 *out)
{
	unsigned int last = frames - 1, next = 1;
	struct hdr_segment segs[2] = {
		{ .len = super->mss },
		{ .payload = last * super->mss,
		  .len = super->payload - last * super->mss,
		  .index = last, .last = true },
	};
	struct hdr_counters c;

	hdr_write_two(super, segs, out, out + last * stride, &c);

	/* What the first alone has, the second must not hand down. */
	if (next < last && unlikely(c.first_arg & out[c.first_off])) {
		segs[0].index = next;
		segs[0].payload = super->mss;
		hdr_write(super, segs, out + stride);
		next++;
	}
	if (likely(next < last))
		hdr_fill(out + next * stride, last - next, stride, super->mss,
			 &c);
}
EXPORT_SYMBOL_GPL(hdr_write_any);
