// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of all segments of plain TCP, for which the compiler expands the
 * table of rules. This runs once a segment, so every instruction counts.
 */
#include <linux/export.h>
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/minmax.h>

#include "rules.h"

/* hdr_table, where the compiler sees what is in it. */
static const struct hdr_table hdr_plain_rules = HDR_RULES;

/*
 * Makes the last segment's header of one that is as those before it but for
 * what counts.
 */
static __always_inline void hdr_end(const struct hdr_super *super,
				    const struct hdr_stack *stack,
				    unsigned int len,
				    const struct hdr_segment *last, u8 *out)
{
	const struct hdr_rule *rule;
	unsigned int i, r, off;

#pragma GCC unroll 4
	for (i = stack->layers - 1; i; i--) {
#pragma GCC unroll 4
		for (r = hdr_plain_rules.first[stack->type[i]];
		     r < hdr_plain_rules.first[stack->type[i] + 1]; r++) {
			rule = &hdr_plain_rules.rule[r];
			off = stack->start[i] + rule->offset;
			if (rule->change == HDR_LAST)
				out[off] |= super->headers[off] & rule->arg;
			else if (rule->change != HDR_ID &&
				 rule->change != HDR_SEQUENCE &&
				 rule->change != HDR_FIRST)
				hdr_apply(super, rule, stack->start[i], false,
					  len, last, &out, 1, NULL);
		}
	}
}

/*
 * One more in an IPv4 id and one less in its checksum, which are the first and
 * the last 16 bits of a word in memory; neither may carry out of its octet.
 */
#define HDR_ID_STEP \
	(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? (1ULL << 48) - 1 : \
					     (1ULL << 8) - (1ULL << 56))
#define HDR_PLAIN_WORDS	10

static const struct hdr_counters hdr_tcp4_counters = {
	.ids = 1,
	.id_off = { ETH_HLEN + offsetof(struct iphdr, id) },
	.check_off = { ETH_HLEN + offsetof(struct iphdr, check) },
	.seq_off = ETH_HLEN + sizeof(struct iphdr) +
		   offsetof(struct tcphdr, seq),
};

static const struct hdr_counters hdr_tcp6_counters = {
	.seq_off = ETH_HLEN + sizeof(struct ipv6hdr) +
		   offsetof(struct tcphdr, seq),
};

/*
 * hdr_fill() for plain TCP, where nothing carries: the header is in registers,
 * in words that are cut so that the id and its checksum are in one and the
 * sequence number is the end of another. A segment costs their stores, an
 * addition for each of these, and the sequence number's order of octets. @id is
 * the first of these words, less a step.
 */
static __always_inline void hdr_fill_run(u8 *out, unsigned int n, u32 mss,
					 unsigned int len, unsigned int l4,
					 bool ids, u64 id)
{
	const unsigned int stride = ALIGN(len, 8), from = l4 % 8;
	const unsigned int words = (len - from) / 8, seq = l4 / 8;
	const u8 *prev = out - stride;
	u64 w[HDR_PLAIN_WORDS] __uninitialized;
	u64 first = get_unaligned((const u64 *)prev);
	u64 end = get_unaligned((const u64 *)(prev + len - 8));
	u64 ports_seq = get_unaligned_be64(prev + l4);
	u64 step = HDR_ID_STEP;
	unsigned int i;

	/* Known to be a constant, it would be loaded once a segment. */
	OPTIMIZER_HIDE_VAR(step);

#pragma GCC unroll 12
	for (i = 0; i < words; i++)
		w[i] = get_unaligned((const u64 *)(prev + from + 8 * i));
	if (ids)
		w[seq - 2] = id;

#pragma GCC unroll 4
	for (; n; n--, out += stride) {
		ports_seq += mss;
		if (ids)
			w[seq - 2] += step;
		put_unaligned(first, (u64 *)out);
#pragma GCC unroll 12
		for (i = 0; i < words; i++)
			if (i != seq)
				put_unaligned(w[i], (u64 *)(out + from + 8 * i));
		put_unaligned_be64(ports_seq, out + l4);
		if ((len - from) % 8)
			put_unaligned(end, (u64 *)(out + len - 8));
	}
}

/*
 * How many headers the id and the checksum in the big-endian word @id, which is
 * that of the header before them, can go on for without a carry.
 */
static __always_inline unsigned int hdr_id_run(u64 id, unsigned int n)
{
	return min3(n, 0xffU - (u8)(id >> 48), (unsigned int)(u8)id);
}

/* The word of the next header. */
static __always_inline u64 hdr_id_next(u64 id)
{
	u64 between = id & GENMASK_ULL(47, 16);

	return between | (u64)(u16)((id >> 48) + 1) << 48 |
	       hdr_check_next(id, id >> 48);
}

static __always_inline void hdr_fill_ids(u8 *out, unsigned int n, u32 mss,
					 unsigned int len, unsigned int l4,
					 const struct hdr_counters *c)
{
	const unsigned int stride = ALIGN(len, 8);
	u64 id = get_unaligned_be64(out - stride + c->id_off[0]);
	unsigned int run = hdr_id_run(id, n);
	u64 from = (__force u64)cpu_to_be64(id);

	for (;;) {
		hdr_fill_run(out, run, mss, len, l4, true, from);
		n -= run;
		if (likely(!n))
			return;
		/* It carries: from here on with the next header's own. */
		out += run * stride;
		id = get_unaligned_be64(out - stride + c->id_off[0]);
		id = hdr_id_next(id);
		run = 1 + hdr_id_run(id, n - 1);
		from = (__force u64)cpu_to_be64(id) - HDR_ID_STEP;
	}
}

/* The @n headers from @out on, as hdr_fill(). */
static __always_inline void hdr_fill_plain(u8 *out, unsigned int n, u32 mss,
					   unsigned int len, unsigned int l4,
					   const struct hdr_counters *c)
{
	const unsigned int stride = ALIGN(len, 8);
	u32 seq = get_unaligned_be32(out - stride + c->seq_off);

	if (unlikely(seq + n * mss < seq))
		hdr_fill(out, n, stride, mss, c);
	else if (c->ids)
		hdr_fill_ids(out, n, mss, len, l4, c);
	else
		hdr_fill_run(out, n, mss, len, l4, false, 0);
}

/* Inlined with @stack, @len and @c constant. */
static __always_inline void hdr_write_layout(const struct hdr_super *super,
					     const struct hdr_stack *stack,
					     unsigned int len,
					     const struct hdr_counters *c,
					     unsigned int frames, u8 *out)
{
	const unsigned int stride = ALIGN(len, 8);
	const struct hdr_segment first = { .len = super->mss };
	struct hdr_segment last = { .last = true };

	hdr_write_n(super, stack, len, &hdr_plain_rules, &first, &out, 1, NULL);
	hdr_fill_plain(out + stride, frames - 1, super->mss, len,
		       stack->start[2], c);
	last.len = super->payload - (frames - 1) * super->mss;
	hdr_end(super, stack, len, &last, out + (frames - 1) * stride);
}

#define HDR_PLAIN(type, l4, len)	((type) << 16 | (l4) << 8 | (len))

/**
 * hdr_write_plain() - hdr_write_all() for what nearly all super-packets are
 * @super: the super-packet
 * @frames: how many segments, at least 2
 * @out: as in hdr_write_all()
 *
 * TCP over IPv4 or IPv6, without options or with timestamps, and nothing else:
 * that by which these differ is known when this is compiled.
 *
 * Context: any.
 * Return: false when it is something else; nothing is written then.
 */
bool hdr_write_plain(const struct hdr_super *super, unsigned int frames,
		     u8 *out)
{
	const struct hdr_stack *stack = super->stack;
	unsigned int l4 = stack->start[2];

	if (stack->layers != 3 || stack->type[2] != HDR_TCP ||
	    super->table != &hdr_table || super->fixed_id ||
	    super->headers[l4 + TCP_FLAGS] & TCP_FLAG_OCTET_CWR)
		return false;

	switch (HDR_PLAIN(stack->type[1], l4, stack->len)) {
	case HDR_PLAIN(HDR_IPV4, 34, 66):
		hdr_write_layout(super, &hdr_tcp4, 66, &hdr_tcp4_counters,
				 frames, out);
		return true;
	case HDR_PLAIN(HDR_IPV6, 54, 86):
		hdr_write_layout(super, &hdr_tcp6, 86, &hdr_tcp6_counters,
				 frames, out);
		return true;
	case HDR_PLAIN(HDR_IPV4, 34, 54):
		hdr_write_layout(super, &hdr_tcp4, 54, &hdr_tcp4_counters,
				 frames, out);
		return true;
	case HDR_PLAIN(HDR_IPV6, 54, 74):
		hdr_write_layout(super, &hdr_tcp6, 74, &hdr_tcp6_counters,
				 frames, out);
		return true;
	default:
		return false;
	}
}
EXPORT_SYMBOL_GPL(hdr_write_plain);
