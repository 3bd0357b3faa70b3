// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel calls in the place of its own segmentation.
 */
#include <kunit/visibility.h>
#include <linux/percpu.h>
#include <net/gso.h>

#include "takeover.h"

static DEFINE_PER_CPU(struct takeover_counters, takeover_counters);

bool takeover_on;

/*
 * Is this the inside of a tunnel that the stack takes off itself? It moves the
 * MAC header there, or has counted the headers before it.
 */
static bool takeover_nested(const struct sk_buff *skb)
{
	return SKB_GSO_CB(skb)->encap_level || skb_tnl_header_len(skb);
}

/* skb->data is at the IP header, as the stock functions have it. */
static __always_inline unsigned int takeover_try(struct sk_buff *skb,
						 netdev_features_t features,
						 struct sk_buff **segs)
{
	unsigned int depth, reason;

	if (unlikely(!READ_ONCE(takeover_on)))
		return TAKEOVER_OFF;
	if (unlikely(takeover_nested(skb)))
		return TAKEOVER_NESTED;
	depth = skb->data - skb_mac_header(skb);
	__skb_push(skb, depth);
	reason = hgso_unpack(skb, features, segs);
	__skb_pull(skb, depth);
	return reason;
}

static unsigned int takeover_count(const struct sk_buff *segs)
{
	unsigned int count = 0;

	for (; segs; segs = segs->next)
		count++;
	return count;
}

static __always_inline struct sk_buff *
takeover_segment(struct sk_buff *skb, netdev_features_t features,
		 const struct takeover_slot *slot)
{
	struct sk_buff *segs = NULL;
	takeover_segment_fn stock;
	unsigned int reason;

	reason = takeover_try(skb, features, &segs);
	this_cpu_inc(takeover_counters.packets[reason]);
	if (unlikely(reason)) {
		stock = READ_ONCE(slot->stock);
		return stock(skb, features);
	}
	this_cpu_add(takeover_counters.segments, takeover_count(segs));
	return segs;
}

struct sk_buff *takeover_ipv4(struct sk_buff *skb, netdev_features_t features)
{
	return takeover_segment(skb, features, &takeover_slots[0]);
}
EXPORT_SYMBOL_IF_KUNIT(takeover_ipv4);

struct sk_buff *takeover_ipv6(struct sk_buff *skb, netdev_features_t features)
{
	return takeover_segment(skb, features, &takeover_slots[1]);
}
EXPORT_SYMBOL_IF_KUNIT(takeover_ipv6);

/**
 * takeover_sum() - the counters of all CPUs
 * @sum: filled in
 *
 * Context: any.
 */
void takeover_sum(struct takeover_counters *sum)
{
	const struct takeover_counters *one;
	unsigned int i;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		one = per_cpu_ptr(&takeover_counters, cpu);
		sum->segments += READ_ONCE(one->segments);
		for (i = 0; i < TAKEOVER_NR_REASONS; i++)
			sum->packets[i] += READ_ONCE(one->packets[i]);
	}
}
EXPORT_SYMBOL_IF_KUNIT(takeover_sum);

/**
 * takeover_reason_name() - a reason's name, for the status file
 * @reason: &enum hgso_reason, &enum hgso_unpack_reason or &enum takeover_reason
 *
 * Context: any.
 * Return: a constant string.
 */
const char *takeover_reason_name(unsigned int reason)
{
	switch (reason) {
	case TAKEOVER_OFF:
		return "off";
	case TAKEOVER_NESTED:
		return "nested";
	default:
		return hgso_unpack_reason_name(reason);
	}
}
EXPORT_SYMBOL_IF_KUNIT(takeover_reason_name);
