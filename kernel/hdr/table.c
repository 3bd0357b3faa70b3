// SPDX-License-Identifier: GPL-2.0
/*
 * The table of header rules, and headers written by it.
 */
#include <linux/export.h>

#include "rules.h"

const struct hdr_table hdr_table = HDR_RULES;
EXPORT_SYMBOL_GPL(hdr_table);

/**
 * hdr_write() - write the headers of one segment
 * @super: the super-packet
 * @seg: which segment
 * @out: @super->stack->len octets, aligned as the headers should be
 *
 * Context: any.
 */
void hdr_write(const struct hdr_super *super, const struct hdr_segment *seg,
	       u8 *out)
{
	hdr_write_n(super, super->stack, super->stack->len, super->table, seg,
		    &out, 1, NULL);
}
EXPORT_SYMBOL_GPL(hdr_write);

/**
 * hdr_write_two() - write the headers of two segments, in one pass over the
 *	rules
 * @super: the super-packet
 * @segs: which two
 * @out: of the first of them, as in hdr_write()
 * @out2: of the second
 * @c: filled in: the fields that count
 *
 * Context: any.
 */
void hdr_write_two(const struct hdr_super *super,
		   const struct hdr_segment *segs, u8 *out, u8 *out2,
		   struct hdr_counters *c)
{
	u8 *const outs[] = { out, out2 };

	*c = (struct hdr_counters){ };
	hdr_write_n(super, super->stack, super->stack->len, super->table, segs,
		    outs, 2, c);
}
