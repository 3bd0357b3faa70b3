// SPDX-License-Identifier: GPL-2.0
/*
 * From a case and an input to a number.
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "runner.h"

#define SEGBENCH_REPETITION_NS	(500 * NSEC_PER_USEC)
#define SEGBENCH_MIN_ITERATIONS	4
#define SEGBENCH_MAX_ITERATIONS	20000
#define SEGBENCH_WARM_UP	64
#define SEGBENCH_LONG_NS	(2 * NSEC_PER_MSEC)

static int segbench_nothing(void *state)
{
	return 0;
}

/*
 * Not inlined, so that the loop around nothing, which is subtracted, is the
 * very loop around the operation.
 */
static noinline int segbench_time(int (*run)(void *state), void *state,
				  unsigned int iterations, u64 *ns)
{
	unsigned int i;
	int err = 0;
	u64 start;

	local_bh_disable();
	start = ktime_get_raw_ns();
	for (i = 0; i < iterations && !err; i++)
		err = run(state);
	*ns = ktime_get_raw_ns() - start;
	local_bh_enable();
	return err;
}

static int segbench_compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static int segbench_repeat(int (*run)(void *state), void *state,
			   unsigned int iterations, unsigned int repetitions,
			   u64 *ns)
{
	unsigned int i;
	int err;

	for (i = 0; i < repetitions; i++) {
		err = segbench_time(run, state, iterations, &ns[i]);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/*
 * Enough for caches and free lists to settle; also tells how long one takes. One
 * that is long is many operations in itself.
 */
static int segbench_warm_up(const struct segbench_case *bench, void *state,
			    const struct segbench_setting *setting,
			    unsigned int *iterations)
{
	unsigned int times = SEGBENCH_WARM_UP, least = SEGBENCH_MIN_ITERATIONS;
	u64 ns;
	int err;

	err = segbench_time(bench->run, state, 1, &ns);
	if (err)
		return err;
	if (ns > SEGBENCH_LONG_NS) {
		times = 1;
		least = 1;
	}
	err = segbench_time(bench->run, state, times, &ns);
	if (err)
		return err;

	*iterations = setting->iterations;
	if (*iterations)
		return 0;

	ns = max_t(u64, ns, 1);
	*iterations = clamp_t(u64, div64_u64(SEGBENCH_REPETITION_NS * times,
					     ns),
			      least, SEGBENCH_MAX_ITERATIONS);
	return segbench_time(bench->run, state, *iterations, &ns);
}

/*
 * One round: the state is made anew, since where the allocator put it is part
 * of what the operation costs. Fills @cost, in thousandths of a nanosecond.
 */
static int segbench_round(const struct segbench_case *bench,
			  const struct segbench_input *input,
			  const struct segbench_setting *setting,
			  unsigned int *iterations, u64 *cost)
{
	unsigned int i, n = setting->repetitions;
	u64 overhead;
	void *state;
	int err;

	state = bench->setup(input);
	if (IS_ERR(state))
		return PTR_ERR(state);

	err = segbench_warm_up(bench, state, setting, iterations);
	if (err)
		goto out;
	err = segbench_repeat(segbench_nothing, NULL, *iterations, n, cost);
	if (err)
		goto out;
	sort(cost, n, sizeof(*cost), segbench_compare, NULL);
	overhead = cost[n / 2];

	err = segbench_repeat(bench->run, state, *iterations, n, cost);
	if (err)
		goto out;
	for (i = 0; i < n; i++) {
		/* An operation below the clock's resolution. */
		if (cost[i] <= overhead) {
			err = -ERANGE;
			goto out;
		}
		cost[i] = div_u64((cost[i] - overhead) * 1000, *iterations);
	}
out:
	bench->teardown(state);
	return err;
}

static void segbench_summarize(struct segbench_result *result, u64 *cost,
			       unsigned int n)
{
	u64 quartiles;

	sort(cost, n, sizeof(*cost), segbench_compare, NULL);
	quartiles = cost[n - 1 - n / 4] - cost[n / 4];
	result->median = cost[n / 2];
	/* Rounded up: only what does not differ at all has none. */
	result->spread = div64_u64(quartiles * 10000 + result->median - 1,
				   result->median);
}

/**
 * segbench_measure() - measure one case with one input
 * @bench: the case
 * @input: what it is run on
 * @setting: how to measure
 * @result: filled in
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM; -ERANGE when the clock is too coarse; or what the case's
 *	setup or run returned, -EOPNOTSUPP when it does not take the input.
 */
int segbench_measure(const struct segbench_case *bench,
		     const struct segbench_input *input,
		     const struct segbench_setting *setting,
		     struct segbench_result *result)
{
	unsigned int n = setting->repetitions;
	unsigned int round, rounds = setting->rounds;
	int err = 0;
	u64 *cost;

	cost = kvcalloc(n * rounds, sizeof(*cost), GFP_KERNEL);
	if (!cost)
		return -ENOMEM;

	for (round = 0; round < rounds && !err; round++)
		err = segbench_round(bench, input, setting,
				     &result->iterations, cost + round * n);
	if (!err)
		segbench_summarize(result, cost, n * rounds);

	kvfree(cost);
	return err;
}
