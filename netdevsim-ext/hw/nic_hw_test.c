// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suites of the hardware half and the wire, as one module. They bring
 * their own few lines of driver, so a fault is on this side of the data sheet.
 */

#include <kunit/test.h>
#include <linux/module.h>

#include "nic_test_rig.h"

kunit_test_suites(&nic_tx_suite, &nic_tso_suite, &nic_rx_suite, &nic_irq_suite,
		  &wire_suite, &wire_line_suite, &wire_replay_suite,
		  &wire_switch_suite, &nic_offload_suite, &nic_limits_suite,
		  &nic_tunnel_suite, &nic_fault_suite, &nic_layout_suite, &nic_clock_suite,
		  &nic_merge_suite, &nic_rx_layout_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit suites of netdevsim's modelled NIC and wire");
MODULE_LICENSE("GPL");
