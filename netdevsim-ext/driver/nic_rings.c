// SPDX-License-Identifier: GPL-2.0
/* The memory of rings: allocating, freeing, and changing size while up. */
#include <linux/dma-mapping.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/page_pool/helpers.h>
#include <net/tso.h>

#include "nic.h"

static void *nic_dma_alloc(struct nsim_nic *nic, size_t size, dma_addr_t *addr)
{
	return dma_alloc_coherent(nic->dma_dev, size, addr, GFP_KERNEL);
}

static void nic_dma_free(struct nsim_nic *nic, size_t size, void *mem,
			 dma_addr_t addr)
{
	if (mem)
		dma_free_coherent(nic->dma_dev, size, mem, addr);
}

static void nic_tx_mem_free(struct nsim_nic *nic, struct nic_tx_mem *mem)
{
	u32 n = mem->size;

	kvfree(mem->bufs);
	nic_hdr_ring_free(nic, mem->hdr_ring);
	nic_dma_free(nic, n * TSO_HEADER_SIZE, mem->hdrs, mem->hdrs_dma);
	nic_dma_free(nic, sizeof(*mem->wb), mem->wb, mem->wb_dma);
	nic_layout_free_tx(nic, mem);
	memset(mem, 0, sizeof(*mem));
}

static int nic_tx_mem_alloc(struct nsim_nic *nic, struct nic_tx_mem *mem,
			    u32 n)
{
	int err;

	mem->size = n;
	err = nic_layout_alloc_tx(nic, mem);
	mem->wb = nic_dma_alloc(nic, sizeof(*mem->wb), &mem->wb_dma);
	mem->hdrs = nic_dma_alloc(nic, n * TSO_HEADER_SIZE, &mem->hdrs_dma);
	mem->hdr_ring = nic_hdr_ring_alloc(nic, n);
	mem->bufs = kvcalloc(n, sizeof(*mem->bufs), GFP_KERNEL);
	if (!err && mem->wb && mem->hdrs && mem->hdr_ring && mem->bufs)
		return 0;
	nic_tx_mem_free(nic, mem);
	return -ENOMEM;
}

static void nic_rx_mem_free(struct nsim_nic *nic, struct nic_rx_mem *mem)
{
	kvfree(mem->pages);
	nic_dma_free(nic, mem->size * NIC_RX_HDR_SIZE, mem->hdrs,
		     mem->hdrs_dma);
	nic_dma_free(nic, sizeof(*mem->wb), mem->wb, mem->wb_dma);
	nic_layout_free_rx(nic, mem);
	memset(mem, 0, sizeof(*mem));
}

static int nic_rx_mem_alloc(struct nsim_nic *nic, struct nic_rx_mem *mem,
			    u32 n, bool split)
{
	int err;

	mem->size = n;
	err = nic_layout_alloc_rx(nic, mem);
	mem->wb = nic_dma_alloc(nic, sizeof(*mem->wb), &mem->wb_dma);
	mem->pages = kvcalloc(n, sizeof(*mem->pages), GFP_KERNEL);
	if (split)
		mem->hdrs = nic_dma_alloc(nic, n * NIC_RX_HDR_SIZE,
					  &mem->hdrs_dma);
	if (!err && mem->wb && mem->pages && (mem->hdrs || !split))
		return 0;
	nic_rx_mem_free(nic, mem);
	return -ENOMEM;
}

struct nic_ring_mem {
	struct nic_tx_mem tx;
	struct nic_rx_mem rx;
};

static void nic_mem_free(struct nsim_nic *nic, struct nic_ring_mem *mem)
{
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		nic_tx_mem_free(nic, &mem[i].tx);
		nic_rx_mem_free(nic, &mem[i].rx);
	}
	kfree(mem);
}

static struct nic_ring_mem *nic_mem_alloc(struct nsim_nic *nic,
					  const struct nic_ring_sizes *sizes)
{
	struct nic_ring_mem *mem;
	int err = 0;
	u32 i;

	mem = kcalloc(nic->nr_queues, sizeof(*mem), GFP_KERNEL);
	if (!mem)
		return NULL;
	for (i = 0; !err && i < nic->nr_queues; i++) {
		err = nic_tx_mem_alloc(nic, &mem[i].tx, sizes->tx);
		if (!err)
			err = nic_rx_mem_alloc(nic, &mem[i].rx, sizes->rx,
					       sizes->split);
	}
	if (!err)
		return mem;
	nic_mem_free(nic, mem);
	return NULL;
}

/* Exchanges the rings' memory with @mem. The NIC is down. */
static void nic_mem_swap(struct nsim_nic *nic, struct nic_ring_mem *mem)
{
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		swap(nic->queues[i].tx.mem, mem[i].tx);
		swap(nic->queues[i].rx.mem, mem[i].rx);
	}
}

static void nic_pools_destroy(struct nsim_nic *nic)
{
	u32 i;

	for (i = 0; i < nic->nr_queues; i++)
		nic_rx_pool_destroy(&nic->queues[i].rx,
				    &nic->queues[i].rx.mem);
}

static int nic_pools_create(struct nsim_nic *nic)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < nic->nr_queues; i++)
		err = nic_rx_pool_create(&nic->queues[i].rx,
					 &nic->queues[i].rx.mem);
	if (err)
		nic_pools_destroy(nic);
	return err;
}

/**
 * nic_rings_alloc() - memory for all rings, of the sizes in @nic
 * @nic: its rings have none
 *
 * Context: process, under RTNL.
 * Return: 0, -ENOMEM or what page_pool_create() said; nothing stays on error.
 */
int nic_rings_alloc(struct nsim_nic *nic)
{
	struct nic_ring_mem *mem;
	int err;

	mem = nic_mem_alloc(nic, &nic->sizes);
	if (!mem)
		return -ENOMEM;
	nic_mem_swap(nic, mem);
	err = nic_pools_create(nic);
	if (err)
		nic_mem_swap(nic, mem);
	nic_mem_free(nic, mem);
	return err;
}

/**
 * nic_rings_free() - free the memory of all rings
 * @nic: it is down
 *
 * Context: process, under RTNL.
 */
void nic_rings_free(struct nsim_nic *nic)
{
	u32 i;

	nic_pools_destroy(nic);
	for (i = 0; i < nic->nr_queues; i++) {
		nic_tx_mem_free(nic, &nic->queues[i].tx.mem);
		nic_rx_mem_free(nic, &nic->queues[i].rx.mem);
	}
}

/**
 * nic_rings_resize() - rings of another size, also while traffic flows
 * @nic: the NIC
 * @sizes: what they shall be
 *
 * The new memory is there before the old rings stop; a page pool cannot be
 * destroyed while its NAPI is on, so pools are exchanged in between. On failure
 * the old rings go on. Packets in the old rings are dropped and counted.
 *
 * Context: process, under RTNL.
 * Return: 0, -ENOMEM or what page_pool_create() said.
 */
int nic_rings_resize(struct nsim_nic *nic, const struct nic_ring_sizes *sizes)
{
	struct nic_ring_mem *mem = NULL;
	u32 old_order = nic->sizes.rx_order;
	int err = 0;

	ASSERT_RTNL();
	if (nic->up) {
		mem = nic_mem_alloc(nic, sizes);
		if (!mem)
			return -ENOMEM;
		nic_down(nic);
		nic_mem_swap(nic, mem);
		nic->sizes.rx_order = sizes->rx_order;
		err = nic_pools_create(nic);
		/* Whichever lost is out of the rings, and its pools go now. */
		nic_mem_swap(nic, mem);
		if (!err)
			nic_pools_destroy(nic);
		if (!err)
			nic_mem_swap(nic, mem);
	}
	if (!err) {
		nic->sizes = *sizes;
		nic_tso_limits(nic);
	} else {
		nic->sizes.rx_order = old_order;
	}
	if (mem) {
		nic_up(nic);
		nic_mem_free(nic, mem);
	}
	return err;
}
