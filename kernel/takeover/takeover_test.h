/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of the takeover share. */
#ifndef HEADROOM_TAKEOVER_TEST_H
#define HEADROOM_TAKEOVER_TEST_H

#include "../hgso/unpack_test.h"
#include "takeover.h"

#define TAKEOVER_FEATURES	(NETIF_F_SG | NETIF_F_HW_CSUM)

unsigned long takeover_packets(unsigned int reason);
struct sk_buff *takeover_send(struct kunit *test, unsigned int version,
			      netdev_features_t features, u32 gso_type);
void takeover_test_exit(struct kunit *test);

#endif
