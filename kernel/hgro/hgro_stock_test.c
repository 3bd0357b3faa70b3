// SPDX-License-Identifier: GPL-2.0
/*
 * The random packets that hgro is tested with, given to the stack's own GRO: how
 * often does what it merges not come apart as it was? Counted, and no failure:
 * the stack does not promise it.
 */
#include <linux/bottom_half.h>
#include <linux/rtnetlink.h>

#include "hgro_test.h"

static const struct random_case stock_cases[] = {
	{ "the stack's GRO", true, 1, false, 65536, .untagged = true },
	{ "the stack's GRO, calm", true, 1, true, 65536, .untagged = true },
};

KUNIT_ARRAY_PARAM_DESC(stock, stock_cases, name);

static void stock_receive(struct hgro_rig *rig, struct sk_buff *skb)
{
	napi_gro_receive(&rig->napi, skb);
}

static void stock_flush(struct hgro_rig *rig)
{
	set_bit(NAPI_STATE_SCHED, &rig->napi.state);
	napi_complete_done(&rig->napi, 1);
}

static const struct rig_stock stock_gro = {
	.receive = stock_receive,
	.flush = stock_flush,
};

static rx_handler_result_t stock_up(struct sk_buff **pskb)
{
	struct hgro_rig *rig = rcu_dereference((*pskb)->dev->rx_handler_data);

	rig_up(rig, *pskb);
	return RX_HANDLER_CONSUMED;
}

static void hgro_stock(struct kunit *test)
{
	const struct random_case *c = test->param_value;
	struct hgro_rig *rig = test->priv;
	u64 merged;
	int err;

	KUNIT_ASSERT_EQ(test, random_context(rig, c), 0);
	rig->stock = &stock_gro;
	rtnl_lock();
	err = netdev_rx_handler_register(rig->dev, stock_up, rig);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
	napi_enable(&rig->napi);

	random_run(rig, c, hgro_test_rounds / 10, c - stock_cases);
	rig_flush(rig);
	napi_disable(&rig->napi);
	rtnl_lock();
	netdev_rx_handler_unregister(rig->dev);
	rtnl_unlock();

	merged = rig->supers;
	kunit_info(test, "seed=%llu: %llu packets; of %llu super-packets %llu are not exact, in %llu packets\n",
		   hgro_test_seed, rig->fed, merged, rig->inexact, rig->odd);
	KUNIT_EXPECT_GT(test, merged, rig->fed / 50);
	/* All came out, if not as they were. */
	KUNIT_EXPECT_EQ(test, rig->back, rig->fed);
}

static struct kunit_case hgro_stock_tests[] = {
	KUNIT_CASE_PARAM(hgro_stock, stock_gen_params),
	{ }
};

struct kunit_suite hgro_stock_suite = {
	.name = "hgro-stock",
	.suite_init = hgro_test_suite_init,
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_stock_tests,
};
