// SPDX-License-Identifier: GPL-2.0
/*
 * A context that is fed with frames; what comes out is taken apart again and
 * compared with what went in.
 */
#include <linux/bottom_half.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/slab.h>
#include <net/gso.h>
#include <net/udp_tunnel.h>

#include "hgro_test.h"

static void rig_wrong(struct hgro_rig *rig, const char *what)
{
	if (rig->stock)
		rig->odd++;
	else if (!rig->wrong)
		rig->wrong = what;
}

static bool rig_is(const struct frame *frame, const u8 *data, u32 len,
		   u32 vlan_all)
{
	return frame->len == len && frame->vlan_all == vlan_all &&
	       !memcmp(frame->data, data, len);
}

/* A frame came out: it must be the next one of its group, or a stray one. */
static void rig_back(struct hgro_rig *rig, const u8 *data, u32 len,
		     u32 vlan_all)
{
	u16 group = len < ETH_HLEN ? 0 : get_unaligned_be16(data + 10);
	struct frame *frame;

	rig->back++;
	if (group >= RIG_GROUPS) {
		rig_wrong(rig, "a frame of no group");
		return;
	}
	list_for_each_entry(frame, &rig->waited[group], list) {
		if (rig_is(frame, data, len, vlan_all)) {
			list_del(&frame->list);
			kfree(frame);
			return;
		}
		if (!frame->stray)
			break;
	}
	/* A stray one may be anywhere. */
	list_for_each_entry(frame, &rig->waited[group], list)
		if (frame->stray && rig_is(frame, data, len, vlan_all)) {
			list_del(&frame->list);
			kfree(frame);
			return;
		}
	rig_wrong(rig, "a frame is not what went in, or not in order");
}

/* One that was not merged, or is a segment; skb->data at the MAC header. */
static void rig_back_skb(struct hgro_rig *rig, const struct sk_buff *skb)
{
	if (skb->len > RIG_FRAME_MAX || skb_copy_bits(skb, 0, rig->out,
						      skb->len)) {
		rig_wrong(rig, "a frame is too long");
		return;
	}
	rig_back(rig, rig->out, skb->len,
		 skb_vlan_tag_present(skb) ? skb->vlan_all : 0);
}

static void rig_back_segments(struct hgro_rig *rig, struct sk_buff *skb)
{
	struct sk_buff *segs, *seg, *next;

	/* With no feature checksums are finished. */
	segs = __skb_gso_segment(skb, rig->back & 1 ? NETIF_F_SG : 0, false);
	if (IS_ERR_OR_NULL(segs)) {
		rig_wrong(rig, "the kernel does not segment it");
		return;
	}
	skb_list_walk_safe(segs, seg, next) {
		rig_back_skb(rig, seg);
		consume_skb(seg);
	}
}

/* More headers than the headroom takes: a tunnel's are long. */
static bool rig_too_many_headers(const struct sk_buff *skb)
{
	u32 len = skb_checksum_start_offset(skb);

	if (skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4)
		len += sizeof(struct udphdr);
	else
		len += 4 * (skb->data[len + 12] >> 4);
	return skb_shinfo(skb)->gso_segs * ALIGN(len, 8) >
	       hgso_headroom.max_len;
}

static void rig_back_hgso(struct hgro_rig *rig, struct sk_buff *skb)
{
	u32 vlan_all = skb_vlan_tag_present(skb) ? skb->vlan_all : 0;
	u32 gso_segs = skb_shinfo(skb)->gso_segs;
	const struct hgso_pkt *pkt;
	u32 i, len;

	if (hgso_prepare(&rig->txq, skb) < 0) {
		rig->declined += !rig_too_many_headers(skb);
		rig_back_segments(rig, skb);
		return;
	}
	pkt = hgso_pkt(skb);
	if (pkt->frames != gso_segs)
		rig_wrong(rig, "gso_segs is not the number of frames");
	for (i = 0; i < pkt->frames; i++) {
		len = min(pkt->mss, pkt->payload - i * pkt->mss);
		memcpy(rig->out, pkt->hdrs + i * pkt->stride, pkt->hdr_len);
		if (skb_copy_bits(skb, pkt->payload_off + i * pkt->mss,
				  rig->out + pkt->hdr_len, len)) {
			rig_wrong(rig, "payload is missing");
			return;
		}
		rig_back(rig, rig->out, pkt->hdr_len + len, vlan_all);
	}
}

static const char *rig_odd(const struct hgro_rig *rig,
			   const struct sk_buff *skb)
{
	const struct sk_buff *iter;
	u32 len = skb_headlen(skb);
	unsigned int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		len += skb_frag_size(&skb_shinfo(skb)->frags[i]);
	skb_walk_frags(skb, iter) {
		len += iter->len;
		if (iter->len != skb_pagelen(iter))
			return "a carrier's length is wrong";
	}
	if (len != skb->len)
		return "the super-packet's length is wrong";
	if (skb->truesize < skb->len)
		return "truesize is less than the data";
	if (skb->napi_id != rig->napi.napi_id && rig->napi.napi_id)
		return "no NAPI id";
	return NULL;
}

static void rig_up_super(struct hgro_rig *rig, struct sk_buff *skb)
{
	u64 odd = rig->odd;

	rig->supers++;
	rig->most = max_t(u32, rig->most, skb_shinfo(skb)->gso_segs);
	rig->longest = max(rig->longest, skb->len);
	if (rig->kernel)
		rig_back_segments(rig, skb);
	else
		rig_back_hgso(rig, skb);
	rig->inexact += rig->odd != odd;
}

/**
 * rig_up() - something goes up the stack
 * @rig: the rig
 * @skb: it, taken
 */
void rig_up(struct hgro_rig *rig, struct sk_buff *skb)
{
	const char *odd = rig_odd(rig, skb);

	if (odd)
		rig_wrong(rig, odd);
	skb_push(skb, ETH_HLEN);
	if (skb_is_gso(skb))
		rig_up_super(rig, skb);
	else
		rig_back_skb(rig, skb);
	consume_skb(skb);
}

static void rig_deliver(void *arg, struct list_head *skbs)
{
	struct sk_buff *skb, *next;

	list_for_each_entry_safe(skb, next, skbs, list) {
		skb_list_del_init(skb);
		rig_up(arg, skb);
	}
}

/**
 * rig_context() - a fresh context
 * @rig: any that it had is destroyed
 * @config: what delivers is filled in
 */
int rig_context(struct hgro_rig *rig, const struct hgro_config *config)
{
	struct hgro_config own = config ? *config : (struct hgro_config){ };

	if (rig->hgro)
		hgro_destroy(rig->hgro);
	own.deliver = rig_deliver;
	own.arg = rig;
	own.ports = &rig->ports;
	rig->hgro = hgro_create(&rig->napi, &own);
	return rig->hgro ? 0 : -ENOMEM;
}

static int rig_no_poll(struct napi_struct *napi, int budget)
{
	return 0;
}

int rig_init(struct kunit *test)
{
	struct hgro_rig *rig;
	unsigned int i;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	if (!rig)
		return -ENOMEM;
	test->priv = rig;
	for (i = 0; i < RIG_GROUPS; i++)
		INIT_LIST_HEAD(&rig->waited[i]);
	for (i = 0; i < RIG_PAGES; i++) {
		rig->page[i] = alloc_page(GFP_KERNEL);
		if (!rig->page[i])
			return -ENOMEM;
	}
	rig->dev = alloc_etherdev(0);
	if (!rig->dev)
		return -ENOMEM;
	rig->dev->features |= NETIF_F_GRO;
	/* UDP that is forwarded is merged. */
	rig->dev->features |= NETIF_F_GRO_UDP_FWD;
	hgro_port_set(&rig->ports, 0, htons(FRAME_VXLAN_PORT),
		      UDP_TUNNEL_TYPE_VXLAN);
	hgro_port_set(&rig->ports, 1, htons(FRAME_GENEVE_PORT),
		      UDP_TUNNEL_TYPE_GENEVE);
	netif_napi_add(rig->dev, &rig->napi, rig_no_poll);
	hgso_txq_init(&rig->txq, NULL, 1 << 20);
	rig->txq.finish_csum = true;
	return rig_context(rig, NULL);
}

void rig_exit(struct kunit *test)
{
	struct hgro_rig *rig = test->priv;
	struct frame *frame, *next;
	unsigned int i;

	if (!rig)
		return;
	if (rig->hgro)
		hgro_destroy(rig->hgro);
	for (i = 0; i < RIG_GROUPS; i++)
		list_for_each_entry_safe(frame, next, &rig->waited[i], list)
			kfree(frame);
	for (i = 0; i < RIG_PAGES && rig->page[i]; i++)
		put_page(rig->page[i]);
	if (rig->dev) {
		netif_napi_del(&rig->napi);
		free_netdev(rig->dev);
	}
}

/* A page that nobody but us holds. */
static struct page *rig_page(struct hgro_rig *rig)
{
	unsigned int i;

	for (i = 0; i < RIG_PAGES; i++) {
		rig->next = (rig->next + 1) % RIG_PAGES;
		if (page_count(rig->page[rig->next]) == 1) {
			get_page(rig->page[rig->next]);
			return rig->page[rig->next];
		}
	}
	return NULL;
}

static __wsum rig_csum(const struct frame *frame)
{
	return frame->len > ETH_HLEN ?
	       csum_partial(frame->data + ETH_HLEN, frame->len - ETH_HLEN, 0) :
	       0;
}

static void rig_feed_page(struct hgro_rig *rig, const struct frame *frame,
			  struct page *page)
{
	struct hgro_frame in = {
		.page = page,
		.offset = RIG_OFFSET,
		.len = frame->len,
		.truesize = PAGE_SIZE,
		.hash = frame->hash,
		.hash_type = PKT_HASH_TYPE_L4,
		.csum = rig_csum(frame),
		.vlan_all = frame->vlan_all,
		.ip_summed = frame->ip_summed,
		.csum_level = frame->csum_level,
	};

	memcpy(page_address(page) + RIG_OFFSET, frame->data, frame->len);
	if (rig->around)
		rig->around(rig, true);
	hgro_receive_frags(rig->hgro, &in);
	if (rig->around)
		rig->around(rig, false);
}

static struct sk_buff *rig_skb(struct hgro_rig *rig, const struct frame *frame,
			       enum rig_mode mode, struct page *page)
{
	u32 linear = frame->len, half, rest;
	struct sk_buff *skb;

	if (mode == RIG_SKB_FRAGS)
		linear = min(frame->hdr_len, frame->len);
	if (mode == RIG_SKB_BARE)
		linear = ETH_HLEN;
	if (mode == RIG_SKB_LINEAR)
		skb = alloc_skb(linear + NET_SKB_PAD, GFP_ATOMIC);
	else
		skb = netdev_alloc_skb(rig->dev, linear + NET_SKB_PAD);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	skb_put_data(skb, frame->data, linear);
	rest = frame->len - linear;
	if (!rest)
		return skb;
	memcpy(page_address(page), frame->data + linear, rest);
	half = rest / 2;
	if (half) {
		get_page(page);
		skb_add_rx_frag(skb, 0, page, 0, half, PAGE_SIZE / 2);
	}
	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, half,
			rest - half, PAGE_SIZE / 2);
	return skb;
}

static void rig_feed_skb(struct hgro_rig *rig, const struct frame *frame,
			 enum rig_mode mode, struct page *page)
{
	struct sk_buff *skb = rig_skb(rig, frame, mode, page);

	put_page(page);
	if (!skb) {
		rig_wrong(rig, "no memory");
		return;
	}
	skb->protocol = eth_type_trans(skb, rig->dev);
	skb->ip_summed = frame->ip_summed;
	if (frame->ip_summed == CHECKSUM_UNNECESSARY)
		skb->csum_level = frame->csum_level;
	skb->csum = rig_csum(frame);
	if (frame->vlan_all)
		skb->vlan_all = frame->vlan_all;
	if (frame->hash)
		skb_set_hash(skb, frame->hash, PKT_HASH_TYPE_L4);
	if (rig->stock)
		rig->stock->receive(rig, skb);
	else
		hgro_receive_skb(rig->hgro, skb);
}

/**
 * rig_feed() - a frame arrives
 * @rig: the rig
 * @frame: the frame, copied
 * @mode: in what; shorter ones than an Ethernet header only in a page
 */
void rig_feed(struct hgro_rig *rig, const struct frame *frame,
	      enum rig_mode mode)
{
	struct frame *copy = kmemdup(frame, sizeof(*frame), GFP_KERNEL);
	struct page *page = rig_page(rig);
	u64 dropped;

	/* All held: a poll must end. */
	if (!page) {
		rig_flush(rig);
		page = rig_page(rig);
	}
	if (!copy || !page) {
		kfree(copy);
		rig_wrong(rig, "no memory, or pages are not given back");
		return;
	}
	/* The shape of most drivers' packets. */
	if (rig->stock)
		mode = RIG_SKB_FRAGS;
	rig->fed++;
	copy->stray |= !!rig->stock;
	list_add_tail(&copy->list, &rig->waited[frame->group]);
	dropped = rig->hgro->stats.dropped;
	local_bh_disable();
	if (mode == RIG_PAGE)
		rig_feed_page(rig, frame, page);
	else
		rig_feed_skb(rig, frame, mode, page);
	local_bh_enable();
	if (rig->hgro->stats.dropped != dropped) {
		list_del(&copy->list);
		kfree(copy);
	}
}

/* A poll ends. */
void rig_flush(struct hgro_rig *rig)
{
	local_bh_disable();
	if (rig->stock)
		rig->stock->flush(rig);
	else
		hgro_flush(rig->hgro);
	local_bh_enable();
}

/* The flow of @group ends, as the driver asks for it. */
void rig_flush_flow(struct hgro_rig *rig, u16 group)
{
	const struct frame_spec spec = { .group = group, .len = 10 };
	static struct frame frame;
	struct sk_buff *skb;

	frame_make(&spec, &frame);
	skb = alloc_skb(frame.len, GFP_KERNEL);
	if (!skb) {
		rig_wrong(rig, "no memory");
		return;
	}
	skb_put_data(skb, frame.data, frame.len);
	skb->protocol = eth_type_trans(skb, rig->dev);
	local_bh_disable();
	hgro_flush_flow(rig->hgro, skb);
	local_bh_enable();
	consume_skb(skb);
}

static const char *rig_counted(const struct hgro_rig *rig)
{
	u64 packets, flows = 0;
	struct hgro_stats stats;
	unsigned int i;

	hgro_stats(rig->hgro, &stats);
	packets = stats.merged + stats.single + stats.dropped;
	for (i = 0; i < HGRO_NR_REASONS; i++) {
		packets += stats.passed[i];
		flows += stats.flushed[i];
	}
	if (stats.held)
		return "packets are still held";
	if (packets != rig->fed)
		return "a packet is in no counter, or in two";
	if (flows != stats.supers + stats.single)
		return "a flow is in no counter, or in two";
	if (rig->back + stats.dropped != rig->fed)
		return "a packet is lost";
	return NULL;
}

/**
 * rig_end() - all flows end
 * @rig: the rig
 *
 * Return: NULL, or what has gone wrong since the context is there.
 */
const char *rig_end(struct hgro_rig *rig)
{
	const char *odd;
	unsigned int i;

	rig_flush(rig);
	odd = rig_counted(rig);
	if (odd)
		rig_wrong(rig, odd);
	for (i = 0; i < RIG_GROUPS; i++)
		if (!list_empty(&rig->waited[i]))
			rig_wrong(rig, "a frame did not come out");
	for (i = 0; i < RIG_PAGES; i++)
		if (page_count(rig->page[i]) != 1)
			rig_wrong(rig, "a page is leaked");
	return rig->wrong;
}
