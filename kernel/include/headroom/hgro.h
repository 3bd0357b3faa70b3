/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hgro: receive aggregation that merges exactly what hgso can take apart.
 *
 * One context per NAPI. A poll hands over what came and then says that it is
 * done:
 *
 *	hgro = hgro_create(napi, NULL);
 *	...
 *	while (work < budget && a frame is there)
 *		hgro_receive_frags(hgro, &frame);	a page, no sk_buff
 *		or hgro_receive_skb(hgro, skb);
 *	if (hgro_poll_done(hgro, work, budget))
 *		unmask the interrupt
 *	return work;
 *	...
 *	napi_disable(napi);
 *	hgro_stop(hgro);
 *	hgro_destroy(hgro);
 *
 * A packet joins a flow if and only if hgso, asked to write the headers at that
 * position, would write those that arrived.
 */
#ifndef HEADROOM_HGRO_H
#define HEADROOM_HGRO_H

#include <linux/ktime.h>
#include <linux/skbuff.h>
#include <linux/types.h>

struct hgro;
struct list_head;
struct napi_struct;
struct page;

/**
 * enum hgro_reason - why a flow was flushed, or a packet passed on alone
 * @HGRO_OK: no reason to; a flow's poll is over
 * @HGRO_AGE: the flow was older than a poll may leave it
 * @HGRO_EVICTED: the table was full, and this flow the oldest
 * @HGRO_ASKED: the driver asked for it
 * @HGRO_SIZE: no room for one more packet within the maximum size
 * @HGRO_COUNT: as many packets as may be merged, or pieces of memory
 * @HGRO_SHORT: a packet shorter than the first ends it
 * @HGRO_LONG: the next packet is longer than the first
 * @HGRO_FIN: FIN ends it
 * @HGRO_PSH: PSH ends it
 * @HGRO_FLAGS: SYN, RST or URG, or other flags than the first packet's
 * @HGRO_CWR: CWR in a packet that is not the first
 * @HGRO_ECE: ECE differs
 * @HGRO_ACK: the acknowledgment number differs
 * @HGRO_EMPTY: no payload: a pure acknowledgment
 * @HGRO_WINDOW: the window differs
 * @HGRO_URGENT: the urgent pointer differs
 * @HGRO_TCP_OPTION: TCP options differ
 * @HGRO_SEQUENCE: not the sequence number that is next
 * @HGRO_GAP: a gap in sequence numbers stayed open too long, or too many packets
 *	wait behind it
 * @HGRO_TOS: type of service or traffic class differ
 * @HGRO_ECN: the ECN mark differs
 * @HGRO_FLOW_LABEL: the IPv6 flow label differs
 * @HGRO_TTL: TTL or hop limit differ
 * @HGRO_IP_OPTION: IPv4 options
 * @HGRO_EXT: IPv6 extension headers differ, or one that routes
 * @HGRO_ID: the IPv4 id neither counts up nor stays
 * @HGRO_DF: DF differs, or is clear where only packets with it may merge
 * @HGRO_FRAGMENT: an IPv4 fragment
 * @HGRO_IP_CHECK: a bad IPv4 header checksum
 * @HGRO_L4_CHECK: a bad TCP, UDP or GRE checksum, or one that is not rebuilt
 * @HGRO_LENGTH: lengths disagree, or there is padding
 * @HGRO_ETHERNET: link-layer addresses differ
 * @HGRO_VLAN: VLAN tags differ
 * @HGRO_LAYERS: other headers
 * @HGRO_TUNNEL: a tunnel's own header differs
 * @HGRO_META: what is beside the packet differs: metadata, dst, conntrack,
 *	extensions, page pool
 * @HGRO_OFF: GRO is off, or generic XDP is on
 * @HGRO_HEADER: headers are truncated, or contradict themselves
 * @HGRO_PROTOCOL: headers that are not merged
 * @HGRO_SOCKET: UDP that nobody wants merged
 * @HGRO_SKB: an sk_buff that is not merged: shared, owned, a super-packet
 * @HGRO_NOMEM: no memory
 * @HGRO_NR_REASONS: how many there are
 */
enum hgro_reason {
	HGRO_OK,
	HGRO_AGE,
	HGRO_EVICTED,
	HGRO_ASKED,
	HGRO_SIZE,
	HGRO_COUNT,
	HGRO_SHORT,
	HGRO_LONG,
	HGRO_FIN,
	HGRO_PSH,
	HGRO_FLAGS,
	HGRO_CWR,
	HGRO_ECE,
	HGRO_ACK,
	HGRO_EMPTY,
	HGRO_WINDOW,
	HGRO_URGENT,
	HGRO_TCP_OPTION,
	HGRO_SEQUENCE,
	HGRO_GAP,
	HGRO_TOS,
	HGRO_ECN,
	HGRO_FLOW_LABEL,
	HGRO_TTL,
	HGRO_IP_OPTION,
	HGRO_EXT,
	HGRO_ID,
	HGRO_DF,
	HGRO_FRAGMENT,
	HGRO_IP_CHECK,
	HGRO_L4_CHECK,
	HGRO_LENGTH,
	HGRO_ETHERNET,
	HGRO_VLAN,
	HGRO_LAYERS,
	HGRO_TUNNEL,
	HGRO_META,
	HGRO_OFF,
	HGRO_HEADER,
	HGRO_PROTOCOL,
	HGRO_SOCKET,
	HGRO_SKB,
	HGRO_NOMEM,
	HGRO_NR_REASONS
};

/**
 * struct hgro_stats - what a context did
 * @merged: packets that went up in a super-packet
 * @single: packets that were held and went up alone, since none joined them
 * @held: packets in flows that are open, those that wait for others too
 * @dropped: frames shorter than an Ethernet header, and those for which there
 *	was no memory
 * @passed: packets that were not held, by reason
 * @supers: super-packets, of two packets at least
 * @flushed: flows that ended, by reason
 * @waited: packets that waited for a gap to close, whatever became of them
 *
 * Every packet is in exactly one of @merged, @single, @held, @dropped and
 * @passed; @flushed is a partition of flows.
 */
struct hgro_stats {
	u64 merged;
	u64 single;
	u64 held;
	u64 dropped;
	u64 passed[HGRO_NR_REASONS];
	u64 supers;
	u64 flushed[HGRO_NR_REASONS];
	u64 waited;
};

#define HGRO_PORTS	16

#define HGRO_MAX_REORDER	1024
#define HGRO_MAX_REORDER_US	100000

/* As much as hgso takes of a head, with its state. */
#define HGRO_MAX_HEADROOM	(20 * 1024)

/**
 * struct hgro_ports - the UDP ports of tunnels, by hgro_port_set()
 * @entry: the engine's; 0 at first
 */
struct hgro_ports {
	u32 entry[HGRO_PORTS];
};

/**
 * struct hgro_config - how a context works
 * @max_flows: flows that may be open at a time; 0 for 256
 * @max_packets: packets, and pieces of memory, in one super-packet; 0 for 127,
 *	which is what hgso takes
 * @reorder_packets: packets that may wait at a time for a gap in sequence numbers
 *	to close, of all flows together, %HGRO_MAX_REORDER at most; 0 for none
 * @reorder_us: and how long each, microseconds, %HGRO_MAX_REORDER_US at most; 0
 *	for none. hgro_set_reorder() changes it
 * @headroom: octets left before the headers of a super-packet of pages, for hgso
 *	where it is forwarded, %HGRO_MAX_HEADROOM at most. hgro_set_headroom()
 *	changes it
 * @queue: the receive queue that skbs are recorded with
 * @strict_df: flush IPv4 packets without DF, as GRO was first described
 * @recycle: pages come from a page pool, to which they return
 * @ports: the UDP ports of tunnels, or NULL where UDP is none; stays the
 *	driver's as long as the context is there
 * @deliver: gets what goes up, in order, in the place of
 *	netif_receive_skb_list(); it takes all skbs off the list
 * @arg: for @deliver
 */
struct hgro_config {
	u32 max_flows;
	u32 max_packets;
	u32 reorder_packets;
	u32 reorder_us;
	u32 headroom;
	u16 queue;
	bool strict_df;
	bool recycle;
	const struct hgro_ports *ports;
	void (*deliver)(void *arg, struct list_head *skbs);
	void *arg;
};

/**
 * struct hgro_frame - a received frame in a page
 * @page: not in high memory
 * @offset: of the frame's first octet, its Ethernet header
 * @len: octets, without FCS; all of it is in @page
 * @truesize: of memory that is held for it, octets
 * @hash: of the flow, from the device, or 0
 * @csum: for CHECKSUM_COMPLETE: sum over all behind the Ethernet header
 * @vlan_all: both of the next two
 * @vlan_proto: EtherType of a tag that the device took out, or 0
 * @vlan_tci: that tag
 * @ip_summed: CHECKSUM_NONE, CHECKSUM_UNNECESSARY or CHECKSUM_COMPLETE
 * @hash_type: &enum pkt_hash_types
 * @csum_level: for CHECKSUM_UNNECESSARY: further checksums that the device has
 *	verified, inwards, as in &struct sk_buff
 * @hwtstamp: the device's time, or 0; the first packet's is kept
 */
struct hgro_frame {
	struct page *page;
	u32 offset;
	u32 len;
	u32 truesize;
	u32 hash;
	__wsum csum;
	union {
		u32 vlan_all;
		struct {
			__be16 vlan_proto;
			u16 vlan_tci;
		};
	};
	u8 ip_summed;
	u8 hash_type;
	u8 csum_level;
	ktime_t hwtstamp;
};

struct hgro *hgro_create(struct napi_struct *napi,
			 const struct hgro_config *config);
void hgro_destroy(struct hgro *hgro);
void hgro_stop(struct hgro *hgro);

void hgro_receive_frags(struct hgro *hgro, const struct hgro_frame *frame);
void hgro_receive_skb(struct hgro *hgro, struct sk_buff *skb);

bool hgro_poll_done(struct hgro *hgro, int work, int budget);
void hgro_flush(struct hgro *hgro);
void hgro_flush_older(struct hgro *hgro, unsigned long age);
void hgro_flush_flow(struct hgro *hgro, const struct sk_buff *skb);

int hgro_set_reorder(struct hgro *hgro, u32 usecs);
int hgro_set_headroom(struct hgro *hgro, u32 octets);
int hgro_port_set(struct hgro_ports *ports, unsigned int entry, __be16 port,
		  unsigned int type);

void hgro_stats(const struct hgro *hgro, struct hgro_stats *stats);
const char *hgro_reason_name(enum hgro_reason reason);

#endif
