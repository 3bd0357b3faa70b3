// SPDX-License-Identifier: GPL-2.0
/* TCP and UDP segmentation in hardware: one super-packet in, many frames out. */

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/checksum.h>

#include "../wire/wire.h"
#include "nic_dev.h"

/* Flags that not every segment carries; octet 13 of the TCP header. */
#define TSO_TCP_FLAGS		13
#define TSO_TCP_FIN		0x01
#define TSO_TCP_PSH		0x08
#define TSO_TCP_CWR		0x80

static bool nic_tso_is_v6(const struct nic_txq *q)
{
	return le16_to_cpu(q->first.flags) & NIC_TX_TSO_V6;
}

static bool nic_tso_is_uso(const struct nic_txq *q)
{
	return le16_to_cpu(q->first.flags) & NIC_TX_USO;
}

static u32 nic_tso_check_offset(const struct nic_txq *q)
{
	return nic_tso_is_uso(q) ? offsetof(struct udphdr, check) :
				   offsetof(struct tcphdr, check);
}

/* May the hardware segment, and finish the checksums of, such a packet? */
static bool nic_tso_offered(struct nic_hw *hw, const struct nic_txq *q)
{
	u32 features = nic_reg(hw, NIC_REG_FEATURES);
	u32 csum = NIC_FEAT_TX_CSUM | (nic_tso_is_v6(q) ? NIC_FEAT_TX_CSUM_V6 :
							  NIC_FEAT_TX_CSUM_V4);

	if (nic_tso_is_uso(q) && !(features & NIC_FEAT_USO))
		return false;
	/* Checksums by protocol are of the outer headers. */
	if (nic_tx_is_tunnel(q))
		return features & NIC_FEAT_TUNNEL &&
		       features & NIC_FEAT_TX_CSUM;
	return features & csum;
}

static u32 nic_tso_l4_min(const struct nic_txq *q)
{
	return nic_tso_is_uso(q) ? sizeof(struct udphdr) :
				   sizeof(struct tcphdr);
}

/* Do the descriptor's offsets fit each other and the chain? */
static int nic_tso_check_desc(struct nic_hw *hw, const struct nic_txq *q)
{
	const struct nic_tso *tso = &q->tso;

	if (!(le16_to_cpu(q->first.flags) & NIC_TX_CSUM) ||
	    le16_to_cpu(q->first.csum_offset) != nic_tso_check_offset(q) ||
	    !nic_tso_offered(hw, q))
		return -EINVAL;
	if (!tso->mss || tso->hdr_len > NIC_MAX_HDR_LEN ||
	    tso->hdr_len + nic_tx_tag_len(q) + tso->mss >
	    nic_reg(hw, NIC_REG_MTU))
		return -EINVAL;
	if (tso->l3 < ETH_HLEN || tso->l4 <= tso->l3 ||
	    tso->l4 + nic_tso_l4_min(q) > tso->hdr_len)
		return -EINVAL;
	if (q->total <= tso->hdr_len || q->total > NIC_MAX_TSO_LEN)
		return -EINVAL;
	return 0;
}

static int nic_tso_check_l4(const struct nic_txq *q)
{
	const struct nic_tso *tso = &q->tso;
	u32 len = sizeof(struct udphdr);
	struct tcphdr th;

	if (!nic_tso_is_uso(q)) {
		memcpy(&th, tso->hdr + tso->l4, sizeof(th));
		len = th.doff * 4;
	}
	return len == tso->hdr_len - tso->l4 ? 0 : -EINVAL;
}

static u8 nic_tso_proto(const struct nic_txq *q)
{
	return nic_tso_is_uso(q) ? IPPROTO_UDP : IPPROTO_TCP;
}

/* Do the headers say the same as the descriptor? */
static int nic_tso_check_headers(const struct nic_txq *q)
{
	const struct nic_tso *tso = &q->tso;
	u32 l3_len = tso->l4 - tso->l3;
	struct iphdr ip;

	if (nic_tso_check_l4(q))
		return -EINVAL;
	if (nic_tso_is_v6(q))
		return tso->hdr[tso->l3] >> 4 == 6 &&
		       l3_len >= sizeof(struct ipv6hdr) ? 0 : -EINVAL;
	if (l3_len < sizeof(ip))
		return -EINVAL;
	memcpy(&ip, tso->hdr + tso->l3, sizeof(ip));
	if (ip.version != 4 || ip.ihl * 4 != l3_len ||
	    ip.protocol != nic_tso_proto(q))
		return -EINVAL;
	return 0;
}

/* From here on the tag is part of the headers. */
static void nic_tso_tag(struct nic_txq *q)
{
	struct nic_tso *tso = &q->tso;

	if (!nic_tx_tag_len(q))
		return;
	nic_vlan_insert(tso->hdr, tso->hdr_len,
			le16_to_cpu(q->first.vlan_tci));
	tso->hdr_len += VLAN_HLEN;
	tso->l3 += VLAN_HLEN;
	tso->l4 += VLAN_HLEN;
	if (tso->outer)
		tso->outer += VLAN_HLEN;
}

/**
 * nic_tso_begin() - check a super-packet and read its headers
 * @hw: the NIC
 * @q: the queue; a whole chain, its cursor at the start
 *
 * Context: the thread's.
 * Return: 0, -EINVAL: descriptor and headers do not make sense, -EFAULT.
 */
int nic_tso_begin(struct nic_hw *hw, struct nic_txq *q)
{
	struct nic_tso *tso = &q->tso;

	tso->hdr_len = le16_to_cpu(q->first.hdr_len);
	tso->l3 = le16_to_cpu(q->first.l3_start);
	tso->l4 = le16_to_cpu(q->first.csum_start);
	tso->outer = le16_to_cpu(q->first.outer_l3);
	tso->mss = le16_to_cpu(q->first.mss);
	if (nic_tso_check_desc(hw, q))
		return -EINVAL;
	tso->payload = q->total - tso->hdr_len;
	tso->sent = 0;
	tso->index = 0;
	if (nic_tx_gather(hw, q, tso->hdr, tso->hdr_len))
		return -EFAULT;
	if (nic_tso_check_headers(q))
		return -EINVAL;
	if (nic_tx_is_tunnel(q) && nic_tunnel_check(hw, q))
		return -EINVAL;
	nic_tso_tag(q);
	return 0;
}

/**
 * nic_tso_more() - are there segments still to be made?
 * @q: the queue
 *
 * Return: true when there are.
 */
bool nic_tso_more(const struct nic_txq *q)
{
	return q->tso.sent < q->tso.payload;
}

static void nic_tso_write_v4(const struct nic_txq *q, u8 *l3, u32 l3_len,
			     u32 len)
{
	u16 flags = le16_to_cpu(q->first.flags);
	struct iphdr ip;

	memcpy(&ip, l3, sizeof(ip));
	ip.tot_len = htons(len);
	if (!(flags & NIC_TX_TSO_FIXEDID))
		ip.id = htons(ntohs(ip.id) + q->tso.index);
	ip.check = 0;
	memcpy(l3, &ip, sizeof(ip));
	ip.check = csum_fold(csum_partial(l3, l3_len, 0));
	memcpy(l3, &ip, sizeof(ip));
}

static void nic_tso_write_v6(u8 *l3, u32 len)
{
	struct ipv6hdr ip6;

	memcpy(&ip6, l3, sizeof(ip6));
	ip6.payload_len = htons(len - sizeof(ip6));
	memcpy(l3, &ip6, sizeof(ip6));
}

static __sum16 nic_tso_pseudo(const struct nic_txq *q, const u8 *l3, u32 len)
{
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (nic_tso_is_v6(q)) {
		memcpy(&ip6, l3, sizeof(ip6));
		return ~csum_ipv6_magic(&ip6.saddr, &ip6.daddr, len,
					nic_tso_proto(q), 0);
	}
	memcpy(&ip, l3, sizeof(ip));
	return ~csum_tcpudp_magic(ip.saddr, ip.daddr, len, nic_tso_proto(q), 0);
}

static void nic_tso_write_tcp(const struct nic_txq *q, u8 *l4, bool last,
			      __sum16 pseudo)
{
	const struct nic_tso *tso = &q->tso;
	struct tcphdr th;

	if (tso->index)
		l4[TSO_TCP_FLAGS] &= ~TSO_TCP_CWR;
	if (!last)
		l4[TSO_TCP_FLAGS] &= ~(TSO_TCP_FIN | TSO_TCP_PSH);
	memcpy(&th, l4, sizeof(th));
	th.seq = htonl(ntohl(th.seq) + tso->sent);
	th.check = pseudo;
	memcpy(l4, &th, sizeof(th));
}

static void nic_tso_write_udp(u8 *l4, u32 len, __sum16 pseudo)
{
	struct udphdr uh;

	memcpy(&uh, l4, sizeof(uh));
	uh.len = htons(len);
	uh.check = pseudo;
	memcpy(l4, &uh, sizeof(uh));
}

static void nic_tso_write_l4(const struct nic_txq *q, struct wire_frame *frame,
			     bool last)
{
	const struct nic_tso *tso = &q->tso;
	u32 len = frame->len - tso->l4;
	u8 *l4 = frame->data + tso->l4;
	__sum16 pseudo;

	pseudo = nic_tso_pseudo(q, frame->data + tso->l3, len);
	if (nic_tso_is_uso(q))
		nic_tso_write_udp(l4, len, pseudo);
	else
		nic_tso_write_tcp(q, l4, last, pseudo);
}

/**
 * nic_tso_segment() - make the next frame of a super-packet
 * @hw: the NIC
 * @q: the queue; nic_tso_more() is true
 *
 * Context: the thread's.
 * Return: the frame, or NULL: memory was refused or is short; the rest of the
 * super-packet is lost.
 */
struct wire_frame *nic_tso_segment(struct nic_hw *hw, struct nic_txq *q)
{
	struct nic_tso *tso = &q->tso;
	u32 len = min(tso->mss, tso->payload - tso->sent);
	bool last = tso->sent + len == tso->payload;
	struct wire_frame *frame;
	u8 *l3;

	frame = wire_frame_alloc(tso->hdr_len + len,
				 GFP_ATOMIC | __GFP_NOWARN);
	if (!frame) {
		nic_count(&hw->counters.no_memory, 1);
		return NULL;
	}
	l3 = frame->data + tso->l3;
	memcpy(frame->data, tso->hdr, tso->hdr_len);
	if (nic_tx_gather(hw, q, frame->data + tso->hdr_len, len))
		goto drop;
	if (nic_tso_is_v6(q))
		nic_tso_write_v6(l3, frame->len - tso->l3);
	else
		nic_tso_write_v4(q, l3, tso->l4 - tso->l3,
				 frame->len - tso->l3);
	if (tso->outer)
		nic_tunnel_write(tso, frame->data);
	nic_tso_write_l4(q, frame, last);
	if (nic_csum_finish(frame, tso->l4, nic_tso_check_offset(q)))
		goto drop;
	tso->sent += len;
	tso->index++;
	return frame;

drop:
	wire_frame_free(frame);
	return NULL;
}
