// SPDX-License-Identifier: GPL-2.0
/*
 * What the hardware can at most, as another model of it would: settings, read
 * by the driver from registers, and kept by nic_tx.c and nic_ring.c.
 */

#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/device.h>

#include "nic_dev.h"

/**
 * struct nic_limit_row - a limit
 * @name: of its file in debugfs
 * @min: least that it may be
 * @max: most that it may be, as of the model that is there at the start
 */
struct nic_limit_row {
	const char *name;
	u32 min;
	u32 max;
};

static const struct nic_limit_row nic_limit_rows[] = {
	[NIC_LIMIT_DESCS] = { "max_descs", 1, NIC_RING_MAX - 1 },
	[NIC_LIMIT_SLICE] = { "max_slice", NIC_MAX_HDR_LEN, NIC_MAX_TSO_LEN },
	[NIC_LIMIT_DMA_BITS] = { "dma_bits", 32, 64 },
};

/**
 * nic_limits_init() - as much as this hardware can
 * @hw: the NIC
 */
void nic_limits_init(struct nic_hw *hw)
{
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(nic_limit_rows) != NIC_LIMITS);
	for (i = 0; i < NIC_LIMITS; i++)
		hw->limits[i] = nic_limit_rows[i].max;
}

/**
 * nic_limits_hold_frame() - can each frame be sent, if only in large slices?
 * @layout: of descriptors
 * @descs: most of a chain
 * @slice: longest slice, octets
 *
 * Return: whether NIC_MAX_FRAME octets fit.
 */
bool nic_limits_hold_frame(const struct nic_layout *layout, u64 descs,
			   u32 slice)
{
	slice = min(slice, layout->max_slice);
	return min(slice, layout->max_hdr) + (descs - 1) * slice >=
	       NIC_MAX_FRAME;
}

/* Under reg_lock. */
static int nic_limit_change(struct nic_hw *hw, enum nic_limit limit, u32 val)
{
	u32 descs = hw->limits[NIC_LIMIT_DESCS];
	u32 slice = hw->limits[NIC_LIMIT_SLICE];

	if (limit == NIC_LIMIT_DESCS)
		descs = val;
	else if (limit == NIC_LIMIT_SLICE)
		slice = val;
	if (hw->ctrl & NIC_CTRL_ENABLE)
		return -EBUSY;
	if (!nic_limits_hold_frame(hw->layout, descs, slice))
		return -ERANGE;
	WRITE_ONCE(hw->limits[limit], val);
	return 0;
}

/**
 * nic_hw_set_limit() - make it a model that can do less, or all again
 * @hw: the NIC, disabled; its driver reads registers when it starts
 * @limit: which limit
 * @val: the limit: descriptors, octets or bits
 *
 * What is wrong is said in the kernel's log.
 *
 * Context: process context.
 * Return: 0; -EINVAL: no value for this limit; -ERANGE: descriptors and slices
 * would not hold a frame of NIC_MAX_FRAME octets; -EBUSY: the NIC is enabled.
 */
int nic_hw_set_limit(struct nic_hw *hw, enum nic_limit limit, u64 val)
{
	const struct nic_limit_row *row = &nic_limit_rows[limit];
	unsigned long flags;
	int err = -EINVAL;

	if (val >= row->min && val <= row->max) {
		raw_spin_lock_irqsave(&hw->reg_lock, flags);
		err = nic_limit_change(hw, limit, val);
		raw_spin_unlock_irqrestore(&hw->reg_lock, flags);
	}
	if (err == -EINVAL)
		dev_notice(hw->dma_dev, "%s: %s is %u to %u, not %llu\n",
			   hw->name, row->name, row->min, row->max, val);
	else if (err == -ERANGE)
		dev_notice(hw->dma_dev,
			   "%s: %s %llu: max_descs times max_slice must hold a frame of %u octets\n",
			   hw->name, row->name, val, NIC_MAX_FRAME);
	else if (err)
		dev_notice(hw->dma_dev, "%s: %s: set the link down first\n",
			   hw->name, row->name);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(nic_hw_set_limit);

static int nic_limit_set(void *data, u64 val)
{
	struct nic_limit_file *file = data;

	return nic_hw_set_limit(file->hw, file->limit, val);
}

static int nic_limit_get(void *data, u64 *val)
{
	struct nic_limit_file *file = data;

	*val = nic_limit(file->hw, file->limit);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(nic_limit_fops, nic_limit_get, nic_limit_set,
			 "%llu\n");

/**
 * nic_limits_debugfs() - make the files of the limits
 * @hw: the NIC, its folder there
 *
 * Context: process context.
 */
void nic_limits_debugfs(struct nic_hw *hw)
{
	struct nic_limit_file *file = hw->limit_files;
	int i;

	for (i = 0; i < NIC_LIMITS; i++, file++) {
		file->hw = hw;
		file->limit = i;
		debugfs_create_file_unsafe(nic_limit_rows[i].name, 0600,
					   hw->dir, file, &nic_limit_fops);
	}
}
