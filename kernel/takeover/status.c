// SPDX-License-Identifier: GPL-2.0
/*
 * The file hgso_takeover/status in debugfs: a word and its value a line.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "takeover.h"

static struct dentry *takeover_dir;

static const char *takeover_state(void)
{
	if (READ_ONCE(takeover_on))
		return "on";
	return takeover_held() ? "off, but called by another module" : "off";
}

static int takeover_status_show(struct seq_file *m, void *unused)
{
	struct takeover_counters sum;
	unsigned int i;

	takeover_sum(&sum);
	seq_printf(m, "state: %s\n", takeover_state());
	seq_printf(m, "packets: %lu\n", sum.packets[HGSO_OK]);
	seq_printf(m, "segments: %lu\n", sum.segments);
	for (i = HGSO_OK + 1; i < TAKEOVER_NR_REASONS; i++)
		if (sum.packets[i])
			seq_printf(m, "passed.%s: %lu\n",
				   takeover_reason_name(i), sum.packets[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(takeover_status);

/**
 * takeover_status_init() - make the file
 *
 * Without debugfs there is none.
 *
 * Context: process, sleeps.
 */
void takeover_status_init(void)
{
	takeover_dir = debugfs_create_dir("hgso_takeover", NULL);
	debugfs_create_file("status", 0400, takeover_dir, NULL,
			    &takeover_status_fops);
}

/**
 * takeover_status_exit() - take it away
 *
 * Context: process, sleeps.
 */
void takeover_status_exit(void)
{
	debugfs_remove(takeover_dir);
}
