/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the wire share; nobody else includes this. */
#ifndef NSIM_WIRE_PORT_H
#define NSIM_WIRE_PORT_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "wire.h"

#define WIRE_FIFO_FRAMES	1024	/* then the sender is held back */
#define WIRE_PPM		1000000
#define WIRE_REORDER_GAP_MAX	64
#define WIRE_HOLD_MS		10	/* a held frame never waits longer */
#define WIRE_SNAPLEN_MAX	262144	/* what tcpdump takes for no limit */
#define WIRE_LINE_FRAMES	4096	/* under way, then the sender is held back */
#define WIRE_QUEUE_FRAMES	16	/* that wait for the line, likewise */
#define WIRE_SWITCH_QUEUE	256	/* ... at the port of a switch, which loses more */
#define WIRE_FRAME_EXTRA	24	/* preamble, FCS and gap, in a frame's time */
#define WIRE_DELAY_MAX		(10 * NSEC_PER_SEC)
#define WIRE_KNOBS		10

/**
 * struct wire_verdict - what the dice say about one frame
 * @lose: it is lost
 * @duplicate: it arrives twice
 * @hold: later frames overtake it
 * @corrupt: one bit of it changes
 * @bit: which one, as a fraction of the frame
 */
struct wire_verdict {
	bool lose;
	bool duplicate;
	bool hold;
	bool corrupt;
	u32 bit;
};

/**
 * struct wire_impair - impairments of a port's transmit direction
 * @rnd: dice, drawn the same number of times for every frame
 * @corrupt_rnd: dice of corruption, drawn likewise
 * @seed: what they were seeded with
 * @loss_ppm: chance of loss, per million frames
 * @dup_ppm: chance of a duplicate
 * @reorder_ppm: chance of being held back
 * @corrupt_ppm: chance of one wrong bit
 * @gap: later frames that a held one waits for
 */
struct wire_impair {
	struct rnd_state rnd;
	struct rnd_state corrupt_rnd;
	u64 seed;
	u64 loss_ppm;
	u64 dup_ppm;
	u64 reorder_ppm;
	u64 corrupt_ppm;
	u64 gap;
};

/**
 * struct wire_line - how fast and how far a port's transmit direction is
 * @rate_bps: bit/s; 0: no limit
 * @latency_ns: from the last bit sent to the arrival
 * @jitter_ns: at most this much is added, evenly spread; frames stay in order
 * @rnd: dice of jitter
 * @free: when the last bit of what was sent so far has left
 * @last: when the last frame under way arrives
 * @owed: how far the line may be behind the clock, ns: see wire_line_begin()
 * @queue: frames that have not left yet, in order: the egress queue
 * @queued: their number
 * @queue_max: the most that may be in it
 * @frames: those that have left, in order
 * @nr: number of all
 * @sender_waits: the sender was told -EAGAIN
 * @refused: it was, because the queue was full, and has sent nothing since
 * @wake: when it may go on
 * @timer: at the next arrival, or at @wake
 */
struct wire_line {
	u64 rate_bps;
	u64 latency_ns;
	u64 jitter_ns;
	struct rnd_state rnd;
	ktime_t free;
	ktime_t last;
	s64 owed;
	struct list_head queue;
	u32 queued;
	u64 queue_max;
	struct list_head frames;
	unsigned int nr;
	bool sender_waits;
	bool refused;
	ktime_t wake;
	struct hrtimer timer;
};

struct wire_knob_row;

/**
 * struct wire_knob - a setting of a port, as debugfs finds it
 * @port: the port
 * @row: which setting
 */
struct wire_knob {
	struct wire_port *port;
	const struct wire_knob_row *row;
};

/**
 * struct wire_capture - one direction of a port, for any number of readers
 * @lock: guards @readers
 * @readers: open captures
 * @snaplen: octets kept of a frame, for captures opened from now on
 * @drops: records that found a reader's ring full
 */
struct wire_capture {
	spinlock_t lock; /* readers */
	struct list_head readers;
	u32 snaplen;
	u64 drops;
};

/**
 * struct wire_held - a frame that waits to be overtaken
 * @frame: the frame
 * @left: later frames still to come
 * @duplicate: deliver it twice
 * @overtaken: a later frame was delivered meanwhile
 */
struct wire_held {
	struct wire_frame *frame;
	u32 left;
	bool duplicate;
	bool overtaken;
};

/**
 * struct wire_port - one end of a wire
 * @ops: how to wake the owner
 * @priv: the owner's
 * @peer: the other end; RCU, written under the wire's mutex
 * @tx_lock: guards the transmit direction: @impair, @held and their order
 * @rx_lock: guards the FIFO; nests inside the sender's @tx_lock
 * @fifo: frames that have arrived
 * @fifo_len: their number
 * @sender_waits: the sender was told -EAGAIN
 * @send_pause: the sender is told so; else what finds the FIFO full is lost
 * @heed_pause: as a sender it waits when it is told to
 * @stamps: the owner wants to know when frames arrive
 * @impair: impairments of what is sent from here
 * @line: rate, latency, and the frames under way; under @tx_lock
 * @held: frames waiting to be overtaken, oldest first
 * @nr_held: their number; at most the gap, as each frame sent ages all
 * @hold_timer: ends the wait when no frames follow
 * @tx_capture: frames as they leave, before impairments
 * @rx_capture: frames as they arrive
 * @name: for people
 * @dir: debugfs folder
 * @knobs: settings in it
 * @replays: open replays
 * @replayed: frames that a replay sent
 * @replay_errors: replays that were no capture
 * @pauses_sent: pause frames to the far end
 * @pauses_heard: pause frames from it
 * @counters: tx ones under @tx_lock, received under @rx_lock
 */
struct wire_port {
	const struct wire_port_ops *ops;
	void *priv;
	struct wire_port __rcu *peer;
	spinlock_t tx_lock; /* impair, held, their order */
	spinlock_t rx_lock; /* fifo; inside the sender's tx_lock */
	struct list_head fifo;
	unsigned int fifo_len;
	bool sender_waits;
	bool send_pause;
	bool heed_pause;
	bool stamps;
	struct wire_impair impair;
	struct wire_line line;
	struct wire_held held[WIRE_REORDER_GAP_MAX + 1];
	unsigned int nr_held;
	struct timer_list hold_timer;
	struct wire_capture tx_capture;
	struct wire_capture rx_capture;
	char name[WIRE_NAME_LEN];
	struct dentry *dir;
	struct wire_knob knobs[WIRE_KNOBS];
	struct list_head replays;
	atomic64_t replayed;
	atomic64_t replay_errors;
	atomic64_t pauses_sent;
	atomic64_t pauses_heard;
	struct wire_port_counters counters;
};

void wire_impair_init(struct wire_impair *impair);
void wire_impair_seed(struct wire_impair *impair, u64 seed);
struct wire_verdict wire_impair_roll(struct wire_impair *impair);

void wire_line_init(struct wire_port *port);
void wire_line_seed(struct wire_line *line, u64 seed);
bool wire_line_idle(const struct wire_line *line);
bool wire_line_has_room(struct wire_port *port);
void wire_line_add(struct wire_port *port, struct wire_frame *frame);
void wire_line_set_rate(struct wire_port *port, u64 rate_bps);
void wire_line_cut(struct wire_port *port);
void wire_line_end(struct wire_line *line);
void wire_arrive(struct wire_port *port, struct wire_port *to,
		 struct wire_frame *frame);
struct wire_port *wire_route(struct wire_port *from);
void wire_tx_cut(struct wire_port *port);
void wire_count_pause(struct wire_port *port, struct wire_port *from);
void wire_hold_timeout(struct timer_list *timer);

extern const struct file_operations wire_replay_fops;
void wire_replay_end(struct wire_port *port);

extern const struct file_operations wire_capture_fops;
void wire_capture_init(struct wire_capture *cap);
void wire_capture_frame(struct wire_capture *cap,
			const struct wire_frame *frame);
void wire_capture_end(struct wire_capture *cap);
void wire_capture_debugfs(struct wire_capture *cap, const char *name,
			  struct dentry *dir);

void wire_port_debugfs(struct wire_port *port, struct dentry *ddir);

#endif
