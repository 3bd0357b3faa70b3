/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Super-packets of every kind that a stack can make, for the differential
 * suites: what hgso makes of them against what the kernel makes of them.
 */
#ifndef HEADROOM_HGSO_KINDS_H
#define HEADROOM_HGSO_KINDS_H

#include "hgso_test.h"

/* A round of each kind for so many of the random suite. */
#define KINDS_ROUNDS_PER_KIND	30
#define KINDS_HDR_MAX	448
#define KINDS_MAX_EXTS	3
#define KINDS_MAX_LIST	24
#define KINDS_MAX_TAGS	2
/* Classic GSO: what a length field of 16 bits can say. */
#define KINDS_LEN_MAX	65535U
/* BIG TCP. */
#define KINDS_BIG_MAX	(512U * 1024)

enum kinds_versions {
	KINDS_V4 = 1,
	KINDS_V6 = 2,
	KINDS_V46 = KINDS_V4 | KINDS_V6,
};

enum kinds_tunnel {
	KINDS_PLAIN,
	KINDS_IPXIP,		/* IPIP, SIT, IP6IP6 and IPv4 in IPv6 */
	KINDS_GRE,
	KINDS_UDP_TUNNEL,	/* VXLAN, GENEVE */
};

enum kinds_shape {
	KINDS_FRAGS,		/* a head and page frags, or only one of them */
	KINDS_LIST,		/* and a frag_list, as GRO makes it */
	KINDS_FRAGLIST,		/* SKB_GSO_FRAGLIST: whole packets, chained */
};

/**
 * struct kinds_kind - one kind of super-packet
 * @name: of the kind
 * @taken: the engine must take it; else it must decline it
 * @inner: &enum kinds_versions of the (inner) IP header
 * @outer: of the outer one
 * @tunnel: &enum kinds_tunnel
 * @shape: &enum kinds_shape
 * @l4: IPPROTO_TCP or IPPROTO_UDP
 * @tags: VLAN tags in the frame
 * @inner_tag: a VLAN tag in the Ethernet frame in the tunnel
 * @mpls: labels in the frame
 * @bare: no Ethernet header, as a device has it that sends IP
 * @hw_tag: a VLAN tag that the hardware inserts
 * @ip_opts: IPv4 options
 * @exts: IPv6 extension headers
 * @csum: checksum in the outer header
 * @fixed_id: IPv4 ids stay
 * @big: BIG TCP
 * @zerocopy: MSG_ZEROCOPY
 * @partial: what NETIF_F_GSO_PARTIAL leaves of it
 * @mark: SKB_GSO_* of what is only there to be declined; the kernel is not
 *	asked to segment it
 * @size: gso_size of such a one, or 0
 */
struct kinds_kind {
	const char *name;
	bool taken;
	u8 inner;
	u8 outer;
	u8 tunnel;
	u8 shape;
	u8 l4;
	u8 tags;
	bool inner_tag;
	bool mpls;
	bool bare;
	bool hw_tag;
	bool ip_opts;
	bool exts;
	bool csum;
	bool fixed_id;
	bool big;
	bool zerocopy;
	bool partial;
	u32 mark;
	u16 size;
};

/**
 * struct kinds_ip - an IP header to be made
 * @v6: IPv6
 * @df: IPv4 with DF
 * @jumbo: IPv6 with BIG TCP's hop-by-hop header
 * @opts: octets of IPv4 options
 * @id: of IPv4
 * @exts: how many extension headers
 * @ext: protocol number and octets of each
 */
struct kinds_ip {
	bool v6;
	bool df;
	bool jumbo;
	u8 opts;
	u16 id;
	u8 exts;
	struct {
		u8 proto;
		u8 len;
	} ext[KINDS_MAX_EXTS];
};

/**
 * struct kinds_at - where a header starts, octets from the frame's start
 * @l3: the (outer) IP header
 * @tun: the tunnel's header
 * @imac: what is in the tunnel
 * @il3: the (inner) IP header
 * @il4: the (inner) TCP or UDP header
 * @end: the payload
 */
struct kinds_at {
	u16 l3;
	u16 tun;
	u16 imac;
	u16 il3;
	u16 il4;
	u16 end;
};

/**
 * struct kinds_spec - a super-packet to be made
 * @kind: what it is
 * @tpid: of each tag in the frame
 * @nh_back: octets from skb's network header to the IP header
 * @outer: the outer IP header
 * @inner: the (inner) IP header
 * @teb: Ethernet in the tunnel
 * @tun_len: octets of the tunnel's header
 * @tcp_opts: octets of TCP options
 * @flags: octet 13 of the TCP header
 * @seq: of TCP
 * @check: value for @check_kind
 * @check_kind: &enum super_check
 * @gso_type: SKB_GSO_* beside those that follow from the headers
 * @no_segs: gso_segs is 0, as an untrusted sender leaves it
 * @mss: gso_size
 * @payload: octets
 * @headroom: octets before the headers
 * @page_heads: heads are page memory, as a driver makes them, where a page
 *	suffices
 * @hdr_frags: octets of headers, from their end, that are in a page frag
 * @linear: octets of the payload that are in the head
 * @nr_frags: page frags behind those
 * @frag: length of each and offset in its block
 * @nr_list: skbs on the frag_list
 * @list: octets in their heads, and in each of two page frags
 */
struct kinds_spec {
	const struct kinds_kind *kind;
	u16 tpid[KINDS_MAX_TAGS];
	u8 nh_back;
	struct kinds_ip outer;
	struct kinds_ip inner;
	bool teb;
	u8 tun_len;
	u8 tcp_opts;
	u8 flags;
	u32 seq;
	u16 check;
	u8 check_kind;
	u32 gso_type;
	bool no_segs;
	u32 mss;
	u32 payload;
	u16 headroom;
	bool page_heads;
	u16 hdr_frags;
	u32 linear;
	u8 nr_frags;
	struct {
		u32 len;
		u32 off;
	} frag[MAX_SKB_FRAGS];
	u8 nr_list;
	struct {
		u32 head;
		u32 frag[2];
	} list[KINDS_MAX_LIST];
};

/**
 * struct kinds_shot - a copy of all that an skb's owner may see change
 * @buf: the copy
 * @size: octets that fit
 * @len: octets taken
 * @refs: references to the blocks of the page frags
 */
struct kinds_shot {
	u8 *buf;
	unsigned int size;
	unsigned int len;
	int refs[SUPER_BLOCKS];
};

/**
 * struct kinds_rig - what all rounds of a case use
 * @super: the queue and the memory of page frags
 * @dev: for the kernel's segmentation, which asks it for features
 * @octets: hash of each of @super's blocks, which nobody may write to
 * @shot: of the super-packet in hand
 * @zerocopy: counts the holders of zerocopy pages
 * @copied: one of them said that it had copied them
 * @taken: super-packets that the engine took
 * @declined: those it did not
 * @refused: taken, where the kernel goes by an offset that is wrong
 * @frames: compared
 * @frame: index of the frame in hand, to show when it is wrong
 */
struct kinds_rig {
	struct super_rig *super;
	struct net_device *dev;
	u32 octets[SUPER_BLOCKS];
	struct kinds_shot shot;
	struct ubuf_info zerocopy;
	bool copied;
	unsigned int taken;
	unsigned int declined;
	unsigned int refused;
	u64 frames;
	unsigned int frame;
};

/**
 * struct kinds_slice - a slice as a driver gets it, at an address to be read
 * @at: first octet
 * @len: octets
 * @first: headers
 * @last: of a frame
 * @end: of the super-packet
 */
struct kinds_slice {
	const u8 *at;
	u32 len;
	bool first;
	bool last;
	bool end;
};

/* What super-packets there are: table. */
extern const struct kinds_kind kinds_all[];
extern const unsigned int kinds_count;
const void *kinds_gen_params(const void *prev, char *desc);

/* Made up, and made. */
void kinds_random(const struct kinds_kind *kind, unsigned int round,
		  struct kinds_spec *spec);
void kinds_random_shape(struct rnd_state *rnd, struct kinds_spec *spec,
			const struct kinds_at *at);
void kinds_place(const struct kinds_spec *spec, struct kinds_at *at);
void kinds_headers(const struct kinds_spec *spec, const struct kinds_at *at,
		   u8 *out);
struct sk_buff *kinds_skb(struct kinds_rig *rig,
			  const struct kinds_spec *spec);
void kinds_show(struct kunit *test, const struct kinds_spec *spec,
		unsigned int round, const char *wrong);

/* Held against the kernel. */
int kinds_init(struct kunit *test);
void kinds_exit(struct kunit *test);
const char *kinds_compare(struct kinds_rig *rig, struct sk_buff *skb,
			  struct sk_buff *segs, int descs, unsigned int end);
bool kinds_same_octets(const struct sk_buff *a, const struct sk_buff *b);
const char *kinds_segments_right(struct kinds_rig *rig,
				 const struct kinds_spec *spec,
				 struct sk_buff *segs, unsigned int len);
const char *kinds_try(struct kinds_rig *rig, struct sk_buff *skb,
		      struct sk_buff *ref, unsigned int end, int *err);
bool kinds_is_refused(const char *wrong);
const char *kinds_leaked(const struct kinds_rig *rig);
bool kinds_change(struct rnd_state *rnd, const struct kinds_spec *spec,
		  struct sk_buff *skb, unsigned int hdr_len);
u8 *kinds_octet(struct sk_buff *skb, unsigned int at);

/* What does not change. */
int kinds_shoot(struct kinds_shot *shot, const struct kinds_rig *rig,
		const struct sk_buff *skb);
bool kinds_untouched(const struct kinds_shot *shot, const struct kinds_rig *rig,
		     const struct sk_buff *skb);

/* All calls of the engine. */
bool kinds_engine_keeps(const struct kinds_rig *rig, const struct sk_buff *skb,
			bool *odd);
int kinds_engine_prepare(struct kinds_rig *rig, struct sk_buff *skb);
u64 kinds_engine_counted(const struct kinds_rig *rig);
bool kinds_engine_may_decline(const struct kinds_spec *spec);
void kinds_engine_start(struct hgso_iter *it, struct sk_buff *skb);
bool kinds_engine_next(struct hgso_iter *it, struct kinds_slice *slice);
u32 kinds_engine_frames(const struct sk_buff *skb);
u32 kinds_engine_octets(const struct sk_buff *skb);
u32 kinds_engine_csum_start(const struct sk_buff *skb);

#endif
