/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's DMA ledger: what is mapped for it, to the octet, and by whom. It
 * hears of maps, unmaps and syncs through the kernel's DMA tracepoints, and of
 * the device's accesses from the emulated IOMMU.
 */
#ifndef NSIM_IOMMU_LEDGER_H
#define NSIM_IOMMU_LEDGER_H

#include <linux/dma-direction.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct dentry;
struct device;
struct nsim_iommu_dev;

#define LEDGER_STACK		6	/* code addresses kept of a call chain */
#define LEDGER_GONE		1024	/* unmapped maps remembered */
#define LEDGER_FAULTS		64	/* faults remembered */
#define LEDGER_OWNERS		64	/* code that maps, told apart */
#define LEDGER_BLOCK		128	/* octets of a checksum */

/**
 * enum ledger_kind - what was done wrong
 * @LEDGER_OK: nothing
 * @LEDGER_NOT_MAPPED: the device accessed what nobody has mapped
 * @LEDGER_PAST_END: it accessed octets beside a map, in its pages or beyond
 * @LEDGER_DIRECTION: it wrote to what was mapped for reading, or read from
 *	what was mapped for writing
 * @LEDGER_STALE: it accessed what had been unmapped
 * @LEDGER_TWICE: the driver unmapped what it had unmapped before
 * @LEDGER_MISMATCH: it unmapped with another length, direction or kind of call
 * @LEDGER_NO_MAP: it unmapped or synced what it had never mapped
 * @LEDGER_REWRITTEN: what the device reads is not what it was when mapped, or
 *	synced for the device
 * @LEDGER_UNSYNCED: the driver gave a buffer back, or unmapped it, that the
 *	device has written to, without having synced it for the CPU
 * @LEDGER_READ: the CPU read what the device had written, and the driver had not
 *	synced it; seen on kernels with KASAN only
 * @LEDGER_LEAKED: still mapped when the device went
 * @LEDGER_KINDS: how many there are
 */
enum ledger_kind {
	LEDGER_OK,
	LEDGER_NOT_MAPPED,
	LEDGER_PAST_END,
	LEDGER_DIRECTION,
	LEDGER_STALE,
	LEDGER_TWICE,
	LEDGER_MISMATCH,
	LEDGER_NO_MAP,
	LEDGER_REWRITTEN,
	LEDGER_UNSYNCED,
	LEDGER_READ,
	LEDGER_LEAKED,
	LEDGER_KINDS
};

/**
 * struct ledger_stack - who called the DMA API
 * @nr: addresses
 * @pc: the caller first, then who called that
 */
struct ledger_stack {
	unsigned int nr;
	unsigned long pc[LEDGER_STACK];
};

/**
 * struct ledger_map - what one call to the DMA API mapped
 * @node: among the live maps, or among the gone ones, by @addr
 * @addr: bus address
 * @len: octets
 * @phys: of the memory; 0: coherent memory, whose content is not looked at
 * @dir: who may do what
 * @coherent: from dma_alloc_*(), not dma_map_*()
 * @cookie: number of the map, since the ledger was opened
 * @time: when it was mapped
 * @mapper: who mapped it
 * @unmapper: who unmapped it; of gone ones
 * @low: first octet that the device wrote and nobody synced
 * @high: octet after the last one
 * @hidden: octets of it were hidden from the CPU
 * @owner: row of who mapped it, or -1
 * @nr_sums: checksums, or 0
 * @sums: one for each LEDGER_BLOCK octets
 */
struct ledger_map {
	struct rb_node node;
	dma_addr_t addr;
	size_t len;
	phys_addr_t phys;
	enum dma_data_direction dir;
	bool coherent;
	u64 cookie;
	ktime_t time;
	struct ledger_stack mapper;
	struct ledger_stack unmapper;
	size_t low;
	size_t high;
	bool hidden;
	int owner;
	u32 nr_sums;
	u32 sums[] __counted_by(nr_sums);
};

/**
 * struct ledger_fault - something done wrong
 * @kind: what
 * @write: the device was writing
 * @by_device: it was the device's doing, else the driver's
 * @known: @map and @mapper say whose map it was
 * @time: when
 * @addr: first octet that was wrong
 * @len: octets of the access, unmap or sync
 * @map_addr: of the map, also where it was gone
 * @map_len: of the map
 * @map_dir: of the map
 * @map_cookie: of the map
 * @map_time: when it was mapped
 * @mapper: who mapped it
 * @other: LEDGER_STALE, LEDGER_TWICE: who unmapped it first; else who did it
 */
struct ledger_fault {
	enum ledger_kind kind;
	bool write;
	bool by_device;
	bool known;
	ktime_t time;
	dma_addr_t addr;
	size_t len;
	dma_addr_t map_addr;
	size_t map_len;
	enum dma_data_direction map_dir;
	u64 map_cookie;
	ktime_t map_time;
	struct ledger_stack mapper;
	struct ledger_stack other;
};

/**
 * struct ledger_owner - what one place in the code has mapped
 * @stack: the place, by its call chain
 * @maps: maps made
 * @unmaps: of those, unmapped
 * @bytes: octets mapped
 */
struct ledger_owner {
	struct ledger_stack stack;
	u64 maps;
	u64 unmaps;
	u64 bytes;
};

/**
 * struct ledger_counters - since the ledger was opened
 * @maps: dma_map_*() that succeeded
 * @map_failures: those that did not
 * @alloc_failures: dma_alloc_*() that did not
 * @unmaps: dma_unmap_*() of what was mapped
 * @allocs: dma_alloc_*()
 * @frees: dma_free_*()
 * @syncs_cpu: dma_sync_*_for_cpu()
 * @syncs_device: dma_sync_*_for_device()
 * @bytes_mapped: octets, of maps and allocations
 * @bytes_unmapped: likewise
 * @live: maps and allocations now
 * @live_bytes: their octets
 * @high_water: most maps and allocations at a time
 * @high_water_bytes: most octets at a time
 * @device_reads: accesses of the device
 * @device_writes: likewise
 * @device_read_bytes: octets
 * @device_write_bytes: octets
 * @untracked: unmaps, syncs and accesses of what is not in the ledger, but may
 *	have been mapped: before it was opened, or when memory was short
 * @no_memory: maps not entered for want of memory
 * @owners_full: maps of code for which there is no row
 * @faults: by kind
 */
struct ledger_counters {
	u64 maps;
	u64 map_failures;
	u64 alloc_failures;
	u64 unmaps;
	u64 allocs;
	u64 frees;
	u64 syncs_cpu;
	u64 syncs_device;
	u64 bytes_mapped;
	u64 bytes_unmapped;
	u64 live;
	u64 live_bytes;
	u64 high_water;
	u64 high_water_bytes;
	u64 device_reads;
	u64 device_writes;
	u64 device_read_bytes;
	u64 device_write_bytes;
	u64 untracked;
	u64 no_memory;
	u64 owners_full;
	u64 faults[LEDGER_KINDS];
};

/**
 * struct nsim_ledger - the ledger
 * @lock: protects all; a leaf
 * @nd: whose
 * @incomplete: something was mapped that is not in it
 * @skipped_syncs: syncs were skipped before it was opened
 * @sums: checksums are made
 * @reads: what the device writes is hidden from the CPU until it is synced
 * @reader: in the list of those with @reads
 * @live: maps, by address; two of one address for a moment, when an address is
 *	used anew before the tracepoint of its unmap was reached
 * @gone: maps that are no more
 * @ring: those in @gone, oldest at @gone_next
 * @gone_next: the next to be forgotten
 * @counters: what happened
 * @nr_faults: all in all
 * @faults: the newest
 * @nr_owners: rows in use
 * @owners: rows
 */
struct nsim_ledger {
	spinlock_t lock; /* all; IRQs off */
	struct nsim_iommu_dev *nd;
	bool incomplete;
	bool skipped_syncs;
	bool sums;
	bool reads;
	struct list_head reader;
	struct rb_root live;
	struct rb_root gone;
	struct ledger_map *ring[LEDGER_GONE];
	unsigned int gone_next;
	struct ledger_counters counters;
	u64 nr_faults;
	struct ledger_fault faults[LEDGER_FAULTS];
	unsigned int nr_owners;
	struct ledger_owner owners[LEDGER_OWNERS];
};

/* ledger_device.c: process context */
int nsim_ledger_open(struct nsim_iommu_dev *nd);
void nsim_ledger_close(struct nsim_iommu_dev *nd);
void nsim_ledger_create(struct nsim_iommu_dev *nd);
void nsim_ledger_left(struct nsim_iommu_dev *nd);
void nsim_ledger_destroy(struct nsim_iommu_dev *nd);
struct nsim_ledger *nsim_ledger_lock(struct nsim_iommu_dev *nd);
void nsim_ledger_unlock(void);
void nsim_ledger_hear_syncs(struct device *dev);
bool nsim_ledger_access(struct nsim_iommu_dev *nd, dma_addr_t addr, size_t len,
			bool write);

/* ledger.c: any context, under RCU */
void ledger_init(struct nsim_ledger *ledger, struct nsim_iommu_dev *nd);
void ledger_free(struct nsim_ledger *ledger);
void ledger_missed(struct nsim_ledger *ledger, dma_addr_t addr, size_t len);
void ledger_enter(struct nsim_ledger *ledger, dma_addr_t addr, size_t len,
		  phys_addr_t phys, enum dma_data_direction dir,
		  bool coherent);
void ledger_strike(struct nsim_ledger *ledger, dma_addr_t addr, size_t len,
		   enum dma_data_direction dir, bool coherent, bool synced);
void ledger_sync(struct nsim_ledger *ledger, dma_addr_t addr, size_t len,
		 bool for_cpu);

/* ledger_access.c: under the ledger's lock */
enum ledger_kind ledger_judge(struct nsim_ledger *ledger, dma_addr_t addr,
			      size_t len, bool write);
struct ledger_map *ledger_holds(struct rb_root *root, dma_addr_t addr,
				size_t len);

/* ledger_map.c: under the ledger's lock */
void ledger_insert(struct rb_root *root, struct ledger_map *map);
struct ledger_map *ledger_at(struct rb_root *root, dma_addr_t addr);
struct ledger_map *ledger_prev(struct ledger_map *map);
struct ledger_map *ledger_around(struct rb_root *root, dma_addr_t addr);

/* ledger_sum.c */
u32 ledger_nr_sums(size_t len);
void ledger_sum(struct ledger_map *map, size_t from, size_t len);
bool ledger_sum_holds(const struct ledger_map *map, size_t from, size_t len);

/* ledger_fault.c: under the ledger's lock */
struct ledger_fault *ledger_fault(struct nsim_ledger *ledger,
				  enum ledger_kind kind,
				  const struct ledger_map *map,
				  dma_addr_t addr, size_t len, bool by_device,
				  bool write);
void ledger_stack(struct ledger_stack *stack);
const char *ledger_kind_name(enum ledger_kind kind);

/* ledger_read.c */
void ledger_hide(struct nsim_ledger *ledger, struct ledger_map *map,
		 size_t from, size_t to);
void ledger_show(const struct ledger_map *map, size_t from, size_t to);
int ledger_watch_reads(struct nsim_ledger *ledger, bool watch);

/* ledger_trace.c */
int ledger_trace_get(void);
void ledger_trace_put(void);

/* ledger_debugfs.c */
void nsim_ledger_debugfs(struct nsim_iommu_dev *nd, struct dentry *parent);

#endif
