// SPDX-License-Identifier: GPL-2.0
/*
 * The takeover of the kernel's segmentation: in place, switched, refused,
 * chained over by somebody else.
 */
#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/netdevice.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <net/gso.h>
#include <net/hotdata.h>

#include "takeover_test.h"

#define TAKEOVER_FLIPS	1000

static const struct super_spec takeover_specs[TAKEOVER_SLOTS] = {
	{ .name = "IPv4", .id = 0xfffe, .seq = 1, .flags = 0x18, .tcp_opts = 12,
	  .headroom = 128, .mss = 1448, .payload = 20000, .nr_frags = 2 },
	{ .name = "IPv6", .v6 = true, .seq = 1, .flags = 0x18, .tcp_opts = 12,
	  .headroom = 128, .mss = 1428, .payload = 20000, .nr_frags = 2 },
};

/* How many packets came to ours so far, and this became of them. */
unsigned long takeover_packets(unsigned int reason)
{
	struct takeover_counters sum;

	takeover_sum(&sum);
	return sum.packets[reason];
}

static unsigned long takeover_all(void)
{
	unsigned long all = 0;
	unsigned int i;

	for (i = 0; i < TAKEOVER_NR_REASONS; i++)
		all += takeover_packets(i);
	return all;
}

/* Segments of one of takeover_specs, as the stack makes them at the time. */
struct sk_buff *takeover_send(struct kunit *test, unsigned int version,
			      netdev_features_t features, u32 gso_type)
{
	struct unpack_rig *rig = test->priv;
	struct sk_buff *skb, *segs;

	skb = super_skb(rig->kinds->super, &takeover_specs[version]);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb->dev = rig->kinds->dev;
	skb_shinfo(skb)->gso_type |= gso_type;
	segs = unpack_stock(skb, features);
	kfree_skb(skb);
	return segs;
}

/* Are segments by the takeover those without it? Leaves it switched on. */
static void takeover_same(struct kunit *test)
{
	struct takeover_counters before, after;
	struct sk_buff *was[TAKEOVER_SLOTS], *is[TAKEOVER_SLOTS];
	unsigned int i;

	for (i = 0; i < TAKEOVER_SLOTS; i++)
		was[i] = takeover_send(test, i, TAKEOVER_FEATURES, 0);
	takeover_sum(&before);
	KUNIT_EXPECT_EQ(test, takeover_switch(true), 0);
	for (i = 0; i < TAKEOVER_SLOTS; i++)
		is[i] = takeover_send(test, i, TAKEOVER_FEATURES, 0);
	takeover_sum(&after);
	KUNIT_EXPECT_EQ(test, after.packets[HGSO_OK],
			before.packets[HGSO_OK] + 2);
	KUNIT_EXPECT_EQ(test, after.segments, before.segments + 14 + 15);

	for (i = 0; i < TAKEOVER_SLOTS; i++) {
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(was[i]) ||
				   IS_ERR_OR_NULL(is[i]));
		if (!IS_ERR_OR_NULL(was[i]) && !IS_ERR_OR_NULL(is[i]))
			KUNIT_EXPECT_STREQ(test, unpack_compare(is[i], was[i])
					   ?: "", "");
		if (!IS_ERR_OR_NULL(was[i]))
			kfree_skb_list(was[i]);
		if (!IS_ERR_OR_NULL(is[i]))
			kfree_skb_list(is[i]);
	}
}

static void takeover_in_place(struct kunit *test)
{
	takeover_segment_fn v4, v6;

	v4 = net_hotdata.ip_packet_offload.callbacks.gso_segment;
	v6 = net_hotdata.ipv6_packet_offload.callbacks.gso_segment;
	takeover_same(test);
	KUNIT_EXPECT_PTR_EQ(test, &takeover_ipv4,
			    net_hotdata.ip_packet_offload.callbacks.gso_segment);
	KUNIT_EXPECT_PTR_EQ(test, &takeover_ipv6,
			    net_hotdata.ipv6_packet_offload.callbacks.gso_segment);
	KUNIT_EXPECT_TRUE(test, takeover_held());
	/* Once more is no more. */
	KUNIT_EXPECT_EQ(test, takeover_switch(true), 0);

	KUNIT_EXPECT_EQ(test, takeover_switch(false), 0);
	KUNIT_EXPECT_FALSE(test, takeover_held());
	KUNIT_EXPECT_PTR_EQ(test, v4,
			    net_hotdata.ip_packet_offload.callbacks.gso_segment);
	KUNIT_EXPECT_PTR_EQ(test, v6,
			    net_hotdata.ipv6_packet_offload.callbacks.gso_segment);
	KUNIT_EXPECT_EQ(test, takeover_switch(false), 0);
}

/*
 * An untrusted packet that the device takes: verified, and counted so. A bridge
 * takes packets in part too, which it then need not.
 */
static void takeover_verifies(struct kunit *test)
{
	netdev_features_t all = TAKEOVER_FEATURES | NETIF_F_TSO | NETIF_F_TSO6;
	unsigned long whole, i;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	whole = takeover_packets(HGSO_UNPACK_WHOLE);
	for (i = 0; i < TAKEOVER_SLOTS; i++) {
		KUNIT_EXPECT_NULL(test, takeover_send(test, i, all,
						      SKB_GSO_DODGY));
		KUNIT_EXPECT_NULL(test, takeover_send(test, i, all |
						      NETIF_F_GSO_PARTIAL,
						      SKB_GSO_DODGY));
	}
	KUNIT_EXPECT_EQ(test, takeover_packets(HGSO_UNPACK_WHOLE), whole + 4);
}

/* A device that wants packets in part: one, of a multiple of the size. */
static void takeover_partial(struct kunit *test)
{
	netdev_features_t part = TAKEOVER_FEATURES | NETIF_F_GSO_PARTIAL;
	unsigned long before = takeover_packets(HGSO_UNPACK_PARTIAL), i;
	struct unpack_rig *rig = test->priv;
	struct net_device *dev = rig->kinds->dev;
	struct sk_buff *segs;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	dev->features = part | NETIF_F_TSO | NETIF_F_TSO6;
	dev->gso_partial_features = NETIF_F_TSO | NETIF_F_TSO6;
	for (i = 0; i < TAKEOVER_SLOTS; i++) {
		segs = takeover_send(test, i, part, 0);
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(segs));
		if (IS_ERR_OR_NULL(segs))
			continue;
		KUNIT_EXPECT_TRUE(test, skb_is_gso(segs));
		kfree_skb_list(segs);
	}
	dev->gso_partial_features = 0;
	dev->features = rig->features;
	KUNIT_EXPECT_EQ(test, takeover_packets(HGSO_UNPACK_PARTIAL),
			before + 2);
}

/* What hgso declines is the stock function's, and so is its error. */
static void takeover_passes(struct kunit *test)
{
	struct unpack_rig *rig = test->priv;
	struct sk_buff *skb, *segs;
	unsigned long before;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	before = takeover_packets(HGSO_LENGTH);
	skb = super_skb(rig->kinds->super, &takeover_specs[0]);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	ip_hdr(skb)->tot_len = 0;
	segs = unpack_stock(skb, TAKEOVER_FEATURES);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(segs));
	KUNIT_EXPECT_EQ(test, takeover_packets(HGSO_LENGTH), before + 1);
	if (!IS_ERR_OR_NULL(segs))
		kfree_skb_list(segs);

	/* Shorter than its own header says. */
	before = takeover_all();
	tcp_hdr(skb)->doff = 1;
	segs = unpack_stock(skb, TAKEOVER_FEATURES);
	KUNIT_EXPECT_PTR_EQ(test, segs, ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, takeover_all(), before + 1);
	kfree_skb(skb);
}

static const struct kinds_kind takeover_tunnel = {
	.name = "tunnel", .inner = KINDS_V6, .outer = KINDS_V4,
	.tunnel = KINDS_UDP_TUNNEL, .l4 = IPPROTO_TCP,
	/* The stack takes it off, hgso does not. */
	.mark = SKB_GSO_TUNNEL_REMCSUM,
};

/* A tunnel of the stack's own: its inside comes by again, and is left alone. */
static void takeover_nested_call(struct kunit *test)
{
	unsigned long type, nested, ok;
	struct unpack_rig *rig = test->priv;
	struct sk_buff *skb, *segs;
	struct kinds_spec spec;
	unsigned int round = 0;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	do {
		kinds_random(&takeover_tunnel, round++, &spec);
	} while (spec.check_kind != SUPER_PSEUDO || spec.teb);
	skb = kinds_skb(rig->kinds, &spec);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	type = takeover_packets(HGSO_GSO_TYPE);
	nested = takeover_packets(TAKEOVER_NESTED);
	ok = takeover_packets(HGSO_OK);
	segs = unpack_stock(skb, TAKEOVER_FEATURES);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(segs));
	KUNIT_EXPECT_EQ(test, takeover_packets(HGSO_GSO_TYPE), type + 1);
	KUNIT_EXPECT_EQ(test, takeover_packets(TAKEOVER_NESTED), nested + 1);
	KUNIT_EXPECT_EQ(test, takeover_packets(HGSO_OK), ok);
	if (!IS_ERR_OR_NULL(segs))
		kfree_skb_list(segs);
	kfree_skb(skb);
}

static void takeover_refuses_release(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, takeover_knows_release("6.12.117+deb13-amd64"));
	KUNIT_EXPECT_FALSE(test, takeover_knows_release("6.1.0-30-amd64"));
	KUNIT_EXPECT_FALSE(test, takeover_knows_release("6.120.3"));
	KUNIT_EXPECT_FALSE(test, takeover_knows_release("6.13.1"));
	KUNIT_EXPECT_FALSE(test, takeover_knows_release(""));
}

/* The struct's layout, or what is in it, is not what it should be. */
static void takeover_refuses_layout(struct kunit *test)
{
	struct packet_offload elsewhere = net_hotdata.ip_packet_offload;
	takeover_segment_fn was = elsewhere.callbacks.gso_segment;
	struct takeover_slot slot = takeover_slots[0];

	/* Not where the kernel looks. */
	slot.offload = &elsewhere;
	KUNIT_EXPECT_EQ(test, takeover_take(&slot), -EOPNOTSUPP);
	/* Another protocol's. */
	slot = takeover_slots[0];
	slot.offload = &net_hotdata.ipv6_packet_offload;
	KUNIT_EXPECT_EQ(test, takeover_take(&slot), -EOPNOTSUPP);
	/* Another function. */
	slot = takeover_slots[0];
	slot.symbol = "inet_gso_other";
	KUNIT_EXPECT_EQ(test, takeover_take(&slot), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, slot.held);
	KUNIT_EXPECT_PTR_EQ(test, was,
			    net_hotdata.ip_packet_offload.callbacks.gso_segment);
}

/* Another module that does as we do. */
static takeover_segment_fn takeover_below;
static unsigned int takeover_above_calls;

static struct sk_buff *takeover_above(struct sk_buff *skb,
				      netdev_features_t features)
{
	takeover_above_calls++;
	return takeover_below(skb, features);
}

static void takeover_over(struct kunit *test, unsigned long off)
{
	struct sk_buff *segs;

	segs = takeover_send(test, 0, TAKEOVER_FEATURES, 0);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(segs));
	KUNIT_EXPECT_EQ(test, takeover_packets(TAKEOVER_OFF), off);
	if (!IS_ERR_OR_NULL(segs))
		kfree_skb_list(segs);
}

static void takeover_chained(struct kunit *test)
{
	takeover_segment_fn *place =
		&net_hotdata.ip_packet_offload.callbacks.gso_segment;
	takeover_segment_fn stock = READ_ONCE(*place);
	unsigned long off = takeover_packets(TAKEOVER_OFF);

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	takeover_below = READ_ONCE(*place);
	takeover_above_calls = 0;
	WRITE_ONCE(*place, takeover_above);
	takeover_over(test, off);
	KUNIT_EXPECT_EQ(test, takeover_above_calls, 1);

	/* Ours is in its chain: it stays, and passes on. */
	KUNIT_EXPECT_EQ(test, takeover_switch(false), -EBUSY);
	KUNIT_EXPECT_TRUE(test, takeover_held());
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(*place), &takeover_above);
	takeover_over(test, off + 1);
	/* And may be switched on again. */
	KUNIT_EXPECT_EQ(test, takeover_switch(true), 0);
	takeover_over(test, off + 1);

	KUNIT_EXPECT_EQ(test, takeover_switch(false), -EBUSY);
	WRITE_ONCE(*place, takeover_below);
	synchronize_net();
	KUNIT_EXPECT_EQ(test, takeover_switch(false), 0);
	KUNIT_EXPECT_FALSE(test, takeover_held());
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(*place), stock);
}

/* Who chains over us may leave by putting back the kernel's function. */
static void takeover_freed(struct kunit *test)
{
	takeover_segment_fn *place =
		&net_hotdata.ip_packet_offload.callbacks.gso_segment;
	takeover_segment_fn stock = READ_ONCE(*place);
	takeover_segment_fn ours;

	KUNIT_ASSERT_EQ(test, takeover_switch(true), 0);
	ours = READ_ONCE(*place);
	WRITE_ONCE(*place, stock);
	synchronize_net();
	/* Switched on again, it is ours that is called, not only said to be. */
	KUNIT_EXPECT_EQ(test, takeover_switch(true), 0);
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(*place), ours);

	WRITE_ONCE(*place, stock);
	synchronize_net();
	KUNIT_EXPECT_EQ(test, takeover_switch(false), 0);
	KUNIT_EXPECT_FALSE(test, takeover_held());
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(*place), stock);
}

/* Who came before us is not chained over. */
static void takeover_refuses_module(struct kunit *test)
{
	takeover_segment_fn *place =
		&net_hotdata.ipv6_packet_offload.callbacks.gso_segment;

	takeover_below = READ_ONCE(*place);
	WRITE_ONCE(*place, takeover_above);
	KUNIT_EXPECT_EQ(test, takeover_switch(true), -EOPNOTSUPP);
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(*place), &takeover_above);
	WRITE_ONCE(*place, takeover_below);
	synchronize_net();
	/* Neither half of it stayed. */
	KUNIT_EXPECT_FALSE(test, takeover_held());
}

/**
 * struct takeover_flipping - the switch thrown beside packets
 * @flips: how often
 * @lost: a packet was lost: enough
 * @sent: a packet was segmented; no flip without one in between, so that a
 *	machine with one processor gets to it
 */
struct takeover_flipping {
	unsigned int flips;
	bool lost;
	struct completion sent;
};

static int takeover_flipper(void *arg)
{
	struct takeover_flipping *f = arg;
	unsigned int i;
	int err = 0;

	for (i = 0; i < TAKEOVER_FLIPS && !err && !READ_ONCE(f->lost); i++) {
		err = takeover_switch(!(i & 1));
		/* One that is sent from now on. */
		reinit_completion(&f->sent);
		wait_for_completion_timeout(&f->sent, HZ);
		WRITE_ONCE(f->flips, i + 1);
	}
	/* Whatever came of it, the sender need not wait. */
	WRITE_ONCE(f->flips, TAKEOVER_FLIPS);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return err;
}

/* Switched on and off while packets are segmented, none of them wrongly. */
static void takeover_flips(struct kunit *test)
{
	unsigned long all = takeover_all(), sent = 0;
	struct takeover_flipping flipping = { };
	struct task_struct *task;
	struct sk_buff *segs;

	init_completion(&flipping.sent);
	task = kthread_run(takeover_flipper, &flipping, "takeover_flips");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (READ_ONCE(flipping.flips) < TAKEOVER_FLIPS) {
		segs = takeover_send(test, sent++ & 1, TAKEOVER_FEATURES, 0);
		if (IS_ERR_OR_NULL(segs)) {
			KUNIT_FAIL(test, "packet %lu is lost", sent);
			WRITE_ONCE(flipping.lost, true);
			break;
		}
		kfree_skb_list(segs);
		complete(&flipping.sent);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 0);
	KUNIT_EXPECT_EQ(test, takeover_switch(false), 0);
	all = takeover_all() - all;
	kunit_info(test, "%u flips, %lu packets, %lu of them came to ours\n",
		   TAKEOVER_FLIPS, sent, all);
	/* Some went by each way. */
	KUNIT_EXPECT_GT(test, all, 0);
	KUNIT_EXPECT_LT(test, all, sent);
}

void takeover_test_exit(struct kunit *test)
{
	WRITE_ONCE(takeover_sample, 0);
	if (test->priv)
		takeover_switch(false);
	unpack_rig_exit(test);
}

static struct kunit_case takeover_tests[] = {
	KUNIT_CASE(takeover_in_place),
	KUNIT_CASE(takeover_verifies),
	KUNIT_CASE(takeover_partial),
	KUNIT_CASE(takeover_passes),
	KUNIT_CASE(takeover_nested_call),
	KUNIT_CASE(takeover_refuses_release),
	KUNIT_CASE(takeover_refuses_layout),
	KUNIT_CASE(takeover_refuses_module),
	KUNIT_CASE(takeover_chained),
	KUNIT_CASE(takeover_freed),
	KUNIT_CASE(takeover_flips),
	{ }
};

struct kunit_suite hgso_takeover_suite = {
	.name = "hgso-takeover",
	.suite_init = super_seed,
	.init = unpack_rig_init,
	.exit = takeover_test_exit,
	.test_cases = takeover_tests,
};
