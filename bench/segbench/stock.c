// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own ways to segment: skb_segment() and net/core/tso.c.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/netdev_features.h>
#include <linux/slab.h>
#include <net/gso.h>
#include <net/tcp.h>
#include <net/tso.h>

#include "paths.h"
#include "registry.h"

/*
 * Where the kernel takes a super-packet to begin. Segmenting one that is in a
 * tunnel leaves it at the packet inside. One of BIG TCP over IPv6 stays where it
 * was left: its jumbo header is gone from the buffer after the first time.
 */
struct segbench_place {
	u8 *data;
	unsigned int len;
	u16 mac_header;
	u16 network_header;
	u16 transport_header;
	u16 mac_len;
	__be16 protocol;
	bool encapsulation;
};

struct segbench_stock {
	struct sk_buff *skb;
	struct segbench_place place;
	unsigned int segments;
	char hdr[TSO_HEADER_SIZE];
};

static void segbench_keep(struct segbench_place *place,
			  const struct sk_buff *skb)
{
	*place = (struct segbench_place){
		.data = skb->data,
		.len = skb->len,
		.mac_header = skb->mac_header,
		.network_header = skb->network_header,
		.transport_header = skb->transport_header,
		.mac_len = skb->mac_len,
		.protocol = skb->protocol,
		.encapsulation = skb->encapsulation,
	};
}

static __always_inline void segbench_replace(const struct segbench_place *place,
					     struct sk_buff *skb)
{
	if (!place->encapsulation)
		return;
	skb->data = place->data;
	skb->len = place->len;
	skb->mac_header = place->mac_header;
	skb->network_header = place->network_header;
	skb->transport_header = place->transport_header;
	skb->mac_len = place->mac_len;
	skb->protocol = place->protocol;
	skb->encapsulation = place->encapsulation;
}

void segbench_stock_teardown(void *state)
{
	struct segbench_stock *stock = state;

	kfree_skb(stock->skb);
	kfree(stock);
}

void *segbench_stock_setup(const struct segbench_input *input)
{
	struct segbench_stock *stock;

	stock = kzalloc(sizeof(*stock), GFP_KERNEL);
	if (!stock)
		return ERR_PTR(-ENOMEM);

	stock->segments = input->segments;
	stock->skb = segbench_packet_build(input, MAX_TCP_HEADER);
	if (!stock->skb) {
		kfree(stock);
		return ERR_PTR(-ENOMEM);
	}
	segbench_keep(&stock->place, stock->skb);
	return stock;
}

static int segbench_gso(struct segbench_stock *stock,
			netdev_features_t features)
{
	struct sk_buff *segs, *seg, *next;
	unsigned int n = 0;

	segbench_replace(&stock->place, stock->skb);
	segs = __skb_gso_segment(stock->skb, features, true);
	if (IS_ERR_OR_NULL(segs))
		return segs ? PTR_ERR(segs) : -EINVAL;

	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		consume_skb(seg);
		n++;
	}
	return n == stock->segments ? 0 : -EPROTO;
}

/* For a device with scatter-gather and checksums, the usual case. */
int segbench_gso_run(void *state)
{
	return segbench_gso(state, NETIF_F_SG | NETIF_F_HW_CSUM);
}

/* For a device without checksums. */
int segbench_gso_csum_run(void *state)
{
	return segbench_gso(state, NETIF_F_SG);
}

/* As in-tree drivers use it, without their descriptors and maps. */
int segbench_tso_run(void *state)
{
	struct segbench_stock *stock = state;
	struct sk_buff *skb = stock->skb;
	unsigned int n = 0;
	struct tso_t tso;
	int left, size;

	left = skb->len - tso_start(skb, &tso);
	while (left > 0) {
		int data = min_t(int, skb_shinfo(skb)->gso_size, left);

		left -= data;
		tso_build_hdr(skb, stock->hdr, &tso, data, left == 0);
		while (data > 0) {
			size = min(tso.size, data);
			segbench_use((unsigned long)tso.data);
			segbench_use(size);
			data -= size;
			tso_build_data(skb, &tso, size);
		}
		n++;
	}
	return n == stock->segments ? 0 : -EPROTO;
}

static const struct segbench_case segbench_stock_cases[] = {
	{
		.name = "skb-segment",
		.setup = segbench_stock_setup,
		.run = segbench_gso_run,
		.teardown = segbench_stock_teardown,
	},
	{
		.name = "tso-lib",
		.setup = segbench_stock_setup,
		.run = segbench_tso_run,
		.teardown = segbench_stock_teardown,
	},
};

struct segbench_suite segbench_stock_suite = {
	.name = "stock",
	.cases = segbench_stock_cases,
	.nr_cases = ARRAY_SIZE(segbench_stock_cases),
	.input = segbench_packet_input,
};
