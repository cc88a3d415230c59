/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Lines that somebody else brings about: some of them, then how many there were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

#define SECOND 1000000000ull

static void as_many_as_the_limit_in_its_time(void **state)
{
	struct log_limit limit = { 0 };
	uint64_t now = 5 * SECOND;
	unsigned int i, left_out = 99;

	(void)state;
	for (i = 0; i < LOG_LIMIT_LINES; i++) {
		assert_true(log_limit_pass(&limit, now + i, &left_out));
		assert_int_equal(left_out, 0);
	}
	for (i = 0; i < 1000; i++)
		assert_false(log_limit_pass(&limit, now + i, &left_out));
	assert_false(log_limit_pass(&limit, now + LOG_LIMIT_NS - 1, &left_out));
	assert_true(log_limit_pass(&limit, now + LOG_LIMIT_NS, &left_out));
	assert_int_equal(left_out, 1001);
	assert_true(log_limit_pass(&limit, now + LOG_LIMIT_NS, &left_out));
	assert_int_equal(left_out, 0);
}

static unsigned int lines_in(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void the_rest_is_told_with_the_next(void **state)
{
	struct log_limit limit = { 0 };
	int err = dup(STDERR_FILENO), fds[2];
	char text[4096];
	unsigned int i;
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	for (i = 0; i < LOG_LIMIT_LINES; i++)
		log_warn_limited(&limit, "vm %u is bad", i);
	limit.left_out = 7;
	/* The time has passed. */
	limit.since_ns = 1;
	log_warn_limited(&limit, "vm %u is bad", i);
	assert_int_equal(dup2(err, STDERR_FILENO), STDERR_FILENO);
	close(err);
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(lines_in(text, "is bad\n"), LOG_LIMIT_LINES + 1);
	assert_int_equal(lines_in(text, "7 lines like the next one were left out\n"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_the_limit_in_its_time),
		cmocka_unit_test(the_rest_is_told_with_the_next),
	};

	unsetenv("TEELINK_LOG");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
