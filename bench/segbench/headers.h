/* SPDX-License-Identifier: GPL-2.0 */
/* Headers of super-packets, for those who build these. */
#ifndef SEGBENCH_HEADERS_H
#define SEGBENCH_HEADERS_H

#include <linux/types.h>

struct segbench_packet;
struct sk_buff;

unsigned int segbench_l3_len(const struct segbench_packet *packet);
unsigned int segbench_hdr_len(const struct segbench_packet *packet,
			      unsigned int payload);
void segbench_put_headers(const struct segbench_packet *packet,
			  struct sk_buff *skb, unsigned int payload);
u32 segbench_gso_type(const struct segbench_packet *packet);

#endif
