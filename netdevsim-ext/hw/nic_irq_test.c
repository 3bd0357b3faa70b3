// SPDX-License-Identifier: GPL-2.0
/* Interrupts: masks, moderation, and the CPU they arrive at. */

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/interrupt.h>

#include "nic_test_rig.h"

static struct nic_rig *nic_irq_rig(struct kunit *test)
{
	struct nic_rig *rig = nic_rig_create(test);

	nic_rig_request_irq(rig);
	nic_rig_start(rig, 64, 0, 1518);
	return rig;
}

static void nic_irq_unmask(struct nic_rig *rig)
{
	nic_hw_write(rig->hw, NIC_REG_VEC(0) + NIC_V_MASK, 0);
}

static void nic_irq_progress(struct nic_rig *rig)
{
	struct wire_frame *frame;

	nic_rig_tx_frame(rig, 0, 100);
	nic_rig_tx_done(rig);
	while ((frame = wire_port_recv(rig->far)))
		wire_frame_free(frame);
}

static void nic_irq_expect(struct nic_rig *rig, int nr)
{
	KUNIT_EXPECT_TRUE(rig->test, RIG_WAIT(atomic_read(&rig->irqs) >= nr));
	msleep(RIG_SETTLE_MS);
	KUNIT_EXPECT_EQ(rig->test, atomic_read(&rig->irqs), nr);
	KUNIT_EXPECT_EQ(rig->test, nic_rig_counters(rig).irqs, nr);
	KUNIT_EXPECT_EQ(rig->test, atomic_read(&rig->irq_soft), 0);
}

/* Masked after a reset; raising masks; unmasking tells what was missed. */
static void nic_irq_mask(struct kunit *test)
{
	struct nic_rig *rig = nic_irq_rig(test);
	u32 mask = NIC_REG_VEC(0) + NIC_V_MASK;

	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, mask), 1);
	nic_irq_progress(rig);
	nic_irq_expect(rig, 0);
	nic_irq_unmask(rig);
	nic_irq_expect(rig, 1);
	KUNIT_EXPECT_EQ(test, nic_hw_read(rig->hw, mask), 1);
	nic_irq_progress(rig);
	nic_irq_progress(rig);
	nic_irq_expect(rig, 1);
	nic_irq_unmask(rig);
	nic_irq_expect(rig, 2);
	/* Nothing happened since: nothing to tell. */
	nic_irq_unmask(rig);
	nic_irq_expect(rig, 2);
	nic_irq_progress(rig);
	nic_irq_expect(rig, 3);
}

/* Received frames interrupt too. */
static void nic_irq_receive(struct kunit *test)
{
	struct nic_rig *rig = nic_irq_rig(test);
	u8 frame[60] = {};

	nic_irq_unmask(rig);
	nic_rig_rx_post(rig, 1);
	nic_rig_send(rig, frame, sizeof(frame));
	nic_irq_expect(rig, 1);
}

/* On the CPU of the affinity, in hardirq context, from wherever it is raised. */
static void nic_irq_affinity(struct kunit *test)
{
	struct nic_rig *rig = nic_irq_rig(test);
	int irq = nic_hw_irq(rig->hw, 0);
	int expected = 0;
	unsigned int cpu;
	int i;

	for (i = 0; i < 10; i++) {
		for_each_online_cpu(cpu) {
			KUNIT_ASSERT_EQ(test, 0,
					irq_set_affinity(irq,
							 cpumask_of(cpu)));
			nic_irq_unmask(rig);
			nic_irq_progress(rig);
			KUNIT_ASSERT_TRUE(test,
					  RIG_WAIT(atomic_read(&rig->irqs) >
						   expected));
			expected++;
			KUNIT_EXPECT_EQ(test, READ_ONCE(rig->irq_cpu), cpu);
		}
	}
	nic_irq_expect(rig, expected);
}

/* What comes while the line is disabled is told when it is enabled. */
static void nic_irq_disabled_line(struct kunit *test)
{
	struct nic_rig *rig = nic_irq_rig(test);
	int irq = nic_hw_irq(rig->hw, 0);

	nic_irq_unmask(rig);
	disable_irq(irq);
	nic_irq_progress(rig);
	msleep(RIG_SETTLE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->irqs), 0);
	enable_irq(irq);
	nic_irq_expect(rig, 1);
}

/* An interrupt is delayed, and one tells of all that came meanwhile. */
static void nic_irq_usecs(struct kunit *test)
{
	struct nic_rig *rig = nic_irq_rig(test);
	ktime_t start;
	int i;

	nic_hw_write(rig->hw, NIC_REG_VEC(0) + NIC_V_USECS, 300000);
	nic_irq_unmask(rig);
	start = ktime_get();
	for (i = 0; i < 5; i++)
		nic_irq_progress(rig);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(atomic_read(&rig->irqs)));
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), start), 300000);
	nic_irq_expect(rig, 1);

	/* Unmasked after the delay is over: at once. */
	nic_irq_progress(rig);
	msleep(350);
	start = ktime_get();
	nic_irq_unmask(rig);
	KUNIT_EXPECT_TRUE(test, RIG_WAIT(atomic_read(&rig->irqs) == 2));
	KUNIT_EXPECT_LT(test, ktime_us_delta(ktime_get(), start), 250000);
}

/* Enough frames cut the delay short. */
static void nic_irq_frames(struct kunit *test)
{
	struct nic_rig *rig = nic_irq_rig(test);
	int i;

	nic_hw_write(rig->hw, NIC_REG_VEC(0) + NIC_V_USECS, 1000000);
	nic_hw_write(rig->hw, NIC_REG_VEC(0) + NIC_V_FRAMES, 4);
	nic_irq_unmask(rig);
	for (i = 0; i < 3; i++)
		nic_irq_progress(rig);
	msleep(RIG_SETTLE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->irqs), 0);
	nic_irq_progress(rig);
	nic_irq_expect(rig, 1);
}

static struct kunit_case nic_irq_cases[] = {
	KUNIT_CASE(nic_irq_mask),
	KUNIT_CASE(nic_irq_receive),
	KUNIT_CASE(nic_irq_affinity),
	KUNIT_CASE(nic_irq_disabled_line),
	KUNIT_CASE(nic_irq_usecs),
	KUNIT_CASE(nic_irq_frames),
	{}
};

struct kunit_suite nic_irq_suite = {
	.name = "nsim_nic_irq",
	.test_cases = nic_irq_cases,
};
