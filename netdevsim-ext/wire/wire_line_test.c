// SPDX-License-Identifier: GPL-2.0
/* The wire: rate and egress queue, latency, jitter, corruption. */

#include <kunit/test.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>

#include "wire_test_port.h"

#define LINE_FRAMES	20
#define LINE_LEN	1000

static struct wire_frame *line_frame(struct kunit *test, u32 len, u8 fill)
{
	struct wire_frame *frame = wire_frame_alloc(len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, frame);
	memset(frame->data, fill, len);
	return frame;
}

/* A frame that the line takes, however busy it is. */
static void line_send(struct kunit *test, struct wire_port *port, u8 fill)
{
	struct wire_frame *frame = line_frame(test, LINE_LEN, fill);

	KUNIT_ASSERT_TRUE(test, RIG_WAIT(!wire_port_send(port, frame)));
}

/* 20 frames of 1024 octets each with what is around them, at 8.192 Mbit/s. */
static void wire_line_rate(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port_counters c;
	struct wire_frame *frame;
	ktime_t start;
	u64 took;
	int i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->line.rate_bps = 8192000;
	a->line.queue_max = 4;
	start = ktime_get();
	for (i = 0; i < LINE_FRAMES; i++)
		line_send(test, a, i);
	for (i = 0; i < LINE_FRAMES; i++) {
		frame = wire_test_frame(test, b);
		KUNIT_EXPECT_EQ(test, frame->data[0], i);
		wire_frame_free(frame);
	}
	took = ktime_us_delta(ktime_get(), start);
	/* 1 ms a frame. Never faster; how much slower is the machine's. */
	KUNIT_EXPECT_GE(test, took, LINE_FRAMES * 1000);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.delivered, LINE_FRAMES);
	KUNIT_EXPECT_EQ(test, c.delayed, LINE_FRAMES);
	KUNIT_EXPECT_EQ(test, c.backpressure, c.queue_full);
	KUNIT_EXPECT_GT(test, c.queue_peak, 0);
	KUNIT_EXPECT_LE(test, c.queue_peak, 4);
}

/* That frame i of the queue leaves so many ns after the one before it. */
static void line_expect_spacing(struct kunit *test, struct wire_port *port,
				s64 ns)
{
	struct wire_frame *frame;
	ktime_t last = 0;
	u32 n = 0;

	spin_lock_bh(&port->tx_lock);
	list_for_each_entry(frame, &port->line.queue, node) {
		if (n++)
			KUNIT_EXPECT_EQ(test, ktime_sub(frame->left, last), ns);
		last = frame->left;
	}
	KUNIT_EXPECT_EQ(test, ktime_sub(port->line.free, last), 0);
	KUNIT_EXPECT_EQ(test, n, port->line.queued);
	spin_unlock_bh(&port->tx_lock);
}

static void line_set_rate(struct wire_port *port, u64 rate_bps)
{
	spin_lock_bh(&port->tx_lock);
	wire_line_set_rate(port, rate_bps);
	spin_unlock_bh(&port->tx_lock);
}

/*
 * Frames that come back to back leave back to back; a new rate holds for what
 * is queued, so that a slow one leaves nothing behind for hours.
 */
static void wire_line_queue(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port_counters c;
	struct wire_frame *frame;
	int i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->line.queue_max = LINE_FRAMES;
	line_set_rate(a, 1);
	for (i = 0; i < LINE_FRAMES; i++)
		line_send(test, a, i);
	line_expect_spacing(test, a, 8192 * NSEC_PER_SEC);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.queued, LINE_FRAMES);
	KUNIT_EXPECT_EQ(test, c.queue_peak, LINE_FRAMES);
	frame = line_frame(test, LINE_LEN, 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN, wire_port_send(a, frame));
	wire_frame_free(frame);
	line_set_rate(a, 64);
	line_expect_spacing(test, a, 128 * NSEC_PER_SEC);
	/* The one that was leaving has that much less to go as well. */
	spin_lock_bh(&a->tx_lock);
	frame = list_first_entry(&a->line.queue, struct wire_frame, node);
	KUNIT_EXPECT_LE(test, ktime_sub(frame->left, ktime_get()),
			128 * NSEC_PER_SEC);
	spin_unlock_bh(&a->tx_lock);
	KUNIT_EXPECT_EQ(test, wire_test_recv(b), -1);
	line_set_rate(a, 0);
	for (i = 0; i < LINE_FRAMES; i++) {
		frame = wire_test_frame(test, b);
		KUNIT_EXPECT_EQ(test, frame->data[0], i);
		wire_frame_free(frame);
	}
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.under_way, 0);
	KUNIT_EXPECT_EQ(test, c.queue_full, 1);
	KUNIT_EXPECT_EQ(test, c.sent, LINE_FRAMES);
}

/* Sends one frame; returns how long after @from it leaves, ns. */
static s64 line_leaves(struct kunit *test, struct wire_port *port, ktime_t from)
{
	struct wire_frame *frame = line_frame(test, LINE_LEN, 0);
	s64 ns;

	spin_lock_bh(&port->tx_lock);
	wire_line_add(port, frame);
	ns = ktime_sub(frame->left, from);
	spin_unlock_bh(&port->tx_lock);
	return ns;
}

/* A sender that was refused and comes late has lost nothing; others have. */
static void wire_line_late(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	ktime_t free;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->line.rate_bps = 8192000;
	/* As if it were woken 1 s later: 50 ms of that are made good. */
	a->line.refused = true;
	free = ktime_sub_ns(ktime_get(), NSEC_PER_SEC);
	a->line.free = free;
	KUNIT_EXPECT_GE(test, line_leaves(test, a, free),
			(NSEC_PER_SEC / 1000) * 951);
	KUNIT_EXPECT_EQ(test, a->line.owed, 50 * NSEC_PER_MSEC);
	/* The next begins where this one ends, though that is over. */
	free = a->line.free;
	KUNIT_EXPECT_EQ(test, NSEC_PER_MSEC, line_leaves(test, a, free));
	/* Silent for longer than it was late: it is owed nothing. */
	a->line.free = ktime_sub_ns(ktime_get(), NSEC_PER_SEC);
	free = ktime_get();
	KUNIT_EXPECT_GE(test, line_leaves(test, a, free), NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, a->line.owed, 0);
}

/* Nothing arrives before its time; jitter keeps the order. */
static void wire_line_latency(struct kunit *test)
{
	const u64 latency = 20 * NSEC_PER_MSEC, jitter = 10 * NSEC_PER_MSEC;
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port_counters c;
	struct wire_frame *frame;
	ktime_t start;
	int i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->line.latency_ns = latency;
	a->line.jitter_ns = jitter;
	start = ktime_get();
	for (i = 0; i < LINE_FRAMES; i++)
		line_send(test, a, i);
	wire_port_counters(a, &c);
	if (ktime_to_ns(ktime_sub(ktime_get(), start)) < latency) {
		KUNIT_EXPECT_EQ(test, c.under_way, LINE_FRAMES);
		KUNIT_EXPECT_EQ(test, c.sent, c.delivered + c.under_way);
	}
	for (i = 0; i < LINE_FRAMES; i++) {
		frame = wire_test_frame(test, b);
		KUNIT_EXPECT_EQ(test, frame->data[0], i);
		KUNIT_EXPECT_GE(test, ktime_sub(frame->due, start), latency);
		wire_frame_free(frame);
	}
	KUNIT_EXPECT_GE(test, ktime_sub(ktime_get(), start), latency);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.under_way, 0);
	KUNIT_EXPECT_EQ(test, c.delivered, LINE_FRAMES);
}

/* The same seed gives the same jitter, to the nanosecond. */
static void wire_line_seeded(struct kunit *test)
{
	u64 spread[2][LINE_FRAMES];
	int run, i;

	for (run = 0; run < 2; run++) {
		struct wire_port *a = wire_test_port(test);

		a->line.jitter_ns = NSEC_PER_SEC;
		wire_line_seed(&a->line, 7);
		for (i = 0; i < LINE_FRAMES; i++)
			spread[run][i] = prandom_u32_state(&a->line.rnd);
	}
	KUNIT_EXPECT_MEMEQ(test, spread[0], spread[1], sizeof(spread[0]));
}

/* What is queued, under way or held when the wire is cut goes nowhere else. */
static void wire_line_cut_off(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port *other = wire_test_port(test);
	struct wire_port_counters c;
	int i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->line.latency_ns = WIRE_DELAY_MAX;
	for (i = 0; i < LINE_FRAMES; i++)
		line_send(test, a, i);
	/* Longer than the timer waits, if the machine is that slow: not held. */
	a->impair.reorder_ppm = WIRE_PPM;
	line_send(test, a, i);
	a->impair.reorder_ppm = 0;
	line_set_rate(a, 1);
	line_send(test, a, i);
	wire_disconnect(b);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.sent, LINE_FRAMES + 2);
	/* Whose wait or time was over in between found no link. */
	KUNIT_EXPECT_EQ(test, c.cut + c.no_link, LINE_FRAMES + 2);
	KUNIT_EXPECT_GT(test, c.cut, 0);
	KUNIT_EXPECT_EQ(test, c.delivered, 0);
	KUNIT_EXPECT_EQ(test, c.held, 1);
	KUNIT_EXPECT_EQ(test, c.under_way, 0);
	KUNIT_EXPECT_EQ(test, c.queued, 0);
	KUNIT_EXPECT_EQ(test, wire_connect(a, other), 0);
	line_set_rate(a, 0);
	a->line.latency_ns = 0;
	wire_test_send(test, a, 99);
	KUNIT_EXPECT_EQ(test, wire_test_recv(other), 99);
	KUNIT_EXPECT_EQ(test, wire_test_recv(other), -1);
	KUNIT_EXPECT_EQ(test, wire_test_recv(b), -1);
	/* This one is freed with the port. */
	a->line.latency_ns = WIRE_DELAY_MAX;
	line_send(test, a, 0);
}

/* One bit in each frame that is chosen, none in the others. */
static void wire_line_corrupt(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port_counters c;
	struct wire_frame *frame;
	u32 wrong = 0;
	u32 bits;
	int i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->impair.corrupt_ppm = WIRE_PPM / 2;
	for (i = 0; i < 200; i++)
		line_send(test, a, i);
	for (i = 0; i < 200; i++) {
		frame = wire_test_frame(test, b);
		bits = wire_test_wrong_bits(frame, i);
		KUNIT_EXPECT_LE(test, bits, 1);
		wrong += bits;
		wire_frame_free(frame);
	}
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, wrong, c.corrupted);
	/* 100 expected, seven standard deviations of 7 to each side. */
	KUNIT_EXPECT_GT(test, wrong, 50);
	KUNIT_EXPECT_LT(test, wrong, 150);
}

static struct kunit_case wire_line_cases[] = {
	KUNIT_CASE(wire_line_rate),
	KUNIT_CASE(wire_line_queue),
	KUNIT_CASE(wire_line_late),
	KUNIT_CASE(wire_line_latency),
	KUNIT_CASE(wire_line_seeded),
	KUNIT_CASE(wire_line_cut_off),
	KUNIT_CASE(wire_line_corrupt),
	{}
};

struct kunit_suite wire_line_suite = {
	.name = "nsim_wire_line",
	.test_cases = wire_line_cases,
};
