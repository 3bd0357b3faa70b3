/* SPDX-License-Identifier: GPL-2.0 */
/* Ways to segment that more than one suite has as cases. */
#ifndef SEGBENCH_PATHS_H
#define SEGBENCH_PATHS_H

#include <headroom/hgso.h>

#include "segbench.h"

/* More than any of the super-packets has. */
#define SEGBENCH_MAX_DESCS	4096

/**
 * struct segbench_hgso - a super-packet to prepare again and again
 * @skb: TCP's own, or without clones the one that is prepared
 * @txq: the queue's state
 * @room: by how much the engine expands the head of a clone, octets
 * @ring: memory for headers, where the case has it
 * @mem: that memory
 */
struct segbench_hgso {
	struct sk_buff *skb;
	struct hgso_txq txq;
	unsigned int room;
	struct hgso_ring ring;
	void *mem;
};

void *segbench_stock_setup(const struct segbench_input *input);
int segbench_gso_run(void *state);
int segbench_gso_csum_run(void *state);
int segbench_tso_run(void *state);
void segbench_stock_teardown(void *state);

struct segbench_hgso *segbench_hgso_build(const struct segbench_input *input,
					  unsigned int headroom);
void *segbench_hgso_try(struct segbench_hgso *hgso, bool clone, bool expands);
int segbench_hgso_run(void *state);
void segbench_hgso_teardown(void *state);

#endif
