/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver half, broken on purpose: each bug is one that drivers have, and
 * that a test of a driver must find. None of this is compiled into a path's
 * way unless some NIC has a bug: a static key is off until then.
 */
#ifndef NSIM_NIC_BUG_H
#define NSIM_NIC_BUG_H

#include <linux/jump_label.h>
#include <linux/types.h>

struct nic_tx_buf;
struct nic_tx_ring;
struct nsim_nic;
struct sk_buff;

/**
 * enum nic_bug_kind - what the driver does wrong
 * @NIC_BUG_NONE: nothing
 * @NIC_BUG_USE_AFTER_UNMAP: unmaps a packet before the hardware is told of it
 * @NIC_BUG_LEAK: forgets the earlier maps of a packet when a later one fails;
 *	of hgso's, those of super-packets that are in the ring when it stops
 * @NIC_BUG_LENGTH: maps one octet less than it posts
 * @NIC_BUG_DIRECTION: maps what is sent as if it were received; of hgso's maps,
 *	which know only one direction, posts a slice to the receive ring
 * @NIC_BUG_NO_SYNC: does not sync what was received for the CPU
 * @NIC_BUG_RING: tells the hardware of one descriptor more than there is
 *	memory for, from the next time that the link goes up
 * @NIC_BUG_EARLY: takes all that was posted for sent, at the first completion
 * @NIC_BUG_HEADER: has one header buffer, and copies the next packet's linear
 *	data to it before the last one was sent
 * @NIC_BUG_KINDS: how many there are
 */
enum nic_bug_kind {
	NIC_BUG_NONE,
	NIC_BUG_USE_AFTER_UNMAP,
	NIC_BUG_LEAK,
	NIC_BUG_LENGTH,
	NIC_BUG_DIRECTION,
	NIC_BUG_NO_SYNC,
	NIC_BUG_RING,
	NIC_BUG_EARLY,
	NIC_BUG_HEADER,
	NIC_BUG_KINDS
};

DECLARE_STATIC_KEY_FALSE(nic_bugs);

#define nic_has_bug(nic, what)						\
	(static_branch_unlikely(&nic_bugs) &&				\
	 unlikely(READ_ONCE((nic)->bug) == (what)))

void nic_bug_init(struct nsim_nic *nic);
void nic_bug_exit(struct nsim_nic *nic);
void nic_bug_posted(struct nic_tx_ring *ring, u32 first);
void nic_bug_hgso(struct nic_tx_ring *ring, struct sk_buff *skb,
		  struct nic_tx_buf *buf);
void nic_bug_forget(struct nsim_nic *nic, struct nic_tx_buf *buf);
void nic_bug_stopped(struct nic_tx_ring *ring);
void *nic_bug_header(struct nsim_nic *nic, void *data, u32 len);

#endif
