// SPDX-License-Identifier: GPL-2.0
/*
 * The frames of a prepared super-packet against the kernel's own segments.
 */
#include <linux/bottom_half.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/gso.h>
#include <net/ip6_checksum.h>

#include "hgso_test.h"

/* How much of a differing frame is shown. */
#define SUPER_DUMP_LEN	192

/**
 * struct super_cursor - where the payload goes on, found without the engine
 * @at: next octet
 * @left: octets in this buffer
 * @frag: page frag that follows
 */
struct super_cursor {
	const u8 *at;
	u32 left;
	unsigned int frag;
};

/* hgso_prepare() as a driver calls it: with the queue's lock held. */
int super_prepare(struct super_rig *rig, struct sk_buff *skb)
{
	int descs;

	local_bh_disable();
	descs = hgso_prepare(&rig->txq, skb);
	local_bh_enable();
	return descs;
}

static void super_map_piece(struct hgso_pkt *pkt, const void *addr, u32 len)
{
	if (!len)
		return;
	pkt->piece[pkt->pieces].addr = (uintptr_t)addr;
	pkt->piece[pkt->pieces].len = len;
	pkt->pieces++;
}

static void super_map_frags(struct hgso_pkt *pkt, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		super_map_piece(pkt, skb_frag_address(&shinfo->frags[i]),
				skb_frag_size(&shinfo->frags[i]));
}

/**
 * super_map() - kernel addresses in the place of bus addresses
 * @skb: prepared
 *
 * Kernels without the DMA API run these tests too, and the iterator does
 * nothing but address arithmetic: so its slices can be read.
 */
void super_map(struct sk_buff *skb)
{
	struct hgso_pkt *pkt = hgso_pkt(skb);
	const struct sk_buff *iter;

	BUILD_BUG_ON(sizeof(dma_addr_t) < sizeof(void *));

	pkt->pieces = 0;
	pkt->hdrs_dma = (uintptr_t)pkt->hdrs;
	super_map_piece(pkt, skb->data + pkt->payload_off,
			skb_headlen(skb) - pkt->payload_off);
	super_map_frags(pkt, skb);
	skb_walk_frags(skb, iter) {
		super_map_piece(pkt, iter->data, skb_headlen(iter));
		super_map_frags(pkt, iter);
	}
	pkt->piece[pkt->pieces] = (struct hgso_piece){ };
}

/* The kernel's segments for a device with @features. Takes @skb. */
struct sk_buff *super_segments_for(struct sk_buff *skb,
				   netdev_features_t features)
{
	struct sk_buff *segs;

	local_bh_disable();
	segs = __skb_gso_segment(skb, features, true);
	local_bh_enable();
	consume_skb(skb);
	return segs;
}

/* The same for a device that finishes checksums. */
struct sk_buff *super_segments(struct sk_buff *skb)
{
	return super_segments_for(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
}

static void super_cursor_init(struct super_cursor *cur,
			      const struct sk_buff *skb)
{
	unsigned int off = hgso_pkt(skb)->payload_off;

	cur->at = skb->data + off;
	cur->left = skb_headlen(skb) - off;
	cur->frag = 0;
}

static bool super_cursor_take(struct super_cursor *cur,
			      const struct sk_buff *skb,
			      const struct hgso_slice *slice)
{
	while (!cur->left) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[cur->frag];

		if (cur->frag++ == skb_shinfo(skb)->nr_frags)
			return false;
		cur->at = skb_frag_address(frag);
		cur->left = skb_frag_size(frag);
	}
	if (slice->addr != (uintptr_t)cur->at || slice->len > cur->left)
		return false;
	cur->at += slice->len;
	cur->left -= slice->len;
	return true;
}

/* Reads one frame through its slices. @descs counts them down. */
static const char *super_read(struct super_rig *rig, const struct sk_buff *skb,
			      struct hgso_iter *it, struct super_cursor *cur,
			      int *descs)
{
	const struct hgso_pkt *pkt = hgso_pkt(skb);
	struct hgso_slice slice = { };
	bool first = true;

	rig->frame_len = 0;
	do {
		if (!hgso_next(it, &slice))
			return "slices end within a frame";
		if (!(*descs)--)
			return "more slices than prepare said";
		if (!slice.len || rig->frame_len + slice.len > SUPER_FRAME_MAX)
			return "a slice has a wrong length";
		if (slice.first != first)
			return "a slice is wrongly marked as first";
		if (first && (slice.len != pkt->hdr_len || slice.last))
			return "a header slice is not one";
		if (!first && !super_cursor_take(cur, skb, &slice))
			return "a slice is not where the payload goes on";
		if (slice.end != (slice.last && !*descs))
			return "a slice is wrongly marked as the end";
		memcpy(rig->frame + rig->frame_len,
		       (const void *)(uintptr_t)slice.addr, slice.len);
		rig->frame_len += slice.len;
		first = false;
	} while (!slice.last);
	return NULL;
}

/* memcmp() over a segment that may have page frags. */
static bool super_equal(const struct sk_buff *seg, const u8 *frame)
{
	unsigned int i;

	if (memcmp(seg->data, frame, skb_headlen(seg)))
		return false;
	frame += skb_headlen(seg);

	for (i = 0; i < skb_shinfo(seg)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(seg)->frags[i];

		if (memcmp(skb_frag_address(frag), frame, skb_frag_size(frag)))
			return false;
		frame += skb_frag_size(frag);
	}
	return true;
}

/* What a receiver does: both checksums must come out right. */
static bool super_sums_right(const struct hgso_pkt *pkt, const u8 *frame,
			     unsigned int len)
{
	const void *l3h = frame + pkt->l3_off;
	const struct ipv6hdr *ip6h = l3h;
	const struct iphdr *iph = l3h;
	__wsum sum;

	len -= pkt->l4_off;
	sum = csum_partial(frame + pkt->l4_off, len, 0);
	if (iph->version == 6)
		return !csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					IPPROTO_TCP, sum);
	return !ip_fast_csum(iph, iph->ihl) &&
	       !csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_TCP,
				  sum);
}

/*
 * As wire frames: what a device makes of ours against what software makes of
 * the kernel's.
 */
static const char *super_finish(struct super_rig *rig,
				const struct hgso_pkt *pkt,
				struct sk_buff *seg, enum super_depth depth)
{
	u8 *field = rig->frame + pkt->l4_off + pkt->csum_offset;
	__wsum sum = csum_partial(rig->frame + pkt->l4_off,
				  rig->frame_len - pkt->l4_off, 0);

	put_unaligned(csum_fold(sum) ?: CSUM_MANGLED_0, (__sum16 *)field);

	if (seg->ip_summed != CHECKSUM_PARTIAL || skb_checksum_help(seg))
		return "the kernel's checksum cannot be finished";
	if (!super_equal(seg, rig->frame))
		return "frames differ once checksums are finished";
	if (depth == SUPER_VALID &&
	    !super_sums_right(pkt, rig->frame, rig->frame_len))
		return "a checksum on the wire is wrong";
	return NULL;
}

static const char *super_compare_one(struct super_rig *rig, struct sk_buff *skb,
				     struct sk_buff *seg,
				     enum super_depth depth)
{
	if (rig->frame_len != seg->len)
		return "a frame has another length";
	if (!super_equal(seg, rig->frame))
		return "frames differ";
	if (depth == SUPER_PARTIAL)
		return NULL;
	return super_finish(rig, hgso_pkt(skb), seg, depth);
}

static void super_keep(struct super_rig *rig, const struct sk_buff *seg)
{
	rig->want_len = min_t(unsigned int, seg->len, SUPER_FRAME_MAX);
	if (skb_copy_bits(seg, 0, rig->want, rig->want_len))
		rig->want_len = 0;
}

/**
 * super_compare() - is every frame the kernel's segment?
 * @rig: holds the frame that differs, afterwards
 * @skb: prepared and mapped
 * @segs: the kernel's; not freed
 * @descs: what prepare returned
 * @depth: how far
 *
 * Return: NULL, or what is wrong.
 */
const char *super_compare(struct super_rig *rig, struct sk_buff *skb,
			  struct sk_buff *segs, int descs,
			  enum super_depth depth)
{
	const struct hgso_pkt *pkt = hgso_pkt(skb);
	struct super_cursor cur;
	struct hgso_slice slice;
	struct hgso_iter it;
	const char *wrong;
	struct sk_buff *seg;
	u32 bytes = 0;

	if (descs != pkt->descs)
		return "prepare returned another number of slices";
	super_cursor_init(&cur, skb);
	hgso_iter_init(&it, skb);
	rig->index = 0;

	for (seg = segs; seg; seg = seg->next) {
		wrong = super_read(rig, skb, &it, &cur, &descs);
		if (!wrong)
			wrong = super_compare_one(rig, skb, seg, depth);
		if (wrong) {
			super_keep(rig, seg);
			return wrong;
		}
		bytes += rig->frame_len;
		rig->index++;
	}

	if (hgso_next(&it, &slice) || descs)
		return "more slices than the kernel's segments need";
	if (pkt->frames != rig->index)
		return "another number of frames";
	if (bytes != hgso_wire_bytes(skb))
		return "hgso_wire_bytes() is not the sum of the frames";
	rig->frames += rig->index;
	rig->octets += bytes;
	return NULL;
}

/**
 * super_differs() - prepare a super-packet and compare it
 * @rig: as for super_compare()
 * @skb: fresh; the caller frees it
 * @depth: as for super_compare()
 * @err: what prepare returned when it declined, else 0
 *
 * Return: NULL, or what is wrong. NULL too when prepare declined.
 */
const char *super_differs(struct super_rig *rig, struct sk_buff *skb,
			  enum super_depth depth, int *err)
{
	struct sk_buff *ref = pskb_copy(skb, GFP_KERNEL);
	struct sk_buff *segs;
	const char *wrong;
	int descs;

	*err = 0;
	rig->frame_len = 0;
	rig->want_len = 0;
	if (!ref)
		return "no memory for a copy";

	descs = super_prepare(rig, skb);
	if (descs < 0) {
		*err = descs;
		consume_skb(ref);
		return NULL;
	}

	segs = super_segments(ref);
	if (IS_ERR_OR_NULL(segs))
		return "the kernel does not segment it";
	super_map(skb);
	wrong = super_compare(rig, skb, segs, descs, depth);
	kfree_skb_list(segs);
	return wrong;
}

/* A made-up partial sum gives no valid checksum, but the same one. */
enum super_depth super_depth(const struct super_spec *spec)
{
	return spec->check_kind == SUPER_FORCED ? SUPER_FINISHED : SUPER_VALID;
}

static void super_dump_frame(const char *whose, const u8 *frame,
			     unsigned int from, unsigned int len)
{
	if (from >= len)
		return;
	pr_err("%s, %u octets, from %u:\n", whose, len, from);
	print_hex_dump(KERN_ERR, "", DUMP_PREFIX_OFFSET, 16, 1, frame + from,
		       min_t(unsigned int, len - from, SUPER_DUMP_LEN), false);
}

/**
 * super_dump() - show the frame that differs, and where it came from
 * @test: whose rig compared it
 * @spec: what the super-packet looks like
 */
void super_dump(struct kunit *test, const struct super_spec *spec)
{
	struct super_rig *rig = test->priv;
	unsigned int len = min(rig->frame_len, rig->want_len), at = 0;

	kunit_err(test,
		  "%s: IPv%u vlan %#x gso_type %#x mss %u payload %u linear %u frags %u (headers %u) options %u+%u flags %#x check %u:%#x headroom %u\n",
		  spec->name, spec->v6 ? 6 : 4, spec->vlan, spec->gso_type,
		  spec->mss, spec->payload, spec->linear, spec->nr_frags,
		  spec->hdr_frags, spec->ip_opts, spec->tcp_opts, spec->flags,
		  spec->check_kind, spec->check, spec->headroom);

	while (at < len && rig->frame[at] == rig->want[at])
		at++;
	kunit_err(test, "frame %u, octet %u\n", rig->index, at);
	/* The headers are worth seeing; a long payload is not. */
	at = at < SUPER_DUMP_LEN ? 0 : round_down(at, 16);
	super_dump_frame("hgso", rig->frame, at, rig->frame_len);
	super_dump_frame("kernel", rig->want, at, rig->want_len);
}
