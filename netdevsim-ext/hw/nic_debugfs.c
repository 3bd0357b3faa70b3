// SPDX-License-Identifier: GPL-2.0
/* The hw/ folder of a NIC in debugfs: its CPU, limits, and what it counted. */

#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "nic_dev.h"

/* taskset may have pinned the thread too: the answer is what is in force. */
static int nic_cpu_show(struct seq_file *m, void *unused)
{
	struct nic_hw *hw = m->private;
	const struct cpumask *mask = hw->thread->cpus_ptr;

	seq_printf(m, "%d\n", cpumask_weight(mask) == 1 ?
		   (int)cpumask_first(mask) : -1);
	return 0;
}

static int nic_cpu_open(struct inode *inode, struct file *file)
{
	return single_open(file, nic_cpu_show, inode->i_private);
}

static ssize_t nic_cpu_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	const struct cpumask *mask;
	struct nic_hw *hw = m->private;
	int cpu;
	int ret;

	ret = kstrtoint_from_user(buf, count, 0, &cpu);
	if (ret)
		return ret;
	if (cpu == -1)
		mask = cpu_possible_mask;
	else if (cpu >= 0 && cpu < nr_cpu_ids && cpu_online(cpu))
		mask = cpumask_of(cpu);
	else
		return -EINVAL;
	ret = set_cpus_allowed_ptr(hw->thread, mask);
	return ret ? ret : count;
}

static const struct file_operations nic_cpu_fops = {
	.owner = THIS_MODULE,
	.open = nic_cpu_open,
	.release = single_release,
	.read = seq_read,
	.write = nic_cpu_write,
	.llseek = seq_lseek,
};

static int nic_counters_show(struct seq_file *m, void *unused)
{
	struct nic_hw *hw = m->private;
	struct nic_hw_counters c;

	nic_hw_counters(hw, &c);
	seq_printf(m, "tx_frames %llu\n", c.tx_frames);
	seq_printf(m, "tx_bytes %llu\n", c.tx_bytes);
	seq_printf(m, "tx_descs %llu\n", c.tx_descs);
	seq_printf(m, "tx_tso %llu\n", c.tx_tso);
	seq_printf(m, "tx_errors %llu\n", c.tx_errors);
	seq_printf(m, "rx_frames %llu\n", c.rx_frames);
	seq_printf(m, "rx_bytes %llu\n", c.rx_bytes);
	seq_printf(m, "rx_missed %llu\n", c.rx_missed);
	seq_printf(m, "rx_errors %llu\n", c.rx_errors);
	seq_printf(m, "rx_overrun %llu\n", c.rx_overrun);
	seq_printf(m, "rx_merged %llu\n", c.rx_merged);
	seq_printf(m, "tx_pauses %llu\n", c.tx_pauses);
	seq_printf(m, "rx_pauses %llu\n", c.rx_pauses);
	seq_printf(m, "dma_faults %llu\n", c.dma_faults);
	seq_printf(m, "irqs %llu\n", c.irqs);
	seq_printf(m, "busy_ns %llu\n", c.busy_ns);
	seq_printf(m, "queue_errors %llu\n", c.queue_errors);
	seq_printf(m, "no_memory %llu\n", c.no_memory);
	seq_printf(m, "limit_descs %llu\n", c.limit_descs);
	seq_printf(m, "limit_slice %llu\n", c.limit_slice);
	seq_printf(m, "limit_addr %llu\n", c.limit_addr);
	seq_printf(m, "reg_errors %llu\n", c.reg_errors);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(nic_counters);

/**
 * nic_debugfs_init() - make the folders hw/ and fault/
 * @hw: the NIC; its folders are set
 * @ddir: folder to make them in
 *
 * A folder that could not be made is no error: the NIC works without it.
 *
 * Context: process context.
 */
void nic_debugfs_init(struct nic_hw *hw, struct dentry *ddir)
{
	hw->dir = debugfs_create_dir("hw", ddir);
	debugfs_create_file("cpu", 0600, hw->dir, hw, &nic_cpu_fops);
	debugfs_create_file("counters", 0400, hw->dir, hw, &nic_counters_fops);
	nic_limits_debugfs(hw);
	nic_layout_debugfs(hw);
	nic_rx_layout_debugfs(hw);
	nic_fault_debugfs(hw, ddir);
}
