// SPDX-License-Identifier: GPL-2.0
/*
 * The driver half, broken on purpose: the knob driver/bug in debugfs, which
 * only root can write, and what bugs need that is more than a line. Nothing
 * that they do reaches memory of others: the emulated IOMMU sees to that.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "nic.h"
#include "wire.h"

#define NIC_BUG_HEADER_SIZE	2048	/* longer linear data is mapped as it is */

DEFINE_STATIC_KEY_FALSE(nic_bugs);

static const char * const nic_bug_names[] = {
	[NIC_BUG_NONE] = "none",
	[NIC_BUG_USE_AFTER_UNMAP] = "use-after-unmap",
	[NIC_BUG_LEAK] = "leak",
	[NIC_BUG_LENGTH] = "length",
	[NIC_BUG_DIRECTION] = "direction",
	[NIC_BUG_NO_SYNC] = "no-sync",
	[NIC_BUG_RING] = "ring",
	[NIC_BUG_EARLY] = "early",
	[NIC_BUG_HEADER] = "header",
};

/*
 * A map that was forgotten, so that it can be undone when the bug is over: one
 * of this driver's, or all of a super-packet by hgso.
 */
struct nic_bug_lost {
	struct list_head node;
	dma_addr_t addr;
	u32 len;
	struct nic_tx_ring *ring;
	struct sk_buff *skb;
};

/**
 * nic_bug_posted() - NIC_BUG_USE_AFTER_UNMAP: a packet was posted
 * @ring: the ring
 * @first: its first descriptor
 *
 * Context: under the transmit queue's lock, before the doorbell.
 */
void nic_bug_posted(struct nic_tx_ring *ring, u32 first)
{
	struct nic_tx_buf *buf;

	for (; first != ring->use; first = (first + 1) % ring->mem.size) {
		buf = &ring->mem.bufs[first];
		if (!nic_tx_unmap(ring, buf))
			continue;
		/* Completion counts an unmap where it finds a map. */
		buf->map = NIC_MAP_GONE;
	}
}

/*
 * As if the descriptor rings had been mixed up: the device will write there, when
 * it has used up the descriptors that it has fetched already.
 */
static void nic_bug_post_to_rx(struct nic_tx_ring *ring, __le64 addr)
{
	struct nic_rx_ring *rx = &ring->nic->queues[ring->index].rx;
	u32 end = READ_ONCE(rx->use);
	u32 at;

	/* Its buffers are known by page, so that the page of each comes back. */
	for (at = READ_ONCE(rx->clean); at != end; at = (at + 1) % rx->mem.size)
		WRITE_ONCE(rx->mem.desc[at].addr, addr);
}

/**
 * nic_bug_hgso() - the bugs on hgso's maps: a super-packet was posted
 * @ring: the ring
 * @skb: the super-packet
 * @buf: beside its last descriptor
 *
 * Context: under the transmit queue's lock, before the doorbell.
 */
void nic_bug_hgso(struct nic_tx_ring *ring, struct sk_buff *skb,
		  struct nic_tx_buf *buf)
{
	struct nic_tx_desc *last = &ring->mem.desc[buf - ring->mem.bufs];

	switch (READ_ONCE(ring->nic->bug)) {
	case NIC_BUG_USE_AFTER_UNMAP:
		hgso_unmap(&ring->hgso, skb);	/* hgso: bug */
		buf->map = NIC_MAP_GONE;
		break;
	case NIC_BUG_LENGTH:
		le32_add_cpu(&last->len, 1);
		break;
	case NIC_BUG_HEADER:
		/* As if they were those of the next one already. */
		hgso_pkt(skb)->hdrs[ETH_ALEN]++;
		break;
	case NIC_BUG_DIRECTION:
		nic_bug_post_to_rx(ring, last->addr);
		break;
	default:
		break;
	}
}

static void nic_bug_lose(struct nsim_nic *nic, struct nic_bug_lost *lost)
{
	spin_lock_bh(&nic->bug_lock);
	list_add(&lost->node, &nic->bug_lost);
	spin_unlock_bh(&nic->bug_lock);
}

/**
 * nic_bug_forget() - NIC_BUG_LEAK: do not unmap what was mapped
 * @nic: the NIC
 * @buf: beside its descriptor
 *
 * Context: under the transmit queue's lock.
 */
void nic_bug_forget(struct nsim_nic *nic, struct nic_tx_buf *buf)
{
	struct nic_bug_lost *lost;

	if (buf->map == NIC_MAP_NONE)
		return;
	lost = kzalloc(sizeof(*lost), GFP_ATOMIC);
	if (!lost)
		return;
	lost->addr = buf->addr;
	lost->len = buf->len;
	nic_bug_lose(nic, lost);
	buf->map = NIC_MAP_NONE;
}

/**
 * nic_bug_stopped() - NIC_BUG_LEAK: free super-packets without hgso_unmap()
 * @ring: the ring, stopped; what is in it will be freed
 *
 * They are not freed yet in truth: hgso's notes of the maps are in their heads.
 *
 * Context: process; queue and NAPI are off.
 */
void nic_bug_stopped(struct nic_tx_ring *ring)
{
	struct nic_bug_lost *lost;
	struct nic_tx_buf *buf;
	u32 at;

	for (at = ring->clean; at != ring->use; at = (at + 1) % ring->mem.size) {
		buf = &ring->mem.bufs[at];
		/* Memory of the ring's own goes with it. */
		if (!buf->skb || buf->txs->kind != NIC_TX_KIND_HGSO ||
		    hgso_pkt(buf->skb)->sink != &hgso_headroom)
			continue;
		lost = kzalloc(sizeof(*lost), GFP_KERNEL);
		if (!lost)
			continue;
		lost->ring = ring;
		lost->skb = skb_get(buf->skb);
		nic_bug_lose(ring->nic, lost);
		buf->map = NIC_MAP_GONE;
	}
}

/**
 * nic_bug_header() - NIC_BUG_HEADER: where linear data is mapped
 * @nic: the NIC
 * @data: the linear data
 * @len: its octets
 *
 * Context: under a transmit queue's lock.
 * Return: the one buffer, with the data in it; @data where it does not fit.
 */
void *nic_bug_header(struct nsim_nic *nic, void *data, u32 len)
{
	if (len > NIC_BUG_HEADER_SIZE || !nic->bug_header)
		return data;
	memcpy(nic->bug_header, data, len);
	return nic->bug_header;
}

static void nic_bug_undo_hgso(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	struct napi_struct *napi = &ring->nic->queues[ring->index].napi;

	/* Completions count what they unmap. */
	if (ring->nic->up)
		napi_disable(napi);
	hgso_unmap(&ring->hgso, skb);	/* hgso: bug */
	if (ring->nic->up) {
		napi_enable(napi);
		/* An interrupt in between masked its vector, and polled not. */
		local_bh_disable();
		napi_schedule(napi);
		local_bh_enable();
	}
	kfree_skb(skb);
}

/* What was leaked on purpose is given back. Under RTNL. */
static void nic_bug_undo(struct nsim_nic *nic)
{
	struct nic_bug_lost *lost, *next;
	LIST_HEAD(all);

	spin_lock_bh(&nic->bug_lock);
	list_splice_init(&nic->bug_lost, &all);
	spin_unlock_bh(&nic->bug_lock);
	list_for_each_entry_safe(lost, next, &all, node) {
		if (lost->skb)
			nic_bug_undo_hgso(lost->ring, lost->skb);
		else
			dma_unmap_single(nic->dma_dev, lost->addr, lost->len,
					 DMA_TO_DEVICE);
		kfree(lost);
	}
}

/* Under RTNL. */
static int nic_bug_set(struct nsim_nic *nic, enum nic_bug_kind bug)
{
	if (bug == nic->bug)
		return 0;
	if (bug == NIC_BUG_HEADER && !nic->bug_header) {
		nic->bug_header = kmalloc(NIC_BUG_HEADER_SIZE, GFP_KERNEL);
		if (!nic->bug_header)
			return -ENOMEM;
	}
	if (nic->bug == NIC_BUG_NONE)
		static_branch_inc(&nic_bugs);
	else if (bug == NIC_BUG_NONE)
		static_branch_dec(&nic_bugs);
	WRITE_ONCE(nic->bug, bug);
	if (bug == NIC_BUG_NONE)
		nic_bug_undo(nic);
	return 0;
}

static int nic_bug_show(struct seq_file *m, void *unused)
{
	struct nsim_nic *nic = m->private;
	int i;

	for (i = 0; i < NIC_BUG_KINDS; i++)
		seq_printf(m, i == READ_ONCE(nic->bug) ? "[%s]\n" : "%s\n",
			   nic_bug_names[i]);
	return 0;
}

static int nic_bug_open(struct inode *inode, struct file *file)
{
	return single_open(file, nic_bug_show, inode->i_private);
}

static ssize_t nic_bug_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	char word[WIRE_NAME_LEN];
	char *name = wire_word(word, buf, count);
	int bug;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	bug = sysfs_match_string(nic_bug_names, name);
	if (bug < 0)
		return bug;
	rtnl_lock();
	err = nic_bug_set(m->private, bug);
	rtnl_unlock();
	return err ?: count;
}

static const struct file_operations nic_bug_fops = {
	.owner = THIS_MODULE,
	.open = nic_bug_open,
	.release = single_release,
	.read = seq_read,
	.write = nic_bug_write,
	.llseek = seq_lseek,
};

/**
 * nic_bug_init() - a driver without bugs, and the knob driver/bug
 * @nic: the NIC, its folder driver/ there
 *
 * Context: process.
 */
void nic_bug_init(struct nsim_nic *nic)
{
	struct dentry *dir = debugfs_lookup("driver", nic->ddir);

	spin_lock_init(&nic->bug_lock);
	INIT_LIST_HEAD(&nic->bug_lost);
	debugfs_create_file("bug", 0600, dir, nic, &nic_bug_fops);
	dput(dir);
}

/**
 * nic_bug_exit() - the NIC goes: give back what was leaked on purpose
 * @nic: the NIC, down; the knob is gone
 *
 * Context: process.
 */
void nic_bug_exit(struct nsim_nic *nic)
{
	rtnl_lock();
	nic_bug_set(nic, NIC_BUG_NONE);
	/* What was sent while the bug was turned off may be left. */
	nic_bug_undo(nic);
	rtnl_unlock();
	kfree(nic->bug_header);
}
