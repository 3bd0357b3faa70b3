// SPDX-License-Identifier: GPL-2.0
/*
 * Replay: a classic pcap, written to a file in debugfs, goes out frame by frame
 * as if the hardware of this port had sent it. Impairments and captures apply.
 * Time stamps do not: frames go as fast as the wire takes them.
 */

#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/if_ether.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swab.h>
#include <linux/uaccess.h>

#include "wire_port.h"

#define PCAP_MAGIC_US		0xa1b2c3d4
#define PCAP_MAGIC_NS		0xa1b23c4d
#define PCAP_MAGIC_NG		0x0a0d0d0a
#define PCAP_LINKTYPE_ETHERNET	1
#define PCAP_FILE_WORDS		6
#define PCAP_RECORD_WORDS	4
#define WIRE_REPLAY_MAX		9728	/* octets of a frame, as NIC_MAX_FRAME */

/**
 * struct wire_replay - a replay under way
 * @node: among the port's
 * @mutex: one writer at a time
 * @port: sends the frames; NULL when it has gone. Writing keeps it.
 * @swapped: written on a machine of the other byte order
 * @begun: the file's header was read
 * @failed: errno after which nothing is taken any more
 * @head: the header being read, file's or record's
 * @got: octets of it, or of @frame when there is one
 * @records: records begun
 * @frame: the frame being read
 */
struct wire_replay {
	struct list_head node;
	struct mutex mutex; /* all of it */
	struct wire_port *port;
	bool swapped;
	bool begun;
	int failed;
	u32 head[PCAP_FILE_WORDS];
	u32 got;
	u64 records;
	struct wire_frame *frame;
};

/* Serialises opening and closing of replays with the end of a port. */
static DEFINE_MUTEX(wire_replay_mutex);

static int wire_replay_fail(struct wire_replay *replay, const char *why)
{
	atomic64_inc(&replay->port->replay_errors);
	pr_notice("wire: %s: replay: record %llu: %s\n",
		  wire_port_name(replay->port), replay->records, why);
	replay->failed = -EINVAL;
	return replay->failed;
}

static u32 wire_replay_word(const struct wire_replay *replay, unsigned int i)
{
	return replay->swapped ? swab32(replay->head[i]) : replay->head[i];
}

static int wire_replay_file_header(struct wire_replay *replay)
{
	u32 magic = replay->head[0];

	if (magic == PCAP_MAGIC_NG)
		return wire_replay_fail(replay,
					"pcapng: make it a classic pcap");
	replay->swapped = magic == swab32(PCAP_MAGIC_US) ||
			  magic == swab32(PCAP_MAGIC_NS);
	magic = wire_replay_word(replay, 0);
	if (magic != PCAP_MAGIC_US && magic != PCAP_MAGIC_NS)
		return wire_replay_fail(replay, "no pcap: wrong magic number");
	/* Above the link type are bits that tell of an FCS. */
	if (wire_replay_word(replay, 5) != PCAP_LINKTYPE_ETHERNET)
		return wire_replay_fail(replay,
					"not Ethernet frames without FCS");
	replay->begun = true;
	return 0;
}

static int wire_replay_record_header(struct wire_replay *replay)
{
	u32 caplen = wire_replay_word(replay, 2);
	u32 len = wire_replay_word(replay, 3);

	replay->records++;
	if (caplen != len)
		return wire_replay_fail(replay,
					"the capture does not hold the whole frame");
	if (len < ETH_HLEN)
		return wire_replay_fail(replay,
					"shorter than an Ethernet header");
	if (len > WIRE_REPLAY_MAX)
		return wire_replay_fail(replay, "longer than 9728 octets");
	replay->frame = wire_frame_alloc(len, GFP_KERNEL);
	return replay->frame ? 0 : -ENOMEM;
}

/* The wire may be full: then so long as it takes, or until a signal. */
static int wire_replay_send(struct wire_replay *replay)
{
	while (wire_port_send(replay->port, replay->frame)) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		schedule_timeout_interruptible(1);
	}
	replay->frame = NULL;
	atomic64_inc(&replay->port->replayed);
	return 0;
}

/* The piece of header or frame that is complete now. */
static int wire_replay_piece(struct wire_replay *replay)
{
	int err;

	if (replay->frame)
		err = wire_replay_send(replay);
	else if (replay->begun)
		err = wire_replay_record_header(replay);
	else
		err = wire_replay_file_header(replay);
	if (!err)
		replay->got = 0;
	return err;
}

static u32 wire_replay_piece_len(const struct wire_replay *replay)
{
	if (replay->frame)
		return replay->frame->len;
	return sizeof(u32) * (replay->begun ? PCAP_RECORD_WORDS :
					      PCAP_FILE_WORDS);
}

/*
 * Under the mutex. Takes octets up to the end of a piece. Where the piece could
 * not be dealt with (a signal, no memory) they are the writer's to write again.
 */
static ssize_t wire_replay_take(struct wire_replay *replay,
				const char __user *buf, size_t count)
{
	u32 len = wire_replay_piece_len(replay);
	u32 n = min_t(size_t, count, len - replay->got);
	u8 *to = replay->frame ? replay->frame->data : (u8 *)replay->head;
	int err;

	if (copy_from_user(to + replay->got, buf, n))
		return -EFAULT;
	replay->got += n;
	if (replay->got < len)
		return n;
	err = wire_replay_piece(replay);
	return err ?: n;
}

static ssize_t wire_replay_write(struct file *file, const char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct wire_replay *replay = file->private_data;
	size_t done = 0;
	ssize_t n = 0;
	u32 before;

	if (mutex_lock_interruptible(&replay->mutex))
		return -ERESTARTSYS;
	if (replay->failed)
		n = replay->failed;
	while (n >= 0 && done < count) {
		/* A capture of many short frames takes long in one write. */
		if (fatal_signal_pending(current)) {
			n = -EINTR;
			break;
		}
		cond_resched();
		before = replay->got;
		n = wire_replay_take(replay, buf + done, count - done);
		if (n < 0 && !replay->failed)
			replay->got = before;
		else if (n > 0)
			done += n;
	}
	mutex_unlock(&replay->mutex);
	/* What is wrong is said at once, not at the next write. */
	if (replay->failed || !done)
		return replay->failed ?: n;
	return done;
}

static int wire_replay_open(struct inode *inode, struct file *file)
{
	struct wire_replay *replay;

	replay = kzalloc(sizeof(*replay), GFP_KERNEL);
	if (!replay)
		return -ENOMEM;
	mutex_init(&replay->mutex);
	replay->port = inode->i_private;
	file->private_data = replay;
	mutex_lock(&wire_replay_mutex);
	list_add(&replay->node, &replay->port->replays);
	mutex_unlock(&wire_replay_mutex);
	return nonseekable_open(inode, file);
}

static int wire_replay_release(struct inode *inode, struct file *file)
{
	struct wire_replay *replay = file->private_data;

	mutex_lock(&wire_replay_mutex);
	if (replay->port) {
		if (!replay->failed && (replay->got || replay->frame))
			wire_replay_fail(replay,
					 "the file ends within a record");
		list_del(&replay->node);
	}
	mutex_unlock(&wire_replay_mutex);
	wire_frame_free(replay->frame);
	kfree(replay);
	return 0;
}

/**
 * wire_replay_end() - the port goes: replays that are open have none now
 * @port: its files in debugfs are gone
 *
 * Context: process context.
 */
void wire_replay_end(struct wire_port *port)
{
	struct wire_replay *replay, *next;

	mutex_lock(&wire_replay_mutex);
	list_for_each_entry_safe(replay, next, &port->replays, node) {
		list_del(&replay->node);
		replay->port = NULL;
	}
	mutex_unlock(&wire_replay_mutex);
}

/* Not static only so that tests can open and write one. */
const struct file_operations wire_replay_fops = {
	.owner = THIS_MODULE,
	.open = wire_replay_open,
	.release = wire_replay_release,
	.write = wire_replay_write,
};
EXPORT_SYMBOL_IF_KUNIT(wire_replay_fops);
