/* SPDX-License-Identifier: GPL-2.0 */
/*
 * segbench: what an operation costs, by case and input.
 *
 * A suite is a table of cases (what is done) and one of inputs (to what). The
 * runner measures every case with every input that it takes. Modules add
 * suites of their own with segbench_register().
 */
#ifndef SEGBENCH_H
#define SEGBENCH_H

#include <linux/list.h>
#include <linux/types.h>

struct sk_buff;

/**
 * struct segbench_input - what a case is run on
 * @name: lower-case letters, digits and dashes
 * @segments: how many segments an operation handles; the cost of one segment
 *	is the operation's divided by this
 */
struct segbench_input {
	const char *name;
	unsigned int segments;
};

/**
 * struct segbench_case - an operation to measure
 * @name: lower-case letters, digits and dashes
 * @baseline: the case, of the same suite, whose cost on the same input is part
 *	of this one's and may be subtracted; or NULL
 * @setup: makes the state for @run, or an ERR_PTR. -EOPNOTSUPP says that the
 *	case does not take this input. Process context, may sleep.
 * @run: the operation, once; leaves the state such that it can be run again.
 *	0, or an error that ends the measurement. Called with bottom halves
 *	disabled, as a driver's transmit is; must not sleep.
 * @teardown: frees the state; process context, may sleep.
 */
struct segbench_case {
	const char *name;
	const char *baseline;
	void *(*setup)(const struct segbench_input *input);
	int (*run)(void *state);
	void (*teardown)(void *state);
};

/**
 * struct segbench_suite - cases and the inputs they are run on
 * @name: lower-case letters, digits and dashes
 * @cases: the cases
 * @nr_cases: how many
 * @input: gives the input of an index, NULL beyond the last
 * @node: the registry's
 */
struct segbench_suite {
	const char *name;
	const struct segbench_case *cases;
	unsigned int nr_cases;
	const struct segbench_input *(*input)(unsigned int index);
	struct list_head node;
};

/* Makes the compiler compute @value and costs no instruction itself. */
static __always_inline void segbench_use(unsigned long value)
{
	asm volatile("" : : "r" (value));
}

void segbench_register(struct segbench_suite *suite);
void segbench_unregister(struct segbench_suite *suite);

/**
 * enum segbench_layout - where a super-packet's payload is
 * @SEGBENCH_LINEAR: in the head
 * @SEGBENCH_4K: in page frags of 4096 octets
 * @SEGBENCH_32K: in page frags of 32768 octets, as TCP makes them
 * @SEGBENCH_LIST: in page frags of a segment each, as GRO merges them: those
 *	that the first skb has no room for are on a frag_list
 */
enum segbench_layout {
	SEGBENCH_LINEAR,
	SEGBENCH_4K,
	SEGBENCH_32K,
	SEGBENCH_LIST,
};

/**
 * enum segbench_tunnel - what a super-packet is in
 * @SEGBENCH_PLAIN: nothing
 * @SEGBENCH_IPXIP: an IP header
 * @SEGBENCH_GRE: GRE, without Ethernet
 * @SEGBENCH_GRE_CSUM: the same with a checksum
 * @SEGBENCH_VXLAN: VXLAN without an outer checksum
 * @SEGBENCH_VXLAN_CSUM: with one, over IPv4
 */
enum segbench_tunnel {
	SEGBENCH_PLAIN,
	SEGBENCH_IPXIP,
	SEGBENCH_GRE,
	SEGBENCH_GRE_CSUM,
	SEGBENCH_VXLAN,
	SEGBENCH_VXLAN_CSUM,
};

/**
 * struct segbench_packet - a super-packet as an input
 * @input: name and segments
 * @ipv6: over IPv6, else over IPv4; of a tunnel, what is in it
 * @udp: UDP_L4, else TCP
 * @outer_ipv6: of a tunnel, itself over IPv6
 * @tags: VLAN tags in the frame
 * @tunnel: &enum segbench_tunnel
 * @layout: &enum segbench_layout
 *
 * Of more than 64 KB it is BIG TCP, over IPv6 with its hop-by-hop header.
 */
struct segbench_packet {
	struct segbench_input input;
	bool ipv6;
	bool udp;
	bool outer_ipv6;
	unsigned int tags;
	enum segbench_tunnel tunnel;
	enum segbench_layout layout;
};

const struct segbench_input *segbench_packet_input(unsigned int index);
const struct segbench_input *segbench_kinds_input(unsigned int index);
int segbench_packet_init(void);
void segbench_packet_exit(void);
struct sk_buff *segbench_packet_build(const struct segbench_input *input,
				      unsigned int headroom);

#endif
