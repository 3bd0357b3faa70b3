// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets made to order.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "hgso_test.h"

/* Where in a block the payload of the head is copied from. */
#define SUPER_LINEAR_OFF	333

int super_rig_init(struct kunit *test)
{
	struct super_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	unsigned int i;

	if (!rig)
		return -ENOMEM;
	test->priv = rig;

	for (i = 0; i < SUPER_BLOCKS; i++) {
		rig->block[i] = alloc_pages(GFP_KERNEL | __GFP_COMP,
					    SUPER_ORDER);
		if (!rig->block[i])
			return -ENOMEM;
		get_random_bytes(page_address(rig->block[i]), SUPER_BLOCK_LEN);
	}

	rig->frame = kunit_kzalloc(test, SUPER_FRAME_MAX, GFP_KERNEL);
	rig->want = kunit_kzalloc(test, SUPER_FRAME_MAX, GFP_KERNEL);
	if (!rig->frame || !rig->want)
		return -ENOMEM;

	hgso_txq_init(&rig->txq, NULL, SUPER_MAX_DESCS);
	return 0;
}

void super_rig_exit(struct kunit *test)
{
	struct super_rig *rig = test->priv;
	unsigned int i;

	for (i = 0; rig && i < SUPER_BLOCKS; i++)
		if (rig->block[i])
			put_page(rig->block[i]);
}

static unsigned int super_l3_off(const struct super_spec *spec)
{
	return ETH_HLEN + (spec->vlan ? VLAN_HLEN : 0);
}

static unsigned int super_l4_off(const struct super_spec *spec)
{
	return super_l3_off(spec) + (spec->v6 ? sizeof(struct ipv6hdr) :
				     sizeof(struct iphdr) + spec->ip_opts);
}

/* Octets of all headers of the super-packet. */
unsigned int super_hdr_len(const struct super_spec *spec)
{
	return super_l4_off(spec) + sizeof(struct tcphdr) + spec->tcp_opts;
}

/* No two octets beside each other alike, so that a shifted copy shows. */
static void super_octets(u8 *at, unsigned int len, u8 first)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		at[i] = first + 7 * i;
}

static void super_ipv4(const struct super_spec *spec, struct iphdr *iph)
{
	iph->version = 4;
	iph->ihl = (sizeof(*iph) + spec->ip_opts) / 4;
	iph->tos = 0x2e;
	iph->tot_len = htons(super_hdr_len(spec) - super_l3_off(spec) +
			     spec->payload);
	iph->id = htons(spec->id);
	iph->frag_off = spec->no_df ? 0 : htons(IP_DF);
	iph->ttl = 63;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = htonl(0xc0a80102);
	iph->daddr = htonl(0x0afe7f03);
	super_octets((u8 *)(iph + 1), spec->ip_opts, 0x11);
	iph->check = ip_fast_csum(iph, iph->ihl);
}

static void super_ipv6(const struct super_spec *spec, struct ipv6hdr *ip6h)
{
	ip6h->version = 6;
	ip6h->priority = 0xb;
	super_octets(ip6h->flow_lbl, sizeof(ip6h->flow_lbl), 0x9d);
	ip6h->payload_len = htons(sizeof(struct tcphdr) + spec->tcp_opts +
				  spec->payload);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = 61;
	super_octets((u8 *)&ip6h->saddr, sizeof(ip6h->saddr), 0xfd);
	super_octets((u8 *)&ip6h->daddr, sizeof(ip6h->daddr), 0x20);
}

static __sum16 super_tcp_check(const struct super_spec *spec, const void *l3h)
{
	unsigned int len = sizeof(struct tcphdr) + spec->tcp_opts +
			   spec->payload;
	const struct ipv6hdr *ip6h = l3h;
	const struct iphdr *iph = l3h;

	if (spec->check_kind != SUPER_PSEUDO)
		return (__force __sum16)htons(spec->check);
	if (spec->v6)
		return ~tcp_v6_check(len, &ip6h->saddr, &ip6h->daddr, 0);
	return ~tcp_v4_check(len, iph->saddr, iph->daddr, 0);
}

/**
 * super_headers() - write the headers of a super-packet
 * @spec: what it looks like
 * @out: SUPER_HDR_MAX octets
 *
 * Return: octets written.
 */
unsigned int super_headers(const struct super_spec *spec, u8 *out)
{
	__be16 proto = htons(spec->v6 ? ETH_P_IPV6 : ETH_P_IP);
	struct tcphdr *th = (void *)(out + super_l4_off(spec));
	void *l3h = out + super_l3_off(spec);
	struct ethhdr *eth = (void *)out;

	memset(out, 0, super_hdr_len(spec));
	super_octets(eth->h_dest, ETH_ALEN, 0x02);
	super_octets(eth->h_source, ETH_ALEN, 0x42);
	eth->h_proto = proto;
	if (spec->vlan) {
		eth->h_proto = htons(spec->vlan);
		put_unaligned_be16(0x6123, out + ETH_HLEN);
		put_unaligned(proto, (__be16 *)(out + ETH_HLEN + 2));
	}

	if (spec->v6)
		super_ipv6(spec, l3h);
	else
		super_ipv4(spec, l3h);

	th->source = htons(0x8f21);
	th->dest = htons(443);
	th->seq = htonl(spec->seq);
	th->ack_seq = htonl(0x89abcdef);
	th->doff = (sizeof(*th) + spec->tcp_opts) / 4;
	((u8 *)th)[13] = spec->flags;
	th->window = htons(0x1f5);
	th->urg_ptr = htons(0x77);
	super_octets((u8 *)(th + 1), spec->tcp_opts, 0xc1);
	th->check = super_tcp_check(spec, l3h);

	return super_hdr_len(spec);
}

static void super_add_frag(struct sk_buff *skb, struct page *page, u32 off,
			   u32 len)
{
	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, off, len, len);
}

/* The end of the headers in a page of their own, since they differ. */
static int super_hdr_frag(struct sk_buff *skb, const u8 *hdrs, unsigned int len)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	memcpy(page_address(page) + 77, hdrs, len);
	super_add_frag(skb, page, 77, len);
	put_page(page);
	return 0;
}

static void super_payload(struct super_rig *rig, const struct super_spec *spec,
			  struct sk_buff *skb)
{
	u32 left = spec->payload - spec->linear;
	u32 even = spec->nr_frags ? left / spec->nr_frags : 0;
	unsigned int i;

	for (i = 0; i < spec->nr_frags; i++) {
		bool last = i == spec->nr_frags - 1;
		u32 len = spec->frag[i].len, off = spec->frag[i].off;

		if (!spec->cut) {
			len = last ? left : even;
			off = (i * 5077) % (SUPER_BLOCK_LEN - len);
		}
		super_add_frag(skb, rig->block[i % SUPER_BLOCKS], off, len);
		left -= len;
	}
}

static void super_meta(const struct super_spec *spec, struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	skb_reset_mac_header(skb);
	skb_set_network_header(skb, spec->nh_tag ? ETH_HLEN :
			       super_l3_off(spec));
	skb_set_transport_header(skb, super_l4_off(spec));
	skb_reset_mac_len(skb);
	skb->protocol = spec->vlan ? htons(spec->vlan) :
			htons(spec->v6 ? ETH_P_IPV6 : ETH_P_IP);

	if (spec->check_kind != SUPER_NONE) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + super_l4_off(spec);
		skb->csum_offset = offsetof(struct tcphdr, check);
	}

	shinfo->gso_type = spec->gso_type;
	shinfo->gso_type |= spec->v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	shinfo->gso_size = spec->mss;
	shinfo->gso_segs = DIV_ROUND_UP(spec->payload, spec->mss ?: 1);
}

/* The head of a received packet is in a page, and may start anywhere. */
static struct sk_buff *super_head(const struct super_spec *spec,
				  unsigned int len)
{
	struct sk_buff *skb;
	void *page;

	if (!spec->head_shift)
		return alloc_skb(spec->headroom + len, GFP_KERNEL);

	page = (void *)__get_free_page(GFP_KERNEL);
	if (!page)
		return NULL;
	skb = build_skb(page + spec->head_shift, PAGE_SIZE - SMP_CACHE_BYTES);
	if (!skb)
		free_page((unsigned long)page);
	return skb;
}

/**
 * super_skb() - make a super-packet as a driver gets it
 * @rig: memory for its page frags
 * @spec: what it looks like
 *
 * Return: the skb, which the caller frees, or NULL without memory.
 */
struct sk_buff *super_skb(struct super_rig *rig, const struct super_spec *spec)
{
	unsigned int hdr_len, in_head;
	u8 hdrs[SUPER_HDR_MAX];
	struct sk_buff *skb;

	hdr_len = super_headers(spec, hdrs);
	in_head = hdr_len - spec->hdr_frags;

	skb = super_head(spec, in_head + spec->linear);
	if (!skb)
		return NULL;
	skb_reserve(skb, spec->headroom);
	skb_put_data(skb, hdrs, in_head);
	skb_put_data(skb, page_address(rig->block[0]) + SUPER_LINEAR_OFF,
		     spec->linear);

	if (spec->hdr_frags &&
	    super_hdr_frag(skb, hdrs + in_head, spec->hdr_frags)) {
		kfree_skb(skb);
		return NULL;
	}
	super_payload(rig, spec, skb);
	super_meta(spec, skb);
	return skb;
}

/**
 * super_skb_tcp() - make a super-packet the way TCP makes it
 * @rig: memory for its page frags
 * @spec: what it looks like
 * @queued: set to the skb that TCP keeps until the peer has acknowledged it; or
 *	one made before, to be sent once more
 *
 * The headers are pushed onto a clone, whose head the original shares.
 *
 * Return: the clone; the caller frees both. NULL without memory.
 */
struct sk_buff *super_skb_tcp(struct super_rig *rig,
			      const struct super_spec *spec,
			      struct sk_buff **queued)
{
	unsigned int hdr_len = super_hdr_len(spec);
	struct sk_buff *orig = *queued, *skb;
	u8 hdrs[SUPER_HDR_MAX];

	if (!orig) {
		orig = alloc_skb_fclone(spec->headroom + hdr_len +
					spec->linear, GFP_KERNEL);
		if (!orig)
			return NULL;
		skb_reserve(orig, spec->headroom + hdr_len);
		skb_put_data(orig, page_address(rig->block[0]) +
			     SUPER_LINEAR_OFF, spec->linear);
		super_payload(rig, spec, orig);
		__skb_header_release(orig);
		*queued = orig;
	}

	/* A copy of the head while an earlier clone is still on its way. */
	if (skb_cloned(orig))
		skb = pskb_copy(orig, GFP_KERNEL);
	else
		skb = skb_clone(orig, GFP_KERNEL);
	if (!skb)
		return NULL;

	super_headers(spec, hdrs);
	memcpy(skb_push(skb, hdr_len), hdrs, hdr_len);
	super_meta(spec, skb);
	return skb;
}
