// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt lines: vectors with mask and moderation, and an irq_chip whose
 * handlers run in hardirq context on the CPU that the affinity names.
 */

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "nic_dev.h"

/* Longest moderation delay that the register takes: one second. */
#define NIC_VEC_MAX_USECS	1000000

static void nic_vec_work(struct irq_work *work)
{
	struct nic_vector *vec = container_of(work, struct nic_vector, work);

	generic_handle_irq(vec->virq);
}

/*
 * An idle CPU may run this without having taken an interrupt. The driver's
 * handler shall see hardirq context all the same, so then it takes one.
 */
static void nic_vec_kicked(void *data)
{
	struct nic_vector *vec = data;

	if (in_hardirq())
		generic_handle_irq(vec->virq);
	else
		irq_work_queue(&vec->work);
	atomic_dec(&vec->in_flight);
}

/*
 * Under the lock, interrupts off. A kick that is still under way has not run
 * the handler yet, and so tells of this event too: as edges that merge.
 */
static void nic_vec_deliver(struct nic_vector *vec)
{
	unsigned int cpu = vec->cpu;
	int ret;

	if (vec->line_masked) {
		vec->line_pending = true;
		return;
	}
	if (cpu == smp_processor_id()) {
		irq_work_queue(&vec->work);
		return;
	}
	atomic_inc(&vec->in_flight);
	ret = cpu_online(cpu) ? smp_call_function_single_async(cpu, &vec->csd) :
				-ENXIO;
	if (!ret)
		return;
	atomic_dec(&vec->in_flight);
	if (ret != -EBUSY)
		irq_work_queue(&vec->work);
}

/* Under the lock. Raising masks. */
static void nic_vec_raise(struct nic_vector *vec)
{
	vec->masked = true;
	vec->pending = false;
	vec->frames = 0;
	vec->irqs++;
	if (nic_faulty(vec->hw) && nic_fault(vec->hw, NIC_FAULT_IRQ_LOST))
		return;
	nic_vec_deliver(vec);
}

/* Under the lock: raises now, or leaves it to the timer. */
static void nic_vec_moderate(struct nic_vector *vec)
{
	ktime_t due;

	if (vec->masked || !vec->pending || vec->dead)
		return;
	due = ktime_add_us(vec->since, vec->usecs);
	if (!vec->usecs || !ktime_before(ktime_get(), due) ||
	    (vec->frame_limit && vec->frames >= vec->frame_limit))
		nic_vec_raise(vec);
	else if (!hrtimer_is_queued(&vec->timer) ||
		 hrtimer_get_expires(&vec->timer) != due)
		hrtimer_start(&vec->timer, due, HRTIMER_MODE_ABS_HARD);
}

static enum hrtimer_restart nic_vec_timeout(struct hrtimer *timer)
{
	struct nic_vector *vec = container_of(timer, struct nic_vector, timer);
	unsigned long flags;

	/* Too early for progress that began later: this arms it anew. */
	raw_spin_lock_irqsave(&vec->lock, flags);
	nic_vec_moderate(vec);
	raw_spin_unlock_irqrestore(&vec->lock, flags);
	return HRTIMER_NORESTART;
}

/**
 * nic_vec_progress() - a queue of this vector got somewhere
 * @vec: the vector
 * @frames: frames sent or received
 *
 * Context: any.
 */
void nic_vec_progress(struct nic_vector *vec, u32 frames)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	if (!vec->pending) {
		vec->pending = true;
		vec->since = ktime_get();
	}
	vec->frames += frames;
	nic_vec_moderate(vec);
	if (nic_faulty(vec->hw) && !vec->dead &&
	    nic_fault(vec->hw, NIC_FAULT_IRQ_SPURIOUS))
		nic_vec_deliver(vec);
	raw_spin_unlock_irqrestore(&vec->lock, flags);
}

/**
 * nic_vec_write() - write a register of a vector
 * @vec: the vector
 * @reg: NIC_V_*
 * @val: value
 *
 * Context: any.
 */
void nic_vec_write(struct nic_vector *vec, u32 reg, u32 val)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	switch (reg) {
	case NIC_V_MASK:
		vec->masked = val & 1;
		break;
	case NIC_V_USECS:
		vec->usecs = min_t(u32, val, NIC_VEC_MAX_USECS);
		break;
	case NIC_V_FRAMES:
		vec->frame_limit = val;
		break;
	}
	nic_vec_moderate(vec);
	raw_spin_unlock_irqrestore(&vec->lock, flags);
}

/**
 * nic_vec_read() - read a register of a vector
 * @vec: the vector
 * @reg: NIC_V_*
 *
 * Context: any.
 * Return: its value.
 */
u32 nic_vec_read(struct nic_vector *vec, u32 reg)
{
	switch (reg) {
	case NIC_V_MASK:
		return READ_ONCE(vec->masked);
	case NIC_V_USECS:
		return READ_ONCE(vec->usecs);
	case NIC_V_FRAMES:
		return READ_ONCE(vec->frame_limit);
	}
	return 0;
}

/**
 * nic_vec_reset() - a vector as after power-on: masked, nothing pending
 * @vec: the vector
 *
 * Context: any.
 */
void nic_vec_reset(struct nic_vector *vec)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	vec->masked = true;
	vec->pending = false;
	vec->frames = 0;
	vec->usecs = 0;
	vec->frame_limit = 0;
	raw_spin_unlock_irqrestore(&vec->lock, flags);
}

static void nic_irq_mask(struct irq_data *d)
{
	struct nic_vector *vec = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	vec->line_masked = true;
	raw_spin_unlock_irqrestore(&vec->lock, flags);
}

static void nic_irq_unmask(struct irq_data *d)
{
	struct nic_vector *vec = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	vec->line_masked = false;
	if (vec->line_pending && !vec->dead) {
		vec->line_pending = false;
		nic_vec_deliver(vec);
	}
	raw_spin_unlock_irqrestore(&vec->lock, flags);
}

/* An edge has nothing to acknowledge, but its flow handler asks. */
static void nic_irq_ack(struct irq_data *d)
{
}

/*
 * An edge that came while the line was disabled. The core's own way to send it
 * again would run the handler in softirq context.
 */
static int nic_irq_retrigger(struct irq_data *d)
{
	struct nic_vector *vec = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	if (!vec->dead)
		nic_vec_deliver(vec);
	raw_spin_unlock_irqrestore(&vec->lock, flags);
	return 1;
}

static int nic_irq_set_affinity(struct irq_data *d, const struct cpumask *mask,
				bool force)
{
	unsigned int cpu = cpumask_first_and(mask, cpu_online_mask);
	struct nic_vector *vec = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	raw_spin_lock_irqsave(&vec->lock, flags);
	vec->cpu = cpu;
	raw_spin_unlock_irqrestore(&vec->lock, flags);
	irq_data_update_effective_affinity(d, cpumask_of(cpu));
	return IRQ_SET_MASK_OK;
}

static struct irq_chip nic_irq_chip = {
	.name = "nsim-nic",
	.irq_ack = nic_irq_ack,
	.irq_mask = nic_irq_mask,
	.irq_unmask = nic_irq_unmask,
	.irq_retrigger = nic_irq_retrigger,
	.irq_set_affinity = nic_irq_set_affinity,
};

static int nic_irq_map(struct irq_domain *domain, unsigned int virq,
		       irq_hw_number_t hwirq)
{
	struct nic_hw *hw = domain->host_data;

	irq_set_chip_data(virq, &hw->vec[hwirq]);
	irq_set_chip_and_handler(virq, &nic_irq_chip, handle_edge_irq);
	/* Nothing but chip state moves with the CPU: no interrupt needed. */
	irq_modify_status(virq, IRQ_NOREQUEST | IRQ_NOAUTOEN,
			  IRQ_NOPROBE | IRQ_MOVE_PCNTXT);
	return 0;
}

static void nic_irq_unmap(struct irq_domain *domain, unsigned int virq)
{
	irq_set_chip_and_handler(virq, NULL, NULL);
	irq_set_chip_data(virq, NULL);
}

static const struct irq_domain_ops nic_irq_domain_ops = {
	.map = nic_irq_map,
	.unmap = nic_irq_unmap,
};

static void nic_vec_init(struct nic_hw *hw, struct nic_vector *vec)
{
	vec->hw = hw;
	raw_spin_lock_init(&vec->lock);
	vec->masked = true;
	vec->line_masked = true;
	vec->cpu = cpumask_first(cpu_online_mask);
	hrtimer_init(&vec->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	vec->timer.function = nic_vec_timeout;
	INIT_CSD(&vec->csd, nic_vec_kicked, vec);
	vec->work = IRQ_WORK_INIT_HARD(nic_vec_work);
}

/**
 * nic_irq_init() - make the vectors and their Linux interrupts
 * @hw: the NIC
 *
 * Context: process context.
 * Return: 0, or -ENOMEM.
 */
int nic_irq_init(struct nic_hw *hw)
{
	unsigned int i;

	for (i = 0; i < hw->nr_queues; i++)
		nic_vec_init(hw, &hw->vec[i]);

	hw->irq_fwnode = irq_domain_alloc_named_fwnode(hw->name);
	if (!hw->irq_fwnode)
		return -ENOMEM;
	hw->irq_domain = irq_domain_create_linear(hw->irq_fwnode,
						  hw->nr_queues,
						  &nic_irq_domain_ops, hw);
	if (!hw->irq_domain)
		goto free_fwnode;

	for (i = 0; i < hw->nr_queues; i++) {
		hw->vec[i].virq = irq_create_mapping(hw->irq_domain, i);
		if (!hw->vec[i].virq)
			goto dispose;
	}
	return 0;

dispose:
	while (i--)
		irq_dispose_mapping(hw->vec[i].virq);
	irq_domain_remove(hw->irq_domain);
free_fwnode:
	irq_domain_free_fwnode(hw->irq_fwnode);
	return -ENOMEM;
}

/* Nothing will be raised again, and nothing raised is still on its way. */
static void nic_vec_stop(struct nic_vector *vec)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vec->lock, flags);
	vec->dead = true;
	raw_spin_unlock_irqrestore(&vec->lock, flags);

	hrtimer_cancel(&vec->timer);
	while (atomic_read(&vec->in_flight))
		usleep_range(50, 200);
	/* The kick itself counts down before it returns. */
	synchronize_rcu();
	irq_work_sync(&vec->work);
}

/**
 * nic_irq_exit() - the end of the vectors
 * @hw: the NIC; its interrupts were freed with free_irq(), its thread is gone
 *
 * Context: process context, may sleep.
 */
void nic_irq_exit(struct nic_hw *hw)
{
	unsigned int i;

	for (i = 0; i < hw->nr_queues; i++) {
		nic_vec_stop(&hw->vec[i]);
		irq_dispose_mapping(hw->vec[i].virq);
	}
	irq_domain_remove(hw->irq_domain);
	irq_domain_free_fwnode(hw->irq_fwnode);
}
