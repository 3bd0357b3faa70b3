/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The data sheet of the modelled NIC: registers, descriptors, write-backs.
 *
 * This header is the whole contract between the two halves of netdevsim-ext.
 * The driver half programs what is described here; the hardware half acts on
 * it. Neither includes any other header of the other one except nic_hw.h,
 * which is the "bus" (register access, interrupt line, power).
 */
#ifndef NSIM_NIC_REGS_H
#define NSIM_NIC_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

#define NIC_MAX_QUEUES		16	/* queue pairs; one vector each */
#define NIC_RING_MIN		64	/* descriptors, powers of two not asked */
#define NIC_RING_MAX		4096
#define NIC_MAX_FRAME		9728	/* octets on the wire without FCS */
#define NIC_MAX_TSO_LEN		(512 * 1024)

/* Global registers: byte offsets, 32 bits each. */
#define NIC_REG_CTRL		0x0000
#define   NIC_CTRL_ENABLE	BIT(0)	/* 1: queues run */
#define   NIC_CTRL_RESET	BIT(1)	/* self-clearing: stop all, forget all;
					 * registers may be written at once
					 */
#define NIC_REG_STATUS		0x0004	/* read only */
#define   NIC_STATUS_LINK	BIT(0)
#define   NIC_STATUS_RUNNING	BIT(1)	/* a queue may still touch memory */
#define   NIC_STATUS_PAUSE	BIT(2)	/* the far end is no switch: it may know
					 * pause frames
					 */
#define NIC_REG_MTU		0x0008	/* longest frame accepted, octets, no
					 * FCS; with the Ethernet header and
					 * any VLAN tag; 1518 after a reset
					 */
#define NIC_REG_FEATURES	0x000c	/* NIC_FEAT_*: what the hardware may do */
#define   NIC_FEAT_TX_CSUM	BIT(0)	/* finish a partial checksum */
#define   NIC_FEAT_TSO		BIT(1)
#define   NIC_FEAT_RX_CSUM	BIT(2)	/* verify, report NIC_RX_CSUM_OK */
#define   NIC_FEAT_TX_CSUM_V4	BIT(3)	/* finish that of TCP, UDP in IPv4, */
#define   NIC_FEAT_TX_CSUM_V6	BIT(4)	/* IPv6 without extension headers */
#define   NIC_FEAT_RX_SUM	BIT(5)	/* report the sum, NIC_RX_SUM */
#define   NIC_FEAT_VLAN_INSERT	BIT(6)
#define   NIC_FEAT_VLAN_STRIP	BIT(7)
#define   NIC_FEAT_RSS_HASH	BIT(8)
#define   NIC_FEAT_USO		BIT(9)	/* segment UDP; NIC_FEAT_TSO too */
#define   NIC_FEAT_TUNNEL	BIT(10)	/* segment TCP in a tunnel; NIC_FEAT_TSO
					 * and NIC_FEAT_TX_CSUM too
					 */
#define   NIC_FEAT_TX_STAMP	BIT(11)	/* tell when frames left, NIC_TX_STAMP */
#define   NIC_FEAT_RX_STAMP	BIT(12)	/* ... and when they arrived */
#define   NIC_FEAT_RX_MERGE	BIT(13)	/* merge TCP; NIC_FEAT_RX_CSUM too, and
					 * not with NIC_FEAT_RX_STAMP
					 */

#define NIC_REG_MAX_DESCS	0x0010	/* read only, as the two below: most
					 * descriptors of a chain
					 */
#define NIC_REG_MAX_SLICE	0x0014	/* longest slice of one, octets */
#define NIC_REG_DMA_BITS	0x0018	/* width of bus addresses, 32 to 64 */

/*
 * UDP destination ports of tunnels, 0: none; first those of VXLAN, then those
 * of GENEVE. 0 after a reset.
 */
#define NIC_TUNNEL_PORTS	4	/* of each kind */
#define NIC_REG_TUNNEL_PORT(i)	(0x0020 + (i) * 4)

/*
 * Receive-side scaling. The Toeplitz hash of a frame, modulo the number of
 * entries, picks an entry of the table, which is a queue; what is not IP goes
 * to queue 0. After a reset there is no table, and the key is the one of
 * Microsoft's description of RSS. Read for each frame: written while frames
 * come, a change holds from the next one on.
 */
#define NIC_REG_RSS_SIZE	0x001c	/* entries, a power of 2; 0: all frames
					 * go to queue 0
					 */
#define NIC_REG_RSS_KEY(i)	(0x0040 + (i) * 4)	/* octets 4i to 4i + 3,
							 * big endian
							 */
#define NIC_REG_RSS_TABLE(i)	(0x0080 + (i) * 4)	/* entries 4i (the lowest
							 * octet) to 4i + 3
							 */
#define NIC_REG_SPEED		0x0068	/* read only: of the wire, Mbit/s; 0:
					 * there is no limit
					 */
#define NIC_REG_TX_LAYOUT	0x006c	/* read only: of its transmit descriptors, */
#define   NIC_TX_LAYOUT_LONG	0	/* struct nic_tx_desc */
#define   NIC_TX_LAYOUT_SHORT	1	/* struct nic_tx_short */
#define NIC_RSS_KEY_LEN		40	/* octets */
#define NIC_RSS_TABLE_LEN	128	/* entries */

/* Per-queue register blocks. */
#define NIC_REG_TXQ(q)		(0x0100 + (q) * 0x40)
#define NIC_REG_RXQ(q)		(0x0800 + (q) * 0x40)
#define NIC_REG_VEC(q)		(0x1000 + (q) * 0x10)
#define NIC_BAR_SIZE		0x2000

/*
 * The NIC's clock, nanoseconds. Reading the low half latches the high one. To
 * set the clock, or to add to it (a signed number), the low half is written
 * first. A reset does not touch it.
 */
#define NIC_REG_CLOCK_LO	0x1800
#define NIC_REG_CLOCK_HI	0x1804
#define NIC_REG_CLOCK_ADD_LO	0x1808	/* write only, read as 0 */
#define NIC_REG_CLOCK_ADD_HI	0x180c
#define NIC_REG_CLOCK_RATE	0x1810	/* how much faster than it is built to
					 * be: signed, of 2^32
					 */
#define NIC_REG_PAUSE		0x1814	/* flow control; both after a reset */
#define   NIC_PAUSE_SEND	BIT(0)	/* hold the far end back when the receive
					 * FIFO is full; else its frames are lost
					 */
#define   NIC_PAUSE_HEED	BIT(1)	/* wait when it asks for that */
#define NIC_REG_RX_LAYOUT	0x1818	/* read only: of receive descriptors, */
#define   NIC_RX_LAYOUT_LONG	0	/* struct nic_rx_desc */
#define   NIC_RX_LAYOUT_SHORT	1	/* struct nic_rx_short */

/*
 * Offsets in a TX or RX queue block. Writing the size latches the other
 * registers, sets tail and head to 0 and ends an error: so base, write-back and
 * buffer size go first, then the size, then doorbells. Size and base are
 * written while the queue does not run. A ring holds at most size - 1 posted
 * descriptors: tail == head means none.
 */
#define NIC_Q_BASE_LO		0x00	/* bus address of the ring */
#define NIC_Q_BASE_HI		0x04
#define NIC_Q_SIZE		0x08	/* descriptors; 0: queue off */
#define NIC_Q_TAIL		0x0c	/* doorbell: index after the last one posted */
#define NIC_Q_WB_LO		0x10	/* bus address of the __le32 write-back: */
#define NIC_Q_WB_HI		0x14	/* index after the last one completed */
#define NIC_Q_BUF_SIZE		0x18	/* RX: octets of every posted buffer */
#define NIC_Q_STATE		0x1c	/* read only, NIC_QS_* */
#define   NIC_QS_ERROR		BIT(0)	/* stopped: a descriptor fetch or write-
					 * back was refused, or a doorbell was
					 * no index of the ring
					 */
/*
 * RX: headers of TCP go to a buffer of their own, and the payload begins in the
 * posted one (NIC_RX_SPLIT). The header buffer of a descriptor is this long and
 * lies at its index in an array; longer headers are not split.
 */
#define NIC_Q_HDR_LO		0x20	/* bus address of the array */
#define NIC_Q_HDR_HI		0x24
#define NIC_Q_HDR_SIZE		0x28	/* octets of one; 0: nothing is split */

/*
 * Vectors. The hardware raises vector q when RX or TX queue q made progress
 * and the vector is not masked; raising masks it. A change of NIC_STATUS_LINK
 * raises vector 0 likewise. Unmasking raises at once if
 * progress was made meanwhile, so no event is lost between a poll and its end;
 * with moderation, once the delay since that progress began is over. Masked
 * after a reset.
 */
#define NIC_V_MASK		0x00	/* write 1: masked, 0: unmasked */
#define NIC_V_USECS		0x04	/* longest delay of an interrupt; 0: none */
#define NIC_V_FRAMES		0x08	/* frames that cut the delay short; 0: none */

/*
 * Transmit descriptor, 32 octets, little endian. A frame (or a super-packet
 * for hardware TSO) is a chain of descriptors that ends with NIC_TX_EOP.
 * @flags (but for NIC_TX_EOP) and the fields below it are read from the first
 * descriptor of the chain only.
 *
 * A chain that is wrong is dropped and counted, completes as if it were sent,
 * and the queue goes on: a slice of no octets, rsvd not 0, more descriptors
 * than the ring holds or NIC_REG_MAX_DESCS says, a slice longer than
 * NIC_REG_MAX_SLICE or beyond NIC_REG_DMA_BITS, a frame shorter than an Ethernet
 * header or longer than NIC_REG_MTU, a feature that is not on, fields that
 * contradict the headers, a slice that the IOMMU refuses.
 *
 * NIC_TX_CSUM needs NIC_FEAT_TX_CSUM, or that of the IP version where the frame
 * is TCP or UDP and the fields say so. NIC_TX_VLAN puts a tag into each frame;
 * offsets are those without it.
 *
 * NIC_TX_TSO needs NIC_TX_CSUM, with @csum_start where the TCP header begins
 * and @csum_offset 16. The hardware writes IP length, id and checksum, and TCP
 * sequence, flags and checksum of every segment; what the check fields hold is
 * ignored. Headers take at most 512 octets. With NIC_TX_USO the same for UDP:
 * @csum_offset 6, and the UDP length is written.
 *
 * With NIC_TX_TUNNEL the same for TCP in a tunnel: all offsets are of the inner
 * headers, and @outer_l3 says where the outer IP header begins. What is before
 * the inner IP header is the same in each segment, but for the id and checksum
 * of an outer IPv4 header: the id counts up. So the driver writes outer lengths
 * and checksums for a segment of @mss, and the payload is a multiple of that.
 * An outer UDP header has a port of NIC_REG_TUNNEL_PORT.
 *
 * With NIC_TX_STAMP, which needs NIC_FEAT_TX_STAMP, the last descriptor of the
 * chain is written before it is reported: @flags is NIC_TX_STAMPED then, and
 * @addr when the last bit of the (last) frame left, by the NIC's clock. A chain
 * that is dropped gets none.
 */
struct nic_tx_desc {
	__le64 addr;		/* bus address of the slice */
	__le32 len;		/* octets of the slice, not 0 */
	__le16 flags;
	__le16 csum_start;	/* octets from the frame's start */
	__le16 csum_offset;	/* octets from csum_start to the field */
	__le16 mss;		/* NIC_TX_TSO: payload octets a segment */
	__le16 hdr_len;		/* NIC_TX_TSO: all headers, octets */
	__le16 l3_start;	/* NIC_TX_TSO: octets to the IP header */
	__le16 vlan_tci;	/* NIC_TX_VLAN: of the tag */
	__le16 outer_l3;	/* NIC_TX_TUNNEL: octets to the outer IP
				 * header; else 0
				 */
	__le32 rsvd;		/* must be 0 */
};

#define NIC_TX_EOP		BIT(0)	/* last slice of the chain */
#define NIC_TX_CSUM		BIT(1)	/* finish the checksum */
#define NIC_TX_TSO		BIT(2)
#define NIC_TX_TSO_V6		BIT(3)	/* IPv6, else IPv4 */
#define NIC_TX_TSO_FIXEDID	BIT(4)	/* all segments have the same IP id */
#define NIC_TX_USO		BIT(5)	/* NIC_TX_TSO: of UDP */
#define NIC_TX_VLAN		BIT(6)	/* insert an 802.1Q tag */
#define NIC_TX_TUNNEL		BIT(7)	/* NIC_TX_TSO: of TCP in a tunnel */
#define NIC_TX_STAMP		BIT(8)	/* tell when it left */
#define NIC_TX_STAMPED		BIT(9)	/* by the hardware: @addr says when */

/*
 * Transmit descriptor of NIC_TX_LAYOUT_SHORT, 16 octets: fields and flags mean
 * the same. Addresses have 32 bits, and there are no time stamps. The first
 * descriptor of a chain is for the frame's headers, and has NIC_SHORT_MAX_HDR
 * octets at most; others have the payload. This hardware does not segment.
 */
struct nic_tx_short {
	__le32 addr;
	__le16 len;
	__le16 flags;		/* NIC_SHORT_FLAGS */
	__le16 csum_start;
	__le16 csum_offset;
	__le16 vlan_tci;
	__le16 rsvd;		/* must be 0 */
};

#define NIC_SHORT_MAX_HDR	256
#define NIC_SHORT_FLAGS		(NIC_TX_EOP | NIC_TX_CSUM | NIC_TX_VLAN)

/*
 * Receive descriptor, 32 octets. The driver writes @addr (and clears @status);
 * the hardware writes the rest, @status last. A frame longer than a buffer
 * continues in the next descriptor; the last one has NIC_RX_EOP.
 *
 * With NIC_FEAT_RX_MERGE, frames of a TCP stream that arrived one after another
 * and are the segments of one super-packet become that: NIC_RX_MERGED in each of
 * its descriptors. All have the same headers but for what a sender that segments
 * writes anew: lengths, IPv4 id (which counts up), sequence, checksums, and PSH,
 * which the last may have; the last may be shorter. IP length and checksum are
 * those of the super-packet, the TCP checksum is the first segment's. It takes
 * NIC_MERGE_BUFS buffers at most.
 */
struct nic_rx_desc {
	__le64 addr;
	__le32 status;		/* NIC_RX_* */
	__le32 len;		/* octets written to this buffer */
	__le32 hash;		/* NIC_RX_HASH_*: Toeplitz */
	__le16 csum;		/* NIC_RX_SUM: one's complement sum of all after
				 * the Ethernet header, as it lies in memory
				 */
	__le16 vlan_tci;	/* NIC_RX_VLAN: of the tag */
	union {
		__le64 stamp;	/* NIC_RX_STAMP: of its arrival, ns */
		struct {
			__le16 mss;	/* NIC_RX_MERGED: payload octets of a
					 * segment,
					 */
			__le16 segs;	/* and how many there were */
			__le32 rsvd;
		};
	};
};

#define NIC_RX_DONE		BIT(0)
#define NIC_RX_EOP		BIT(1)
#define NIC_RX_CSUM_OK		BIT(2)	/* IP and TCP/UDP checksums verified */
#define NIC_RX_ERROR		BIT(3)	/* frame was truncated: drop it */
#define NIC_RX_SUM		BIT(4)	/* csum is there */
#define NIC_RX_VLAN		BIT(5)	/* an 802.1Q tag was taken out */
#define NIC_RX_HASH_L3		BIT(6)	/* hash of addresses */
#define NIC_RX_HASH_L4		BIT(7)	/* hash of addresses and ports */
#define NIC_RX_STAMP		BIT(8)	/* stamp is there */
#define NIC_RX_MERGED		BIT(9)	/* mss and segs are there */
#define NIC_RX_SPLIT		BIT(10)	/* first descriptor of a frame: headers
					 * are in its header buffer
					 */
#define NIC_RX_HDR_SHIFT	16	/* ... so many octets, from this bit on */

#define NIC_MERGE_BUFS		17	/* NIC_RX_MERGED: buffers, at most */

/*
 * Receive descriptor of NIC_RX_LAYOUT_SHORT, 16 octets: fields and flags mean the
 * same. Addresses have 32 bits. There is no hash and no time, and this hardware
 * neither merges frames nor splits headers off, whatever is asked for.
 */
struct nic_rx_short {
	__le32 addr;
	__le32 status;		/* NIC_RX_SHORT_STATUS */
	__le16 len;
	__le16 csum;
	__le16 vlan_tci;
	__le16 rsvd;
};

#define NIC_RX_SHORT_STATUS	(NIC_RX_DONE | NIC_RX_EOP | NIC_RX_CSUM_OK | \
				 NIC_RX_ERROR | NIC_RX_SUM | NIC_RX_VLAN)

#endif
