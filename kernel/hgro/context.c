// SPDX-License-Identifier: GPL-2.0
/*
 * A NAPI's context and its counters.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "hgro_impl.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define HGRO_FLOWS	256
#define HGRO_MAX_FLOWS	65536
/* hgso takes payload in 128 pieces, one of them in the head. */
#define HGRO_PACKETS	127

static const char * const hgro_reason_names[HGRO_NR_REASONS] = {
	[HGRO_OK] = "ok",
	[HGRO_AGE] = "age",
	[HGRO_EVICTED] = "evicted",
	[HGRO_ASKED] = "asked",
	[HGRO_SIZE] = "size",
	[HGRO_COUNT] = "count",
	[HGRO_SHORT] = "short",
	[HGRO_LONG] = "long",
	[HGRO_FIN] = "fin",
	[HGRO_PSH] = "psh",
	[HGRO_FLAGS] = "flags",
	[HGRO_CWR] = "cwr",
	[HGRO_ECE] = "ece",
	[HGRO_ACK] = "ack",
	[HGRO_EMPTY] = "empty",
	[HGRO_WINDOW] = "window",
	[HGRO_URGENT] = "urgent",
	[HGRO_TCP_OPTION] = "tcp_option",
	[HGRO_SEQUENCE] = "sequence",
	[HGRO_GAP] = "gap",
	[HGRO_TOS] = "tos",
	[HGRO_ECN] = "ecn",
	[HGRO_FLOW_LABEL] = "flow_label",
	[HGRO_TTL] = "ttl",
	[HGRO_IP_OPTION] = "ip_option",
	[HGRO_EXT] = "ext",
	[HGRO_ID] = "id",
	[HGRO_DF] = "df",
	[HGRO_FRAGMENT] = "fragment",
	[HGRO_IP_CHECK] = "ip_check",
	[HGRO_L4_CHECK] = "l4_check",
	[HGRO_LENGTH] = "length",
	[HGRO_ETHERNET] = "ethernet",
	[HGRO_VLAN] = "vlan",
	[HGRO_LAYERS] = "layers",
	[HGRO_TUNNEL] = "tunnel",
	[HGRO_META] = "meta",
	[HGRO_OFF] = "off",
	[HGRO_HEADER] = "header",
	[HGRO_PROTOCOL] = "protocol",
	[HGRO_SOCKET] = "socket",
	[HGRO_SKB] = "skb",
	[HGRO_NOMEM] = "nomem",
};

static void hgro_configure(struct hgro *hgro, const struct hgro_config *config)
{
	if (config)
		hgro->config = *config;
	hgro->config.headroom = min_t(u32, hgro->config.headroom,
				      HGRO_MAX_HEADROOM);
	if (!hgro->config.max_flows)
		hgro->config.max_flows = HGRO_FLOWS;
	hgro->config.max_flows = min_t(u32, hgro->config.max_flows,
				       HGRO_MAX_FLOWS);
	if (!hgro->config.max_packets)
		hgro->config.max_packets = HGRO_PACKETS;
	/* gso_segs has 16 bits. */
	hgro->config.max_packets = min_t(u32, hgro->config.max_packets,
					 U16_MAX);
}

/**
 * hgro_create() - make a NAPI's context
 * @napi: whose packets it merges; added to its device before the first poll
 * @config: how, copied; NULL for the defaults
 *
 * All memory for flows is allocated here, below 1 KiB each.
 *
 * Context: process; may sleep.
 * Return: the context, or NULL without memory.
 */
struct hgro *hgro_create(struct napi_struct *napi,
			 const struct hgro_config *config)
{
	struct hgro *hgro = kzalloc(sizeof(*hgro), GFP_KERNEL);
	u32 i, buckets;

	if (!hgro)
		return NULL;
	hgro_configure(hgro, config);
	hgro->napi = napi;
	hgro->table = &hdr_table;
	hgro->seed = get_random_u32();
	INIT_LIST_HEAD(&hgro->up);
	INIT_LIST_HEAD(&hgro->ages);
	INIT_LIST_HEAD(&hgro->unused);
	u64_stats_init(&hgro->sync);
	hgro_timer_init(hgro);

	buckets = roundup_pow_of_two(hgro->config.max_flows);
	hgro->mask = buckets - 1;
	hgro->bucket = kvcalloc(buckets, sizeof(*hgro->bucket), GFP_KERNEL);
	hgro->flows = kvcalloc(hgro->config.max_flows, sizeof(*hgro->flows),
			       GFP_KERNEL);
	if (!hgro_reorder_create(hgro) || !hgro->bucket || !hgro->flows) {
		hgro_destroy(hgro);
		return NULL;
	}
	for (i = 0; i < hgro->config.max_flows; i++) {
		INIT_LIST_HEAD(&hgro->flows[i].waiting);
		list_add_tail(&hgro->flows[i].age, &hgro->unused);
	}
	return hgro;
}
EXPORT_SYMBOL_GPL(hgro_create);

/**
 * hgro_destroy() - free a context
 * @hgro: the context; flows that are open go up first
 *
 * Context: process, after napi_disable(). May sleep.
 */
void hgro_destroy(struct hgro *hgro)
{
	hgro_stop(hgro);
	kvfree(hgro->early);
	kvfree(hgro->flows);
	kvfree(hgro->bucket);
	kfree(hgro);
}
EXPORT_SYMBOL_GPL(hgro_destroy);

/**
 * hgro_stats() - a copy of the counters; they add up while no poll runs
 * @hgro: the context
 * @stats: filled in
 *
 * Context: any but hard interrupt; may run beside the poll.
 */
void hgro_stats(const struct hgro *hgro, struct hgro_stats *stats)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&hgro->sync);
		*stats = hgro->stats;
	} while (u64_stats_fetch_retry(&hgro->sync, start));
}
EXPORT_SYMBOL_GPL(hgro_stats);

/**
 * hgro_reason_name() - a reason's name, for counters and messages
 * @reason: why a flow was flushed or a packet not merged
 *
 * Context: any.
 * Return: a constant string of lower-case letters, digits and underscores.
 */
const char *hgro_reason_name(enum hgro_reason reason)
{
	if ((unsigned int)reason >= HGRO_NR_REASONS)
		return "unknown";
	return hgro_reason_names[reason];
}
EXPORT_SYMBOL_GPL(hgro_reason_name);

MODULE_DESCRIPTION("Receive aggregation that hgso takes apart exactly");
MODULE_LICENSE("GPL");
