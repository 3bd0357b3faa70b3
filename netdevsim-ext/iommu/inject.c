// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that are asked for: the nth time, or so many of a million times, drawn
 * from a seed. Each point draws for itself, so that what one does is the same
 * whatever the others do.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "inject.h"

#define NSIM_INJECT_SEED	1	/* where none is given */

/* What one line asks for. */
struct nsim_inject_setting {
	u32 nth;
	u32 ppm;
	u64 seed;
};

/**
 * nsim_inject_init() - a point that does not fail
 * @inject: the point
 * @armed: the word that tells which points may fail; longer-lived than this one
 * @bit: this point's in there
 *
 * Context: any.
 */
void nsim_inject_init(struct nsim_inject *inject, unsigned long *armed,
		      unsigned int bit)
{
	*inject = (struct nsim_inject) {
		.armed = armed,
		.bit = bit,
		.seed = NSIM_INJECT_SEED,
	};
	raw_spin_lock_init(&inject->lock);
	prandom_seed_state(&inject->rnd, inject->seed);
}
EXPORT_SYMBOL_GPL(nsim_inject_init);

/* Under the lock. */
static void nsim_inject_arm(struct nsim_inject *inject)
{
	if (inject->nth || inject->ppm)
		set_bit(inject->bit, inject->armed);
	else
		clear_bit(inject->bit, inject->armed);
}

/**
 * nsim_inject_decide() - is this the time? Ask nsim_inject_fires() instead
 * @inject: the point
 *
 * Context: any but NMI.
 * Return: whether to fail.
 */
bool nsim_inject_decide(struct nsim_inject *inject)
{
	bool fires = false;
	unsigned long flags;
	u32 draw;

	raw_spin_lock_irqsave(&inject->lock, flags);
	if (inject->nth && !--inject->nth) {
		fires = true;
		nsim_inject_arm(inject);
	}
	if (inject->ppm) {
		draw = prandom_u32_state(&inject->rnd);
		fires |= (u64)draw * NSIM_INJECT_PPM >> 32 < inject->ppm;
	}
	inject->hits += fires;
	raw_spin_unlock_irqrestore(&inject->lock, flags);

	return fires;
}
EXPORT_SYMBOL_GPL(nsim_inject_decide);

/**
 * nsim_inject_hits() - how often it was made to fail
 * @inject: the point
 *
 * Context: any but NMI.
 * Return: times, since nsim_inject_init().
 */
u64 nsim_inject_hits(struct nsim_inject *inject)
{
	unsigned long flags;
	u64 hits;

	raw_spin_lock_irqsave(&inject->lock, flags);
	hits = inject->hits;
	raw_spin_unlock_irqrestore(&inject->lock, flags);

	return hits;
}
EXPORT_SYMBOL_GPL(nsim_inject_hits);

static void nsim_inject_apply(struct nsim_inject *inject,
			      const struct nsim_inject_setting *setting)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&inject->lock, flags);
	inject->nth = setting->nth;
	inject->ppm = setting->ppm;
	inject->seed = setting->seed;
	prandom_seed_state(&inject->rnd, setting->seed);
	nsim_inject_arm(inject);
	raw_spin_unlock_irqrestore(&inject->lock, flags);
}

/**
 * nsim_inject_nth() - fail once, and not otherwise
 * @inject: the point
 * @nth: which time from now; 0: never
 *
 * Context: any but NMI.
 */
void nsim_inject_nth(struct nsim_inject *inject, u32 nth)
{
	struct nsim_inject_setting setting = {
		.nth = nth,
		.seed = NSIM_INJECT_SEED,
	};

	nsim_inject_apply(inject, &setting);
}
EXPORT_SYMBOL_GPL(nsim_inject_nth);

static int nsim_inject_word(struct nsim_inject_setting *setting,
			    const char *word, const char *value)
{
	int err;

	if (!value)
		return -EINVAL;
	if (!strcmp(word, "seed"))
		return kstrtou64(value, 0, &setting->seed);
	if (!strcmp(word, "nth"))
		return kstrtou32(value, 0, &setting->nth);
	if (strcmp(word, "ppm"))
		return -EINVAL;
	err = kstrtou32(value, 0, &setting->ppm);
	if (!err && setting->ppm > NSIM_INJECT_PPM)
		err = -ERANGE;
	return err;
}

static char *nsim_inject_next(char **text)
{
	char *word;

	do {
		word = strsep(text, " \t\n");
	} while (word && !*word);

	return word;
}

/**
 * nsim_inject_set() - say when a point is to fail
 * @inject: the point
 * @text: "off", or one or more of "nth N", "ppm N" and "seed N"; destroyed
 *
 * What is not mentioned is as after "off". Drawing begins anew with the seed.
 *
 * Context: any but NMI.
 * Return: 0; -EINVAL for what is no such text; -ERANGE for a number that is too
 * large. Nothing has changed then.
 */
int nsim_inject_set(struct nsim_inject *inject, char *text)
{
	struct nsim_inject_setting setting = { .seed = NSIM_INJECT_SEED };
	char *word = nsim_inject_next(&text);
	int err;

	if (!word)
		return -EINVAL;
	if (!strcmp(word, "off")) {
		if (nsim_inject_next(&text))
			return -EINVAL;
	} else {
		for (; word; word = nsim_inject_next(&text)) {
			err = nsim_inject_word(&setting, word,
					       nsim_inject_next(&text));
			if (err)
				return err;
		}
		/* A seed alone would look like a fault, and be none. */
		if (!setting.nth && !setting.ppm)
			return -EINVAL;
	}
	nsim_inject_apply(inject, &setting);

	return 0;
}
EXPORT_SYMBOL_GPL(nsim_inject_set);

static int nsim_inject_show(struct seq_file *m, void *unused)
{
	struct nsim_inject *inject = m->private;
	struct nsim_inject now;

	raw_spin_lock_irq(&inject->lock);
	now = *inject;
	raw_spin_unlock_irq(&inject->lock);
	seq_printf(m, "nth %u\nppm %u\nseed %llu\nhits %llu\n", now.nth,
		   now.ppm, now.seed, now.hits);

	return 0;
}

static int nsim_inject_open(struct inode *inode, struct file *file)
{
	return single_open(file, nsim_inject_show, inode->i_private);
}

static ssize_t nsim_inject_write(struct file *file, const char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	char text[80];
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';
	err = nsim_inject_set(m->private, text);

	return err ?: count;
}

static const struct file_operations nsim_inject_fops = {
	.owner = THIS_MODULE,
	.open = nsim_inject_open,
	.release = single_release,
	.read = seq_read,
	.write = nsim_inject_write,
	.llseek = seq_lseek,
};

/**
 * nsim_inject_debugfs() - make the file of a point
 * @name: its name
 * @dir: where; goes before the point does
 * @inject: the point
 *
 * Context: process.
 */
void nsim_inject_debugfs(const char *name, struct dentry *dir,
			 struct nsim_inject *inject)
{
	debugfs_create_file(name, 0600, dir, inject, &nsim_inject_fops);
}
EXPORT_SYMBOL_GPL(nsim_inject_debugfs);
