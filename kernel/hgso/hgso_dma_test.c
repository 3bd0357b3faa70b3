// SPDX-License-Identifier: GPL-2.0
/*
 * Super-packets mapped for a device by the kernel's own DMA API: what the device
 * finds at the bus addresses, bounced by swiotlb or not; a mapping that fails;
 * and the tracepoints. Needs a machine with DMA: tools/kunit/run-vm.
 */
#include <kunit/test.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/io.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/tcp.h>
#include <linux/tracepoint.h>
#include <net/tcp.h>

#include <headroom/hgso.h>

#include "trace.h"

#define DMA_MSS		1448
#define DMA_FRAMES	10
#define DMA_FRAGS	3
#define DMA_LINEAR	2980
/* Of the skb on the frag_list. */
#define DMA_LIST_LINEAR	2200
#define DMA_LIST_FRAG	2400
#define DMA_FRAG_LEN	((DMA_MSS * DMA_FRAMES - DMA_LINEAR - \
			  DMA_LIST_LINEAR - DMA_LIST_FRAG) / DMA_FRAGS)
#define DMA_PAYLOAD	(DMA_LINEAR + DMA_FRAG_LEN * DMA_FRAGS + \
			 DMA_LIST_LINEAR + DMA_LIST_FRAG)
#define DMA_HDR_LEN	(ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))
#define DMA_MAPS	(1 + DMA_FRAGS + 2)
/*
 * What swiotlb has is taken in blocks that each of the mappings fits once: it
 * gives 2048 octets or a multiple, so all of these are longer than that.
 */
#define DMA_BLOCK	4096
#define DMA_MAX_BLOCKS	(SZ_1G / DMA_BLOCK)

/**
 * struct hgso_dma_rig - what each case has
 * @pdev: the device
 * @txq: its queue
 * @skb: a super-packet
 * @it: over its slices
 * @seen: how often each tracepoint was passed
 * @maps: that the one for mapping said
 * @unmaps: that the one for unmapping said
 * @frames: that the one for preparing said
 * @err: that the one for mapping said
 * @reason: that the one for declining said
 * @block: bus addresses of what all of swiotlb's memory is taken by
 * @nr_blocks: how many
 * @memory: what is there
 */
struct hgso_dma_rig {
	struct platform_device *pdev;
	struct hgso_txq txq;
	struct sk_buff *skb;
	struct hgso_iter it;
	struct {
		int prepare;
		int decline;
		int map;
		int unmap;
	} seen;
	unsigned int maps;
	unsigned int unmaps;
	unsigned int frames;
	int err;
	int reason;
	dma_addr_t *block;
	unsigned int nr_blocks;
	void *memory;
};

static void hgso_dma_headers(struct sk_buff *skb)
{
	struct ethhdr *eth;
	struct tcphdr *th;
	struct iphdr *iph;

	skb_reset_mac_header(skb);
	eth = skb_put_zero(skb, sizeof(*eth));
	eth->h_proto = htons(ETH_P_IP);
	skb_set_network_header(skb, skb->len);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(DMA_HDR_LEN - ETH_HLEN + DMA_PAYLOAD);
	iph->frag_off = htons(IP_DF);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = htonl(0xc0000201);
	iph->daddr = htonl(0xc0000202);
	iph->check = ip_fast_csum(iph, iph->ihl);
	skb_set_transport_header(skb, skb->len);
	th = skb_put_zero(skb, sizeof(*th));
	th->doff = sizeof(*th) / 4;
	th->ack = 1;
	th->check = ~tcp_v4_check(sizeof(*th) + DMA_PAYLOAD, iph->saddr,
				  iph->daddr, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->protocol = htons(ETH_P_IP);
	skb_shinfo(skb)->gso_size = DMA_MSS;
	skb_shinfo(skb)->gso_segs = DMA_FRAMES;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
}

static int hgso_dma_frag(struct sk_buff *skb, int i, unsigned int len)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP,
					get_order(len));

	if (!page)
		return -ENOMEM;
	get_random_bytes(page_address(page), len);
	skb_add_rx_frag(skb, i, page, 0, len, PAGE_SIZE << get_order(len));
	return 0;
}

static int hgso_dma_list(struct sk_buff *skb)
{
	struct sk_buff *member = alloc_skb(DMA_LIST_LINEAR, GFP_KERNEL);

	if (!member)
		return -ENOMEM;
	skb_shinfo(skb)->frag_list = member;
	get_random_bytes(skb_put(member, DMA_LIST_LINEAR), DMA_LIST_LINEAR);
	if (hgso_dma_frag(member, 0, DMA_LIST_FRAG))
		return -ENOMEM;
	skb->len += member->len;
	skb->data_len += member->len;
	skb->truesize += member->truesize;
	return 0;
}

/* Of each kind of piece one at least. */
static struct sk_buff *hgso_dma_skb(void)
{
	struct sk_buff *skb;
	int i, err = 0;

	skb = alloc_skb(MAX_TCP_HEADER + DMA_HDR_LEN + DMA_LINEAR, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	hgso_dma_headers(skb);
	get_random_bytes(skb_put(skb, DMA_LINEAR), DMA_LINEAR);
	for (i = 0; i < DMA_FRAGS && !err; i++)
		err = hgso_dma_frag(skb, i, DMA_FRAG_LEN);
	if (!err)
		err = hgso_dma_list(skb);
	if (!err)
		return skb;
	kfree_skb(skb);
	return NULL;
}

static int hgso_dma_init(struct kunit *test)
{
	struct hgso_dma_rig *rig;
	int err;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	if (!rig)
		return -ENOMEM;
	rig->pdev = platform_device_register_simple("hgso_dma_test",
						    PLATFORM_DEVID_NONE, NULL,
						    0);
	if (IS_ERR(rig->pdev))
		return PTR_ERR(rig->pdev);
	test->priv = rig;
	err = dma_coerce_mask_and_coherent(&rig->pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	hgso_txq_init(&rig->txq, &rig->pdev->dev, 1024);
	rig->skb = hgso_dma_skb();
	return rig->skb ? 0 : -ENOMEM;
}

static void hgso_dma_give(struct hgso_dma_rig *rig)
{
	dma_unmap_single(&rig->pdev->dev, rig->block[--rig->nr_blocks],
			 DMA_BLOCK, DMA_TO_DEVICE);
}

static void hgso_dma_exit(struct kunit *test)
{
	struct hgso_dma_rig *rig = test->priv;

	if (!rig)
		return;
	while (rig->nr_blocks)
		hgso_dma_give(rig);
	kvfree(rig->block);
	kfree_skb(rig->skb);
	platform_device_unregister(rig->pdev);
}

/* What the device reads. */
static const void *hgso_dma_at(struct hgso_dma_rig *rig, dma_addr_t addr)
{
	return phys_to_virt(dma_to_phys(&rig->pdev->dev, addr));
}

/* A frame is the segment that hgso_walk_segments() says, octet for octet. */
static int hgso_dma_segment(const struct sk_buff *skb,
			    const struct hgso_segment *seg, void *arg)
{
	struct hgso_dma_rig *rig = arg;
	struct hgso_slice slice;
	u8 want[DMA_MSS];
	u32 at = 0;

	if (!hgso_next(&rig->it, &slice) || !slice.first ||
	    slice.len != seg->hdr_len ||
	    memcmp(hgso_dma_at(rig, slice.addr), seg->hdr, seg->hdr_len))
		return -EBADMSG;
	if (skb_copy_bits(skb, seg->offset, want, seg->len))
		return -EINVAL;
	while (at < seg->len) {
		if (!hgso_next(&rig->it, &slice) || slice.first ||
		    slice.len > seg->len - at ||
		    memcmp(hgso_dma_at(rig, slice.addr), want + at, slice.len))
			return -EBADMSG;
		at += slice.len;
	}
	return slice.end == seg->last ? 0 : -EBADMSG;
}

/* Maps, has the device read all frames, unmaps. */
static void hgso_dma_carry(struct kunit *test)
{
	struct hgso_dma_rig *rig = test->priv;
	struct hgso_stats stats;

	KUNIT_ASSERT_GT(test, hgso_prepare(&rig->txq, rig->skb), 0);
	KUNIT_ASSERT_EQ(test, hgso_map(&rig->txq, rig->skb), 0);
	hgso_iter_init(&rig->it, rig->skb);
	KUNIT_EXPECT_EQ(test, hgso_walk_segments(rig->skb, hgso_dma_segment,
						 rig), 0);
	hgso_unmap(&rig->txq, rig->skb);
	hgso_txq_stats(&rig->txq, &stats);
	KUNIT_EXPECT_EQ(test, stats.maps, DMA_MAPS);
	KUNIT_EXPECT_EQ(test, stats.unmaps, DMA_MAPS);
	KUNIT_EXPECT_EQ(test, stats.frames, DMA_FRAMES);
}

static bool hgso_dma_bounces(const struct hgso_dma_rig *rig)
{
	return dma_max_mapping_size(&rig->pdev->dev) != SIZE_MAX;
}

static const bool hgso_dma_ranges[] = { false, true };

static void hgso_dma_describe(const bool *range, char *desc)
{
	strscpy(desc, *range ? "one range" : "pieces", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hgso_dma, hgso_dma_ranges, hgso_dma_describe);

/* With swiotlb=force all of it is copied below, headers and payload. */
static void hgso_dma_carried(struct kunit *test)
{
	struct hgso_dma_rig *rig = test->priv;
	const struct hgso_pkt *pkt;

	/* Not behind an IOMMU, so nobody has asked for it. */
	KUNIT_EXPECT_FALSE(test, rig->txq.range);
	rig->txq.range = *(const bool *)test->param_value;
	hgso_dma_carry(test);
	pkt = hgso_pkt(rig->skb);
	KUNIT_EXPECT_EQ(test, hgso_dma_bounces(rig),
			hgso_dma_at(rig, pkt->hdrs_dma) != pkt->hdrs);
}

/* What the machine cannot map in one is declined, not tried. */
static void hgso_dma_longest(struct kunit *test)
{
	struct hgso_dma_rig *rig = test->priv;
	size_t most = dma_max_mapping_size(&rig->pdev->dev);

	KUNIT_EXPECT_EQ(test, rig->txq.limits.max_map,
			min_t(size_t, most, U32_MAX));
	rig->txq.limits.max_map = DMA_FRAG_LEN - 1;
	KUNIT_EXPECT_EQ(test, hgso_prepare(&rig->txq, rig->skb), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, rig->txq.tx_stats.reason[HGSO_SLICE], 1);
}

/* A buffer that is longer than a segment of the device's is mapped by itself. */
static void hgso_dma_long_entry(struct kunit *test)
{
	struct device_dma_parameters parms = { };
	struct hgso_dma_rig *rig = test->priv;
	struct device *dev = &rig->pdev->dev;

	dev->dma_parms = &parms;
	dma_set_max_seg_size(dev, DMA_FRAG_LEN - 1);
	rig->txq.range = true;
	hgso_dma_carry(test);
	KUNIT_EXPECT_EQ(test, hgso_pkt(rig->skb)->range_off, 0);
	dev->dma_parms = NULL;
}

/* Takes all of swiotlb's memory. */
static bool hgso_dma_fill(struct kunit *test)
{
	struct hgso_dma_rig *rig = test->priv;
	struct device *dev = &rig->pdev->dev;
	dma_addr_t addr;

	rig->memory = kunit_kzalloc(test, DMA_BLOCK, GFP_KERNEL);
	rig->block = kvcalloc(DMA_MAX_BLOCKS, sizeof(*rig->block), GFP_KERNEL);
	if (!rig->memory || !rig->block)
		return false;
	while (rig->nr_blocks < DMA_MAX_BLOCKS) {
		addr = dma_map_single_attrs(dev, rig->memory, DMA_BLOCK,
					    DMA_TO_DEVICE, DMA_ATTR_NO_WARN);
		if (dma_mapping_error(dev, addr))
			return true;
		rig->block[rig->nr_blocks++] = addr;
	}
	return false;
}

/* With room for ever more of the mappings, each of them fails once. */
static void hgso_dma_full(struct kunit *test)
{
	bool range = *(const bool *)test->param_value;
	struct hgso_dma_rig *rig = test->priv;
	struct hgso_stats stats;
	int i;

	if (!hgso_dma_bounces(rig))
		kunit_skip(test, "needs swiotlb=force on the kernel's command line");
	rig->txq.range = range;
	KUNIT_ASSERT_GT(test, hgso_prepare(&rig->txq, rig->skb), 0);
	KUNIT_ASSERT_TRUE(test, hgso_dma_fill(test));
	for (i = 0; i < DMA_MAPS; i++) {
		KUNIT_EXPECT_EQ(test, hgso_map(&rig->txq, rig->skb), -ENOMEM);
		hgso_txq_stats(&rig->txq, &stats);
		/* So many had been made, and none is left; a range is whole. */
		KUNIT_EXPECT_EQ(test, stats.maps,
				range ? 0 : i * (i + 1) / 2);
		KUNIT_EXPECT_EQ(test, stats.unmaps, stats.maps);
		KUNIT_EXPECT_EQ(test, stats.reason[HGSO_MAP], i + 1);
		hgso_dma_give(rig);
	}
	KUNIT_EXPECT_EQ(test, hgso_map(&rig->txq, rig->skb), 0);
	hgso_unmap(&rig->txq, rig->skb);
}

static void hgso_dma_saw_prepare(void *data, const struct sk_buff *skb,
				 const struct hgso_pkt *pkt, bool expanded)
{
	struct hgso_dma_rig *rig = data;

	rig->seen.prepare += skb == rig->skb;
	rig->frames = pkt->frames;
}

static void hgso_dma_saw_decline(void *data, const struct sk_buff *skb,
				 enum hgso_reason reason)
{
	struct hgso_dma_rig *rig = data;

	rig->seen.decline += skb == rig->skb;
	rig->reason = reason;
}

static void hgso_dma_saw_map(void *data, const struct sk_buff *skb,
			     unsigned int maps, int err)
{
	struct hgso_dma_rig *rig = data;

	rig->seen.map += skb == rig->skb;
	rig->maps = maps;
	rig->err = err;
}

static void hgso_dma_saw_unmap(void *data, const struct sk_buff *skb,
			       unsigned int unmaps)
{
	struct hgso_dma_rig *rig = data;

	rig->seen.unmap += skb == rig->skb;
	rig->unmaps = unmaps;
}

static void hgso_dma_watch_end(void *data)
{
	unregister_trace_hgso_prepare(hgso_dma_saw_prepare, data);
	unregister_trace_hgso_decline(hgso_dma_saw_decline, data);
	unregister_trace_hgso_map(hgso_dma_saw_map, data);
	unregister_trace_hgso_unmap(hgso_dma_saw_unmap, data);
	tracepoint_synchronize_unregister();
}

/* Each is passed once a packet, with what the counters say. */
static void hgso_dma_traced(struct kunit *test)
{
	struct hgso_dma_rig *rig = test->priv;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "a kernel without tracepoints");
	KUNIT_ASSERT_EQ(test, register_trace_hgso_prepare(hgso_dma_saw_prepare,
							  rig), 0);
	KUNIT_ASSERT_EQ(test, register_trace_hgso_decline(hgso_dma_saw_decline,
							  rig), 0);
	KUNIT_ASSERT_EQ(test, register_trace_hgso_map(hgso_dma_saw_map, rig),
			0);
	KUNIT_ASSERT_EQ(test, register_trace_hgso_unmap(hgso_dma_saw_unmap,
							rig), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, hgso_dma_watch_end,
							rig), 0);

	hgso_dma_carry(test);
	KUNIT_EXPECT_EQ(test, rig->seen.prepare, 1);
	KUNIT_EXPECT_EQ(test, rig->frames, DMA_FRAMES);
	KUNIT_EXPECT_EQ(test, rig->seen.map, 1);
	KUNIT_EXPECT_EQ(test, rig->maps, DMA_MAPS);
	KUNIT_EXPECT_EQ(test, rig->err, 0);
	KUNIT_EXPECT_EQ(test, rig->seen.unmap, 1);
	KUNIT_EXPECT_EQ(test, rig->unmaps, DMA_MAPS);
	KUNIT_EXPECT_EQ(test, rig->seen.decline, 0);

	if (hgso_dma_bounces(rig)) {
		KUNIT_ASSERT_TRUE(test, hgso_dma_fill(test));
		KUNIT_EXPECT_EQ(test, hgso_map(&rig->txq, rig->skb), -ENOMEM);
		KUNIT_EXPECT_EQ(test, rig->seen.map, 2);
		KUNIT_EXPECT_EQ(test, rig->maps, 0);
		KUNIT_EXPECT_EQ(test, rig->err, -ENOMEM);
	}

	rig->txq.limits.max_descs = 3;
	KUNIT_EXPECT_EQ(test, hgso_prepare(&rig->txq, rig->skb), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, rig->seen.decline, 1);
	KUNIT_EXPECT_EQ(test, rig->reason, HGSO_DESCRIPTORS);
}

static struct kunit_case hgso_dma_tests[] = {
	KUNIT_CASE_PARAM(hgso_dma_carried, hgso_dma_gen_params),
	KUNIT_CASE(hgso_dma_longest),
	KUNIT_CASE(hgso_dma_long_entry),
	KUNIT_CASE_PARAM(hgso_dma_full, hgso_dma_gen_params),
	KUNIT_CASE(hgso_dma_traced),
	{ }
};

static struct kunit_suite hgso_dma_suite = {
	.name = "hgso-dma",
	.init = hgso_dma_init,
	.exit = hgso_dma_exit,
	.test_cases = hgso_dma_tests,
};

kunit_test_suite(hgso_dma_suite);

MODULE_DESCRIPTION("KUnit suite of hgso's mappings");
MODULE_LICENSE("GPL");
