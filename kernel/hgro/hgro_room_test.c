// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a flow's room: no full packet fits any more, and only a short one
 * may still come.
 */
#include <linux/bottom_half.h>

#include "hgro_test.h"

#define ROOM_LEN	1448
/* So many fit below 64 KiB, and then 345 octets. */
#define ROOM_PACKETS	45

static void room_next(struct frame_spec *spec, struct frame *frame, u16 len)
{
	spec->len = len;
	frame_make(spec, frame);
	frame->hash = 1;
	frame_after(spec);
}

static struct frame_spec room_spec(void)
{
	return (struct frame_spec){
		.group = 2, .df = true, .tcp_opts = 12, .opt = 0x0101080a,
		.ttl = 64, .flags = 0x10, .window = 100,
	};
}

/* One sk_buff of two pieces, and all are taken by the last full packet. */
static void hgro_room_pieces(struct kunit *test)
{
	const struct hgro_config config = { .max_packets = ROOM_PACKETS + 1 };
	struct frame_spec spec = room_spec();
	struct hgro_rig *rig = test->priv;
	static struct frame frame;
	struct hgro_stats stats;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, rig_context(rig, &config), 0);
	for (i = 0; i < ROOM_PACKETS; i++) {
		room_next(&spec, &frame, ROOM_LEN);
		rig_feed(rig, &frame, i == 1 ? RIG_SKB_FRAGS : RIG_PAGE);
	}
	room_next(&spec, &frame, 100);
	rig_feed(rig, &frame, RIG_PAGE);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_COUNT], 1);
	KUNIT_EXPECT_EQ(test, stats.merged, ROOM_PACKETS);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* A frame of no octets, in a page that holds the packet that would be next. */
static void hgro_room_empty_frame(struct kunit *test)
{
	struct frame_spec spec = room_spec();
	struct hgro_rig *rig = test->priv;
	static struct frame frame;
	struct hgro_stats stats;
	struct hgro_frame in = {
		.offset = RIG_OFFSET, .truesize = PAGE_SIZE, .hash = 1,
		.ip_summed = CHECKSUM_UNNECESSARY,
	};
	unsigned int i;

	for (i = 0; i <= ROOM_PACKETS; i++) {
		room_next(&spec, &frame, ROOM_LEN);
		if (i < ROOM_PACKETS)
			rig_feed(rig, &frame, RIG_PAGE);
	}
	in.page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, in.page);
	memcpy(page_address(in.page) + RIG_OFFSET, frame.data, frame.len);
	rig->fed++;
	local_bh_disable();
	hgro_receive_frags(rig->hgro, &in);
	local_bh_enable();
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.dropped, 1);
	KUNIT_EXPECT_EQ(test, stats.held, ROOM_PACKETS);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static struct kunit_case hgro_room_tests[] = {
	KUNIT_CASE(hgro_room_pieces),
	KUNIT_CASE(hgro_room_empty_frame),
	{ }
};

struct kunit_suite hgro_room_suite = {
	.name = "hgro-room",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_room_tests,
};
