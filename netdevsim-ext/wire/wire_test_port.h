/* SPDX-License-Identifier: GPL-2.0 */
/* Bare ports, and frames that carry a number, for the tests of the wire. */
#ifndef NSIM_WIRE_TEST_PORT_H
#define NSIM_WIRE_TEST_PORT_H

#include "../hw/nic_test_rig.h"
#include "wire_port.h"

struct wire_port *wire_test_port(struct kunit *test);
void wire_test_send(struct kunit *test, struct wire_port *port, u32 nr);
int wire_test_recv(struct wire_port *port);
struct wire_frame *wire_test_frame(struct kunit *test, struct wire_port *port);
u32 wire_test_wrong_bits(const struct wire_frame *frame, u8 fill);

#endif
