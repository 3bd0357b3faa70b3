// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver with hgso has beyond the least: memory of its own for headers
 * that no headroom holds, as BIG TCP's, and hardware that does not sum. And the
 * knobs in debugfs that force either.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "nic.h"
#include "wire.h"

/*
 * A frame of hgso's takes two descriptors at least, and its headers 72 to 96
 * octets: room for what fills the ring of descriptors.
 */
#define NIC_HDR_LEN		128

struct nic_hdr_ring {
	struct hgso_ring ring;				/* hgso: ring */
	void *mem;					/* hgso: ring */
	dma_addr_t dma;					/* hgso: ring */
	u32 size;					/* hgso: ring */
};

static const char * const nic_headers_names[] = {
	[NIC_HEADERS_BOTH] = "both",
	[NIC_HEADERS_HEADROOM] = "headroom",
	[NIC_HEADERS_RING] = "ring",
};

/**
 * nic_hdr_ring_alloc() - memory for the headers of a transmit ring
 * @nic: the NIC
 * @descs: descriptors of the ring
 *
 * Context: process.
 * Return: it, or NULL.
 */
struct nic_hdr_ring *nic_hdr_ring_alloc(struct nsim_nic *nic, u32 descs)
{
	struct nic_hdr_ring *hdrs = kzalloc(sizeof(*hdrs), GFP_KERNEL);

	if (!hdrs)
		return NULL;
	hdrs->size = max(roundup_pow_of_two(descs * NIC_HDR_LEN), SZ_8K);	/* hgso: ring */
	hdrs->mem = dma_alloc_coherent(nic->dma_dev, hdrs->size, &hdrs->dma,	/* hgso: ring */
				       GFP_KERNEL);	/* hgso: ring */
	if (!hdrs->mem)					/* hgso: ring */
		goto err_free;				/* hgso: ring */
	if (hgso_ring_init(&hdrs->ring, hdrs->mem, hdrs->dma, hdrs->size))	/* hgso: ring */
		goto err_free_mem;			/* hgso: ring */
	return hdrs;

err_free_mem:						/* hgso: ring */
	dma_free_coherent(nic->dma_dev, hdrs->size, hdrs->mem, hdrs->dma);	/* hgso: ring */
err_free:
	kfree(hdrs);
	return NULL;
}

/**
 * nic_hdr_ring_free() - free what nic_hdr_ring_alloc() returned
 * @nic: the NIC
 * @hdrs: nothing is in it; or NULL
 *
 * Context: process.
 */
void nic_hdr_ring_free(struct nsim_nic *nic, struct nic_hdr_ring *hdrs)
{
	if (!hdrs)
		return;
	hgso_ring_exit(&hdrs->ring);			/* hgso: ring */
	dma_free_coherent(nic->dma_dev, hdrs->size, hdrs->mem, hdrs->dma);	/* hgso: ring */
	kfree(hdrs);
}

/**
 * nic_headers_set() - before a queue starts: where hgso puts headers, and
 *	whether it sums
 * @ring: it has its memory
 *
 * Context: process, under RTNL.
 */
void nic_headers_set(struct nic_tx_ring *ring)
{
	const struct hgso_sink *large = &ring->mem.hdr_ring->ring.sink;	/* hgso: ring */
	const struct hgso_sink *sink = &hgso_headroom;

	if (ring->nic->headers == NIC_HEADERS_RING)
		sink = large;
	if (ring->nic->headers != NIC_HEADERS_BOTH)
		large = NULL;
	hgso_txq_set_sinks(&ring->hgso, sink, large);	/* hgso: ring */
	ring->hgso.finish_csum = !ring->nic->tx_csum;	/* hgso: csum */
}

/**
 * nic_tx_finish() - make a plain skb such as the hardware takes
 * @ring: the ring
 * @skb: of one frame
 *
 * Context: under the transmit queue's lock.
 * Return: 0, or what the engine said.
 */
int nic_tx_finish(struct nic_tx_ring *ring, struct sk_buff *skb)
{
	const struct nsim_nic *nic = ring->nic;
	bool pieces = skb_is_nonlinear(skb);
	bool sum = skb->ip_summed == CHECKSUM_PARTIAL;
	netdev_features_t does = 0;
	int err;

	if (nic->max_descs > 1)
		does |= NETIF_F_SG;			/* hgso: csum */
	if (nic->tx_csum)
		does |= NETIF_F_HW_CSUM;		/* hgso: csum */
	err = hgso_finish(skb, does);			/* hgso: csum */
	u64_stats_update_begin(&ring->sync);
	ring->stats.linearized += pieces && !skb_is_nonlinear(skb);
	ring->stats.summed += sum && skb->ip_summed != CHECKSUM_PARTIAL;
	u64_stats_update_end(&ring->sync);
	return err;
}

/* Queues read it when they start. */
static int nic_headers_change(struct nsim_nic *nic, u32 *setting, u32 val)
{
	int err = 0;

	rtnl_lock();
	if (nic->up)
		err = -EBUSY;
	else
		*setting = val;
	rtnl_unlock();
	if (err)
		netdev_notice(nic->netdev, "set the link down first\n");
	return err;
}

static int nic_headers_show(struct seq_file *m, void *unused)
{
	struct nsim_nic *nic = m->private;

	seq_printf(m, "%s\n", nic_headers_names[READ_ONCE(nic->headers)]);
	return 0;
}

static int nic_headers_open(struct inode *inode, struct file *file)
{
	return single_open(file, nic_headers_show, inode->i_private);
}

static ssize_t nic_headers_write(struct file *file, const char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	struct nsim_nic *nic = m->private;
	char word[WIRE_NAME_LEN];
	char *name = wire_word(word, buf, count);
	int which;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	which = sysfs_match_string(nic_headers_names, name);
	if (which < 0)
		return which;
	err = nic_headers_change(nic, &nic->headers, which);
	return err ?: count;
}

static const struct file_operations nic_headers_fops = {
	.owner = THIS_MODULE,
	.open = nic_headers_open,
	.release = single_release,
	.read = seq_read,
	.write = nic_headers_write,
	.llseek = seq_lseek,
};

static int nic_tx_csum_get(void *data, u64 *val)
{
	struct nsim_nic *nic = data;

	*val = nic->tx_csum;
	return 0;
}

static int nic_tx_csum_set(void *data, u64 val)
{
	struct nsim_nic *nic = data;

	if (val > 1)
		return -EINVAL;
	return nic_headers_change(nic, &nic->tx_csum, val);
}

DEFINE_DEBUGFS_ATTRIBUTE(nic_tx_csum_fops, nic_tx_csum_get, nic_tx_csum_set,
			 "%llu\n");

static int nic_rx_headroom_get(void *data, u64 *val)
{
	struct nsim_nic *nic = data;

	*val = nic->rx_headroom;
	return 0;
}

/* What hgro leaves for the headers of what is forwarded. */
static int nic_rx_headroom_set(void *data, u64 val)
{
	struct nsim_nic *nic = data;
	u32 i;
	int err;

	if (val > U32_MAX)
		return -EINVAL;
	for (i = 0; i < nic->nr_queues; i++) {
		err = hgro_set_headroom(nic->queues[i].rx.hgro, val);
		if (err)
			return err;
	}
	WRITE_ONCE(nic->rx_headroom, val);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(nic_rx_headroom_fops, nic_rx_headroom_get,
			 nic_rx_headroom_set, "%llu\n");

/**
 * nic_headers_init() - driver/headers, driver/tx_csum and driver/rx_headroom
 * @nic: the NIC, its folder driver/ there
 *
 * Context: process.
 */
void nic_headers_init(struct nsim_nic *nic)
{
	struct dentry *dir = debugfs_lookup("driver", nic->ddir);

	nic->headers = NIC_HEADERS_BOTH;
	nic->tx_csum = 1;
	debugfs_create_file("headers", 0600, dir, nic, &nic_headers_fops);
	debugfs_create_file_unsafe("tx_csum", 0600, dir, nic,
				   &nic_tx_csum_fops);
	debugfs_create_file_unsafe("rx_headroom", 0600, dir, nic,
				   &nic_rx_headroom_fops);
	dput(dir);
}
