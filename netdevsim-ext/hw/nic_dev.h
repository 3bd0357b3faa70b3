/* SPDX-License-Identifier: GPL-2.0 */
/* The inside of the modelled NIC: what the files of the hardware half share. */
#ifndef NSIM_NIC_DEV_H
#define NSIM_NIC_DEV_H

#include <linux/hrtimer.h>
#include <linux/if_vlan.h>
#include <linux/irq_work.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "nic_fault.h"
#include "nic_hw.h"
#include "nic_regs.h"

struct irq_domain;
struct task_struct;
struct wire_frame;

#define NIC_DESC_BURST		16	/* descriptors fetched in one access */
#define NIC_TX_BATCH		64	/* frames of a queue before the next */
#define NIC_RX_BATCH		64	/* frames received before transmitting */
#define NIC_MAX_HDR_LEN		512	/* octets of headers to segment with */

/**
 * struct nic_ring - what the hardware latched of a queue's registers
 * @base: bus address of the descriptors
 * @wb: bus address of the head write-back
 * @size: descriptors; 0: queue off
 * @head: index after the last one completed
 * @reload: registers were written anew, latch them; guarded by reg_lock
 * @error: stopped until the size register is written
 * @stuck: stands still until then, by NIC_FAULT_*_STUCK
 * @due: when what NIC_FAULT_*_LATE held back is written; 0: nothing is
 */
struct nic_ring {
	dma_addr_t base;
	dma_addr_t wb;
	u32 size;
	u32 head;
	bool reload;
	bool error;
	bool stuck;
	ktime_t due;
};

/**
 * struct nic_slice - one slice of a chain
 * @addr: bus address
 * @len: octets
 */
struct nic_slice {
	dma_addr_t addr;
	u32 len;
};

/**
 * struct nic_tso - where segmentation of a super-packet stands
 * @hdr: its headers
 * @hdr_len: octets of them
 * @l3: offset of the IP header
 * @l4: offset of the TCP header
 * @outer: offset of a tunnel's IP header, or 0
 * @mss: payload octets a segment
 * @payload: all payload octets
 * @sent: payload octets in segments made so far
 * @index: segments made so far
 */
struct nic_tso {
	u8 hdr[NIC_MAX_HDR_LEN + VLAN_HLEN];
	u32 hdr_len;
	u32 l3;
	u32 l4;
	u32 outer;
	u32 mss;
	u32 payload;
	u32 sent;
	u32 index;
};

/**
 * struct nic_clock - what frames are stamped with
 * @lock: guards all of it; a leaf
 * @since: when it was set or its rate changed, by CLOCK_MONOTONIC
 * @ns: what it showed then
 * @rate: NIC_REG_CLOCK_RATE
 * @latch: what it showed when its low half was read
 * @low: low half of what is being written
 */
struct nic_clock {
	raw_spinlock_t lock; /* all of it */
	ktime_t since;
	u64 ns;
	s32 rate;
	u64 latch;
	u32 low;
};

/**
 * struct nic_txq - a transmit queue
 * @ring: its ring
 * @fetch: index after the last descriptor taken into the chain
 * @cache: descriptors fetched ahead
 * @cache_pos: next of them
 * @cache_end: after the last of them
 * @first: first descriptor of the chain, which says what to do
 * @slices: the chain so far
 * @nr_slices: its descriptors
 * @total: its octets
 * @bad: a descriptor of it was wrong: drop it
 * @whole: the chain is complete and its frames are being sent
 * @slice: cursor: slice
 * @offset: cursor: octets of that slice already read
 * @tso: segmentation of the chain
 * @frame: a frame that the wire did not take yet
 * @sent: when the last one that was to be stamped left
 */
struct nic_txq {
	struct nic_ring ring;
	u32 fetch;
	struct nic_tx_desc cache[NIC_DESC_BURST];
	u32 cache_pos;
	u32 cache_end;
	struct nic_tx_desc first;
	struct nic_slice *slices;
	u32 nr_slices;
	u64 total;
	bool bad;
	bool whole;
	u32 slice;
	u32 offset;
	struct nic_tso tso;
	struct wire_frame *frame;
	ktime_t sent;
};

/* A queue merges so many streams at a time, and so many frames of each. */
#define NIC_MERGE_STREAMS	8
#define NIC_MERGE_FRAMES	44

/**
 * struct nic_stream - frames of a stream that are to become one
 * @frames: them, in order
 * @nr: how many; 0: not in use
 * @hash: of the first, and of all
 * @hashed: NIC_RX_HASH_*
 * @l3: offset of the IP header
 * @l4: offset of the TCP header
 * @hdr_len: octets of all headers
 * @mss: payload octets of each, but for the last
 * @len: octets of what it becomes
 * @v6: IPv6, else IPv4
 */
struct nic_stream {
	struct wire_frame *frames[NIC_MERGE_FRAMES];
	u32 nr;
	u32 hash;
	u32 hashed;
	u32 l3;
	u32 l4;
	u32 hdr_len;
	u32 mss;
	u32 len;
	bool v6;
};

/**
 * struct nic_arrival - what is to be written to memory
 * @frame: a frame, or what frames were merged to
 * @hash: its hash, or 0
 * @hashed: NIC_RX_HASH_*
 * @segs: frames that it was merged of; 1: it is one
 * @mss: payload octets of one of those
 * @hdr_len: octets of headers that each of those had
 */
struct nic_arrival {
	struct wire_frame *frame;
	u32 hash;
	u32 hashed;
	u32 segs;
	u32 mss;
	u32 hdr_len;
};

/**
 * struct nic_rxq - a receive queue
 * @ring: its ring
 * @buf_size: octets of a posted buffer
 * @hdrs: bus address of the header buffers
 * @hdr_size: octets of one; 0: nothing is split
 * @cache: bus addresses of buffers fetched ahead
 * @cache_pos: next of them
 * @cache_end: after the last of them
 * @done: frames since the last write-back of the head
 * @held: a descriptor that is written back late, while the ring has a @due
 * @streams: what is being merged
 * @next_stream: the one that makes room for another
 */
struct nic_rxq {
	struct nic_ring ring;
	u32 buf_size;
	dma_addr_t hdrs;
	u32 hdr_size;
	dma_addr_t cache[NIC_DESC_BURST];
	u32 cache_pos;
	u32 cache_end;
	u32 done;
	struct nic_held held;
	struct nic_stream *streams;
	u32 next_stream;
};

/**
 * struct nic_vector - an interrupt line
 * @hw: the NIC
 * @lock: guards all below, up to @irqs; a leaf
 * @masked: by the driver's register, or because it was raised
 * @pending: progress that no interrupt has told of
 * @frames: frames in that progress
 * @since: time of the first of them
 * @usecs: moderation register
 * @frame_limit: moderation register
 * @line_masked: by the irq core
 * @line_pending: raised while @line_masked
 * @dead: being torn down: raise nothing
 * @cpu: where to deliver
 * @irqs: interrupts raised
 * @timer: ends the delay of moderation
 * @csd: kicks another CPU
 * @in_flight: kicks under way
 * @work: interrupts this CPU
 * @virq: Linux interrupt number
 */
struct nic_vector {
	struct nic_hw *hw;
	raw_spinlock_t lock;
	bool masked;
	bool pending;
	u32 frames;
	ktime_t since;
	u32 usecs;
	u32 frame_limit;
	bool line_masked;
	bool line_pending;
	bool dead;
	unsigned int cpu;
	u64 irqs;
	struct hrtimer timer;
	call_single_data_t csd;
	atomic_t in_flight;
	struct irq_work work;
	unsigned int virq;
};

/**
 * struct nic_layout - how transmit descriptors lie in memory
 * @name: as in debugfs
 * @desc_size: octets of one
 * @max_hdr: longest first slice of a chain, octets
 * @max_slice: longest slice that it can express
 * @dma_bits: width of addresses that it can express
 * @decode: makes it a struct nic_tx_desc; NULL: it is one
 */
struct nic_layout {
	const char *name;
	u32 desc_size;
	u32 max_hdr;
	u32 max_slice;
	u32 dma_bits;
	void (*decode)(const void *raw, struct nic_tx_desc *desc);
};

/**
 * struct nic_rx_layout - how receive descriptors lie in memory
 * @name: as in debugfs
 * @desc_size: octets of one
 * @status_at: offset of the status, which is written last
 * @rest_at: offset of what else is written back, up to the end
 * @says: NIC_RX_* that it can express
 * @dma_bits: width of addresses that it can express
 * @addr: the address in one; NULL: it is a struct nic_rx_desc
 * @encode: makes one of a struct nic_rx_desc; NULL: likewise
 */
struct nic_rx_layout {
	const char *name;
	u32 desc_size;
	u32 status_at;
	u32 rest_at;
	u32 says;
	u32 dma_bits;
	dma_addr_t (*addr)(const void *raw);
	void (*encode)(void *raw, const struct nic_rx_desc *desc);
};

/**
 * struct nic_limit_file - a limit as debugfs finds it
 * @hw: the NIC
 * @limit: which one
 */
struct nic_limit_file {
	struct nic_hw *hw;
	enum nic_limit limit;
};

/* Bits of nic_hw.flags */
#define NIC_HW_KICKED		0	/* something may be to do */

/**
 * struct nic_hw - a modelled NIC
 * @dma_dev: whose bus addresses it uses
 * @name: for messages
 * @nr_queues: queue pairs, and vectors
 * @reg_lock: guards @ctrl, @running, the rings' reload and register writes
 *	other than doorbells
 * @limits: by enum nic_limit; changed under @reg_lock while it is not enabled
 * @limit_files: those in debugfs
 * @layout: of transmit descriptors; changed as @limits are
 * @rx_layout: of receive descriptors, likewise
 * @ctrl: NIC_REG_CTRL
 * @running: the thread may touch memory; cleared by the thread alone
 * @regs: the register file, 32 bits each
 * @reg_errors: accesses to registers that do not exist or are read only
 * @flags: NIC_HW_*
 * @clock: what frames are stamped with
 * @faults: what is to go wrong
 * @quiet: woken when @running becomes false
 * @thread: does the work
 * @port: to the wire
 * @next_txq: where the next round begins
 * @counters: written by the thread alone; irqs is summed from the vectors
 * @irq_domain: of the vectors
 * @irq_fwnode: names it
 * @dir: debugfs folder hw/
 * @fault_dir: debugfs folder fault/
 * @txq: transmit queues
 * @rxq: receive queues
 * @vec: vectors
 */
struct nic_hw {
	struct device *dma_dev;
	char name[32];
	unsigned int nr_queues;
	raw_spinlock_t reg_lock;
	u32 limits[NIC_LIMITS];
	struct nic_limit_file limit_files[NIC_LIMITS];
	const struct nic_layout *layout;
	const struct nic_rx_layout *rx_layout;
	u32 ctrl;
	bool running;
	u32 regs[NIC_BAR_SIZE / 4];
	atomic64_t reg_errors;
	unsigned long flags;
	struct nic_clock clock;
	struct nic_faults faults;
	wait_queue_head_t quiet;
	struct task_struct *thread;
	struct wire_port *port;
	unsigned int next_txq;
	struct nic_hw_counters counters;
	struct irq_domain *irq_domain;
	struct fwnode_handle *irq_fwnode;
	struct dentry *dir;
	struct dentry *fault_dir;
	struct nic_txq txq[NIC_MAX_QUEUES];
	struct nic_rxq rxq[NIC_MAX_QUEUES];
	struct nic_vector vec[NIC_MAX_QUEUES];
};

/* The thread is the only writer; others read without a lock. */
static inline void nic_count(u64 *counter, u64 n)
{
	WRITE_ONCE(*counter, *counter + n);
}

static inline u32 nic_reg(const struct nic_hw *hw, u32 reg)
{
	return READ_ONCE(hw->regs[reg / 4]);
}

/* Is anything to go wrong, perhaps? */
static inline bool nic_faulty(const struct nic_hw *hw)
{
	return unlikely(READ_ONCE(hw->faults.armed));
}

static inline bool nic_fault(struct nic_hw *hw, enum nic_fault fault)
{
	return nsim_inject_fires(&hw->faults.points[fault]);
}

/* nic_thread.c */
void nic_kick(struct nic_hw *hw);
int nic_thread_start(struct nic_hw *hw);
void nic_thread_stop(struct nic_hw *hw);

/* nic_ring.c */
int nic_dma_read(struct nic_hw *hw, dma_addr_t addr, void *dst, size_t len);
int nic_dma_write(struct nic_hw *hw, dma_addr_t addr, const void *src,
		  size_t len);
int nic_ring_tail(struct nic_hw *hw, struct nic_ring *ring, u32 block,
		  u32 *tail);
u32 nic_ring_distance(const struct nic_ring *ring, u32 from, u32 to);
u32 nic_ring_advance(const struct nic_ring *ring, u32 index, u32 n);
void nic_ring_write_back(struct nic_hw *hw, struct nic_ring *ring);
void nic_ring_fail(struct nic_hw *hw, struct nic_ring *ring, const char *why);
void nic_rings_latch(struct nic_hw *hw);

/* nic_tx.c */
bool nic_txq_run(struct nic_hw *hw, unsigned int index);
void nic_txq_forget(struct nic_txq *q);
int nic_tx_gather(struct nic_hw *hw, struct nic_txq *q, void *dst, u32 len);

/* Octets of the tag that each frame of the chain gets. */
static inline u32 nic_tx_tag_len(const struct nic_txq *q)
{
	return le16_to_cpu(q->first.flags) & NIC_TX_VLAN ? VLAN_HLEN : 0;
}

/* nic_tso.c */
int nic_tso_begin(struct nic_hw *hw, struct nic_txq *q);
struct wire_frame *nic_tso_segment(struct nic_hw *hw, struct nic_txq *q);
bool nic_tso_more(const struct nic_txq *q);

/* nic_tunnel.c */
int nic_tunnel_check(struct nic_hw *hw, const struct nic_txq *q);
void nic_tunnel_write(const struct nic_tso *tso, u8 *frame);

static inline bool nic_tx_is_tunnel(const struct nic_txq *q)
{
	return le16_to_cpu(q->first.flags) & NIC_TX_TUNNEL;
}

/* nic_rx.c */
bool nic_rx_run(struct nic_hw *hw, bool enabled);
void nic_rxq_forget(struct nic_rxq *q);
void nic_rx_deliver(struct nic_hw *hw, unsigned int index,
		    const struct nic_arrival *in);

/* nic_clock.c */
void nic_clock_init(struct nic_hw *hw);
u64 nic_clock_at(struct nic_hw *hw, ktime_t when);
u32 nic_clock_reg_read(struct nic_hw *hw, u32 reg);
void nic_clock_reg_write(struct nic_hw *hw, u32 reg, u32 val);

/**
 * struct nic_parsed - where the headers of a frame are
 * @l3: octets to the IP header
 * @l4: octets to what comes after it
 * @proto: what that is
 * @v6: IPv6, else IPv4
 * @fragment: of an IPv4 packet
 */
struct nic_parsed {
	u32 l3;
	u32 l4;
	u8 proto;
	bool v6;
	bool fragment;
};

/* nic_split.c */
u32 nic_split_len(const struct nic_rxq *q, const struct wire_frame *frame);

/* nic_merge.c */
bool nic_merge_frame(struct nic_hw *hw, unsigned int index,
		     const struct nic_arrival *in);
void nic_merge_flush(struct nic_hw *hw, unsigned int index);

/* nic_rss.c */
bool nic_parse(const struct wire_frame *frame, struct nic_parsed *parsed);
u32 nic_rss_hash(const struct nic_hw *hw, const struct wire_frame *frame,
		 u32 *hash);
u32 nic_rss_queue(const struct nic_hw *hw, u32 hash);
void nic_rss_reset(struct nic_hw *hw);

/* nic_vlan.c */
void nic_vlan_insert(u8 *data, u32 len, u16 tci);
bool nic_vlan_strip(struct wire_frame *frame, u16 *tci);

/* nic_csum.c */
bool nic_csum_offered(const struct wire_frame *frame, u32 features, u32 start,
		      u32 offset);
u16 nic_csum_sum(const struct wire_frame *frame);
int nic_csum_finish(struct wire_frame *frame, u32 start, u32 offset);
bool nic_csum_verify(const struct wire_frame *frame);

/* nic_irq.c */
int nic_irq_init(struct nic_hw *hw);
void nic_irq_exit(struct nic_hw *hw);
void nic_vec_progress(struct nic_vector *vec, u32 frames);
void nic_vec_write(struct nic_vector *vec, u32 reg, u32 val);
u32 nic_vec_read(struct nic_vector *vec, u32 reg);
void nic_vec_reset(struct nic_vector *vec);

static inline u32 nic_limit(const struct nic_hw *hw, enum nic_limit limit)
{
	return READ_ONCE(hw->limits[limit]);
}

/* nic_limits.c */
void nic_limits_init(struct nic_hw *hw);
void nic_limits_debugfs(struct nic_hw *hw);
bool nic_limits_hold_frame(const struct nic_layout *layout, u64 descs,
			   u32 slice);

/* nic_layout.c */
void nic_layout_init(struct nic_hw *hw);
u32 nic_layout_id(const struct nic_layout *layout);
int nic_layout_fetch(struct nic_hw *hw, dma_addr_t addr,
		     struct nic_tx_desc *descs, u32 n);
void nic_layout_debugfs(struct nic_hw *hw);

/* nic_rx_layout.c */
void nic_rx_layout_init(struct nic_hw *hw);
u32 nic_rx_layout_id(const struct nic_rx_layout *layout);
int nic_rx_layout_fetch(struct nic_hw *hw, dma_addr_t addr, dma_addr_t *bufs,
			u32 n);
int nic_rx_layout_write(struct nic_hw *hw, dma_addr_t addr,
			const struct nic_rx_desc *desc);
void nic_rx_layout_debugfs(struct nic_hw *hw);

/* Can the hardware's receive descriptors say this? */
static inline bool nic_rx_can(const struct nic_hw *hw, u32 status)
{
	return READ_ONCE(hw->rx_layout)->says & status;
}

/* nic_debugfs.c */
void nic_debugfs_init(struct nic_hw *hw, struct dentry *ddir);

#endif
