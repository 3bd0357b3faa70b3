// SPDX-License-Identifier: GPL-2.0
/*
 * A manager that is fed with frames; all that goes up is looked at.
 */
#include <linux/bottom_half.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <net/ip6_checksum.h>

#include "lro_test.h"

static struct lro_rig *lro_rig_of(struct kunit *test)
{
	return test->priv;
}

static const struct frame *lro_rig_frame;

/* As hardware would: it knows the frame. */
static int lro_rig_find(struct lro_rig *rig, u8 *mac, void **iph, void **th,
			u64 *flags)
{
	*iph = mac + lro_rig_frame->l3 + rig->shift;
	*th = mac + lro_rig_frame->l4 + rig->shift;
	*flags = LRO_TCP | rig->flags |
		 (lro_rig_frame->group & 1 ? LRO_IPV6 : LRO_IPV4);
	return rig->refuse;
}

static int lro_rig_skb_header(struct sk_buff *skb, void **iph, void **th,
			      u64 *flags, void *priv)
{
	return lro_rig_find(priv, skb_mac_header(skb), iph, th, flags);
}

static int lro_rig_frag_header(struct skb_frag_struct *frag, void **mac,
			       void **iph, void **th, u64 *flags, void *priv)
{
	*mac = skb_frag_address(frag);
	return lro_rig_find(priv, *mac, iph, th, flags);
}

static rx_handler_result_t lro_rig_handler(struct sk_buff **pskb)
{
	struct lro_rig *rig = rcu_dereference((*pskb)->dev->rx_handler_data);

	skb_queue_tail(&rig->up, *pskb);
	return RX_HANDLER_CONSUMED;
}

static netdev_tx_t lro_rig_xmit(struct sk_buff *skb, struct net_device *dev)
{
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops lro_rig_ops = {
	.ndo_start_xmit = lro_rig_xmit,
};

static int lro_rig_register(struct lro_rig *rig)
{
	int err;

	rig->dev = alloc_etherdev(0);
	if (!rig->dev)
		return -ENOMEM;
	rig->dev->netdev_ops = &lro_rig_ops;
	rig->dev->features |= NETIF_F_LRO;
	rig->dev->hw_features |= NETIF_F_LRO;
	eth_hw_addr_random(rig->dev);
	err = register_netdev(rig->dev);
	if (err) {
		free_netdev(rig->dev);
		rig->dev = NULL;
		return err;
	}
	rtnl_lock();
	err = dev_open(rig->dev, NULL);
	if (!err)
		err = netdev_rx_handler_register(rig->dev, lro_rig_handler,
						 rig);
	rtnl_unlock();
	return err;
}

int lro_rig_init(struct kunit *test)
{
	struct lro_rig *rig;
	unsigned int i;
	int err;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	if (!rig)
		return -ENOMEM;
	test->priv = rig;
	skb_queue_head_init(&rig->up);
	for (i = 0; i < LRO_TEST_PAGES; i++) {
		rig->page[i] = alloc_page(GFP_KERNEL);
		if (!rig->page[i])
			return -ENOMEM;
	}
	err = lro_rig_register(rig);
	if (err)
		return err;
	rig->mgr = (struct net_lro_mgr){
		.dev = rig->dev,
		.features = LRO_F_NAPI,
		.ip_summed_aggr = CHECKSUM_UNNECESSARY,
		.max_desc = LRO_TEST_DESCS,
		.max_aggr = LRO_TEST_AGGR,
		.frag_align_pad = NET_IP_ALIGN,
		.lro_arr = rig->desc,
		.get_skb_header = lro_rig_skb_header,
		.get_frag_header = lro_rig_frag_header,
	};
	return lro_mgr_init(&rig->mgr, LRO_TEST_DESCS);
}

void lro_rig_exit(struct kunit *test)
{
	struct lro_rig *rig = lro_rig_of(test);
	unsigned int i;

	if (!rig)
		return;
	if (rig->dev) {
		local_bh_disable();
		lro_flush_all(&rig->mgr);
		local_bh_enable();
		unregister_netdev(rig->dev);
		free_netdev(rig->dev);
	}
	skb_queue_purge(&rig->up);
	for (i = 0; i < LRO_TEST_PAGES && rig->page[i]; i++)
		put_page(rig->page[i]);
}

/* A page that nobody but us holds. */
static struct page *lro_rig_page(struct kunit *test)
{
	struct lro_rig *rig = lro_rig_of(test);
	unsigned int i;

	for (i = 0; i < LRO_TEST_PAGES; i++) {
		rig->next = (rig->next + 1) % LRO_TEST_PAGES;
		if (page_count(rig->page[rig->next]) == 1)
			return rig->page[rig->next];
	}
	KUNIT_FAIL(test, "pages are not given back");
	return NULL;
}

static __wsum lro_rig_sum(const struct frame *frame)
{
	return csum_partial(frame->data + ETH_HLEN, frame->len - ETH_HLEN, 0);
}

static void lro_rig_fill(skb_frag_t *frag, struct page *page, u32 off, u32 len)
{
	get_page(page);
	skb_frag_fill_page_desc(frag, page, off, len);
}

static void lro_rig_feed_pages(struct kunit *test, const struct frame *frame,
			       enum lro_mode mode)
{
	u32 head = frame->hdr_len, rest = frame->len - head;
	struct page *page = lro_rig_page(test);
	struct lro_rig *rig = lro_rig_of(test);
	skb_frag_t frags[3];

	if (!page)
		return;
	memcpy(page_address(page) + RIG_OFFSET, frame->data, frame->len);
	if (mode == LRO_MODE_PAGE || rest < 2) {
		lro_rig_fill(&frags[0], page, RIG_OFFSET, frame->len);
	} else {
		lro_rig_fill(&frags[0], page, RIG_OFFSET, head);
		lro_rig_fill(&frags[1], page, RIG_OFFSET + head, rest / 2);
		/* Longer than the packet, as a buffer is. */
		lro_rig_fill(&frags[2], page, RIG_OFFSET + head + rest / 2,
			     rest - rest / 2 + 7);
	}
	rig->mgr.ip_summed = frame->ip_summed;
	if (rig->around)
		rig->around(true);
	if (frame->vlan_all)
		lro_vlan_hwaccel_receive_frags(&rig->mgr, frags, frame->len,
					       PAGE_SIZE, NULL,
					       frame->vlan_all >> 16, rig,
					       lro_rig_sum(frame));
	else
		lro_receive_frags(&rig->mgr, frags, frame->len, PAGE_SIZE, rig,
				  lro_rig_sum(frame));
	if (rig->around)
		rig->around(false);
}

static struct sk_buff *lro_rig_skb(struct kunit *test,
				   const struct frame *frame,
				   enum lro_mode mode)
{
	struct page *page = mode == LRO_MODE_SKB_FRAGS ? lro_rig_page(test) :
							 NULL;
	u32 linear = page ? frame->hdr_len : frame->len, half, rest;
	struct lro_rig *rig = lro_rig_of(test);
	struct sk_buff *skb;

	skb = mode == LRO_MODE_LINEAR ? alloc_skb(linear, GFP_ATOMIC) :
					netdev_alloc_skb(rig->dev, linear);
	if (!skb)
		return NULL;
	skb_put_data(skb, frame->data, linear);
	rest = frame->len - linear;
	if (!rest)
		return skb;
	memcpy(page_address(page), frame->data + linear, rest);
	half = rest / 2;
	get_page(page);
	skb_add_rx_frag(skb, 0, page, 0, half, PAGE_SIZE / 2);
	get_page(page);
	skb_add_rx_frag(skb, 1, page, half, rest - half, PAGE_SIZE / 2);
	return skb;
}

static void lro_rig_feed_skb(struct kunit *test, const struct frame *frame,
			     enum lro_mode mode)
{
	struct sk_buff *skb = lro_rig_skb(test, frame, mode);
	struct lro_rig *rig = lro_rig_of(test);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->protocol = eth_type_trans(skb, rig->dev);
	skb->ip_summed = frame->ip_summed;
	skb->csum = lro_rig_sum(frame);
	if (rig->prepare)
		rig->prepare(skb);
	if (frame->vlan_all)
		lro_vlan_hwaccel_receive_skb(&rig->mgr, skb, NULL,
					     frame->vlan_all >> 16, rig);
	else
		lro_receive_skb(&rig->mgr, skb, rig);
}

static void lro_rig_watch(struct lro_rig *rig)
{
	unsigned int i, open = 0, held = 0;

	for (i = 0; i < LRO_TEST_DESCS; i++) {
		if (!rig->desc[i].parent)
			continue;
		open++;
		held += rig->desc[i].pkt_aggr_cnt;
	}
	rig->most_open = max(rig->most_open, open);
	rig->most_held = max(rig->most_held, held);
}

/**
 * lro_rig_feed() - a frame arrives
 * @test: with the rig
 * @frame: the frame, copied; the callbacks know where its headers are
 * @mode: in what
 */
void lro_rig_feed(struct kunit *test, const struct frame *frame,
		  enum lro_mode mode)
{
	struct lro_rig *rig = lro_rig_of(test);

	lro_rig_frame = frame;
	rig->fed++;
	local_bh_disable();
	if (mode >= LRO_MODE_PAGE)
		lro_rig_feed_pages(test, frame, mode);
	else
		lro_rig_feed_skb(test, frame, mode);
	lro_rig_watch(rig);
	local_bh_enable();
}

/* A frame is made and arrives; @spec goes on to the next. */
void lro_rig_feed_spec(struct kunit *test, struct frame_spec *spec,
		       enum lro_mode mode)
{
	static struct frame frame;

	frame_make(spec, &frame);
	lro_rig_feed(test, &frame, mode);
	frame_after(spec);
}

/* A poll ends. */
void lro_rig_flush(struct kunit *test)
{
	local_bh_disable();
	lro_flush_all(&lro_rig_of(test)->mgr);
	local_bh_enable();
}

static __sum16 lro_rig_check(struct sk_buff *skb, bool v6, u32 len)
{
	__wsum sum = skb_checksum(skb, skb_transport_offset(skb), len, 0);

	if (v6)
		return csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
				       &ipv6_hdr(skb)->daddr, len, IPPROTO_TCP,
				       sum);
	return csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len,
				 IPPROTO_TCP, sum);
}

/* Each octet of a stream has a value of its own. */
static void lro_rig_payload(struct kunit *test, struct sk_buff *skb, u32 off)
{
	u32 seq = ntohl(tcp_hdr(skb)->seq) - off, i;
	u8 octet;

	for (i = off; i < skb->len; i++)
		if (skb_copy_bits(skb, i, &octet, 1) ||
		    octet != (u8)((seq + i) * 0x9d >> 3)) {
			KUNIT_FAIL(test, "octet %u of %u is wrong", i,
				   skb->len);
			return;
		}
}

/* A merged packet: consistent, right in every sum, and guarded. */
static void lro_rig_merged(struct kunit *test, struct sk_buff *skb)
{
	bool v6 = skb->protocol == htons(ETH_P_IPV6);
	u32 l4 = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	u32 ip_len;

	KUNIT_ASSERT_TRUE(test, pskb_may_pull(skb, l4 + sizeof(struct tcphdr)));
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, l4);
	ip_len = v6 ? ntohs(ipv6_hdr(skb)->payload_len) + l4 :
		      ntohs(ip_hdr(skb)->tot_len);
	KUNIT_EXPECT_EQ(test, ip_len, skb->len);
	if (!v6)
		KUNIT_EXPECT_TRUE(test, !ip_fast_csum(ip_hdr(skb), 5));
	KUNIT_EXPECT_TRUE(test, !lro_rig_check(skb, v6, skb->len - l4));
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		KUNIT_EXPECT_TRUE(test, csum_fold(skb->csum) ==
				  csum_fold(skb_checksum(skb, 0, skb->len, 0)));
	KUNIT_EXPECT_GE(test, skb->truesize, skb->len);
	lro_rig_payload(test, skb, l4 + tcp_hdr(skb)->doff * 4);
	/* What skb_warn_if_lro() looks at. */
	KUNIT_EXPECT_TRUE(test, skb_is_nonlinear(skb) &&
			  skb_shinfo(skb)->gso_size &&
			  !skb_shinfo(skb)->gso_type);
	KUNIT_EXPECT_GE(test, skb_shinfo(skb)->gso_segs, 2);
}

/**
 * lro_rig_up() - the next skb that went up
 * @test: with the rig
 * @packets: that must be in it; 0: any
 *
 * Return: the skb, to be freed, or NULL when there is none.
 */
struct sk_buff *lro_rig_up(struct kunit *test, unsigned int packets)
{
	struct sk_buff *skb = skb_dequeue(&lro_rig_of(test)->up);

	if (!skb) {
		KUNIT_EXPECT_EQ_MSG(test, packets, 0, "nothing went up");
		return NULL;
	}
	if (packets)
		KUNIT_EXPECT_EQ(test, lro_rig_packets(skb), packets);
	if (skb_shinfo(skb)->gso_size)
		lro_rig_merged(test, skb);
	return skb;
}

/**
 * lro_rig_end() - all that is held goes up, and everything must add up
 * @test: with the rig
 */
void lro_rig_end(struct kunit *test)
{
	struct lro_rig *rig = lro_rig_of(test);
	const struct net_lro_stats *stats = &rig->mgr.stats;
	struct sk_buff *skb;
	unsigned int i;

	lro_rig_flush(test);
	while ((skb = lro_rig_up(test, 0)))
		kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, rig->fed, stats->aggregated + stats->no_desc +
					stats->passed + stats->dropped);
	for (i = 0; i < LRO_TEST_DESCS; i++)
		KUNIT_EXPECT_NULL(test, rig->desc[i].parent);
	for (i = 0; i < LRO_TEST_PAGES; i++)
		KUNIT_EXPECT_EQ(test, page_count(rig->page[i]), 1);
}
