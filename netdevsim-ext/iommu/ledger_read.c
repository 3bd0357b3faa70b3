// SPDX-License-Identifier: GPL-2.0
/*
 * Reads of the CPU before a sync. On a machine whose DMA is not coherent they
 * see what was there before; on this one nobody would notice. So octets that
 * the device has written are poisoned for KASAN until the driver has synced
 * them, and what KASAN then reports is a fault in the ledger. Kernels without
 * generic KASAN have none of this.
 */
#include <kunit/visibility.h>
#include <linux/io.h>
#include <linux/kallsyms.h>
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/error_report.h>

#include "ledger.h"

#if defined(CONFIG_KASAN_GENERIC) && defined(CONFIG_TRACEPOINTS)

#define LEDGER_GRANULE	BIT(KASAN_SHADOW_SCALE_SHIFT)
#define LEDGER_HIDDEN	0xd5	/* in the shadow: no value of KASAN's own */
#define LEDGER_REPORT	12	/* call frames of a report, at most */

static LIST_HEAD(ledger_readers);	/* changed under the ledgers' mutex */

static u8 *ledger_shadow(phys_addr_t phys)
{
	return kasan_mem_to_shadow(phys_to_virt(phys));
}

/*
 * Is @poison, of the eight octets at @at, a ledger's? One that leaves the first
 * few readable is KASAN's own where those reach to the map's end, and a ledger's
 * where they do not: a buffer does not end within a map.
 */
static bool ledger_hides(const struct ledger_map *map, phys_addr_t at,
			 u8 poison)
{
	return poison == LEDGER_HIDDEN ||
	       (poison && poison < LEDGER_GRANULE &&
		at + poison < map->phys + map->len);
}

/**
 * ledger_hide - the device writes: the CPU must not read before it syncs
 * @ledger: the ledger
 * @map: the map
 * @from: first octet
 * @to: octet after the last one
 *
 * Eight octets share a poison, which can say that the first few of them are
 * readable, but not the last few. So the others of the last eight are hidden
 * too, which are the device's as well, and only where the map ends before they
 * do is nothing hidden of them.
 *
 * Context: under the ledger's lock.
 */
void ledger_hide(struct nsim_ledger *ledger, struct ledger_map *map,
		 size_t from, size_t to)
{
	phys_addr_t start = map->phys + from, at, end;
	u8 *shadow, poison, first;

	if (!ledger->reads || !map->phys || map->coherent)
		return;
	map->hidden = true;
	end = min(round_up(map->phys + to, LEDGER_GRANULE),
		  round_down(map->phys + map->len, LEDGER_GRANULE));
	at = round_down(start, LEDGER_GRANULE);
	for (; at < end; at += LEDGER_GRANULE) {
		first = at < start ? start - at : 0;
		shadow = ledger_shadow(at);
		poison = READ_ONCE(*shadow);
		if (!poison || (poison != LEDGER_HIDDEN && poison > first &&
				ledger_hides(map, at, poison)))
			WRITE_ONCE(*shadow, first ?: LEDGER_HIDDEN);
	}
}

/**
 * ledger_show - the CPU may read
 * @map: the map
 * @from: first octet
 * @to: octet after the last one
 *
 * And what shares a poison with those. Of a map of which nothing was hidden, all
 * poison is KASAN's own, and stays.
 *
 * Context: under the ledger's lock.
 */
void ledger_show(const struct ledger_map *map, size_t from, size_t to)
{
	phys_addr_t at = round_down(map->phys + from, LEDGER_GRANULE);
	u8 *shadow;

	if (!map->hidden)
		return;
	for (; at < map->phys + to; at += LEDGER_GRANULE) {
		shadow = ledger_shadow(at);
		if (ledger_hides(map, at, READ_ONCE(*shadow)))
			WRITE_ONCE(*shadow, 0);
	}
}

/* The first hidden octet of a map at or after @phys, or its length. */
static size_t ledger_hidden(const struct ledger_map *map, phys_addr_t phys)
{
	phys_addr_t end = map->phys + map->len, at;
	u8 poison;

	at = round_down(phys, LEDGER_GRANULE);
	for (; at < end; at += LEDGER_GRANULE) {
		poison = READ_ONCE(*ledger_shadow(at));
		if (poison == LEDGER_HIDDEN)
			return max(at, phys) - map->phys;
		if (ledger_hides(map, at, poison))
			return max(at + poison, phys) - map->phys;
	}
	return map->len;
}

/* Of the report's own functions, and copying ones that KASAN looks into. */
static bool ledger_reports(unsigned long pc)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(name, pc);
	return strstr(name, "asan") || str_has_prefix(name, "memcpy") ||
	       str_has_prefix(name, "memmove");
}

/* Who reads: whoever KASAN was called by. */
static void ledger_reader(struct ledger_stack *stack)
{
	unsigned long pc[LEDGER_STACK + LEDGER_REPORT];
	unsigned int nr = stack_trace_save(pc, ARRAY_SIZE(pc), 0);
	unsigned int first = 0;
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, nr, LEDGER_REPORT); i++)
		if (ledger_reports(pc[i]))
			first = i + 1;
	stack->nr = min_t(unsigned int, nr - first, LEDGER_STACK);
	memcpy(stack->pc, pc + first, stack->nr * sizeof(*pc));
}

/* Under the lock: is this report about what the ledger has hidden? */
static void ledger_look(struct nsim_ledger *ledger, phys_addr_t phys)
{
	struct ledger_fault *fault;
	struct ledger_map *map;
	struct rb_node *node;
	size_t at;

	for (node = rb_first(&ledger->live); node; node = rb_next(node)) {
		map = rb_entry(node, struct ledger_map, node);
		if (!map->hidden || phys < map->phys ||
		    phys - map->phys >= map->len)
			continue;
		at = ledger_hidden(map, phys);
		if (at == map->len)
			continue;
		fault = ledger_fault(ledger, LEDGER_READ, map, map->addr + at,
				     max(map->high, at + 1) - at, false, false);
		ledger_reader(&fault->other);
		return;
	}
}

static void ledger_on_report(void *data, enum error_detector detector,
			     unsigned long addr)
{
	struct nsim_ledger *ledger;
	unsigned long flags;

	if (detector != ERROR_DETECTOR_KASAN || !virt_addr_valid(addr))
		return;
	/* Probes run with preemption off, which RCU waits for. */
	list_for_each_entry_rcu(ledger, &ledger_readers, reader,
				rcu_read_lock_sched_held()) {
		spin_lock_irqsave(&ledger->lock, flags);
		ledger_look(ledger, __pa(addr));
		spin_unlock_irqrestore(&ledger->lock, flags);
	}
}

static int ledger_reads_begin(struct nsim_ledger *ledger)
{
	int err = 0;

	if (list_empty(&ledger_readers))
		err = register_trace_error_report_end(ledger_on_report, NULL);
	if (err)
		return err;
	list_add_rcu(&ledger->reader, &ledger_readers);
	spin_lock_irq(&ledger->lock);
	ledger->reads = true;
	spin_unlock_irq(&ledger->lock);
	return 0;
}

static void ledger_reads_end(struct nsim_ledger *ledger)
{
	struct ledger_map *map;
	struct rb_node *node;

	spin_lock_irq(&ledger->lock);
	ledger->reads = false;
	for (node = rb_first(&ledger->live); node; node = rb_next(node)) {
		map = rb_entry(node, struct ledger_map, node);
		ledger_show(map, 0, map->len);
	}
	spin_unlock_irq(&ledger->lock);
	list_del_rcu(&ledger->reader);
	if (list_empty(&ledger_readers))
		unregister_trace_error_report_end(ledger_on_report, NULL);
	tracepoint_synchronize_unregister();
}

/**
 * ledger_watch_reads - begin or end to watch for reads before a sync
 * @ledger: the ledger
 * @watch: begin
 *
 * Context: process, may sleep; under the ledgers' mutex.
 * Return: 0, or -ENOMEM; ending succeeds.
 */
int ledger_watch_reads(struct nsim_ledger *ledger, bool watch)
{
	if (watch == ledger->reads)
		return 0;
	if (watch)
		return ledger_reads_begin(ledger);
	ledger_reads_end(ledger);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(ledger_watch_reads);

#else

void ledger_hide(struct nsim_ledger *ledger, struct ledger_map *map,
		 size_t from, size_t to)
{
}

void ledger_show(const struct ledger_map *map, size_t from, size_t to)
{
}

int ledger_watch_reads(struct nsim_ledger *ledger, bool watch)
{
	return watch ? -EOPNOTSUPP : 0;
}
EXPORT_SYMBOL_IF_KUNIT(ledger_watch_reads);

#endif
