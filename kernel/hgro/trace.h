/* SPDX-License-Identifier: GPL-2.0 */
/* What happens to flows and to packets that are not merged. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hgro

#if !defined(HEADROOM_HGRO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define HEADROOM_HGRO_TRACE_H

#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include <headroom/hgro.h>

/* A flow ended; the reason by its number and name in enum hgro_reason. */
TRACE_EVENT(hgro_flush,
	    TP_PROTO(const struct sk_buff *skb, unsigned int packets,
		     unsigned int bytes, enum hgro_reason reason),
	    TP_ARGS(skb, packets, bytes, reason),
	    TP_STRUCT__entry(__field(const void *, skb)
			     __field(u32, hash)
			     __field(u32, packets)
			     __field(u32, bytes)
			     __field(u32, reason)
			     __string(name, hgro_reason_name(reason))),
	    TP_fast_assign(__entry->skb = skb;
			   __entry->hash = skb->hash;
			   __entry->packets = packets;
			   __entry->bytes = bytes;
			   __entry->reason = reason;
			   __assign_str(name);),
	    TP_printk("skb=%p hash=%#x packets=%u bytes=%u reason=%u (%s)",
		      __entry->skb, __entry->hash, __entry->packets,
		      __entry->bytes, __entry->reason, __get_str(name))
);

/* A packet went up alone; without an skb it was dropped. */
TRACE_EVENT(hgro_pass,
	    TP_PROTO(const struct sk_buff *skb, unsigned int len,
		     enum hgro_reason reason),
	    TP_ARGS(skb, len, reason),
	    TP_STRUCT__entry(__field(const void *, skb)
			     __field(u32, len)
			     __field(u32, reason)
			     __string(name, hgro_reason_name(reason))),
	    TP_fast_assign(__entry->skb = skb;
			   __entry->len = len;
			   __entry->reason = reason;
			   __assign_str(name);),
	    TP_printk("skb=%p len=%u reason=%u (%s)", __entry->skb,
		      __entry->len, __entry->reason, __get_str(name))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
