// SPDX-License-Identifier: GPL-2.0
/* The wire: rate, latency, jitter, corruption, replay. */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/if_ether.h>
#include <linux/ktime.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

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

static struct wire_frame *line_recv(struct kunit *test, struct wire_port *port)
{
	struct wire_frame *frame = NULL;

	KUNIT_ASSERT_TRUE(test, RIG_WAIT((frame = wire_port_recv(port))));
	return frame;
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
	start = ktime_get();
	for (i = 0; i < LINE_FRAMES; i++)
		line_send(test, a, i);
	for (i = 0; i < LINE_FRAMES; i++) {
		frame = line_recv(test, b);
		KUNIT_EXPECT_EQ(test, frame->data[0], i);
		wire_frame_free(frame);
	}
	took = ktime_us_delta(ktime_get(), start);
	/* 1 ms a frame. Never faster; how much slower is the machine's. */
	KUNIT_EXPECT_GE(test, took, LINE_FRAMES * 1000);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.delivered, LINE_FRAMES);
	KUNIT_EXPECT_EQ(test, c.delayed, LINE_FRAMES);
	KUNIT_EXPECT_GT(test, c.backpressure, 0);
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
		frame = line_recv(test, b);
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

/* What is under way when the plug is pulled is lost, freed and counted. */
static void wire_line_pulled(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port_counters c;
	int i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->line.latency_ns = 50 * NSEC_PER_MSEC;
	for (i = 0; i < LINE_FRAMES; i++)
		line_send(test, a, i);
	wire_disconnect(b);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT((wire_port_counters(a, &c),
					  !c.under_way)));
	KUNIT_EXPECT_EQ(test, c.sent, c.no_link + c.delivered);
	KUNIT_EXPECT_EQ(test, wire_connect(a, b), 0);
	/* These are freed with the port. */
	a->line.latency_ns = WIRE_DELAY_MAX;
	line_send(test, a, 0);
}

static u32 line_wrong_bits(const struct wire_frame *frame, u8 fill)
{
	u32 bits = 0;
	u32 i;

	for (i = 0; i < frame->len; i++)
		bits += hweight8(frame->data[i] ^ fill);
	return bits;
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
		frame = line_recv(test, b);
		bits = line_wrong_bits(frame, i);
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

/**
 * struct line_pcap - an open replay file, and user memory to write from
 * @inode: what open() looks at
 * @file: the open file
 * @buf: user memory, a page
 */
struct line_pcap {
	struct inode inode;
	struct file file;
	char __user *buf;
};

static struct line_pcap *line_pcap_open(struct kunit *test,
					struct wire_port *port)
{
	struct line_pcap *pcap = kunit_kzalloc(test, sizeof(*pcap), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pcap);
	pcap->buf = (char __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
						 PROT_READ | PROT_WRITE,
						 MAP_ANONYMOUS | MAP_PRIVATE,
						 0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)pcap->buf);
	pcap->inode.i_private = port;
	KUNIT_ASSERT_EQ(test, 0, wire_replay_fops.open(&pcap->inode,
						       &pcap->file));
	return pcap;
}

static void line_pcap_close(struct line_pcap *pcap)
{
	wire_replay_fops.release(&pcap->inode, &pcap->file);
}

static ssize_t line_pcap_write(struct line_pcap *pcap, const void *data,
			       size_t len)
{
	if (copy_to_user(pcap->buf, data, len))
		return -EFAULT;
	return wire_replay_fops.write(&pcap->file, pcap->buf, len, NULL);
}

/* A capture of one frame of @len octets, @cap of them kept. */
static u32 line_pcap(u8 *dst, u32 magic, u32 linktype, u32 cap, u32 len)
{
	u32 head[10] = { magic, 0x00040002, 0, 0, 65535, linktype,
			 1, 2, cap, len };

	memcpy(dst, head, sizeof(head));
	memset(dst + sizeof(head), 0x5a, cap);
	return sizeof(head) + cap;
}

/* The frame goes out whole, whatever the pieces in which it is written. */
static void wire_replay_pieces(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	u8 *pcap = nic_rig_octets(test, 256);
	struct wire_port_counters c;
	struct wire_frame *frame;
	struct line_pcap *file;
	u32 len, step, at, n;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	len = line_pcap(pcap, 0xa1b2c3d4, 1, 60, 60);
	for (step = 1; step <= len; step += 33) {
		file = line_pcap_open(test, a);
		for (at = 0; at < len; at += n) {
			n = min(step, len - at);
			KUNIT_ASSERT_EQ(test, n,
					line_pcap_write(file, pcap + at, n));
		}
		line_pcap_close(file);
		frame = line_recv(test, b);
		KUNIT_EXPECT_EQ(test, frame->len, 60);
		KUNIT_EXPECT_EQ(test, 0, line_wrong_bits(frame, 0x5a));
		wire_frame_free(frame);
	}
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.replayed, 4);
	KUNIT_EXPECT_EQ(test, c.sent, 4);
	KUNIT_EXPECT_EQ(test, c.replay_errors, 0);
}

/* A capture of a machine of the other byte order is as good. */
static void wire_replay_swapped(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	u8 *pcap = nic_rig_octets(test, 256);
	struct wire_frame *frame;
	struct line_pcap *file;
	u32 len;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	line_pcap(pcap, swab32(0xa1b23c4d), swab32(1), 0, 0);
	len = line_pcap(pcap, swab32(0xa1b23c4d), swab32(1), 20, 20);
	((u32 *)pcap)[8] = swab32(20);
	((u32 *)pcap)[9] = swab32(20);
	file = line_pcap_open(test, a);
	KUNIT_EXPECT_EQ(test, len, line_pcap_write(file, pcap, len));
	line_pcap_close(file);
	frame = line_recv(test, b);
	KUNIT_EXPECT_EQ(test, frame->len, 20);
	wire_frame_free(frame);
}

/**
 * struct line_bad_pcap - something that is no capture of Ethernet frames
 * @name: what is wrong
 * @magic: of the file
 * @linktype: of the file
 * @cap: octets kept
 * @len: octets of the frame
 */
struct line_bad_pcap {
	const char *name;
	u32 magic;
	u32 linktype;
	u32 cap;
	u32 len;
};

static const struct line_bad_pcap line_bad_pcaps[] = {
	{ "not a pcap", 0x12345678, 1, 60, 60 },
	{ "pcapng", 0x0a0d0d0a, 1, 60, 60 },
	{ "raw IP", 0xa1b2c3d4, 101, 60, 60 },
	{ "cut short", 0xa1b2c3d4, 1, 60, 61 },
	{ "no whole header", 0xa1b2c3d4, 1, 13, 13 },
	{ "too long", 0xa1b2c3d4, 1, 100, 0x7fffffff },
};

KUNIT_ARRAY_PARAM_DESC(line_bad_pcap, line_bad_pcaps, name);

static void wire_replay_bad(struct kunit *test)
{
	const struct line_bad_pcap *bad = test->param_value;
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	u8 *pcap = nic_rig_octets(test, 256);
	struct wire_port_counters c;
	struct line_pcap *file;
	u32 len;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	len = line_pcap(pcap, bad->magic, bad->linktype, bad->cap, bad->len);
	file = line_pcap_open(test, a);
	KUNIT_EXPECT_EQ(test, -EINVAL, line_pcap_write(file, pcap, len));
	KUNIT_EXPECT_EQ(test, -EINVAL, line_pcap_write(file, pcap, len));
	line_pcap_close(file);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.replay_errors, 1);
	KUNIT_EXPECT_EQ(test, c.sent, 0);
}

/* A file that ends within a record is counted when it is closed. */
static void wire_replay_short(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	u8 *pcap = nic_rig_octets(test, 256);
	struct wire_port_counters c;
	struct line_pcap *file;
	u32 len;

	len = line_pcap(pcap, 0xa1b2c3d4, 1, 60, 60) - 1;
	file = line_pcap_open(test, a);
	KUNIT_EXPECT_EQ(test, len, line_pcap_write(file, pcap, len));
	line_pcap_close(file);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.replay_errors, 1);
	KUNIT_EXPECT_EQ(test, c.sent, 0);
}

static struct kunit_case wire_line_cases[] = {
	KUNIT_CASE(wire_line_rate),
	KUNIT_CASE(wire_line_latency),
	KUNIT_CASE(wire_line_seeded),
	KUNIT_CASE(wire_line_pulled),
	KUNIT_CASE(wire_line_corrupt),
	KUNIT_CASE(wire_replay_pieces),
	KUNIT_CASE(wire_replay_swapped),
	KUNIT_CASE_PARAM(wire_replay_bad, line_bad_pcap_gen_params),
	KUNIT_CASE(wire_replay_short),
	{}
};

struct kunit_suite wire_line_suite = {
	.name = "nsim_wire_line",
	.test_cases = wire_line_cases,
};
