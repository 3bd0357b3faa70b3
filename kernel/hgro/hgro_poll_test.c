// SPDX-License-Identifier: GPL-2.0
/*
 * When flows end that no packet has ended: with the poll, by age, by the timer,
 * because the driver asks.
 */
#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/jiffies.h>

#include "hgro_test.h"

#define POLL_BUDGET	64
/* The tick may come between the first packet and the poll's end. */
#define POLL_TRIES	20

/**
 * struct poll_rig - a poll that takes what was fed before
 * @work: packets that it says it took
 * @polls: how many there were
 * @complete: of those, how many were complete
 */
static struct poll_rig {
	int work;
	unsigned int polls;
	unsigned int complete;
} poll_rig;

static int poll_poll(struct napi_struct *napi, int budget)
{
	struct hgro_rig *rig = container_of(napi, struct hgro_rig, napi);
	int work = min(poll_rig.work, budget);

	poll_rig.polls++;
	poll_rig.work = 0;
	poll_rig.complete += hgro_poll_done(rig->hgro, work, budget);
	return work;
}

static void poll_feed(struct hgro_rig *rig, u16 group, unsigned int packets)
{
	static struct frame frame;
	struct frame_spec spec = {
		.group = group, .df = true, .ttl = 64, .flags = 0x10,
		.window = 100, .len = 300,
	};

	while (packets--) {
		frame_make(&spec, &frame);
		rig_feed(rig, &frame, RIG_PAGE);
		frame_after(&spec);
	}
}

/* A poll that took @work packets. */
static void poll_now(struct hgro_rig *rig, int work)
{
	poll_rig.work = work;
	local_bh_disable();
	napi_schedule(&rig->napi);
	local_bh_enable();
}

static int poll_init(struct kunit *test)
{
	int err = rig_init(test);
	struct hgro_rig *rig = test->priv;

	if (err)
		return err;
	poll_rig = (struct poll_rig){ };
	rig->napi.poll = poll_poll;
	napi_enable(&rig->napi);
	return 0;
}

static void poll_exit(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;

	if (rig && rig->hgro)
		napi_disable(&rig->napi);
	rig_exit(test);
}

static void hgro_poll_ends(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	poll_feed(rig, 2, 4);
	poll_feed(rig, 4, 3);
	poll_now(rig, 7);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, poll_rig.complete, 1);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_OK], 2);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, rig->back, 7);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* netpoll may have interrupts off, and only wants transmission to go on. */
static void hgro_poll_netpoll(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	poll_feed(rig, 2, 4);
	/* Old enough for any poll that may deliver. */
	msleep(3 * MSEC_PER_SEC / HZ);
	local_bh_disable();
	KUNIT_EXPECT_FALSE(test, hgro_poll_done(rig->hgro, 0, 0));
	local_bh_enable();
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 4);
	KUNIT_EXPECT_EQ(test, rig->back, 0);
	poll_now(rig, 0);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* There will be another poll: what is young stays where a jiffy is short. */
static void hgro_poll_budget(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	poll_feed(rig, 2, 4);
	local_bh_disable();
	KUNIT_EXPECT_FALSE(test, hgro_poll_done(rig->hgro, POLL_BUDGET,
						POLL_BUDGET));
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, poll_rig.polls, 0);
	hgro_stats(rig->hgro, &stats);
	if (HZ < 1000)
		KUNIT_EXPECT_EQ(test, stats.held, 0);
	poll_now(rig, 0);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, stats.merged, 4);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* With a timeout a young flow outlives its poll, and the timer ends it. */
static void hgro_poll_timer(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats = { };
	unsigned int i;

	rig->dev->gro_flush_timeout = 2 * NSEC_PER_MSEC;
	for (i = 0; i < POLL_TRIES && !stats.held; i++) {
		poll_feed(rig, 2, 4);
		poll_now(rig, 4);
		hgro_stats(rig->hgro, &stats);
	}
	KUNIT_EXPECT_EQ(test, stats.held, 4);
	KUNIT_EXPECT_EQ(test, poll_rig.polls, i);

	msleep(100);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, poll_rig.polls, i + 1);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, stats.merged, 4 * i);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_poll_older(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	poll_feed(rig, 2, 4);
	msleep(50);
	poll_feed(rig, 4, 3);
	local_bh_disable();
	hgro_flush_older(rig->hgro, msecs_to_jiffies(30));
	local_bh_enable();
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_AGE], 1);
	KUNIT_EXPECT_EQ(test, stats.merged, 4);
	KUNIT_EXPECT_EQ(test, stats.held, 3);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_poll_asked(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	poll_feed(rig, 2, 4);
	poll_feed(rig, 4, 3);
	rig_flush_flow(rig, 4);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.flushed[HGRO_ASKED], 1);
	KUNIT_EXPECT_EQ(test, stats.merged, 3);
	KUNIT_EXPECT_EQ(test, stats.held, 4);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/* Disabled with flows open, and the timer running. */
static void hgro_poll_stopped(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	rig->dev->gro_flush_timeout = 20 * NSEC_PER_MSEC;
	poll_feed(rig, 2, 4);
	poll_now(rig, 4);
	napi_disable(&rig->napi);
	hgro_stop(rig->hgro);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.held, 0);
	KUNIT_EXPECT_EQ(test, rig->back, 4);
	msleep(50);
	KUNIT_EXPECT_EQ(test, poll_rig.polls, 1);
	napi_enable(&rig->napi);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static struct kunit_case hgro_poll_tests[] = {
	KUNIT_CASE(hgro_poll_ends),
	KUNIT_CASE(hgro_poll_netpoll),
	KUNIT_CASE(hgro_poll_budget),
	KUNIT_CASE(hgro_poll_timer),
	KUNIT_CASE(hgro_poll_older),
	KUNIT_CASE(hgro_poll_asked),
	KUNIT_CASE(hgro_poll_stopped),
	{ }
};

struct kunit_suite hgro_poll_suite = {
	.name = "hgro-poll",
	.init = poll_init,
	.exit = poll_exit,
	.test_cases = hgro_poll_tests,
};
