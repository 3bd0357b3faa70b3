// SPDX-License-Identifier: GPL-2.0
/*
 * Segments against the kernel's own: octets, and all that drivers and qdiscs
 * read.
 */
#include <net/gso.h>
#include <net/sock.h>

#include "unpack_test.h"

/* A copy, with offsets from the data, and without what means nothing. */
static void unpack_plain_copy(const struct sk_buff *skb, struct sk_buff *copy)
{
	u16 data = skb_headroom(skb);

	memcpy(copy, skb, sizeof(*copy));
	copy->alloc_cpu = 0;
	copy->transport_header -= data;
	copy->network_header -= data;
	copy->mac_header -= data;
	copy->inner_transport_header -= data;
	copy->inner_network_header -= data;
	copy->inner_mac_header -= data;
	if (!skb->encapsulation) {
		copy->inner_transport_header = 0;
		copy->inner_network_header = 0;
		copy->inner_mac_header = 0;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		copy->csum_start -= data;
	else
		copy->csum = 0;
}

/* The fields that the stack copies as one, whatever they are. */
static const char *unpack_compare_group(const struct sk_buff *seg,
					const struct sk_buff *ref)
{
	const u8 *x, *y;
	static char where[64];
	struct sk_buff a, b;
	unsigned int i;

	unpack_plain_copy(seg, &a);
	unpack_plain_copy(ref, &b);
	x = (const u8 *)&a.headers;
	y = (const u8 *)&b.headers;
	for (i = 0; i < sizeof(a.headers); i++) {
		if (x[i] == y[i])
			continue;
		snprintf(where, sizeof(where),
			 "octet %zu of struct sk_buff is %#x, should be %#x",
			 i + offsetof(struct sk_buff, headers), x[i], y[i]);
		return where;
	}
	return NULL;
}

static const char *unpack_compare_shared(const struct sk_buff *seg,
					 const struct sk_buff *ref)
{
	const struct skb_shared_info *a = skb_shinfo(seg), *b = skb_shinfo(ref);

	if (a->gso_size != b->gso_size || a->gso_type != b->gso_type ||
	    a->gso_segs != b->gso_segs)
		return "it is a super-packet";
	if (a->tx_flags != b->tx_flags || a->tskey != b->tskey)
		return "its timestamp flags or key differ";
	if (a->frag_list)
		return "it has a frag_list";
	/* The kernel may let one wait for pages of which it has none. */
	if ((a->flags ^ b->flags) & SKBFL_ALL_ZEROCOPY & ~SKBFL_SHARED_FRAG &&
	    (a->flags & SKBFL_ZEROCOPY_ENABLE || b->nr_frags))
		return "its zerocopy flags differ";
	if (b->flags & ~a->flags & SKBFL_SHARED_FRAG && a->nr_frags)
		return "it does not say that others may write to its pages";
	if (a->flags & SKBFL_ZEROCOPY_ENABLE &&
	    a->destructor_arg != b->destructor_arg)
		return "its zerocopy pages are another's";
	if (atomic_read(&a->dataref) != 1 || seg->cloned || seg->nohdr)
		return "its head is shared";
	return NULL;
}

static const char *unpack_compare_meta(const struct sk_buff *seg,
				       const struct sk_buff *ref)
{
	if (seg->len != ref->len)
		return "its length differs";
	if (seg->mac_len != ref->mac_len)
		return "its mac_len differs";
	if (seg->dev != ref->dev)
		return "its device differs";
	if (seg->tstamp != ref->tstamp)
		return "its tstamp differs";
	if (seg->queue_mapping != ref->queue_mapping)
		return "its queue differs";
	if (seg->_skb_refdst != ref->_skb_refdst)
		return "its route differs";
	if (seg->sk != ref->sk || seg->destructor != ref->destructor)
		return "its socket or destructor differs";
	if (seg->active_extensions != ref->active_extensions)
		return "its extensions differ";
	if (skb_get_nfct(seg) != skb_get_nfct(ref))
		return "its connection, or where in it the packet is, differs";
	if (memcmp(seg->cb, ref->cb, SKB_GSO_CB_OFFSET))
		return "its control block differs";
	if (seg->pp_recycle || seg->peeked || seg->pfmemalloc || seg->hdr_len ||
	    seg->fclone || refcount_read(&seg->users) != 1)
		return "it is not a fresh skb";
	/* Of very long headroom, less. */
	if (skb_headroom(seg) != skb_headroom(ref) &&
	    skb_headroom(seg) < min(skb_headroom(ref), 256U))
		return "its headroom is too short";
	if (skb_end_pointer(seg) < skb_tail_pointer(seg) ||
	    !IS_ALIGNED((uintptr_t)skb_end_pointer(seg), SMP_CACHE_BYTES))
		return "its head is no head";
	return NULL;
}

/**
 * unpack_compare() - is every segment the kernel's?
 * @segs: unpacked
 * @ref: the kernel's
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_compare(const struct sk_buff *segs,
			   const struct sk_buff *ref)
{
	const struct sk_buff *seg = segs, *last = NULL;
	const char *wrong = NULL;

	for (; seg && ref && !wrong; seg = seg->next, ref = ref->next) {
		wrong = unpack_compare_meta(seg, ref);
		if (!wrong)
			wrong = unpack_compare_group(seg, ref);
		if (!wrong)
			wrong = unpack_compare_shared(seg, ref);
		if (!wrong && !kinds_same_octets(seg, ref))
			wrong = "its octets differ";
		last = seg;
	}
	if (wrong)
		return wrong;
	if (seg || ref)
		return "another number of segments";
	return segs->prev == last ? NULL : "the list does not know its end";
}

/**
 * unpack_charged() - is the truesize of segments what they take?
 * @segs: unpacked
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_charged(const struct sk_buff *segs)
{
	const struct sk_buff *seg, *last = segs->prev;

	for (seg = segs; seg; seg = seg->next) {
		if (seg->truesize == SKB_TRUESIZE(skb_end_offset(seg)) +
				     seg->data_len)
			continue;
		/* The last may have the super-packet's, and no other has. */
		if (seg != last || segs->destructor || !seg->destructor)
			return "a segment's truesize is wrong";
	}
	return NULL;
}

/**
 * unpack_roomy() - has every copy room for a trailer?
 * @segs: unpacked, for a device without scatter-gather
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_roomy(const struct sk_buff *segs)
{
	for (; segs; segs = segs->next)
		if (skb_is_nonlinear(segs) || skb_tailroom(segs) < 64)
			return "a copy has no room for a trailer";
	return NULL;
}

/**
 * unpack_owned() - is the socket's memory accounted for?
 * @rig: has the socket
 * @skb: the super-packet, still there
 * @segs: its segments
 * @base: the socket's memory before there was a super-packet
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_owned(const struct unpack_rig *rig,
			 const struct sk_buff *skb, const struct sk_buff *segs,
			 int base)
{
	const struct sk_buff *seg;
	int sum = 0;

	if (skb->destructor && skb->destructor != sock_efree)
		sum += skb->truesize;
	for (seg = segs; seg; seg = seg->next)
		if (seg->destructor)
			sum += seg->truesize;
	if (unpack_memory(rig) - base != sum)
		return "the socket's memory is not what its skbs take";
	return NULL;
}

/**
 * unpack_extended() - do all hold the super-packet's extension?
 * @skb: the super-packet
 * @segs: its segments, or NULL
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_extended(const struct sk_buff *skb,
			    const struct sk_buff *segs)
{
#ifdef CONFIG_SKB_EXTENSIONS
	unsigned int want = 1;

	if (!skb->active_extensions)
		return NULL;
	for (; segs; segs = segs->next) {
		want++;
		if (segs->extensions != skb->extensions)
			return "a segment has another extension";
	}
	if (refcount_read(&skb->extensions->refcnt) != want)
		return "the extension has not as many references as holders";
#endif
	return NULL;
}
