/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites of hgro share: frames made to order, a context that
 * they are fed to, and the comparison of what comes out with what went in.
 */
#ifndef HEADROOM_HGRO_TEST_H
#define HEADROOM_HGRO_TEST_H

#include <kunit/test.h>
#include <linux/netdevice.h>
#include <linux/prandom.h>

#include <headroom/hgro.h>
#include <headroom/hgso.h>

#include "hgro_impl.h"

#define RIG_PAGES	6000
#define RIG_GROUPS	64
#define RIG_FRAME_MAX	2048

/* Where in a page a frame starts. */
#define RIG_OFFSET	64

/* A tunnel that a frame is in. */
enum frame_tunnel {
	FRAME_PLAIN,
	FRAME_VXLAN,
	FRAME_VXLAN_CSUM,
	FRAME_GENEVE,
	FRAME_GRE,
	FRAME_GRE_CSUM,
	FRAME_IPIP,
	FRAME_TUNNELS
};

#define FRAME_VXLAN_PORT	4789
#define FRAME_GENEVE_PORT	6081

/**
 * struct frame_spec - a frame to be made
 * @group: of frames that must stay in order; addresses and ports are its own
 * @v6: IPv6
 * @udp: UDP, else TCP
 * @no_check: UDP without a checksum
 * @tunnel: &enum frame_tunnel
 * @outer6: the tunnel is over IPv6
 * @outer_id: IPv4 id of the tunnel
 * @vni: what tells tunnels apart
 * @df: IPv4 with DF
 * @ext: a destination options header
 * @tags: VLAN tags in the frame, 0 to 2
 * @ip_opts: octets of IPv4 options
 * @tcp_opts: octets of TCP options
 * @opt: a value in the TCP options
 * @tos: type of service or traffic class
 * @ttl: or hop limit
 * @id: of IPv4
 * @label: IPv6 flow label
 * @vlan_all: a tag beside the frame
 * @seq: TCP sequence number
 * @ack: acknowledgment number
 * @flags: octet 13 of the TCP header
 * @window: of TCP
 * @urgent: pointer
 * @len: octets of payload
 */
struct frame_spec {
	u16 group;
	bool v6;
	bool udp;
	bool no_check;
	u8 tunnel;
	bool outer6;
	u16 outer_id;
	u8 vni;
	bool df;
	bool ext;
	u8 tags;
	u8 ip_opts;
	u8 tcp_opts;
	u32 opt;
	u8 tos;
	u8 ttl;
	u16 id;
	u32 label;
	u32 vlan_all;
	u32 seq;
	u32 ack;
	u8 flags;
	u16 window;
	u16 urgent;
	u16 len;
};

/**
 * struct frame - a frame that goes in, and is waited for
 * @list: in its group
 * @group: of it
 * @stray: it may overtake others of its group
 * @valid: its checksums are right
 * @ip_summed: what the device says
 * @csum_level: the same
 * @v6: its IP header is IPv6's
 * @udp: as in &struct frame_spec
 * @no_check: the same
 * @tunnel: the same
 * @outer6: the same
 * @outer: its tunnel's IP header, octets from the start
 * @hash: the device's
 * @vlan_all: a tag beside it
 * @l3: its IP header, octets from the start
 * @l4: its TCP header
 * @hdr_len: where its payload starts
 * @len: octets
 * @data: the frame
 */
struct frame {
	struct list_head list;
	u16 group;
	bool stray;
	bool valid;
	u8 ip_summed;
	u8 csum_level;
	bool v6;
	bool udp;
	bool no_check;
	u8 tunnel;
	bool outer6;
	u16 outer;
	u32 hash;
	u32 vlan_all;
	u16 l3;
	u16 l4;
	u16 hdr_len;
	u16 len;
	u8 data[RIG_FRAME_MAX] __aligned(8);
};

/* Functions that change what a frame is made from, or its octets: for tables. */
#define CHANGE(fn, what)				\
	static void fn(struct frame_spec *spec)		\
	{						\
		what;					\
	}

#define SPOIL(fn, what)					\
	static void fn(struct frame *frame)		\
	{						\
		u8 *l3h = frame->data + frame->l3;	\
		u8 *l4h = frame->data + frame->l4;	\
							\
		what;					\
		(void)l3h;				\
		(void)l4h;				\
	}

struct hgro_rig;

/* How a frame is handed over. */
enum rig_mode {
	RIG_PAGE,
	RIG_SKB_LINEAR,		/* a head that is not a page */
	RIG_SKB_HEAD_FRAG,	/* one that is */
	RIG_SKB_FRAGS,		/* headers in the head, payload in two frags */
	RIG_SKB_BARE,		/* nothing but Ethernet in the head */
	RIG_MODES
};

/**
 * struct rig_stock - another way to merge
 * @receive: takes a packet
 * @flush: a poll ends
 */
struct rig_stock {
	void (*receive)(struct hgro_rig *rig, struct sk_buff *skb);
	void (*flush)(struct hgro_rig *rig);
};

/**
 * struct hgro_rig - a context under test
 * @dev: its device
 * @napi: its NAPI
 * @hgro: the context
 * @ports: of tunnels
 * @txq: of hgso, which takes apart
 * @kernel: the kernel's segmentation takes apart
 * @stock: in the place of the context, or NULL; what is wrong is counted then
 * @odd: by @stock: what was wrong
 * @inexact: by @stock: super-packets that do not come apart as they were
 * @waited: frames that went in and have not come out, by group
 * @page: memory for frames, each with one reference of ours
 * @next: page to look at first
 * @around: called before and after a frame in a page is received, or NULL
 * @fail_nth: for @around
 * @failed: by @around
 * @fed: frames that went in
 * @back: frames that came out
 * @supers: super-packets that came out
 * @declined: of those, what hgso did not take though it has room for the headers
 * @most: packets in the largest
 * @longest: octets of it
 * @wrong: the first thing that was
 * @out: a frame that came out
 */
struct hgro_rig {
	struct net_device *dev;
	struct napi_struct napi;
	struct hgro *hgro;
	struct hgro_ports ports;
	struct hgso_txq txq;
	bool kernel;
	const struct rig_stock *stock;
	u64 odd;
	u64 inexact;
	struct list_head waited[RIG_GROUPS];
	struct page *page[RIG_PAGES];
	unsigned int next;
	void (*around)(struct hgro_rig *rig, bool before);
	unsigned int fail_nth;
	bool failed;
	u64 fed;
	u64 back;
	u64 supers;
	u64 declined;
	u32 most;
	u32 longest;
	const char *wrong;
	u8 out[RIG_FRAME_MAX + 8];
};

/**
 * struct random_case - a run
 * @name: of the case
 * @kernel: the kernel's segmentation takes apart
 * @modes: how many of them are used, RIG_PAGE first
 * @calm: flows are calm
 * @gro_max_size: of the device
 * @config: of the context
 * @late: packets come after those behind them, and all may go up in any order
 * @untagged: no tags in frames: the stack takes them out before we see them
 */
struct random_case {
	const char *name;
	bool kernel;
	u8 modes;
	bool calm;
	u32 gro_max_size;
	struct hgro_config config;
	bool late;
	bool untagged;
};

extern unsigned long long hgro_test_seed;
extern unsigned int hgro_test_rounds;

extern struct kunit_suite hgro_match_suite;
extern struct kunit_suite hgro_field_suite;
extern struct kunit_suite hgro_poll_suite;
extern struct kunit_suite hgro_random_suite;
extern struct kunit_suite hgro_reorder_suite;
extern struct kunit_suite hgro_layer_suite;
extern struct kunit_suite hgro_stock_suite;
extern struct kunit_suite hgro_room_suite;

void frame_make(const struct frame_spec *spec, struct frame *frame);
void frame_sum(struct frame *frame);
unsigned int frame_check_at(const struct frame *frame);
void frame_first(struct rnd_state *rnd, u16 group, struct frame_spec *spec);
void frame_after(struct frame_spec *spec);
u32 frame_below(struct rnd_state *rnd, u32 ceil);
bool frame_one_in(struct rnd_state *rnd, u32 n);

int rig_init(struct kunit *test);
void rig_exit(struct kunit *test);
int rig_context(struct hgro_rig *rig, const struct hgro_config *config);
void rig_feed(struct hgro_rig *rig, const struct frame *frame,
	      enum rig_mode mode);
void rig_flush(struct hgro_rig *rig);
void rig_flush_flow(struct hgro_rig *rig, u16 group);
const char *rig_end(struct hgro_rig *rig);
void rig_up(struct hgro_rig *rig, struct sk_buff *skb);

int random_context(struct hgro_rig *rig, const struct random_case *c);
void random_run(struct hgro_rig *rig, const struct random_case *c,
		unsigned int packets, unsigned int salt);

int hgro_test_suite_init(struct kunit_suite *suite);

#endif
