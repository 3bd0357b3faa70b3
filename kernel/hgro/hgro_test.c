// SPDX-License-Identifier: GPL-2.0
/*
 * The KUnit suites of hgro and of LRO.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/random.h>

#include "../lro/lro_test.h"
#include "hgro_test.h"

unsigned long long hgro_test_seed;
module_param_named(seed, hgro_test_seed, ullong, 0644);
MODULE_PARM_DESC(seed, "of the random packets; 0 takes one at random");

unsigned int hgro_test_rounds = 300000;
module_param_named(rounds, hgro_test_rounds, uint, 0644);
MODULE_PARM_DESC(rounds, "how many random packets");

/* A seed where none was given. */
int hgro_test_suite_init(struct kunit_suite *suite)
{
	if (!hgro_test_seed)
		hgro_test_seed = get_random_u64();
	return 0;
}

kunit_test_suites(&hgro_match_suite, &hgro_field_suite, &hgro_poll_suite,
		  &hgro_random_suite, &hgro_reorder_suite, &hgro_layer_suite,
		  &hgro_stock_suite, &hgro_room_suite,
		  &lro_rules_suite, &lro_manager_suite, &lro_flood_suite, &lro_cost_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit suites of hgro");
MODULE_LICENSE("GPL");
