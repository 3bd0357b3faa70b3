// SPDX-License-Identifier: GPL-2.0
/* The modelled NIC as its driver's bus sees it: power, registers, quiesce. */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../wire/wire.h"
#include "nic_dev.h"

#define NIC_DEFAULT_MTU		1518	/* as after power-on */

#define NIC_TXQ_BLOCK		NIC_REG_TXQ(0)
#define NIC_RXQ_BLOCK		NIC_REG_RXQ(0)
#define NIC_VEC_BLOCK		NIC_REG_VEC(0)
#define NIC_Q_STRIDE		(NIC_REG_TXQ(1) - NIC_REG_TXQ(0))
#define NIC_V_STRIDE		(NIC_REG_VEC(1) - NIC_REG_VEC(0))

/**
 * struct nic_where - what a register address means
 * @ring: the ring of a queue block, else NULL
 * @vec: the vector of a vector block, else NULL
 * @off: offset in that block
 */
struct nic_where {
	struct nic_ring *ring;
	struct nic_vector *vec;
	u32 off;
};

static bool nic_is_rss(u32 reg)
{
	return (reg >= NIC_REG_RSS_KEY(0) &&
		reg < NIC_REG_RSS_KEY(NIC_RSS_KEY_LEN / 4)) ||
	       (reg >= NIC_REG_RSS_TABLE(0) &&
		reg < NIC_REG_RSS_TABLE(NIC_RSS_TABLE_LEN / 4));
}

static bool nic_is_tunnel_port(u32 reg)
{
	return reg >= NIC_REG_TUNNEL_PORT(0) &&
	       reg < NIC_REG_TUNNEL_PORT(2 * NIC_TUNNEL_PORTS);
}

static bool nic_is_clock(u32 reg)
{
	return reg >= NIC_REG_CLOCK_LO && reg <= NIC_REG_CLOCK_RATE;
}

static bool nic_decode(struct nic_hw *hw, u32 reg, struct nic_where *where)
{
	u32 q;

	*where = (struct nic_where) { .off = reg };
	if (reg % 4 || reg >= NIC_BAR_SIZE)
		return false;
	if (nic_is_tunnel_port(reg) || nic_is_clock(reg) ||
	    reg == NIC_REG_PAUSE || reg == NIC_REG_RX_LAYOUT)
		return true;
	if (reg < NIC_TXQ_BLOCK)
		return reg <= NIC_REG_RSS_SIZE || nic_is_rss(reg) ||
		       reg == NIC_REG_SPEED || reg == NIC_REG_TX_LAYOUT;

	if (reg >= NIC_VEC_BLOCK) {
		q = (reg - NIC_VEC_BLOCK) / NIC_V_STRIDE;
		where->off = (reg - NIC_VEC_BLOCK) % NIC_V_STRIDE;
		if (q >= hw->nr_queues)
			return false;
		where->vec = &hw->vec[q];
		return where->off <= NIC_V_FRAMES;
	}
	if (reg >= NIC_RXQ_BLOCK) {
		q = (reg - NIC_RXQ_BLOCK) / NIC_Q_STRIDE;
		where->off = (reg - NIC_RXQ_BLOCK) % NIC_Q_STRIDE;
		if (q < hw->nr_queues)
			where->ring = &hw->rxq[q].ring;
		if (where->off > NIC_Q_STATE && where->off <= NIC_Q_HDR_SIZE)
			return where->ring;
	} else {
		q = (reg - NIC_TXQ_BLOCK) / NIC_Q_STRIDE;
		where->off = (reg - NIC_TXQ_BLOCK) % NIC_Q_STRIDE;
		if (q < hw->nr_queues)
			where->ring = &hw->txq[q].ring;
	}
	return where->ring && where->off <= NIC_Q_STATE;
}

/* What a descriptor cannot express the hardware does not offer. */
static u32 nic_limit_told(const struct nic_hw *hw, enum nic_limit limit)
{
	const struct nic_layout *layout = READ_ONCE(hw->layout);
	u32 val = nic_limit(hw, limit);

	if (limit == NIC_LIMIT_SLICE)
		return min(val, layout->max_slice);
	if (limit == NIC_LIMIT_DMA_BITS)
		return min3(val, layout->dma_bits,
			    READ_ONCE(hw->rx_layout)->dma_bits);
	return val;
}

static u32 nic_status(struct nic_hw *hw)
{
	u32 status = 0;

	if (wire_port_up(hw->port))
		status |= NIC_STATUS_LINK;
	if (READ_ONCE(hw->running))
		status |= NIC_STATUS_RUNNING;
	if (wire_port_pauses(hw->port))
		status |= NIC_STATUS_PAUSE;
	return status;
}

/**
 * nic_hw_read() - read a register
 * @hw: the NIC
 * @reg: byte offset
 *
 * Context: any.
 * Return: its value; all ones, and counted, where there is no register.
 */
u32 nic_hw_read(struct nic_hw *hw, u32 reg)
{
	struct nic_where where;

	if (!nic_decode(hw, reg, &where)) {
		atomic64_inc(&hw->reg_errors);
		return ~0;
	}
	if (where.vec)
		return nic_vec_read(where.vec, where.off);
	if (nic_is_clock(reg))
		return nic_clock_reg_read(hw, reg);
	if (where.ring && where.off == NIC_Q_STATE)
		return READ_ONCE(where.ring->error) ? NIC_QS_ERROR : 0;
	if (reg == NIC_REG_STATUS)
		return nic_status(hw);
	if (reg == NIC_REG_CTRL)
		return READ_ONCE(hw->ctrl);
	if (reg == NIC_REG_SPEED)
		return wire_port_mbits(hw->port);
	if (reg >= NIC_REG_MAX_DESCS && reg <= NIC_REG_DMA_BITS)
		return nic_limit_told(hw, (reg - NIC_REG_MAX_DESCS) / 4);
	if (reg == NIC_REG_TX_LAYOUT)
		return nic_layout_id(READ_ONCE(hw->layout));
	if (reg == NIC_REG_RX_LAYOUT)
		return nic_rx_layout_id(READ_ONCE(hw->rx_layout));
	return nic_reg(hw, reg);
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_read);

/* Under reg_lock, or before there is a port, which begins with both. */
static void nic_write_pause(struct nic_hw *hw, u32 val)
{
	WRITE_ONCE(hw->regs[NIC_REG_PAUSE / 4], val);
	if (hw->port)
		wire_port_set_pause(hw->port, val & NIC_PAUSE_SEND,
				    val & NIC_PAUSE_HEED);
}

/* Likewise. */
static void nic_write_features(struct nic_hw *hw, u32 val)
{
	WRITE_ONCE(hw->regs[NIC_REG_FEATURES / 4], val);
	if (hw->port)
		wire_port_set_stamps(hw->port, val & NIC_FEAT_RX_STAMP);
}

/* Under reg_lock: registers as after power-on; the thread forgets the rest. */
static void nic_reset(struct nic_hw *hw)
{
	unsigned int i;

	memset(hw->regs, 0, sizeof(hw->regs));
	WRITE_ONCE(hw->regs[NIC_REG_MTU / 4], NIC_DEFAULT_MTU);
	nic_write_features(hw, 0);
	nic_write_pause(hw, NIC_PAUSE_SEND | NIC_PAUSE_HEED);
	nic_rss_reset(hw);
	for (i = 0; i < hw->nr_queues; i++) {
		hw->txq[i].ring.reload = true;
		hw->rxq[i].ring.reload = true;
		nic_vec_reset(&hw->vec[i]);
	}
}

/* Under reg_lock. */
static void nic_write_ctrl(struct nic_hw *hw, u32 val)
{
	if (val & NIC_CTRL_RESET) {
		nic_reset(hw);
		WRITE_ONCE(hw->ctrl, NIC_CTRL_RESET);
		return;
	}
	val &= NIC_CTRL_ENABLE;
	WRITE_ONCE(hw->ctrl, (hw->ctrl & NIC_CTRL_RESET) | val);
	if (val)
		WRITE_ONCE(hw->running, true);
}

/* Under reg_lock. A size that cannot be leaves all frames to queue 0. */
static void nic_write_rss_size(struct nic_hw *hw, u32 val)
{
	if (val && (val > NIC_RSS_TABLE_LEN || !is_power_of_2(val))) {
		atomic64_inc(&hw->reg_errors);
		val = 0;
	}
	WRITE_ONCE(hw->regs[NIC_REG_RSS_SIZE / 4], val);
}

/* Under reg_lock. A size that cannot be leaves the queue off. */
static void nic_write_size(struct nic_hw *hw, struct nic_ring *ring, u32 reg,
			   u32 val)
{
	if (val && (val < NIC_RING_MIN || val > NIC_RING_MAX)) {
		atomic64_inc(&hw->reg_errors);
		val = 0;
	}
	WRITE_ONCE(hw->regs[reg / 4], val);
	WRITE_ONCE(hw->regs[(reg - NIC_Q_SIZE + NIC_Q_TAIL) / 4], 0);
	ring->reload = true;
}

static void nic_write_locked(struct nic_hw *hw, const struct nic_where *where,
			     u32 reg, u32 val)
{
	if (where->ring && where->off == NIC_Q_STATE)
		atomic64_inc(&hw->reg_errors);
	else if (where->ring && where->off == NIC_Q_SIZE)
		nic_write_size(hw, where->ring, reg, val);
	else if (where->ring || nic_is_rss(reg) || nic_is_tunnel_port(reg))
		WRITE_ONCE(hw->regs[reg / 4], val);
	else if (reg == NIC_REG_FEATURES)
		nic_write_features(hw, val);
	else if (reg == NIC_REG_PAUSE)
		nic_write_pause(hw, val & (NIC_PAUSE_SEND | NIC_PAUSE_HEED));
	else if (reg == NIC_REG_MTU)
		WRITE_ONCE(hw->regs[reg / 4], min_t(u32, val, NIC_MAX_FRAME));
	else if (reg == NIC_REG_RSS_SIZE)
		nic_write_rss_size(hw, val);
	else if (reg == NIC_REG_CTRL)
		nic_write_ctrl(hw, val);
	else
		atomic64_inc(&hw->reg_errors);
}

/**
 * nic_hw_write() - write a register
 * @hw: the NIC
 * @reg: byte offset
 * @val: value
 *
 * What the writer wrote to memory before is visible to the hardware before the
 * register is. A write to a doorbell or to NIC_REG_CTRL wakes the hardware. A
 * write to what is read only, or is no register, is counted and else ignored.
 *
 * Context: any.
 */
void nic_hw_write(struct nic_hw *hw, u32 reg, u32 val)
{
	struct nic_where where;
	unsigned long flags;

	if (!nic_decode(hw, reg, &where)) {
		atomic64_inc(&hw->reg_errors);
		return;
	}
	if (where.vec) {
		nic_vec_write(where.vec, where.off, val);
		return;
	}
	if (nic_is_clock(reg)) {
		nic_clock_reg_write(hw, reg, val);
		return;
	}
	if (where.ring && where.off == NIC_Q_TAIL) {
		if (nic_faulty(hw) && nic_fault(hw, NIC_FAULT_DOORBELL))
			return;
		/* Pairs with the acquire in nic_ring_tail(). */
		smp_store_release(&hw->regs[reg / 4], val);
		nic_kick(hw);
		return;
	}
	raw_spin_lock_irqsave(&hw->reg_lock, flags);
	nic_write_locked(hw, &where, reg, val);
	raw_spin_unlock_irqrestore(&hw->reg_lock, flags);
	if (reg == NIC_REG_CTRL)
		nic_kick(hw);
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_write);

/**
 * nic_hw_quiesce() - wait until no queue touches memory any more
 * @hw: the NIC; NIC_CTRL_ENABLE was cleared, or NIC_CTRL_RESET written
 * @timeout_ms: how long to wait, ms
 *
 * Context: process context, sleeps.
 * Return: 0, -EBUSY when the NIC is enabled, -ETIMEDOUT (with a message) when
 * it has not stopped in time: memory must then not be freed.
 */
int nic_hw_quiesce(struct nic_hw *hw, unsigned int timeout_ms)
{
	if (READ_ONCE(hw->ctrl) & NIC_CTRL_ENABLE)
		return -EBUSY;
	if (wait_event_timeout(hw->quiet, !READ_ONCE(hw->running),
			       msecs_to_jiffies(timeout_ms)))
		return 0;
	dev_err(hw->dma_dev, "%s: still running after %u ms\n", hw->name,
		timeout_ms);
	return -ETIMEDOUT;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_quiesce);

/**
 * nic_hw_irq() - Linux interrupt number of a vector
 * @hw: the NIC
 * @vector: below the number of queues
 *
 * Context: any.
 * Return: the number, for request_irq(); -EINVAL: there is no such vector.
 */
int nic_hw_irq(struct nic_hw *hw, unsigned int vector)
{
	return vector < hw->nr_queues ? hw->vec[vector].virq : -EINVAL;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_irq);

/**
 * nic_hw_port() - the NIC's port to the wire
 * @hw: the NIC
 *
 * Context: any.
 * Return: the port, for wire_connect(); the NIC's own.
 */
struct wire_port *nic_hw_port(struct nic_hw *hw)
{
	return hw->port;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_port);

/**
 * nic_hw_counters() - read the counters
 * @hw: the NIC
 * @out: where to
 *
 * Context: any.
 */
void nic_hw_counters(struct nic_hw *hw, struct nic_hw_counters *out)
{
	struct wire_port_counters wire;
	unsigned int i;

	*out = hw->counters;
	wire_port_counters(hw->port, &wire);
	out->rx_overrun = wire.missed;
	out->tx_pauses = wire.pauses_sent;
	out->rx_pauses = wire.pauses_heard;
	out->reg_errors = atomic64_read(&hw->reg_errors);
	for (i = 0; i < hw->nr_queues; i++)
		out->irqs += READ_ONCE(hw->vec[i].irqs);
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_counters);

static void nic_port_ready(void *priv)
{
	nic_kick(priv);
}

/*
 * Frames held back for the far end are now without one, or get a new one. The
 * driver is told by the first vector, as of progress, and reads the status.
 */
static void nic_port_link_change(void *priv, bool up)
{
	struct nic_hw *hw = priv;

	nic_kick(hw);
	nic_vec_progress(&hw->vec[0], 0);
}

static const struct wire_port_ops nic_port_ops = {
	.rx_ready = nic_port_ready,
	.tx_ready = nic_port_ready,
	.link_change = nic_port_link_change,
};

static void nic_free_queues(struct nic_hw *hw)
{
	unsigned int i;

	for (i = 0; i < hw->nr_queues; i++) {
		nic_txq_forget(&hw->txq[i]);
		kvfree(hw->txq[i].slices);
		kvfree(hw->rxq[i].streams);
	}
}

static int nic_alloc_queues(struct nic_hw *hw)
{
	unsigned int i;

	for (i = 0; i < hw->nr_queues; i++) {
		struct nic_txq *q = &hw->txq[i];

		q->slices = kvcalloc(NIC_RING_MAX, sizeof(*q->slices),
				     GFP_KERNEL);
		hw->rxq[i].streams = kvcalloc(NIC_MERGE_STREAMS,
					      sizeof(*hw->rxq[i].streams),
					      GFP_KERNEL);
		if (!q->slices || !hw->rxq[i].streams)
			return -ENOMEM;
	}
	return 0;
}

/**
 * nic_hw_create() - plug a NIC in
 * @dma_dev: the device whose bus addresses it uses; behind the emulated IOMMU
 * @name: names its thread, its interrupts and its messages
 * @nr_queues: queue pairs, 1 to NIC_MAX_QUEUES; one vector each
 * @ddir: debugfs folder that gets "hw/" and "wire/"; must outlive the NIC
 *
 * Context: process context, may sleep.
 * Return: the NIC, disabled and with registers as after a reset, or ERR_PTR:
 * -EINVAL (nr_queues), -ENOMEM, or what kthread_create() says.
 */
struct nic_hw *nic_hw_create(struct device *dma_dev, const char *name,
			     unsigned int nr_queues, struct dentry *ddir)
{
	struct nic_hw *hw;
	int err;

	if (!nr_queues || nr_queues > NIC_MAX_QUEUES)
		return ERR_PTR(-EINVAL);

	hw = kvzalloc(sizeof(*hw), GFP_KERNEL);
	if (!hw)
		return ERR_PTR(-ENOMEM);
	hw->dma_dev = dma_dev;
	hw->nr_queues = nr_queues;
	strscpy(hw->name, name, sizeof(hw->name));
	raw_spin_lock_init(&hw->reg_lock);
	nic_clock_init(hw);
	nic_limits_init(hw);
	nic_layout_init(hw);
	nic_rx_layout_init(hw);
	nic_fault_init(hw);
	init_waitqueue_head(&hw->quiet);

	err = nic_alloc_queues(hw);
	if (err)
		goto free_queues;
	err = nic_irq_init(hw);
	if (err)
		goto free_queues;
	nic_reset(hw);
	hw->port = wire_port_create(&nic_port_ops, hw, ddir);
	if (IS_ERR(hw->port)) {
		err = PTR_ERR(hw->port);
		goto exit_irq;
	}
	wire_port_rename(hw->port, hw->name);
	err = nic_thread_start(hw);
	if (err)
		goto destroy_port;
	nic_debugfs_init(hw, ddir);
	return hw;

destroy_port:
	wire_port_destroy(hw->port);
exit_irq:
	nic_irq_exit(hw);
free_queues:
	nic_free_queues(hw);
	kvfree(hw);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_create);

/**
 * nic_hw_destroy() - unplug a NIC
 * @hw: the NIC; its interrupts were freed with free_irq()
 *
 * Frames on their way in or out are lost. Memory is not touched afterwards.
 *
 * Context: process context, may sleep.
 */
void nic_hw_destroy(struct nic_hw *hw)
{
	debugfs_remove(hw->fault_dir);
	debugfs_remove(hw->dir);
	nic_hw_write(hw, NIC_REG_CTRL, 0);
	nic_thread_stop(hw);
	nic_fault_exit(hw);
	wire_port_destroy(hw->port);
	/* Nothing is left that could kick it. */
	put_task_struct(hw->thread);
	nic_irq_exit(hw);
	nic_free_queues(hw);
	kvfree(hw);
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_destroy);
