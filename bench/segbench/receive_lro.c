// SPDX-License-Identifier: GPL-2.0
/*
 * The cases of the suite "receive" that run the generic LRO interface.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "receive.h"

#define RECEIVE_LRO_AGGR	64
/* The fewest, as drivers had. */
#define RECEIVE_LRO_DESCS	64u

/* As a driver finds headers that its device has told the kind of. */
static int receive_lro_find(u8 *mac, void **ip_hdr, void **tcp_hdr, u64 *flags)
{
	struct ethhdr *eth = (void *)mac;

	*ip_hdr = mac + ETH_HLEN;
	if (eth->h_proto == htons(ETH_P_IPV6)) {
		*tcp_hdr = mac + ETH_HLEN + sizeof(struct ipv6hdr);
		*flags = LRO_IPV6 | LRO_TCP;
	} else {
		*tcp_hdr = mac + ETH_HLEN + sizeof(struct iphdr);
		*flags = LRO_IPV4 | LRO_TCP;
	}
	return 0;
}

static int receive_lro_skb_header(struct sk_buff *skb, void **ip_hdr,
				  void **tcp_hdr, u64 *flags, void *priv)
{
	return receive_lro_find(skb_mac_header(skb), ip_hdr, tcp_hdr, flags);
}

static int receive_lro_frag_header(struct skb_frag_struct *frag, void **mac_hdr,
				   void **ip_hdr, void **tcp_hdr, u64 *flags,
				   void *priv)
{
	*mac_hdr = skb_frag_address(frag);
	return receive_lro_find(*mac_hdr, ip_hdr, tcp_hdr, flags);
}

void *receive_lro_setup(const struct segbench_input *input)
{
	struct receive *rx;
	unsigned int descs;
	int err = -ENOMEM;

	if (container_of(input, struct receive_input, input)->table)
		return ERR_PTR(-EOPNOTSUPP);
	rx = receive_setup(input);
	if (IS_ERR(rx))
		return rx;
	descs = max(rx->in->flows, RECEIVE_LRO_DESCS);
	rx->lro_desc = kvcalloc(descs, sizeof(*rx->lro_desc), GFP_KERNEL);
	if (!rx->lro_desc)
		goto err_teardown;
	rx->dev->features |= NETIF_F_LRO;
	rx->lro = (struct net_lro_mgr){
		.dev = rx->dev,
		.features = LRO_F_NAPI,
		.ip_summed = CHECKSUM_UNNECESSARY,
		.ip_summed_aggr = CHECKSUM_UNNECESSARY,
		.max_desc = descs,
		.max_aggr = RECEIVE_LRO_AGGR,
		.frag_align_pad = NET_IP_ALIGN,
		.lro_arr = rx->lro_desc,
		.get_skb_header = receive_lro_skb_header,
		.get_frag_header = receive_lro_frag_header,
	};
	err = lro_mgr_init(&rx->lro, descs);
	if (!err)
		return rx;

err_teardown:
	receive_teardown(rx);
	return ERR_PTR(err);
}

void receive_lro_teardown(void *state)
{
	struct receive *rx = state;

	local_bh_disable();
	lro_flush_all(&rx->lro);
	local_bh_enable();
	receive_teardown(rx);
}

static __always_inline int receive_lro_end(struct receive *rx)
{
	if (!rx->in->poll)
		return 0;
	lro_flush_all(&rx->lro);
	napi_complete_done(&rx->napi, rx->in->input.segments);
	return 0;
}

int receive_lro_pages_run(void *state)
{
	struct receive *rx = state;
	skb_frag_t frag;
	unsigned int i;
	u32 at, len = rx->hdr_len + rx->in->payload;

	receive_poll_begin(rx);
	for (i = 0; i < rx->in->input.segments; i++) {
		receive_next(rx, &at);
		get_page(rx->page);
		skb_frag_fill_page_desc(&frag, rx->page, at, len);
		lro_receive_frags(&rx->lro, &frag, len, rx->truesize, NULL, 0);
	}
	return receive_lro_end(rx);
}

static __always_inline void receive_lro_skb(struct receive *rx,
					    struct sk_buff *skb)
{
	lro_receive_skb(&rx->lro, skb, NULL);
}

int receive_lro_skbs_run(void *state)
{
	struct receive *rx = state;

	receive_poll_begin(rx);
	return receive_skbs(rx, receive_lro_skb) ?: receive_lro_end(rx);
}
