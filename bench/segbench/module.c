// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters, and the files in /sys/kernel/debug/segbench:
 *
 *	cases	all names
 *	run	anything written runs the cases that the filter matches
 *	results	of the last run
 */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "registry.h"

#define SEGBENCH_FILTER_LEN	64
#define SEGBENCH_ITERATIONS_LIMIT	1000000
/* As good as none: whoever repeats passes judges by what all of them gave. */
#define SEGBENCH_SPREAD_LIMIT		10000000

static unsigned int iterations;
static unsigned int repetitions = 7;
static unsigned int rounds = 5;
static unsigned int max_spread = 100;
static char filter[SEGBENCH_FILTER_LEN] = "*";

static struct dentry *segbench_dir;

static int segbench_set_iterations(const char *val,
				   const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, SEGBENCH_ITERATIONS_LIMIT);
}

static const struct kernel_param_ops segbench_iterations_ops = {
	.set = segbench_set_iterations,
	.get = param_get_uint,
};

module_param_cb(iterations, &segbench_iterations_ops, &iterations, 0644);
MODULE_PARM_DESC(iterations,
		 "Operations in a repetition; 0: as many as take 0.5 ms (default)");

static int segbench_set_repetitions(const char *val,
				    const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, SEGBENCH_MIN_REPETITIONS,
				     SEGBENCH_MAX_REPETITIONS);
}

static const struct kernel_param_ops segbench_repetitions_ops = {
	.set = segbench_set_repetitions,
	.get = param_get_uint,
};

module_param_cb(repetitions, &segbench_repetitions_ops, &repetitions, 0644);
MODULE_PARM_DESC(repetitions,
		 "Repetitions in each round (3 to 999, default 7)");

static int segbench_set_rounds(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, SEGBENCH_MAX_ROUNDS);
}

static const struct kernel_param_ops segbench_rounds_ops = {
	.set = segbench_set_rounds,
	.get = param_get_uint,
};

module_param_cb(rounds, &segbench_rounds_ops, &rounds, 0644);
MODULE_PARM_DESC(rounds,
		 "Rounds, each with its state made anew (1 to 99, default 5)");

static int segbench_set_max_spread(const char *val,
				   const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, SEGBENCH_SPREAD_LIMIT);
}

static const struct kernel_param_ops segbench_max_spread_ops = {
	.set = segbench_set_max_spread,
	.get = param_get_uint,
};

module_param_cb(max_spread, &segbench_max_spread_ops, &max_spread, 0644);
MODULE_PARM_DESC(max_spread,
		 "Largest spread of a result that is given, 0.01 % (default 100)");

static int segbench_set_filter(const char *val, const struct kernel_param *kp)
{
	size_t len = strlen(val);
	size_t i;

	/* sysfs hands over the newline of an echo. */
	if (len && val[len - 1] == '\n')
		len--;
	if (!len || len >= SEGBENCH_FILTER_LEN)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isgraph(val[i]))
			return -EINVAL;

	memcpy(filter, val, len);
	filter[len] = '\0';
	return 0;
}

static int segbench_get_filter(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", filter);
}

static const struct kernel_param_ops segbench_filter_ops = {
	.set = segbench_set_filter,
	.get = segbench_get_filter,
};

module_param_cb(filter, &segbench_filter_ops, NULL, 0644);
MODULE_PARM_DESC(filter,
		 "Which suite/case/input to run, a shell pattern (default *)");

static ssize_t segbench_run_write(struct file *file, const char __user *buf,
				  size_t len, loff_t *pos)
{
	char glob[SEGBENCH_FILTER_LEN];
	struct segbench_setting setting;
	int err;

	/* The parameters may be written while the run goes on. */
	kernel_param_lock(THIS_MODULE);
	setting.iterations = iterations;
	setting.repetitions = repetitions;
	setting.rounds = rounds;
	strscpy(glob, filter);
	kernel_param_unlock(THIS_MODULE);

	err = segbench_run_matching(glob, &setting);
	return err ? err : len;
}

static const struct file_operations segbench_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = segbench_run_write,
};

static int segbench_cases_show(struct seq_file *m, void *unused)
{
	segbench_show_cases(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(segbench_cases);

static int segbench_results_show(struct seq_file *m, void *unused)
{
	segbench_show_results(m, READ_ONCE(max_spread));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(segbench_results);

static int __init segbench_init(void)
{
	int err = segbench_packet_init();

	if (err)
		return err;
	segbench_register(&segbench_stock_suite);
	segbench_register(&segbench_hgso_suite);
	segbench_register(&segbench_kinds_suite);
	segbench_register(&segbench_unpack_suite);
	segbench_register(&segbench_receive_suite);
	segbench_register(&segbench_forward_suite);

	segbench_dir = debugfs_create_dir("segbench", NULL);
	debugfs_create_file("cases", 0444, segbench_dir, NULL,
			    &segbench_cases_fops);
	debugfs_create_file("run", 0200, segbench_dir, NULL,
			    &segbench_run_fops);
	debugfs_create_file("results", 0444, segbench_dir, NULL,
			    &segbench_results_fops);
	return 0;
}

static void __exit segbench_exit(void)
{
	debugfs_remove(segbench_dir);
	segbench_unregister(&segbench_forward_suite);
	segbench_unregister(&segbench_receive_suite);
	segbench_unregister(&segbench_kinds_suite);
	segbench_unregister(&segbench_unpack_suite);
	segbench_unregister(&segbench_hgso_suite);
	segbench_unregister(&segbench_stock_suite);
	segbench_drop_results();
	segbench_packet_exit();
}

module_init(segbench_init);
module_exit(segbench_exit);

MODULE_DESCRIPTION("Cost of segmentation, path by path");
MODULE_LICENSE("GPL");
