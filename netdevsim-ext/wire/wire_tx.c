// SPDX-License-Identifier: GPL-2.0
/* What a port sends: impairments, frames held back, and the way to its peer. */

#include <kunit/visibility.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "wire_port.h"

/**
 * wire_route() - where a frame goes: to the one at the other end
 * @from: the sender
 *
 * Context: under RCU.
 * Return: the other end, or NULL.
 */
struct wire_port *wire_route(struct wire_port *from)
{
	return rcu_dereference(from->peer);
}

/* Does a sender wait where the far FIFO is full? Else frames are lost. */
static bool wire_held_back(const struct wire_port *port,
			   const struct wire_port *to)
{
	return READ_ONCE(port->heed_pause) && READ_ONCE(to->send_pause);
}

/**
 * wire_arrive() - the end of a frame's way
 * @port: where it came from
 * @to: where it goes; NULL: the plug was pulled, the frame is lost and counted
 * @frame: the frame; consumed
 *
 * Context: softirqs off, under @port's tx_lock.
 */
void wire_arrive(struct wire_port *port, struct wire_port *to,
		 struct wire_frame *frame)
{
	bool copy = frame->copy;

	if (!to) {
		/* A copy that goes nowhere was never duplicated. */
		port->counters.no_link += !copy;
		wire_frame_free(frame);
		return;
	}
	if (READ_ONCE(to->stamps))
		frame->arrived = ktime_get();
	spin_lock(&to->rx_lock);
	if (unlikely(to->fifo_len >= WIRE_FIFO_FRAMES &&
		     !wire_held_back(port, to))) {
		to->counters.missed++;
		spin_unlock(&to->rx_lock);
		port->counters.overrun += !copy;
		wire_frame_free(frame);
		return;
	}
	wire_capture_frame(&to->rx_capture, frame);
	list_add_tail(&frame->node, &to->fifo);
	to->fifo_len++;
	to->counters.received++;
	spin_unlock(&to->rx_lock);
	port->counters.delivered++;
	port->counters.duplicated += copy;
}

/* Under tx_lock. Consumes the frame. */
static void wire_put(struct wire_port *port, struct wire_port *to,
		     struct wire_frame *frame)
{
	if (!to || wire_line_idle(&port->line)) {
		wire_arrive(port, to, frame);
		return;
	}
	port->counters.delayed++;
	wire_line_add(port, frame);
}

/* Under tx_lock. Consumes the frame. */
static void wire_deliver(struct wire_port *port, struct wire_port *to,
			 struct wire_frame *frame, bool duplicate)
{
	struct wire_frame *copy = NULL;

	if (duplicate && to) {
		copy = wire_frame_alloc(frame->len, GFP_ATOMIC | __GFP_NOWARN);
		if (copy) {
			memcpy(copy->data, frame->data, frame->len);
			copy->copy = true;
		} else {
			port->counters.no_memory++;
		}
	}
	wire_put(port, to, frame);
	if (copy)
		wire_put(port, to, copy);
}

/* Under tx_lock: frees the first @n of the held frames from their wait. */
static void wire_release(struct wire_port *port, struct wire_port *to,
			 unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (port->held[i].overtaken)
			port->counters.reordered++;
		wire_deliver(port, to, port->held[i].frame,
			     port->held[i].duplicate);
	}
	port->nr_held -= n;
	memmove(port->held, port->held + n, port->nr_held * sizeof(*port->held));
}

/* Under tx_lock: one more frame was sent, delivered or not. */
static void wire_age_held(struct wire_port *port, struct wire_port *to,
			  unsigned int older, bool delivered)
{
	unsigned int due = 0;
	unsigned int i;

	for (i = 0; i < older; i++) {
		port->held[i].overtaken |= delivered;
		if (port->held[i].left)
			port->held[i].left--;
		/* A smaller gap set meanwhile must not reorder the waiting. */
		if (i == due && !port->held[i].left)
			due++;
	}
	wire_release(port, to, due);
}

static void wire_hold(struct wire_port *port, struct wire_frame *frame,
		      bool duplicate)
{
	struct wire_held *held = &port->held[port->nr_held++];

	held->frame = frame;
	held->left = port->impair.gap;
	held->duplicate = duplicate;
	held->overtaken = false;
	port->counters.held++;
	if (!timer_pending(&port->hold_timer))
		mod_timer(&port->hold_timer,
			  jiffies + msecs_to_jiffies(WIRE_HOLD_MS));
}

static void wire_corrupt(struct wire_port *port, struct wire_frame *frame,
			 u32 fraction)
{
	u32 bit = reciprocal_scale(fraction, frame->len * BITS_PER_BYTE);

	if (!frame->len)
		return;
	frame->data[bit / BITS_PER_BYTE] ^= BIT(bit % BITS_PER_BYTE);
	port->counters.corrupted++;
}

/* Under tx_lock. Consumes the frame. */
static void wire_impair_and_deliver(struct wire_port *port,
				    struct wire_port *to,
				    struct wire_frame *frame)
{
	struct wire_verdict verdict = wire_impair_roll(&port->impair);
	unsigned int older = port->nr_held;
	ktime_t *stamp = frame->sent;
	bool delivered = false;
	ktime_t now;

	port->counters.sent++;
	/* A switch sends the same frame on: nobody asked it for the time. */
	frame->sent = NULL;
	now = stamp ? ktime_get() : 0;
	wire_capture_frame(&port->tx_capture, frame);
	if (verdict.corrupt && !verdict.lose)
		wire_corrupt(port, frame, verdict.bit);
	if (verdict.lose) {
		port->counters.lost++;
		wire_frame_free(frame);
	} else if (to && verdict.hold &&
		   port->nr_held < ARRAY_SIZE(port->held)) {
		wire_hold(port, frame, verdict.duplicate);
	} else {
		wire_deliver(port, to, frame, verdict.duplicate);
		delivered = true;
	}
	/* Behind what waits for the line: the rate may change afterwards. */
	if (stamp)
		*stamp = max_t(ktime_t, now, port->line.free);
	wire_age_held(port, to, older, delivered);
}

/**
 * wire_hold_timeout() - nothing overtook the held frames in time
 * @timer: in the port
 *
 * Context: softirq.
 */
void wire_hold_timeout(struct timer_list *timer)
{
	struct wire_port *port = from_timer(port, timer, hold_timer);
	struct wire_port *to;

	rcu_read_lock();
	to = wire_route(port);
	spin_lock(&port->tx_lock);
	wire_release(port, to, port->nr_held);
	spin_unlock(&port->tx_lock);
	if (to)
		to->ops->rx_ready(to->priv);
	rcu_read_unlock();
}

/**
 * wire_tx_cut() - the wire was cut: what had not arrived is lost, and counted
 * @port: either end; nobody sends to the old peer any more
 *
 * Context: process or softirq.
 */
void wire_tx_cut(struct wire_port *port)
{
	unsigned int i;

	spin_lock_bh(&port->tx_lock);
	for (i = 0; i < port->nr_held; i++)
		wire_frame_free(port->held[i].frame);
	port->counters.cut += port->nr_held;
	port->nr_held = 0;
	wire_line_cut(port);
	spin_unlock_bh(&port->tx_lock);
}

/* Room is asked for before the dice are drawn: a frame is judged once. */
static bool wire_has_room(struct wire_port *port, struct wire_port *to)
{
	bool room;

	if (!wire_line_has_room(port))
		return false;
	spin_lock(&to->rx_lock);
	room = to->fifo_len < WIRE_FIFO_FRAMES || !wire_held_back(port, to);
	if (!room && !to->sender_waits) {
		to->sender_waits = true;
		wire_count_pause(to, port);
	}
	spin_unlock(&to->rx_lock);
	return room;
}

/**
 * wire_port_send() - put a frame on the wire
 * @port: the sender's port
 * @frame: the frame; consumed when 0 is returned (delivered, held, lost by
 *	impairment or for want of a link: each is counted), else the caller's
 *
 * The far FIFO may exceed its bound by the copies and the held frames that one
 * frame sets free, and by the frames that are queued or under way.
 *
 * Context: process or softirq. The owner of the far port is woken.
 * Return: 0, or -EAGAIN: the far FIFO is full (link-level flow control), or the
 * egress queue is; ops->tx_ready will tell when to try again.
 */
int wire_port_send(struct wire_port *port, struct wire_frame *frame)
{
	struct wire_port *to;
	int ret = 0;

	local_bh_disable();
	rcu_read_lock();
	to = wire_route(port);
	spin_lock(&port->tx_lock);
	if (to && !wire_has_room(port, to)) {
		port->counters.backpressure++;
		ret = -EAGAIN;
	} else {
		wire_impair_and_deliver(port, to, frame);
	}
	spin_unlock(&port->tx_lock);
	if (to && !ret)
		to->ops->rx_ready(to->priv);
	rcu_read_unlock();
	local_bh_enable();
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_send);
