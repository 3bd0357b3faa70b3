// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers with little code of their own call.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "hgso_test.h"

struct hgso_driver_priv {
	struct hgso_txq hgso;
};

HGSO_DEFINE_FEATURES_CHECK(hgso_driver, struct hgso_driver_priv, hgso);

static const struct net_device_ops hgso_driver_ops = {
	.ndo_features_check = hgso_driver_features_check,
};

static struct net_device *hgso_driver_dev(struct kunit *test, u32 max_descs)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct hgso_driver_priv));
	struct hgso_driver_priv *priv;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	priv = netdev_priv(dev);
	hgso_txq_init(&priv->hgso, NULL, max_descs);
	dev->netdev_ops = &hgso_driver_ops;
	return dev;
}

static const struct super_spec hgso_driver_spec = {
	.name = "usual", .flags = 0x10, .mss = 1000, .payload = 4500,
	.nr_frags = 3,
};

static void hgso_driver_advertise(struct kunit *test)
{
	netdev_features_t want = NETIF_F_SG | NETIF_F_HW_CSUM | HGSO_FEATURES;
	struct net_device *dev = hgso_driver_dev(test, 100);

	dev->vlan_features = NETIF_F_HIGHDMA;
	hgso_advertise(dev);
	KUNIT_EXPECT_EQ(test, dev->features & want, want);
	KUNIT_EXPECT_EQ(test, dev->hw_features & want, want);
	KUNIT_EXPECT_EQ(test, dev->vlan_features, want | NETIF_F_HIGHDMA);
	KUNIT_EXPECT_EQ(test, dev->hw_enc_features & want, want);
	KUNIT_EXPECT_FALSE(test, dev->priv_flags & IFF_TX_SKB_SHARING);
	free_netdev(dev);
}

/* The generated predicate goes by the device's own queue, and on to VLANs. */
static void hgso_driver_checked(struct kunit *test)
{
	struct sk_buff *skb = super_skb(test->priv, &hgso_driver_spec);
	netdev_features_t all = HGSO_FEATURES | NETIF_F_IP_CSUM, got;
	struct net_device *dev = hgso_driver_dev(test, 100);
	struct hgso_driver_priv *priv = netdev_priv(dev);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	got = hgso_driver_features_check(skb, dev, all);
	KUNIT_EXPECT_EQ(test, got, all);

	priv->hgso.limits.max_descs = 3;
	got = hgso_driver_features_check(skb, dev, all);
	KUNIT_EXPECT_FALSE(test, got & NETIF_F_GSO_MASK);
	KUNIT_EXPECT_TRUE(test, got & NETIF_F_IP_CSUM);

	/* With two tags the stack leaves no device more than the generic sum. */
	priv->hgso.limits.max_descs = 100;
	skb->protocol = htons(ETH_P_8021Q);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021AD), 7);
	got = hgso_driver_features_check(skb, dev, all);
	KUNIT_EXPECT_FALSE(test, got & NETIF_F_IP_CSUM);
	kfree_skb(skb);
	free_netdev(dev);
}

/* What is not prepared is counted by reason, and as dropped; it stays ours. */
static void hgso_driver_dropped(struct kunit *test)
{
	struct sk_buff *skb = super_skb(test->priv, &hgso_driver_spec);
	struct net_device *dev = hgso_driver_dev(test, 3);
	struct hgso_driver_priv *priv = netdev_priv(dev);
	struct rtnl_link_stats64 dropped = { };
	struct hgso_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->dev = dev;
	KUNIT_EXPECT_EQ(test, hgso_prepare_and_map(&priv->hgso, skb),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, refcount_read(&skb->users), 1);
	hgso_txq_stats(&priv->hgso, &stats);
	KUNIT_EXPECT_EQ(test, stats.reason[HGSO_DESCRIPTORS], 1);
	KUNIT_EXPECT_EQ(test, stats.maps, 0);
	dev_get_stats(dev, &dropped);
	KUNIT_EXPECT_EQ(test, dropped.tx_dropped, 1);
	kfree_skb(skb);
	free_netdev(dev);
}

static void hgso_driver_nothing_to_walk(struct kunit *test)
{
	struct hgso_iter it = { };
	struct hgso_slice slice;

	KUNIT_EXPECT_FALSE(test, hgso_next(&it, &slice));
	KUNIT_EXPECT_FALSE(test, hgso_next_frame(&it, &slice));
}

static struct kunit_case hgso_driver_tests[] = {
	KUNIT_CASE(hgso_driver_advertise),
	KUNIT_CASE(hgso_driver_checked),
	KUNIT_CASE(hgso_driver_dropped),
	KUNIT_CASE(hgso_driver_nothing_to_walk),
	{ }
};

struct kunit_suite hgso_driver_suite = {
	.name = "hgso-driver",
	.init = super_rig_init,
	.exit = super_rig_exit,
	.test_cases = hgso_driver_tests,
};
