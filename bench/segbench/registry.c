// SPDX-License-Identifier: GPL-2.0
/*
 * The suites there are, and the results of the last run.
 */
#include <linux/export.h>
#include <linux/glob.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "registry.h"

#define SEGBENCH_NAME_LEN	64

/**
 * struct segbench_entry - a result with its name
 * @node: in segbench_entries
 * @name: suite, case and input
 * @baseline: the same of the case that may be subtracted, or empty
 * @segments: of the input
 * @err: 0, or why there is no result
 * @result: the result
 */
struct segbench_entry {
	struct list_head node;
	char name[SEGBENCH_NAME_LEN];
	char baseline[SEGBENCH_NAME_LEN];
	unsigned int segments;
	int err;
	struct segbench_result result;
};

static LIST_HEAD(segbench_suites);
static LIST_HEAD(segbench_entries);
/* Guards both, and lets one run go on at a time. */
static DEFINE_MUTEX(segbench_lock);

static void segbench_name(char *name, const struct segbench_suite *suite,
			  const char *bench,
			  const struct segbench_input *input)
{
	snprintf(name, SEGBENCH_NAME_LEN, "%s/%s/%s", suite->name, bench,
		 input->name);
}

static void segbench_drop_locked(void)
{
	struct segbench_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &segbench_entries, node) {
		list_del(&entry->node);
		kfree(entry);
	}
}

static int segbench_run_one(const struct segbench_suite *suite,
			    const struct segbench_case *bench,
			    const struct segbench_input *input,
			    const char *glob,
			    const struct segbench_setting *setting)
{
	struct segbench_entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;

	segbench_name(entry->name, suite, bench->name, input);
	if (!glob_match(glob, entry->name)) {
		kfree(entry);
		return 0;
	}

	if (bench->baseline)
		segbench_name(entry->baseline, suite, bench->baseline, input);
	entry->segments = input->segments;
	entry->err = segbench_measure(bench, input, setting, &entry->result);
	if (entry->err == -EOPNOTSUPP) {
		kfree(entry);
		return 0;
	}
	list_add_tail(&entry->node, &segbench_entries);
	return signal_pending(current) ? -EINTR : 0;
}

static int segbench_run_suite(const struct segbench_suite *suite,
			      const char *glob,
			      const struct segbench_setting *setting)
{
	const struct segbench_input *input;
	unsigned int c, i;
	int err;

	for (c = 0; c < suite->nr_cases; c++) {
		for (i = 0; (input = suite->input(i)); i++) {
			err = segbench_run_one(suite, &suite->cases[c], input,
					       glob, setting);
			if (err)
				return err;
		}
	}
	return 0;
}

/**
 * segbench_run_matching() - measure all cases whose name matches
 * @glob: pattern for suite/case/input
 * @setting: how to measure
 *
 * The results of the run before are forgotten.
 *
 * Context: process, sleeps.
 * Return: 0; -ENOENT when nothing matched; -EINTR on a signal and -ENOMEM,
 *	with the results so far kept. The error of a single case is in its
 *	result.
 */
int segbench_run_matching(const char *glob,
			  const struct segbench_setting *setting)
{
	struct segbench_suite *suite;
	int err = 0;

	err = mutex_lock_interruptible(&segbench_lock);
	if (err)
		return err;

	segbench_drop_locked();
	list_for_each_entry(suite, &segbench_suites, node) {
		err = segbench_run_suite(suite, glob, setting);
		if (err)
			break;
	}
	if (!err && list_empty(&segbench_entries))
		err = -ENOENT;

	mutex_unlock(&segbench_lock);
	return err;
}

/**
 * segbench_show_cases() - one name a line
 * @m: where to
 *
 * Names of inputs that a case does not take are among them.
 *
 * Context: process, sleeps.
 */
void segbench_show_cases(struct seq_file *m)
{
	const struct segbench_input *input;
	const struct segbench_suite *suite;
	char name[SEGBENCH_NAME_LEN];
	unsigned int c, i;

	mutex_lock(&segbench_lock);
	list_for_each_entry(suite, &segbench_suites, node) {
		for (c = 0; c < suite->nr_cases; c++) {
			for (i = 0; (input = suite->input(i)); i++) {
				segbench_name(name, suite,
					      suite->cases[c].name, input);
				seq_printf(m, "%s\n", name);
			}
		}
	}
	mutex_unlock(&segbench_lock);
}

static void segbench_show_entry(struct seq_file *m,
				const struct segbench_entry *entry,
				unsigned int max_spread)
{
	const struct segbench_result *result = &entry->result;
	u64 whole, part;
	u32 rest;

	seq_printf(m, "case=%s segments=%u", entry->name, entry->segments);
	if (entry->baseline[0])
		seq_printf(m, " baseline=%s", entry->baseline);
	if (entry->err) {
		seq_printf(m, " status=error errno=%d\n", -entry->err);
		return;
	}

	whole = div_u64_rem(result->spread, 100, &rest);
	seq_printf(m, " iterations=%u spread=%llu.%02u%%", result->iterations,
		   whole, rest);
	if (result->spread > max_spread) {
		seq_puts(m, " status=unstable\n");
		return;
	}
	part = div_u64_rem(result->median, 1000, &rest);
	seq_printf(m, " median=%llu.%03u status=ok\n", part, rest);
}

/**
 * segbench_show_results() - one line a result of the last run
 * @m: where to
 * @max_spread: results with a larger one are named unstable and not given,
 *	hundredths of a per cent
 *
 * Context: process, sleeps.
 */
void segbench_show_results(struct seq_file *m, unsigned int max_spread)
{
	const struct segbench_entry *entry;

	mutex_lock(&segbench_lock);
	seq_puts(m, "segbench=1 unit=ns\n");
	list_for_each_entry(entry, &segbench_entries, node)
		segbench_show_entry(m, entry, max_spread);
	mutex_unlock(&segbench_lock);
}

/**
 * segbench_drop_results() - forget the results of the last run
 *
 * Context: process, sleeps.
 */
void segbench_drop_results(void)
{
	mutex_lock(&segbench_lock);
	segbench_drop_locked();
	mutex_unlock(&segbench_lock);
}

/**
 * segbench_register() - add a suite
 * @suite: lives until segbench_unregister()
 *
 * Context: process, sleeps (through a run that is going on).
 */
void segbench_register(struct segbench_suite *suite)
{
	mutex_lock(&segbench_lock);
	list_add_tail(&suite->node, &segbench_suites);
	mutex_unlock(&segbench_lock);
}
EXPORT_SYMBOL_GPL(segbench_register);

/**
 * segbench_unregister() - take a suite away
 * @suite: what segbench_register() was given
 *
 * None of its cases runs afterwards. Its results stay.
 *
 * Context: process, sleeps (through a run that is going on).
 */
void segbench_unregister(struct segbench_suite *suite)
{
	mutex_lock(&segbench_lock);
	list_del(&suite->node);
	mutex_unlock(&segbench_lock);
}
EXPORT_SYMBOL_GPL(segbench_unregister);
