// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of TCP for the suite "receive", and a device that they
 * arrive at. What goes up the stack is freed by a receive handler.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/ipv6.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/ip.h>

#include "receive.h"

/* No-operations and timestamps. */
#define RECEIVE_OPTIONS		12
/* With Ethernet, IPv4, TCP without options and the FCS: the smallest frame. */
#define RECEIVE_SMALL		6

/* A frame of the largest MTU of 1500, and memory of longer ones. */
#define RECEIVE_USUAL		1448
#define RECEIVE_LARGE		16384

/* Packets of an operation, flows, packets of a flow in turn, octets. */
#define RECEIVE(_name, _packets, _flows, _burst, _payload, _ipv6, _poll)	\
	{								\
		.input = { .name = _name, .segments = _packets },	\
		.flows = _flows,					\
		.burst = _burst,					\
		.payload = _payload,					\
		.ipv6 = _ipv6,						\
		.poll = _poll,						\
	}
#define RECEIVE_POLL(v, six, n)						\
	RECEIVE("tcpv" #v "-poll-" #n, n, 1, 1, RECEIVE_USUAL, six, true)
/* Polls never end: what is merged ends for other reasons. */
#define RECEIVE_FLOWS(n)						\
	RECEIVE("tcpv4-flows-" #n, 64, n, 1, RECEIVE_USUAL, false, false)
/* Polls of 64 packets: of each flow in it so many, the others in later polls. */
#define RECEIVE_EACH(flows, n)						\
	RECEIVE("tcpv4-f" #flows "-each-" #n, 64, flows, n, RECEIVE_USUAL,	\
		false, true)
/* Eight packets of each of many flows in a poll. */
#define RECEIVE_TABLE(_flows, packets)					\
	{								\
		.input = { .name = "tcpv4-table-" #_flows,		\
			   .segments = packets },			\
		.flows = _flows,					\
		.burst = 1,						\
		.payload = RECEIVE_USUAL,				\
		.poll = true,						\
		.table = true,						\
	}
/* Frames of so many octets, with FCS, of one flow. */
#define RECEIVE_SIZE(n, payload)					\
	RECEIVE("tcpv4-size-" #n, 32, 1, 1, payload, false, true)

static const struct receive_input receive_inputs[] = {
	RECEIVE_POLL(4, false, 45),
	RECEIVE_POLL(6, true, 45),
	RECEIVE_POLL(4, false, 1),
	RECEIVE_POLL(4, false, 2),
	RECEIVE_POLL(4, false, 4),
	RECEIVE_POLL(4, false, 8),
	RECEIVE_POLL(4, false, 16),
	RECEIVE_POLL(4, false, 32),
	RECEIVE("tcpv4-mixed-16", 64, 16, 1, RECEIVE_USUAL, false, true),
	/* A packet of each of many flows in a poll: nothing merges. */
	RECEIVE("tcpv4-never-64", 64, 64, 1, RECEIVE_SMALL, false, true),
	RECEIVE("tcpv6-never-84", 64, 64, 1, RECEIVE_SMALL, true, true),
	RECEIVE_TABLE(1, 8),
	RECEIVE_TABLE(64, 512),
	RECEIVE_TABLE(4096, 32768),
	RECEIVE_FLOWS(1),
	RECEIVE_FLOWS(8),
	RECEIVE_FLOWS(64),
	RECEIVE_FLOWS(512),
	RECEIVE_FLOWS(4096),
	RECEIVE_EACH(1, 64),
	RECEIVE_EACH(8, 1),
	RECEIVE_EACH(8, 8),
	RECEIVE_EACH(64, 1),
	RECEIVE_EACH(64, 8),
	RECEIVE_EACH(512, 1),
	RECEIVE_EACH(512, 8),
	RECEIVE_EACH(4096, 1),
	RECEIVE_EACH(4096, 8),
	RECEIVE_SIZE(64, RECEIVE_SMALL),
	RECEIVE_SIZE(128, 58),
	RECEIVE_SIZE(256, 186),
	RECEIVE_SIZE(512, 442),
	RECEIVE_SIZE(1024, 954),
	RECEIVE_SIZE(1518, RECEIVE_USUAL),
	RECEIVE_SIZE(4096, 4026),
	RECEIVE_SIZE(9018, 8948),
};

const struct segbench_input *receive_input(unsigned int index)
{
	return index < ARRAY_SIZE(receive_inputs) ?
	       &receive_inputs[index].input : NULL;
}

static u8 *receive_ipv4(u8 *at, unsigned int flow, unsigned int len)
{
	struct iphdr *iph = (void *)at;

	*iph = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(*iph) + len),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.saddr = htonl(0x0a000000 + flow),
		.daddr = htonl(0x0a800001),
	};
	ip_send_check(iph);
	return at + sizeof(*iph);
}

static u8 *receive_ipv6(u8 *at, unsigned int flow, unsigned int len)
{
	struct ipv6hdr *ip6h = (void *)at;

	*ip6h = (struct ipv6hdr){
		.version = 6,
		.payload_len = htons(len),
		.nexthdr = IPPROTO_TCP,
		.hop_limit = 64,
	};
	memset(&ip6h->saddr, 0xfd, 2 * sizeof(ip6h->saddr));
	ip6h->saddr.s6_addr32[3] = htonl(flow);
	return at + sizeof(*ip6h);
}

static unsigned int receive_packet(const struct receive_input *in, u8 *data,
				   unsigned int flow)
{
	unsigned int options = in->payload == RECEIVE_SMALL ? 0 :
							      RECEIVE_OPTIONS;
	unsigned int len = sizeof(struct tcphdr) + options + in->payload;
	struct tcphdr *th;
	u8 *at;

	memset(data, 2, 2 * ETH_ALEN);
	put_unaligned_be16(in->ipv6 ? ETH_P_IPV6 : ETH_P_IP,
			   data + 2 * ETH_ALEN);
	at = data + ETH_HLEN;
	at = in->ipv6 ? receive_ipv6(at, flow, len) :
			receive_ipv4(at, flow, len);
	th = (void *)at;
	*th = (struct tcphdr){
		.source = htons(1024 + flow),
		.dest = htons(80),
		.doff = (sizeof(*th) + options) / 4,
		.ack = 1,
		.window = htons(1000),
	};
	at += sizeof(*th);
	if (options) {
		put_unaligned_be32(0x0101080a, at);
		memset(at + 4, 1, options - 4);
	}
	return at + options - data;
}

static rx_handler_result_t receive_handler(struct sk_buff **pskb)
{
	consume_skb(*pskb);
	return RX_HANDLER_CONSUMED;
}

static int receive_no_poll(struct napi_struct *napi, int budget)
{
	return 0;
}

static int receive_device(struct receive *rx)
{
	u8 addr[ETH_ALEN];
	int err;

	rx->dev = alloc_etherdev(0);
	if (!rx->dev)
		return -ENOMEM;
	rx->dev->features |= NETIF_F_GRO;
	/* So that eth_type_trans() finds the packets its own. */
	memset(addr, 2, ETH_ALEN);
	eth_hw_addr_set(rx->dev, addr);
	netif_napi_add(rx->dev, &rx->napi, receive_no_poll);
	napi_enable(&rx->napi);
	rtnl_lock();
	err = netdev_rx_handler_register(rx->dev, receive_handler, NULL);
	rtnl_unlock();
	return err;
}

void receive_teardown(void *state)
{
	struct receive *rx = state;

	if (rx->dev) {
		/* Whatever a case has left there goes up. */
		local_bh_disable();
		set_bit(NAPI_STATE_SCHED, &rx->napi.state);
		napi_complete_done(&rx->napi, 0);
		local_bh_enable();
		napi_disable(&rx->napi);
		if (rx->hgro)
			hgro_destroy(rx->hgro);
		netif_napi_del(&rx->napi);
		rtnl_lock();
		netdev_rx_handler_unregister(rx->dev);
		rtnl_unlock();
		free_netdev(rx->dev);
	}
	kvfree(rx->lro_desc);
	kfree(rx->batch);
	kfree(rx->order);
	if (rx->room)
		put_page(rx->room);
	kfree_skb(rx->skb);
	if (rx->page)
		put_page(rx->page);
	kfree(rx);
}

void *receive_setup(const struct segbench_input *input)
{
	const struct receive_input *in =
		container_of(input, struct receive_input, input);
	struct receive *rx = kzalloc(sizeof(*rx), GFP_KERNEL);
	unsigned int i;
	u32 size;

	if (!rx)
		return ERR_PTR(-ENOMEM);
	rx->in = in;
	rx->end = in->flows * RECEIVE_STRIDE;
	rx->left = in->burst;
	rx->truesize = in->payload > RECEIVE_USUAL ? RECEIVE_LARGE :
						     RECEIVE_TRUESIZE;
	size = rx->end + rx->truesize;
	rx->page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(size));
	rx->skb = alloc_skb(RECEIVE_STRIDE, GFP_KERNEL);
	if (!rx->page || !rx->skb || receive_device(rx)) {
		receive_teardown(rx);
		return ERR_PTR(-ENOMEM);
	}
	rx->data = page_address(rx->page);
	for (i = 0; i < in->flows; i++)
		rx->hdr_len = receive_packet(in, rx->data + i * RECEIVE_STRIDE,
					     i);
	return rx;
}
