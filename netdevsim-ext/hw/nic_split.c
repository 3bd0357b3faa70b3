// SPDX-License-Identifier: GPL-2.0
/* Where headers end and payload begins, for header buffers. */

#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/tcp.h>

#include "../wire/wire.h"
#include "nic_dev.h"

/**
 * nic_split_len() - octets of a frame that go to a header buffer
 * @q: the queue that it is for
 * @frame: the frame
 *
 * Context: any.
 * Return: octets; 0: it is not split, for it is not TCP, has no payload, or its
 * headers are too long.
 */
u32 nic_split_len(const struct nic_rxq *q, const struct wire_frame *frame)
{
	struct nic_parsed parsed;
	struct tcphdr th;
	u32 len;

	if (!q->hdr_size || !nic_parse(frame, &parsed) || parsed.fragment ||
	    parsed.proto != IPPROTO_TCP ||
	    frame->len < parsed.l4 + sizeof(th))
		return 0;
	memcpy(&th, frame->data + parsed.l4, sizeof(th));
	len = parsed.l4 + th.doff * 4;
	if (th.doff * 4 < sizeof(th) || len > q->hdr_size || len >= frame->len)
		return 0;
	return len;
}
