// SPDX-License-Identifier: GPL-2.0
/* The wire: connections, impairments that repeat, captures. */

#include <kunit/test.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "wire_test_port.h"

static void wire_test_quiet(void *priv)
{
}

static void wire_test_link(void *priv, bool up)
{
}

static const struct wire_port_ops wire_test_ops = {
	.rx_ready = wire_test_quiet,
	.tx_ready = wire_test_quiet,
	.link_change = wire_test_link,
};

KUNIT_DEFINE_ACTION_WRAPPER(wire_test_destroy, wire_port_destroy,
			    struct wire_port *);

/**
 * wire_test_port() - a bare port
 * @test: the test; it goes with it
 *
 * Return: the port; the test has ended where it cannot be made.
 */
struct wire_port *wire_test_port(struct kunit *test)
{
	struct wire_port *port = wire_port_create(&wire_test_ops, NULL, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, port);
	kunit_add_action(test, wire_test_destroy, port);
	return port;
}

/**
 * wire_test_send() - send a frame of four octets
 * @test: the test
 * @port: from where
 * @nr: what is in it
 */
void wire_test_send(struct kunit *test, struct wire_port *port, u32 nr)
{
	struct wire_frame *frame = wire_frame_alloc(sizeof(nr), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, frame);
	memcpy(frame->data, &nr, sizeof(nr));
	KUNIT_ASSERT_EQ(test, 0, wire_port_send(port, frame));
}

/**
 * wire_test_recv() - the next frame
 * @port: where it arrives
 *
 * Return: the number in it, or -1: there is none.
 */
int wire_test_recv(struct wire_port *port)
{
	struct wire_frame *frame = wire_port_recv(port);
	u32 nr;

	if (!frame)
		return -1;
	memcpy(&nr, frame->data, sizeof(nr));
	wire_frame_free(frame);
	return nr;
}

/**
 * wire_test_frame() - wait for a frame
 * @test: the test
 * @port: where it arrives
 *
 * Return: the frame, the caller's; the test has ended where none comes.
 */
struct wire_frame *wire_test_frame(struct kunit *test, struct wire_port *port)
{
	struct wire_frame *frame = NULL;

	KUNIT_ASSERT_TRUE(test, RIG_WAIT((frame = wire_port_recv(port))));
	return frame;
}

/**
 * wire_test_wrong_bits() - compare a frame with one that was filled
 * @frame: the frame
 * @fill: each of its octets
 *
 * Return: how many bits differ.
 */
u32 wire_test_wrong_bits(const struct wire_frame *frame, u8 fill)
{
	u32 bits = 0;
	u32 i;

	for (i = 0; i < frame->len; i++)
		bits += hweight8(frame->data[i] ^ fill);
	return bits;
}

static void wire_test_connect(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port *c = wire_test_port(test);
	struct wire_port_counters counters;

	KUNIT_EXPECT_EQ(test, wire_connect(a, a), -EINVAL);
	KUNIT_EXPECT_EQ(test, wire_connect(a, b), 0);
	KUNIT_EXPECT_EQ(test, wire_connect(a, c), -EBUSY);
	KUNIT_EXPECT_EQ(test, wire_connect(c, b), -EBUSY);
	KUNIT_EXPECT_TRUE(test, wire_port_up(b));
	KUNIT_EXPECT_FALSE(test, wire_port_up(c));
	wire_test_send(test, a, 1);
	wire_disconnect(b);
	wire_disconnect(b);
	KUNIT_EXPECT_FALSE(test, wire_port_up(a));
	wire_test_send(test, a, 2);
	KUNIT_EXPECT_EQ(test, wire_connect(a, c), 0);
	wire_test_send(test, a, 3);
	KUNIT_EXPECT_EQ(test, wire_test_recv(b), 1);
	KUNIT_EXPECT_EQ(test, wire_test_recv(b), -1);
	KUNIT_EXPECT_EQ(test, wire_test_recv(c), 3);
	wire_port_counters(a, &counters);
	KUNIT_EXPECT_EQ(test, counters.sent, 3);
	KUNIT_EXPECT_EQ(test, counters.no_link, 1);
	KUNIT_EXPECT_EQ(test, counters.delivered, 2);
}

/* The bound of the FIFO, and that a refused frame stays the caller's. */
static void wire_test_backpressure(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	struct wire_port_counters counters;
	struct wire_frame *frame;
	u32 i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	for (i = 0; i < WIRE_FIFO_FRAMES; i++)
		wire_test_send(test, a, i);
	frame = wire_frame_alloc(4, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_EXPECT_EQ(test, wire_port_send(a, frame), -EAGAIN);
	wire_frame_free(frame);
	for (i = 0; i < WIRE_FIFO_FRAMES; i++)
		KUNIT_EXPECT_EQ(test, wire_test_recv(b), i);
	KUNIT_EXPECT_EQ(test, wire_test_recv(b), -1);
	wire_port_counters(a, &counters);
	KUNIT_EXPECT_EQ(test, counters.backpressure, 1);
	KUNIT_EXPECT_EQ(test, counters.sent, WIRE_FIFO_FRAMES);
}

#define IMPAIRED_FRAMES	900	/* fewer than the FIFO holds, with copies */

/* What arrives, in its order, of IMPAIRED_FRAMES frames; returns how many. */
static u32 wire_test_impaired(struct kunit *test, u64 seed, int *arrived,
			      struct wire_port_counters *counters)
{
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	u32 n = 0;
	u32 i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->impair.loss_ppm = 100000;
	a->impair.dup_ppm = 50000;
	a->impair.reorder_ppm = 50000;
	a->impair.gap = 5;
	wire_impair_seed(&a->impair, seed);
	/* With softirqs off the timer cannot end a wait before its time. */
	local_bh_disable();
	for (i = 0; i < IMPAIRED_FRAMES; i++) {
		struct wire_frame *frame = wire_frame_alloc(4, GFP_ATOMIC);

		if (!frame)
			break;
		memcpy(frame->data, &i, sizeof(i));
		if (wire_port_send(a, frame)) {
			wire_frame_free(frame);
			break;
		}
	}
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, i, IMPAIRED_FRAMES);
	/* What is still held comes by the timer. */
	msleep(WIRE_HOLD_MS * 5);
	while (n < 2 * IMPAIRED_FRAMES && (arrived[n] = wire_test_recv(b)) >= 0)
		n++;
	wire_port_counters(a, counters);
	return n;
}

/* The same seed does the same again, frame by frame; another does not. */
static void wire_test_seed(struct kunit *test)
{
	size_t size = 2 * IMPAIRED_FRAMES * sizeof(int);
	int *first = kunit_kzalloc(test, size, GFP_KERNEL);
	int *again = kunit_kzalloc(test, size, GFP_KERNEL);
	int *other = kunit_kzalloc(test, size, GFP_KERNEL);
	struct wire_port_counters c, c_again, c_other;
	u32 n, copies = 0;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_ASSERT_NOT_NULL(test, other);
	n = wire_test_impaired(test, 42, first, &c);
	KUNIT_EXPECT_EQ(test, n, wire_test_impaired(test, 42, again, &c_again));
	KUNIT_EXPECT_MEMEQ(test, first, again, size);
	KUNIT_EXPECT_MEMEQ(test, &c, &c_again, sizeof(c));
	wire_test_impaired(test, 43, other, &c_other);
	KUNIT_EXPECT_MEMNEQ(test, first, other, size);

	KUNIT_EXPECT_EQ(test, c.sent, IMPAIRED_FRAMES);
	KUNIT_EXPECT_EQ(test, c.delivered, n);
	KUNIT_EXPECT_EQ(test, c.sent, c.lost + c.delivered - c.duplicated);
	/* 90, 45 and some 40 expected: five standard deviations to each side. */
	KUNIT_EXPECT_GT(test, c.lost, 45);
	KUNIT_EXPECT_LT(test, c.lost, 135);
	KUNIT_EXPECT_GT(test, c.duplicated, 8);
	KUNIT_EXPECT_LT(test, c.duplicated, 80);
	KUNIT_EXPECT_GT(test, c.held, 8);
	KUNIT_EXPECT_LT(test, c.held, 80);
	KUNIT_EXPECT_GT(test, c.reordered, 8);
	KUNIT_EXPECT_LE(test, c.reordered, c.held);
	for (i = 1; i < n; i++)
		copies += first[i] == first[i - 1];
	KUNIT_EXPECT_EQ(test, copies, c.duplicated);
}

/* A held frame comes after exactly the gap, or when the timer says. */
static void wire_test_gap(struct kunit *test)
{
	static const int expected[] = { 1, 2, 3, 0, 4, 5, 6 };
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	u32 i;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	a->impair.gap = 3;
	/* The timer would end the wait on a slow machine. */
	local_bh_disable();
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		struct wire_frame *frame = wire_frame_alloc(4, GFP_ATOMIC);

		if (!frame)
			break;
		memcpy(frame->data, &i, sizeof(i));
		a->impair.reorder_ppm = i ? 0 : WIRE_PPM;
		wire_port_send(a, frame);
	}
	local_bh_enable();
	for (i = 0; i < ARRAY_SIZE(expected); i++)
		KUNIT_EXPECT_EQ(test, wire_test_recv(b), expected[i]);

	a->impair.reorder_ppm = WIRE_PPM;
	wire_test_send(test, a, 9);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(wire_test_recv(b) == 9));
}

#define PCAP_FILE_HEADER	24
#define PCAP_RECORD_HEADER	16

/**
 * struct wire_test_reader - an open capture file and user memory to read to
 * @inode: what open() looks at
 * @file: the open file
 * @buf: user memory, a page
 * @copy: the same octets, for looking at
 */
struct wire_test_reader {
	struct inode inode;
	struct file file;
	char __user *buf;
	u8 copy[PAGE_SIZE];
};

static struct wire_test_reader *wire_test_open(struct kunit *test,
					       struct wire_capture *cap)
{
	struct wire_test_reader *reader;

	reader = kunit_kzalloc(test, sizeof(*reader), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, reader);
	reader->buf = (char __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
						   PROT_READ | PROT_WRITE,
						   MAP_ANONYMOUS | MAP_PRIVATE,
						   0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)reader->buf);
	reader->inode.i_private = cap;
	reader->file.f_flags = O_NONBLOCK;
	KUNIT_ASSERT_EQ(test, 0, wire_capture_fops.open(&reader->inode,
							&reader->file));
	return reader;
}

static ssize_t wire_test_read(struct wire_test_reader *reader, size_t count)
{
	ssize_t ret = wire_capture_fops.read(&reader->file, reader->buf, count,
					     NULL);

	if (ret > 0 && copy_from_user(reader->copy, reader->buf, ret))
		return -EFAULT;
	return ret;
}

static u32 wire_test_u32(const struct wire_test_reader *reader, u32 at)
{
	u32 val;

	memcpy(&val, reader->copy + at, sizeof(val));
	return val;
}

/* What a reader finds: header, records cut to the snaplen, nothing, the end. */
static void wire_test_capture(struct kunit *test)
{
	struct wire_port *port = wire_port_create(&wire_test_ops, NULL, NULL);
	struct wire_test_reader *reader, *late;
	struct wire_frame *frame;
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, port);
	port->tx_capture.snaplen = 100;
	reader = wire_test_open(test, &port->tx_capture);
	for (i = 0; i < 2; i++) {
		frame = wire_frame_alloc(60 + i * 140, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, frame);
		nic_rig_fill(frame->data, frame->len, i);
		wire_port_send(port, frame);
	}
	late = wire_test_open(test, &port->tx_capture);

	KUNIT_EXPECT_EQ(test, wire_test_read(reader, 10), 10);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 0), 0xa1b23c4d);
	KUNIT_EXPECT_EQ(test, wire_test_read(reader, 14), 14);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 6), 100);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 10), 1);
	KUNIT_EXPECT_EQ(test, wire_test_read(reader, PAGE_SIZE),
			2 * PCAP_RECORD_HEADER + 60 + 100);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 8), 60);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 12), 60);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 76 + 8), 100);
	KUNIT_EXPECT_EQ(test, wire_test_u32(reader, 76 + 12), 200);
	KUNIT_EXPECT_EQ(test, reader->copy[16], 0);
	KUNIT_EXPECT_EQ(test, reader->copy[17], 7);
	KUNIT_EXPECT_EQ(test, reader->copy[76 + 17], 8);
	KUNIT_EXPECT_EQ(test, wire_test_read(reader, 10), -EAGAIN);

	wire_port_destroy(port);
	KUNIT_EXPECT_EQ(test, wire_test_read(reader, 10), 0);
	KUNIT_EXPECT_EQ(test, wire_test_read(late, PAGE_SIZE),
			PCAP_FILE_HEADER);
	KUNIT_EXPECT_EQ(test, wire_test_read(late, 10), 0);
	wire_capture_fops.release(&reader->inode, &reader->file);
	wire_capture_fops.release(&late->inode, &late->file);
}

/* A reader that sleeps loses whole records, and the loss is counted. */
static void wire_test_capture_full(struct kunit *test)
{
	const u32 record = PCAP_RECORD_HEADER + 64 * 1024;
	struct wire_port *port = wire_test_port(test);
	struct wire_test_reader *reader;
	struct wire_port_counters c;
	struct wire_frame *frame;
	size_t got = 0;
	ssize_t ret;
	int i;

	reader = wire_test_open(test, &port->tx_capture);
	for (i = 0; i < 300; i++) {
		frame = wire_frame_alloc(64 * 1024, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, frame);
		memset(frame->data, i, frame->len);
		wire_port_send(port, frame);
	}
	wire_port_counters(port, &c);
	KUNIT_EXPECT_EQ(test, c.capture_drops, 300 - 255);
	while ((ret = wire_test_read(reader, PAGE_SIZE)) > 0)
		got += ret;
	KUNIT_EXPECT_EQ(test, ret, -EAGAIN);
	KUNIT_EXPECT_EQ(test, got, PCAP_FILE_HEADER + 255 * record);
	wire_capture_fops.release(&reader->inode, &reader->file);
}

/*
 * With pause frames a full FIFO holds the sender back; without, on either side,
 * what finds it full is lost, and both ends count it.
 */
static void wire_test_pause(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test), *b = wire_test_port(test);
	struct wire_port_counters at_a, at_b;
	struct wire_frame *frame;
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, wire_connect(a, b));
	for (i = 0; i < WIRE_FIFO_FRAMES; i++)
		wire_test_send(test, a, i);
	frame = wire_frame_alloc(60, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_EXPECT_EQ(test, wire_port_send(a, frame), -EAGAIN);
	KUNIT_EXPECT_EQ(test, wire_port_send(a, frame), -EAGAIN);
	wire_port_set_pause(a, true, false);
	KUNIT_EXPECT_EQ(test, wire_port_send(a, frame), 0);
	wire_port_set_pause(a, true, true);
	wire_port_set_pause(b, false, true);
	wire_test_send(test, a, i);
	for (i = 0; i < WIRE_FIFO_FRAMES; i++)
		KUNIT_EXPECT_EQ(test, wire_test_recv(b), i);
	KUNIT_EXPECT_EQ(test, wire_test_recv(b), -1);
	wire_port_counters(a, &at_a);
	wire_port_counters(b, &at_b);
	KUNIT_EXPECT_EQ(test, at_a.overrun, 2);
	KUNIT_EXPECT_EQ(test, at_a.sent, WIRE_FIFO_FRAMES + 2);
	KUNIT_EXPECT_EQ(test, at_b.missed, 2);
	KUNIT_EXPECT_EQ(test, at_b.received, WIRE_FIFO_FRAMES);
	/* One to stop, one to go on. */
	KUNIT_EXPECT_EQ(test, at_b.pauses_sent, 2);
	KUNIT_EXPECT_EQ(test, at_a.pauses_heard, 2);
	KUNIT_EXPECT_EQ(test, at_a.pauses_sent, 0);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(wire_test_connect),
	KUNIT_CASE(wire_test_backpressure),
	KUNIT_CASE(wire_test_pause),
	KUNIT_CASE(wire_test_seed),
	KUNIT_CASE(wire_test_gap),
	KUNIT_CASE(wire_test_capture),
	KUNIT_CASE_SLOW(wire_test_capture_full),
	{}
};

struct kunit_suite wire_suite = {
	.name = "nsim_wire",
	.test_cases = wire_cases,
};
