/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver half of the modelled NIC. It knows skbs, the DMA API, descriptor
 * rings, registers and interrupts, and of the hardware half only nic_hw.h.
 */
#ifndef NSIM_NIC_H
#define NSIM_NIC_H

#include <linux/if_vlan.h>
#include <linux/inet_lro.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <headroom/hgro.h>
#include <headroom/hgso.h>	/* hgso: line */

#include "inject.h"
#include "nic_bug.h"
#include "nic_hooks.h"
#include "nic_hw.h"
#include "nic_layout.h"
#include "nic_ptp.h"
#include "nic_regs.h"
#include "nic_reset.h"
#include "nsim_iommu.h"

struct devlink;
struct net_device;
struct netdevsim;
struct nic_hdr_ring;
struct nsim_nic;
struct page_pool;
struct platform_device;

#define NIC_RING_DEFAULT	512

/* A GSO packet is never sent by plain: that is what strategy "gso" means. */
enum nic_tx_kind {
	NIC_TX_KIND_PLAIN,
	NIC_TX_KIND_TSO_LIB,
	NIC_TX_KIND_HGSO,
	NIC_TX_KIND_HW_TSO,
	NIC_TX_KINDS
};

/* Where the headers of hgso's frames go. */
enum nic_headers {
	NIC_HEADERS_BOTH,	/* the headroom, and what it cannot hold a ring */
	NIC_HEADERS_HEADROOM,
	NIC_HEADERS_RING,
};

/* What one kind of sending did; counted per queue. */
struct nic_tx_kind_stats {
	u64 skbs;
	u64 frames;
	u64 descs;
	u64 maps;
};

/* Written under the transmit queue's lock. */
struct nic_tx_stats {
	u64 super_packets;
	u64 descs;
	u64 doorbells;
	u64 ring_full;
	u64 pending;
	u64 fallback;
	u64 fallback_segs;
	u64 drop_malformed;
	u64 drop_nomem;
	u64 drop_map;
	u64 drop_segment;
	u64 drop_refused;
	u64 linearized;
	u64 summed;
	struct nic_tx_kind_stats kind[NIC_TX_KINDS];
};

/* Written by completion: in NAPI, or when NAPI is off. */
struct nic_done_stats {
	u64 packets;
	u64 bytes;
	u64 skbs;
	u64 completions;
	u64 wakes;
	u64 bad_index;
	u64 drop_down;
	u64 drop_pending;
	u64 stamps;
	u64 stamps_lost;
	u64 unmaps[NIC_TX_KINDS];
};

struct nic_rx_stats {
	u64 packets;
	u64 bytes;
	u64 buffers;
	u64 csum_ok;
	u64 csum_none;
	u64 by[NIC_RX_STRATEGIES];
	u64 no_page;
	u64 drop_nomem;
	u64 drop_error;
	u64 drop_down;
	u64 pool_maps;
	u64 split;
	u64 stamps;
	u64 merged;
	u64 merged_segs;
};

/* Of all queues' managers: struct net_lro_stats. */
struct nic_lro_stats {
	u64 aggregated;
	u64 flushed;
	u64 no_desc;
	u64 passed;
	u64 dropped;
};

/* Streams of a queue that LRO may have open at a time. */
#define NIC_LRO_DESCS	32

enum nic_tx_map {
	NIC_MAP_NONE,		/* nothing to unmap: a slice of something */
	NIC_MAP_SINGLE,
	NIC_MAP_PAGE,
	NIC_MAP_GONE,		/* unmapped too early: nic_bug_posted() */
};

/* Beside every transmit descriptor. */
struct nic_tx_buf {
	struct sk_buff *skb;	/* only with the last descriptor of an skb */
	const struct nic_tx_strategy *txs;
	dma_addr_t addr;
	u32 len;
	u32 frames;
	u32 bytes;
	enum nic_tx_map map;
	bool stamp;		/* with @skb: it was to be stamped */
};

/* The memory of a ring, apart from its state so that a ring can be resized. */
struct nic_tx_mem {
	u32 size;
	struct nic_tx_desc *desc;
	dma_addr_t desc_dma;	/* of the ring that the hardware reads: */
	void *raw;		/* this where @desc is not it */
	const struct nic_tx_layout *layout;
	__le32 *wb;
	dma_addr_t wb_dma;
	u8 *hdrs;		/* tso-lib: TSO_HEADER_SIZE a descriptor */
	dma_addr_t hdrs_dma;
	struct nic_hdr_ring *hdr_ring;	/* hgso */
	struct nic_tx_buf *bufs;
};

struct nic_tx_ring {
	struct nsim_nic *nic;
	struct netdev_queue *txq;
	u32 index;
	struct nic_tx_mem mem;

	/* Under the transmit queue's lock. */
	u32 use;		/* next descriptor to write */
	u32 rung;		/* what the doorbell was told last */
	const struct nic_tx_strategy *txs;	/* of the skb being sent, */
	u32 maps;		/* what was mapped for it, */
	u32 frames;		/* the chains that it made, */
	u32 bytes;		/* and their octets */
	bool chain;		/* the next descriptor begins one */
	u16 vlan_tci;		/* of the skb being sent, */
	bool vlan;		/* if the hardware is to insert it */
	struct sk_buff_head pending;	/* taken, waiting for room, in order */
	struct nic_tx_stats stats;
	struct u64_stats_sync sync;

	/* NAPI. */
	u32 clean ____cacheline_aligned_in_smp;
	struct nic_done_stats done;
	struct u64_stats_sync done_sync;

	struct hgso_txq hgso;	/* hgso: line */
};

struct nic_rx_mem {
	u32 size;
	struct nic_rx_desc *desc;
	dma_addr_t desc_dma;	/* as in struct nic_tx_mem */
	void *raw;
	const struct nic_rx_layout *layout;
	__le32 *wb;
	dma_addr_t wb_dma;
	struct page **pages;
	struct page_pool *pool;
	u8 *hdrs;		/* NIC_RX_HDR_SIZE a descriptor; NULL: */
	dma_addr_t hdrs_dma;	/* headers are not split off */
};

/* What ethtool -G sets. */
struct nic_ring_sizes {
	u32 tx;
	u32 rx;
	u32 rx_order;		/* of receive buffers, pages */
	bool split;		/* headers of TCP apart */
};

/* Longest headers that are split off. */
#define NIC_RX_HDR_SIZE		256

struct nic_rx_ring {
	struct nsim_nic *nic;
	struct napi_struct *napi;
	struct hgro *hgro;
	struct net_lro_mgr lro;
	struct net_lro_desc lro_desc[NIC_LRO_DESCS];
	u32 index;
	struct nic_rx_mem mem;
	u32 use;		/* next descriptor to post */
	u32 clean;		/* next one to be completed */
	struct sk_buff *skb;	/* what there is of a frame, */
	enum nic_rx_strategy how;	/* how it will go up, */
	u32 segs;		/* and how many it was on the wire */
	bool skip;		/* the rest of this frame is dropped */
	struct timer_list retry;	/* polls again when no page was to be had */
	struct nic_rx_stats stats;
	struct u64_stats_sync sync;
};

struct nic_queue {
	struct napi_struct napi;
	struct nic_tx_ring tx;
	struct nic_rx_ring rx;
	u32 index;
	int irq;
	u32 usecs;		/* interrupts may wait so long, */
	u32 frames;		/* or for so many frames */
	u64 irqs;
	struct nic_look look;
	char irq_name[IFNAMSIZ + 12];
};

struct nsim_nic {
	struct netdevsim *ns;
	struct net_device *netdev;
	struct platform_device *pdev;
	struct device *dma_dev;
	struct nic_hw *hw;
	struct dentry *ddir;
	const struct nic_tx_strategy *txs;
	enum nic_rx_strategy rxs;
	bool up;
	struct nic_ring_sizes sizes;
	u32 max_descs;		/* the hardware's limits: of a chain, */
	u32 max_slice;		/* of one of its slices, octets, */
	u32 dma_bits;		/* and of bus addresses */
	const struct nic_tx_layout *layout;	/* of transmit descriptors */
	const struct nic_rx_layout *rx_layout;
	u32 max_hdr;		/* and the longest first slice of a chain */
	u32 headers;		/* enum nic_headers */
	u32 tx_csum;		/* 0: it is as if the hardware did not sum */
	u32 rx_headroom;	/* octets, of what hgro builds */
	u32 hw_features;	/* as in the hardware's register */
	u16 tunnel_ports[2 * NIC_TUNNEL_PORTS];	/* likewise */
	struct hgro_ports hgro_ports;		/* the same for hgro */
	bool rx_sum;		/* RX checksums as sums, not as verdicts */
	u8 rss_key[NIC_RSS_KEY_LEN];
	u8 rss_table[NIC_RSS_TABLE_LEN];	/* queues */
	bool pause_send;	/* hold the far end back */
	bool pause_heed;	/* wait for it */
	struct nic_ptp ptp;
	u64 tx_timeouts;
	u64 resets;
	struct work_struct reset_work;
	struct nic_watch watch;
	unsigned long faults;	/* bit 0: rx_alloc may fire */
	struct nsim_inject rx_alloc;	/* pages that are not to be had */
	struct work_struct link_work;
	bool link;		/* what the link was at the last look */
	bool no_carrier;	/* asked for; RTNL */
	enum nic_bug_kind bug;	/* written under RTNL */
	spinlock_t bug_lock;	/* bug_lost */
	struct list_head bug_lost;
	void *bug_header;
	u32 nr_queues;
	struct nic_queue queues[] __counted_by(nr_queues);
};

/**
 * struct nic_tx_strategy - a way to send super-packets (or a plain skb)
 * @name: as in the devlink parameter
 * @kind: which row of counters
 * @features: GSO features that a device with it offers
 * @partial: of those, what the stack has to prepare: NETIF_F_GSO_PARTIAL
 * @whole: a super-packet is one chain, however many its segments
 * @fits: does the hardware take what becomes of a super-packet? NULL: yes, or
 *	somebody else looks. Under RCU or the transmit queue's lock.
 * @prepare: how many descriptors (at most) @skb needs. -EOPNOTSUPP or -EBUSY:
 *	the stack shall segment it; other errors: drop it. Maps nothing.
 * @send: maps and posts @skb, which @prepare accepted; there is room. On error
 *	the caller undoes what was posted.
 *
 * @prepare and @send run under the transmit queue's lock.
 */
struct nic_tx_strategy {
	const char *name;
	enum nic_tx_kind kind;
	netdev_features_t features;
	netdev_features_t partial;
	bool whole;
	bool (*fits)(const struct nsim_nic *nic, const struct sk_buff *skb);
	int (*prepare)(struct nic_tx_ring *ring, struct sk_buff *skb);
	int (*send)(struct nic_tx_ring *ring, struct sk_buff *skb);
};

/* What sending needs to know about an skb that waits for room. */
struct nic_tx_cb {
	const struct nic_tx_strategy *txs;
	u32 descs;
};

static inline struct nic_tx_cb *nic_tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct nic_tx_cb) > HGSO_CB_OFFSET);
	return (struct nic_tx_cb *)skb->cb;
}

/* One descriptor stays unused, so that a full ring is not an empty one. */
static inline u32 nic_tx_capacity(const struct nic_tx_ring *ring)
{
	return ring->mem.size - 1;
}

static inline u32 nic_tx_tag_len(const struct nic_tx_ring *ring)
{
	return ring->vlan ? VLAN_HLEN : 0;
}

extern const struct nic_tx_strategy nic_tx_plain;
extern const struct nic_tx_strategy nic_tx_tso_lib;
extern const struct nic_tx_strategy nic_tx_hgso;	/* hgso: line */
extern const struct nic_tx_strategy nic_tx_hw_tso;

/* nic_tx.c */
netdev_tx_t nic_start_xmit(struct sk_buff *skb, struct net_device *dev);
void nic_tx_clean(struct nic_tx_ring *ring, int budget);
void nic_tx_stop(struct nic_tx_ring *ring);

/* nic_tx_map.c: what strategies are made of */
struct nic_tx_desc *nic_tx_post(struct nic_tx_ring *ring, dma_addr_t addr,
				u32 len, bool eop);
int nic_tx_map_single(struct nic_tx_ring *ring, void *data, u32 len);
int nic_tx_map_skb(struct nic_tx_ring *ring, struct sk_buff *skb);
u32 nic_tx_descs(const struct nsim_nic *nic, const struct sk_buff *skb);
void nic_tx_desc_csum(struct nic_tx_desc *desc, u32 start, u32 offset);
void nic_tx_desc_eop(struct nic_tx_ring *ring);
bool nic_tx_unmap(struct nic_tx_ring *ring, struct nic_tx_buf *buf);
u32 nic_tx_hdr_len(const struct sk_buff *skb);
int nic_tx_check_tcp(struct sk_buff *skb);
int nic_tx_check_udp(struct sk_buff *skb);
int nic_tx_check_tunnel(struct sk_buff *skb);

/* nic_tx_headers.c */
struct nic_hdr_ring *nic_hdr_ring_alloc(struct nsim_nic *nic, u32 descs);
void nic_hdr_ring_free(struct nsim_nic *nic, struct nic_hdr_ring *hdrs);
void nic_headers_set(struct nic_tx_ring *ring);
void nic_headers_init(struct nsim_nic *nic);
int nic_tx_finish(struct nic_tx_ring *ring, struct sk_buff *skb);

/* nic_rx.c, nic_rx_pool.c */
int nic_rx_poll(struct nic_rx_ring *ring, int budget);
void nic_rx_refill(struct nic_rx_ring *ring);
void nic_rx_stop(struct nic_rx_ring *ring);
void nic_rx_retry(struct timer_list *timer);
u32 nic_rx_buf_size(const struct nic_rx_ring *ring);
u64 nic_rx_pool_maps(struct nsim_nic *nic);
int nic_rx_pool_create(struct nic_rx_ring *ring, struct nic_rx_mem *mem);
void nic_rx_pool_destroy(struct nic_rx_ring *ring, struct nic_rx_mem *mem);

/* nic_rx_lro.c */
static inline bool nic_rx_is_lro(enum nic_rx_strategy rxs)
{
	return rxs == NIC_RX_LRO_SKB || rxs == NIC_RX_LRO_FRAGS;
}

int nic_lro_init(struct nic_rx_ring *ring);
void nic_lro_page(struct nic_rx_ring *ring, const struct hgro_frame *frame);
void nic_lro_offer(struct nsim_nic *nic, enum nic_rx_strategy rxs);
void nic_lro_sum(struct nsim_nic *nic, struct nic_lro_stats *sum);

/* nic_rx_lro_hw.c */
void nic_lro_hw_offer(struct nsim_nic *nic, enum nic_rx_strategy rxs);
u32 nic_lro_hw_finish(struct sk_buff *skb, u32 mss, u32 segs);

/* nic_rings.c */
int nic_rings_alloc(struct nsim_nic *nic);
void nic_rings_free(struct nsim_nic *nic);
int nic_rings_resize(struct nsim_nic *nic, const struct nic_ring_sizes *sizes);

/* nic_tunnel.c */
extern const struct udp_tunnel_nic_info nic_tunnel_info;
void nic_tunnel_ports_write(struct nsim_nic *nic);
bool nic_tunnel_known(const struct nsim_nic *nic, const struct sk_buff *skb);

/* nic_limits.c */
int nic_limits_read(struct nsim_nic *nic);
netdev_features_t nic_limits_check(const struct nsim_nic *nic,
				   const struct sk_buff *skb,
				   netdev_features_t features);

/* nic_netdev.c; RTNL */
extern const struct net_device_ops nic_netdev_ops;
void nic_up(struct nsim_nic *nic);
void nic_down(struct nsim_nic *nic);
void nic_coalesce_write(struct nsim_nic *nic);
void nic_features_init(struct nsim_nic *nic);
void nic_features_write(struct nsim_nic *nic, netdev_features_t features,
			bool exact);
void nic_strategy_set(struct nsim_nic *nic, const struct nic_tx_strategy *txs);
void nic_rx_strategy_set(struct nsim_nic *nic, enum nic_rx_strategy rxs);
void nic_tso_limits(struct nsim_nic *nic);

/* nic_ethtool.c, nic_qstats.c, nic_stats.c */
extern const struct ethtool_ops nic_ethtool_ops;
extern const struct netdev_stat_ops nic_stat_ops;
struct nic_done_stats nic_done_read(const struct nic_tx_ring *ring);
int nic_stats_count(void);
void nic_stats_strings(u8 *data);
void nic_stats_values(struct nsim_nic *nic, u64 *data);
void nic_stats_debugfs(struct nsim_nic *nic);
void nic_stats_debugfs_remove(struct nsim_nic *nic);
void nic_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats);

struct nsim_nic *nic_of(const struct net_device *dev);

#endif
