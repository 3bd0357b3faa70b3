// SPDX-License-Identifier: GPL-2.0
/*
 * hgso(hgro(packets)) == packets: random packets of many flows, interleaved,
 * valid and not.
 */
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "hgro_test.h"

/* A poll's, on average; so many times more, and less trouble, when calm. */
#define RANDOM_POLL	64
#define RANDOM_CALM	80

/**
 * struct random_flow - a flow that packets are made up for
 * @spec: its next packet
 * @mss: octets of payload in a full one
 * @fixed_id: ids stay
 * @calm: something unusual is so many times rarer
 * @hash: of the device
 * @untagged: no tags in the frame
 */
struct random_flow {
	struct frame_spec spec;
	u16 mss;
	bool fixed_id;
	u32 calm;
	u32 hash;
	bool untagged;
};

/* Half of the groups are plain TCP; the others are UDP, or in tunnels. */
static void random_layers(struct rnd_state *rnd, struct frame_spec *spec)
{
	if (!(spec->group & 32))
		return;
	spec->tunnel = (spec->group / 2) % 8;
	spec->udp = spec->tunnel == FRAME_PLAIN ||
		    spec->tunnel == FRAME_TUNNELS;
	if (spec->udp)
		spec->tunnel = FRAME_PLAIN;
	spec->outer6 = spec->group & 16;
	spec->outer_id = spec->id + 5;
	spec->no_check = frame_one_in(rnd, 8);
}

static void random_start(struct rnd_state *rnd, struct random_flow *flow,
			 u16 group)
{
	frame_first(rnd, group, &flow->spec);
	random_layers(rnd, &flow->spec);
	flow->mss = flow->spec.len;
	flow->fixed_id = frame_one_in(rnd, 4);
	/* What a device says stays with the addresses; some share it. */
	flow->hash = group & 2 ? 1 + group / 8 : 0;
}

/* Something that keeps the packet in its flow, but not merged. */
static void random_change(struct rnd_state *rnd, struct frame_spec *spec)
{
	switch (frame_below(rnd, 18)) {
	case 0:
		spec->ack += frame_below(rnd, 3000);
		return;
	case 1:
		spec->window ^= 1 << frame_below(rnd, 16);
		return;
	case 2:
		spec->ttl--;
		return;
	case 3:
		spec->tos ^= 1 << frame_below(rnd, 8);
		return;
	case 4:
		spec->id += frame_below(rnd, 5) - 2;
		return;
	case 5:
		spec->seq += frame_below(rnd, 4000) - 2000;
		return;
	case 6:
		spec->flags ^= 1 << frame_below(rnd, 8);
		return;
	case 7:
		spec->urgent ^= 1;
		return;
	case 8:
		spec->opt++;
		return;
	case 9:
		spec->tcp_opts = 4 * frame_below(rnd, 11);
		return;
	case 10:
		spec->len = 0;
		return;
	case 11:
		spec->df = !spec->df;
		return;
	case 12:
		spec->label ^= 1 << frame_below(rnd, 20);
		return;
	case 13:
		spec->tags = frame_below(rnd, 3);
		return;
	case 16:
		spec->vni++;
		return;
	case 17:
		spec->outer_id++;
		return;
	case 14:
		spec->ip_opts = spec->v6 ? 0 : 4 * frame_below(rnd, 3);
		return;
	default:
		spec->ext = spec->v6 && !spec->ext;
	}
}

static void random_cut(struct rnd_state *rnd, struct frame *frame)
{
	frame->len = ETH_HLEN + frame_below(rnd, frame->len - ETH_HLEN + 1);
}

/* Damage to the frame itself; it may then belong to no flow, or another. */
static void random_damage(struct rnd_state *rnd, struct frame *frame)
{
	unsigned int at, pad;

	frame->stray = true;
	frame->valid = false;
	switch (frame_below(rnd, 6)) {
	case 0:
		random_cut(rnd, frame);
		return;
	case 1:
		pad = 1 + frame_below(rnd, 20);
		memset(frame->data + frame->len, 0, pad);
		frame->len += pad;
		return;
	case 2:
		/* The other zero. */
		put_unaligned_be16(0xffff, frame->data + frame_check_at(frame));
		return;
	case 3:
		frame->data[frame->len - 1] ^= 1;
		return;
	default:
		/* Not the address that says which group it is. */
		at = frame_below(rnd, frame->hdr_len - 6);
		at += at < 6 ? 0 : 6;
		frame->data[at] ^= 1 << frame_below(rnd, 8);
		if (frame_one_in(rnd, 2))
			frame_sum(frame);
	}
}

/* What the device says of the checksum, and truly. */
static void random_summed(struct rnd_state *rnd, struct frame *frame)
{
	static const u8 modes[] = {
		CHECKSUM_NONE, CHECKSUM_COMPLETE, CHECKSUM_UNNECESSARY,
		CHECKSUM_UNNECESSARY,
	};

	frame->ip_summed = modes[frame_below(rnd, frame->valid ? 4 : 2)];
	/* It may not have looked into the tunnel. */
	if (frame_one_in(rnd, 8))
		frame->csum_level = 0;
}

/* Changes the payload so that the checksum is 0. */
static void random_zero(struct frame *frame)
{
	u8 *at = frame->data + frame->hdr_len;
	u32 sum = get_unaligned((u16 *)(frame->data + frame_check_at(frame))) +
		  get_unaligned((u16 *)at);

	put_unaligned((u16)(sum + (sum >> 16)), (u16 *)at);
	frame_sum(frame);
}

/* On to the next packet of the flow. */
static void random_next(struct rnd_state *rnd, struct random_flow *flow,
			const struct frame_spec *sent)
{
	u8 ip_opts = flow->spec.ip_opts;

	/* A duplicate, or the change stays, or the stream goes on. */
	if (frame_one_in(rnd, 60 * flow->calm))
		return;
	if (frame_one_in(rnd, 4)) {
		flow->spec = *sent;
		flow->spec.flags = 0x10;
		flow->spec.ip_opts = ip_opts;
	}
	flow->spec.len = sent->len;
	frame_after(&flow->spec);
	if (flow->fixed_id)
		flow->spec.id--;
}

static void random_packet(struct rnd_state *rnd, struct random_flow *flow,
			  struct frame *frame)
{
	struct frame_spec spec = flow->spec;
	u32 calm = flow->calm;

	spec.len = flow->mss;
	if (frame_one_in(rnd, 24 * calm))
		spec.len = 1 + frame_below(rnd, flow->mss + 20);
	if (frame_one_in(rnd, 24 * calm))
		spec.flags |= frame_one_in(rnd, 4) ? 0x01 : 0x08;
	if (frame_one_in(rnd, 24 * calm))
		random_change(rnd, &spec);
	if (flow->untagged)
		spec.tags = 0;
	frame_make(&spec, frame);
	if (frame_one_in(rnd, 64) && spec.len >= 2)
		random_zero(frame);
	frame->hash = flow->hash;
	if (frame_one_in(rnd, 40 * calm))
		random_damage(rnd, frame);
	if (frame_one_in(rnd, 200 * calm))
		frame->vlan_all = frame->vlan_all ? 0 : 0x00090081;
	random_summed(rnd, frame);
	random_next(rnd, flow, &spec);
}

static const struct random_case random_cases[] = {
	{ "pages, hgso", false, 1, false, 65536 },
	{ "pages, hgso, calm", false, 1, true, 65536 },
	{ "pages, the kernel's segmentation", true, 1, false, 65536 },
	{ "skbs and pages, hgso", false, RIG_MODES, false, 65536 },
	{ "skbs and pages, hgso, calm", false, RIG_MODES, true, 65536 },
	{ "skbs and pages, the kernel's segmentation", true, RIG_MODES, false,
	  65536 },
	{ "skbs and pages, the kernel's segmentation, calm", true, RIG_MODES,
	  true, 65536 },
	{ "few flows in the table", false, RIG_MODES, false, 65536,
	  { .max_flows = 5 } },
	{ "BIG TCP, many packets", true, RIG_MODES, true, 300000,
	  { .max_packets = 1000 } },
	{ "BIG TCP, what hgso takes", false, 1, true, 300000, { } },
	{ "late packets are waited for", false, RIG_MODES, true, 65536,
	  { .reorder_packets = 12, .reorder_us = 10000 }, true },
};

KUNIT_ARRAY_PARAM_DESC(random, random_cases, name);

/* One in many is kept for a while: it is @late, of no length without one. */
static void random_late(struct hgro_rig *rig, struct rnd_state *rnd,
			struct frame *frame, enum rig_mode mode,
			struct frame *late)
{
	frame->stray = true;
	if (!late->len && frame_one_in(rnd, 20)) {
		*late = *frame;
		return;
	}
	rig_feed(rig, frame, mode);
	if (late->len && frame_one_in(rnd, 3)) {
		rig_feed(rig, late, mode);
		late->len = 0;
	}
}

/**
 * random_run() - feed random packets
 * @rig: the rig
 * @c: what run
 * @packets: how many
 * @salt: added to the seed
 */
void random_run(struct hgro_rig *rig, const struct random_case *c,
		unsigned int packets, unsigned int salt)
{
	struct random_flow *flow, *flows;
	struct rnd_state rnd;
	unsigned int i, group = 0, calm = c->calm ? RANDOM_CALM : 1;
	struct frame *frame;
	u8 mode;

	prandom_seed_state(&rnd, hash_64(hgro_test_seed + salt, 64));
	frame = kcalloc(2, sizeof(*frame), GFP_KERNEL);
	flows = kcalloc(RIG_GROUPS, sizeof(*flows), GFP_KERNEL);
	if (!frame || !flows) {
		kfree(flows);
		kfree(frame);
		rig->wrong = "no memory";
		return;
	}
	for (i = 0; i < RIG_GROUPS; i++) {
		random_start(&rnd, &flows[i], i);
		flows[i].calm = calm;
		flows[i].untagged = c->untagged;
	}
	for (i = 0; i < packets && !rig->wrong; i++) {
		if (frame_one_in(&rnd, 4))
			group = frame_below(&rnd, RIG_GROUPS);
		flow = &flows[group];
		random_packet(&rnd, flow, frame);
		mode = frame_below(&rnd, c->modes);
		if (c->late)
			random_late(rig, &rnd, frame, mode, frame + 1);
		else
			rig_feed(rig, frame, mode);
		if (frame_one_in(&rnd, 400 * calm))
			random_start(&rnd, flow, group);
		if (frame_one_in(&rnd, RANDOM_POLL * calm))
			rig_flush(rig);
		cond_resched();
	}
	kfree(flows);
	kfree(frame);
}

/* A context, and a device, for a run. */
int random_context(struct hgro_rig *rig, const struct random_case *c)
{
	rig->kernel = c->kernel;
	rig->dev->gro_max_size = c->gro_max_size;
	rig->dev->gro_ipv4_max_size = c->gro_max_size;
	return rig_context(rig, &c->config);
}

static void hgro_random(struct kunit *test)
{
	unsigned int cases = ARRAY_SIZE(random_cases);
	const struct random_case *c = test->param_value;
	struct hgro_rig *rig = test->priv;
	unsigned int packets = DIV_ROUND_UP(hgro_test_rounds, cases);
	struct hgro_stats stats;
	const char *wrong;

	KUNIT_ASSERT_EQ(test, random_context(rig, c), 0);
	random_run(rig, c, packets, c - random_cases);
	wrong = rig_end(rig);
	hgro_stats(rig->hgro, &stats);
	if (c->late)
		KUNIT_EXPECT_GT(test, stats.waited, packets / 200);
	kunit_info(test, "seed=%llu: %llu packets, %llu merged into %llu, %llu single, at most %u packets and %u octets, hgso declined %llu\n",
		   hgro_test_seed, rig->fed, stats.merged, stats.supers,
		   stats.single, rig->most, rig->longest, rig->declined);
	KUNIT_EXPECT_STREQ(test, wrong ?: "", "");
	/* What never merges would test nothing. */
	KUNIT_EXPECT_GT(test, stats.merged, rig->fed / 3);
	if (!c->kernel)
		KUNIT_EXPECT_EQ(test, rig->declined, 0);
}

/* A rule that is broken for the merging side shows. */
static void hgro_random_broken(struct kunit *test)
{
	struct hdr_table *table = kunit_kmalloc(test, sizeof(*table),
						GFP_KERNEL);
	struct hgro_rig *rig = test->priv;
	unsigned int r, caught = 0;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (r = hdr_table.first[HDR_TCP]; r < hdr_table.first[HDR_TCP] + 2;
	     r++) {
		KUNIT_ASSERT_EQ(test, random_context(rig, &random_cases[0]),
				0);
		*table = hdr_table;
		/* Sequence numbers that stay; CWR in every segment. */
		table->rule[r].change = HDR_CONST;
		rig->hgro->table = table;
		rig->wrong = NULL;
		random_run(rig, &random_cases[0], 60000, 100);
		caught += !!rig->wrong;
		KUNIT_EXPECT_NOT_NULL_MSG(test, rig->wrong,
					  "rule %u is broken, and nothing shows it",
					  r);
	}
	kunit_info(test, "%u broken rules were caught\n", caught);
}

static struct kunit_case hgro_random_tests[] = {
	KUNIT_CASE_PARAM(hgro_random, random_gen_params),
	KUNIT_CASE(hgro_random_broken),
	{ }
};

struct kunit_suite hgro_random_suite = {
	.name = "hgro-random",
	.suite_init = hgro_test_suite_init,
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = hgro_random_tests,
};
