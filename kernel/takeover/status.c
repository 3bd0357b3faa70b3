// SPDX-License-Identifier: GPL-2.0
/*
 * The file hgso_takeover/status in debugfs: a word and its value a line.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/seq_file.h>

#include "takeover.h"

static struct dentry *takeover_dir;

static const char *takeover_state(void)
{
	if (READ_ONCE(takeover_on))
		return "on";
	return takeover_held() ? "off, but called by another module" : "off";
}

/* What the kernel would have taken longer for all segments, by the sample. */
static s64 takeover_saved_us(const struct takeover_counters *sum)
{
	const struct takeover_timed *ours = &sum->timed[TAKEOVER_HGSO];
	const struct takeover_timed *stock = &sum->timed[TAKEOVER_KERNEL];
	s64 each;

	/* In picoseconds a segment: it is some hundred nanoseconds. */
	each = div64_u64(stock->ns * 1000, stock->segments) -
	       div64_u64(ours->ns * 1000, ours->segments);
	return div_s64(each * (s64)sum->segments, 1000 * 1000);
}

static void takeover_status_timed(struct seq_file *m,
				  const struct takeover_counters *sum)
{
	static const char * const names[TAKEOVER_NR_WHO] = {
		[TAKEOVER_HGSO] = "hgso",
		[TAKEOVER_KERNEL] = "kernel",
	};
	const struct takeover_timed *timed = sum->timed;
	unsigned int i;

	if (!timed[TAKEOVER_HGSO].segments || !timed[TAKEOVER_KERNEL].segments)
		return;
	for (i = 0; i < TAKEOVER_NR_WHO; i++) {
		seq_printf(m, "timed.%s.packets: %llu\n", names[i],
			   timed[i].packets);
		seq_printf(m, "timed.%s.segments: %llu\n", names[i],
			   timed[i].segments);
		seq_printf(m, "timed.%s.ns: %llu\n", names[i], timed[i].ns);
	}
	seq_printf(m, "saved_us: %lld\n", takeover_saved_us(sum));
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
	takeover_status_timed(m, &sum);
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
