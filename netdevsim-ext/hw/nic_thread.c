// SPDX-License-Identifier: GPL-2.0
/* The thread that is the hardware: when it works, and how long. */

#include <linux/bottom_half.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/task.h>

#include "nic_dev.h"

/**
 * nic_kick() - something may be to do
 * @hw: the NIC
 *
 * Context: any but NMI.
 */
void nic_kick(struct nic_hw *hw)
{
	/* Set already: the thread will look after whatever came before us. */
	if (!test_and_set_bit(NIC_HW_KICKED, &hw->flags))
		wake_up_process(hw->thread);
}

/* Takes over what registers ask for. Return: may memory be touched? */
static bool nic_thread_control(struct nic_hw *hw)
{
	bool stopped = false;
	unsigned long flags;
	bool enabled;

	raw_spin_lock_irqsave(&hw->reg_lock, flags);
	nic_rings_latch(hw);
	hw->ctrl &= ~NIC_CTRL_RESET;
	enabled = hw->ctrl & NIC_CTRL_ENABLE;
	if (!enabled && hw->running) {
		hw->running = false;
		stopped = true;
	}
	raw_spin_unlock_irqrestore(&hw->reg_lock, flags);

	if (stopped)
		wake_up_all(&hw->quiet);
	return enabled;
}

static bool nic_thread_transmit(struct nic_hw *hw, unsigned int nth)
{
	return nic_txq_run(hw, (hw->next_txq + nth) % hw->nr_queues);
}

/*
 * One batch. Softirqs are kept out, so that the time it takes is the
 * hardware's: a poll of the driver that became due on this CPU waits.
 */
static bool nic_thread_batch(struct nic_hw *hw, unsigned int nth, bool enabled)
{
	bool worked;
	u64 start;

	local_bh_disable();
	start = local_clock();
	if (nth == hw->nr_queues)
		worked = nic_rx_run(hw, enabled);
	else
		worked = enabled && nic_thread_transmit(hw, nth);
	nic_count(&hw->counters.busy_ns, local_clock() - start);
	local_bh_enable();
	if (nic_faulty(hw) && enabled && worked &&
	    nic_fault(hw, NIC_FAULT_RESET))
		nic_hw_write(hw, NIC_REG_CTRL, NIC_CTRL_RESET);
	cond_resched();
	return worked;
}

/* Every queue gets a turn; the first to get one changes. */
static bool nic_thread_round(struct nic_hw *hw)
{
	bool worked = false;
	unsigned int nth;

	for (nth = 0; nth <= hw->nr_queues; nth++)
		worked |= nic_thread_batch(hw, nth, nic_thread_control(hw));
	hw->next_txq = (hw->next_txq + 1) % hw->nr_queues;
	return worked;
}

static int nic_thread(void *data)
{
	struct nic_hw *hw = data;

	while (!kthread_should_stop()) {
		clear_bit(NIC_HW_KICKED, &hw->flags);
		/* Cleared before we look, or a kick while we look is lost. */
		smp_mb__after_atomic();
		if (nic_thread_round(hw))
			continue;

		set_current_state(TASK_IDLE);
		if (!test_bit(NIC_HW_KICKED, &hw->flags) &&
		    !kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

/**
 * nic_thread_start() - create the thread; it sleeps until it is kicked
 * @hw: the NIC
 *
 * Context: process context.
 * Return: 0, or the errno of kthread_create().
 */
int nic_thread_start(struct nic_hw *hw)
{
	struct task_struct *thread;

	thread = kthread_create(nic_thread, hw, "nsim-hw/%s", hw->name);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	/* Registers and wire may kick until both are gone. */
	hw->thread = get_task_struct(thread);
	wake_up_process(thread);
	return 0;
}

/**
 * nic_thread_stop() - end the thread; kicks may still come
 * @hw: the NIC; put_task_struct() is the caller's when nothing can kick it
 *
 * Context: process context, may sleep.
 */
void nic_thread_stop(struct nic_hw *hw)
{
	kthread_stop(hw->thread);
}
