/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules themselves, and how one is applied: for the files that write
 * headers by them, which the compiler expands the table in.
 */
#ifndef HEADROOM_HDR_RULES_H
#define HEADROOM_HDR_RULES_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include "hdr.h"

#define TCP_FLAGS	13
#define TCP_FLAG_OCTET_FIN	0x01
#define TCP_FLAG_OCTET_PSH	0x08
#define TCP_FLAG_OCTET_CWR	0x80

/* Of struct hdr_table hdr_table. */
#define HDR_RULES {							\
	.first = {							\
		[HDR_ETH] = 0,						\
		[HDR_VLAN] = 0,						\
		[HDR_IPV4] = 0,						\
		[HDR_IPV6] = 3,						\
		[HDR_IPV6_EXT] = 4,					\
		[HDR_TCP] = 4,						\
		[HDR_UDP] = 8,						\
		[HDR_GRE] = 10,						\
		[HDR_GRE_CSUM] = 10,					\
		[HDR_UDP_TUNNEL] = 11,					\
		[HDR_UDP_TUNNEL_CSUM] = 12,				\
		[HDR_TUNNEL] = 14,					\
		[HDR_NR_TYPES] = 14,					\
	},								\
	.rule = {							\
		/* IPv4: its length counts its own header too. */	\
		{ HDR_LENGTH, offsetof(struct iphdr, tot_len), 0 },	\
		{ HDR_ID, offsetof(struct iphdr, id) },			\
		{ HDR_CHECKSUM, offsetof(struct iphdr, check) },	\
		/* IPv6: its length does not. */			\
		{ HDR_LENGTH, offsetof(struct ipv6hdr, payload_len),	\
		  sizeof(struct ipv6hdr) },				\
		/* TCP: a congestion-window-reduced mark is told once. */ \
		{ HDR_SEQUENCE, offsetof(struct tcphdr, seq) },		\
		{ HDR_FIRST, TCP_FLAGS, TCP_FLAG_OCTET_CWR },		\
		{ HDR_LAST, TCP_FLAGS, TCP_FLAG_OCTET_FIN | TCP_FLAG_OCTET_PSH }, \
		{ HDR_PSEUDO, offsetof(struct tcphdr, check) },		\
		/* UDP */						\
		{ HDR_LENGTH, offsetof(struct udphdr, len), 0 },	\
		{ HDR_UDP_PSEUDO, offsetof(struct udphdr, check) },	\
		/* GRE with a checksum */				\
		{ HDR_GRE_SUM, 4 },					\
		/* UDP with a packet behind it, without a checksum and with. */ \
		{ HDR_LENGTH, offsetof(struct udphdr, len), 0 },	\
		{ HDR_LENGTH, offsetof(struct udphdr, len), 0 },	\
		{ HDR_UDP_SUM, offsetof(struct udphdr, check) },	\
	},								\
}

static __always_inline void hdr_copy_word(u8 *out, const u8 *from)
{
	put_unaligned(get_unaligned((const u64 *)from), (u64 *)out);
}

/* At least 8 octets of headers, without a call. */
static __always_inline void hdr_copy_octets(u8 *out, const u8 *from,
					    unsigned int len)
{
	unsigned int i;

	if (__builtin_constant_p(len)) {
#pragma GCC unroll 12
		for (i = 0; i < len - 7; i += 8)
			hdr_copy_word(out + i, from + i);
	} else {
		for (i = 0; i < len - 7; i += 8)
			hdr_copy_word(out + i, from + i);
	}
	hdr_copy_word(out + len - 8, from + len - 8);
}

/*
 * The partial sum of a super-packet covers its length; take that out and put
 * the segment's in. Done on the field as it came, as the stack does it, so
 * that both agree on the two zeros of one's complement too.
 */
static __sum16 hdr_pseudo(const struct hdr_super *super, unsigned int l4len,
			  unsigned int len)
{
	__wsum delta = (__force __wsum)htonl(~(l4len + super->payload) +
					     l4len + len);

	return ~csum_fold(csum_add(csum_unfold(super->pseudo), delta));
}

/* The same in UDP, where the stack reckons with the field as it came. */
static __sum16 hdr_udp_pseudo(const struct hdr_super *super, unsigned int layer,
			      const u8 *out)
{
	const u8 *uh = super->headers + layer;
	const unsigned int len_off = offsetof(struct udphdr, len);

	return csum16_add(csum16_sub(super->pseudo,
				     get_unaligned((const __be16 *)(uh +
								    len_off))),
			  get_unaligned((const __be16 *)(out + layer +
							 len_off)));
}

/* Notes what hdr_write_all() moves on from one segment to the next. */
static __always_inline void hdr_note(struct hdr_counters *c,
				     const struct hdr_rule *rule,
				     unsigned int offset)
{
	switch (rule->change) {
	case HDR_ID:
		c->id_off[c->ids] = offset;
		break;
	case HDR_CHECKSUM:
		if (c->id_off[c->ids])
			c->check_off[c->ids++] = offset;
		break;
	case HDR_SEQUENCE:
		c->seq_off = offset;
		break;
	case HDR_FIRST:
		c->first_off = offset;
		c->first_arg = rule->arg;
		break;
	}
}

static __always_inline void be16_add_at(u8 *at, u16 add)
{
	put_unaligned_be16(get_unaligned_be16(at) + add, at);
}

static __always_inline void be32_add_at(u8 *at, u32 add)
{
	put_unaligned_be32(get_unaligned_be32(at) + add, at);
}

/*
 * A rule's field in the headers of @n segments, and the counters when there is
 * somebody who wants them. Inlined with @n constant, so that a rule is looked
 * at once for all.
 */
static __always_inline void hdr_apply(const struct hdr_super *super,
				      const struct hdr_rule *rule,
				      unsigned int layer, bool innermost,
				      unsigned int len,
				      const struct hdr_segment *seg,
				      u8 *const *out, unsigned int n,
				      struct hdr_counters *c)
{
	unsigned int off = layer + rule->offset;
	unsigned int head = len - layer;
	unsigned int i;

	switch (rule->change) {
	case HDR_LENGTH:
		for (i = 0; i < n; i++)
			put_unaligned_be16(head - rule->arg + seg[i].len,
					   out[i] + off);
		return;
	case HDR_ID:
		if (super->fixed_id && innermost)
			return;
		for (i = 0; i < n; i++)
			if (seg[i].index)
				be16_add_at(out[i] + off, seg[i].index);
		break;
	case HDR_SEQUENCE:
		for (i = 0; i < n; i++)
			if (seg[i].index)
				be32_add_at(out[i] + off, seg[i].payload);
		break;
	case HDR_FIRST:
		for (i = 0; i < n; i++)
			if (seg[i].index)
				out[i][off] &= ~rule->arg;
		break;
	case HDR_LAST:
		for (i = 0; i < n; i++)
			if (!seg[i].last)
				out[i][off] &= ~rule->arg;
		return;
	case HDR_CHECKSUM:
		for (i = 0; i < n; i++) {
			u8 *h = out[i] + layer;

			put_unaligned(0, (u16 *)(out[i] + off));
			put_unaligned(ip_fast_csum(h, *h & 0xf),
				      (__sum16 *)(out[i] + off));
		}
		break;
	case HDR_PSEUDO:
		for (i = 0; i < n; i++)
			put_unaligned(hdr_pseudo(super, head, seg[i].len),
				      (__sum16 *)(out[i] + off));
		return;
	case HDR_UDP_PSEUDO:
		for (i = 0; i < n; i++)
			put_unaligned(hdr_udp_pseudo(super, layer, out[i]),
				      (__sum16 *)(out[i] + off));
		return;
	case HDR_GRE_SUM:
	case HDR_UDP_SUM:
		for (i = 0; i < n; i++)
			hdr_write_tunnel(super, rule, layer, &seg[i], out[i]);
		return;
	}
	if (c)
		hdr_note(c, rule, off);
}

/*
 * Inlined with @stack's layers, its @len and @table constant where it has to be
 * fast: the compiler then expands the table to straight code.
 */
static __always_inline void hdr_write_n(const struct hdr_super *super,
					const struct hdr_stack *stack,
					unsigned int len,
					const struct hdr_table *table,
					const struct hdr_segment *seg,
					u8 *const *out, unsigned int n,
					struct hdr_counters *c)
{
	unsigned int i, r;

	for (i = 0; i < n; i++)
		hdr_copy_octets(out[i], super->headers, len);

	/* From the innermost out: a tunnel's checksum is over what is in it. */
#pragma GCC unroll 4
	for (i = stack->layers - 1; i; i--)
#pragma GCC unroll 4
		for (r = table->first[stack->type[i]];
		     r < table->first[stack->type[i] + 1]; r++)
			hdr_apply(super, &table->rule[r], stack->start[i],
				  i == stack->ip, len, seg, out, n, c);
}

#endif
