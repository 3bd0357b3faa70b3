/* SPDX-License-Identifier: GPL-2.0 */
/* The suites there are, and the results of the last run. */
#ifndef SEGBENCH_REGISTRY_H
#define SEGBENCH_REGISTRY_H

#include "runner.h"

struct seq_file;

extern struct segbench_suite segbench_stock_suite;
extern struct segbench_suite segbench_hgso_suite;
extern struct segbench_suite segbench_kinds_suite;
extern struct segbench_suite segbench_unpack_suite;
extern struct segbench_suite segbench_receive_suite;
extern struct segbench_suite segbench_forward_suite;

int segbench_run_matching(const char *glob,
			  const struct segbench_setting *setting);
void segbench_show_cases(struct seq_file *m);
void segbench_show_results(struct seq_file *m, unsigned int max_spread);
void segbench_drop_results(void);

#endif
