// SPDX-License-Identifier: GPL-2.0
/*
 * How receive descriptors lie in memory, as nic_layout.c has it of those for
 * transmission: all of the hardware knows struct nic_rx_desc only.
 */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "../wire/wire.h"
#include "nic_dev.h"

static dma_addr_t nic_rx_short_addr(const void *raw)
{
	const struct nic_rx_short *desc = raw;

	return le32_to_cpu(desc->addr);
}

static void nic_rx_short_encode(void *raw, const struct nic_rx_desc *desc)
{
	struct nic_rx_short *to = raw;

	*to = (struct nic_rx_short) {
		.status = desc->status & cpu_to_le32(NIC_RX_SHORT_STATUS),
		.len = cpu_to_le16(le32_to_cpu(desc->len)),
		.csum = desc->csum,
		.vlan_tci = desc->vlan_tci,
	};
}

static const struct nic_rx_layout nic_rx_layouts[] = {
	[NIC_RX_LAYOUT_LONG] = {
		.name = "long",
		.desc_size = sizeof(struct nic_rx_desc),
		.status_at = offsetof(struct nic_rx_desc, status),
		.rest_at = offsetof(struct nic_rx_desc, len),
		.says = U32_MAX,
		.dma_bits = 64,
	},
	[NIC_RX_LAYOUT_SHORT] = {
		.name = "short",
		.desc_size = sizeof(struct nic_rx_short),
		.status_at = offsetof(struct nic_rx_short, status),
		.rest_at = offsetof(struct nic_rx_short, len),
		.says = NIC_RX_SHORT_STATUS,
		.dma_bits = 32,
		.addr = nic_rx_short_addr,
		.encode = nic_rx_short_encode,
	},
};

/**
 * nic_rx_layout_init() - long descriptors
 * @hw: the NIC
 */
void nic_rx_layout_init(struct nic_hw *hw)
{
	hw->rx_layout = &nic_rx_layouts[NIC_RX_LAYOUT_LONG];
}

/**
 * nic_rx_layout_id() - which layout this is
 * @layout: the layout
 *
 * Return: as in NIC_REG_RX_LAYOUT.
 */
u32 nic_rx_layout_id(const struct nic_rx_layout *layout)
{
	return layout - nic_rx_layouts;
}

/**
 * nic_rx_layout_fetch() - read where posted buffers are
 * @hw: the NIC
 * @addr: bus address of the first descriptor
 * @bufs: room for @n
 * @n: how many, NIC_DESC_BURST at most
 *
 * Context: the thread's.
 * Return: 0 or -EFAULT.
 */
int nic_rx_layout_fetch(struct nic_hw *hw, dma_addr_t addr, dma_addr_t *bufs,
			u32 n)
{
	const struct nic_rx_layout *layout = hw->rx_layout;
	struct nic_rx_desc burst[NIC_DESC_BURST];
	void *raw = burst;
	u32 i;

	if (nic_dma_read(hw, addr, burst, n * layout->desc_size))
		return -EFAULT;
	for (i = 0; i < n; i++, raw += layout->desc_size)
		bufs[i] = layout->addr ? layout->addr(raw) :
					 le64_to_cpu(burst[i].addr);
	return 0;
}

/**
 * nic_rx_layout_write() - write a descriptor back, its status last
 * @hw: the NIC
 * @addr: bus address
 * @desc: what it is to say
 *
 * Context: the thread's.
 * Return: 0 or -EFAULT.
 */
int nic_rx_layout_write(struct nic_hw *hw, dma_addr_t addr,
			const struct nic_rx_desc *desc)
{
	const struct nic_rx_layout *layout = hw->rx_layout;
	struct nic_rx_desc other;
	const void *raw = desc;

	if (layout->encode) {
		layout->encode(&other, desc);
		raw = &other;
	}
	if (nic_dma_write(hw, addr + layout->rest_at, raw + layout->rest_at,
			  layout->desc_size - layout->rest_at))
		return -EFAULT;
	/* A device's posted writes stay in order: the driver polls status. */
	smp_wmb();
	return nic_dma_write(hw, addr + layout->status_at,
			     raw + layout->status_at, sizeof(__le32));
}

/**
 * nic_hw_set_rx_layout() - make it a model with other receive descriptors
 * @hw: the NIC, disabled; its driver reads registers when it starts
 * @name: "long" or "short"
 *
 * Context: process context.
 * Return: 0; -EINVAL: there is no such layout; -EBUSY: the NIC is enabled.
 */
int nic_hw_set_rx_layout(struct nic_hw *hw, const char *name)
{
	unsigned long flags;
	int err = -EBUSY;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(nic_rx_layouts); i++)
		if (sysfs_streq(nic_rx_layouts[i].name, name))
			break;
	if (i == ARRAY_SIZE(nic_rx_layouts))
		return -EINVAL;
	raw_spin_lock_irqsave(&hw->reg_lock, flags);
	if (!(hw->ctrl & NIC_CTRL_ENABLE) && !hw->running) {
		WRITE_ONCE(hw->rx_layout, &nic_rx_layouts[i]);
		err = 0;
	}
	raw_spin_unlock_irqrestore(&hw->reg_lock, flags);
	if (err)
		dev_notice(hw->dma_dev,
			   "%s: rx_layout: set the link down first\n", hw->name);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_set_rx_layout);

static int nic_rx_layout_show(struct seq_file *m, void *unused)
{
	struct nic_hw *hw = m->private;

	seq_printf(m, "%s\n", READ_ONCE(hw->rx_layout)->name);
	return 0;
}

static int nic_rx_layout_open(struct inode *inode, struct file *file)
{
	return single_open(file, nic_rx_layout_show, inode->i_private);
}

static ssize_t nic_rx_layout_set(struct file *file, const char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	char word[WIRE_NAME_LEN];
	char *name = wire_word(word, buf, count);

	if (IS_ERR(name))
		return PTR_ERR(name);
	return nic_hw_set_rx_layout(m->private, name) ?: count;
}

static const struct file_operations nic_rx_layout_fops = {
	.owner = THIS_MODULE,
	.open = nic_rx_layout_open,
	.release = single_release,
	.read = seq_read,
	.write = nic_rx_layout_set,
	.llseek = seq_lseek,
};

/**
 * nic_rx_layout_debugfs() - make the file hw/rx_layout
 * @hw: the NIC, its folder there
 *
 * Context: process.
 */
void nic_rx_layout_debugfs(struct nic_hw *hw)
{
	debugfs_create_file("rx_layout", 0600, hw->dir, hw,
			    &nic_rx_layout_fops);
}
