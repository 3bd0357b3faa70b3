// SPDX-License-Identifier: GPL-2.0
/*
 * How transmit descriptors lie in memory, as one model of this hardware has it
 * and another has not: a table of layouts, each with what it cannot express.
 * All of the hardware behind the fetch knows struct nic_tx_desc only.
 */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/string.h>

#include "../wire/wire.h"
#include "nic_dev.h"

static void nic_layout_short(const void *raw, struct nic_tx_desc *desc)
{
	const struct nic_tx_short *from = raw;
	bool strange = from->rsvd || le16_to_cpu(from->flags) & ~NIC_SHORT_FLAGS;

	*desc = (struct nic_tx_desc) {
		.addr = cpu_to_le64(le32_to_cpu(from->addr)),
		.len = cpu_to_le32(le16_to_cpu(from->len)),
		.flags = from->flags,
		.csum_start = from->csum_start,
		.csum_offset = from->csum_offset,
		.vlan_tci = from->vlan_tci,
		/* A flag that it has no fields for makes the chain a bad one. */
		.rsvd = cpu_to_le32(strange),
	};
}

static const struct nic_layout nic_layouts[] = {
	[NIC_TX_LAYOUT_LONG] = {
		.name = "long",
		.desc_size = sizeof(struct nic_tx_desc),
		.max_hdr = U32_MAX,
		.max_slice = U32_MAX,
		.dma_bits = 64,
	},
	[NIC_TX_LAYOUT_SHORT] = {
		.name = "short",
		.desc_size = sizeof(struct nic_tx_short),
		.max_hdr = NIC_SHORT_MAX_HDR,
		.max_slice = U16_MAX,
		.dma_bits = 32,
		.decode = nic_layout_short,
	},
};

/**
 * nic_layout_init() - long descriptors
 * @hw: the NIC
 */
void nic_layout_init(struct nic_hw *hw)
{
	hw->layout = &nic_layouts[NIC_TX_LAYOUT_LONG];
}

/**
 * nic_layout_id() - which layout this is
 * @layout: the layout
 *
 * Return: as in NIC_REG_TX_LAYOUT.
 */
u32 nic_layout_id(const struct nic_layout *layout)
{
	return layout - nic_layouts;
}

/**
 * nic_layout_fetch() - read transmit descriptors
 * @hw: the NIC
 * @addr: bus address of the first
 * @descs: room for @n
 * @n: how many, NIC_DESC_BURST at most
 *
 * Context: the thread's.
 * Return: 0 or -EFAULT.
 */
int nic_layout_fetch(struct nic_hw *hw, dma_addr_t addr,
		     struct nic_tx_desc *descs, u32 n)
{
	const struct nic_layout *layout = hw->layout;
	u8 raw[NIC_DESC_BURST * sizeof(struct nic_tx_short)] __aligned(8);
	u32 i;

	if (likely(!layout->decode))
		return nic_dma_read(hw, addr, descs, n * sizeof(*descs));
	if (nic_dma_read(hw, addr, raw, n * layout->desc_size))
		return -EFAULT;
	for (i = 0; i < n; i++)
		layout->decode(raw + i * layout->desc_size, &descs[i]);
	return 0;
}

/* Under reg_lock. */
static int nic_layout_change(struct nic_hw *hw, const struct nic_layout *layout)
{
	if (!nic_limits_hold_frame(layout, hw->limits[NIC_LIMIT_DESCS],
				   hw->limits[NIC_LIMIT_SLICE]))
		return -ERANGE;
	WRITE_ONCE(hw->layout, layout);
	return 0;
}

/**
 * nic_hw_set_layout() - make it a model with other transmit descriptors
 * @hw: the NIC, disabled; its driver reads registers when it starts
 * @name: "long" or "short"
 *
 * Context: process context.
 * Return: 0; -EINVAL: there is no such layout; -EBUSY: the NIC is enabled;
 * -ERANGE: its slices, as many as there may be, would not hold a frame.
 */
int nic_hw_set_layout(struct nic_hw *hw, const char *name)
{
	unsigned long flags;
	int err = -EBUSY;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(nic_layouts); i++)
		if (sysfs_streq(nic_layouts[i].name, name))
			break;
	if (i == ARRAY_SIZE(nic_layouts))
		return -EINVAL;
	raw_spin_lock_irqsave(&hw->reg_lock, flags);
	if (!(hw->ctrl & NIC_CTRL_ENABLE) && !hw->running)
		err = nic_layout_change(hw, &nic_layouts[i]);
	raw_spin_unlock_irqrestore(&hw->reg_lock, flags);
	if (err)
		dev_notice(hw->dma_dev, "%s: tx_layout: %s\n", hw->name,
			   err == -EBUSY ? "set the link down first" :
					   "max_descs of it hold no frame");
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_set_layout);

static int nic_layout_show(struct seq_file *m, void *unused)
{
	struct nic_hw *hw = m->private;

	seq_printf(m, "%s\n", READ_ONCE(hw->layout)->name);
	return 0;
}

static int nic_layout_open(struct inode *inode, struct file *file)
{
	return single_open(file, nic_layout_show, inode->i_private);
}

static ssize_t nic_layout_write(struct file *file, const char __user *buf,
				size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	char word[WIRE_NAME_LEN];
	char *name = wire_word(word, buf, count);

	if (IS_ERR(name))
		return PTR_ERR(name);
	return nic_hw_set_layout(m->private, name) ?: count;
}

static const struct file_operations nic_layout_fops = {
	.owner = THIS_MODULE,
	.open = nic_layout_open,
	.release = single_release,
	.read = seq_read,
	.write = nic_layout_write,
	.llseek = seq_lseek,
};

/**
 * nic_layout_debugfs() - make the file hw/tx_layout
 * @hw: the NIC, its folder there
 *
 * Context: process.
 */
void nic_layout_debugfs(struct nic_hw *hw)
{
	debugfs_create_file("tx_layout", 0600, hw->dir, hw, &nic_layout_fops);
}
