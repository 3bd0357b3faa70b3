// SPDX-License-Identifier: GPL-2.0
/*
 * The clock that frames are stamped with: a time that was set, and how fast it
 * has gone since.
 */

#include <kunit/visibility.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "nic_dev.h"

/* Under the lock. @when may be before the clock was set. */
static u64 nic_clock_read(const struct nic_clock *clock, ktime_t when)
{
	s64 passed = ktime_sub(when, clock->since);
	u64 more = mul_u64_u32_shr(abs(passed), abs((s64)clock->rate), 32);

	return clock->ns + passed +
	       ((passed < 0) == (clock->rate < 0) ? more : -more);
}

/* Under the lock: it goes on from here. */
static void nic_clock_set(struct nic_clock *clock, ktime_t now, u64 ns)
{
	clock->since = now;
	clock->ns = ns;
}

/**
 * nic_clock_at() - what the clock showed, or will show
 * @hw: the NIC
 * @when: at this time, by CLOCK_MONOTONIC
 *
 * Context: any.
 * Return: ns.
 */
u64 nic_clock_at(struct nic_hw *hw, ktime_t when)
{
	unsigned long flags;
	u64 ns;

	raw_spin_lock_irqsave(&hw->clock.lock, flags);
	ns = nic_clock_read(&hw->clock, when);
	raw_spin_unlock_irqrestore(&hw->clock.lock, flags);
	return ns;
}
EXPORT_SYMBOL_IF_KUNIT(nic_clock_at);

/**
 * nic_clock_reg_read() - read a register of the clock
 * @hw: the NIC
 * @reg: NIC_REG_CLOCK_*
 *
 * Context: any.
 * Return: its value.
 */
u32 nic_clock_reg_read(struct nic_hw *hw, u32 reg)
{
	struct nic_clock *clock = &hw->clock;
	unsigned long flags;
	u32 val = 0;

	raw_spin_lock_irqsave(&clock->lock, flags);
	if (reg == NIC_REG_CLOCK_LO) {
		clock->latch = nic_clock_read(clock, ktime_get());
		val = lower_32_bits(clock->latch);
	} else if (reg == NIC_REG_CLOCK_HI) {
		val = upper_32_bits(clock->latch);
	} else if (reg == NIC_REG_CLOCK_RATE) {
		val = clock->rate;
	}
	raw_spin_unlock_irqrestore(&clock->lock, flags);
	return val;
}

/**
 * nic_clock_reg_write() - write a register of the clock
 * @hw: the NIC
 * @reg: NIC_REG_CLOCK_*
 * @val: value
 *
 * Context: any.
 */
void nic_clock_reg_write(struct nic_hw *hw, u32 reg, u32 val)
{
	struct nic_clock *clock = &hw->clock;
	ktime_t now = ktime_get();
	unsigned long flags;
	u64 ns, both;

	raw_spin_lock_irqsave(&clock->lock, flags);
	ns = nic_clock_read(clock, now);
	both = (u64)val << 32 | clock->low;
	switch (reg) {
	case NIC_REG_CLOCK_LO:
	case NIC_REG_CLOCK_ADD_LO:
		clock->low = val;
		break;
	case NIC_REG_CLOCK_HI:
		nic_clock_set(clock, now, both);
		break;
	case NIC_REG_CLOCK_ADD_HI:
		nic_clock_set(clock, now, ns + both);
		break;
	case NIC_REG_CLOCK_RATE:
		nic_clock_set(clock, now, ns);
		clock->rate = val;
		break;
	}
	raw_spin_unlock_irqrestore(&clock->lock, flags);
}

/**
 * nic_clock_init() - a clock that begins at 0
 * @hw: the NIC
 *
 * Context: process.
 */
void nic_clock_init(struct nic_hw *hw)
{
	raw_spin_lock_init(&hw->clock.lock);
	hw->clock.since = ktime_get();
}
