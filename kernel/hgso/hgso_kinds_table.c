// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of super-packet, and whether the engine must take it.
 *
 * When the engine learns a kind, its row's first word changes from NO to YES
 * and nothing else in these suites does.
 */
#include <linux/in.h>

#include "hgso_kinds.h"

#define YES	.taken = true
#define NO	.taken = false
#define TCP	.l4 = IPPROTO_TCP
#define UDP	.l4 = IPPROTO_UDP
#define V4	.inner = KINDS_V4
#define V6	.inner = KINDS_V6
#define ANY	.inner = KINDS_V46
#define OVER4	.outer = KINDS_V4
#define OVER6	.outer = KINDS_V6
#define IPXIP	.tunnel = KINDS_IPXIP
#define GRE	.tunnel = KINDS_GRE
#define UDPT	.tunnel = KINDS_UDP_TUNNEL

const struct kinds_kind kinds_all[] = {
	/* TCP */
	{ "tcp4", YES, TCP, V4 },
	{ "tcp6", YES, TCP, V6 },
	{ "tcp4-fixedid", YES, TCP, V4, .fixed_id = true },
	{ "tcp4-options", YES, TCP, V4, .ip_opts = true },
	{ "tcp6-exthdr", YES, TCP, V6, .exts = true },
	{ "tcp4-tag", YES, TCP, V4, .tags = 1 },
	{ "tcp6-tag", YES, TCP, V6, .tags = 1 },
	{ "tcp4-qinq", YES, TCP, V4, .tags = 2 },
	{ "tcp6-qinq", YES, TCP, V6, .tags = 2 },
	{ "tcp4-hwtag", YES, TCP, V4, .hw_tag = true },
	{ "tcp6-hwtag", YES, TCP, V6, .hw_tag = true },
	{ "tcp-tag-hwtag", YES, TCP, ANY, .tags = 1, .hw_tag = true },
	{ "tcp-zerocopy", YES, TCP, ANY, .zerocopy = true },
	{ "tcp4-frag_list", YES, TCP, V4, .shape = KINDS_LIST },
	{ "tcp6-frag_list", YES, TCP, V6, .shape = KINDS_LIST },
	{ "tcp4-big", YES, TCP, V4, .big = true },
	{ "tcp6-big", YES, TCP, V6, .big = true },

	/* UDP_L4 */
	{ "uso4", YES, UDP, V4 },
	{ "uso6", YES, UDP, V6 },
	{ "uso4-options", YES, UDP, V4, .ip_opts = true },
	{ "uso6-exthdr", YES, UDP, V6, .exts = true },
	{ "uso-tag", YES, UDP, ANY, .tags = 1 },
	{ "uso-qinq", YES, UDP, ANY, .tags = 2 },
	{ "uso-hwtag", YES, UDP, ANY, .hw_tag = true },
	{ "uso-zerocopy", YES, UDP, ANY, .zerocopy = true },
	{ "uso-frag_list", YES, UDP, ANY, .shape = KINDS_LIST },

	/* Tunnels */
	{ "ipip-tcp", YES, TCP, V4, OVER4, IPXIP },
	{ "ipip-uso", YES, UDP, V4, OVER4, IPXIP },
	{ "sit-tcp", YES, TCP, V6, OVER4, IPXIP },
	{ "sit-uso", YES, UDP, V6, OVER4, IPXIP },
	{ "ip4ip6-tcp", YES, TCP, V4, OVER6, IPXIP },
	{ "ip4ip6-uso", YES, UDP, V4, OVER6, IPXIP },
	{ "ip6ip6-tcp", YES, TCP, V6, OVER6, IPXIP },
	{ "ip6ip6-uso", YES, UDP, V6, OVER6, IPXIP },
	{ "gre4-tcp", YES, TCP, ANY, OVER4, GRE },
	{ "gre4-uso", YES, UDP, ANY, OVER4, GRE },
	{ "gre6-tcp", YES, TCP, ANY, OVER6, GRE },
	{ "gre6-uso", YES, UDP, ANY, OVER6, GRE },
	{ "gre4-csum-tcp", YES, TCP, ANY, OVER4, GRE, .csum = true },
	{ "gre4-csum-uso", YES, UDP, ANY, OVER4, GRE, .csum = true },
	{ "gre6-csum-tcp", YES, TCP, ANY, OVER6, GRE, .csum = true },
	{ "gre6-csum-uso", YES, UDP, ANY, OVER6, GRE, .csum = true },
	{ "udp4-tcp", YES, TCP, ANY, OVER4, UDPT },
	{ "udp4-uso", YES, UDP, ANY, OVER4, UDPT },
	{ "udp6-tcp", YES, TCP, ANY, OVER6, UDPT },
	{ "udp6-uso", YES, UDP, ANY, OVER6, UDPT },
	{ "udp4-csum-tcp", YES, TCP, ANY, OVER4, UDPT, .csum = true },
	{ "udp4-csum-uso", YES, UDP, ANY, OVER4, UDPT, .csum = true },
	{ "udp6-csum-tcp", YES, TCP, ANY, OVER6, UDPT, .csum = true },
	{ "udp6-csum-uso", YES, UDP, ANY, OVER6, UDPT, .csum = true },
	{ "ipip-fixedid", YES, TCP, V4, OVER4, IPXIP, .fixed_id = true },
	{ "udp4-fixedid", YES, TCP, V4, OVER4, UDPT, .fixed_id = true },
	{ "gre4-tag", YES, TCP, ANY, OVER4, GRE, .tags = 1 },
	{ "udp4-tag", YES, TCP, ANY, OVER4, UDPT, .tags = 1 },
	{ "udp4-hwtag", YES, TCP, ANY, OVER4, UDPT, .hw_tag = true },
	{ "udp4-frag_list", YES, TCP, ANY, OVER4, UDPT, .shape = KINDS_LIST },

	/* Without a link-layer header */
	{ "tcp4-bare", YES, TCP, V4, .bare = true },
	{ "tcp6-bare", YES, TCP, V6, .bare = true },
	{ "uso-bare", YES, UDP, ANY, .bare = true },
	{ "ipip-bare", YES, TCP, V4, OVER4, IPXIP, .bare = true },
	{ "udp4-bare", YES, TCP, ANY, OVER4, UDPT, .bare = true },
	{ "tcp6-bare-exthdr", YES, TCP, V6, .bare = true, .exts = true },

	/* The stack's own halfway house */
	{ "partial-gre4-csum", YES, TCP, V4, OVER4, GRE, .csum = true,
	  .partial = true },
	{ "partial-udp4", YES, TCP, V4, OVER4, UDPT, .partial = true },
	/* The kernel's own segments of it have a wrong outer checksum. */
	{ "partial-udp6-csum", NO, TCP, V6, OVER6, UDPT, .csum = true,
	  .partial = true },

	/* Whole packets, chained */
	{ "tcp4-fraglist", NO, TCP, V4, .shape = KINDS_FRAGLIST },
	{ "tcp6-fraglist", NO, TCP, V6, .shape = KINDS_FRAGLIST },
	{ "uso4-fraglist", NO, UDP, V4, .shape = KINDS_FRAGLIST },
	{ "uso6-fraglist", NO, UDP, V6, .shape = KINDS_FRAGLIST },

	/* Tags in tunnels, as a bridge puts them there */
	{ "gre4-innertag", NO, TCP, ANY, OVER4, GRE, .inner_tag = true },
	{ "udp4-innertag", NO, TCP, ANY, OVER4, UDPT, .inner_tag = true },

	/* To be declined, whatever else they look like */
	{ "sctp", NO, TCP, ANY, .shape = KINDS_LIST, .mark = SKB_GSO_SCTP,
	  .size = GSO_BY_FRAGS },
	{ "esp", NO, TCP, ANY, .mark = SKB_GSO_ESP },
	/* No bit of gso_type says so, only the EtherType does. */
	{ "mpls", NO, TCP, ANY, .mpls = true, .mark = SKB_GSO_DODGY },
	{ "remcsum", NO, TCP, ANY, OVER4, UDPT,
	  .mark = SKB_GSO_TUNNEL_REMCSUM },
	{ "ufo", NO, UDP, ANY, .mark = SKB_GSO_UDP },
};

const unsigned int kinds_count = ARRAY_SIZE(kinds_all);

/* For KUNIT_CASE_PARAM: each kind is a case. */
const void *kinds_gen_params(const void *prev, char *desc)
{
	const struct kinds_kind *kind = prev ? prev + sizeof(*kind) : kinds_all;

	if (kind == kinds_all + kinds_count)
		return NULL;
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
	return kind;
}
