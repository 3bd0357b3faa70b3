// SPDX-License-Identifier: GPL-2.0
/*
 * Headers that arrive, held against those that the table writes.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "predict.h"

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

static void hdr_find_last(struct hdr_predict *p, const struct hdr_super *super)
{
	const struct hdr_stack *stack = super->stack;
	const struct hdr_table *table = super->table;
	unsigned int l4 = stack->layers - 1, r;

	p->last_off = 0;
	p->last_arg = 0;
	for (r = table->first[stack->type[l4]];
	     r < table->first[stack->type[l4] + 1]; r++)
		if (table->rule[r].change == HDR_LAST) {
			p->last_off = stack->start[l4] + table->rule[r].offset;
			p->last_arg = table->rule[r].arg;
		}
}

/**
 * hdr_predict() - predict the headers of a full segment
 * @p: filled in
 * @super: the super-packet so far, its headers those of the first segment
 * @index: of the segment, not 0
 *
 * Context: any.
 * Return: 0, or -EOPNOTSUPP for headers that are too long.
 */
int hdr_predict(struct hdr_predict *p, const struct hdr_super *super,
		unsigned int index)
{
	struct hdr_segment segs[2] = {
		{ .len = super->mss },
		{ .payload = index * super->mss, .len = super->mss,
		  .index = index },
	};
	const struct hdr_stack *stack = super->stack;
	u8 first[HDR_PREDICT_LEN];
	unsigned int i;

	if (stack->len > HDR_PREDICT_LEN)
		return -EOPNOTSUPP;
	p->len = stack->len;
	p->check_off = stack->start[stack->layers - 1] + hdr_check_off(stack);
	hdr_write_two(super, segs, first, p->hdr, &p->c);
	hdr_find_last(p, super);
	hdr_mask(super, false, p->mask);
	for (i = 0; i < p->len && p->mask[i] == 0xff; i++)
		;
	/* Whole words, and the last one is masked at any rate. */
	p->mask_from = round_down(min_t(unsigned int, i, p->len - 8), 8);
	return 0;
}
EXPORT_SYMBOL_GPL(hdr_predict);

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
