// SPDX-License-Identifier: GPL-2.0
/*
 * A layer of another module: registered, used, and taken out again while a flow
 * with it is open.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>

#include <headroom/hgro_layer.h>

#include "hgro_test.h"

/* A kind of UDP tunnel that nobody has; 8 octets before an Ethernet header. */
#define OTHER_TYPE	0x100
#define OTHER_PORT	7777
#define OTHER_LEN	8

static unsigned int other_received, other_completed;

static enum hgro_reason other_receive(struct hgro_walk *walk)
{
	const u8 *at = hgro_peek(walk, OTHER_LEN);
	enum hgro_reason reason;

	if (!at)
		return HGRO_HEADER;
	other_received++;
	reason = hgro_take(walk, OTHER_LEN);
	hgro_next(walk, HGRO_ETHERTYPE, ETH_P_TEB);
	return reason;
}

static void other_complete(const struct hgro_done *done, unsigned int layer)
{
	/* The flags of what frame_make() takes for VXLAN. */
	if (*hgro_done_header(done, layer) == 8 &&
	    hgro_done_len(done, layer) > OTHER_LEN)
		other_completed++;
}

static struct hgro_layer other_layer = {
	.space = HGRO_UDP_TUNNEL,
	.key = OTHER_TYPE,
	.receive = other_receive,
	.complete = other_complete,
};

static void other_feed(struct kunit *test, unsigned int packets)
{
	struct hgro_rig *rig = test->priv;
	struct frame_spec spec = {
		.group = 2, .tunnel = FRAME_VXLAN, .df = true, .ttl = 64,
		.flags = 0x10, .window = 100, .len = 300,
	};
	struct frame *frame;

	frame = kunit_kzalloc(test, sizeof(*frame), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	while (packets--) {
		frame_make(&spec, frame);
		/* Or it is asked for that, too. */
		frame->hash = 1;
		put_unaligned_be16(OTHER_PORT, frame->data + frame->outer + 22);
		rig_feed(rig, frame, RIG_PAGE);
		frame_after(&spec);
	}
}

static int other_init(struct kunit *test)
{
	int err = rig_init(test);
	struct hgro_rig *rig = test->priv;

	if (err)
		return err;
	other_received = 0;
	other_completed = 0;
	return hgro_port_set(&rig->ports, 2, htons(OTHER_PORT), OTHER_TYPE);
}

static void hgro_layer_merges(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct hgro_stats stats;

	/* Without it, nobody knows what is behind UDP. */
	other_feed(test, 4);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.passed[HGRO_PROTOCOL], 4);

	KUNIT_ASSERT_EQ(test, hgro_layer_register(&other_layer), 0);
	other_feed(test, 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&other_layer.flows), 1);
	rig_flush(rig);
	KUNIT_EXPECT_EQ(test, atomic_read(&other_layer.flows), 0);
	rig->kernel = true;
	other_feed(test, 4);
	rig_flush(rig);
	hgro_layer_unregister(&other_layer);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.merged, 8);
	KUNIT_EXPECT_EQ(test, stats.supers, 2);
	/* The short way does not ask it. */
	KUNIT_EXPECT_EQ(test, other_received, 2);
	KUNIT_EXPECT_EQ(test, other_completed, 2);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

/**
 * struct other_going - taking the layer out, beside polls
 * @work: does it
 * @gone: it is done
 */
struct other_going {
	struct work_struct work;
	struct completion gone;
};

static void other_go(struct work_struct *work)
{
	struct other_going *going = container_of(work, struct other_going,
						 work);

	hgro_layer_unregister(&other_layer);
	complete(&going->gone);
}

/* It goes when the flow has ended, and nobody finds it after that. */
static void hgro_layer_goes(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct other_going going;
	struct hgro_stats stats;

	KUNIT_ASSERT_EQ(test, hgro_layer_register(&other_layer), 0);
	other_feed(test, 3);
	INIT_WORK_ONSTACK(&going.work, other_go);
	init_completion(&going.gone);
	schedule_work(&going.work);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, completion_done(&going.gone));
	rig_flush(rig);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&going.gone, 5 * HZ),
			0);
	flush_work(&going.work);
	destroy_work_on_stack(&going.work);
	KUNIT_EXPECT_EQ(test, other_completed, 1);
	other_feed(test, 2);
	hgro_stats(rig->hgro, &stats);
	KUNIT_EXPECT_EQ(test, stats.merged, 3);
	KUNIT_EXPECT_EQ(test, stats.passed[HGRO_PROTOCOL], 2);
	KUNIT_EXPECT_STREQ(test, rig_end(rig) ?: "", "");
}

static void hgro_layer_refused(struct kunit *test)
{
	struct hgro_layer layer = { .space = HGRO_ETHERTYPE, .key = ETH_P_IP };
	struct hgro_rig *rig = test->priv;

	KUNIT_EXPECT_EQ(test, hgro_layer_register(&layer), -EINVAL);
	layer.receive = other_receive;
	KUNIT_EXPECT_EQ(test, hgro_layer_register(&layer), -EEXIST);
	layer.space = HGRO_NR_SPACES;
	KUNIT_EXPECT_EQ(test, hgro_layer_register(&layer), -EINVAL);
	KUNIT_EXPECT_EQ(test, hgro_port_set(&rig->ports, HGRO_PORTS, htons(1),
					    1), -EINVAL);
	KUNIT_EXPECT_EQ(test, hgro_port_set(&rig->ports, 0, htons(1), 0),
			-EINVAL);
}

/* As many as there is room for, and then no more. */
static void hgro_layer_full(struct kunit *test)
{
	struct hgro_layer *layers;
	unsigned int i, n = 0;
	int err;

	layers = kunit_kcalloc(test, 64, sizeof(*layers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, layers);
	for (i = 0; i < 64; i++) {
		layers[i] = other_layer;
		layers[i].key = OTHER_TYPE + 1 + i;
		err = hgro_layer_register(&layers[i]);
		if (err)
			break;
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, 32);
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	while (n--)
		hgro_layer_unregister(&layers[n]);
}

static struct kunit_case hgro_layer_tests[] = {
	KUNIT_CASE(hgro_layer_merges),
	KUNIT_CASE(hgro_layer_goes),
	KUNIT_CASE(hgro_layer_refused),
	KUNIT_CASE(hgro_layer_full),
	{ }
};

struct kunit_suite hgro_layer_suite = {
	.name = "hgro-layer",
	.init = other_init,
	.exit = rig_exit,
	.test_cases = hgro_layer_tests,
};
