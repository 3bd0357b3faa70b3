// SPDX-License-Identifier: GPL-2.0
/*
 * Captures of the wire: a file that streams classic pcap. Every open file has
 * a ring of its own, so that a slow reader harms only itself, and lives on
 * when the port goes: what it holds can still be read, then comes end of file.
 */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include "wire_port.h"

#define WIRE_CAPTURE_RING	(16 * 1024 * 1024)	/* a power of two */

#define PCAP_MAGIC_NS		0xa1b23c4d
#define PCAP_LINKTYPE_ETHERNET	1

/* The file's header, in the byte order of the machine that wrote it. */
struct pcap_file_header {
	u32 magic;
	u16 version_major;
	u16 version_minor;
	s32 thiszone;
	u32 sigfigs;
	u32 snaplen;
	u32 linktype;
};

struct pcap_record_header {
	u32 sec;
	u32 nsec;
	u32 caplen;
	u32 len;
};

/**
 * struct wire_reader - an open capture
 * @node: among the capture's readers; guarded by its lock
 * @cap: the capture, NULL after its port has gone; guarded by
 *	wire_capture_mutex
 * @wait: where a reader sleeps
 * @mutex: one reader at a time takes octets out
 * @ring: WIRE_CAPTURE_RING octets
 * @head: octets put in, ever; written under the capture's lock
 * @tail: octets taken out, ever; written under @mutex
 * @snaplen: octets kept of a frame
 * @drops: records that found no room
 * @ended: no more will come
 */
struct wire_reader {
	struct list_head node;
	struct wire_capture *cap;
	wait_queue_head_t wait;
	struct mutex mutex; /* tail */
	u8 *ring;
	size_t head;
	size_t tail;
	u32 snaplen;
	u64 drops;
	bool ended;
};

/* Serialises opening and closing of captures with the end of a port. */
static DEFINE_MUTEX(wire_capture_mutex);

/**
 * wire_capture_init() - a capture without readers
 * @cap: one direction of a port
 */
void wire_capture_init(struct wire_capture *cap)
{
	spin_lock_init(&cap->lock);
	INIT_LIST_HEAD(&cap->readers);
	cap->snaplen = WIRE_SNAPLEN_MAX;
	cap->drops = 0;
}

static size_t wire_reader_put(struct wire_reader *reader, size_t pos,
			      const void *src, size_t len)
{
	size_t off = pos & (WIRE_CAPTURE_RING - 1);
	size_t first = min_t(size_t, len, WIRE_CAPTURE_RING - off);

	memcpy(reader->ring + off, src, first);
	memcpy(reader->ring, src + first, len - first);
	return pos + len;
}

/* Under the capture's lock. A record goes in whole or not at all. */
static bool wire_reader_record(struct wire_reader *reader,
			       const struct wire_frame *frame,
			       const struct timespec64 *now)
{
	struct pcap_record_header record = {
		.sec = now->tv_sec,
		.nsec = now->tv_nsec,
		.caplen = min(frame->len, reader->snaplen),
		.len = frame->len,
	};
	/* Pairs with the release in wire_reader_get(): room is really free. */
	size_t used = reader->head - smp_load_acquire(&reader->tail);
	size_t pos = reader->head;

	if (sizeof(record) + record.caplen > WIRE_CAPTURE_RING - used) {
		reader->drops++;
		return false;
	}
	pos = wire_reader_put(reader, pos, &record, sizeof(record));
	pos = wire_reader_put(reader, pos, frame->data, record.caplen);
	/* Pairs with the acquire in wire_reader_get(): octets before head. */
	smp_store_release(&reader->head, pos);
	return true;
}

/**
 * wire_capture_frame() - give a frame to every open capture
 * @cap: the direction
 * @frame: the frame; only read
 *
 * Context: softirqs off, under the lock that orders the direction.
 */
void wire_capture_frame(struct wire_capture *cap,
			const struct wire_frame *frame)
{
	struct wire_reader *reader;
	struct timespec64 now;

	/* A capture begins at some frame or the next one: no lock to look. */
	if (list_empty_careful(&cap->readers))
		return;

	ktime_get_real_ts64(&now);
	spin_lock(&cap->lock);
	list_for_each_entry(reader, &cap->readers, node) {
		if (!wire_reader_record(reader, frame, &now))
			WRITE_ONCE(cap->drops, cap->drops + 1);
		else if (wq_has_sleeper(&reader->wait))
			wake_up_interruptible(&reader->wait);
	}
	spin_unlock(&cap->lock);
}

/**
 * wire_capture_end() - no more frames will come: readers get end of file
 * @cap: the direction of a port that goes away
 *
 * Context: process context. No open() of this capture may be under way.
 */
void wire_capture_end(struct wire_capture *cap)
{
	struct wire_reader *reader, *next;

	mutex_lock(&wire_capture_mutex);
	spin_lock_bh(&cap->lock);
	list_for_each_entry_safe(reader, next, &cap->readers, node) {
		list_del_init(&reader->node);
		reader->cap = NULL;
		/* Pairs with the acquire in wire_reader_ready(). */
		smp_store_release(&reader->ended, true);
		wake_up_interruptible(&reader->wait);
	}
	spin_unlock_bh(&cap->lock);
	mutex_unlock(&wire_capture_mutex);
}

static int wire_capture_open(struct inode *inode, struct file *file)
{
	struct wire_capture *cap = inode->i_private;
	struct pcap_file_header header = {
		.magic = PCAP_MAGIC_NS,
		.version_major = 2,
		.version_minor = 4,
		.linktype = PCAP_LINKTYPE_ETHERNET,
	};
	struct wire_reader *reader;

	BUILD_BUG_ON(!is_power_of_2(WIRE_CAPTURE_RING));

	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;
	reader->ring = vmalloc(WIRE_CAPTURE_RING);
	if (!reader->ring) {
		kfree(reader);
		return -ENOMEM;
	}
	init_waitqueue_head(&reader->wait);
	mutex_init(&reader->mutex);
	reader->cap = cap;
	reader->snaplen = READ_ONCE(cap->snaplen);
	header.snaplen = reader->snaplen;
	reader->head = wire_reader_put(reader, 0, &header, sizeof(header));
	file->private_data = reader;

	mutex_lock(&wire_capture_mutex);
	spin_lock_bh(&cap->lock);
	list_add_tail(&reader->node, &cap->readers);
	spin_unlock_bh(&cap->lock);
	mutex_unlock(&wire_capture_mutex);
	return nonseekable_open(inode, file);
}

static int wire_capture_release(struct inode *inode, struct file *file)
{
	struct wire_reader *reader = file->private_data;

	mutex_lock(&wire_capture_mutex);
	if (reader->cap) {
		spin_lock_bh(&reader->cap->lock);
		list_del(&reader->node);
		spin_unlock_bh(&reader->cap->lock);
	}
	mutex_unlock(&wire_capture_mutex);

	if (reader->drops)
		pr_notice("wire: a capture lost %llu frames: read too slowly\n",
			  reader->drops);
	vfree(reader->ring);
	kfree(reader);
	return 0;
}

static bool wire_reader_ready(struct wire_reader *reader, bool *ended)
{
	/*
	 * Pairs with the release in wire_capture_end(). Before head is looked
	 * at: what was put in before the end must be seen.
	 */
	*ended = smp_load_acquire(&reader->ended);
	return READ_ONCE(reader->head) != READ_ONCE(reader->tail) || *ended;
}

/* Under the reader's mutex: octets copied, or -EFAULT. */
static ssize_t wire_reader_get(struct wire_reader *reader, char __user *buf,
			       size_t count)
{
	/* Pairs with the release in wire_reader_record(). */
	size_t head = smp_load_acquire(&reader->head);
	size_t tail = reader->tail;
	size_t copied = 0;

	count = min(count, head - tail);
	while (copied < count) {
		size_t off = tail & (WIRE_CAPTURE_RING - 1);
		size_t len = min_t(size_t, count - copied,
				   WIRE_CAPTURE_RING - off);
		size_t left = copy_to_user(buf + copied, reader->ring + off,
					   len);

		tail += len - left;
		copied += len - left;
		if (left)
			break;
	}
	/* Pairs with the acquire in wire_reader_record(): octets are out. */
	smp_store_release(&reader->tail, tail);
	return copied || !count ? copied : -EFAULT;
}

static ssize_t wire_capture_read(struct file *file, char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct wire_reader *reader = file->private_data;
	ssize_t ret;
	bool ended;

	if (!count)
		return 0;
	for (;;) {
		if (mutex_lock_interruptible(&reader->mutex))
			return -ERESTARTSYS;
		wire_reader_ready(reader, &ended);
		ret = wire_reader_get(reader, buf, count);
		mutex_unlock(&reader->mutex);
		if (ret || ended)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(reader->wait,
					       wire_reader_ready(reader,
								 &ended));
		if (ret)
			return ret;
	}
}

static __poll_t wire_capture_poll(struct file *file, poll_table *table)
{
	struct wire_reader *reader = file->private_data;
	__poll_t mask = 0;
	bool ended;

	poll_wait(file, &reader->wait, table);
	if (wire_reader_ready(reader, &ended))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (ended)
		mask |= EPOLLHUP;
	return mask;
}

/* Not static only so that tests can open and read a capture. */
const struct file_operations wire_capture_fops = {
	.owner = THIS_MODULE,
	.open = wire_capture_open,
	.release = wire_capture_release,
	.read = wire_capture_read,
	.poll = wire_capture_poll,
};
EXPORT_SYMBOL_IF_KUNIT(wire_capture_fops);

/**
 * wire_capture_debugfs() - make the file of a capture
 * @cap: the direction
 * @name: the file's name
 * @dir: its folder
 *
 * The file is an "unsafe" one to debugfs, which would else wait for readers
 * that sleep when the folder is removed, and cut the others off from what they
 * have not read. wire_capture_end() does what debugfs then leaves undone.
 *
 * Context: process context.
 */
void wire_capture_debugfs(struct wire_capture *cap, const char *name,
			  struct dentry *dir)
{
	debugfs_create_file_unsafe(name, 0400, dir, cap, &wire_capture_fops);
}
