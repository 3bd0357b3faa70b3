// SPDX-License-Identifier: GPL-2.0
/* Ports, and the wire between two of them: connecting, receiving. */

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
	frame->arrived = 0;
	frame->sent = NULL;
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
 * wire_count_pause() - a pause frame was sent, and heard
 * @port: who sent it
 * @from: the sender of what it holds back, or lets go; a switch knows none
 *
 * Context: under RCU.
 */
void wire_count_pause(struct wire_port *port, struct wire_port *from)
{
	if (wire_switch_owns(from))
		return;
	atomic64_inc(&port->pauses_sent);
	atomic64_inc(&from->pauses_heard);
}

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
	if (from) {
		wire_count_pause(port, from);
		from->ops->tx_ready(from->priv);
	}
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
 * What has arrived stays in the FIFOs; what is under way, and what is sent from
 * now on, is dropped and counted.
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
		wire_tx_cut(port);
		wire_tx_cut(peer);
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
 * wire_port_pauses() - can there be pause frames?
 * @port: the port
 *
 * Context: any.
 * Return: false at a switch, which neither sends nor heeds any.
 */
bool wire_port_pauses(struct wire_port *port)
{
	struct wire_port *peer;
	bool pauses;

	rcu_read_lock();
	peer = rcu_dereference(port->peer);
	pauses = !peer || !wire_switch_owns(peer);
	rcu_read_unlock();
	return pauses;
}

/**
 * wire_port_set_pause() - flow control of a port
 * @port: the port
 * @send: hold the sender back when the FIFO is full, rather than lose frames
 * @heed: wait when held back; else what is sent then is lost
 *
 * A sender that waits now waits on until the FIFO is half empty.
 *
 * Context: any.
 */
void wire_port_set_pause(struct wire_port *port, bool send, bool heed)
{
	WRITE_ONCE(port->send_pause, send);
	WRITE_ONCE(port->heed_pause, heed);
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_set_pause);

/**
 * wire_port_set_stamps() - shall frames say when they arrived?
 * @port: the receiver's port
 * @on: whether they shall, from the next one on
 *
 * Context: any.
 */
void wire_port_set_stamps(struct wire_port *port, bool on)
{
	WRITE_ONCE(port->stamps, on);
}

/**
 * wire_port_mbits() - how fast what is sent from here leaves
 * @port: the port
 *
 * Context: any.
 * Return: Mbit/s, at least 1; 0: there is no limit.
 */
u32 wire_port_mbits(struct wire_port *port)
{
	u64 rate = READ_ONCE(port->line.rate_bps);

	return rate ? max_t(u64, div_u64(rate, 1000000), 1) : 0;
}

/**
 * wire_port_counters() - read the counters
 * @port: the port
 * @out: where to
 *
 * Context: process or softirq.
 */
void wire_port_counters(struct wire_port *port, struct wire_port_counters *out)
{
	struct wire_port_counters rx;

	spin_lock_bh(&port->rx_lock);
	rx = port->counters;
	spin_unlock_bh(&port->rx_lock);

	spin_lock_bh(&port->tx_lock);
	*out = port->counters;
	out->under_way = port->line.nr;
	out->queued = port->line.queued;
	spin_unlock_bh(&port->tx_lock);

	out->replayed = atomic64_read(&port->replayed);
	out->replay_errors = atomic64_read(&port->replay_errors);
	out->received = rx.received;
	out->missed = rx.missed;
	out->pauses_sent = atomic64_read(&port->pauses_sent);
	out->pauses_heard = atomic64_read(&port->pauses_heard);
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
	port->send_pause = true;
	port->heed_pause = true;
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

	list_for_each_entry_safe(frame, next, &port->fifo, node)
		wire_frame_free(frame);
	kfree(port);
}
EXPORT_SYMBOL_IF_KUNIT(wire_port_destroy);
