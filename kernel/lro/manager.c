// SPDX-License-Identifier: GPL-2.0
/*
 * A manager: is it in order as the driver filled it in?
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/netdevice.h>

#include "lro_impl.h"

/* More is no alignment any more. */
#define LRO_MAX_PAD	256

/* What is wrong with a manager, or NULL. */
static const char *lro_wrong(const struct net_lro_mgr *mgr)
{
	if (!mgr->dev)
		return "no device";
	if (!mgr->lro_arr)
		return "no array of descriptors";
	if (mgr->max_desc <= 0)
		return "max_desc is not positive";
	if (mgr->max_aggr <= 0 || mgr->max_aggr > U16_MAX)
		return "max_aggr is not 1 to 65535";
	if (!mgr->get_skb_header && !mgr->get_frag_header)
		return "no get_skb_header and no get_frag_header";
	if (mgr->ip_summed > CHECKSUM_COMPLETE ||
	    mgr->ip_summed_aggr > CHECKSUM_COMPLETE)
		return "ip_summed is nothing that a received packet has";
	if (mgr->frag_align_pad < 0 || mgr->frag_align_pad > LRO_MAX_PAD)
		return "frag_align_pad is out of range";
	if (mgr->stated && mgr->max_desc > mgr->stated)
		return "max_desc is more than lro_arr has";
	return NULL;
}

/* All descriptors unused. */
static void lro_setup(struct net_lro_mgr *mgr)
{
	int i;

	INIT_LIST_HEAD(&mgr->open);
	INIT_LIST_HEAD(&mgr->unused);
	memset(mgr->lro_arr, 0, mgr->max_desc * sizeof(*mgr->lro_arr));
	for (i = 0; i < mgr->max_desc; i++)
		list_add_tail(&mgr->lro_arr[i].list, &mgr->unused);
	mgr->checked = mgr->max_desc;
}

/* A manager that worked may have been changed. */
static const char *lro_check_again(struct net_lro_mgr *mgr)
{
	const char *wrong = lro_wrong(mgr);

	lro_flush_all(mgr);
	mgr->checked = 0;
	if (!wrong)
		lro_setup(mgr);
	return wrong;
}

/**
 * lro_check() - is a manager in order that was never checked, or changed?
 * @mgr: the manager; what is open is flushed
 *
 * Context: softirq.
 * Return: true when it may be used now. When not, it is said once.
 */
bool lro_check(struct net_lro_mgr *mgr)
{
	const char *wrong = lro_check_again(mgr);

	if (!wrong)
		return true;
	if (!mgr->warned)
		pr_warn("inet_lro: %s: %s: nothing is merged\n",
			mgr->dev ? netdev_name(mgr->dev) : "no device", wrong);
	mgr->warned = true;
	return false;
}

/**
 * lro_mgr_init() - check a manager before its first packet
 * @lro_mgr: zeroed, and filled in by the driver
 * @nr_desc: how many descriptors its @lro_arr has: not less than its @max_desc,
 *	neither now nor when the driver changes that
 *
 * A manager for which this is not called is checked with its first packet; how
 * long its array is must be believed then. When it is changed it may be called
 * again: what is open is flushed.
 *
 * Context: process, with softirqs off when packets are held; or softirq.
 * Return: 0; -EINVAL for a manager that cannot work, and the log says why;
 *	-ENOSPC when the array has fewer descriptors than @lro_mgr->max_desc.
 */
int lro_mgr_init(struct net_lro_mgr *lro_mgr, unsigned int nr_desc)
{
	const char *wrong;

	lro_mgr->stated = nr_desc;
	if (lro_mgr->max_desc > 0 && nr_desc < lro_mgr->max_desc)
		wrong = "max_desc is more than lro_arr has";
	else
		wrong = lro_check_again(lro_mgr);
	if (!wrong)
		return 0;
	lro_mgr->warned = true;
	pr_err("inet_lro: %s: %s\n",
	       lro_mgr->dev ? netdev_name(lro_mgr->dev) : "no device", wrong);
	return lro_mgr->max_desc > 0 && nr_desc < lro_mgr->max_desc ?
	       -ENOSPC : -EINVAL;
}
EXPORT_SYMBOL_GPL(lro_mgr_init);

MODULE_DESCRIPTION("Generic Large Receive Offload");
MODULE_LICENSE("GPL");
