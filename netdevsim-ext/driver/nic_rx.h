/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the receive path share.
 */
#ifndef HEADROOM_NIC_RX_H
#define HEADROOM_NIC_RX_H

#include <linux/skbuff.h>
#include <net/page_pool/types.h>

#include "nic.h"

/* In front of what the hardware writes, for the head of an skb. */
#define NIC_RX_HEADROOM		(NET_SKB_PAD + NET_IP_ALIGN)

/* Octets of a buffer, all in all. */
static inline u32 nic_rx_truesize(const struct nic_rx_ring *ring)
{
	return PAGE_SIZE << ring->mem.pool->p.order;
}

#endif
