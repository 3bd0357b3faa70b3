// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel calls in the place of its own segmentation.
 */
#include <kunit/visibility.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>
#include <net/gso.h>

#include "takeover.h"

/*
 * What is timed: kinds that ours takes, so that it compares. The kernel comes by
 * here once more for what is in a tunnel; that is a few nanoseconds.
 */
#define TAKEOVER_TIMED	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_UDP_L4 | \
			 SKB_GSO_DODGY | SKB_GSO_TCP_ECN | \
			 SKB_GSO_TCP_FIXEDID | SKB_GSO_GRE | \
			 SKB_GSO_GRE_CSUM | SKB_GSO_UDP_TUNNEL | \
			 SKB_GSO_UDP_TUNNEL_CSUM | SKB_GSO_IPXIP4 | \
			 SKB_GSO_IPXIP6)

static DEFINE_PER_CPU(struct takeover_counters, takeover_counters);
/* Super-packets since the last one that was timed; and those. */
static DEFINE_PER_CPU(unsigned int, takeover_turn);
static DEFINE_PER_CPU(unsigned int, takeover_samples);

bool takeover_on;
unsigned int takeover_sample;
EXPORT_SYMBOL_IF_KUNIT(takeover_sample);

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

/* What came of ours; passed on when it did not take it. */
static __always_inline struct sk_buff *
takeover_finish(struct sk_buff *skb, netdev_features_t features,
		const struct takeover_slot *slot, unsigned int reason,
		struct sk_buff *segs)
{
	takeover_segment_fn stock;

	this_cpu_inc(takeover_counters.packets[reason]);
	if (unlikely(reason)) {
		stock = READ_ONCE(slot->stock);
		return stock(skb, features);
	}
	this_cpu_add(takeover_counters.segments, takeover_count(segs));
	return segs;
}

/* Would ours take it, and is it one's turn to be timed? */
static bool takeover_is_sample(const struct sk_buff *skb,
			       netdev_features_t features)
{
	const unsigned int type = skb_shinfo(skb)->gso_type;

	if (!READ_ONCE(takeover_on) || takeover_nested(skb) ||
	    type & ~TAKEOVER_TIMED || skb->ip_summed != CHECKSUM_PARTIAL ||
	    net_gso_ok(features | NETIF_F_GSO_ROBUST, type))
		return false;
	if (this_cpu_inc_return(takeover_turn) < READ_ONCE(takeover_sample))
		return false;
	this_cpu_write(takeover_turn, 0);
	return true;
}

static void takeover_add_time(enum takeover_who who,
			      const struct sk_buff *segs, u64 start)
{
	u64 ns = ktime_get_ns() - start;

	this_cpu_inc(takeover_counters.timed[who].packets);
	this_cpu_add(takeover_counters.timed[who].segments,
		     takeover_count(segs));
	this_cpu_add(takeover_counters.timed[who].ns, ns);
}

/* One is timed with ours, the next one with the kernel's. */
static noinline struct sk_buff *
takeover_sampled(struct sk_buff *skb, netdev_features_t features,
		 const struct takeover_slot *slot)
{
	bool sample = takeover_is_sample(skb, features);
	struct sk_buff *segs = NULL;
	takeover_segment_fn stock;
	unsigned int reason;
	u64 start;

	if (sample && this_cpu_inc_return(takeover_samples) & 1) {
		this_cpu_inc(takeover_counters.packets[TAKEOVER_SAMPLE]);
		stock = READ_ONCE(slot->stock);
		start = ktime_get_ns();
		segs = stock(skb, features);
		if (!IS_ERR_OR_NULL(segs))
			takeover_add_time(TAKEOVER_KERNEL, segs, start);
		return segs;
	}
	start = sample ? ktime_get_ns() : 0;
	reason = takeover_try(skb, features, &segs);
	if (sample && !reason)
		takeover_add_time(TAKEOVER_HGSO, segs, start);
	return takeover_finish(skb, features, slot, reason, segs);
}

static __always_inline struct sk_buff *
takeover_segment(struct sk_buff *skb, netdev_features_t features,
		 const struct takeover_slot *slot)
{
	struct sk_buff *segs = NULL;
	unsigned int reason;

	if (unlikely(READ_ONCE(takeover_sample)))
		return takeover_sampled(skb, features, slot);
	reason = takeover_try(skb, features, &segs);
	return takeover_finish(skb, features, slot, reason, segs);
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
		for (i = 0; i < TAKEOVER_NR_WHO; i++) {
			sum->timed[i].packets +=
				READ_ONCE(one->timed[i].packets);
			sum->timed[i].segments +=
				READ_ONCE(one->timed[i].segments);
			sum->timed[i].ns += READ_ONCE(one->timed[i].ns);
		}
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
	case TAKEOVER_SAMPLE:
		return "sample";
	default:
		return hgso_unpack_reason_name(reason);
	}
}
EXPORT_SYMBOL_IF_KUNIT(takeover_reason_name);
