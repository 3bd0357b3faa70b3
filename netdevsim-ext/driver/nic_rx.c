// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: pages of a page pool that keeps them mapped. The first buffer of a
 * frame becomes the skb's head, or with "gro-frags" a page frag as the further
 * ones do. With "hgro" and "lro-frags" a frame in one buffer has no skb of its
 * own.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <net/busy_poll.h>
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>

#include "nic.h"
#include "nic_rx.h"

#define NIC_RX_RETRY_MS		10

static u32 nic_rx_next(const struct nic_rx_ring *ring, u32 i)
{
	return i + 1 == ring->mem.size ? 0 : i + 1;
}

static bool nic_rx_post(struct nic_rx_ring *ring)
{
	struct nic_rx_desc *desc = &ring->mem.desc[ring->use];
	struct page *page = NULL;

	if (!nsim_inject_fires(&ring->nic->rx_alloc))
		page = page_pool_dev_alloc_pages(ring->mem.pool);
	if (unlikely(!page))
		return false;
	ring->mem.pages[ring->use] = page;
	*desc = (struct nic_rx_desc) {
		.addr = cpu_to_le64(page_pool_get_dma_addr(page) +
				    NIC_RX_HEADROOM),
	};
	ring->use = nic_rx_next(ring, ring->use);
	return true;
}

/**
 * nic_rx_refill() - post as many buffers as the ring takes
 * @ring: the ring
 *
 * When there is no page, what is posted goes on; with nothing posted no
 * interrupt would ever come, so a timer polls again.
 *
 * Context: NAPI, or before NAPI is on.
 */
void nic_rx_refill(struct nic_rx_ring *ring)
{
	u32 before = ring->use;
	u32 posted = 0;
	bool ok = true;

	while (ok && nic_rx_next(ring, ring->use) != ring->clean) {
		ok = nic_rx_post(ring);
		posted += ok;
	}

	if (ring->use != before) {
		if (unlikely(ring->mem.raw))
			nic_layout_post(ring, before, ring->use);
		dma_wmb();
		nic_hw_write(ring->nic->hw, NIC_REG_RXQ(ring->index) +
			     NIC_Q_TAIL, ring->use);
	}
	if (unlikely(!ok && ring->use == ring->clean))
		mod_timer(&ring->retry,
			  jiffies + msecs_to_jiffies(NIC_RX_RETRY_MS));

	u64_stats_update_begin(&ring->sync);
	ring->stats.buffers += posted;
	ring->stats.no_page += !ok;
	u64_stats_update_end(&ring->sync);
}

/**
 * nic_rx_retry() - try again for pages
 * @timer: in the ring
 *
 * Context: softirq.
 */
void nic_rx_retry(struct timer_list *timer)
{
	struct nic_rx_ring *ring = from_timer(ring, timer, retry);

	napi_schedule(ring->napi);
}

static void nic_rx_count_drop(struct nic_rx_ring *ring, u64 *counter)
{
	u64_stats_update_begin(&ring->sync);
	*counter += ring->segs;
	u64_stats_update_end(&ring->sync);
}

/* Forgets the frame that is being received, if there is one. */
static void nic_rx_forget(struct nic_rx_ring *ring)
{
	if (!ring->skb)
		return;
	if (ring->how == NIC_RX_GRO_FRAGS)
		napi_free_frags(ring->napi);
	else
		kfree_skb(ring->skb);
	ring->skb = NULL;
}

/* The frame cannot be had; its further buffers go the same way. */
static void nic_rx_drop(struct nic_rx_ring *ring, u64 *counter)
{
	nic_rx_forget(ring);
	ring->skip = true;
	nic_rx_count_drop(ring, counter);
}

/* A frame whose first buffer is the head of its skb. */
static struct sk_buff *nic_rx_head(struct nic_rx_ring *ring, struct page *page,
				   u32 len)
{
	struct sk_buff *skb = napi_build_skb(page_address(page),
					     nic_rx_truesize(ring));

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, NIC_RX_HEADROOM);
	skb_put(skb, len);
	return skb;
}

/* A frame that is page frags only; the skb stays NAPI's. */
static struct sk_buff *nic_rx_frags(struct nic_rx_ring *ring, struct page *page,
				    u32 len)
{
	struct sk_buff *skb = napi_get_frags(ring->napi);

	if (unlikely(!skb))
		return NULL;
	/* It may have been another frame's before. */
	skb_clear_hash(skb);
	skb_add_rx_frag(skb, 0, page, NIC_RX_HEADROOM, len,
			nic_rx_truesize(ring));
	return skb;
}

/* A frame whose headers have a buffer of their own. */
static struct sk_buff *nic_rx_split(struct nic_rx_ring *ring, struct page *page,
				    u32 len, u32 hdr_len)
{
	struct sk_buff *skb = napi_alloc_skb(ring->napi, hdr_len);

	if (unlikely(!skb))
		return NULL;
	skb_put_data(skb, ring->mem.hdrs + ring->clean * NIC_RX_HDR_SIZE,
		     hdr_len);
	skb_add_rx_frag(skb, 0, page, NIC_RX_HEADROOM, len,
			nic_rx_truesize(ring));
	u64_stats_update_begin(&ring->sync);
	ring->stats.split++;
	u64_stats_update_end(&ring->sync);
	return skb;
}

/*
 * One way for all of a frame, whatever devlink sets meanwhile. What the hardware
 * has merged nobody else need look at; headers that are apart are a head already.
 */
static void nic_rx_begin(struct nic_rx_ring *ring, u32 status)
{
	ring->how = READ_ONCE(ring->nic->rxs);
	if (unlikely(status & NIC_RX_MERGED))
		ring->how = NIC_RX_LRO_HW;
	else if (status & NIC_RX_SPLIT && ring->how == NIC_RX_GRO_FRAGS)
		ring->how = NIC_RX_GRO;
}

/* Is no skb to be made of it? LRO's pages have no place for a time. */
static bool nic_rx_by_page(enum nic_rx_strategy how, u32 status)
{
	if (!(status & NIC_RX_EOP) || status & NIC_RX_SPLIT)
		return false;
	return how == NIC_RX_HGRO ||
	       (how == NIC_RX_LRO_FRAGS && !(status & NIC_RX_STAMP));
}

/* The first buffer of a frame. Takes the page. */
static void nic_rx_first(struct nic_rx_ring *ring, struct page *page, u32 len,
			 u32 status)
{
	struct sk_buff *skb;

	if (status & NIC_RX_SPLIT)
		skb = nic_rx_split(ring, page, len, status >> NIC_RX_HDR_SHIFT);
	else if (ring->how == NIC_RX_GRO_FRAGS)
		skb = nic_rx_frags(ring, page, len);
	else
		skb = nic_rx_head(ring, page, len);
	if (unlikely(!skb)) {
		nic_rx_drop(ring, &ring->stats.drop_nomem);
		page_pool_recycle_direct(ring->mem.pool, page);
		return;
	}
	skb_mark_for_recycle(skb);
	ring->skb = skb;
}

/* A further buffer. Takes the page. */
static void nic_rx_more(struct nic_rx_ring *ring, struct page *page, u32 len)
{
	struct sk_buff *skb = ring->skb;

	if (unlikely(skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS)) {
		nic_rx_drop(ring, &ring->stats.drop_error);
		page_pool_recycle_direct(ring->mem.pool, page);
		return;
	}
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, NIC_RX_HEADROOM,
			len, nic_rx_truesize(ring));
}

/* What the hardware says of a frame. */
static void nic_rx_about(const struct nsim_nic *nic,
			 const struct nic_rx_desc *desc, u32 status,
			 struct hgro_frame *about)
{
	netdev_features_t features = nic->netdev->features;

	if (status & NIC_RX_STAMP)
		about->hwtstamp = ns_to_ktime(le64_to_cpu(desc->stamp));
	if (status & NIC_RX_VLAN) {
		about->vlan_proto = htons(ETH_P_8021Q);
		about->vlan_tci = le16_to_cpu(desc->vlan_tci);
	}
	if (status & (NIC_RX_HASH_L3 | NIC_RX_HASH_L4) &&
	    features & NETIF_F_RXHASH) {
		about->hash = le32_to_cpu(desc->hash);
		about->hash_type = status & NIC_RX_HASH_L4 ?
				   PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3;
	}
	if (!(features & NETIF_F_RXCSUM))
		return;
	if (status & NIC_RX_CSUM_OK) {
		about->ip_summed = CHECKSUM_UNNECESSARY;
	} else if (status & NIC_RX_SUM) {
		about->ip_summed = CHECKSUM_COMPLETE;
		about->csum = csum_unfold((__force __sum16)
					  le16_to_cpu(desc->csum));
	}
}

static void nic_rx_dress(struct sk_buff *skb, const struct hgro_frame *about)
{
	if (about->vlan_proto)
		__vlan_hwaccel_put_tag(skb, about->vlan_proto,
				       about->vlan_tci);
	if (about->hash_type)
		skb_set_hash(skb, about->hash, about->hash_type);
	/* Also where there is none: NAPI's own skb had another frame's. */
	skb_hwtstamps(skb)->hwtstamp = about->hwtstamp;
	skb->ip_summed = about->ip_summed;
	skb->csum = about->csum;
}

static void nic_rx_count(struct nic_rx_ring *ring, u32 len,
			 const struct hgro_frame *about)
{
	bool csum_ok = about->ip_summed != CHECKSUM_NONE;

	u64_stats_update_begin(&ring->sync);
	ring->stats.packets++;
	ring->stats.bytes += len;
	ring->stats.csum_ok += csum_ok;
	ring->stats.csum_none += !csum_ok;
	ring->stats.by[ring->how]++;
	ring->stats.stamps += !!about->hwtstamp;
	u64_stats_update_end(&ring->sync);
}

/* Beyond what nic_rx_count() counted, where one was many on the wire. */
static void nic_rx_merged(struct nic_rx_ring *ring, struct sk_buff *skb,
			  const struct nic_rx_desc *desc, bool csum_ok)
{
	u32 more = ring->segs - 1;
	u32 hdr_len = nic_lro_hw_finish(skb, le16_to_cpu(desc->mss),
					ring->segs);

	u64_stats_update_begin(&ring->sync);
	ring->stats.packets += more;
	ring->stats.bytes += more * hdr_len;
	ring->stats.csum_ok += csum_ok ? more : 0;
	ring->stats.csum_none += csum_ok ? 0 : more;
	ring->stats.by[ring->how] += more;
	ring->stats.merged++;
	ring->stats.merged_segs += ring->segs;
	u64_stats_update_end(&ring->sync);
}

/* The frame is whole: up the stack. */
static void nic_rx_deliver(struct nic_rx_ring *ring,
			   const struct nic_rx_desc *desc, u32 status)
{
	struct nsim_nic *nic = ring->nic;
	struct sk_buff *skb = ring->skb;
	struct hgro_frame about = {};

	ring->skb = NULL;
	nic_rx_about(nic, desc, status, &about);
	nic_rx_dress(skb, &about);
	nic_rx_count(ring, skb->len, &about);
	if (status & NIC_RX_MERGED)
		nic_rx_merged(ring, skb, desc, about.ip_summed != CHECKSUM_NONE);

	skb_record_rx_queue(skb, ring->index);
	if (ring->how == NIC_RX_GRO_FRAGS) {
		napi_gro_frags(ring->napi);
		return;
	}
	skb->protocol = eth_type_trans(skb, nic->netdev);
	switch (ring->how) {
	case NIC_RX_GRO:
		napi_gro_receive(ring->napi, skb);
		break;
	case NIC_RX_HGRO:
		hgro_receive_skb(ring->hgro, skb);
		break;
	case NIC_RX_LRO_SKB:
	case NIC_RX_LRO_FRAGS:
		skb_mark_napi_id(skb, ring->napi);
		lro_receive_skb(&ring->lro, skb, NULL);
		break;
	default:
		skb_mark_napi_id(skb, ring->napi);
		netif_receive_skb(skb);
	}
}

/* A frame in one buffer, for hgro or LRO: no skb is made here. Takes the page. */
static void nic_rx_page(struct nic_rx_ring *ring, struct page *page,
			const struct nic_rx_desc *desc, u32 status, u32 len)
{
	struct hgro_frame frame = {
		.page = page,
		.offset = NIC_RX_HEADROOM,
		.len = len,
		.truesize = nic_rx_truesize(ring),
	};

	nic_rx_about(ring->nic, desc, status, &frame);
	nic_rx_count(ring, len, &frame);
	if (ring->how == NIC_RX_LRO_FRAGS)
		nic_lro_page(ring, &frame);
	else
		hgro_receive_frags(ring->hgro, &frame);
}

/* Can this be what the hardware says of a buffer? */
static bool nic_rx_sane(const struct nic_rx_ring *ring, u32 status, u32 len)
{
	u32 hdr_len = status >> NIC_RX_HDR_SHIFT;

	if (status & NIC_RX_ERROR || !len || len > nic_rx_buf_size(ring))
		return false;
	if (ring->skb)
		return true;
	if (!(status & NIC_RX_SPLIT))
		return len >= ETH_HLEN;
	return ring->mem.hdrs && hdr_len >= ETH_HLEN &&
	       hdr_len <= NIC_RX_HDR_SIZE;
}

static u32 nic_rx_segs(const struct nic_rx_desc *desc, u32 status)
{
	return status & NIC_RX_MERGED ? le16_to_cpu(desc->segs) : 1;
}

static void nic_rx_desc(struct nic_rx_ring *ring,
			const struct nic_rx_desc *desc, u32 status)
{
	struct page *page = ring->mem.pages[ring->clean];
	u32 len = le32_to_cpu(desc->len);

	ring->mem.pages[ring->clean] = NULL;
	if (!nic_has_bug(ring->nic, NIC_BUG_NO_SYNC))
		page_pool_dma_sync_for_cpu(ring->mem.pool, page, 0,
					   min(len, nic_rx_buf_size(ring)));
	if (!ring->skb && !ring->skip) {
		nic_rx_begin(ring, status);
		ring->segs = nic_rx_segs(desc, status);
	}
	if (unlikely(!ring->skip && !nic_rx_sane(ring, status, len)))
		nic_rx_drop(ring, &ring->stats.drop_error);
	if (unlikely(ring->skip))
		page_pool_recycle_direct(ring->mem.pool, page);
	else if (ring->skb)
		nic_rx_more(ring, page, len);
	else if (nic_rx_by_page(ring->how, status))
		nic_rx_page(ring, page, desc, status, len);
	else
		nic_rx_first(ring, page, len, status);
}

/**
 * nic_rx_poll() - receive what the hardware wrote
 * @ring: the ring
 * @budget: most frames
 *
 * Context: NAPI.
 * Return: how many frames.
 */
int nic_rx_poll(struct nic_rx_ring *ring, int budget)
{
	struct nic_rx_desc *desc;
	int frames = 0;
	u32 status;

	while (frames < budget && ring->clean != ring->use) {
		if (unlikely(ring->mem.raw))
			nic_layout_decode(ring, ring->clean);
		desc = &ring->mem.desc[ring->clean];
		status = le32_to_cpu(READ_ONCE(desc->status));
		if (!(status & NIC_RX_DONE))
			break;
		dma_rmb();
		nic_rx_desc(ring, desc, status);
		desc->status = 0;
		ring->clean = nic_rx_next(ring, ring->clean);
		if (!(status & NIC_RX_EOP))
			continue;
		frames++;
		if (likely(ring->skb))
			nic_rx_deliver(ring, desc, status);
		ring->skip = false;
	}

	nic_rx_refill(ring);
	return frames;
}

/*
 * A frame that came too late to be received: its buffer is the CPU's again, as
 * any that the hardware has written to. Return: frames that ended in it.
 */
static u32 nic_rx_discard(struct nic_rx_ring *ring, u32 i)
{
	const struct nic_rx_desc *desc = &ring->mem.desc[i];
	u32 status;

	if (unlikely(ring->mem.raw))
		nic_layout_decode(ring, i);
	status = le32_to_cpu(desc->status);
	if (status & NIC_RX_DONE)
		page_pool_dma_sync_for_cpu(ring->mem.pool, ring->mem.pages[i],
					   0, min(le32_to_cpu(desc->len),
						  nic_rx_buf_size(ring)));
	page_pool_put_full_page(ring->mem.pool, ring->mem.pages[i], false);
	return status & NIC_RX_EOP ? nic_rx_segs(desc, status) : 0;
}

/**
 * nic_rx_stop() - give back all buffers
 * @ring: the ring; NAPI is off, the hardware is quiet
 *
 * Context: process.
 */
void nic_rx_stop(struct nic_rx_ring *ring)
{
	struct page **page = ring->mem.pages;
	u32 frames = 0;
	u32 i;

	for (i = 0; i < ring->mem.size; i++, page++) {
		if (*page)
			frames += nic_rx_discard(ring, i);
		*page = NULL;
		ring->mem.desc[i].status = 0;
	}
	nic_rx_forget(ring);
	u64_stats_update_begin(&ring->sync);
	ring->stats.drop_down += frames;
	u64_stats_update_end(&ring->sync);
	ring->skip = false;
	ring->use = 0;
	ring->clean = 0;
}
