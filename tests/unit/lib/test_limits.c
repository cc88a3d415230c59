/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/limits.h"

static void values_and_units(void **state)
{
	struct limits lim;

	(void)state;
	limits_default(&lim);
	assert_int_equal(limits_set(&lim, "vms=12"), 0);
	assert_int_equal(lim.vms, 12);
	assert_int_equal(limits_set(&lim, "  memory_per_vm =  3M \n"), 0);
	assert_int_equal(lim.memory_per_vm, 3u << 20);
	assert_int_equal(limits_set(&lim, "memory_per_ta=2G"), 0);
	assert_int_equal(lim.memory_per_ta, 2ull << 30);
	assert_int_equal(limits_set(&lim, "orphan_call_ms=0"), 0);
	assert_int_equal(lim.orphan_call_ms, 0);
}

static void what_is_wrong_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		int ret;
	} wrong[] = {
		{ "", -EINVAL },
		{ "vms", -EINVAL },
		{ "vms=", -EINVAL },
		{ "vms=x", -EINVAL },
		{ "vms=-1", -EINVAL },
		{ "vms=+1", -EINVAL },
		{ "vms=1 2", -EINVAL },
		{ "vms=1KK", -EINVAL },
		{ "vms=0", -ERANGE },
		{ "vms=512", -ERANGE },
		{ "vms=18446744073709551616", -ERANGE },
		{ "memory_per_vm=18446744073709551615G", -ERANGE },
		{ "=1", -ENOENT },
		{ "vm=1", -ENOENT },
		{ "vmsx=1", -ENOENT },
		{ "VMS=1", -ENOENT },
	};
	struct limits lim, before;
	unsigned int i;

	(void)state;
	limits_default(&lim);
	before = lim;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(limits_set(&lim, wrong[i].text), wrong[i].ret);
		assert_memory_equal(&lim, &before, sizeof(lim));
	}
}

static void one_line_and_back(void **state)
{
	char text[LIMITS_TEXT_SIZE];
	struct limits lim, copy;
	unsigned int i;

	(void)state;
	limits_default(&lim);
	lim.memory_per_vm = lim.memory_per_ta = 1ull << 40;
	lim.descriptors = 1u << 30;
	lim.vms = 3;
	limits_format(&lim, text);
	assert_true(strlen(text) + 1 < LIMITS_TEXT_SIZE);
	limits_default(&copy);
	assert_int_equal(limits_parse(&copy, text), 0);
	assert_memory_equal(&lim, &copy, sizeof(lim));
	assert_int_equal(limits_parse(&copy, ""), 0);
	assert_int_equal(limits_parse(&copy, "vms=1,,"), -EINVAL);
	for (i = 0; limits_name(i); i++)
		assert_non_null(strstr(text, limits_name(i)));
	assert_int_equal(i * sizeof(uint64_t), sizeof(struct limits));
}

static int read_text(struct limits *lim, const char *text, unsigned int *line)
{
	char path[] = "/tmp/teelink-limits-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ret = limits_read(lim, path, line);
	unlink(path);
	return ret;
}

static void files(void **state)
{
	char longer[600];
	struct limits lim;
	unsigned int line;

	(void)state;
	limits_default(&lim);
	assert_int_equal(read_text(&lim, "# nothing\n\n  \nvms = 7 # few\nta_instances=3", &line), 0);
	assert_int_equal(lim.vms, 7);
	assert_int_equal(lim.ta_instances, 3);
	assert_int_equal(read_text(&lim, "vms = 8\n\nnonsense = 1\n", &line), -ENOENT);
	assert_int_equal(line, 3);
	memset(longer, ' ', sizeof(longer));
	memcpy(longer + sizeof(longer) - 7, "vms=9\n", 7);
	assert_int_equal(read_text(&lim, longer, &line), -EINVAL);
	assert_int_equal(limits_read(&lim, "/nonexistent/teelink.conf", &line), -ENOENT);
	assert_int_equal(limits_read(&lim, "/tmp", &line), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_units),
		cmocka_unit_test(what_is_wrong_changes_nothing),
		cmocka_unit_test(one_line_and_back),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
