// SPDX-License-Identifier: GPL-2.0
/*
 * The checksums of tunnels' headers.
 */
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include "hdr.h"

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

	check = get_unaligned((const __sum16 *)(uh +
						offsetof(struct udphdr, check)));
	old = (__force __wsum)htonl(head + super->payload);
	if (super->partial)
		old = (__force __wsum)get_unaligned((const __be16 *)(uh +
				offsetof(struct udphdr, len)));
	sum = csum_sub(csum_unfold(check), old);
	return ~csum_fold(csum_add(sum, (__force __wsum)htonl(head + len)));
}

/**
 * hdr_write_tunnel() - the checksum field of a tunnel's header
 * @super: the super-packet
 * @rule: the field's, HDR_GRE_SUM or HDR_UDP_SUM
 * @layer: octets from the frame's start to the layer it is in
 * @seg: which segment
 * @out: its headers, all else in them is written
 *
 * Context: any.
 */
void hdr_write_tunnel(const struct hdr_super *super,
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
