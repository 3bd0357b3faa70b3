/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A NIC on a test bench: a driver of a few lines on one side, a bare port at
 * the other end of the wire.
 */
#ifndef NSIM_NIC_TEST_RIG_H
#define NSIM_NIC_TEST_RIG_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/wait.h>

#include "../wire/wire.h"
#include "nic_hw.h"
#include "nic_regs.h"

#define RIG_DATA_SIZE	(256 * 1024)
#define RIG_BUF_SIZE	2048
#define RIG_TIMEOUT_MS	20000	/* emulated, sanitized machines are slow */
#define RIG_SETTLE_MS	50	/* to see that nothing happens */
/* The IOMMU hands out addresses from the top: nothing is ever mapped here. */
#define RIG_BAD_ADDR	0x1000

/**
 * struct rig_ring - a ring in coherent memory, with its head write-back
 * @mem: descriptors
 * @dma: their bus address
 * @size: their number
 * @tail: index after the last one posted
 */
struct rig_ring {
	void *mem;
	dma_addr_t dma;
	u32 size;
	u32 tail;
};

/**
 * struct nic_rig - the bench
 * @test: the test that runs
 * @dev: the NIC's device, behind the emulated IOMMU
 * @dir: debugfs folder
 * @hw: the NIC
 * @far: the bare port
 * @far_wait: woken by arrivals and by room
 * @tx: transmit ring 0
 * @rx: receive ring 0
 * @wb: head write-backs: tx, rx
 * @wb_dma: their bus address
 * @data: memory for frames
 * @data_dma: its bus address
 * @irqs: interrupts seen
 * @irq_cpu: CPU of the last one
 * @irq_soft: interrupts that were not in hardirq context
 */
struct nic_rig {
	struct kunit *test;
	struct device *dev;
	struct dentry *dir;
	struct nic_hw *hw;
	struct wire_port *far;
	wait_queue_head_t far_wait;
	struct rig_ring tx;
	struct rig_ring rx;
	__le32 *wb;
	dma_addr_t wb_dma;
	u8 *data;
	dma_addr_t data_dma;
	atomic_t irqs;
	int irq_cpu;
	atomic_t irq_soft;
};

/* Waits until @cond, and says whether it came. */
#define RIG_WAIT(cond) ({						\
	unsigned long _end = jiffies + msecs_to_jiffies(RIG_TIMEOUT_MS);\
	bool _late, _ok;						\
									\
	for (;;) {							\
		_late = time_after(jiffies, _end);			\
		_ok = (cond);						\
		if (_ok || _late)					\
			break;						\
		usleep_range(200, 500);					\
	}								\
	_ok;								\
})

u8 *nic_rig_octets(struct kunit *test, u32 len);
struct nic_rig *nic_rig_create(struct kunit *test);
void nic_rig_start(struct nic_rig *rig, u32 size, u32 features, u32 mtu);
void nic_rig_start_at(struct nic_rig *rig, u32 size, dma_addr_t tx_base,
		      dma_addr_t rx_base, dma_addr_t wb);
void nic_rig_request_irq(struct nic_rig *rig);
struct nic_tx_desc *nic_rig_tx(struct nic_rig *rig, dma_addr_t addr, u32 len,
			       u16 flags);
void nic_rig_tx_frame(struct nic_rig *rig, u32 offset, u32 len);
void nic_rig_tx_ring_bell(struct nic_rig *rig);
void nic_rig_tx_done(struct nic_rig *rig);
void nic_rig_rx_post(struct nic_rig *rig, unsigned int n);
struct nic_rx_desc *nic_rig_rx_desc(struct nic_rig *rig, u32 index);
struct wire_frame *nic_rig_recv(struct nic_rig *rig);
void nic_rig_expect_frame(struct nic_rig *rig, const void *data, u32 len);
void nic_rig_expect_silence(struct nic_rig *rig);
void nic_rig_send(struct nic_rig *rig, const void *data, u32 len);
void nic_rig_fill(u8 *buf, u32 len, u8 seed);
struct nic_hw_counters nic_rig_counters(struct nic_rig *rig);
u16 nic_rig_sum(const u8 *data, u32 len, u32 sum);

/**
 * struct rig_packet - how nic_rig_packet() is to build a TCP packet
 * @v6: IPv6, else IPv4
 * @vlan: with one tag
 * @udp: UDP instead
 * @flags: of TCP
 * @seq: of TCP
 * @id: of IPv4
 * @payload: octets
 * @full: finish all checksums, else leave the pseudo-header's
 */
struct rig_packet {
	bool v6;
	bool vlan;
	bool udp;
	u8 flags;
	u32 seq;
	u16 id;
	u32 payload;
	bool full;
};

u32 nic_rig_packet_l3(const struct rig_packet *p);
u32 nic_rig_packet_l4(const struct rig_packet *p);
u32 nic_rig_packet_hdr(const struct rig_packet *p);
u32 nic_rig_packet(u8 *dst, const struct rig_packet *p, const u8 *payload);

extern struct kunit_suite nic_tx_suite;
extern struct kunit_suite nic_tso_suite;
extern struct kunit_suite nic_rx_suite;
extern struct kunit_suite nic_irq_suite;
extern struct kunit_suite nic_offload_suite;
extern struct kunit_suite nic_limits_suite;
extern struct kunit_suite nic_tunnel_suite;
extern struct kunit_suite nic_fault_suite;
extern struct kunit_suite nic_layout_suite;
extern struct kunit_suite nic_clock_suite;
extern struct kunit_suite nic_merge_suite;
extern struct kunit_suite nic_rx_layout_suite;
extern struct kunit_suite wire_suite;
extern struct kunit_suite wire_line_suite;
extern struct kunit_suite wire_replay_suite;
extern struct kunit_suite wire_switch_suite;

#endif
