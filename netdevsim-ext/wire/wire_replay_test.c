// SPDX-License-Identifier: GPL-2.0
/* Replay: captures as they are written, whole, in pieces, and bad ones. */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/if_ether.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "wire_test_port.h"

/**
 * struct replay_pcap - an open replay file, and user memory to write from
 * @inode: what open() looks at
 * @file: the open file
 * @buf: user memory, a page
 */
struct replay_pcap {
	struct inode inode;
	struct file file;
	char __user *buf;
};

static struct replay_pcap *replay_pcap_open(struct kunit *test,
					    struct wire_port *port)
{
	struct replay_pcap *pcap = kunit_kzalloc(test, sizeof(*pcap), GFP_KERNEL);

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

static void replay_pcap_close(struct replay_pcap *pcap)
{
	wire_replay_fops.release(&pcap->inode, &pcap->file);
}

static ssize_t replay_pcap_write(struct replay_pcap *pcap, const void *data,
				 size_t len)
{
	if (copy_to_user(pcap->buf, data, len))
		return -EFAULT;
	return wire_replay_fops.write(&pcap->file, pcap->buf, len, NULL);
}

/* A capture of one frame of @len octets, @cap of them kept. */
static u32 replay_pcap(u8 *dst, u32 magic, u32 linktype, u32 cap, u32 len)
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
	struct replay_pcap *file;
	u32 len, step, at, n;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	len = replay_pcap(pcap, 0xa1b2c3d4, 1, 60, 60);
	for (step = 1; step <= len; step += 33) {
		file = replay_pcap_open(test, a);
		for (at = 0; at < len; at += n) {
			n = min(step, len - at);
			KUNIT_ASSERT_EQ(test, n,
					replay_pcap_write(file, pcap + at, n));
		}
		replay_pcap_close(file);
		frame = wire_test_frame(test, b);
		KUNIT_EXPECT_EQ(test, frame->len, 60);
		KUNIT_EXPECT_EQ(test, 0, wire_test_wrong_bits(frame, 0x5a));
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
	struct replay_pcap *file;
	u32 len;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	replay_pcap(pcap, swab32(0xa1b23c4d), swab32(1), 0, 0);
	len = replay_pcap(pcap, swab32(0xa1b23c4d), swab32(1), 20, 20);
	((u32 *)pcap)[8] = swab32(20);
	((u32 *)pcap)[9] = swab32(20);
	file = replay_pcap_open(test, a);
	KUNIT_EXPECT_EQ(test, len, replay_pcap_write(file, pcap, len));
	replay_pcap_close(file);
	frame = wire_test_frame(test, b);
	KUNIT_EXPECT_EQ(test, frame->len, 20);
	wire_frame_free(frame);
}

/**
 * struct replay_bad_pcap - something that is no capture of Ethernet frames
 * @name: what is wrong
 * @magic: of the file
 * @linktype: of the file
 * @cap: octets kept
 * @len: octets of the frame
 */
struct replay_bad_pcap {
	const char *name;
	u32 magic;
	u32 linktype;
	u32 cap;
	u32 len;
};

static const struct replay_bad_pcap replay_bad_pcaps[] = {
	{ "not a pcap", 0x12345678, 1, 60, 60 },
	{ "pcapng", 0x0a0d0d0a, 1, 60, 60 },
	{ "raw IP", 0xa1b2c3d4, 101, 60, 60 },
	{ "cut short", 0xa1b2c3d4, 1, 60, 61 },
	{ "no whole header", 0xa1b2c3d4, 1, 13, 13 },
	{ "too long", 0xa1b2c3d4, 1, 100, 0x7fffffff },
};

KUNIT_ARRAY_PARAM_DESC(replay_bad_pcap, replay_bad_pcaps, name);

static void wire_replay_bad(struct kunit *test)
{
	const struct replay_bad_pcap *bad = test->param_value;
	struct wire_port *a = wire_test_port(test);
	struct wire_port *b = wire_test_port(test);
	u8 *pcap = nic_rig_octets(test, 256);
	struct wire_port_counters c;
	struct replay_pcap *file;
	u32 len;

	KUNIT_ASSERT_EQ(test, wire_connect(a, b), 0);
	len = replay_pcap(pcap, bad->magic, bad->linktype, bad->cap, bad->len);
	file = replay_pcap_open(test, a);
	KUNIT_EXPECT_EQ(test, -EINVAL, replay_pcap_write(file, pcap, len));
	KUNIT_EXPECT_EQ(test, -EINVAL, replay_pcap_write(file, pcap, len));
	replay_pcap_close(file);
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
	struct replay_pcap *file;
	u32 len;

	len = replay_pcap(pcap, 0xa1b2c3d4, 1, 60, 60) - 1;
	file = replay_pcap_open(test, a);
	KUNIT_EXPECT_EQ(test, len, replay_pcap_write(file, pcap, len));
	replay_pcap_close(file);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.replay_errors, 1);
	KUNIT_EXPECT_EQ(test, c.sent, 0);
}

/* A writer that is being killed sends no more; what it wrote stays begun. */
static void wire_replay_killed(struct kunit *test)
{
	struct wire_port *a = wire_test_port(test);
	u8 *pcap = nic_rig_octets(test, 256);
	struct wire_port_counters c;
	struct replay_pcap *file;
	ssize_t ret;
	u32 len;

	len = replay_pcap(pcap, 0xa1b2c3d4, 1, 60, 60);
	file = replay_pcap_open(test, a);
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	ret = replay_pcap_write(file, pcap, len);
	flush_signals(current);
	disallow_signal(SIGKILL);
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	KUNIT_EXPECT_EQ(test, len, replay_pcap_write(file, pcap, len));
	replay_pcap_close(file);
	wire_port_counters(a, &c);
	KUNIT_EXPECT_EQ(test, c.sent, 1);
	KUNIT_EXPECT_EQ(test, c.replay_errors, 0);
}

static struct kunit_case wire_replay_cases[] = {
	KUNIT_CASE(wire_replay_pieces),
	KUNIT_CASE(wire_replay_swapped),
	KUNIT_CASE_PARAM(wire_replay_bad, replay_bad_pcap_gen_params),
	KUNIT_CASE(wire_replay_short),
	KUNIT_CASE(wire_replay_killed),
	{}
};

struct kunit_suite wire_replay_suite = {
	.name = "nsim_wire_replay",
	.test_cases = wire_replay_cases,
};
