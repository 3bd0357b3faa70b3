// SPDX-License-Identifier: GPL-2.0
/*
 * The page pools of receive rings: each keeps its pages mapped.
 */
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>

#include "nic.h"
#include "nic_rx.h"

#define NIC_RX_TAILROOM		SKB_DATA_ALIGN(sizeof(struct skb_shared_info))

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
		.order = ring->nic->sizes.rx_order,
		.pool_size = mem->size,
		.nid = NUMA_NO_NODE,
		.dev = ring->nic->dma_dev,
		.napi = ring->napi,
		.dma_dir = DMA_FROM_DEVICE,
		.max_len = (PAGE_SIZE << ring->nic->sizes.rx_order) -
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

/* Pages that a pool ever took from the system, each of which it mapped. */
static u64 nic_rx_pool_mapped(const struct page_pool *pool)
{
	return pool ? READ_ONCE(pool->pages_state_hold_cnt) : 0;
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
 * What earlier pools mapped is in the rings' counters.
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
