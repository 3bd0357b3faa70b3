// SPDX-License-Identifier: GPL-2.0
/* The modelled switch: learning, flooding, ageing, its bounds, and leaving. */

#include <kunit/test.h>
#include <linux/etherdevice.h>

#include "wire_switch.h"
#include "wire_test_port.h"

#define SW_NAME		"kunit-sw"
#define SW_PORTS	4

/**
 * struct sw_test - a switch with members
 * @test: the test
 * @port: the members
 */
struct sw_test {
	struct kunit *test;
	struct wire_port *port[SW_PORTS];
};

static void sw_test_destroy(void *unused)
{
	wire_switch_destroy(SW_NAME);
}

static void sw_test_init(struct kunit *test, struct sw_test *sw)
{
	char name[16];
	int i;

	sw->test = test;
	for (i = 0; i < SW_PORTS; i++) {
		sw->port[i] = wire_test_port(test);
		snprintf(name, sizeof(name), "kunit%d", i);
		wire_port_rename(sw->port[i], name);
	}
	KUNIT_ASSERT_EQ(test, 0, wire_switch_create(SW_NAME));
	kunit_add_action(test, sw_test_destroy, NULL);
	for (i = 0; i < SW_PORTS; i++)
		KUNIT_ASSERT_EQ(test, 0, wire_switch_join(SW_NAME,
							  sw->port[i]));
}

static void sw_addr(u8 *addr, u32 nr)
{
	eth_zero_addr(addr);
	addr[0] = 0x02;
	memcpy(addr + 2, &nr, sizeof(nr));
}

/* A frame from address @src at port @from to address @dst; -1: broadcast. */
static void sw_send(struct sw_test *sw, int from, u32 src, int dst)
{
	struct wire_frame *frame = wire_frame_alloc(60, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(sw->test, frame);
	memset(frame->data, 0, frame->len);
	if (dst < 0)
		eth_broadcast_addr(frame->data);
	else
		sw_addr(frame->data, dst);
	sw_addr(frame->data + ETH_ALEN, src);
	KUNIT_ASSERT_EQ(sw->test, 0, wire_port_send(sw->port[from], frame));
}

/* Exactly the ports of @mask have got one frame each. */
static void sw_expect(struct sw_test *sw, u32 mask)
{
	struct wire_frame *frame;
	u32 got = 0;
	int i;

	for (i = 0; i < SW_PORTS; i++) {
		frame = wire_port_recv(sw->port[i]);
		if (frame)
			got |= BIT(i);
		wire_frame_free(frame);
		frame = wire_port_recv(sw->port[i]);
		KUNIT_EXPECT_NULL(sw->test, frame);
		wire_frame_free(frame);
	}
	KUNIT_EXPECT_EQ(sw->test, got, mask);
}

static void wire_switch_learns(struct kunit *test)
{
	struct sw_test sw;

	sw_test_init(test, &sw);
	sw_send(&sw, 0, 100, 101);
	sw_expect(&sw, 0xe);
	sw_send(&sw, 1, 101, 100);
	sw_expect(&sw, 0x1);
	sw_send(&sw, 0, 100, 101);
	sw_expect(&sw, 0x2);
	/* It moves. */
	sw_send(&sw, 2, 101, 100);
	sw_expect(&sw, 0x1);
	sw_send(&sw, 0, 100, 101);
	sw_expect(&sw, 0x4);
	/* Never back where it came from. */
	sw_send(&sw, 2, 102, 101);
	sw_expect(&sw, 0);
	sw_send(&sw, 3, 103, -1);
	sw_expect(&sw, 0x7);
}

static void wire_switch_leaves(struct kunit *test)
{
	struct sw_test sw;
	char name[WIRE_NAME_LEN];

	sw_test_init(test, &sw);
	KUNIT_EXPECT_EQ(test, -EBUSY, wire_switch_join(SW_NAME, sw.port[0]));
	KUNIT_EXPECT_EQ(test, -ENOENT, wire_switch_join("none", sw.port[0]));
	KUNIT_EXPECT_EQ(test, -EBUSY, wire_connect(sw.port[0], sw.port[1]));
	sw_send(&sw, 1, 101, -1);
	sw_expect(&sw, 0xd);
	wire_switch_leave(sw.port[1]);
	wire_switch_leave(sw.port[1]);
	KUNIT_EXPECT_FALSE(test, wire_port_up(sw.port[1]));
	wire_switch_of(sw.port[1], name);
	KUNIT_EXPECT_STREQ(test, name, "");
	/* What was there is forgotten: flooded. */
	sw_send(&sw, 0, 100, 101);
	sw_expect(&sw, 0xc);
	KUNIT_EXPECT_EQ(test, 0, wire_switch_join(SW_NAME, sw.port[1]));
	wire_switch_of(sw.port[1], name);
	KUNIT_EXPECT_STREQ(test, name, SW_NAME);
	sw_send(&sw, 0, 100, -1);
	sw_expect(&sw, 0xe);
	KUNIT_EXPECT_EQ(test, 0, wire_switch_destroy(SW_NAME));
	KUNIT_EXPECT_FALSE(test, wire_port_up(sw.port[0]));
	KUNIT_EXPECT_EQ(test, -ENOENT, wire_switch_destroy(SW_NAME));
}

static void wire_switch_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", ".x", "a/b", "new", "del",
		"12345678901234567890123456789012",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, -EINVAL, wire_switch_create(bad[i]));
	KUNIT_EXPECT_EQ(test, 0, wire_switch_create(SW_NAME));
	KUNIT_EXPECT_EQ(test, -EEXIST, wire_switch_create(SW_NAME));
	KUNIT_EXPECT_EQ(test, 0, wire_switch_destroy(SW_NAME));
}

/* The table is bounded, and what is silent makes room. */
static void wire_switch_bounds(struct kunit *test)
{
	struct wire_switch_port *at;
	struct wire_switch *sw_of;
	struct sw_test sw;
	struct wire_fdb *fdb;
	u32 i;

	sw_test_init(test, &sw);
	at = rcu_access_pointer(sw.port[0]->peer)->priv;
	sw_of = at->sw;
	fdb = &sw_of->fdb;
	fdb->max = 8;
	for (i = 0; i < 10; i++) {
		sw_send(&sw, 0, 200 + i, -1);
		sw_expect(&sw, 0xe);
	}
	KUNIT_EXPECT_EQ(test, fdb->nr, 8);
	KUNIT_EXPECT_EQ(test, fdb->counters.full, 2);
	fdb->ageing_ms = 1;
	msleep(RIG_SETTLE_MS);
	sw_send(&sw, 0, 300, -1);
	sw_expect(&sw, 0xe);
	KUNIT_EXPECT_EQ(test, fdb->nr, 1);
	KUNIT_EXPECT_EQ(test, fdb->counters.aged, 8);
	msleep(RIG_SETTLE_MS);
	sw_send(&sw, 1, 101, 300);
	sw_expect(&sw, 0xd);
	KUNIT_EXPECT_EQ(test, fdb->counters.aged, 9);
}

/* Those that are seen again stay; the others go, oldest first. */
static void wire_switch_ages(struct kunit *test)
{
	struct wire_switch_port *at;
	struct wire_fdb_entry *entry;
	struct wire_fdb *fdb;
	struct sw_test sw;
	u8 addr[ETH_ALEN];
	u32 i;

	sw_test_init(test, &sw);
	at = rcu_access_pointer(sw.port[0]->peer)->priv;
	fdb = &at->sw->fdb;
	fdb->max = 4;
	for (i = 0; i < 4; i++)
		sw_send(&sw, 0, 200 + i, -1);
	sw_send(&sw, 0, 200, -1);
	i = 0;
	list_for_each_entry(entry, &fdb->by_age, age) {
		sw_addr(addr, i < 3 ? 201 + i : 200);
		KUNIT_EXPECT_MEMEQ(test, entry->addr, addr, ETH_ALEN);
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, 4);
	/* Two of them have been silent for too long. */
	fdb->ageing_ms = 60000;
	i = 0;
	list_for_each_entry(entry, &fdb->by_age, age)
		if (i++ < 2)
			entry->seen = jiffies - msecs_to_jiffies(60001) - 1;
	sw_send(&sw, 1, 300, -1);
	KUNIT_EXPECT_EQ(test, fdb->counters.aged, 2);
	KUNIT_EXPECT_EQ(test, fdb->counters.learned, 5);
	KUNIT_EXPECT_EQ(test, fdb->counters.full, 0);
	KUNIT_EXPECT_EQ(test, fdb->nr, 3);
	wire_switch_leave(sw.port[0]);
	KUNIT_EXPECT_EQ(test, fdb->nr, 1);
}

/* When it left its sender is asked for, not when it left the switch. */
static void wire_switch_stamps(struct kunit *test)
{
	struct wire_frame *frame = wire_frame_alloc(1000, GFP_KERNEL);
	struct wire_port *out;
	struct sw_test sw;
	ktime_t sent = 0;

	sw_test_init(test, &sw);
	sw_send(&sw, 1, 101, -1);
	out = rcu_access_pointer(sw.port[1]->peer);
	spin_lock_bh(&out->tx_lock);
	wire_line_set_rate(out, 1000);
	spin_unlock_bh(&out->tx_lock);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	memset(frame->data, 0, frame->len);
	sw_addr(frame->data, 101);
	sw_addr(frame->data + ETH_ALEN, 100);
	frame->sent = &sent;
	KUNIT_ASSERT_EQ(test, 0, wire_port_send(sw.port[0], frame));
	KUNIT_EXPECT_GT(test, sent, 0);
	KUNIT_EXPECT_LE(test, sent, ktime_get());
}

/* Each frame that came in is in one counter, also where the way is full. */
static void wire_switch_counts(struct kunit *test)
{
	struct wire_switch_counters *c;
	struct wire_switch_port *at;
	struct wire_frame *frame;
	struct sw_test sw;
	u32 i;

	sw_test_init(test, &sw);
	at = rcu_access_pointer(sw.port[0]->peer)->priv;
	c = &at->sw->counters;
	sw_send(&sw, 1, 101, -1);
	sw_expect(&sw, 0xd);
	for (i = 0; i < WIRE_FIFO_FRAMES + 5; i++)
		sw_send(&sw, 0, 100, 101);
	KUNIT_EXPECT_EQ(test, c->full, 5);
	frame = wire_frame_alloc(13, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_EXPECT_EQ(test, 0, wire_port_send(sw.port[0], frame));
	KUNIT_EXPECT_EQ(test, c->malformed, 1);
	KUNIT_EXPECT_EQ(test, c->flood_copies, 3);
	KUNIT_EXPECT_EQ(test, c->received, c->forwarded + c->flooded +
					   c->filtered + c->malformed);
	for (i = 0; (frame = wire_port_recv(sw.port[1])); i++)
		wire_frame_free(frame);
	KUNIT_EXPECT_EQ(test, i, WIRE_FIFO_FRAMES);
}

/* Frames that come faster than the way out is are queued, up to a bound. */
static void wire_switch_queues(struct kunit *test)
{
	struct wire_switch_port *out;
	struct wire_switch_counters *c;
	struct wire_port_counters line;
	struct sw_test sw;
	u32 i;

	sw_test_init(test, &sw);
	out = rcu_access_pointer(sw.port[1]->peer)->priv;
	c = &out->sw->counters;
	sw_send(&sw, 1, 101, -1);
	sw_expect(&sw, 0xd);
	/* One bit a second: nothing leaves while the test runs. */
	spin_lock_bh(&out->port->tx_lock);
	wire_line_set_rate(out->port, 1);
	spin_unlock_bh(&out->port->tx_lock);
	for (i = 0; i < WIRE_SWITCH_QUEUE + 5; i++)
		sw_send(&sw, 0, 100, 101);
	wire_port_counters(out->port, &line);
	KUNIT_EXPECT_EQ(test, line.queued, WIRE_SWITCH_QUEUE);
	KUNIT_EXPECT_EQ(test, line.queue_full, 5);
	KUNIT_EXPECT_EQ(test, c->full, 5);
	spin_lock_bh(&out->port->tx_lock);
	wire_line_set_rate(out->port, 0);
	spin_unlock_bh(&out->port->tx_lock);
	for (i = 0; i < WIRE_SWITCH_QUEUE; i++)
		wire_frame_free(wire_test_frame(test, sw.port[1]));
	sw_expect(&sw, 0);
}

static struct kunit_case wire_switch_cases[] = {
	KUNIT_CASE(wire_switch_learns),
	KUNIT_CASE(wire_switch_leaves),
	KUNIT_CASE(wire_switch_names),
	KUNIT_CASE(wire_switch_bounds),
	KUNIT_CASE(wire_switch_ages),
	KUNIT_CASE(wire_switch_stamps),
	KUNIT_CASE(wire_switch_counts),
	KUNIT_CASE(wire_switch_queues),
	{}
};

struct kunit_suite wire_switch_suite = {
	.name = "nsim_switch",
	.test_cases = wire_switch_cases,
};
