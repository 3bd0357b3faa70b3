// SPDX-License-Identifier: GPL-2.0
/* Seeded loss, duplication, reordering and corruption of single frames. */

#include <kunit/visibility.h>
#include <linux/kernel.h>

#include "wire_port.h"

#define WIRE_DEFAULT_SEED	1
#define WIRE_CORRUPT_SEED	0x636f7272	/* apart from the other dice */
#define WIRE_DEFAULT_GAP	3

/**
 * wire_impair_seed() - start the dice anew
 * @impair: the impairments of a port
 * @seed: the same seed gives the same verdicts, frame by frame
 *
 * Context: under the port's tx_lock.
 */
void wire_impair_seed(struct wire_impair *impair, u64 seed)
{
	impair->seed = seed;
	prandom_seed_state(&impair->rnd, seed);
	prandom_seed_state(&impair->corrupt_rnd, seed ^ WIRE_CORRUPT_SEED);
}
EXPORT_SYMBOL_IF_KUNIT(wire_impair_seed);

/**
 * wire_impair_init() - a perfect wire, with dice ready
 * @impair: the impairments of a port
 */
void wire_impair_init(struct wire_impair *impair)
{
	impair->loss_ppm = 0;
	impair->dup_ppm = 0;
	impair->reorder_ppm = 0;
	impair->corrupt_ppm = 0;
	impair->gap = WIRE_DEFAULT_GAP;
	wire_impair_seed(impair, WIRE_DEFAULT_SEED);
}

static bool wire_impair_die(struct rnd_state *rnd, u64 ppm)
{
	return reciprocal_scale(prandom_u32_state(rnd), WIRE_PPM) < ppm;
}

/**
 * wire_impair_roll() - decide what happens to the next frame
 * @impair: the impairments of a port
 *
 * Every die is drawn for every frame, also where its chance is 0: so what
 * happens to frame n depends on the seed and n, not on what else was set.
 *
 * Context: under the port's tx_lock.
 * Return: the verdict.
 */
struct wire_verdict wire_impair_roll(struct wire_impair *impair)
{
	struct rnd_state *rnd = &impair->rnd;
	struct wire_verdict verdict;

	verdict.lose = wire_impair_die(rnd, impair->loss_ppm);
	verdict.duplicate = wire_impair_die(rnd, impair->dup_ppm);
	verdict.hold = wire_impair_die(rnd, impair->reorder_ppm);
	rnd = &impair->corrupt_rnd;
	verdict.corrupt = wire_impair_die(rnd, impair->corrupt_ppm);
	verdict.bit = prandom_u32_state(rnd);
	return verdict;
}
