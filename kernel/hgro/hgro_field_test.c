// SPDX-License-Identifier: GPL-2.0
/*
 * Every bit of the headers flipped, and frames cut at every length.
 */
#include <linux/sched.h>

#include "hgro_test.h"

static const struct frame_spec field_specs[] = {
	{ .group = 2, .df = true, .tcp_opts = 12, .ttl = 64, .id = 7,
	  .seq = 0xfffffe00, .flags = 0x10, .window = 100, .len = 300 },
	{ .group = 3, .v6 = true, .ext = true, .tcp_opts = 12, .ttl = 64,
	  .seq = 5, .flags = 0x10, .window = 100, .len = 300 },
	{ .group = 4, .tags = 2, .ttl = 64, .id = 0xfffe, .seq = 5,
	  .flags = 0x90, .window = 100, .len = 300 },
};

/* Four packets, of which @which is spoilt by @spoil. */
static void field_round(struct kunit *test, const struct frame_spec *first,
			unsigned int which, enum rig_mode mode,
			void (*spoil)(struct frame *frame, unsigned int at),
			unsigned int at)
{
	struct hgro_rig *rig = test->priv;
	struct frame_spec spec = *first;
	static struct frame frame;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		frame_make(&spec, &frame);
		frame.ip_summed = CHECKSUM_NONE;
		if (i == which) {
			frame.stray = true;
			spoil(&frame, at);
		}
		rig_feed(rig, &frame, frame.len < ETH_HLEN ? RIG_PAGE : mode);
		frame_after(&spec);
	}
	KUNIT_ASSERT_STREQ_MSG(test, rig_end(rig) ?: "", "",
			       "packet %u, at %u, mode %u", which, at, mode);
	cond_resched();
}

static void field_flip(struct frame *frame, unsigned int at)
{
	frame->data[at / 8] ^= 1 << at % 8;
}

static void field_flip_right(struct frame *frame, unsigned int at)
{
	field_flip(frame, at);
	frame_sum(frame);
}

static void field_cut(struct frame *frame, unsigned int len)
{
	frame->len = len;
}

static unsigned int field_hdr_len(const struct frame_spec *spec)
{
	static struct frame frame;

	frame_make(spec, &frame);
	return frame.hdr_len;
}

static void hgro_field_flipped(struct kunit *test)
{
	unsigned int i, at, which;

	for (i = 0; i < ARRAY_SIZE(field_specs); i++)
		for (at = 0; at < 8 * field_hdr_len(&field_specs[i]); at++) {
			/* The address that says which group it is. */
			if (at / 8 >= 6 && at / 8 < 12)
				continue;
			which = at % 3;
			field_round(test, &field_specs[i], which, RIG_PAGE,
				    field_flip, at);
			field_round(test, &field_specs[i], which,
				    at % RIG_MODES, field_flip_right, at);
		}
}

static void hgro_field_cut(struct kunit *test)
{
	unsigned int i, len;
	enum rig_mode mode;

	for (i = 0; i < ARRAY_SIZE(field_specs); i++)
		for (len = 1; len < field_hdr_len(&field_specs[i]) + 4; len++)
			for (mode = 0; mode < RIG_MODES; mode++)
				field_round(test, &field_specs[i], 1, mode,
					    field_cut, len);
}

static struct kunit_case hgro_field_tests[] = {
	KUNIT_CASE(hgro_field_flipped),
	KUNIT_CASE(hgro_field_cut),
	{ }
};

struct kunit_suite hgro_field_suite = {
	.name = "hgro-field",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_field_tests,
};
