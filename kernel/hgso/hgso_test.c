// SPDX-License-Identifier: GPL-2.0
/*
 * The KUnit suites of hgso and of its table of header rules.
 */
#include <kunit/test.h>
#include <kunit/visibility.h>
#include <linux/module.h>

#include "unpack_test.h"

unsigned long long hgso_test_seed;
module_param_named(seed, hgso_test_seed, ullong, 0644);
MODULE_PARM_DESC(seed, "of the random super-packets; 0 takes one at random");

unsigned int hgso_test_rounds = 300000;
module_param_named(rounds, hgso_test_rounds, uint, 0644);
MODULE_PARM_DESC(rounds, "how many random super-packets");

unsigned int hgso_test_first;
module_param_named(first, hgso_test_first, uint, 0644);
MODULE_PARM_DESC(first, "round to begin with, to repeat one that failed");

kunit_test_suites(&hdr_suite, &hgso_segment_suite, &hgso_random_suite,
		  &hgso_owner_suite, &hgso_driver_suite, &hgso_decline_suite,
		  &hgso_malformed_suite, &hgso_rules_suite, &hgso_sink_suite,
		  &hgso_ring_suite, &hgso_device_suite, &hgso_finish_suite,
		  &hgso_kinds_suite, &hgso_kinds_malformed_suite,
		  &hgso_unpack_suite, &hgso_unpack_notice_suite,
		  &hgso_unpack_fault_suite, &hgso_takeover_suite,
		  &hgso_takeover_time_suite, &hgso_takeover_fault_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit suites of hgso");
MODULE_LICENSE("GPL");
