// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: pages of a page pool that keeps them mapped. The first buffer of a
 * frame becomes the skb's head, the further ones its page frags.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <net/busy_poll.h>
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>

#include "nic.h"

#define NIC_RX_HEADROOM		(NET_SKB_PAD + NET_IP_ALIGN)
#define NIC_RX_TAILROOM		SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define NIC_RX_RETRY_MS		10

/* Octets of a buffer, all in all. */
static u32 nic_rx_truesize(const struct nic_rx_ring *ring)
{
	return PAGE_SIZE << ring->mem.pool->p.order;
}

/**
 * nic_rx_buf_size() - octets of a buffer that the hardware may write
 * @ring: the ring, with its pool
 *
 * Context: any.
 * Return: octets.
 */
u32 nic_rx_buf_size(const struct nic_rx_ring *ring)
{
	return nic_rx_truesize(ring) - NIC_RX_HEADROOM - NIC_RX_TAILROOM;
}

/**
 * nic_rx_pool_create() - the page pool of a receive ring
 * @ring: the ring, for its NAPI
 * @mem: gets the pool; its size is set
 *
 * Context: process, under RTNL.
 * Return: 0 or what page_pool_create() said.
 */
int nic_rx_pool_create(struct nic_rx_ring *ring, struct nic_rx_mem *mem)
{
	struct page_pool_params params = {
		.order = ring->nic->rx_order,
		.pool_size = mem->size,
		.nid = NUMA_NO_NODE,
		.dev = ring->nic->dma_dev,
		.napi = ring->napi,
		.dma_dir = DMA_FROM_DEVICE,
		.max_len = (PAGE_SIZE << ring->nic->rx_order) -
			   NIC_RX_HEADROOM - NIC_RX_TAILROOM,
		.offset = NIC_RX_HEADROOM,
		.netdev = ring->nic->netdev,
		.queue_idx = ring->index,
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
	};
	struct page_pool *pool = page_pool_create(&params);

	if (IS_ERR(pool))
		return PTR_ERR(pool);
	mem->pool = pool;
	return 0;
}

/* Pages that a pool took from the system and mapped; 0 where none counts. */
static u64 nic_rx_pool_mapped(const struct page_pool *pool)
{
#ifdef CONFIG_PAGE_POOL_STATS
	struct page_pool_stats stats = {};

	if (pool && page_pool_get_stats(pool, &stats))
		return stats.alloc_stats.slow +
		       stats.alloc_stats.slow_high_order;
#endif
	return 0;
}

/**
 * nic_rx_pool_destroy() - the end of a page pool
 * @ring: the ring that used it; its NAPI is off
 * @mem: has the pool, or none
 *
 * Pages that are still in the hands of the stack stay mapped until they come
 * back.
 *
 * Context: process, under RTNL.
 */
void nic_rx_pool_destroy(struct nic_rx_ring *ring, struct nic_rx_mem *mem)
{
	if (!mem->pool)
		return;
	u64_stats_update_begin(&ring->sync);
	ring->stats.pool_maps += nic_rx_pool_mapped(mem->pool);
	u64_stats_update_end(&ring->sync);
	page_pool_destroy(mem->pool);
	mem->pool = NULL;
}

/**
 * nic_rx_pool_maps() - pages that the page pools of now have mapped
 * @nic: the NIC
 *
 * What earlier pools mapped is in the rings' counters. 0 on a kernel without
 * CONFIG_PAGE_POOL_STATS.
 *
 * Context: process, under RTNL.
 * Return: how many.
 */
u64 nic_rx_pool_maps(struct nsim_nic *nic)
{
	u64 maps = 0;
	u32 i;

	for (i = 0; i < nic->nr_queues; i++)
		maps += nic_rx_pool_mapped(nic->queues[i].rx.mem.pool);
	return maps;
}

static u32 nic_rx_next(const struct nic_rx_ring *ring, u32 i)
{
	return i + 1 == ring->mem.size ? 0 : i + 1;
}

static bool nic_rx_post(struct nic_rx_ring *ring)
{
	struct nic_rx_desc *desc = &ring->mem.desc[ring->use];
	struct page *page = page_pool_dev_alloc_pages(ring->mem.pool);

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
	(*counter)++;
	u64_stats_update_end(&ring->sync);
}

/* The frame cannot be had; its further buffers go the same way. */
static void nic_rx_drop(struct nic_rx_ring *ring, u64 *counter)
{
	kfree_skb(ring->skb);
	ring->skb = NULL;
	ring->skip = true;
	nic_rx_count_drop(ring, counter);
}

/* Adds a buffer to the frame that is being received. Takes the page. */
static void nic_rx_buffer(struct nic_rx_ring *ring, struct page *page, u32 len)
{
	struct sk_buff *skb = ring->skb;

	if (skb) {
		if (skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS) {
			nic_rx_drop(ring, &ring->stats.drop_error);
			goto put;
		}
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page,
				NIC_RX_HEADROOM, len, nic_rx_truesize(ring));
		return;
	}

	skb = napi_build_skb(page_address(page), nic_rx_truesize(ring));
	if (unlikely(!skb)) {
		nic_rx_drop(ring, &ring->stats.drop_nomem);
		goto put;
	}
	skb_reserve(skb, NIC_RX_HEADROOM);
	skb_put(skb, len);
	skb_mark_for_recycle(skb);
	ring->skb = skb;
	return;
put:
	page_pool_recycle_direct(ring->mem.pool, page);
}

/* What the hardware says of a frame. Return: its checksum is good or a sum. */
static bool nic_rx_about(const struct nsim_nic *nic, struct sk_buff *skb,
			 const struct nic_rx_desc *desc, u32 status)
{
	netdev_features_t features = nic->netdev->features;

	if (status & NIC_RX_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       le16_to_cpu(desc->vlan_tci));
	if (status & (NIC_RX_HASH_L3 | NIC_RX_HASH_L4) &&
	    features & NETIF_F_RXHASH)
		skb_set_hash(skb, le32_to_cpu(desc->hash),
			     status & NIC_RX_HASH_L4 ? PKT_HASH_TYPE_L4 :
						       PKT_HASH_TYPE_L3);
	if (!(features & NETIF_F_RXCSUM))
		return false;
	if (status & NIC_RX_CSUM_OK) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	} else if (status & NIC_RX_SUM) {
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum = csum_unfold((__force __sum16)
					le16_to_cpu(desc->csum));
	}
	return skb->ip_summed != CHECKSUM_NONE;
}

/* The frame is whole: up the stack. */
static void nic_rx_deliver(struct nic_rx_ring *ring,
			   const struct nic_rx_desc *desc, u32 status)
{
	struct nsim_nic *nic = ring->nic;
	struct sk_buff *skb = ring->skb;
	bool gro = READ_ONCE(nic->gro);
	bool csum_ok;

	ring->skb = NULL;
	csum_ok = nic_rx_about(nic, skb, desc, status);
	u64_stats_update_begin(&ring->sync);
	ring->stats.packets++;
	ring->stats.bytes += skb->len;
	ring->stats.csum_ok += csum_ok;
	ring->stats.csum_none += !csum_ok;
	ring->stats.gro += gro;
	ring->stats.no_gro += !gro;
	u64_stats_update_end(&ring->sync);

	skb->protocol = eth_type_trans(skb, nic->netdev);
	skb_record_rx_queue(skb, ring->index);
	if (gro) {
		napi_gro_receive(ring->napi, skb);
	} else {
		skb_mark_napi_id(skb, ring->napi);
		netif_receive_skb(skb);
	}
}

static void nic_rx_desc(struct nic_rx_ring *ring, u32 status, u32 len)
{
	struct page *page = ring->mem.pages[ring->clean];

	ring->mem.pages[ring->clean] = NULL;
	if (!nic_has_bug(ring->nic, NIC_BUG_NO_SYNC))
		page_pool_dma_sync_for_cpu(ring->mem.pool, page, 0,
					   min(len, nic_rx_buf_size(ring)));
	if (unlikely(!ring->skip && (status & NIC_RX_ERROR || !len ||
				     len > nic_rx_buf_size(ring) ||
				     (!ring->skb && len < ETH_HLEN))))
		nic_rx_drop(ring, &ring->stats.drop_error);
	if (unlikely(ring->skip))
		page_pool_recycle_direct(ring->mem.pool, page);
	else
		nic_rx_buffer(ring, page, len);
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
		desc = &ring->mem.desc[ring->clean];
		status = le32_to_cpu(READ_ONCE(desc->status));
		if (!(status & NIC_RX_DONE))
			break;
		dma_rmb();
		nic_rx_desc(ring, status, le32_to_cpu(desc->len));
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
 * any that the hardware has written to.
 */
static void nic_rx_discard(struct nic_rx_ring *ring, u32 i)
{
	const struct nic_rx_desc *desc = &ring->mem.desc[i];

	if (le32_to_cpu(desc->status) & NIC_RX_DONE)
		page_pool_dma_sync_for_cpu(ring->mem.pool, ring->mem.pages[i],
					   0, min(le32_to_cpu(desc->len),
						  nic_rx_buf_size(ring)));
	page_pool_put_full_page(ring->mem.pool, ring->mem.pages[i], false);
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
	u32 i;

	for (i = 0; i < ring->mem.size; i++, page++) {
		if (*page)
			nic_rx_discard(ring, i);
		*page = NULL;
		ring->mem.desc[i].status = 0;
	}
	kfree_skb(ring->skb);
	ring->skb = NULL;
	ring->skip = false;
	ring->use = 0;
	ring->clean = 0;
}
