/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hgso: TSO in software for drivers whose hardware has none.
 *
 * The driver advertises HGSO_FEATURES, gets super-packets, and sends the
 * frames of one as slices of memory that was mapped for DMA once:
 *
 *	ndesc = hgso_prepare(txq, skb);		headers of all frames written
 *	if (ndesc < 0)
 *		skb_gso_segment(), or drop
 *	if (hgso_map(txq, skb))			one map for headers and linear
 *		drop				data, one for each page frag
 *	hgso_iter_init(&it, skb);
 *	while (hgso_next(&it, &slice))		ndesc times
 *		write one descriptor
 *	...
 *	hgso_unmap(txq, skb);			on completion, then free the skb
 *
 * Between prepare and unmap the skb's head belongs to the engine, and so do the
 * last octets of its control block, from HGSO_CB_OFFSET on, one pointer: nobody
 * may free, orphan, push or pull the skb, nor write to a clone's head. Its
 * headers and payload are not changed at all.
 */
#ifndef HEADROOM_HGSO_H
#define HEADROOM_HGSO_H

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>

struct device;

/* Raised when a driver has to be changed; docs/from-tso.md says what counts. */
#define HGSO_API_VERSION	2

/**
 * define HGSO_FEATURES - what a driver with hgso may advertise
 *
 * To be set in hw_features, features, vlan_features and hw_enc_features,
 * together with NETIF_F_SG and NETIF_F_HW_CSUM, the device's own: the engine
 * leaves a partial checksum for the device to finish, wherever it is in the
 * frame. hgso_features_check() keeps plain skbs with a frag_list away.
 */
#define HGSO_FEATURES	(NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN | \
			 NETIF_F_TSO_MANGLEID | NETIF_F_GSO_ROBUST | \
			 NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_GRE | \
			 NETIF_F_GSO_GRE_CSUM | NETIF_F_GSO_IPXIP4 | \
			 NETIF_F_GSO_IPXIP6 | NETIF_F_GSO_UDP_TUNNEL | \
			 NETIF_F_GSO_UDP_TUNNEL_CSUM | NETIF_F_GSO_PARTIAL | \
			 NETIF_F_FRAGLIST)

/**
 * enum hgso_reason - why a packet was not prepared
 * @HGSO_OK: it was
 * @HGSO_GSO_TYPE: a GSO type that the engine does not do
 * @HGSO_PROTOCOL: headers that the engine does not do
 * @HGSO_FRAG_LIST: a frag_list within a frag_list, with headers in it, or in
 *	very many pieces
 * @HGSO_UNREADABLE: payload that is not in the host's memory
 * @HGSO_BIG: longer than its length field can say, and neither BIG TCP nor in
 *	a tunnel; or with a jumbo header that the stack would leave in frames
 * @HGSO_DESCRIPTORS: more slices than the queue's max_descs
 * @HGSO_SLICE: a frame in more slices than the device takes, a slice that is
 *	longer, or memory that cannot be mapped in one
 * @HGSO_HEADROOM: more headers than a head can hold
 * @HGSO_SHARED_FRAG: payload that somebody may yet rewrite, in a queue whose
 *	checksums the engine finishes
 * @HGSO_SHARED: the skb has other owners (skb_shared())
 * @HGSO_GSO_SIZE: malformed: gso_size is 0, or not below the payload
 * @HGSO_HEADER: malformed: truncated or contradictory headers
 * @HGSO_LENGTH: malformed: a length field disagrees with the skb's
 * @HGSO_NOMEM: the head could not be expanded
 * @HGSO_MAP: a mapping failed; everything was unmapped again
 * @HGSO_NR_REASONS: how many there are
 *
 * Up to @HGSO_SHARED the error is -EOPNOTSUPP (-EBUSY for @HGSO_SHARED): the
 * packet is fine and the stack can segment it, once skb_share_check() has made
 * a shared one the caller's own. Malformed ones give -EINVAL, the last two
 * -ENOMEM.
 */
enum hgso_reason {
	HGSO_OK,
	HGSO_GSO_TYPE,
	HGSO_PROTOCOL,
	HGSO_FRAG_LIST,
	HGSO_UNREADABLE,
	HGSO_BIG,
	HGSO_DESCRIPTORS,
	HGSO_SLICE,
	HGSO_HEADROOM,
	HGSO_SHARED_FRAG,
	HGSO_SHARED,
	HGSO_GSO_SIZE,
	HGSO_HEADER,
	HGSO_LENGTH,
	HGSO_NOMEM,
	HGSO_MAP,
	HGSO_NR_REASONS
};

/**
 * struct hgso_stats - what a queue's engine did
 * @prepared: calls of hgso_prepare() that succeeded; a packet that is prepared
 *	again counts again
 * @expanded: of those, heads that had to be reallocated (short, or cloned)
 * @frames: frames of the super-packets that were mapped
 * @maps: buffers mapped for DMA: each a mapping of its own, or a part of one
 *	range, see &struct hgso_txq.range
 * @unmaps: buffers unmapped
 * @reason: super-packets by what became of them: mapped, [HGSO_OK], or not, and
 *	why. One that its driver drops between the two is its driver's to count.
 */
struct hgso_stats {
	u64 prepared;
	u64 expanded;
	u64 frames;
	u64 maps;
	u64 unmaps;
	u64 reason[HGSO_NR_REASONS];
};

struct hgso_pkt;

/**
 * enum hgso_piece_map - how a piece of payload was mapped
 * @HGSO_MAP_SINK: by the sink, with the headers
 * @HGSO_MAP_SINGLE: by dma_map_single()
 * @HGSO_MAP_PAGE: by dma_map_page()
 */
enum hgso_piece_map {
	HGSO_MAP_SINK,
	HGSO_MAP_SINGLE,
	HGSO_MAP_PAGE,
};

/**
 * struct hgso_sink - where the headers of a super-packet are written
 * @max_len: most octets of headers of one super-packet
 * @reserve: makes room for @state_len octets of state and for @hdrs_len octets
 *	of headers, 8-aligned, whose address it stores in @hdrs. Returns where
 *	the state is, or NULL. Room outside the skb is the packet's only once
 *	@map has succeeded: a packet that is dropped after hgso_prepare() gives
 *	nothing back.
 * @map: maps the headers and the payload in the head, the last thing that
 *	hgso_map() does; sets @pkt->hdrs_dma and, when there is payload in the
 *	head, @pkt->piece[0]. Returns how many mappings it made, or -ENOMEM.
 * @unmap: undoes @map; returns how many mappings that were
 *
 * All: the context of hgso_prepare(), hgso_map() and hgso_unmap().
 */
struct hgso_sink {
	unsigned int max_len;
	struct hgso_pkt *(*reserve)(const struct hgso_sink *sink,
				    struct sk_buff *skb, unsigned int state_len,
				    unsigned int hdrs_len, u8 **hdrs);
	int (*map)(const struct hgso_sink *sink, struct device *dev,
		   struct sk_buff *skb, struct hgso_pkt *pkt);
	unsigned int (*unmap)(const struct hgso_sink *sink, struct device *dev,
			      struct sk_buff *skb, struct hgso_pkt *pkt);
};

/* Headers in the skb's own headroom, mapped together with the linear data. */
extern const struct hgso_sink hgso_headroom;

/**
 * struct hgso_ring - memory of the driver's as header sink, see hgso_ring_init()
 * @sink: for hgso_txq_set_sinks()
 *
 * The other fields are the engine's. One a transmit queue.
 */
struct hgso_ring {
	struct hgso_sink sink;
	/* private: */
	u8 *mem;
	u8 *state;
	dma_addr_t dma;
	u32 size;
	u32 head;
	const struct sk_buff *owner;
	/* Written by completion. */
	u32 tail ____cacheline_aligned_in_smp;
};

/**
 * struct hgso_limits - what super-packets a queue takes
 * @max_descs: most slices of one super-packet, usually a little below the
 *	ring's size; change it only while the queue is stopped
 * @max_hdrs: most octets of headers; hgso_txq_set_sinks() sets it
 * @max_frame_descs: most slices of one frame, headers included, or 0
 * @max_slice: longest slice, octets, or 0
 * @max_map: longest mapping, octets, or 0; hgso_txq_init() sets it
 */
struct hgso_limits {
	u32 max_descs;
	u32 max_hdrs;
	u32 max_frame_descs;
	u32 max_slice;
	u32 max_map;
};

/**
 * struct hgso_txq - the engine's part of a transmit queue
 * @dma_dev: device that the DMA API maps for
 * @limits: what super-packets the queue takes
 * @finish_csum: finish L4 checksums, for a device that does not; then payload
 *	that somebody may rewrite (skb_has_shared_frag()) is declined
 * @range: map all of a super-packet with headers in the headroom as one range of
 *	bus addresses; hgso_txq_init() sets it for a device behind an IOMMU
 * @sink: where headers go
 * @large: where headers go that are too long for @sink, or NULL
 * @tx_stats: counted by prepare and map, under the queue's xmit lock
 * @tx_sync: guards @tx_stats
 * @done_unmaps: counted by unmap, in the completion's context
 * @done_sync: guards @done_unmaps
 *
 * One a transmit queue. hgso_txq_init() fills it. Before the queue starts, a
 * driver may set @limits and @finish_csum; hgso_features_check() knows them, and
 * may look at any time: what it goes by lives as long as the device, not in a
 * ring that ethtool replaces. Counters are read by hgso_txq_stats().
 */
struct hgso_txq {
	struct device *dma_dev;
	struct hgso_limits limits;
	bool finish_csum;
	bool range;
	const struct hgso_sink *sink;
	const struct hgso_sink *large;
	struct hgso_stats tx_stats;
	struct u64_stats_sync tx_sync;
	/* Written by completion, perhaps on another CPU than the rest. */
	u64 done_unmaps ____cacheline_aligned_in_smp;
	struct u64_stats_sync done_sync;
};

/**
 * struct hgso_piece - payload that is one in bus addresses
 * @addr: bus address of its first octet
 * @len: octets, never 0
 * @map: how it was mapped, &enum hgso_piece_map
 */
struct hgso_piece {
	dma_addr_t addr;
	u32 len;
	u32 map;
};

/**
 * struct hgso_pkt - a prepared super-packet
 * @sink: where its headers are, and this
 * @hdrs: the first frame's headers; the next ones follow at @stride
 * @hdrs_dma: their bus address, once mapped
 * @frames: how many frames
 * @descs: how many slices all frames have together
 * @pieces: how many entries of @piece there are
 * @room: what it takes in the sink, octets; the sink's own
 * @mss: payload of each frame but the last, octets
 * @payload: of the whole super-packet, octets
 * @payload_off: from skb->data to the payload, octets
 * @hdr_len: all headers of a frame, octets
 * @stride: from one frame's headers to the next one's, octets
 * @l3_off: from a frame's start to its (innermost) IP header, octets
 * @l4_off: from a frame's start to its TCP or UDP header, octets
 * @csum_offset: from that header to the checksum field, octets
 * @range_off: from here to the list of buffers that are mapped as one range,
 *	octets; 0 when each is mapped by itself
 * @nents: how many entries that list has
 * @piece: the payload, in order; none is empty but the one behind the last
 *
 * Drivers may read @frames, @descs, @hdr_len, @l3_off, @l4_off and @csum_offset
 * by hgso_pkt(), to fill their descriptors.
 */
struct hgso_pkt {
	const struct hgso_sink *sink;
	u8 *hdrs;
	dma_addr_t hdrs_dma;
	u32 frames;
	u32 descs;
	u32 pieces;
	u32 room;
	u32 mss;
	u32 payload;
	u16 payload_off;
	u16 hdr_len;
	u16 stride;
	u16 l3_off;
	u16 l4_off;
	u16 csum_offset;
	u16 range_off;
	u16 nents;
	struct hgso_piece piece[];
};

/**
 * struct hgso_slice - what one descriptor says
 * @addr: bus address
 * @len: octets, never 0
 * @first: the frame's first slice: its headers
 * @last: the frame's last slice
 * @end: the super-packet's last slice
 */
struct hgso_slice {
	dma_addr_t addr;
	u32 len;
	bool first;
	bool last;
	bool end;
};

/**
 * struct hgso_iter - walks the slices of a mapped super-packet
 *
 * On the driver's stack; its fields are the engine's. One that is all zeroes
 * has nothing to walk, for a loop that plain skbs go through too.
 */
struct hgso_iter {
	/* private: */
	const struct hgso_piece *piece;
	dma_addr_t hdr;
	dma_addr_t data;
	u32 data_left;
	u32 frame_left;
	u32 mss;
	u32 hdr_len;
	u32 stride;
};

/**
 * struct hgso_segment - one segment, for those who store none
 * @hdr: its headers, to be used or copied before the callback returns
 * @hdr_len: octets of them
 * @l4_off: from the frame's start to the header with the partial checksum
 * @csum_offset: from there to the checksum field, octets
 * @offset: from skb->data to its payload, octets, for skb_copy_bits() and such
 * @len: octets of payload
 * @index: 0 for the first
 * @last: it is the last
 */
struct hgso_segment {
	const u8 *hdr;
	u32 hdr_len;
	u32 l4_off;
	u32 csum_offset;
	u32 offset;
	u32 len;
	u32 index;
	bool last;
};

/**
 * typedef hgso_segment_fn - what is done with a segment
 * @skb: the super-packet
 * @seg: the segment
 * @arg: as given to hgso_walk_segments()
 *
 * Return: 0 to go on, anything else to end.
 */
typedef int (*hgso_segment_fn)(const struct sk_buff *skb,
			       const struct hgso_segment *seg, void *arg);

void hgso_txq_init(struct hgso_txq *txq, struct device *dma_dev, u32 max_descs);
void hgso_txq_set_sinks(struct hgso_txq *txq, const struct hgso_sink *sink,
			const struct hgso_sink *large);
void hgso_txq_stats(const struct hgso_txq *txq, struct hgso_stats *stats);
const char *hgso_reason_name(enum hgso_reason reason);
int hgso_ring_init(struct hgso_ring *ring, void *mem, dma_addr_t dma, u32 size);
void hgso_ring_exit(struct hgso_ring *ring);

netdev_features_t hgso_features_check(const struct sk_buff *skb,
				      netdev_features_t features,
				      const struct hgso_txq *txq);
int hgso_prepare(struct hgso_txq *txq, struct sk_buff *skb);
int hgso_map(struct hgso_txq *txq, struct sk_buff *skb);
void hgso_unmap(struct hgso_txq *txq, struct sk_buff *skb);
int hgso_finish(struct sk_buff *skb, netdev_features_t features);
int hgso_walk_segments(const struct sk_buff *skb, hgso_segment_fn fn,
		       void *arg);

/**
 * hgso_ndo_features_check() - all that ndo_features_check of most drivers does
 * @skb: as the stack gave it
 * @features: as the stack gave them
 * @txq: the queue whose limits to go by
 *
 * hgso_features_check(), and then what the stack does for a driver without
 * ndo_features_check.
 *
 * Context: as hgso_features_check().
 * Return: the features that are left.
 */
static inline netdev_features_t
hgso_ndo_features_check(struct sk_buff *skb, netdev_features_t features,
			const struct hgso_txq *txq)
{
	features = hgso_features_check(skb, features, txq);
	return vlan_features_check(skb, features);
}

/**
 * HGSO_DEFINE_FEATURES_CHECK() - a driver's ndo_features_check
 * @name: of the function, without the _features_check behind it
 * @type: what netdev_priv() is
 * @member: of @type, the &struct hgso_txq to go by; it has to be there as long
 *	as the device, so not in a ring that ethtool replaces
 *
 * For a driver that needs no more than hgso_ndo_features_check().
 */
#define HGSO_DEFINE_FEATURES_CHECK(name, type, member)			\
static netdev_features_t						\
name ## _features_check(struct sk_buff *skb, struct net_device *dev,	\
			netdev_features_t features)			\
{									\
	return hgso_ndo_features_check(skb, features, netdev_priv(dev) +	\
				       offsetof(type, member));		\
}

/**
 * hgso_advertise() - tell the stack that a device takes super-packets
 * @dev: not registered yet; its hardware finishes a partial checksum wherever
 *	it is in the frame, or its queues set @finish_csum
 *
 * That is HGSO_FEATURES and what the stack wants beside them, switched on and
 * for ethtool to switch off, for VLAN devices and tunnels above as well; and no
 * shared skbs, which pktgen would send.
 *
 * Context: process.
 */
static inline void hgso_advertise(struct net_device *dev)
{
	netdev_features_t features = NETIF_F_SG | NETIF_F_HW_CSUM |
				     HGSO_FEATURES;

	dev->hw_features |= features;
	dev->features |= features;
	dev->vlan_features |= features;
	dev->hw_enc_features |= features;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
}

/**
 * hgso_prepare_and_map() - both in one, for a driver that drops what fails
 * @txq: the queue's state
 * @skb: as for hgso_prepare()
 *
 * For a driver that keeps room for @txq->limits.max_descs slices whenever its
 * queue is awake, so that it need not look between the two. hgso_pkt() says how
 * many there are. A failure is counted by reason, and in the device's
 * tx_dropped.
 *
 * Context: ndo_start_xmit, under the queue's xmit lock. Does not sleep.
 * Return: 0, or the error of hgso_prepare() or hgso_map(): the caller, who owns
 *	the skb in all cases, then frees it.
 */
static inline int hgso_prepare_and_map(struct hgso_txq *txq,
				       struct sk_buff *skb)
{
	int err = hgso_prepare(txq, skb);

	if (likely(err > 0))
		err = hgso_map(txq, skb);
	if (unlikely(err))
		dev_core_stats_tx_dropped_inc(skb->dev);
	return err;
}

/*
 * Where in skb->cb the engine keeps a pointer between prepare and unmap. What
 * is before it is the driver's.
 */
#define HGSO_CB_OFFSET \
	(sizeof_field(struct sk_buff, cb) - sizeof(struct hgso_pkt *))

/**
 * hgso_pkt() - the prepared state of a super-packet
 * @skb: a super-packet between prepare and unmap
 *
 * Context: any.
 * Return: the state, which lives as long as the preparation.
 */
static inline struct hgso_pkt *hgso_pkt(const struct sk_buff *skb)
{
	return *(struct hgso_pkt *const *)(skb->cb + HGSO_CB_OFFSET);
}

/**
 * hgso_wire_bytes() - octets of all frames, for BQL and statistics
 * @skb: a super-packet between prepare and unmap
 *
 * A tag that the hardware inserts (skb_vlan_tag_present()) is not in it; the
 * driver asks for it in every frame's descriptor.
 *
 * Context: any.
 * Return: octets without FCS, the headers of every frame included.
 */
static inline u32 hgso_wire_bytes(const struct sk_buff *skb)
{
	const struct hgso_pkt *pkt = hgso_pkt(skb);

	return pkt->payload + pkt->frames * pkt->hdr_len;
}

/**
 * hgso_iter_init() - start at the first slice
 * @it: the iterator
 * @skb: a super-packet that hgso_map() has mapped
 *
 * Context: any.
 */
static __always_inline void hgso_iter_init(struct hgso_iter *it,
					   const struct sk_buff *skb)
{
	const struct hgso_pkt *pkt = hgso_pkt(skb);

	it->piece = pkt->piece;
	it->data = it->piece->addr;
	it->data_left = it->piece->len;
	it->hdr = pkt->hdrs_dma;
	it->frame_left = 0;
	it->mss = pkt->mss;
	it->hdr_len = pkt->hdr_len;
	it->stride = pkt->stride;
}

/**
 * hgso_next_frame() - go on to the next frame
 * @it: the iterator; hgso_next_rest() has given the end of the frame before
 * @slice: the frame's headers
 *
 * Inline, as the next ones, since this is what a driver pays for every
 * descriptor.
 *
 * Context: any.
 * Return: false when there is none left; @slice is then unchanged.
 */
static __always_inline bool hgso_next_frame(struct hgso_iter *it,
					    struct hgso_slice *slice)
{
	if (!it->data_left)
		return false;
	it->frame_left = it->mss;
	slice->addr = it->hdr;
	slice->len = it->hdr_len;
	slice->first = true;
	slice->last = false;
	slice->end = false;
	it->hdr += it->stride;
	return true;
}

/**
 * hgso_next_part() - payload with more of the frame behind it
 * @it: the iterator
 * @slice: what the next descriptor says
 *
 * Context: any.
 * Return: false when all that is left of the frame is one slice;
 *	hgso_next_rest() has that, and @slice is unchanged.
 */
static __always_inline bool hgso_next_part(struct hgso_iter *it,
					   struct hgso_slice *slice)
{
	if (likely(it->frame_left < it->data_left))
		return false;
	/* The last piece has an empty one behind it, and ends the frame. */
	if (it->frame_left == it->data_left || !it->piece[1].len) {
		it->frame_left = it->data_left;
		return false;
	}
	slice->addr = it->data;
	slice->len = it->data_left;
	slice->first = false;
	slice->last = false;
	slice->end = false;
	it->frame_left -= it->data_left;
	it->piece++;
	it->data = it->piece->addr;
	it->data_left = it->piece->len;
	return true;
}

/**
 * hgso_next_rest() - the last slice of a frame
 * @it: the iterator; hgso_next_part() has returned false
 * @slice: what the next descriptor says
 *
 * Context: any.
 */
static __always_inline void hgso_next_rest(struct hgso_iter *it,
					   struct hgso_slice *slice)
{
	slice->addr = it->data;
	slice->len = it->frame_left;
	slice->first = false;
	slice->last = true;
	slice->end = false;
	it->data += it->frame_left;
	it->data_left -= it->frame_left;
	it->frame_left = 0;
	if (unlikely(!it->data_left)) {
		it->piece++;
		it->data = it->piece->addr;
		it->data_left = it->piece->len;
		slice->end = !it->data_left;
	}
}

/**
 * hgso_next() - the next slice
 * @it: the iterator
 * @slice: what the next descriptor says
 *
 * The three above in one, for a single loop.
 *
 * Context: any.
 * Return: false when there is none left; @slice is then unchanged.
 */
static __always_inline bool hgso_next(struct hgso_iter *it,
				      struct hgso_slice *slice)
{
	if (!it->frame_left)
		return hgso_next_frame(it, slice);
	if (likely(!hgso_next_part(it, slice)))
		hgso_next_rest(it, slice);
	return true;
}

#endif
