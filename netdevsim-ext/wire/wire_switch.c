// SPDX-License-Identifier: GPL-2.0
/*
 * Switches: who has joined which, and forwarding. A frame is forwarded in the
 * context that brings it, under the switch's lock, so that a switch needs no
 * thread and keeps the order of frames. A way out that is full loses the frame:
 * holding one sender back for another's sake could block all of them.
 */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "wire_switch.h"

/* Switches, their ports and members come and go under this. */
static DEFINE_MUTEX(wire_switch_mutex);
static LIST_HEAD(wire_switches);
static struct dentry *wire_switches_dir;

static void wire_switch_out(struct wire_switch *sw,
			    struct wire_switch_port *to,
			    struct wire_frame *frame)
{
	if (!wire_port_send(to->port, frame))
		return;
	sw->counters.full++;
	wire_frame_free(frame);
}

/* To all ports but one; the last gets the frame itself. */
static void wire_switch_flood(struct wire_switch *sw,
			      struct wire_switch_port *from,
			      struct wire_frame *frame)
{
	struct wire_switch_port *last = NULL;
	struct wire_switch_port *to;
	struct wire_frame *copy;

	if (sw->nr_ports < 2) {
		sw->counters.filtered++;
		wire_frame_free(frame);
		return;
	}
	sw->counters.flooded++;
	sw->counters.flood_copies += sw->nr_ports - 1;
	list_for_each_entry(to, &sw->ports, node) {
		if (to == from)
			continue;
		if (!last) {
			last = to;
			continue;
		}
		copy = wire_frame_alloc(frame->len, GFP_ATOMIC | __GFP_NOWARN);
		if (!copy) {
			sw->counters.no_memory++;
			continue;
		}
		memcpy(copy->data, frame->data, frame->len);
		wire_switch_out(sw, to, copy);
	}
	wire_switch_out(sw, last, frame);
}

/* Under the switch's lock. Consumes the frame. */
static void wire_switch_forward(struct wire_switch *sw,
				struct wire_switch_port *from,
				struct wire_frame *frame)
{
	const u8 *src = frame->data + ETH_ALEN;
	struct wire_switch_port *to = NULL;

	sw->counters.received++;
	if (frame->len < ETH_HLEN || is_multicast_ether_addr(src)) {
		sw->counters.malformed++;
		wire_frame_free(frame);
		return;
	}
	wire_fdb_learn(&sw->fdb, src, from);
	if (!is_multicast_ether_addr(frame->data))
		to = wire_fdb_find(&sw->fdb, frame->data);
	if (!to) {
		wire_switch_flood(sw, from, frame);
	} else if (to == from) {
		sw->counters.filtered++;
		wire_frame_free(frame);
	} else {
		sw->counters.forwarded++;
		wire_switch_out(sw, to, frame);
	}
}

static void wire_switch_rx_ready(void *priv)
{
	struct wire_switch_port *from = priv;
	struct wire_switch *sw = from->sw;
	struct wire_frame *frame;

	spin_lock_bh(&sw->lock);
	while ((frame = wire_port_recv(from->port)))
		wire_switch_forward(sw, from, frame);
	spin_unlock_bh(&sw->lock);
}

/* Nothing waits in a switch. */
static void wire_switch_tx_ready(void *priv)
{
}

static void wire_switch_link_change(void *priv, bool up)
{
}

static const struct wire_port_ops wire_switch_ops = {
	.rx_ready = wire_switch_rx_ready,
	.tx_ready = wire_switch_tx_ready,
	.link_change = wire_switch_link_change,
};

/**
 * wire_switch_owns() - is this a switch's own port, and not a NIC's?
 * @port: any
 *
 * Context: any.
 * Return: whether it is.
 */
bool wire_switch_owns(const struct wire_port *port)
{
	return port->ops == &wire_switch_ops;
}

/**
 * wire_switch_find() - a switch by name
 * @name: its name
 *
 * Context: process context, under wire_switch_mutex.
 * Return: the switch, or NULL.
 */
struct wire_switch *wire_switch_find(const char *name)
{
	struct wire_switch *sw;

	lockdep_assert_held(&wire_switch_mutex);
	list_for_each_entry(sw, &wire_switches, node)
		if (!strcmp(sw->name, name))
			return sw;
	return NULL;
}

/* A name is a folder's name in debugfs too. */
static bool wire_switch_name_ok(const char *name)
{
	return *name && strlen(name) < WIRE_NAME_LEN && name[0] != '.' &&
	       !strchr(name, '/') && strcmp(name, "new") && strcmp(name, "del");
}

static int wire_switch_create_locked(const char *name)
{
	struct wire_switch *sw;

	if (!wire_switch_name_ok(name))
		return -EINVAL;
	if (wire_switch_find(name))
		return -EEXIST;
	sw = kzalloc(sizeof(*sw), GFP_KERNEL);
	if (!sw)
		return -ENOMEM;
	strscpy(sw->name, name, sizeof(sw->name));
	spin_lock_init(&sw->lock);
	INIT_LIST_HEAD(&sw->ports);
	wire_fdb_init(&sw->fdb);
	wire_switch_debugfs(sw, wire_switches_dir);
	list_add_tail(&sw->node, &wire_switches);
	return 0;
}

/**
 * wire_switch_create() - make a switch without ports
 * @name: up to 31 characters, no slash, no dot in front, not "new" or "del"
 *
 * Context: process context, may sleep.
 * Return: 0, -EINVAL (the name), -EEXIST, -ENOMEM.
 */
int wire_switch_create(const char *name)
{
	int ret;

	mutex_lock(&wire_switch_mutex);
	ret = wire_switch_create_locked(name);
	mutex_unlock(&wire_switch_mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(wire_switch_create);

static void wire_switch_drop_port(struct wire_switch_port *port)
{
	struct wire_switch *sw = port->sw;

	wire_disconnect(port->port);
	spin_lock_bh(&sw->lock);
	list_del(&port->node);
	sw->nr_ports--;
	wire_fdb_forget(&sw->fdb, port);
	spin_unlock_bh(&sw->lock);
	/* Disconnecting has waited for whoever was bringing frames. */
	wire_port_destroy(port->port);
	debugfs_remove(port->dir);
	kfree(port);
}

static void wire_switch_drop(struct wire_switch *sw)
{
	struct wire_switch_port *port, *next;

	list_for_each_entry_safe(port, next, &sw->ports, node)
		wire_switch_drop_port(port);
	list_del(&sw->node);
	debugfs_remove(sw->dir);
	wire_fdb_forget(&sw->fdb, NULL);
	kfree(sw);
}

/**
 * wire_switch_destroy() - take a switch away; its members lose their link
 * @name: its name
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOENT.
 */
int wire_switch_destroy(const char *name)
{
	struct wire_switch *sw;

	mutex_lock(&wire_switch_mutex);
	sw = wire_switch_find(name);
	if (sw)
		wire_switch_drop(sw);
	mutex_unlock(&wire_switch_mutex);
	return sw ? 0 : -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(wire_switch_destroy);

/* A port for @member, not in the switch's list yet. */
static struct wire_switch_port *wire_switch_port(struct wire_switch *sw,
						 struct wire_port *member)
{
	struct wire_switch_port *port;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->sw = sw;
	port->member = member;
	port->dir = debugfs_create_dir(wire_port_name(member), sw->dir);
	port->port = wire_port_create(&wire_switch_ops, port, port->dir);
	if (IS_ERR(port->port)) {
		struct wire_switch_port *err = ERR_CAST(port->port);

		debugfs_remove(port->dir);
		kfree(port);
		return err;
	}
	wire_port_rename(port->port, sw->name);
	/* A switch has no flow control: what does not fit is lost. */
	port->port->line.queue_max = WIRE_SWITCH_QUEUE;
	return port;
}

static int wire_switch_join_locked(const char *name, struct wire_port *member)
{
	struct wire_switch *sw = wire_switch_find(name);
	struct wire_switch_port *port;
	int err;

	if (!sw)
		return -ENOENT;
	/* Asked for below again, but a folder would have been made by then. */
	if (wire_port_up(member))
		return -EBUSY;
	port = wire_switch_port(sw, member);
	if (IS_ERR(port))
		return PTR_ERR(port);
	spin_lock_bh(&sw->lock);
	list_add_tail(&port->node, &sw->ports);
	sw->nr_ports++;
	spin_unlock_bh(&sw->lock);
	err = wire_connect(port->port, member);
	if (err)
		wire_switch_drop_port(port);
	return err;
}

/**
 * wire_switch_join() - connect a port to a switch
 * @name: the switch's name
 * @member: the port, of a NIC for example
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOENT: no such switch, -EBUSY: the port is connected, -ENOMEM.
 */
int wire_switch_join(const char *name, struct wire_port *member)
{
	int ret;

	mutex_lock(&wire_switch_mutex);
	ret = wire_switch_join_locked(name, member);
	mutex_unlock(&wire_switch_mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(wire_switch_join);

/* Under the mutex. */
static struct wire_switch_port *wire_switch_port_of(struct wire_port *member)
{
	struct wire_switch_port *port;
	struct wire_switch *sw;

	list_for_each_entry(sw, &wire_switches, node)
		list_for_each_entry(port, &sw->ports, node)
			if (port->member == member)
				return port;
	return NULL;
}

/**
 * wire_switch_leave() - disconnect a port from its switch
 * @member: the port; nothing happens when it has joined none, as the ports of
 *	switches themselves
 *
 * Context: process context, may sleep.
 */
void wire_switch_leave(struct wire_port *member)
{
	struct wire_switch_port *port;

	/* The end of a switch's port comes here with the mutex held. */
	if (wire_switch_owns(member))
		return;
	mutex_lock(&wire_switch_mutex);
	port = wire_switch_port_of(member);
	if (port)
		wire_switch_drop_port(port);
	mutex_unlock(&wire_switch_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(wire_switch_leave);

/**
 * wire_switch_of() - the name of the switch that a port has joined
 * @member: the port
 * @name: room for WIRE_NAME_LEN octets; empty when it has joined none
 *
 * Context: process context, may sleep.
 */
void wire_switch_of(struct wire_port *member, char *name)
{
	struct wire_switch_port *port;

	mutex_lock(&wire_switch_mutex);
	port = wire_switch_port_of(member);
	strscpy(name, port ? port->sw->name : "", WIRE_NAME_LEN);
	mutex_unlock(&wire_switch_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(wire_switch_of);

/** wire_switches_init() - make the folder of switches */
void wire_switches_init(void)
{
	wire_switches_dir = debugfs_create_dir("nsim_switch", NULL);
	wire_switches_debugfs(wire_switches_dir);
}

/** wire_switches_exit() - take all switches away; no NIC is left */
void wire_switches_exit(void)
{
	struct wire_switch *sw, *next;

	/* Nobody makes one any more after this. */
	debugfs_remove(wire_switches_dir);
	mutex_lock(&wire_switch_mutex);
	list_for_each_entry_safe(sw, next, &wire_switches, node) {
		/* Its folder went with the rest. */
		sw->dir = NULL;
		wire_switch_drop(sw);
	}
	mutex_unlock(&wire_switch_mutex);
}
