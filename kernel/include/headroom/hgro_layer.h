/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Protocols of hgro, a layer each: how a module adds one of its own.
 *
 * A layer's receive() takes its header off a packet and says what is behind it;
 * its complete() makes the header right for the super-packet. Layers are found by
 * EtherType, by IP protocol, or by the kind of a UDP tunnel.
 *
 * What another module adds is a header that is the same, octet for octet, in all
 * packets of a flow, and that the stack's segmentation copies as it is: the
 * engine compares it, and then a super-packet comes apart again exactly.
 */
#ifndef HEADROOM_HGRO_LAYER_H
#define HEADROOM_HGRO_LAYER_H

#include <linux/atomic.h>
#include <linux/types.h>

#include <headroom/hgro.h>

struct hgro_done;
struct hgro_walk;

/**
 * enum hgro_space - what a layer is found by
 * @HGRO_ETHERTYPE: EtherType; ETH_P_TEB is an Ethernet header
 * @HGRO_IP_PROTOCOL: protocol of IPv4, next header of IPv6
 * @HGRO_UDP_TUNNEL: UDP_TUNNEL_TYPE_* of a port, by hgro_port_set()
 * @HGRO_NR_SPACES: how many there are
 */
enum hgro_space {
	HGRO_ETHERTYPE,
	HGRO_IP_PROTOCOL,
	HGRO_UDP_TUNNEL,
	HGRO_NR_SPACES
};

/**
 * struct hgro_layer - a protocol
 * @space: what it is found by
 * @key: its number there, host order
 * @receive: takes its header off with hgro_take() and says what is next with
 *	hgro_next(), or returns why the packet is not merged. Softirq; must not
 *	sleep.
 * @complete: makes its header right in a super-packet, called from the innermost
 *	layer out; NULL where nothing changes. Softirq; must not sleep.
 * @flows: the engine's: flows that are open with this layer in them
 */
struct hgro_layer {
	enum hgro_space space;
	u16 key;
	enum hgro_reason (*receive)(struct hgro_walk *walk);
	void (*complete)(const struct hgro_done *done, unsigned int layer);
	atomic_t flows;
};

int hgro_layer_register(struct hgro_layer *layer);
void hgro_layer_unregister(struct hgro_layer *layer);

const u8 *hgro_peek(const struct hgro_walk *walk, unsigned int len);
enum hgro_reason hgro_take(struct hgro_walk *walk, unsigned int len);
void hgro_next(struct hgro_walk *walk, enum hgro_space space, u16 key);

u8 *hgro_done_header(const struct hgro_done *done, unsigned int layer);
u32 hgro_done_len(const struct hgro_done *done, unsigned int layer);

#endif
