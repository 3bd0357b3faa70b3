// SPDX-License-Identifier: GPL-2.0
/*
 * Another module that takes segmentation over, for tests: it puts its own
 * functions over whatever is there, passes all on, and puts back what was there
 * when it is unloaded. It knows nothing of hgso_takeover.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <net/hotdata.h>

typedef struct sk_buff *(*over_segment_fn)(struct sk_buff *skb,
					   netdev_features_t features);

static over_segment_fn over_below_ipv4, over_below_ipv6;
static atomic_t over_calls;

static int over_get_calls(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&over_calls));
}

static const struct kernel_param_ops over_calls_ops = {
	.get = over_get_calls,
};

module_param_cb(calls, &over_calls_ops, NULL, 0444);
MODULE_PARM_DESC(calls, "How many packets have come by");

static struct sk_buff *over_ipv4(struct sk_buff *skb,
				 netdev_features_t features)
{
	atomic_inc(&over_calls);
	return READ_ONCE(over_below_ipv4)(skb, features);
}

static struct sk_buff *over_ipv6(struct sk_buff *skb,
				 netdev_features_t features)
{
	atomic_inc(&over_calls);
	return READ_ONCE(over_below_ipv6)(skb, features);
}

static over_segment_fn *over_place(struct packet_offload *offload)
{
	return &offload->callbacks.gso_segment;
}

/* What was there is known before ours can be called. */
static void over_put(over_segment_fn *place, over_segment_fn *below,
		     over_segment_fn ours)
{
	over_segment_fn was = READ_ONCE(*place);

	do {
		WRITE_ONCE(*below, was);
	} while (!try_cmpxchg(place, &was, ours));
}

static int __init over_init(void)
{
	over_put(over_place(&net_hotdata.ip_packet_offload), &over_below_ipv4,
		 over_ipv4);
	over_put(over_place(&net_hotdata.ipv6_packet_offload),
		 &over_below_ipv6, over_ipv6);
	return 0;
}

/* For tests, where nobody comes after this one. */
static void __exit over_exit(void)
{
	WRITE_ONCE(*over_place(&net_hotdata.ip_packet_offload),
		   over_below_ipv4);
	WRITE_ONCE(*over_place(&net_hotdata.ipv6_packet_offload),
		   over_below_ipv6);
	synchronize_net();
}

module_init(over_init);
module_exit(over_exit);

MODULE_DESCRIPTION("Another module that takes segmentation over, for tests");
MODULE_LICENSE("GPL");
