/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic Large Receive Offload: the interface that was proposed to drivers in
 * 2007, by its published names, for today's kernel.
 *
 * A driver has a manager for each NAPI and an array of descriptors, gives its
 * packets to the manager in its poll, and flushes before the poll ends:
 *
 *	mgr->dev = netdev;
 *	mgr->features = LRO_F_NAPI;
 *	mgr->ip_summed_aggr = CHECKSUM_UNNECESSARY;
 *	mgr->max_desc = ARRAY_SIZE(ring->lro_desc);
 *	mgr->max_aggr = 64;
 *	mgr->lro_arr = ring->lro_desc;
 *	mgr->get_skb_header = driver_get_skb_header;
 *	err = lro_mgr_init(mgr, ARRAY_SIZE(ring->lro_desc));
 *	...
 *	while (work < budget && a packet is there)
 *		lro_receive_skb(mgr, skb, priv);
 *	lro_flush_all(mgr);
 *	if (work < budget)
 *		napi_complete_done(napi, work);
 *
 * Packets are merged while NETIF_F_LRO is on in dev->features: a driver puts it
 * into dev->hw_features, so that ethtool and dev_disable_lro() turn it off.
 * What is merged is not what was sent: the header has the newest
 * acknowledgment, window and timestamp, and the kernel's own guard keeps it
 * from being forwarded.
 *
 * All calls for one manager come one at a time, from softirq.
 */
#ifndef _LINUX_INET_LRO_H
#define _LINUX_INET_LRO_H

#include <linux/list.h>
#include <linux/skbuff.h>
#include <linux/types.h>

struct iphdr;
struct ipv6hdr;
struct net_device;
struct tcphdr;

/*
 * What the kernel of 2007 had and today's has not. A frag is read and written
 * by skb_frag_*() only. VLAN devices are found by the tag: the group is not
 * looked at, and may be NULL.
 */
#define skb_frag_struct skb_frag
struct vlan_group;

/* @features of a manager */
/* Packets go up by netif_receive_skb(), otherwise by netif_rx(). */
#define LRO_F_NAPI		1
/*
 * The device takes VLAN tags out of frames, but leaves the tag's EtherType as
 * theirs: it is put right.
 */
#define LRO_F_EXTRACT_VLAN_ID	2
/* Headroom's own: pages come from a page pool, to which they return. */
#define LRO_F_PAGE_POOL		4

/* @hdr_flags that a driver's callback sets: one of each pair. */
#define LRO_IPV4		1
#define LRO_TCP			2
/* Headroom's own. UDP is never merged, and goes up as it came. */
#define LRO_IPV6		4
#define LRO_UDP			8

/**
 * struct net_lro_stats - what a manager did
 * @aggregated: packets that descriptors took
 * @flushed: descriptors that were flushed, each as one skb
 * @no_desc: packets that went straight up because no descriptor was free
 * @passed: packets that went straight up for any other reason (Headroom's own)
 * @dropped: packets lost for want of memory, or in frags that do not add up
 *	(Headroom's own)
 *
 * Every packet is in exactly one of @aggregated, @no_desc, @passed and
 * @dropped. @aggregated by @flushed is the mean aggregation.
 */
struct net_lro_stats {
	unsigned long aggregated;
	unsigned long flushed;
	unsigned long no_desc;
	unsigned long passed;
	unsigned long dropped;
};

/**
 * struct net_lro_desc - a stream whose packets are merged; private to the engine
 * @parent: goes up
 * @last_skb: what is appended to: @parent, or the end of its frag_list
 * @bucket: streams whose hash names this descriptor
 * @node: in the bucket of its own stream
 * @list: in the manager's list of open or of unused descriptors
 * @hash: of addresses and ports
 * @vlan_all: tag beside the packets, as in &struct sk_buff, or 0
 * @next_seq: sequence number of the packet that may join
 * @ack: newest acknowledgment number
 * @tsval: newest timestamp
 * @tsecr: echoed with it
 * @csum: sum over the payload
 * @len: octets of payload
 * @window: newest, network order
 * @mss: octets of the longest packet's payload
 * @pkt_aggr_cnt: packets
 * @l3: octets from the MAC header to the IP header
 * @l4: and to the TCP header
 * @hdr_len: and to the payload
 * @v6: IPv6, else IPv4
 * @psh: a packet had PSH
 */
struct net_lro_desc {
	struct sk_buff *parent;
	struct sk_buff *last_skb;
	struct hlist_head bucket;
	struct hlist_node node;
	struct list_head list;
	u32 hash;
	u32 vlan_all;
	u32 next_seq;
	u32 ack;
	u32 tsval;
	u32 tsecr;
	__wsum csum;
	u32 len;
	__be16 window;
	u16 mss;
	u16 pkt_aggr_cnt;
	u8 l3;
	u8 l4;
	u8 hdr_len;
	bool v6;
	bool psh;
};

/**
 * struct net_lro_mgr - an instance of LRO, zeroed and filled in by a driver
 * @dev: the device
 * @stats: counters; written from softirq, read by anybody
 * @features: LRO_F_*
 * @ip_summed: of skbs that are made in page mode for one packet:
 *	CHECKSUM_NONE, CHECKSUM_UNNECESSARY or CHECKSUM_COMPLETE
 * @ip_summed_aggr: of merged ones, in either mode; their checksum is right, so
 *	that any of the three may be said
 * @max_desc: descriptors that may be open at a time
 * @max_aggr: packets that may be merged into one
 * @frag_align_pad: octets in front of the headers of skbs made in page mode, so
 *	that the IP header is aligned
 * @lro_arr: the driver's array of @max_desc descriptors
 * @get_skb_header: skb mode: find the headers in an skb's linear part, as
 *	eth_type_trans() left it. Not 0: they cannot be told, pass it up.
 * @get_frag_header: page mode: find the headers in the first frag
 * @open: private
 * @unused: private
 * @stated: private
 * @checked: private
 * @warned: private
 */
struct net_lro_mgr {
	struct net_device *dev;
	struct net_lro_stats stats;
	unsigned long features;
	u32 ip_summed;
	u32 ip_summed_aggr;
	int max_desc;
	int max_aggr;
	int frag_align_pad;
	struct net_lro_desc *lro_arr;

	int (*get_skb_header)(struct sk_buff *skb, void **ip_hdr,
			      void **tcpudp_hdr, u64 *hdr_flags, void *priv);
	int (*get_frag_header)(struct skb_frag_struct *frag, void **mac_hdr,
			       void **ip_hdr, void **tcpudp_hdr,
			       u64 *hdr_flags, void *priv);

	struct list_head open;
	struct list_head unused;
	unsigned int stated;
	int checked;
	bool warned;
};

int lro_mgr_init(struct net_lro_mgr *lro_mgr, unsigned int nr_desc);

void lro_receive_skb(struct net_lro_mgr *lro_mgr, struct sk_buff *skb,
		     void *priv);
void lro_vlan_hwaccel_receive_skb(struct net_lro_mgr *lro_mgr,
				  struct sk_buff *skb, struct vlan_group *vgrp,
				  u16 vlan_tag, void *priv);

void lro_receive_frags(struct net_lro_mgr *lro_mgr,
		       struct skb_frag_struct *frags, int len, int true_size,
		       void *priv, __wsum sum);
void lro_vlan_hwaccel_receive_frags(struct net_lro_mgr *lro_mgr,
				    struct skb_frag_struct *frags, int len,
				    int true_size, struct vlan_group *vgrp,
				    u16 vlan_tag, void *priv, __wsum sum);

void lro_flush_all(struct net_lro_mgr *lro_mgr);
void lro_flush_pkt(struct net_lro_mgr *lro_mgr, struct iphdr *iph,
		   struct tcphdr *tcph);
void lro_flush_pkt6(struct net_lro_mgr *lro_mgr, struct ipv6hdr *ip6h,
		    struct tcphdr *tcph);

#endif
