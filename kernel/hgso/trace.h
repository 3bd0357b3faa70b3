/* SPDX-License-Identifier: GPL-2.0 */
/* What happens to each super-packet, for those who look. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hgso

#if !defined(HEADROOM_HGSO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define HEADROOM_HGSO_TRACE_H

#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include <headroom/hgso.h>

/* Headers of all frames are written. */
TRACE_EVENT(hgso_prepare,
	    TP_PROTO(const struct sk_buff *skb, const struct hgso_pkt *pkt,
		     bool expanded),
	    TP_ARGS(skb, pkt, expanded),
	    TP_STRUCT__entry(__field(const void *, skb)
			     __field(u32, len)
			     __field(u32, gso_type)
			     __field(u32, gso_size)
			     __field(u32, frames)
			     __field(u32, descs)
			     __field(u32, hdr_len)
			     __field(bool, expanded)
			     __field(bool, headroom)),
	    TP_fast_assign(__entry->skb = skb;
			   __entry->len = skb->len;
			   __entry->gso_type = skb_shinfo(skb)->gso_type;
			   __entry->gso_size = pkt->mss;
			   __entry->frames = pkt->frames;
			   __entry->descs = pkt->descs;
			   __entry->hdr_len = pkt->hdr_len;
			   __entry->expanded = expanded;
			   __entry->headroom = pkt->sink == &hgso_headroom;),
	    TP_printk("skb=%p len=%u gso_type=%#x gso_size=%u frames=%u descs=%u hdr_len=%u expanded=%d headroom=%d",
		      __entry->skb, __entry->len, __entry->gso_type,
		      __entry->gso_size, __entry->frames, __entry->descs,
		      __entry->hdr_len, __entry->expanded, __entry->headroom)
);

/* Not prepared; the reason by its number and name in enum hgso_reason. */
TRACE_EVENT(hgso_decline,
	    TP_PROTO(const struct sk_buff *skb, enum hgso_reason reason),
	    TP_ARGS(skb, reason),
	    TP_STRUCT__entry(__field(const void *, skb)
			     __field(u32, len)
			     __field(u32, gso_type)
			     __field(u32, gso_size)
			     __field(u32, reason)
			     __string(name, hgso_reason_name(reason))),
	    TP_fast_assign(__entry->skb = skb;
			   __entry->len = skb->len;
			   __entry->gso_type = skb_shinfo(skb)->gso_type;
			   __entry->gso_size = skb_shinfo(skb)->gso_size;
			   __entry->reason = reason;
			   __assign_str(name);),
	    TP_printk("skb=%p len=%u gso_type=%#x gso_size=%u reason=%u (%s)",
		      __entry->skb, __entry->len, __entry->gso_type,
		      __entry->gso_size, __entry->reason, __get_str(name))
);

/* Mapped for DMA, or not: then nothing is left mapped. */
TRACE_EVENT(hgso_map,
	    TP_PROTO(const struct sk_buff *skb, unsigned int maps, int err),
	    TP_ARGS(skb, maps, err),
	    TP_STRUCT__entry(__field(const void *, skb)
			     __field(u32, maps)
			     __field(int, err)),
	    TP_fast_assign(__entry->skb = skb;
			   __entry->maps = maps;
			   __entry->err = err;),
	    TP_printk("skb=%p maps=%u err=%d", __entry->skb, __entry->maps,
		      __entry->err)
);

TRACE_EVENT(hgso_unmap,
	    TP_PROTO(const struct sk_buff *skb, unsigned int unmaps),
	    TP_ARGS(skb, unmaps),
	    TP_STRUCT__entry(__field(const void *, skb)
			     __field(u32, unmaps)),
	    TP_fast_assign(__entry->skb = skb;
			   __entry->unmaps = unmaps;),
	    TP_printk("skb=%p unmaps=%u", __entry->skb, __entry->unmaps)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
