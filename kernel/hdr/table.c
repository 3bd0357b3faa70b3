// SPDX-License-Identifier: GPL-2.0
/*
 * The table of header rules, and one header written by it.
 */
#include <linux/export.h>
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

const struct hdr_table hdr_table = {
	.first = {
		[HDR_ETH] = 0,
		[HDR_VLAN] = 0,
		[HDR_IPV4] = 0,
		[HDR_IPV6] = 3,
		[HDR_IPV6_EXT] = 4,
		[HDR_TCP] = 4,
		[HDR_UDP] = 8,
		[HDR_GRE] = 10,
		[HDR_GRE_CSUM] = 10,
		[HDR_UDP_TUNNEL] = 11,
		[HDR_UDP_TUNNEL_CSUM] = 12,
		[HDR_TUNNEL] = 14,
		[HDR_NR_TYPES] = 14,
	},
	.rule = {
		/* IPv4: its length counts its own header too. */
		{ HDR_LENGTH, offsetof(struct iphdr, tot_len), 0 },
		{ HDR_ID, offsetof(struct iphdr, id) },
		{ HDR_CHECKSUM, offsetof(struct iphdr, check) },
		/* IPv6: its length does not. */
		{ HDR_LENGTH, offsetof(struct ipv6hdr, payload_len),
		  sizeof(struct ipv6hdr) },
		/* TCP: a congestion-window-reduced mark is told once. */
		{ HDR_SEQUENCE, offsetof(struct tcphdr, seq) },
		{ HDR_FIRST, TCP_FLAGS, TCP_FLAG_OCTET_CWR },
		{ HDR_LAST, TCP_FLAGS, TCP_FLAG_OCTET_FIN | TCP_FLAG_OCTET_PSH },
		{ HDR_PSEUDO, offsetof(struct tcphdr, check) },
		/* UDP */
		{ HDR_LENGTH, offsetof(struct udphdr, len), 0 },
		{ HDR_UDP_PSEUDO, offsetof(struct udphdr, check) },
		/* GRE with a checksum */
		{ HDR_GRE_SUM, 4 },
		/* UDP with a packet behind it, without a checksum and with. */
		{ HDR_LENGTH, offsetof(struct udphdr, len), 0 },
		{ HDR_LENGTH, offsetof(struct udphdr, len), 0 },
		{ HDR_UDP_SUM, offsetof(struct udphdr, check) },
	},
};
EXPORT_SYMBOL_GPL(hdr_table);

/* At least 8 octets of headers, without a call. */
static __always_inline void hdr_copy_octets(u8 *out, const u8 *from,
					    unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len - 7; i += 8)
		put_unaligned(get_unaligned((const u64 *)(from + i)),
			      (u64 *)(out + i));
	put_unaligned(get_unaligned((const u64 *)(from + len - 8)),
		      (u64 *)(out + len - 8));
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

static __be16 hdr_be16(const u8 *at)
{
	return get_unaligned((const __be16 *)at);
}

/* The same in UDP, where the stack reckons with the field as it came. */
static __sum16 hdr_udp_pseudo(const struct hdr_super *super, unsigned int layer,
			      const u8 *out)
{
	const u8 *uh = super->headers + layer;
	const unsigned int len_off = offsetof(struct udphdr, len);

	return csum16_add(csum16_sub(super->pseudo, hdr_be16(uh + len_off)),
			  hdr_be16(out + layer + len_off));
}

/*
 * The checksum of a tunnel's header, of which only the headers count: what the
 * L4 checksum in it will make of all behind its start is known beforehand.
 */
static __sum16 hdr_tunnel_sum(const struct hdr_super *super, unsigned int layer,
			      const u8 *out)
{
	unsigned int l4 = super->stack->start[super->stack->layers - 1];
	__sum16 check;

	check = get_unaligned((const __sum16 *)(out + l4 +
						hdr_check_off(super->stack)));
	return csum_fold(csum_partial(out + layer, l4 - layer,
				      ~csum_unfold(check)));
}

/* What a tunnel's UDP checksum field holds before it is summed. */
static __sum16 hdr_udp_base(const struct hdr_super *super, unsigned int layer,
			    unsigned int head, unsigned int len)
{
	const u8 *uh = super->headers + layer;
	__wsum sum, old;
	__sum16 check;

	check = (__force __sum16)hdr_be16(uh + offsetof(struct udphdr, check));
	old = (__force __wsum)htonl(head + super->payload);
	if (super->partial)
		old = (__force __wsum)hdr_be16(uh +
					       offsetof(struct udphdr, len));
	sum = csum_sub(csum_unfold(check), old);
	return ~csum_fold(csum_add(sum, (__force __wsum)htonl(head + len)));
}

static void hdr_write_tunnel(const struct hdr_super *super,
			     const struct hdr_rule *rule, unsigned int layer,
			     const struct hdr_segment *seg, u8 *out)
{
	unsigned int head = super->stack->len - layer;
	u8 *at = out + layer + rule->offset;
	__sum16 sum;

	if (rule->change == HDR_GRE_SUM) {
		put_unaligned(0, (u32 *)at);
		sum = hdr_tunnel_sum(super, layer, out);
	} else {
		put_unaligned(hdr_udp_base(super, layer, head, seg->len),
			      (__sum16 *)at);
		sum = hdr_tunnel_sum(super, layer, out) ?: CSUM_MANGLED_0;
	}
	put_unaligned(sum, (__sum16 *)at);
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

/*
 * A rule's field in the headers of @n segments, and the counters when there is
 * somebody who wants them. Inlined with @n constant, so that a rule is looked
 * at once for all.
 */
static __always_inline void hdr_apply(const struct hdr_super *super,
				      const struct hdr_rule *rule,
				      unsigned int layer, bool innermost,
				      const struct hdr_segment *seg,
				      u8 *const *out, unsigned int n,
				      struct hdr_counters *c)
{
	unsigned int off = layer + rule->offset;
	unsigned int head = super->stack->len - layer;
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
			put_unaligned_be16(get_unaligned_be16(out[i] + off) +
					   seg[i].index, out[i] + off);
		break;
	case HDR_SEQUENCE:
		for (i = 0; i < n; i++)
			put_unaligned_be32(get_unaligned_be32(out[i] + off) +
					   seg[i].payload, out[i] + off);
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
 * Inlined with @stack's layers and @table constant where it has to be fast:
 * the compiler then expands the table to straight code.
 */
static __always_inline void hdr_write_n(const struct hdr_super *super,
					const struct hdr_stack *stack,
					const struct hdr_table *table,
					const struct hdr_segment *seg,
					u8 *const *out, unsigned int n,
					struct hdr_counters *c)
{
	unsigned int i, r;

	for (i = 0; i < n; i++)
		hdr_copy_octets(out[i], super->headers, super->stack->len);

	/* From the innermost out: a tunnel's checksum is over what is in it. */
#pragma GCC unroll 4
	for (i = stack->layers - 1; i; i--)
#pragma GCC unroll 4
		for (r = table->first[stack->type[i]];
		     r < table->first[stack->type[i] + 1]; r++)
			hdr_apply(super, &table->rule[r], stack->start[i],
				  i == stack->ip, seg, out, n, c);
}

static bool hdr_stack_is(const struct hdr_stack *stack,
			 const struct hdr_stack *usual)
{
	return stack->layers == usual->layers &&
	       stack->type[1] == usual->type[1] &&
	       stack->type[2] == usual->type[2] &&
	       stack->start[2] == usual->start[2];
}

/**
 * hdr_write() - write the headers of one segment
 * @super: the super-packet
 * @seg: which segment
 * @out: @super->stack->len octets, aligned as the headers should be
 *
 * Context: any.
 */
void hdr_write(const struct hdr_super *super, const struct hdr_segment *seg,
	       u8 *out)
{
	hdr_write_n(super, super->stack, super->table, seg, &out, 1, NULL);
}
EXPORT_SYMBOL_GPL(hdr_write);

/**
 * hdr_write_two() - write the headers of two segments, in one pass over the
 *	rules
 * @super: the super-packet
 * @segs: which two
 * @out: of the first of them, as in hdr_write()
 * @out2: of the second
 * @c: filled in: the fields that count
 *
 * Context: any.
 */
void hdr_write_two(const struct hdr_super *super,
		   const struct hdr_segment *segs, u8 *out, u8 *out2,
		   struct hdr_counters *c)
{
	u8 *const outs[] = { out, out2 };

	*c = (struct hdr_counters){ };
	if (likely(super->table == &hdr_table)) {
		if (hdr_stack_is(super->stack, &hdr_tcp4))
			return hdr_write_n(super, &hdr_tcp4, &hdr_table, segs,
					   outs, 2, c);
		if (hdr_stack_is(super->stack, &hdr_tcp6))
			return hdr_write_n(super, &hdr_tcp6, &hdr_table, segs,
					   outs, 2, c);
	}
	hdr_write_n(super, super->stack, super->table, segs, outs, 2, c);
}
