// SPDX-License-Identifier: GPL-2.0
/*
 * Exchanging the kernel's callbacks for ours, and back.
 *
 * Ours go in by cmpxchg(), where the kernel's own are, and come out the same
 * way, where ours still are. If another module has put its own over ours in
 * the meantime, ours stay in its chain and pass all on, and this module stays
 * loaded, until it can be tried again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/visibility.h>
#include <linux/if_ether.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <net/hotdata.h>

#include "takeover.h"

/* Of this one, the layout of struct net_hotdata is known. */
#define TAKEOVER_RELEASE	"6.12."

struct takeover_slot takeover_slots[TAKEOVER_SLOTS] = {
	{
		.name = "IPv4",
		.offload = &net_hotdata.ip_packet_offload,
		.type = ETH_P_IP,
		.symbol = "inet_gso_segment",
		.ours = takeover_ipv4,
	},
	{
		.name = "IPv6",
		.offload = &net_hotdata.ipv6_packet_offload,
		.type = ETH_P_IPV6,
		.symbol = "ipv6_gso_segment",
		.ours = takeover_ipv6,
	},
};
EXPORT_SYMBOL_IF_KUNIT(takeover_slots);

/* Guards takeover_slots and the module's own reference. */
static DEFINE_MUTEX(takeover_lock);
static bool takeover_pinned;

/**
 * takeover_knows_release() - is it a kernel that this was written for?
 * @release: as uname -r gives it
 *
 * Context: any.
 * Return: true when it is.
 */
bool takeover_knows_release(const char *release)
{
	return !strncmp(release, TAKEOVER_RELEASE, strlen(TAKEOVER_RELEASE));
}
EXPORT_SYMBOL_IF_KUNIT(takeover_knows_release);

/* Is it where the kernel looks? */
static bool takeover_listed(const struct packet_offload *offload)
{
	const struct packet_offload *entry;
	bool listed = false;

	rcu_read_lock();
	list_for_each_entry_rcu(entry, &net_hotdata.offload_base, list)
		listed |= entry == offload;
	rcu_read_unlock();
	return listed;
}

/* The kernel's own function, or why not. */
static int takeover_know(const struct takeover_slot *slot,
			 takeover_segment_fn stock)
{
	char name[KSYM_SYMBOL_LEN];

	if (slot->offload->type != htons(slot->type) ||
	    !takeover_listed(slot->offload)) {
		pr_err("%s: struct net_hotdata is not as in Linux 6.12; nothing is taken over\n",
		       slot->name);
		return -EOPNOTSUPP;
	}
	/* A module's symbol has the module's name behind it. */
	sprint_symbol_no_offset(name, (unsigned long)stock);
	if (strcmp(name, slot->symbol)) {
		pr_err("%s: found %s where %s was expected; nothing is taken over\n",
		       slot->name, name, slot->symbol);
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * takeover_take() - put our function in the place of the kernel's
 * @slot: where
 *
 * Context: process, under takeover_lock; does not sleep.
 * Return: 0, also when it is there already; -EOPNOTSUPP for a kernel, or a
 *	function, that is not the one expected, with a message; -EBUSY when
 *	another module was faster.
 */
int takeover_take(struct takeover_slot *slot)
{
	takeover_segment_fn *place = &slot->offload->callbacks.gso_segment;
	takeover_segment_fn stock = READ_ONCE(*place);
	int err;

	/* Another module may have put the kernel's own in our place. */
	if (slot->held && stock != slot->stock)
		return 0;
	err = takeover_know(slot, stock);
	if (err)
		return err;
	/* Before ours can be called. */
	WRITE_ONCE(slot->stock, stock);
	if (cmpxchg(place, stock, slot->ours) != stock)
		return -EBUSY;
	slot->held = true;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(takeover_take);

/**
 * takeover_give_back() - put the kernel's function back
 * @slot: where
 *
 * Ours may still be running until synchronize_net() has returned.
 *
 * Context: process, under takeover_lock; does not sleep.
 * Return: false when another module's function is there: then ours stays.
 */
bool takeover_give_back(struct takeover_slot *slot)
{
	takeover_segment_fn *place = &slot->offload->callbacks.gso_segment;
	takeover_segment_fn was;

	if (!slot->held)
		return true;
	was = cmpxchg(place, slot->ours, slot->stock);
	/* Or another module, in leaving, has put the kernel's own back. */
	if (was == slot->ours || was == slot->stock)
		slot->held = false;
	return !slot->held;
}
EXPORT_SYMBOL_IF_KUNIT(takeover_give_back);

/*
 * The module stays while ours can be called. False where it is being unloaded
 * already: its parameter's file is there a while longer.
 */
static bool takeover_pin(void)
{
	if (!takeover_pinned)
		takeover_pinned = try_module_get(THIS_MODULE);
	return takeover_pinned;
}

static void takeover_unpin(void)
{
	if (takeover_pinned)
		module_put(THIS_MODULE);
	takeover_pinned = false;
}

static int takeover_stop(void)
{
	unsigned int i;
	bool all = true;

	WRITE_ONCE(takeover_on, false);
	for (i = 0; i < TAKEOVER_SLOTS; i++) {
		if (takeover_give_back(&takeover_slots[i]))
			continue;
		pr_warn("%s: another module has taken segmentation over from us; all packets are passed on, and we stay until it is gone\n",
			takeover_slots[i].name);
		all = false;
	}
	synchronize_net();
	if (!all)
		return -EBUSY;
	takeover_unpin();
	return 0;
}

static int takeover_start(void)
{
	unsigned int i;
	int err = 0;

	if (!takeover_knows_release(init_utsname()->release)) {
		pr_err("Linux %s is not 6.12; nothing is taken over\n",
		       init_utsname()->release);
		return -EOPNOTSUPP;
	}
	if (!takeover_pin())
		return -ENODEV;
	for (i = 0; i < TAKEOVER_SLOTS && !err; i++)
		err = takeover_take(&takeover_slots[i]);
	if (err)
		takeover_stop();
	else
		WRITE_ONCE(takeover_on, true);
	return err;
}

/**
 * takeover_switch() - take the kernel's segmentation over, or give it back
 * @on: which
 *
 * Under traffic: every packet is segmented by the one or the other.
 *
 * Context: process, sleeps.
 * Return: 0; as takeover_take(); -ENODEV when the module is being unloaded;
 *	-EBUSY when another module's function calls ours, which passes all on
 *	from now: the switch is to be tried again.
 */
int takeover_switch(bool on)
{
	int err;

	mutex_lock(&takeover_lock);
	err = on ? takeover_start() : takeover_stop();
	mutex_unlock(&takeover_lock);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(takeover_switch);

/**
 * takeover_held() - is any of ours still called?
 *
 * Context: any; what it says may change at once.
 * Return: true when it is, or may be.
 */
bool takeover_held(void)
{
	unsigned int i;

	for (i = 0; i < TAKEOVER_SLOTS; i++)
		if (READ_ONCE(takeover_slots[i].held))
			return true;
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(takeover_held);
