// SPDX-License-Identifier: GPL-2.0
/* Ports, and the wire between two of them: FIFO, flow control, delivery. */

#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "wire_port.h"

/* Who is connected to whom. */
static DEFINE_MUTEX(wire_mutex);

/**
 * wire_frame_alloc() - memory for a frame
 * @len: octets, without FCS
 * @gfp: how to allocate
 *
 * Context: as @gfp allows.
 * Return: a frame whose octets are not initialised, or NULL.
 */
struct wire_frame *wire_frame_alloc(u32 len, gfp_t gfp)
{
	struct wire_frame *frame;

	frame = kmalloc(struct_size(frame, data, len), gfp);
	if (!frame)
		return NULL;
	INIT_LIST_HEAD(&frame->node);
	frame->due = 0;
	frame->copy = false;
	frame->len = len;
	return frame;
}
EXPORT_SYMBOL_IF_KUNIT(wire_frame_alloc);

/**
 * wire_frame_free() - free a frame that is on no list
 * @frame: the frame, or NULL
 *
 * Context: any but NMI.
 */
void wire_frame_free(struct wire_frame *frame)
{
	kfree(frame);
}
EXPORT_SYMBOL_IF_KUNIT(wire_frame_free);

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
	spin_lock(&to->rx_lock);
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
	wire_line_add(&port->line, frame);
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
	bool delivered = false;

	port->counters.sent++;
	wire_capture_frame(&port->tx_capture, frame);
	if (verdict.corrupt && !verdict.lose)
		wire_corrupt(port, frame, verdict.bit);
	if (verdict.lose) {
		port->counters.lost++;
		wire_frame_free(frame);
	} else if (verdict.hold && port->nr_held < ARRAY_SIZE(port->held)) {
		wire_hold(port, frame, verdict.duplicate);
	} else {
		wire_deliver(port, to, frame, verdict.duplicate);
		delivered = true;
	}
	wire_age_held(port, to, older, delivered);
}

static void wire_hold_timeout(struct timer_list *timer)
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

/* Room is asked for before the dice are drawn: a frame is judged once. */
static bool wire_has_room(struct wire_port *port, struct wire_port *to)
{
	bool room;

	if (!wire_line_has_room(&port->line))
		return false;
	spin_lock(&to->rx_lock);
	room = to->fifo_len < WIRE_FIFO_FRAMES;
	if (!room)
		to->sender_waits = true;
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
 * frame sets free, and by the frames that are under way.
 *
 * Context: process or softirq. The owner of the far port is woken.
 * Return: 0, or -EAGAIN: the far FIFO is full (link-level flow control), or the
 * line is still busy with what was sent before;
 * ops->tx_ready will tell when to try again.
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

/**
 * wire_port_recv() - take the next frame that has arrived
 * @port: the receiver's port
 *
 * Context: process or softirq. A sender that was told -EAGAIN is woken when
 * the FIFO is half empty.
 * Return: a frame, now the caller's, or NULL.
 */
struct wire_frame *wire_port_recv(struct wire_port *port)
{
	struct wire_frame *frame;
	struct wire_port *from;
	bool wake = false;

	spin_lock_bh(&port->rx_lock);
	frame = list_first_entry_or_null(&port->fifo, struct wire_frame, node);
	if (frame) {
		list_del_init(&frame->node);
		port->fifo_len--;
	}
	if (port->sender_waits && port->fifo_len <= WIRE_FIFO_FRAMES / 2) {
		port->sender_waits = false;
		wake = true;
	}
	spin_unlock_bh(&port->rx_lock);
	if (!wake)
		return frame;

	local_bh_disable();
	rcu_read_lock();
	from = rcu_dereference(port->peer);
	if (from)
		from->ops->tx_ready(from->priv);
	rcu_read_unlock();
	local_bh_enable();
	return frame;
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_recv);

/**
 * wire_connect() - join two ports
 * @a: one end
 * @b: the other end
 *
 * Context: process context, may sleep. Both owners are told by link_change.
 * Return: 0, -EBUSY when one is connected already, -EINVAL when both are the
 * same port.
 */
int wire_connect(struct wire_port *a, struct wire_port *b)
{
	int ret = 0;

	if (a == b)
		return -EINVAL;

	mutex_lock(&wire_mutex);
	if (rcu_access_pointer(a->peer) || rcu_access_pointer(b->peer)) {
		ret = -EBUSY;
		goto out;
	}
	rcu_assign_pointer(a->peer, b);
	rcu_assign_pointer(b->peer, a);
	a->ops->link_change(a->priv, true);
	b->ops->link_change(b->priv, true);
out:
	mutex_unlock(&wire_mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(wire_connect);

/**
 * wire_disconnect() - pull the plug
 * @port: either end; nothing happens when it is not connected
 *
 * What has arrived stays in the FIFOs; what is sent from now on is dropped and
 * counted.
 *
 * Context: process context, sleeps for a grace period. Afterwards no sender
 * touches the other end. Both owners are told by link_change.
 */
void wire_disconnect(struct wire_port *port)
{
	struct wire_port *peer;

	mutex_lock(&wire_mutex);
	peer = rcu_dereference_protected(port->peer,
					 lockdep_is_held(&wire_mutex));
	if (peer) {
		RCU_INIT_POINTER(port->peer, NULL);
		RCU_INIT_POINTER(peer->peer, NULL);
		synchronize_rcu();
		port->ops->link_change(port->priv, false);
		peer->ops->link_change(peer->priv, false);
	}
	mutex_unlock(&wire_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(wire_disconnect);

/**
 * wire_port_up() - is anything connected?
 * @port: the port
 *
 * Context: any.
 * Return: true when it is.
 */
bool wire_port_up(struct wire_port *port)
{
	return rcu_access_pointer(port->peer);
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_up);

/**
 * wire_port_counters() - read the counters
 * @port: the port
 * @out: where to
 *
 * Context: process or softirq.
 */
void wire_port_counters(struct wire_port *port, struct wire_port_counters *out)
{
	u64 received;

	spin_lock_bh(&port->rx_lock);
	received = port->counters.received;
	spin_unlock_bh(&port->rx_lock);

	spin_lock_bh(&port->tx_lock);
	*out = port->counters;
	out->under_way = port->line.nr;
	spin_unlock_bh(&port->tx_lock);

	out->replayed = atomic64_read(&port->replayed);
	out->replay_errors = atomic64_read(&port->replay_errors);
	out->received = received;
	out->capture_drops = READ_ONCE(port->tx_capture.drops) +
			     READ_ONCE(port->rx_capture.drops);
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_counters);

/**
 * wire_port_create() - a port, not connected yet
 * @ops: how to wake the owner; all must be there
 * @priv: passed to @ops
 * @ddir: debugfs folder that gets "wire/"; must outlive the port
 *
 * Context: process context.
 * Return: the port, or ERR_PTR(-ENOMEM).
 */
struct wire_port *wire_port_create(const struct wire_port_ops *ops, void *priv,
				   struct dentry *ddir)
{
	struct wire_port *port;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);

	port->ops = ops;
	port->priv = priv;
	wire_port_rename(port, "?");
	spin_lock_init(&port->tx_lock);
	spin_lock_init(&port->rx_lock);
	INIT_LIST_HEAD(&port->fifo);
	INIT_LIST_HEAD(&port->replays);
	timer_setup(&port->hold_timer, wire_hold_timeout, 0);
	wire_impair_init(&port->impair);
	wire_line_init(port);
	wire_capture_init(&port->tx_capture);
	wire_capture_init(&port->rx_capture);
	wire_port_debugfs(port, ddir);
	return port;
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_create);

/**
 * wire_port_rename() - say what a port is called
 * @port: the port
 * @name: cut to 31 octets
 *
 * Context: process context, before anybody else knows of the port.
 */
void wire_port_rename(struct wire_port *port, const char *name)
{
	strscpy(port->name, name, sizeof(port->name));
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_rename);

/**
 * wire_port_name() - what a port is called
 * @port: the port
 *
 * Context: any.
 * Return: its name, "?" where it was given none.
 */
const char *wire_port_name(const struct wire_port *port)
{
	return port->name;
}

/**
 * wire_port_destroy() - disconnect and free a port and the frames in it
 * @port: the port; nobody may be sending from it or receiving at it
 *
 * Readers of its captures get what they have not read yet, then end of file.
 *
 * Context: process context, may sleep.
 */
void wire_port_destroy(struct wire_port *port)
{
	struct wire_frame *frame, *next;
	unsigned int i;

	/* A write to its replay file ends when nobody holds it back. */
	wire_switch_leave(port);
	wire_disconnect(port);
	/* No open() of a capture is under way, or begins, after this. */
	debugfs_remove(port->dir);
	/* Somebody may have joined it to a switch in between. */
	wire_switch_leave(port);
	wire_replay_end(port);
	timer_shutdown_sync(&port->hold_timer);
	wire_line_end(&port->line);
	wire_capture_end(&port->tx_capture);
	wire_capture_end(&port->rx_capture);

	for (i = 0; i < port->nr_held; i++)
		wire_frame_free(port->held[i].frame);
	list_for_each_entry_safe(frame, next, &port->fifo, node)
		wire_frame_free(frame);
	kfree(port);
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_destroy);
