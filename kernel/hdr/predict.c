// SPDX-License-Identifier: GPL-2.0
/*
 * Headers that arrive, held against those that the table writes.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "predict.h"
#include "rules.h"

/* Octets of a field that is made of all that is behind it, 0 for others. */
static unsigned int hdr_sum_len(const struct hdr_rule *rule)
{
	switch (rule->change) {
	case HDR_PSEUDO:
	case HDR_UDP_PSEUDO:
	case HDR_GRE_SUM:
	case HDR_UDP_SUM:
		return sizeof(__sum16);
	default:
		return 0;
	}
}

/*
 * What a receiver can compare: all but the sums, which it verifies, and, when
 * @last is false, the flags of the last segment, since it may be that.
 */
static void hdr_mask(const struct hdr_super *super, bool last, u8 *mask)
{
	const struct hdr_stack *stack = super->stack;
	const struct hdr_table *table = super->table;
	const struct hdr_rule *rule;
	unsigned int i, r;

	memset(mask, 0xff, stack->len);
	for (i = 0; i < stack->layers; i++)
		for (r = table->first[stack->type[i]];
		     r < table->first[stack->type[i] + 1]; r++) {
			rule = &table->rule[r];
			memset(mask + stack->start[i] + rule->offset, 0,
			       hdr_sum_len(rule));
			if (rule->change == HDR_LAST && !last)
				mask[stack->start[i] + rule->offset] &=
					~rule->arg;
		}
}

/* A field that is not compared, or only in part. */
static void hdr_hide(struct hdr_predict *p, unsigned int off, unsigned int len,
		     u8 bits)
{
	p->mask_from = min_t(unsigned int, p->mask_from, off);
	while (len--)
		p->mask[off++] &= ~bits;
}

/* What a rule makes of the field in the segment behind the first. */
static void hdr_predict_rule(struct hdr_predict *p,
			     const struct hdr_super *super,
			     const struct hdr_rule *rule, unsigned int off,
			     bool innermost)
{
	struct hdr_counters *c = &p->c;
	u8 *at = p->hdr + off;
	u16 check, id;

	switch (rule->change) {
	case HDR_ID:
		if (super->fixed_id && innermost)
			return;
		c->id_off[c->ids] = off;
		put_unaligned_be16(get_unaligned_be16(at) + 1, at);
		return;
	case HDR_CHECKSUM:
		/* Of a header in which nothing but an id counts. */
		if (!c->id_off[c->ids])
			return;
		c->check_off[c->ids] = off;
		id = get_unaligned_be16(p->hdr + c->id_off[c->ids]);
		check = hdr_check_next(get_unaligned_be16(at), id - 1);
		put_unaligned_be16(check, at);
		c->ids++;
		return;
	case HDR_SEQUENCE:
		c->seq_off = off;
		put_unaligned_be32(get_unaligned_be32(at) + super->mss, at);
		return;
	case HDR_FIRST:
		c->first_off = off;
		c->first_arg = rule->arg;
		*at &= ~rule->arg;
		return;
	case HDR_LAST:
		p->last_off = off;
		p->last_arg = rule->arg;
		*at &= ~rule->arg;
		hdr_hide(p, off, 1, rule->arg);
		return;
	default:
		if (hdr_sum_len(rule))
			hdr_hide(p, off, hdr_sum_len(rule), 0xff);
	}
}

/**
 * hdr_predict() - predict the headers of the segment behind the first
 * @p: filled in
 * @super: the super-packet so far; its headers are those of the first segment,
 *	hdr_alone() of it is true
 *
 * Both are full, so that lengths are the same.
 *
 * Context: any.
 * Return: 0, or -EOPNOTSUPP for headers that are too long.
 */
int hdr_predict(struct hdr_predict *p, const struct hdr_super *super)
{
	const struct hdr_table *table = super->table;
	const struct hdr_stack *stack = super->stack;
	unsigned int i, r;

	if (stack->len > HDR_PREDICT_LEN)
		return -EOPNOTSUPP;
	p->len = stack->len;
	p->check_off = stack->start[stack->layers - 1] + hdr_check_off(stack);
	p->last_off = 0;
	p->last_arg = 0;
	/* Whole words, and the last one is masked at any rate. */
	p->mask_from = p->len - 8;
	p->c = (struct hdr_counters){ };
	hdr_copy_octets(p->hdr, super->headers, stack->len);
	for (i = 0; i < stack->len; i += sizeof(u64))
		*(u64 *)(p->mask + i) = ~0ULL;
	for (i = stack->layers - 1; i; i--)
		for (r = table->first[stack->type[i]];
		     r < table->first[stack->type[i] + 1]; r++)
			hdr_predict_rule(p, super, &table->rule[r],
					 stack->start[i] +
					 table->rule[r].offset,
					 i == stack->ip);
	p->mask_from = round_down(p->mask_from, 8);
	return 0;
}
EXPORT_SYMBOL_GPL(hdr_predict);

/**
 * hdr_alone() - would a packet come out as it is, as the only segment of a
 *	super-packet?
 * @super: its headers, and in payload how much it has of that
 *
 * As hdr_differs() of that segment, but what differs is not told.
 *
 * Context: any.
 * Return: true when it would.
 */
bool hdr_alone(const struct hdr_super *super)
{
	const struct hdr_table *table = super->table;
	const struct hdr_stack *stack = super->stack;
	const struct hdr_rule *rule;
	unsigned int i, r, len;
	const u8 *layer;

	for (i = stack->layers - 1; i; i--) {
		layer = super->headers + stack->start[i];
		len = stack->len - stack->start[i] + super->payload;
		for (r = table->first[stack->type[i]];
		     r < table->first[stack->type[i] + 1]; r++) {
			rule = &table->rule[r];
			if (rule->change == HDR_LENGTH &&
			    get_unaligned_be16(layer + rule->offset) !=
			    (u16)(len - rule->arg))
				return false;
			/* All ones are the zero that nobody writes. */
			if (rule->change == HDR_CHECKSUM &&
			    (ip_fast_csum(layer, *layer & 0xf) ||
			     get_unaligned((const u16 *)(layer +
							 rule->offset)) ==
			     0xffff))
				return false;
			/* And there is a field that is 0 behind a sum. */
			if (rule->change == HDR_GRE_SUM &&
			    get_unaligned((const u16 *)(layer + rule->offset +
							2)))
				return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_GPL(hdr_alone);

/**
 * hdr_differs() - would this very header be written for this segment?
 * @super: the super-packet so far, its headers those of the first segment but
 *	for the flags of the last, which are those of @frame
 * @seg: which segment @frame would be
 * @frame: a frame with the same layers, @super->stack->len octets
 * @bits: of the first octet that differs, those that do
 *
 * Context: any.
 * Return: octets from the frame's start to the first that differs, negative
 *	when there is none.
 */
int hdr_differs(const struct hdr_super *super, const struct hdr_segment *seg,
		const u8 *frame, u8 *bits)
{
	unsigned int i, len = super->stack->len;
	u8 want[HDR_MAX_LEN + 1], mask[HDR_MAX_LEN + 1];

	hdr_write(super, seg, want);
	hdr_mask(super, true, mask);
	for (i = 0; i < len; i++) {
		*bits = (want[i] ^ frame[i]) & mask[i];
		if (*bits)
			return i;
	}
	return -1;
}
EXPORT_SYMBOL_GPL(hdr_differs);
