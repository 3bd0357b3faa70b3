/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of header rules, and parsing a stack of headers into it.
 *
 * One table says which fields of a header differ from one segment of a
 * super-packet to the next, and how. All that it does not name is the same in
 * every segment. hgso generates headers with it.
 */
#ifndef HEADROOM_HDR_H
#define HEADROOM_HDR_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>

/**
 * enum hdr_type - a layer of a header stack
 * @HDR_ETH: Ethernet II
 * @HDR_VLAN: 802.1Q or 802.1ad tag in the frame
 * @HDR_IPV4: with options
 * @HDR_IPV6: the fixed header
 * @HDR_IPV6_EXT: an extension header
 * @HDR_TCP: with options
 * @HDR_UDP: with payload to be segmented behind it
 * @HDR_GRE: without checksum, with key and sequence number or not
 * @HDR_GRE_CSUM: with checksum
 * @HDR_UDP_TUNNEL: with another packet behind it, no checksum
 * @HDR_UDP_TUNNEL_CSUM: the same with a checksum
 * @HDR_TUNNEL: what a UDP tunnel has between its UDP header and its packet
 * @HDR_NR_TYPES: how many there are
 */
enum hdr_type {
	HDR_ETH,
	HDR_VLAN,
	HDR_IPV4,
	HDR_IPV6,
	HDR_IPV6_EXT,
	HDR_TCP,
	HDR_UDP,
	HDR_GRE,
	HDR_GRE_CSUM,
	HDR_UDP_TUNNEL,
	HDR_UDP_TUNNEL_CSUM,
	HDR_TUNNEL,
	HDR_NR_TYPES
};

/**
 * enum hdr_change - how a field differs between segments
 * @HDR_CONST: not at all
 * @HDR_LENGTH: 16 bits, octets from the layer's start to the frame's end, less
 *	the rule's bias
 * @HDR_ID: 16 bits, one more in each segment, unless ids are fixed and it is
 *	the innermost
 * @HDR_SEQUENCE: 32 bits, the payload before the segment is added
 * @HDR_FIRST: the bits in the rule's mask survive in the first segment only
 * @HDR_LAST: the bits in the rule's mask survive in the last segment only
 * @HDR_CHECKSUM: 16 bits, internet checksum over the layer
 * @HDR_PSEUDO: 16 bits, sum over the pseudo-header with the segment's length,
 *	for a device that finishes the checksum
 * @HDR_UDP_PSEUDO: the same, from the length field beside it
 * @HDR_GRE_SUM: 16 bits, and 16 of zeros behind: checksum from the layer to the
 *	frame's end, by the partial sum of the L4 header that is in it
 * @HDR_UDP_SUM: the same over the pseudo-header too, never 0
 */
enum hdr_change {
	HDR_CONST,
	HDR_LENGTH,
	HDR_ID,
	HDR_SEQUENCE,
	HDR_FIRST,
	HDR_LAST,
	HDR_CHECKSUM,
	HDR_PSEUDO,
	HDR_UDP_PSEUDO,
	HDR_GRE_SUM,
	HDR_UDP_SUM,
};

/**
 * struct hdr_rule - one field that is not constant
 * @change: &enum hdr_change
 * @offset: of the field in its layer, octets
 * @arg: mask of @HDR_FIRST and @HDR_LAST, bias of @HDR_LENGTH in octets
 */
struct hdr_rule {
	u8 change;
	u8 offset;
	u8 arg;
};

#define HDR_MAX_RULES	24

/**
 * struct hdr_table - the rules of all layers
 * @first: index of the first rule of each &enum hdr_type in @rule; the last
 *	entry is the number of all rules
 * @rule: applied in this order, so that a layer's checksum comes last, and the
 *	innermost layer first
 */
struct hdr_table {
	u8 first[HDR_NR_TYPES + 1];
	struct hdr_rule rule[HDR_MAX_RULES];
};

/* The table of the protocols as they are; tests break copies of it. */
extern const struct hdr_table hdr_table;

#define HDR_MAX_LAYERS	14
/* What a struct hdr_stack can say. */
#define HDR_MAX_LEN	255

/**
 * struct hdr_stack - where the layers of a frame are
 * @layers: how many
 * @len: octets of all headers, to the payload
 * @ip: index of the innermost IP header
 * @inner: index of the first layer in the tunnel, 0 without one
 * @type: &enum hdr_type of each layer
 * @start: octets from the frame's start to each layer
 */
struct hdr_stack {
	u8 layers;
	u8 len;
	u8 ip;
	u8 inner;
	u8 type[HDR_MAX_LAYERS];
	u8 start[HDR_MAX_LAYERS];
	/* So that it is copied in words. */
} __aligned(8);

/**
 * struct hdr_tunnel - what headers do not say about a tunnel
 * @udp_inner: octets from the frame's start to the packet in a UDP tunnel, 0
 *	when UDP has payload behind it
 * @proto: EtherType of that packet, ETH_P_TEB for Ethernet
 * @csum: the tunnel's UDP header has a checksum
 */
struct hdr_tunnel {
	u16 udp_inner;
	u16 proto;
	bool csum;
};

/**
 * struct hdr_segment - which segment a header is for
 * @payload: octets that come before the segment in the super-packet
 * @len: payload octets of the segment
 * @index: 0 for the first
 * @last: it is the last
 */
struct hdr_segment {
	u32 payload;
	u32 len;
	u32 index;
	bool last;
};

#define HDR_MAX_IDS	2

/**
 * struct hdr_counters - the fields that differ between any two segments
 * @ids: how many IPv4 ids count
 * @id_off: of each, octets from the frame's start
 * @check_off: of the checksum of the header that it is in
 * @seq_off: of a TCP sequence number, 0 without one
 * @first_off: of an octet with flags that the first segment may have alone
 * @first_arg: those flags
 */
struct hdr_counters {
	u8 ids;
	u8 id_off[HDR_MAX_IDS];
	u8 check_off[HDR_MAX_IDS];
	u8 seq_off;
	u8 first_off;
	u8 first_arg;
};

/**
 * struct hdr_super - what all segments of a super-packet share
 * @headers: its headers as they came, @stack->len octets
 * @stack: their layers
 * @table: usually hdr_table
 * @payload: octets of payload
 * @mss: octets of payload of each segment but the last
 * @pseudo: the L4 checksum field for the super-packet's length, network order
 * @fixed_id: the innermost IPv4 id does not increment
 * @partial: lengths in a tunnel's headers are those of one segment
 */
struct hdr_super {
	const u8 *headers;
	const struct hdr_stack *stack;
	const struct hdr_table *table;
	u32 payload;
	u32 mss;
	__sum16 pseudo;
	bool fixed_id;
	bool partial;
};

/* The usual: TCP over IPv4 or IPv6 without options. @len is not filled in. */
static const struct hdr_stack hdr_tcp4 = {
	.layers = 3,
	.ip = 1,
	.type = { HDR_ETH, HDR_IPV4, HDR_TCP },
	.start = { 0, ETH_HLEN, ETH_HLEN + sizeof(struct iphdr) },
};

static const struct hdr_stack hdr_tcp6 = {
	.layers = 3,
	.ip = 1,
	.type = { HDR_ETH, HDR_IPV6, HDR_TCP },
	.start = { 0, ETH_HLEN, ETH_HLEN + sizeof(struct ipv6hdr) },
};

/* By words: compilers like a string instruction, which is slow for so little. */
static __always_inline void hdr_stack_copy(struct hdr_stack *to,
					   const struct hdr_stack *from)
{
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < sizeof(*to) / sizeof(u64); i++)
		((u64 *)to)[i] = ((const u64 *)from)[i];
}

/**
 * hdr_parse_usual() - hdr_parse() for hdr_tcp4 and hdr_tcp6 only, in one go
 * @stack: filled in
 * @frame: the frame's first octets
 * @len: how many there are to read
 * @proto: its EtherType, network order
 *
 * Context: any.
 * Return: false when the layers are others, or not whole.
 */
static __always_inline bool hdr_parse_usual(struct hdr_stack *stack,
					    const u8 *frame, unsigned int len,
					    __be16 proto)
{
	const u8 *l3h = frame + ETH_HLEN;
	const struct hdr_stack *usual;
	unsigned int l4, thlen;

	if (len < ETH_HLEN + sizeof(struct ipv6hdr))
		return false;
	if (proto == htons(ETH_P_IP) && l3h[0] == 0x45 &&
	    l3h[offsetof(struct iphdr, protocol)] == IPPROTO_TCP)
		usual = &hdr_tcp4;
	else if (proto == htons(ETH_P_IPV6) && l3h[0] >> 4 == 6 &&
		 l3h[offsetof(struct ipv6hdr, nexthdr)] == IPPROTO_TCP)
		usual = &hdr_tcp6;
	else
		return false;

	l4 = usual->start[2];
	if (len < l4 + sizeof(struct tcphdr))
		return false;
	thlen = (frame[l4 + 12] >> 4) * 4;
	if (thlen < sizeof(struct tcphdr) || len < l4 + thlen)
		return false;
	hdr_stack_copy(stack, usual);
	stack->len = l4 + thlen;
	return true;
}

/**
 * hdr_check_off() - where the L4 checksum field is
 * @stack: from hdr_parse()
 *
 * Context: any.
 * Return: octets from the L4 header to it.
 */
static inline unsigned int hdr_check_off(const struct hdr_stack *stack)
{
	return stack->type[stack->layers - 1] == HDR_UDP ?
	       offsetof(struct udphdr, check) : offsetof(struct tcphdr, check);
}

/*
 * The checksum of an IPv4 header once @id, which it has, is one more: one less
 * in one's complement. An id that wraps changes nothing, since 0xffff and 0
 * are one to the sum. The sum over a header is never 0, as its version is not,
 * so the checksum is never 0xffff and there is only one zero.
 */
static __always_inline u16 hdr_check_next(u16 check, u16 id)
{
	if (unlikely(id == U16_MAX))
		return check;
	return check - 1 - !check;
}

int hdr_parse(struct hdr_stack *stack, const u8 *frame, unsigned int len,
	      const struct hdr_tunnel *tunnel);
int hdr_parse_bare(struct hdr_stack *stack, const u8 *packet, unsigned int len,
		   const struct hdr_tunnel *tunnel);
void hdr_cut(struct hdr_stack *stack, unsigned int layer);
void hdr_write(const struct hdr_super *super, const struct hdr_segment *seg,
	       u8 *out);
void hdr_write_two(const struct hdr_super *super,
		   const struct hdr_segment *segs, u8 *out, u8 *out2,
		   struct hdr_counters *c);
void hdr_write_tunnel(const struct hdr_super *super,
		      const struct hdr_rule *rule, unsigned int layer,
		      const struct hdr_segment *seg, u8 *out);
void hdr_fill(u8 *out, unsigned int n, unsigned int stride, u32 mss,
	      const struct hdr_counters *c);
bool hdr_write_plain(const struct hdr_super *super, unsigned int frames,
		     u8 *out);
void hdr_write_any(const struct hdr_super *super, unsigned int frames,
		   unsigned int stride, u8 *out);

/**
 * hdr_write_all() - write the headers of every segment
 * @super: the super-packet
 * @frames: how many segments, at least 2
 * @stride: octets from one segment's headers to the next one's:
 *	ALIGN(@super->stack->len, 8)
 * @out: @frames * @stride octets, 8-aligned; those between @super->stack->len and
 *	@stride are overwritten with anything
 *
 * Context: any.
 */
static inline void hdr_write_all(const struct hdr_super *super,
				 unsigned int frames, unsigned int stride,
				 u8 *out)
{
	if (unlikely(!hdr_write_plain(super, frames, out)))
		hdr_write_any(super, frames, stride, out);
}

#endif
