// SPDX-License-Identifier: GPL-2.0
/* The test bench: rings, doorbells, and the far end of the wire. */

#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/preempt.h>

#include "../iommu/nsim_iommu.h"
#include "nic_test_rig.h"

static void nic_rig_far_ready(void *priv)
{
	struct nic_rig *rig = priv;

	wake_up(&rig->far_wait);
}

static void nic_rig_far_link(void *priv, bool up)
{
}

static const struct wire_port_ops nic_rig_far_ops = {
	.rx_ready = nic_rig_far_ready,
	.tx_ready = nic_rig_far_ready,
	.link_change = nic_rig_far_link,
};

KUNIT_DEFINE_ACTION_WRAPPER(nic_rig_remove_dir, debugfs_remove,
			    struct dentry *);
KUNIT_DEFINE_ACTION_WRAPPER(nic_rig_destroy_hw, nic_hw_destroy,
			    struct nic_hw *);
KUNIT_DEFINE_ACTION_WRAPPER(nic_rig_destroy_port, wire_port_destroy,
			    struct wire_port *);
KUNIT_DEFINE_ACTION_WRAPPER(nic_rig_destroy_dev, nsim_iommu_device_destroy,
			    struct platform_device *);

static void nic_rig_free_memory(void *data)
{
	struct nic_rig *rig = data;

	dma_free_coherent(rig->dev, RIG_DATA_SIZE, rig->data, rig->data_dma);
	dma_free_coherent(rig->dev, PAGE_SIZE, rig->wb, rig->wb_dma);
	dma_free_coherent(rig->dev, NIC_RING_MAX * 32, rig->rx.mem,
			  rig->rx.dma);
	dma_free_coherent(rig->dev, NIC_RING_MAX * 32, rig->tx.mem,
			  rig->tx.dma);
}

static void nic_rig_alloc_memory(struct nic_rig *rig)
{
	struct kunit *test = rig->test;

	rig->tx.mem = dma_alloc_coherent(rig->dev, NIC_RING_MAX * 32,
					 &rig->tx.dma, GFP_KERNEL);
	rig->rx.mem = dma_alloc_coherent(rig->dev, NIC_RING_MAX * 32,
					 &rig->rx.dma, GFP_KERNEL);
	rig->wb = dma_alloc_coherent(rig->dev, PAGE_SIZE, &rig->wb_dma,
				     GFP_KERNEL);
	rig->data = dma_alloc_coherent(rig->dev, RIG_DATA_SIZE,
				       &rig->data_dma, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig->tx.mem);
	KUNIT_ASSERT_NOT_NULL(test, rig->rx.mem);
	KUNIT_ASSERT_NOT_NULL(test, rig->wb);
	KUNIT_ASSERT_NOT_NULL(test, rig->data);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   nic_rig_free_memory,
							   rig));
}

/**
 * nic_rig_octets() - memory of the test's own
 * @test: the test; it goes with it
 * @len: octets
 *
 * Return: zeroed memory.
 */
u8 *nic_rig_octets(struct kunit *test, u32 len)
{
	u8 *octets = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, octets);
	return octets;
}

/**
 * nic_rig_create() - set the bench up: NIC and far port, connected
 * @test: the test; all goes with it
 *
 * Return: the bench; the test has ended where it cannot be made.
 */
struct nic_rig *nic_rig_create(struct kunit *test)
{
	struct platform_device *pdev;
	struct nic_rig *rig;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	init_waitqueue_head(&rig->far_wait);

	rig->dir = debugfs_create_dir("nic-test", NULL);
	kunit_add_action(test, nic_rig_remove_dir, rig->dir);
	pdev = nsim_iommu_device_create("nic-test", PLATFORM_DEVID_AUTO,
					NSIM_IOMMU_STRICT, rig->dir);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	kunit_add_action(test, nic_rig_destroy_dev, pdev);
	rig->dev = &pdev->dev;
	nic_rig_alloc_memory(rig);

	rig->hw = nic_hw_create(rig->dev, "test", 1, rig->dir);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->hw);
	kunit_add_action(test, nic_rig_destroy_hw, rig->hw);
	rig->far = wire_port_create(&nic_rig_far_ops, rig,
				    debugfs_create_dir("far", rig->dir));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->far);
	kunit_add_action(test, nic_rig_destroy_port, rig->far);
	KUNIT_ASSERT_EQ(test, 0, wire_connect(nic_hw_port(rig->hw), rig->far));
	return rig;
}

static void nic_rig_queue(struct nic_rig *rig, u32 block, dma_addr_t base,
			  dma_addr_t wb, u32 size)
{
	nic_hw_write(rig->hw, block + NIC_Q_BASE_LO, lower_32_bits(base));
	nic_hw_write(rig->hw, block + NIC_Q_BASE_HI, upper_32_bits(base));
	nic_hw_write(rig->hw, block + NIC_Q_WB_LO, lower_32_bits(wb));
	nic_hw_write(rig->hw, block + NIC_Q_WB_HI, upper_32_bits(wb));
	nic_hw_write(rig->hw, block + NIC_Q_BUF_SIZE, RIG_BUF_SIZE);
	nic_hw_write(rig->hw, block + NIC_Q_SIZE, size);
}

/**
 * nic_rig_start_at() - reset the NIC and let it run with rings anywhere
 * @rig: the bench
 * @size: descriptors of both rings
 * @tx_base: bus address of the transmit ring
 * @rx_base: bus address of the receive ring
 * @wb: bus address of the write-backs
 */
void nic_rig_start_at(struct nic_rig *rig, u32 size, dma_addr_t tx_base,
		      dma_addr_t rx_base, dma_addr_t wb)
{
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_RESET);
	KUNIT_ASSERT_EQ(rig->test, 0,
			nic_hw_quiesce(rig->hw, RIG_TIMEOUT_MS));
	rig->tx.size = size;
	rig->tx.tail = 0;
	rig->rx.size = size;
	rig->rx.tail = 0;
	rig->wb[0] = 0;
	rig->wb[1] = 0;
	nic_rig_queue(rig, NIC_REG_TXQ(0), tx_base, wb, size);
	nic_rig_queue(rig, NIC_REG_RXQ(0), rx_base, wb + 4, size);
	nic_hw_write(rig->hw, NIC_REG_FEATURES,
		     NIC_FEAT_TX_CSUM | NIC_FEAT_TSO | NIC_FEAT_RX_CSUM);
	nic_hw_write(rig->hw, NIC_REG_CTRL, NIC_CTRL_ENABLE);
}

/**
 * nic_rig_start() - reset the NIC and let it run
 * @rig: the bench
 * @size: descriptors of both rings
 * @features: NIC_FEAT_*
 * @mtu: longest frame
 */
void nic_rig_start(struct nic_rig *rig, u32 size, u32 features, u32 mtu)
{
	nic_rig_start_at(rig, size, rig->tx.dma, rig->rx.dma, rig->wb_dma);
	nic_hw_write(rig->hw, NIC_REG_FEATURES, features);
	nic_hw_write(rig->hw, NIC_REG_MTU, mtu);
}

static irqreturn_t nic_rig_interrupt(int irq, void *data)
{
	struct nic_rig *rig = data;

	WRITE_ONCE(rig->irq_cpu, smp_processor_id());
	if (!in_hardirq())
		atomic_inc(&rig->irq_soft);
	atomic_inc(&rig->irqs);
	return IRQ_HANDLED;
}

static void nic_rig_free_irq(void *data)
{
	struct nic_rig *rig = data;

	free_irq(nic_hw_irq(rig->hw, 0), rig);
}

/**
 * nic_rig_request_irq() - have interrupts of vector 0 counted
 * @rig: the bench
 */
void nic_rig_request_irq(struct nic_rig *rig)
{
	KUNIT_ASSERT_EQ(rig->test, 0,
			request_irq(nic_hw_irq(rig->hw, 0), nic_rig_interrupt,
				    0, "nic-test", rig));
	kunit_add_action(rig->test, nic_rig_free_irq, rig);
}

/**
 * nic_rig_tx() - write a transmit descriptor; no doorbell
 * @rig: the bench
 * @addr: bus address
 * @len: octets
 * @flags: NIC_TX_*
 *
 * Return: the descriptor, for what else is to be in it.
 */
struct nic_tx_desc *nic_rig_tx(struct nic_rig *rig, dma_addr_t addr, u32 len,
			       u16 flags)
{
	struct nic_tx_desc *desc = rig->tx.mem;

	desc += rig->tx.tail;
	memset(desc, 0, sizeof(*desc));
	desc->addr = cpu_to_le64(addr);
	desc->len = cpu_to_le32(len);
	desc->flags = cpu_to_le16(flags);
	rig->tx.tail = (rig->tx.tail + 1) % rig->tx.size;
	return desc;
}

/**
 * nic_rig_tx_ring_bell() - let the NIC see what was posted
 * @rig: the bench
 */
void nic_rig_tx_ring_bell(struct nic_rig *rig)
{
	nic_hw_write(rig->hw, NIC_REG_TXQ(0) + NIC_Q_TAIL, rig->tx.tail);
}

/**
 * nic_rig_tx_frame() - post a frame of one slice and ring the doorbell
 * @rig: the bench
 * @offset: where in the data memory it begins
 * @len: octets
 */
void nic_rig_tx_frame(struct nic_rig *rig, u32 offset, u32 len)
{
	nic_rig_tx(rig, rig->data_dma + offset, len, NIC_TX_EOP);
	nic_rig_tx_ring_bell(rig);
}

/**
 * nic_rig_tx_done() - wait until all that was posted has completed
 * @rig: the bench
 */
void nic_rig_tx_done(struct nic_rig *rig)
{
	KUNIT_ASSERT_TRUE(rig->test,
			  RIG_WAIT(le32_to_cpu(READ_ONCE(rig->wb[0])) ==
				   rig->tx.tail));
}

/**
 * nic_rig_rx_post() - post buffers; buffer i is that of descriptor i
 * @rig: the bench
 * @n: how many
 */
void nic_rig_rx_post(struct nic_rig *rig, unsigned int n)
{
	while (n--) {
		struct nic_rx_desc *desc = nic_rig_rx_desc(rig, rig->rx.tail);

		memset(desc, 0, sizeof(*desc));
		desc->addr = cpu_to_le64(rig->data_dma +
					 rig->rx.tail * RIG_BUF_SIZE);
		rig->rx.tail = (rig->rx.tail + 1) % rig->rx.size;
	}
	nic_hw_write(rig->hw, NIC_REG_RXQ(0) + NIC_Q_TAIL, rig->rx.tail);
}

/**
 * nic_rig_rx_desc() - a receive descriptor
 * @rig: the bench
 * @index: its index
 *
 * Return: the descriptor.
 */
struct nic_rx_desc *nic_rig_rx_desc(struct nic_rig *rig, u32 index)
{
	return (struct nic_rx_desc *)rig->rx.mem + index;
}

/**
 * nic_rig_recv() - wait for a frame at the far end
 * @rig: the bench
 *
 * Return: the frame, the caller's; the test has ended where none comes.
 */
struct wire_frame *nic_rig_recv(struct nic_rig *rig)
{
	struct wire_frame *frame = NULL;

	wait_event_timeout(rig->far_wait,
			   (frame = wire_port_recv(rig->far)) != NULL,
			   msecs_to_jiffies(RIG_TIMEOUT_MS));
	KUNIT_ASSERT_NOT_NULL(rig->test, frame);
	return frame;
}

/**
 * nic_rig_expect_frame() - the next frame at the far end is this one
 * @rig: the bench
 * @data: its octets
 * @len: their number
 */
void nic_rig_expect_frame(struct nic_rig *rig, const void *data, u32 len)
{
	struct wire_frame *frame = nic_rig_recv(rig);

	KUNIT_EXPECT_EQ(rig->test, frame->len, len);
	if (frame->len == len)
		KUNIT_EXPECT_MEMEQ(rig->test, frame->data, data, len);
	wire_frame_free(frame);
}

/**
 * nic_rig_expect_silence() - no frame comes
 * @rig: the bench
 */
void nic_rig_expect_silence(struct nic_rig *rig)
{
	struct wire_frame *frame;

	msleep(RIG_SETTLE_MS);
	frame = wire_port_recv(rig->far);
	KUNIT_EXPECT_NULL(rig->test, frame);
	wire_frame_free(frame);
}

/**
 * nic_rig_send() - send a frame from the far end
 * @rig: the bench
 * @data: its octets
 * @len: their number
 */
void nic_rig_send(struct nic_rig *rig, const void *data, u32 len)
{
	struct wire_frame *frame = wire_frame_alloc(len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, frame);
	memcpy(frame->data, data, len);
	KUNIT_ASSERT_EQ(rig->test, 0, wire_port_send(rig->far, frame));
}

/**
 * nic_rig_counters() - what the NIC counted
 * @rig: the bench
 *
 * Return: the counters.
 */
struct nic_hw_counters nic_rig_counters(struct nic_rig *rig)
{
	struct nic_hw_counters counters;

	nic_hw_counters(rig->hw, &counters);
	return counters;
}
