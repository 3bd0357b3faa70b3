// SPDX-License-Identifier: GPL-2.0
/*
 * The line of a port's transmit direction: a rate, a latency and jitter. Frames
 * wait here, in order, first for the line, in the port's egress queue, then for
 * their arrival.
 *
 * When a frame leaves is computed, not waited for: each begins where the one
 * before it ends. So neither the timer's lateness nor that of the sender, who
 * is woken when the queue is half empty, makes the line slower than it is.
 */

#include <kunit/visibility.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>

#include "wire_port.h"

#define WIRE_JITTER_SEED	0x6a697474	/* apart from the other dice */
/* So much of the time that a sender took to come back is made good. */
#define WIRE_CATCH_UP		(50 * NSEC_PER_MSEC)

static u64 wire_line_time(const struct wire_line *line, u32 len)
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

static struct wire_frame *wire_line_first(struct list_head *frames)
{
	return list_first_entry_or_null(frames, struct wire_frame, node);
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

/* What has left the port by now is no longer queued. */
static void wire_line_depart(struct wire_line *line, ktime_t now)
{
	struct wire_frame *frame;

	while ((frame = wire_line_first(&line->queue)) &&
	       !ktime_after(frame->left, now)) {
		list_move_tail(&frame->node, &line->frames);
		line->queued--;
	}
}

static bool wire_line_may_go_on(const struct wire_line *line)
{
	return line->nr < WIRE_LINE_FRAMES &&
	       line->queued <= line->queue_max / 2;
}

/* When so many of the queue will have left that the sender may go on. */
static ktime_t wire_line_wake_time(const struct wire_line *line)
{
	u32 rest = line->queue_max / 2;
	const struct wire_frame *frame;
	u32 n = line->queued > rest ? line->queued - rest : 0;

	list_for_each_entry(frame, &line->queue, node)
		if (n-- <= 1)
			return frame->left;
	return 0;
}

/* Under tx_lock: the timer goes off when there is something to do. */
static void wire_line_arm(struct wire_line *line)
{
	const struct wire_frame *first = wire_line_first(&line->frames);
	ktime_t when = KTIME_MAX;

	if (!first)
		first = wire_line_first(&line->queue);
	if (first)
		when = first->due;
	if (line->sender_waits && line->nr < WIRE_LINE_FRAMES)
		when = min_t(ktime_t, when, line->wake);
	if (when != KTIME_MAX)
		hrtimer_start(&line->timer, when, HRTIMER_MODE_ABS_SOFT);
}

static void wire_line_wait(struct wire_line *line)
{
	line->sender_waits = true;
	line->wake = wire_line_wake_time(line);
	wire_line_arm(line);
}

/**
 * wire_line_has_room() - is there room for one more frame?
 * @port: the port whose line it is
 *
 * A sender that may not go on is told when it may: ops->tx_ready.
 *
 * Context: under the port's tx_lock.
 * Return: whether the next frame may be sent.
 */
bool wire_line_has_room(struct wire_port *port)
{
	struct wire_line *line = &port->line;

	if (!line->nr)
		return true;
	wire_line_depart(line, ktime_get());
	if (line->queued >= line->queue_max) {
		port->counters.queue_full++;
		line->refused = true;
	} else if (line->nr < WIRE_LINE_FRAMES) {
		return true;
	}
	if (!line->sender_waits)
		wire_line_wait(line);
	return false;
}

/*
 * When the next frame begins to leave. A sender that was refused had more to
 * send all the while: the line loses nothing by its coming back late. That ends
 * when it has caught up, or was silent for longer than that.
 */
static ktime_t wire_line_begin(struct wire_line *line, ktime_t now)
{
	s64 late = ktime_sub(now, line->free);

	if (line->refused)
		line->owed = clamp_t(s64, late, 0, WIRE_CATCH_UP);
	else if (late <= 0 || late > 2 * line->owed)
		line->owed = 0;
	line->refused = false;
	return max_t(ktime_t, line->free, ktime_sub_ns(now, line->owed));
}

/* After the frame before it, whatever the jitter says. */
static void wire_line_set_due(struct wire_line *line, struct wire_frame *frame)
{
	frame->due = max_t(ktime_t, ktime_add_ns(frame->left, frame->delay),
			   line->last);
	line->last = frame->due;
}

/**
 * wire_line_add() - a frame is queued for the line
 * @port: the port whose line it is; without a rate the frame leaves at once
 * @frame: the frame; the line's until it arrives
 *
 * Context: under the port's tx_lock.
 */
void wire_line_add(struct wire_port *port, struct wire_frame *frame)
{
	struct wire_line *line = &port->line;
	ktime_t now = ktime_get();

	wire_line_depart(line, now);
	line->free = ktime_add_ns(wire_line_begin(line, now),
				  wire_line_time(line, frame->len));
	frame->left = line->free;
	frame->delay = line->latency_ns + wire_line_jitter(line);
	wire_line_set_due(line, frame);
	list_add_tail(&frame->node, &line->queue);
	line->queued++;
	line->nr++;
	wire_line_depart(line, now);
	port->counters.queue_peak = max_t(u64, port->counters.queue_peak,
					  line->queued);
	if (line->nr == 1)
		wire_line_arm(line);
}
EXPORT_SYMBOL_IF_KUNIT(wire_line_add);

/**
 * wire_line_set_rate() - the line becomes faster or slower
 * @port: the port whose line it is
 * @rate_bps: bit/s; 0: no limit
 *
 * It holds at once, also for what is queued, and for what of the frame that is
 * leaving has not left yet.
 *
 * Context: under the port's tx_lock.
 */
void wire_line_set_rate(struct wire_port *port, u64 rate_bps)
{
	struct wire_line *line = &port->line;
	u64 old = line->rate_bps;
	ktime_t now = ktime_get();
	struct wire_frame *frame;
	ktime_t at = now;
	u64 rest;

	wire_line_depart(line, now);
	frame = wire_line_first(&line->queue);
	/* Queued means that there was a rate. */
	rest = frame ? min_t(u64, ktime_sub(frame->left, now),
			     wire_line_time(line, frame->len)) : 0;
	line->rate_bps = rate_bps;
	line->last = list_empty(&line->frames) ? 0 :
		     list_last_entry(&line->frames, struct wire_frame,
				     node)->due;
	list_for_each_entry(frame, &line->queue, node) {
		if (rest)
			rest = rate_bps ? mul_u64_u64_div_u64(rest, old,
							      rate_bps) : 0;
		else
			rest = wire_line_time(line, frame->len);
		at = ktime_add_ns(at, rest);
		rest = 0;
		frame->left = at;
		wire_line_set_due(line, frame);
	}
	line->free = at;
	line->owed = 0;
	wire_line_depart(line, now);
	line->wake = wire_line_wake_time(line);
	wire_line_arm(line);
}
EXPORT_SYMBOL_IF_KUNIT(wire_line_set_rate);

/* Under tx_lock. Return: whether a frame has arrived. */
static bool wire_line_arrivals(struct wire_port *port, struct wire_port *to,
			       ktime_t now)
{
	struct wire_line *line = &port->line;
	struct wire_frame *frame, *next;
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

/* Under tx_lock. Return: whether the sender is to be told to go on. */
static bool wire_line_wakes(struct wire_line *line)
{
	if (!line->sender_waits)
		return false;
	line->sender_waits = !wire_line_may_go_on(line);
	/* The queue may have been made shorter meanwhile. */
	line->wake = wire_line_wake_time(line);
	return !line->sender_waits;
}

static enum hrtimer_restart wire_line_tick(struct hrtimer *timer)
{
	struct wire_port *port = container_of(timer, struct wire_port,
					      line.timer);
	struct wire_line *line = &port->line;
	ktime_t now = ktime_get();
	struct wire_port *to;
	bool arrived;
	bool wake;

	rcu_read_lock();
	spin_lock(&port->tx_lock);
	to = wire_route(port);
	wire_line_depart(line, now);
	arrived = wire_line_arrivals(port, to, now);
	wake = wire_line_wakes(line);
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

	INIT_LIST_HEAD(&line->queue);
	INIT_LIST_HEAD(&line->frames);
	line->queue_max = WIRE_QUEUE_FRAMES;
	hrtimer_init(&line->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	line->timer.function = wire_line_tick;
	wire_line_seed(line, port->impair.seed);
}

/**
 * wire_line_cut() - the wire was cut: what is queued or under way is lost
 * @port: the port whose line it is; its frames are counted in @cut
 *
 * Context: under the port's tx_lock.
 */
void wire_line_cut(struct wire_port *port)
{
	struct wire_line *line = &port->line;
	struct wire_frame *frame, *next;

	list_splice_tail_init(&line->queue, &line->frames);
	list_for_each_entry_safe(frame, next, &line->frames, node) {
		list_del(&frame->node);
		port->counters.cut += !frame->copy;
		wire_frame_free(frame);
	}
	line->nr = 0;
	line->queued = 0;
	line->free = 0;
	line->last = 0;
	line->owed = 0;
	line->refused = false;
	/* The owner is told that the link changed, and tries anew. */
	line->sender_waits = false;
}

/**
 * wire_line_end() - no tick comes any more
 * @line: the line; nothing is under way, nobody sends any more
 *
 * Context: process context, may sleep.
 */
void wire_line_end(struct wire_line *line)
{
	hrtimer_cancel(&line->timer);
}
