// SPDX-License-Identifier: GPL-2.0
/*
 * The watch: what a driver finds out about its hardware by looking at it now
 * and then, and the core's transmit watchdog cannot. Interrupts and doorbells
 * that were lost are made up for; a queue that stands still, or a device that
 * lost its state, is reset. It costs a path nothing: all it does is look.
 */
#include <linux/bottom_half.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>

#include "nic.h"

/* Several looks before the core's watchdog would bark. */
static unsigned long nic_watch_period(const struct nsim_nic *nic)
{
	return max(READ_ONCE(nic->netdev->watchdog_timeo) / 3, 1);
}

/* An interrupt that should have come has not. */
static void nic_watch_poll(struct nsim_nic *nic, struct nic_queue *queue)
{
	local_bh_disable();
	if (napi_schedule(&queue->napi))
		nic->watch.interrupts++;
	local_bh_enable();
}

static bool nic_watch_heard(struct nsim_nic *nic, u32 block, u32 tail)
{
	return nic_hw_read(nic->hw, block + NIC_Q_TAIL) == tail;
}

/* The lock makes sure that nobody is about to ring. */
static void nic_watch_ring_tx(struct nsim_nic *nic, struct nic_tx_ring *ring)
{
	u32 block = NIC_REG_TXQ(ring->index);

	__netif_tx_lock_bh(ring->txq);
	if (!nic_watch_heard(nic, block, ring->rung)) {
		nic_hw_write(nic->hw, block + NIC_Q_TAIL, ring->rung);
		nic->watch.doorbells++;
	}
	__netif_tx_unlock_bh(ring->txq);
}

/* With NAPI off, nobody is. */
static void nic_watch_ring_rx(struct nsim_nic *nic, struct nic_queue *queue)
{
	u32 block = NIC_REG_RXQ(queue->index);

	napi_disable(&queue->napi);
	if (!nic_watch_heard(nic, block, queue->rx.use)) {
		nic_hw_write(nic->hw, block + NIC_Q_TAIL, queue->rx.use);
		nic->watch.doorbells++;
	}
	napi_enable(&queue->napi);
	/* What it was woken for meanwhile. */
	local_bh_disable();
	napi_schedule(&queue->napi);
	local_bh_enable();
}

/* Return: why to reset, or NULL. */
static const char *nic_watch_tx(struct nsim_nic *nic, struct nic_queue *queue)
{
	struct nic_tx_ring *ring = &queue->tx;
	struct nic_look *look = &queue->look;
	u32 clean = READ_ONCE(ring->clean);
	bool work = clean != READ_ONCE(ring->use);
	bool still = look->tx_work && clean == look->tx_clean;

	look->tx_clean = clean;
	look->tx_work = work;
	if (!work || !still || !netif_carrier_ok(nic->netdev)) {
		look->tx_since = jiffies;
		return NULL;
	}
	/* A queue that is stopped is the core's, which comes first. */
	if (time_after(jiffies,
		       look->tx_since + 2 * nic->netdev->watchdog_timeo))
		return "a transmit queue stands still";
	if (le32_to_cpu(READ_ONCE(*ring->mem.wb)) != clean)
		nic_watch_poll(nic, queue);
	else if (!nic_watch_heard(nic, NIC_REG_TXQ(queue->index),
				  READ_ONCE(ring->rung)))
		nic_watch_ring_tx(nic, ring);
	return NULL;
}

/*
 * Return: why to reset, or NULL. @moved becomes true where something has been
 * received since the last look, or no buffer is posted.
 */
static const char *nic_watch_rx(struct nsim_nic *nic, struct nic_queue *queue,
				bool *moved)
{
	struct nic_rx_ring *ring = &queue->rx;
	struct nic_look *look = &queue->look;
	u32 clean = READ_ONCE(ring->clean);
	u32 use = READ_ONCE(ring->use);
	bool still = clean == look->rx_clean && use == look->rx_use;
	u32 head = le32_to_cpu(READ_ONCE(*ring->mem.wb));

	/* The hardware writes descriptors first: they are read last. */
	dma_rmb();
	look->rx_clean = clean;
	look->rx_use = use;
	if (!still || clean == use) {
		*moved = true;
		return NULL;
	}
	if (!nic_watch_heard(nic, NIC_REG_RXQ(queue->index), use))
		nic_watch_ring_rx(nic, queue);
	else if (nic_layout_rx_status(ring, clean) & NIC_RX_DONE)
		nic_watch_poll(nic, queue);
	else if (head != clean)
		return "a receive descriptor was passed over";
	else
		return NULL;
	*moved = true;
	return NULL;
}

static bool nic_watch_error(struct nsim_nic *nic, u32 queue)
{
	return (nic_hw_read(nic->hw, NIC_REG_TXQ(queue) + NIC_Q_STATE) |
		nic_hw_read(nic->hw, NIC_REG_RXQ(queue) + NIC_Q_STATE)) &
	       NIC_QS_ERROR;
}

static const char *nic_watch_queues(struct nsim_nic *nic)
{
	struct nic_hw_counters hw;
	const char *why = NULL;
	bool moved = false;
	bool missed;
	u32 i;

	for (i = 0; !why && i < nic->nr_queues; i++) {
		if (nic_watch_error(nic, i))
			return "a queue has stopped";
		why = nic_watch_tx(nic, &nic->queues[i]);
		if (!why)
			why = nic_watch_rx(nic, &nic->queues[i], &moved);
	}
	nic_hw_counters(nic->hw, &hw);
	missed = hw.rx_missed != nic->watch.missed;
	nic->watch.missed = hw.rx_missed;
	if (!why && missed && !moved)
		why = "frames are missed though buffers are posted";
	return why;
}

/* Takes no RTNL: who holds it waits for this to end. */
static void nic_watch_work(struct work_struct *work)
{
	struct nsim_nic *nic = container_of(work, struct nsim_nic,
					    watch.work.work);
	const char *why;

	if (nic_hw_read(nic->hw, NIC_REG_CTRL) & NIC_CTRL_ENABLE)
		why = nic_watch_queues(nic);
	else
		why = "the hardware has forgotten all";
	if (why) {
		netdev_warn(nic->netdev, "%s\n", why);
		nic->watch.hangs++;
		schedule_work(&nic->reset_work);
	}
	schedule_delayed_work(&nic->watch.work, nic_watch_period(nic));
}

/**
 * nic_watch_init() - the watch, not started
 * @nic: the NIC
 *
 * Context: process.
 */
void nic_watch_init(struct nsim_nic *nic)
{
	INIT_DELAYED_WORK(&nic->watch.work, nic_watch_work);
}

/**
 * nic_watch_start() - begin to look
 * @nic: the NIC; its queues run
 *
 * Context: process, under RTNL.
 */
void nic_watch_start(struct nsim_nic *nic)
{
	struct nic_hw_counters hw;
	u32 i;

	nic_hw_counters(nic->hw, &hw);
	nic->watch.missed = hw.rx_missed;
	for (i = 0; i < nic->nr_queues; i++)
		nic->queues[i].look = (struct nic_look) {
			.tx_since = jiffies,
			.rx_use = READ_ONCE(nic->queues[i].rx.use),
		};
	schedule_delayed_work(&nic->watch.work, nic_watch_period(nic));
}

/**
 * nic_watch_stop() - look no more; returns when no look is under way
 * @nic: the NIC; its queues run still
 *
 * Context: process, under RTNL.
 */
void nic_watch_stop(struct nsim_nic *nic)
{
	cancel_delayed_work_sync(&nic->watch.work);
}
