/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults that are asked for: a point in the code, and when it is to go wrong.
 * The IOMMU has one, modelled hardware and its drivers have others.
 */
#ifndef NSIM_INJECT_H
#define NSIM_INJECT_H

#include <linux/bits.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct dentry;

#define NSIM_INJECT_PPM	1000000

/**
 * struct nsim_inject - a point that may be made to fail
 * @armed: word of whoever has the point, so that one look tells of many points
 * @bit: this point's in there: set while it may fail
 * @lock: guards what follows; a leaf, interrupts off
 * @nth: it fails the nth time from now, once; 0: not so
 * @ppm: how often of a million times it fails, besides
 * @seed: what @rnd began with
 * @hits: how often it was made to fail
 * @rnd: draws for @ppm
 */
struct nsim_inject {
	unsigned long *armed;
	unsigned int bit;
	raw_spinlock_t lock;
	u32 nth;
	u32 ppm;
	u64 seed;
	u64 hits;
	struct rnd_state rnd;
};

void nsim_inject_init(struct nsim_inject *inject, unsigned long *armed,
		      unsigned int bit);
int nsim_inject_set(struct nsim_inject *inject, char *text);
void nsim_inject_nth(struct nsim_inject *inject, u32 nth);
bool nsim_inject_decide(struct nsim_inject *inject);
u64 nsim_inject_hits(struct nsim_inject *inject);
void nsim_inject_debugfs(const char *name, struct dentry *dir,
			 struct nsim_inject *inject);

/**
 * nsim_inject_fires() - is this the time that was asked to fail?
 * @inject: the point
 *
 * Context: any but NMI. One look at a word while nothing is armed.
 * Return: whether to fail.
 */
static inline bool nsim_inject_fires(struct nsim_inject *inject)
{
	return unlikely(READ_ONCE(*inject->armed) & BIT(inject->bit)) &&
	       nsim_inject_decide(inject);
}

#endif
