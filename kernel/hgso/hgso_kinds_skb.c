// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets of every kind, made as the stack makes them.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/gso.h>

#include "hgso_kinds.h"

/* Where in a block the linear payload is copied from. */
#define KINDS_LINEAR_OFF	333
#define KINDS_MEMBER_OFF	4321

/* One in a page may start anywhere in it, and its headroom is longer. */
static struct sk_buff *kinds_head(const struct kinds_spec *spec,
				  unsigned int len)
{
	unsigned int shift = spec->headroom % SMP_CACHE_BYTES & ~7;
	unsigned int size = PAGE_SIZE - SMP_CACHE_BYTES;
	struct sk_buff *skb;
	void *page;

	if (!spec->page_heads ||
	    spec->headroom + len > SKB_WITH_OVERHEAD(size))
		return alloc_skb(spec->headroom + len, GFP_KERNEL);

	page = (void *)__get_free_page(GFP_KERNEL);
	if (!page)
		return NULL;
	skb = build_skb(page + shift, size);
	if (!skb)
		free_page((unsigned long)page);
	return skb;
}

static void kinds_add_frag(struct sk_buff *skb, struct page *page, u32 off,
			   u32 len)
{
	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, off, len, len);
}

/* The end of the headers in a page of their own, since they differ. */
static int kinds_hdr_frag(struct sk_buff *skb, const u8 *hdrs, unsigned int len)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	memcpy(page_address(page) + 99, hdrs, len);
	kinds_add_frag(skb, page, 99, len);
	put_page(page);
	return 0;
}

static void kinds_frags(struct kinds_rig *rig, const struct kinds_spec *spec,
			struct sk_buff *skb)
{
	unsigned int i;

	for (i = 0; i < spec->nr_frags; i++)
		kinds_add_frag(skb, rig->super->block[i % SUPER_BLOCKS],
			       spec->frag[i].off, spec->frag[i].len);
}

static void kinds_offsets(const struct kinds_spec *spec,
			  const struct kinds_at *at, struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	skb_reset_mac_header(skb);
	skb_set_network_header(skb, at->l3 - spec->nh_back);
	skb_reset_mac_len(skb);
	skb_set_transport_header(skb, at->il4);
	skb->protocol = eth->h_proto;
	if (spec->kind->bare)
		skb->protocol = htons(spec->outer.v6 || (!spec->kind->tunnel &&
							 spec->inner.v6) ?
				      ETH_P_IPV6 : ETH_P_IP);
}

static void kinds_encapsulate(const struct kinds_spec *spec,
			      const struct kinds_at *at, struct sk_buff *skb)
{
	skb->encapsulation = 1;
	skb_set_inner_mac_header(skb, at->imac);
	skb_set_inner_network_header(skb, at->il3);
	skb_set_inner_transport_header(skb, at->il4);

	if (spec->kind->tunnel == KINDS_IPXIP) {
		/* Its transport header stays the inner one. */
		skb_set_inner_ipproto(skb, spec->inner.v6 ? IPPROTO_IPV6 :
				      IPPROTO_IPIP);
		return;
	}
	skb_set_transport_header(skb, at->tun);
	if (spec->teb)
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	else
		skb_set_inner_protocol(skb, htons(spec->inner.v6 ? ETH_P_IPV6 :
						  ETH_P_IP));
}

static u32 kinds_gso_type(const struct kinds_spec *spec)
{
	const struct kinds_kind *kind = spec->kind;
	u32 type = spec->gso_type;

	switch (kind->tunnel) {
	case KINDS_IPXIP:
		type |= spec->outer.v6 ? SKB_GSO_IPXIP6 : SKB_GSO_IPXIP4;
		break;
	case KINDS_GRE:
		type |= kind->csum ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE;
		break;
	case KINDS_UDP_TUNNEL:
		type |= kind->csum ? SKB_GSO_UDP_TUNNEL_CSUM :
			SKB_GSO_UDP_TUNNEL;
	}
	if (kind->shape == KINDS_FRAGLIST)
		type |= SKB_GSO_FRAGLIST;
	/* These are instead of it. */
	if (kind->mark & (SKB_GSO_SCTP | SKB_GSO_UDP))
		return type;
	if (kind->l4 == IPPROTO_UDP)
		return type | SKB_GSO_UDP_L4;
	return type | (spec->inner.v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4);
}

static void kinds_meta(struct kinds_rig *rig, const struct kinds_spec *spec,
		       const struct kinds_at *at, struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	skb->dev = rig->dev;
	kinds_offsets(spec, at, skb);
	if (spec->kind->tunnel)
		kinds_encapsulate(spec, at, skb);

	if (spec->kind->shape == KINDS_FRAGLIST) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	} else if (spec->check_kind != SUPER_NONE) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + at->il4;
		skb->csum_offset = spec->kind->l4 == IPPROTO_UDP ?
				   offsetof(struct udphdr, check) :
				   offsetof(struct tcphdr, check);
	}
	if (spec->kind->hw_tag)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0x2fed);
	if (spec->kind->zerocopy) {
		refcount_inc(&rig->zerocopy.refcnt);
		skb_zcopy_init(skb, &rig->zerocopy);
	}

	shinfo->gso_type = kinds_gso_type(spec);
	shinfo->gso_size = spec->kind->size ?: spec->mss;
	if (!spec->no_segs)
		shinfo->gso_segs = DIV_ROUND_UP(spec->payload, spec->mss);
}

/* A packet of its own, pulled to its payload, as GRO chains them. */
static struct sk_buff *kinds_member(struct kinds_rig *rig,
				    const struct kinds_spec *spec,
				    const struct kinds_at *at, unsigned int i)
{
	u32 head = spec->list[i].head, off = KINDS_MEMBER_OFF + 77 * i;
	struct kinds_spec own = *spec;
	struct sk_buff *skb;
	unsigned int f;

	own.payload = head;
	own.seq += (i + 1) * spec->mss;
	skb = kinds_head(spec, at->end + head);
	if (!skb)
		return NULL;
	skb_reserve(skb, spec->headroom);
	kinds_headers(&own, at, skb_put_zero(skb, at->end));
	kinds_offsets(spec, at, skb);
	skb_pull(skb, at->end);

	skb_put_data(skb, page_address(rig->super->block[1]) + off, head);
	for (f = 0; f < ARRAY_SIZE(spec->list[i].frag); f++)
		if (spec->list[i].frag[f])
			kinds_add_frag(skb, rig->super->block[f], off + 1 + f,
				       spec->list[i].frag[f]);
	return skb;
}

static int kinds_list(struct kinds_rig *rig, const struct kinds_spec *spec,
		      const struct kinds_at *at, struct sk_buff *skb)
{
	struct sk_buff **tail = &skb_shinfo(skb)->frag_list;
	unsigned int i;

	for (i = 0; i < spec->nr_list; i++) {
		*tail = kinds_member(rig, spec, at, i);
		if (!*tail)
			return -ENOMEM;
		skb->len += (*tail)->len;
		skb->data_len += (*tail)->len;
		skb->truesize += (*tail)->truesize;
		tail = &(*tail)->next;
	}
	return 0;
}

/* What a device with NETIF_F_GSO_PARTIAL would be given of it. */
static struct sk_buff *kinds_partial(struct sk_buff *skb)
{
	struct sk_buff *segs;

	local_bh_disable();
	segs = __skb_gso_segment(skb, skb->dev->hw_enc_features |
				 NETIF_F_GSO_ROBUST, true);
	local_bh_enable();
	consume_skb(skb);
	if (IS_ERR_OR_NULL(segs))
		return NULL;
	kfree_skb_list(segs->next);
	skb_mark_not_on_list(segs);
	segs->prev = NULL;
	return segs;
}

/**
 * kinds_skb() - make a super-packet as a driver gets it
 * @rig: memory for its page frags
 * @spec: what it looks like; the same one gives the same packet again
 *
 * Return: the skb, which the caller frees, or NULL without memory.
 */
struct sk_buff *kinds_skb(struct kinds_rig *rig, const struct kinds_spec *spec)
{
	u8 hdrs[KINDS_HDR_MAX];
	struct sk_buff *skb;
	unsigned int in_head;
	struct kinds_at at;

	kinds_place(spec, &at);
	kinds_headers(spec, &at, hdrs);
	in_head = at.end - spec->hdr_frags;

	skb = kinds_head(spec, in_head + spec->linear);
	if (!skb)
		return NULL;
	skb_reserve(skb, spec->headroom);
	skb_put_data(skb, hdrs, in_head);
	skb_put_data(skb, page_address(rig->super->block[0]) +
		     KINDS_LINEAR_OFF, spec->linear);

	if (spec->hdr_frags &&
	    kinds_hdr_frag(skb, hdrs + in_head, spec->hdr_frags))
		goto err_free;
	kinds_frags(rig, spec, skb);
	if (kinds_list(rig, spec, &at, skb))
		goto err_free;
	kinds_meta(rig, spec, &at, skb);
	return spec->kind->partial ? kinds_partial(skb) : skb;

err_free:
	kfree_skb(skb);
	return NULL;
}

static void kinds_show_ip(struct kunit *test, const char *which,
			  const struct kinds_ip *ip)
{
	kunit_err(test, "%s IPv%u: options %u, extensions %u:%u %u:%u %u:%u, id %#x, df %u\n",
		  which, ip->v6 ? 6 : 4, ip->opts, ip->ext[0].proto,
		  ip->ext[0].len, ip->ext[1].proto, ip->ext[1].len,
		  ip->ext[2].proto, ip->ext[2].len, ip->id, ip->df);
}

/**
 * kinds_show() - fail, and say which packet it was and how to get it again
 * @test: the case
 * @spec: what the packet looks like
 * @round: it was made in
 * @wrong: what is wrong
 */
void kinds_show(struct kunit *test, const struct kinds_spec *spec,
		unsigned int round, const char *wrong)
{
	struct kinds_rig *rig = test->priv;

	KUNIT_FAIL(test, "%s: %s: repeat with seed=%llu first=%u rounds=%u",
		   spec->kind->name, wrong, hgso_test_seed, round,
		   KINDS_ROUNDS_PER_KIND);
	kunit_err(test, "frame %u: heads in pages %u, mss %u payload %u linear %u frags %u list %u, headers in frags %u, headroom %u, gso_type %#x, check %u:%#x, flags %#x, tcp options %u, tunnel %u%s, network header %u back\n",
		  rig->frame, spec->page_heads, spec->mss, spec->payload, spec->linear,
		  spec->nr_frags, spec->nr_list, spec->hdr_frags,
		  spec->headroom, kinds_gso_type(spec), spec->check_kind,
		  spec->check, spec->flags, spec->tcp_opts, spec->tun_len,
		  spec->teb ? " with Ethernet" : "", spec->nh_back);
	kinds_show_ip(test, "inner", &spec->inner);
	if (spec->kind->tunnel)
		kinds_show_ip(test, "outer", &spec->outer);
}
