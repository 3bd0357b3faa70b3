/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of LRO share. */
#ifndef HEADROOM_LRO_IMPL_H
#define HEADROOM_LRO_IMPL_H

#include <linux/inet_lro.h>
#include <linux/tcp.h>

/**
 * struct lro_packet - a packet that arrived, in either mode
 * @mac: its Ethernet header
 * @l3h: its IP header; lro_layers() makes sure that it and @th are there
 * @th: its TCP header
 * @readable: octets at @mac
 * @len: octets of the frame
 * @hdr_len: of those, headers: known from lro_fit()
 * @hash: of addresses and ports
 * @csum: for CHECKSUM_COMPLETE: sum over all behind the Ethernet header
 * @vlan_all: both of the next two
 * @vlan_proto: EtherType of a tag that the device took out, or 0
 * @vlan_tci: that tag
 * @ip_summed: what the device says
 * @v6: IPv6, else IPv4
 * @skb: it, or NULL
 * @frags: it, where there is no skb; the driver's
 * @nr_frags: how many
 * @end: octets of the last one that are the packet's
 * @lead: octets in the first one before @mac
 * @truesize: of memory that is held for it, octets
 */
struct lro_packet {
	u8 *mac;
	u8 *l3h;
	struct tcphdr *th;
	u32 readable;
	u32 len;
	u32 hdr_len;
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
	bool v6;
	struct sk_buff *skb;
	const skb_frag_t *frags;
	unsigned int nr_frags;
	u32 end;
	u32 lead;
	u32 truesize;
};

static inline bool lro_recycles(const struct net_lro_mgr *mgr)
{
	return mgr->features & LRO_F_PAGE_POOL;
}

/* Octets of a packet that are in a frag of it. */
static inline u32 lro_frag_len(const struct lro_packet *pkt, unsigned int i)
{
	return i == pkt->nr_frags - 1 ? pkt->end :
	       skb_frag_size(&pkt->frags[i]);
}

/* manager.c */
bool lro_check(struct net_lro_mgr *mgr);

static inline bool lro_ready(struct net_lro_mgr *mgr)
{
	/* A manager that was never checked has 0, one that changed another. */
	if (likely(mgr->checked == mgr->max_desc && mgr->checked))
		return true;
	return lro_check(mgr);
}

/* packet.c */
bool lro_layers(struct lro_packet *pkt, u64 hdr_flags);
bool lro_fit(const struct net_lro_mgr *mgr, struct lro_packet *pkt);

/* stream.c */
u32 lro_hash(bool v6, const void *l3h, const void *th);
struct hlist_head *lro_bucket(struct net_lro_mgr *mgr, u32 hash);
struct net_lro_desc *lro_find(struct net_lro_mgr *mgr,
			      const struct lro_packet *pkt);
bool lro_open(struct net_lro_mgr *mgr, const struct lro_packet *pkt);
bool lro_joins(const struct net_lro_desc *desc, const struct lro_packet *pkt);
void lro_join(struct net_lro_mgr *mgr, struct net_lro_desc *desc,
	      const struct lro_packet *pkt);
void lro_flush(struct net_lro_mgr *mgr, struct net_lro_desc *desc);

/* carrier.c */
struct sk_buff *lro_make_skb(const struct net_lro_mgr *mgr,
			     const struct lro_packet *pkt, u32 linear);
void lro_put_frags(const struct net_lro_mgr *mgr,
		   const struct lro_packet *pkt);
void lro_append_skb(struct net_lro_desc *desc, const struct lro_packet *pkt);
bool lro_frags_room(const struct net_lro_mgr *mgr, struct net_lro_desc *desc,
		    const struct lro_packet *pkt);
void lro_append_frags(const struct net_lro_mgr *mgr, struct net_lro_desc *desc,
		      const struct lro_packet *pkt);

/* finish.c */
void lro_finish(const struct net_lro_mgr *mgr, struct net_lro_desc *desc);
__wsum lro_payload_sum(const struct lro_packet *pkt);

/* receive.c */
void lro_up(const struct net_lro_mgr *mgr, struct sk_buff *skb);

#endif
