// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: taking skbs from the stack, room in the ring, the doorbell, and
 * completion. How one skb becomes descriptors is its strategy's business.
 *
 * An skb that was taken is sent even when the ring is short of room: it waits
 * in the queue's pending list, the queue is stopped, and completion sends it
 * before the queue is woken. So a super-packet that the stack's GSO had to take
 * apart here is not lost half-way, and the list holds one skb's segments at
 * most.
 */
#include <linux/etherdevice.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/gso.h>
#include <net/netdev_queues.h>

#include "nic.h"

/* Room for a plain skb: below that the queue stops. */
#define NIC_TX_STOP	(MAX_SKB_FRAGS + 1)

static u32 nic_tx_room(const struct nic_tx_ring *ring)
{
	u32 size = ring->mem.size;
	u32 clean = READ_ONCE(ring->clean);
	u32 use = READ_ONCE(ring->use);

	return (use < clean ? 0 : size) + clean - use - 1;
}

/* Well above the stop mark, so that the queue does not flap. */
static u32 nic_tx_wake_mark(const struct nic_tx_ring *ring)
{
	return min_t(u32, 2 * NIC_TX_STOP, nic_tx_capacity(ring));
}

static void nic_tx_kick(struct nic_tx_ring *ring)
{
	if (ring->rung == ring->use)
		return;
	if (unlikely(ring->mem.raw))
		nic_layout_encode(ring, ring->rung, ring->use);
	ring->rung = ring->use;
	/* Descriptors are complete before the hardware hears of them. */
	dma_wmb();
	nic_hw_write(ring->nic->hw, NIC_REG_TXQ(ring->index) + NIC_Q_TAIL,
		     ring->use);
	u64_stats_update_begin(&ring->sync);
	ring->stats.doorbells++;
	u64_stats_update_end(&ring->sync);
}

static void nic_tx_drop(struct nic_tx_ring *ring, struct sk_buff *skb,
			u64 *counter)
{
	u64_stats_update_begin(&ring->sync);
	(*counter)++;
	u64_stats_update_end(&ring->sync);
	dev_kfree_skb_any(skb);
}

static u64 *nic_tx_drop_reason(struct nic_tx_ring *ring, int err)
{
	switch (err) {
	case -EINVAL:
		return &ring->stats.drop_malformed;
	case -ENOMEM:
		return &ring->stats.drop_nomem;
	default:
		return &ring->stats.drop_refused;
	}
}

/* Takes back descriptors that the hardware was not told of. */
static void nic_tx_rewind(struct nic_tx_ring *ring, u32 first)
{
	while (ring->use != first) {
		ring->use = (ring->use ?: ring->mem.size) - 1;
		if (nic_has_bug(ring->nic, NIC_BUG_LEAK))
			nic_bug_forget(ring->nic, &ring->mem.bufs[ring->use]);
		nic_tx_unmap(ring, &ring->mem.bufs[ring->use]);
	}
}

/*
 * What the wire will see, for BQL and the counters: the chains as posted, but
 * where hardware makes many frames of one.
 */
static void nic_tx_frames(const struct nic_tx_ring *ring,
			  const struct sk_buff *skb, struct nic_tx_buf *buf)
{
	u32 hdr_len;

	buf->frames = ring->frames;
	buf->bytes = ring->bytes;
	if (!buf->txs->whole)
		return;
	hdr_len = nic_tx_hdr_len(skb);
	buf->frames = DIV_ROUND_UP(skb->len - hdr_len,
				   skb_shinfo(skb)->gso_size);
	buf->bytes += (buf->frames - 1) * (hdr_len + nic_tx_tag_len(ring));
}

static void nic_tx_count(struct nic_tx_ring *ring, const struct nic_tx_buf *buf,
			 bool gso, u32 descs)
{
	struct nic_tx_kind_stats *kind = &ring->stats.kind[buf->txs->kind];

	u64_stats_update_begin(&ring->sync);
	ring->stats.super_packets += gso;
	ring->stats.descs += descs;
	kind->skbs++;
	kind->frames += buf->frames;
	kind->descs += descs;
	kind->maps += ring->maps;
	u64_stats_update_end(&ring->sync);
}

/* Maps and posts an skb for which there is room. */
static void nic_tx_send(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	const struct nic_tx_strategy *txs = nic_tx_cb(skb)->txs;
	u32 size = ring->mem.size;
	u32 first = ring->use;
	struct nic_tx_buf *buf;

	ring->txs = txs;
	ring->maps = 0;
	ring->frames = 0;
	ring->bytes = 0;
	ring->chain = true;
	ring->vlan = skb_vlan_tag_present(skb);
	ring->vlan_tci = skb_vlan_tag_get(skb);
	if (unlikely(txs->send(ring, skb))) {
		nic_tx_rewind(ring, first);
		nic_tx_drop(ring, skb, &ring->stats.drop_map);
		return;
	}

	buf = &ring->mem.bufs[(ring->use ?: size) - 1];
	buf->skb = skb;
	buf->txs = txs;
	buf->stamp = unlikely(skb_shinfo(skb)->tx_flags & SKBTX_HW_TSTAMP) &&
		     nic_tx_stamp(ring, skb, first);
	nic_tx_frames(ring, skb, buf);
	nic_tx_count(ring, buf, skb_is_gso(skb),
		     (ring->use + size - first) % size);
	if (nic_has_bug(ring->nic, NIC_BUG_USE_AFTER_UNMAP))
		nic_bug_posted(ring, first);
	if (static_branch_unlikely(&nic_bugs) && txs->kind == NIC_TX_KIND_HGSO)
		nic_bug_hgso(ring, skb, buf);
	skb_tx_timestamp(skb);
	netdev_tx_sent_queue(ring->txq, buf->bytes);
}

/* Sends, or keeps for later what does not fit or would overtake. */
static void nic_tx_queue(struct nic_tx_ring *ring, struct sk_buff *skb,
			 const struct nic_tx_strategy *txs, u32 descs)
{
	nic_tx_cb(skb)->txs = txs;
	nic_tx_cb(skb)->descs = descs;
	if (likely(skb_queue_empty(&ring->pending) &&
		   descs <= nic_tx_room(ring))) {
		nic_tx_send(ring, skb);
		return;
	}
	__skb_queue_tail(&ring->pending, skb);
	u64_stats_update_begin(&ring->sync);
	ring->stats.pending++;
	u64_stats_update_end(&ring->sync);
}

static void nic_tx_plain_skb(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	int descs = nic_tx_plain.prepare(ring, skb);

	if (unlikely(descs < 0))
		nic_tx_drop(ring, skb, nic_tx_drop_reason(ring, descs));
	else
		nic_tx_queue(ring, skb, &nic_tx_plain, descs);
}

/*
 * A super-packet that nobody here segments, queued before a strategy or a
 * feature changed perhaps: the stack's own GSO does.
 */
static void nic_tx_fallback(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	struct sk_buff *segs, *seg, *next;
	u32 nr = 0;

	/* skb_segment() would write to what others look at. */
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		u64_stats_update_begin(&ring->sync);
		ring->stats.drop_nomem++;
		u64_stats_update_end(&ring->sync);
		return;
	}
	segs = skb_gso_segment(skb, ring->nic->netdev->features &
				    ~NETIF_F_GSO_MASK);
	if (IS_ERR_OR_NULL(segs)) {
		nic_tx_drop(ring, skb, &ring->stats.drop_segment);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		nic_tx_plain_skb(ring, seg);
		nr++;
	}
	u64_stats_update_begin(&ring->sync);
	ring->stats.fallback++;
	ring->stats.fallback_segs += nr;
	u64_stats_update_end(&ring->sync);
}

static void nic_tx_super(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	const struct nic_tx_strategy *txs = READ_ONCE(ring->nic->txs);
	int descs = txs->prepare(ring, skb);

	if (likely(descs > 0 && descs <= nic_tx_capacity(ring)))
		nic_tx_queue(ring, skb, txs, descs);
	else if (descs > 0 || descs == -EOPNOTSUPP || descs == -EBUSY ||
		 descs == -ENOMEM)
		nic_tx_fallback(ring, skb);
	else
		nic_tx_drop(ring, skb, nic_tx_drop_reason(ring, descs));
}

/* Sends what waits, as far as there is room. Under the queue's lock. */
static void nic_tx_flush(struct nic_tx_ring *ring)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&ring->pending))) {
		if (nic_tx_cb(skb)->descs > nic_tx_room(ring))
			return;
		__skb_unlink(skb, &ring->pending);
		nic_tx_send(ring, skb);
	}
}

static void nic_tx_count_stop(struct nic_tx_ring *ring)
{
	u64_stats_update_begin(&ring->sync);
	ring->stats.ring_full++;
	u64_stats_update_end(&ring->sync);
}

/*
 * Stops the queue while skbs wait. Completion may have made room just before
 * it could see them, hence the second look.
 */
static void nic_tx_stop_pending(struct nic_tx_ring *ring)
{
	netif_tx_stop_queue(ring->txq);
	/* The stop is visible before room is looked at: see nic_tx_clean(). */
	smp_mb__after_atomic();
	nic_tx_flush(ring);
	if (skb_queue_empty(&ring->pending))
		netif_tx_start_queue(ring->txq);
	else
		nic_tx_count_stop(ring);
}

/**
 * nic_start_xmit() - ndo_start_xmit
 * @skb: taken, whatever happens
 * @dev: a NIC
 *
 * Context: softirq or BH off, under the transmit queue's lock.
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t nic_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nic_queue *queue = &nic_of(dev)->queues[skb_get_queue_mapping(skb)];
	struct nic_tx_ring *ring = &queue->tx;

	if (skb_is_gso(skb))
		nic_tx_super(ring, skb);
	else
		nic_tx_plain_skb(ring, skb);

	if (unlikely(!skb_queue_empty(&ring->pending)))
		nic_tx_stop_pending(ring);
	if (skb_queue_empty(&ring->pending) &&
	    !netif_txq_maybe_stop(ring->txq, nic_tx_room(ring), NIC_TX_STOP,
				  nic_tx_wake_mark(ring)))
		nic_tx_count_stop(ring);
	if (!netdev_xmit_more() || netif_xmit_stopped(ring->txq))
		nic_tx_kick(ring);
	return NETDEV_TX_OK;
}

/* Completion made room: first for those that wait, then for the stack. */
static void nic_tx_resume(struct nic_tx_ring *ring)
{
	bool wake = false;

	__netif_tx_lock(ring->txq, smp_processor_id());
	nic_tx_flush(ring);
	nic_tx_kick(ring);
	if (skb_queue_empty(&ring->pending) &&
	    nic_tx_room(ring) >= nic_tx_wake_mark(ring)) {
		wake = netif_tx_queue_stopped(ring->txq);
		netif_tx_wake_queue(ring->txq);
	}
	__netif_tx_unlock(ring->txq);

	u64_stats_update_begin(&ring->done_sync);
	ring->done.wakes += wake;
	u64_stats_update_end(&ring->done_sync);
}

struct nic_tx_done {
	u32 skbs;
	u32 frames;
	u32 bytes;
	u32 stamps;
	u32 stamps_lost;
	u32 unmaps[NIC_TX_KINDS];
};

static void nic_tx_tell(struct nic_tx_ring *ring, struct sk_buff *skb, u32 last,
			struct nic_tx_done *done)
{
	if (nic_tx_stamped(ring, skb, last))
		done->stamps++;
	else
		done->stamps_lost++;
}

/* Gives back everything of descriptors up to @end. */
static void nic_tx_reap(struct nic_tx_ring *ring, u32 end, int budget,
			struct nic_tx_done *done)
{
	u32 clean = ring->clean;
	struct nic_tx_buf *buf;
	bool gone;

	while (clean != end) {
		buf = &ring->mem.bufs[clean];
		gone = buf->map == NIC_MAP_GONE;
		done->unmaps[buf->txs->kind] += nic_tx_unmap(ring, buf);
		if (buf->skb) {
			if (buf->txs == &nic_tx_hgso && !gone)		/* hgso: line */
				hgso_unmap(&ring->hgso, buf->skb);	/* hgso: line */
			if (unlikely(buf->stamp))
				nic_tx_tell(ring, buf->skb, clean, done);
			done->skbs++;
			done->frames += buf->frames;
			done->bytes += buf->bytes;
			napi_consume_skb(buf->skb, budget);
			buf->skb = NULL;
		}
		if (++clean == ring->mem.size)
			clean = 0;
	}
	/* What the entries held is gone before xmit may reuse them. */
	smp_store_release(&ring->clean, clean);
}

static void nic_tx_count_done(struct nic_tx_ring *ring,
			      const struct nic_tx_done *done)
{
	int i;

	u64_stats_update_begin(&ring->done_sync);
	ring->done.packets += done->frames;
	ring->done.bytes += done->bytes;
	ring->done.skbs += done->skbs;
	ring->done.completions++;
	ring->done.stamps += done->stamps;
	ring->done.stamps_lost += done->stamps_lost;
	for (i = 0; i < NIC_TX_KINDS; i++)
		ring->done.unmaps[i] += done->unmaps[i];
	u64_stats_update_end(&ring->done_sync);
}

/* Is @end a place that the hardware can have got to? */
static bool nic_tx_posted(const struct nic_tx_ring *ring, u32 end)
{
	u32 size = ring->mem.size;
	u32 use = READ_ONCE(ring->use);

	return end < size && (end + size - ring->clean) % size <=
			     (use + size - ring->clean) % size;
}

/**
 * nic_tx_clean() - completion of what the hardware has sent
 * @ring: the ring
 * @budget: NAPI's; 0 from netpoll
 *
 * Context: NAPI.
 */
void nic_tx_clean(struct nic_tx_ring *ring, int budget)
{
	u32 end = le32_to_cpu(READ_ONCE(*ring->mem.wb));
	struct nic_tx_done done = {};

	if (nic_has_bug(ring->nic, NIC_BUG_EARLY))
		end = READ_ONCE(ring->rung);
	if (end == ring->clean)
		return;
	dma_rmb();
	if (unlikely(!nic_tx_posted(ring, end))) {
		u64_stats_update_begin(&ring->done_sync);
		ring->done.bad_index++;
		u64_stats_update_end(&ring->done_sync);
		return;
	}

	nic_tx_reap(ring, end, budget, &done);
	nic_tx_count_done(ring, &done);
	netdev_txq_completed_mb(ring->txq, done.skbs, done.bytes);
	/* Descriptors became free even where no skb's last one did. */
	smp_mb();
	/* Netpoll may hold the lock; the interrupt that it left pending polls. */
	if (budget && (netif_tx_queue_stopped(ring->txq) ||
		       !skb_queue_empty_lockless(&ring->pending)))
		nic_tx_resume(ring);
}

/**
 * nic_tx_stop() - take back all that the hardware did not report as sent
 * @ring: the ring; queue and NAPI are off, the hardware is quiet
 *
 * Skbs are freed and counted as dropped, though their frames may have left.
 *
 * Context: process.
 */
void nic_tx_stop(struct nic_tx_ring *ring)
{
	u32 end = le32_to_cpu(READ_ONCE(*ring->mem.wb));
	struct nic_tx_done done = {};
	u32 dropped, pending;

	if (nic_tx_posted(ring, end)) {
		nic_tx_reap(ring, end, 0, &done);
		nic_tx_count_done(ring, &done);
	}

	if (nic_has_bug(ring->nic, NIC_BUG_LEAK))
		nic_bug_stopped(ring);
	memset(&done, 0, sizeof(done));
	nic_tx_reap(ring, ring->use, 0, &done);
	dropped = done.skbs;
	pending = skb_queue_len(&ring->pending);
	done.skbs = 0;
	done.frames = 0;
	done.bytes = 0;
	nic_tx_count_done(ring, &done);
	__skb_queue_purge(&ring->pending);
	u64_stats_update_begin(&ring->done_sync);
	ring->done.drop_down += dropped;
	ring->done.drop_pending += pending;
	u64_stats_update_end(&ring->done_sync);

	ring->use = 0;
	ring->clean = 0;
	ring->rung = 0;
	netdev_tx_reset_queue(ring->txq);
}
