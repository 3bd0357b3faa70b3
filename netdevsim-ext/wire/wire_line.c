// SPDX-License-Identifier: GPL-2.0
/*
 * The line of a port's transmit direction: a rate, a latency and jitter. What
 * is under way waits here, in order, for its time.
 */

#include <kunit/visibility.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>

#include "wire_port.h"

#define WIRE_JITTER_SEED	0x6a697474	/* apart from the other dice */

static ktime_t wire_line_time(const struct wire_line *line, u32 len)
{
	u64 bits = (u64)(len + WIRE_FRAME_EXTRA) * BITS_PER_BYTE;

	return line->rate_bps ? mul_u64_u64_div_u64(bits, NSEC_PER_SEC,
						    line->rate_bps) : 0;
}

static u64 wire_line_jitter(struct wire_line *line)
{
	return mul_u64_u32_shr(line->jitter_ns, prandom_u32_state(&line->rnd),
			       32);
}

/**
 * wire_line_idle() - may a frame arrive as soon as it is sent?
 * @line: the line
 *
 * Context: under the port's tx_lock.
 * Return: true when nothing is under way and nothing delays a frame.
 */
bool wire_line_idle(const struct wire_line *line)
{
	return !line->nr && !line->rate_bps && !line->latency_ns &&
	       !line->jitter_ns;
}

/* Under tx_lock: the timer goes off when there is something to do. */
static void wire_line_arm(struct wire_line *line)
{
	const struct wire_frame *first;
	ktime_t when = KTIME_MAX;

	first = list_first_entry_or_null(&line->frames, struct wire_frame,
					 node);
	if (first)
		when = first->due;
	if (line->sender_waits && line->nr < WIRE_LINE_FRAMES &&
	    ktime_before(line->free, when))
		when = line->free;
	if (when != KTIME_MAX)
		hrtimer_start(&line->timer, when, HRTIMER_MODE_ABS_SOFT);
}

/**
 * wire_line_has_room() - has the line taken in what was sent before?
 * @line: the line
 *
 * A sender that may not go on is told when it may: ops->tx_ready.
 *
 * Context: under the port's tx_lock.
 * Return: whether the next frame may be sent.
 */
bool wire_line_has_room(struct wire_line *line)
{
	if (line->nr < WIRE_LINE_FRAMES &&
	    (!line->rate_bps || !ktime_before(ktime_get(), line->free)))
		return true;
	line->sender_waits = true;
	wire_line_arm(line);
	return false;
}

/**
 * wire_line_add() - a frame sets out
 * @line: the line
 * @frame: the frame; the line's until it arrives
 *
 * Context: under the port's tx_lock.
 */
void wire_line_add(struct wire_line *line, struct wire_frame *frame)
{
	ktime_t now = ktime_get();
	ktime_t due;

	if (ktime_before(line->free, now))
		line->free = now;
	line->free = ktime_add(line->free, wire_line_time(line, frame->len));
	due = ktime_add_ns(line->free,
			   line->latency_ns + wire_line_jitter(line));
	if (ktime_before(due, line->last))
		due = line->last;
	line->last = due;
	frame->due = due;
	list_add_tail(&frame->node, &line->frames);
	line->nr++;
	if (line->nr == 1)
		wire_line_arm(line);
}

/* Under tx_lock. Return: whether a frame has arrived. */
static bool wire_line_arrivals(struct wire_port *port, struct wire_port *to)
{
	struct wire_line *line = &port->line;
	struct wire_frame *frame, *next;
	ktime_t now = ktime_get();
	bool any = false;

	list_for_each_entry_safe(frame, next, &line->frames, node) {
		if (ktime_after(frame->due, now))
			break;
		list_del_init(&frame->node);
		line->nr--;
		wire_arrive(port, to, frame);
		any = true;
	}
	return any;
}

static enum hrtimer_restart wire_line_tick(struct hrtimer *timer)
{
	struct wire_port *port = container_of(timer, struct wire_port,
					      line.timer);
	struct wire_line *line = &port->line;
	struct wire_port *to;
	bool arrived;
	bool wake;

	rcu_read_lock();
	spin_lock(&port->tx_lock);
	to = wire_route(port);
	arrived = wire_line_arrivals(port, to);
	wake = line->sender_waits && line->nr < WIRE_LINE_FRAMES &&
	       !ktime_before(ktime_get(), line->free);
	if (wake)
		line->sender_waits = false;
	wire_line_arm(line);
	spin_unlock(&port->tx_lock);
	if (arrived && to)
		to->ops->rx_ready(to->priv);
	if (wake)
		port->ops->tx_ready(port->priv);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/**
 * wire_line_seed() - start the dice of jitter anew
 * @line: the line
 * @seed: as of the impairments
 *
 * Context: under the port's tx_lock, or before it has users.
 */
void wire_line_seed(struct wire_line *line, u64 seed)
{
	prandom_seed_state(&line->rnd, seed ^ WIRE_JITTER_SEED);
}
EXPORT_SYMBOL_IF_KUNIT(wire_line_seed);

/**
 * wire_line_init() - a line that delays nothing
 * @port: its port, with seeded impairments
 *
 * Context: process context.
 */
void wire_line_init(struct wire_port *port)
{
	struct wire_line *line = &port->line;

	INIT_LIST_HEAD(&line->frames);
	hrtimer_init(&line->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	line->timer.function = wire_line_tick;
	wire_line_seed(line, port->impair.seed);
}

/**
 * wire_line_end() - free what is under way
 * @line: the line; nobody sends any more
 *
 * Context: process context, may sleep.
 */
void wire_line_end(struct wire_line *line)
{
	struct wire_frame *frame, *next;

	hrtimer_cancel(&line->timer);
	list_for_each_entry_safe(frame, next, &line->frames, node)
		wire_frame_free(frame);
}
