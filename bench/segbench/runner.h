/* SPDX-License-Identifier: GPL-2.0 */
/* From a case and an input to a number. */
#ifndef SEGBENCH_RUNNER_H
#define SEGBENCH_RUNNER_H

#include "segbench.h"

#define SEGBENCH_MIN_REPETITIONS	3
#define SEGBENCH_MAX_REPETITIONS	999
#define SEGBENCH_MAX_ROUNDS		99

/**
 * struct segbench_setting - how to measure
 * @iterations: operations in a repetition; 0 for as many as take about half a
 *	millisecond, which a timer interrupt usually spares
 * @repetitions: how many in each round, %SEGBENCH_MIN_REPETITIONS to
 *	%SEGBENCH_MAX_REPETITIONS
 * @rounds: how often the state is made anew, 1 to %SEGBENCH_MAX_ROUNDS
 */
struct segbench_setting {
	unsigned int iterations;
	unsigned int repetitions;
	unsigned int rounds;
};

/**
 * struct segbench_result - what came out
 * @median: of the repetitions of all rounds, one operation, in
 *	thousandths of a nanosecond
 * @spread: from the first to the third quartile of the repetitions, in
 *	hundredths of a per cent of the median
 * @iterations: operations in a repetition
 */
struct segbench_result {
	u64 median;
	u64 spread;
	unsigned int iterations;
};

int segbench_measure(const struct segbench_case *bench,
		     const struct segbench_input *input,
		     const struct segbench_setting *setting,
		     struct segbench_result *result);

#endif
