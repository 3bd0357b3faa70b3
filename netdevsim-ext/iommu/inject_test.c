// SPDX-License-Identifier: GPL-2.0
/* Faults that are asked for: when they come, and what may be asked. */
#include <kunit/test.h>
#include <linux/string.h>

#include "inject.h"

struct inject_bench {
	struct nsim_inject inject;
	unsigned long armed;
};

static struct inject_bench *inject_bench(struct kunit *test)
{
	struct inject_bench *bench = kunit_kzalloc(test, sizeof(*bench),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bench);
	nsim_inject_init(&bench->inject, &bench->armed, 3);
	return bench;
}

static int inject_ask(struct inject_bench *bench, const char *text)
{
	char copy[80];

	strscpy(copy, text, sizeof(copy));
	return nsim_inject_set(&bench->inject, copy);
}

static unsigned int inject_count(struct inject_bench *bench, unsigned int times)
{
	unsigned int hits = 0;

	while (times--)
		hits += nsim_inject_fires(&bench->inject);
	return hits;
}

/* The nth time, once, and then the word says that nothing is armed. */
static void inject_nth(struct kunit *test)
{
	struct inject_bench *bench = inject_bench(test);

	KUNIT_EXPECT_EQ(test, inject_count(bench, 100), 0);
	KUNIT_EXPECT_EQ(test, inject_ask(bench, "nth 3\n"), 0);
	KUNIT_EXPECT_EQ(test, bench->armed, BIT(3));
	KUNIT_EXPECT_EQ(test, inject_count(bench, 2), 0);
	KUNIT_EXPECT_EQ(test, inject_count(bench, 1), 1);
	KUNIT_EXPECT_EQ(test, bench->armed, 0);
	KUNIT_EXPECT_EQ(test, inject_count(bench, 100), 0);
	KUNIT_EXPECT_EQ(test, nsim_inject_hits(&bench->inject), 1);
}

/* About as often as was asked for, the same again for the same seed. */
static void inject_ppm(struct kunit *test)
{
	struct inject_bench *bench = inject_bench(test);
	unsigned int first, other, i;
	unsigned long pattern[2] = {};

	for (i = 0; i < 2; i++) {
		unsigned int bit;

		KUNIT_ASSERT_EQ(test, inject_ask(bench, "ppm 500000 seed 7"),
				0);
		for (bit = 0; bit < BITS_PER_LONG; bit++)
			pattern[i] |= (unsigned long)
				nsim_inject_fires(&bench->inject) << bit;
	}
	KUNIT_EXPECT_EQ(test, pattern[0], pattern[1]);
	KUNIT_ASSERT_EQ(test, inject_ask(bench, "ppm 100000 seed 7"), 0);
	first = inject_count(bench, 10000);
	KUNIT_EXPECT_GT(test, first, 800);
	KUNIT_EXPECT_LT(test, first, 1200);
	KUNIT_ASSERT_EQ(test, inject_ask(bench, "ppm 100000 seed 8"), 0);
	other = inject_count(bench, 10000);
	KUNIT_EXPECT_NE(test, first, other);
	KUNIT_ASSERT_EQ(test, inject_ask(bench, "ppm 1000000"), 0);
	KUNIT_EXPECT_EQ(test, inject_count(bench, 100), 100);
	KUNIT_ASSERT_EQ(test, inject_ask(bench, "off"), 0);
	KUNIT_EXPECT_EQ(test, inject_count(bench, 100), 0);
	KUNIT_EXPECT_EQ(test, bench->armed, 0);
}

/* What makes no sense is refused, and what was asked before still holds. */
static void inject_refused(struct kunit *test)
{
	static const char * const wrong[] = {
		"", "\n", "on", "nth", "ppm", "nth -1", "nth 4294967296",
		"ppm 1 nth", "off off", "seed 3", "nth 0", "ppm 1x",
		"often 3", "3",
	};
	struct inject_bench *bench = inject_bench(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, inject_ask(bench, "nth 5"), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_NE_MSG(test, inject_ask(bench, wrong[i]), 0,
				    "\"%s\" was accepted", wrong[i]);
	KUNIT_EXPECT_EQ(test, inject_ask(bench, "ppm 1000001"), -ERANGE);
	KUNIT_EXPECT_EQ(test, inject_ask(bench, "nth x"), -EINVAL);
	KUNIT_EXPECT_EQ(test, inject_count(bench, 4), 0);
	KUNIT_EXPECT_EQ(test, inject_count(bench, 1), 1);
}

static struct kunit_case inject_cases[] = {
	KUNIT_CASE(inject_nth),
	KUNIT_CASE(inject_ppm),
	KUNIT_CASE(inject_refused),
	{}
};

static struct kunit_suite inject_suite = {
	.name = "nsim_inject",
	.test_cases = inject_cases,
};

kunit_test_suite(inject_suite);
