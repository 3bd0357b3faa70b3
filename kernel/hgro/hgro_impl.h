/* SPDX-License-Identifier: GPL-2.0 */
/* What the receive engine's own files share. */
#ifndef HEADROOM_HGRO_IMPL_H
#define HEADROOM_HGRO_IMPL_H

#include <linux/hrtimer.h>
#include <linux/if_vlan.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>

#include <headroom/hgro.h>

#include "../hdr/predict.h"

/* HDR_MAX_LAYERS, in whole words. */
#define HGRO_LAYER_IDS	16
#define HGRO_NO_LEVEL	0xff
/* The length of no frame: one of 0 octets may come. */
#define HGRO_NO_FRAME	U32_MAX

/**
 * struct hgro_flow - packets that are held to be merged
 * @node: in its bucket
 * @hash: of the flow
 * @vlan_all: a tag beside the packets, as in &struct hgro_frame
 * @frame_len: octets of a full frame; %HGRO_NO_FRAME when none may join any
 *	more
 * @mss: octets of payload in it
 * @bytes: octets of payload so far
 * @truesize: of what was appended to @head, octets
 * @count: packets
 * @pieces: pieces of memory that they have beyond one each
 * @room: full packets that may still join
 * @tail: octets of a short one that may join behind these
 * @plain: nothing beside @head that would have to be compared
 * @pages: and packets in pages may join
 * @fixed_id: the IPv4 id stays
 * @flags: of the last packet, those that @predict hides
 * @full: why @room is not larger
 * @levels: checksums that a device must have verified behind the first for a
 *	packet to take the short way; %HGRO_NO_LEVEL when none is enough
 * @odd_check: an L4 checksum that is not rebuilt
 * @layer: the numbers of its layers in the table of protocols
 * @guests: of those, the ones of other modules, a bit for each
 * @last: the carrier that pages are appended to, @head or the end of its
 *	frag_list
 * @head: goes up
 * @last_bytes: of @bytes, what @last->len knows of
 * @last_truesize: the same of @truesize
 * @age: in the list of flows, the oldest first
 * @born: jiffies
 * @waiting: packets that came too early, by sequence number
 * @wait_until: so long at most, if there are any; ns, monotonic
 * @stack: layers of a packet
 * @predict: the headers of the next packet; of length 0 until a second one comes
 */
struct hgro_flow {
	struct hlist_node node;
	u32 hash;
	u32 vlan_all;
	u32 frame_len;
	u32 mss;
	u32 tail;
	u32 bytes;
	u32 truesize;
	u16 count;
	u16 pieces;
	u16 room;
	bool plain;
	bool pages;
	bool fixed_id;
	u8 flags;
	u8 full;
	u8 levels;
	u16 odd_check;
	struct sk_buff *last;
	struct sk_buff *head;
	u32 last_bytes;
	u32 last_truesize;
	struct list_head age;
	unsigned long born;
	struct list_head waiting;
	u64 wait_until;
	u32 guests;
	u8 layer[HGRO_LAYER_IDS];
	struct hdr_stack stack;
	struct hdr_predict predict;
};

/**
 * struct hgro - the context of a NAPI
 * @bucket: flows by hash
 * @mask: of the hash
 * @seed: of hashes that are made here
 * @napi: whose it is
 * @config: as given, with no 0
 * @table: hdr_table; tests break copies of it
 * @up: skbs that are to be delivered
 * @ups: how many
 * @ages: flows that are open, the oldest first
 * @unused: flows that are not
 * @flows: all of them
 * @timer: ends the flows that a poll left open
 * @early: room for packets that wait for a gap to close
 * @no_early: of that, what is not used
 * @turn: packets that have waited, and whose turn it is
 * @in_turn: they are being received: none waits again
 * @reorder_ns: how long a packet may wait, 0 when none may
 * @stats: counters
 * @sync: guards @stats
 */
struct hgro {
	struct hlist_head *bucket;
	u32 mask;
	u32 seed;
	struct napi_struct *napi;
	struct hgro_config config;
	const struct hdr_table *table;
	struct list_head up;
	unsigned int ups;
	struct list_head ages;
	struct list_head unused;
	struct hgro_flow *flows;
	struct hrtimer timer;
	struct hgro_early *early;
	struct list_head no_early;
	struct list_head turn;
	bool in_turn;
	u64 reorder_ns;
	struct hgro_stats stats;
	struct u64_stats_sync sync;
};

/*
 * A device chooses the queue by the low bits of its hash, so that they are the
 * same in much of what one context sees.
 */
static __always_inline struct hlist_head *hgro_bucket(const struct hgro *hgro,
						      u32 hash)
{
	return &hgro->bucket[(hash ^ hash >> 16) & hgro->mask];
}

/**
 * struct hgro_packet - a packet that arrived, in either mode
 * @data: its Ethernet header
 * @readable: octets there
 * @len: octets of the frame
 * @hash: of the flow; 0 for what is not held
 * @vlan_all: as in &struct hgro_frame
 * @csum: the same
 * @ip_summed: the same
 * @csum_level: the same
 * @layer: by hgro_judge_layers(), as in &struct hgro_flow
 * @guests: the same
 * @skb: it, or NULL
 * @frame: it, where there is no skb
 */
struct hgro_packet {
	const u8 *data;
	u32 readable;
	u32 len;
	u32 hash;
	u32 vlan_all;
	__wsum csum;
	u8 ip_summed;
	u8 csum_level;
	u8 layer[HGRO_LAYER_IDS];
	u32 guests;
	struct sk_buff *skb;
	const struct hgro_frame *frame;
};

/*
 * The L4 checksum, in any order of octets, that is not rebuilt: the other zero
 * of TCP, which is rebuilt as 0, and that of UDP, which says that there is none.
 */
static inline u16 hgro_odd_check(const struct hdr_stack *stack)
{
	return stack->type[stack->layers - 1] == HDR_TCP ? 0xffff : 0;
}

/* judge.c: may it be merged? */
void hgro_super(const struct hgro *hgro, struct hdr_super *super,
		const u8 *headers, const struct hdr_stack *stack, u32 mss);
enum hgro_reason hgro_judge_layers(const struct hgro *hgro,
				   struct hgro_packet *pkt,
				   struct hdr_stack *stack);
enum hgro_reason hgro_judge_packet(const struct hgro *hgro,
				   const struct hgro_packet *pkt,
				   const struct hdr_stack *stack);
enum hgro_reason hgro_judge_join(const struct hgro *hgro,
				 struct hgro_flow *flow,
				 const struct hgro_packet *pkt,
				 const struct hdr_stack *stack);
enum hgro_reason hgro_last_reason(u8 flags);
enum hgro_reason hgro_ends_at_once(const struct hgro_packet *pkt,
				   const struct hdr_stack *stack);

struct hgro_done;

/* layer.c: the table of protocols */
enum hgro_reason hgro_parse(const struct hgro *hgro, struct hgro_packet *pkt,
			    struct hdr_stack *stack);
bool hgro_parse_usual(struct hgro_packet *pkt, struct hdr_stack *stack);
void hgro_complete(const struct hgro_done *done, const u8 *ids);
void hgro_layers_hold(u32 guests);
void hgro_layers_put(u32 guests);

/* udp.c */
unsigned int hgro_port_tunnel(const struct hgro *hgro, u16 port);
bool hgro_udp_wanted(const struct hgro *hgro, const struct hgro_packet *pkt,
		     const struct hdr_stack *stack);

/* check.c */
unsigned int hgro_checks(const struct hdr_stack *stack);
bool hgro_check_right(const struct hgro_packet *pkt,
		      const struct hdr_stack *stack);

/* reorder.c: packets that came too early */
bool hgro_reorder_create(struct hgro *hgro);
bool hgro_wait(struct hgro *hgro, struct hgro_flow *flow,
	       const struct hgro_packet *pkt, const struct hdr_stack *stack);
void hgro_gap_closes(struct hgro *hgro, struct hgro_flow *flow);
void hgro_take_turns(struct hgro *hgro);

/* flow.c: the table */
u32 hgro_hash(const struct hgro *hgro, const u8 *data, u32 len);
u8 hgro_levels(const struct hdr_stack *stack);
struct hgro_flow *hgro_same_flow(const struct hgro *hgro,
				 const struct hgro_packet *pkt,
				 const struct hdr_stack *stack);
void hgro_predict(const struct hgro *hgro, struct hgro_flow *flow);
bool hgro_start(struct hgro *hgro, const struct hgro_packet *pkt,
		const struct hdr_stack *stack, enum hgro_reason *reason);
bool hgro_first_page(struct hgro *hgro, const struct hgro_frame *frame,
		     const u8 *data, u32 hash);
bool hgro_first_skb(struct hgro *hgro, struct sk_buff *skb, u32 hash);
void hgro_end(struct hgro *hgro, struct hgro_flow *flow,
	      enum hgro_reason reason);

/* A tag beside the packet, as in &struct hgro_frame. */
static inline u32 hgro_vlan_all(const struct sk_buff *skb)
{
	return skb_vlan_tag_present(skb) ? skb->vlan_all : 0;
}

/* carrier.c: packets in skbs */
struct sk_buff *hgro_carrier(struct hgro *hgro, const struct hgro_frame *frame,
			     unsigned int linear, unsigned int headroom);
bool hgro_next_carrier(struct hgro *hgro, struct hgro_flow *flow);
enum hgro_reason hgro_append_skb(struct hgro *hgro, struct hgro_flow *flow,
				 struct sk_buff *skb);
void hgro_close_head(struct hgro_flow *flow);
void hgro_frame_put(const struct hgro *hgro, const struct hgro_frame *frame);

/* finish.c */
void hgro_finish(struct hgro_flow *flow);

/* deliver.c */
void hgro_deliver(struct hgro *hgro);
void hgro_pass(struct hgro *hgro, const struct hgro_packet *pkt,
	       enum hgro_reason reason);

/* Delivered together, as many as stock GRO does by default. */
#define HGRO_BATCH	8

/* An skb goes up, behind those that do already. */
static __always_inline void hgro_up(struct hgro *hgro, struct sk_buff *skb)
{
	list_add_tail(&skb->list, &hgro->up);
	if (++hgro->ups >= HGRO_BATCH)
		hgro_deliver(hgro);
}

/* poll.c */
void hgro_timer_init(struct hgro *hgro);

#endif
