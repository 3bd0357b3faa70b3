// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of all segments of a super-packet.
 *
 * This runs once a segment, so every instruction counts. All segments but the
 * first and the last differ from each other only in what counts up: IPv4 ids
 * (and with them the IPv4 checksums) and the TCP sequence number. So the first
 * and the last are written by the table, and each between is the one before it
 * with its counters moved on.
 */
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "hdr.h"
#include "next.h"

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

/*
 * The @n headers from @out on. The one before them is there, and they differ
 * from it only in what counts.
 */
static void hdr_fill_any(u8 *out, unsigned int n, unsigned int stride, u32 mss,
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

/* Adds @step to the octet at @off in the words @w; it must not carry. */
static __always_inline void hdr_step(u64 *w, unsigned int off, s64 step)
{
	unsigned int shift = 8 * (off % sizeof(u64));

	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		shift = 56 - shift;
	w[off / sizeof(u64)] += (u64)step << shift;
}

/*
 * hdr_fill_any() where the compiler knows the layout: the header is in
 * registers, and a segment costs their stores and a few additions. An id and
 * its checksum change in one octet each as long as that does not carry; where
 * it does, a header is made the long way and the next run goes on from it.
 */
static __always_inline void hdr_fill_layout(u8 *out, unsigned int n, u32 mss,
					    unsigned int words,
					    unsigned int id_off,
					    unsigned int check_off,
					    unsigned int seq_off)
{
	const unsigned int stride = words * sizeof(u64);
	unsigned int i, run = n;
	u64 w[HDR_COPY_WORDS];
	const u8 *end;
	u32 seq;

	for (;;) {
		const u8 *prev = out - stride;

		if (id_off) {
			run = min3(n, 0xffU - prev[id_off + 1],
				   (unsigned int)prev[check_off + 1]);
			n -= run;
		}
		seq = get_unaligned_be32(prev + seq_off);
#pragma GCC unroll 12
		for (i = 0; i < words; i++)
			w[i] = ((const u64 *)prev)[i];

		for (end = out + run * stride; out < end; out += stride) {
			if (id_off) {
				hdr_step(w, id_off + 1, 1);
				hdr_step(w, check_off + 1, -1);
			}
			seq += mss;
#pragma GCC unroll 12
			for (i = 0; i < words; i++)
				((u64 *)out)[i] = w[i];
			put_unaligned_be32(seq, out + seq_off);
		}
		if (!id_off || likely(!n))
			return;
		/* One the long way. */
		hdr_copy_words((u64 *)out, (const u64 *)(out - stride), 1,
			       words);
		hdr_count_id(out + id_off, 1, stride, check_off - id_off);
		put_unaligned_be32(seq + mss, out + seq_off);
		out += stride;
		n--;
	}
}

#define HDR_LAYOUT(words, id_off, check_off, seq_off)	\
	((words) << 24 | (id_off) << 16 | (check_off) << 8 | (seq_off))

static void hdr_fill(u8 *out, unsigned int n, unsigned int stride, u32 mss,
		     const struct hdr_counters *c)
{
	/* With two ids to count, one in a tunnel, it is none of these. */
	if (c->ids > 1)
		return hdr_fill_any(out, n, stride, mss, c);

	/* The usual: TCP without and with timestamps, the same with a tag. */
	switch (HDR_LAYOUT(stride / sizeof(u64), c->id_off[0], c->check_off[0],
			   c->seq_off)) {
	case HDR_LAYOUT(7, 18, 24, 38):
		return hdr_fill_layout(out, n, mss, 7, 18, 24, 38);
	case HDR_LAYOUT(9, 18, 24, 38):
		return hdr_fill_layout(out, n, mss, 9, 18, 24, 38);
	case HDR_LAYOUT(10, 0, 0, 58):
		return hdr_fill_layout(out, n, mss, 10, 0, 0, 58);
	case HDR_LAYOUT(11, 0, 0, 58):
		return hdr_fill_layout(out, n, mss, 11, 0, 0, 58);
	case HDR_LAYOUT(8, 22, 28, 42):
		return hdr_fill_layout(out, n, mss, 8, 22, 28, 42);
	case HDR_LAYOUT(9, 22, 28, 42):
		return hdr_fill_layout(out, n, mss, 9, 22, 28, 42);
	case HDR_LAYOUT(10, 0, 0, 62):
		return hdr_fill_layout(out, n, mss, 10, 0, 0, 62);
	case HDR_LAYOUT(12, 0, 0, 62):
		return hdr_fill_layout(out, n, mss, 12, 0, 0, 62);
	default:
		hdr_fill_any(out, n, stride, mss, c);
	}
}

/**
 * hdr_write_all() - write the headers of every segment
 * @super: the super-packet
 * @frames: how many segments, at least 2
 * @stride: octets from one segment's headers to the next one's:
 *	ALIGN(@super->stack->len, 8)
 * @out: @frames * @stride octets, 8-aligned; those between @super->stack->len and
 *	@stride are overwritten with anything
 *
 * Context: any.
 */
void hdr_write_all(const struct hdr_super *super, unsigned int frames,
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
EXPORT_SYMBOL_IF_KUNIT(hdr_write_all);
