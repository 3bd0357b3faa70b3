// SPDX-License-Identifier: GPL-2.0
/* What a ledger found wrong, with the names of those who did it. */
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/stacktrace.h>

#include "ledger.h"

#define LEDGER_OWN	8	/* frames of the ledger, tracepoint and DMA API */
#define LEDGER_API_TAIL	0x1000	/* octets of the last function, with KASAN */

static const char * const ledger_kind_names[] = {
	[LEDGER_OK] = "ok",
	[LEDGER_NOT_MAPPED] = "not-mapped",
	[LEDGER_PAST_END] = "past-end",
	[LEDGER_DIRECTION] = "direction",
	[LEDGER_STALE] = "stale",
	[LEDGER_TWICE] = "unmapped-twice",
	[LEDGER_MISMATCH] = "unmap-mismatch",
	[LEDGER_NO_MAP] = "no-such-map",
	[LEDGER_REWRITTEN] = "rewritten",
	[LEDGER_UNSYNCED] = "unsynced",
	[LEDGER_READ] = "read-before-sync",
	[LEDGER_LEAKED] = "leaked",
};

/**
 * ledger_kind_name - a kind of fault as people read it
 * @kind: the kind
 *
 * Return: a word without spaces.
 */
const char *ledger_kind_name(enum ledger_kind kind)
{
	BUILD_BUG_ON(ARRAY_SIZE(ledger_kind_names) != LEDGER_KINDS);
	return ledger_kind_names[kind];
}
EXPORT_SYMBOL_IF_KUNIT(ledger_kind_name);

/* Is this in the kernel's DMA API, which is one file? */
static bool ledger_is_api(unsigned long pc)
{
	static const void * const api[] = {
		dma_map_page_attrs, dma_unmap_page_attrs, dma_map_sg_attrs,
		dma_unmap_sg_attrs, dma_alloc_attrs, dma_free_attrs,
		dma_alloc_pages, dma_free_pages, dma_map_resource,
		dma_unmap_resource, dma_alloc_noncontiguous,
		dma_free_noncontiguous,
	};
	unsigned long first = ULONG_MAX;
	unsigned long last = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(api); i++) {
		first = min_t(unsigned long, first, (uintptr_t)api[i]);
		last = max_t(unsigned long, last, (uintptr_t)api[i]);
	}
	return pc >= first && pc < last + LEDGER_API_TAIL;
}

/**
 * ledger_stack - who calls the DMA API?
 * @stack: filled in
 *
 * Context: any.
 */
void ledger_stack(struct ledger_stack *stack)
{
	unsigned long pc[LEDGER_STACK + LEDGER_OWN];
	unsigned int nr = stack_trace_save(pc, ARRAY_SIZE(pc), 1);
	unsigned int first = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (ledger_is_api(pc[i]))
			first = i + 1;
	stack->nr = min_t(unsigned int, nr - first, LEDGER_STACK);
	memcpy(stack->pc, pc + first, stack->nr * sizeof(*pc));
}

/**
 * ledger_fault - note that something was done wrong
 * @ledger: the ledger
 * @kind: what
 * @map: whose map; NULL: nobody's
 * @addr: first octet that was wrong
 * @len: octets of the access, unmap or sync
 * @by_device: the device did it, else the driver, who is the caller
 * @write: the device was writing
 *
 * Context: under the ledger's lock.
 * Return: the note.
 */
struct ledger_fault *ledger_fault(struct nsim_ledger *ledger,
				  enum ledger_kind kind,
				  const struct ledger_map *map,
				  dma_addr_t addr, size_t len, bool by_device,
				  bool write)
{
	struct ledger_fault *fault;

	fault = &ledger->faults[ledger->nr_faults++ % LEDGER_FAULTS];
	ledger->counters.faults[kind]++;
	*fault = (struct ledger_fault) {
		.kind = kind,
		.write = write,
		.by_device = by_device,
		.known = map,
		.time = ktime_get(),
		.addr = addr,
		.len = len,
	};
	if (map) {
		fault->map_addr = map->addr;
		fault->map_len = map->len;
		fault->map_dir = map->dir;
		fault->map_cookie = map->cookie;
		fault->map_time = map->time;
		fault->mapper = map->mapper;
		fault->other = map->unmapper;
	}
	/* Who unmapped it first says more than who does now, if known. */
	if (!by_device && !fault->other.nr)
		ledger_stack(&fault->other);
	return fault;
}
