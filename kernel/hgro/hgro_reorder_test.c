// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that come too early wait for those before them: a few, not for long,
 * and only where that was asked for.
 */
#include <linux/bottom_half.h>
#include <linux/delay.h>

#include "hgro_test.h"

#define REORDER_MAX	8
#define REORDER_WAIT	6
#define REORDER_US	20000

/**
 * struct reorder_case - packets of one flow in some order
 * @name: of the case
 * @order: numbers of the packets, in the order in which they come
 * @packets: how many
 * @psh: the one that has PSH, 0 for none
 * @waited: how many wait
 * @supers: super-packets that go up
 * @single: packets that go up alone
 * @gap: flows that end since a gap stays open
 */
struct reorder_case {
	const char *name;
	u8 order[REORDER_MAX];
	u8 packets;
	u8 psh;
	u8 waited;
	u8 supers;
	u8 single;
	u8 gap;
};

static const struct reorder_case reorder_cases[] = {
	{ "in order", { 0, 1, 2, 3 }, 4, 0, 0, 1, 0 },
	{ "one is late by one", { 0, 2, 1, 3 }, 4, 0, 1, 1, 0 },
	{ "one is late by three", { 0, 2, 3, 4, 1, 5 }, 6, 0, 3, 1, 0 },
	{ "two are late", { 0, 3, 4, 1, 2, 5 }, 6, 0, 2, 1, 0 },
	{ "two gaps", { 0, 2, 4, 5, 1, 3, 6 }, 7, 0, 3, 1, 0 },
	{ "backwards", { 0, 4, 3, 2, 1 }, 5, 0, 3, 1, 0 },
	{ "one is lost", { 0, 2, 3, 4 }, 4, 0, 3, 1, 1 },
	{ "one comes twice while it waits", { 0, 2, 3, 2, 1 }, 5, 0, 2, 1, 3 },
	{ "one comes again that has been", { 0, 2, 0, 1 }, 4, 0, 1, 0, 4 },
	{ "PSH waits, too", { 0, 2, 1, 3 }, 4, 2, 1, 1, 1 },
	{ "PSH before those that wait", { 0, 2, 3, 1 }, 4, 1, 2, 2, 0 },
	{ "too many", { 0, 2, 3, 4, 5, 6, 7, 1 }, 8, 0, 6, 1, 2, 1 },
	{ "too far ahead", { 0, REORDER_WAIT + 3, 1 }, 3, 0, 0, 0, 3 },
};

KUNIT_ARRAY_PARAM_DESC(reorder, reorder_cases, name);

static struct frame_spec reorder_spec(const struct reorder_case *c, u8 number,
				      bool v6)
{
	struct frame_spec spec = {
		.group = 2, .v6 = v6, .df = true, .ttl = 64, .flags = 0x10,
		.window = 100, .len = 300, .id = 100 + number,
		.seq = (u32)(number - 2) * 300,
	};

	if (c->psh && number == c->psh)
		spec.flags |= 0x08;
	return spec;
}

static void reorder_feed(struct hgro_rig *rig, const struct reorder_case *c,
			 enum rig_mode mode, bool v6)
{
	static struct frame frame;
	struct frame_spec spec;
	unsigned int i;

	for (i = 0; i < c->packets; i++) {
		spec = reorder_spec(c, c->order[i], v6);
		frame_make(&spec, &frame);
		/* So are they all: order is what is not kept. */
		frame.stray = true;
		rig_feed(rig, &frame, mode);
	}
}

static int reorder_context(struct hgro_rig *rig, u32 usecs)
{
	struct hgro_config config = {
		.reorder_packets = REORDER_WAIT, .reorder_us = usecs,
	};

	return rig_context(rig, &config);
}

static void hgro_reorder_order(struct kunit *test)
{
	const struct reorder_case *c = test->param_value;
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;
	unsigned int mode;

	for (mode = 0; mode < 2 * RIG_MODES; mode++) {
		KUNIT_ASSERT_EQ(test, reorder_context(rig, REORDER_US), 0);
		rig->fed = 0;
		rig->back = 0;
		reorder_feed(rig, c, mode / 2, mode & 1);
		KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
		hgro_stats(rig->hgro, &stats);
		KUNIT_EXPECT_EQ(test, stats.waited, c->waited);
		KUNIT_EXPECT_EQ(test, stats.supers, c->supers);
		KUNIT_EXPECT_EQ(test, stats.single, c->single);
		KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_GAP], c->gap);
	}
}

/* Who has not asked for it gets packets in the order in which they came. */
static void hgro_reorder_off(struct kunit *test)
{
	const struct reorder_case *c = &reorder_cases[2];
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	KUNIT_EXPECT_EQ(test, hgro_set_reorder(rig->hgro, 100), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, hgro_set_reorder(rig->hgro, 0), 0);
	KUNIT_ASSERT_EQ(test, reorder_context(rig, 0), 0);
	KUNIT_EXPECT_EQ(test, hgro_set_reorder(rig->hgro,
					       HGRO_MAX_REORDER_US + 1),
			-ERANGE);
	reorder_feed(rig, c, RIG_PAGE, false);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.waited, 0);
	KUNIT_EXPECT_GT(test, stats.flushed[HGRO_ID], 1);

	KUNIT_EXPECT_EQ(test, hgro_set_reorder(rig->hgro, REORDER_US), 0);
	reorder_feed(rig, c, RIG_PAGE, false);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.waited, 3);
}

static int reorder_poll(struct napi_struct *napi, int budget)
{
	struct hgro_rig *rig = container_of(napi, struct hgro_rig, napi);

	hgro_poll_done(rig->hgro, 1, budget);
	return 1;
}

static void reorder_poll_now(struct hgro_rig *rig)
{
	local_bh_disable();
	napi_schedule(&rig->napi);
	local_bh_enable();
}

/* A flow that waits outlives its poll; the timer ends it when time is over. */
static void hgro_reorder_time(struct kunit *test)
{
	static const struct reorder_case early = {
		.order = { 0, 2, 3 }, .packets = 3,
	};
	static const struct reorder_case late = {
		.order = { 1 }, .packets = 1,
	};
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	rig->napi.poll = reorder_poll;
	napi_enable(&rig->napi);
	/* So long that no machine is late. */
	KUNIT_ASSERT_EQ(test, reorder_context(rig, HGRO_MAX_REORDER_US), 0);
	reorder_feed(rig, &early, RIG_PAGE, false);
	reorder_poll_now(rig);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 3);
	reorder_feed(rig, &late, RIG_PAGE, false);
	reorder_poll_now(rig);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, stats.merged, 4);

	reorder_feed(rig, &early, RIG_PAGE, false);
	reorder_poll_now(rig);
	msleep(2 * HGRO_MAX_REORDER_US / USEC_PER_MSEC);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_GAP], 1);

	/* Stopped while packets wait, and the timer runs. */
	reorder_feed(rig, &early, RIG_SKB_FRAGS, false);
	reorder_poll_now(rig);
	napi_disable(&rig->napi);
	hgro_stop(rig->hgro);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* A driver that asks for a flow's end gets those that wait, too. */
static void hgro_reorder_asked(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	KUNIT_ASSERT_EQ(test, reorder_context(rig, REORDER_US), 0);
	reorder_feed(rig, &reorder_cases[6], RIG_PAGE, false);
	rig_flush_flow(rig, 2);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.waited, 3);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_ASKED], 2);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* A context that goes while packets wait gives all of them back. */
static void hgro_reorder_destroyed(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;

	KUNIT_ASSERT_EQ(test, reorder_context(rig, REORDER_US), 0);
	reorder_feed(rig, &reorder_cases[6], RIG_PAGE, false);
	reorder_feed(rig, &reorder_cases[6], RIG_SKB_LINEAR, true);
	KUNIT_ASSERT_EQ(test, rig_context(rig, NULL), 0);
	KUNIT_EXPECT_EQ(test, rig->back, rig->fed);
	rig->fed = 0;
	rig->back = 0;
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static struct kunit_case hgro_reorder_tests[] = {
	KUNIT_CASE_PARAM(hgro_reorder_order, reorder_gen_params),
	KUNIT_CASE(hgro_reorder_off),
	KUNIT_CASE(hgro_reorder_time),
	KUNIT_CASE(hgro_reorder_asked),
	KUNIT_CASE(hgro_reorder_destroyed),
	{ }
};

struct kunit_suite hgro_reorder_suite = {
	.name = "hgro-reorder",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_reorder_tests,
};
