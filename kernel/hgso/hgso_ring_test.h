/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of header sinks share. */
#ifndef HEADROOM_HGSO_RING_TEST_H
#define HEADROOM_HGSO_RING_TEST_H

#include "hgso_test.h"

struct hgso_ring *super_ring(struct kunit *test, u32 size);
struct sk_buff *super_skb_sure(struct kunit *test,
			       const struct super_spec *spec);

#endif
