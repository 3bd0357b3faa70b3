/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire: frames between the ports of modelled NICs. It knows octets, not
 * skbs. Each port owns its transmit direction: impairments and captures.
 */
#ifndef NSIM_WIRE_H
#define NSIM_WIRE_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/types.h>

struct dentry;
struct wire_port;

#define WIRE_NAME_LEN		32	/* of ports and switches, with the 0 */

/**
 * struct wire_frame - one Ethernet frame without FCS
 * @node: for whoever owns the frame
 * @left: when its last bit leaves the port; the wire's
 * @delay: from then to its arrival, ns; the wire's
 * @due: when it arrives; the wire's
 * @copy: made by duplication; the wire's
 * @arrived: when it did, by CLOCK_MONOTONIC, where the receiver asked for that;
 *	else 0
 * @sent: gets the time at which its last bit leaves, before wire_port_send()
 *	returns 0; NULL: nobody asks
 * @len: octets
 * @data: the octets
 */
struct wire_frame {
	struct list_head node;
	ktime_t left;
	u64 delay;
	ktime_t due;
	bool copy;
	ktime_t arrived;
	ktime_t *sent;
	u32 len;
	u8 data[];
};

/**
 * struct wire_port_ops - how the wire wakes the hardware that owns a port
 * @rx_ready: frames wait in the port's receive FIFO. Process or softirq
 *	context, softirqs off.
 * @tx_ready: the far FIFO has room again after wire_port_send() said -EAGAIN.
 *	Process or softirq context, softirqs off.
 * @link_change: the port was connected or disconnected. Process context, may
 *	not connect or disconnect.
 *
 * None is called after wire_port_destroy() has returned.
 */
struct wire_port_ops {
	void (*rx_ready)(void *priv);
	void (*tx_ready)(void *priv);
	void (*link_change)(void *priv, bool up);
};

/**
 * struct wire_port_counters - what a port counted, since creation
 * @sent: frames given to wire_port_send() and consumed by it
 * @delivered: frames put into the far FIFO, duplicates included
 * @lost: frames lost by impairment
 * @duplicated: copies made by impairment
 * @held: frames delayed to be reordered
 * @reordered: held frames that a later one has really overtaken
 * @corrupted: frames of which impairment changed a bit
 * @delayed: frames that rate, latency or jitter let wait
 * @no_link: frames dropped because nothing was connected
 * @cut: frames that were queued, under way or held when the wire was cut
 * @no_memory: copies not made for want of memory
 * @backpressure: times that wire_port_send() said -EAGAIN
 * @queue_full: of those, because the egress queue was full
 * @queue_peak: most frames that were in the egress queue at a time
 * @overrun: frames that were lost because the far FIFO was full, and its owner
 *	sends no pause frames or this port does not heed them
 * @received: frames put into this port's FIFO
 * @missed: frames lost because it was full: @overrun of the far end, and copies
 * @pauses_sent: pause frames: "stop" when this port's FIFO is full, "go on" when
 *	it is half empty. They take no time on the wire.
 * @pauses_heard: those of the far end
 * @capture_drops: records lost because a reader of a capture was too slow
 * @replayed: frames sent by a replay; among @sent too
 * @replay_errors: what was written to be replayed and is no good
 * @under_way: frames on the line or queued for it now, copies included
 * @queued: of those, how many are in the egress queue
 *
 * sent == lost + no_link + cut + overrun + (delivered - duplicated) + frames
 * held now + @under_way, where @duplicated counts a copy only when it was delivered, and
 * no copy is under way.
 */
struct wire_port_counters {
	u64 sent;
	u64 delivered;
	u64 lost;
	u64 duplicated;
	u64 held;
	u64 reordered;
	u64 corrupted;
	u64 delayed;
	u64 no_link;
	u64 cut;
	u64 no_memory;
	u64 backpressure;
	u64 queue_full;
	u64 queue_peak;
	u64 overrun;
	u64 received;
	u64 missed;
	u64 pauses_sent;
	u64 pauses_heard;
	u64 capture_drops;
	u64 replayed;
	u64 replay_errors;
	u64 under_way;
	u64 queued;
};

struct wire_frame *wire_frame_alloc(u32 len, gfp_t gfp);
void wire_frame_free(struct wire_frame *frame);

struct wire_port *wire_port_create(const struct wire_port_ops *ops, void *priv,
				   struct dentry *ddir);
void wire_port_destroy(struct wire_port *port);
void wire_port_rename(struct wire_port *port, const char *name);
const char *wire_port_name(const struct wire_port *port);

int wire_connect(struct wire_port *a, struct wire_port *b);
void wire_disconnect(struct wire_port *port);
bool wire_port_up(struct wire_port *port);
bool wire_port_pauses(struct wire_port *port);
void wire_port_set_pause(struct wire_port *port, bool send, bool heed);
void wire_port_set_stamps(struct wire_port *port, bool on);
u32 wire_port_mbits(struct wire_port *port);

int wire_port_send(struct wire_port *port, struct wire_frame *frame);
struct wire_frame *wire_port_recv(struct wire_port *port);
void wire_port_counters(struct wire_port *port, struct wire_port_counters *out);

int wire_switch_join(const char *name, struct wire_port *member);
void wire_switch_leave(struct wire_port *member);
void wire_switch_of(struct wire_port *member, char *name);
bool wire_switch_owns(const struct wire_port *port);
void wire_switches_init(void);
void wire_switches_exit(void);

char *wire_word(char *word, const char __user *buf, size_t count);

#endif
