/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/ctl.h"

static unsigned int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void a_message_carries_descriptors(void **state)
{
	int s[2], out[2], in[2];
	unsigned int num = 2;
	char buf[8];

	(void)state;
	assert_int_equal(ctl_pair(s), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(ctl_send(s[0], "hello", 5, out, 2), 0);
	assert_int_equal(ctl_recv(s[1], buf, sizeof(buf), in, &num), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(num, 2);
	assert_true(fcntl(in[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(in[1], "x", 1), 1);
	assert_int_equal(read(out[0], buf, 1), 1);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
	close(s[0]);
	assert_int_equal(ctl_recv(s[1], buf, sizeof(buf), NULL, NULL), 0);
	close(s[1]);
}

static void too_many_descriptors_are_all_closed(void **state)
{
	unsigned int before, num = 1;
	int s[2], out[3] = { 0, 0, 0 }, in[1];
	char buf[8];

	(void)state;
	assert_int_equal(ctl_pair(s), 0);
	before = count_fds();
	assert_int_equal(ctl_send(s[0], "x", 1, out, 3), 0);
	assert_int_equal(ctl_recv(s[1], buf, sizeof(buf), in, &num), -EPROTO);
	assert_int_equal(num, 0);
	assert_int_equal(ctl_send(s[0], "x", 1, out, 1), 0);
	assert_int_equal(ctl_recv(s[1], buf, sizeof(buf), NULL, NULL), -EPROTO);
	assert_int_equal(count_fds(), before);
	close(s[0]);
	close(s[1]);
}

static void a_long_message_is_refused_whole(void **state)
{
	unsigned int before, num = 1;
	int s[2], out[1] = { 0 }, in[1];
	char buf[4];

	(void)state;
	assert_int_equal(ctl_pair(s), 0);
	before = count_fds();
	assert_int_equal(ctl_send(s[0], "too long", 8, out, 1), 0);
	assert_int_equal(ctl_recv(s[1], buf, sizeof(buf), in, &num), -EMSGSIZE);
	assert_int_equal(num, 0);
	assert_int_equal(count_fds(), before);
	assert_int_equal(ctl_send(s[0], "next", 4, NULL, 0), 0);
	assert_int_equal(ctl_recv(s[1], buf, sizeof(buf), in, &num), 4);
	close(s[0]);
	close(s[1]);
}

static void a_dead_peer_gives_an_error_not_a_signal(void **state)
{
	int s[2];

	(void)state;
	assert_int_equal(ctl_pair(s), 0);
	close(s[1]);
	assert_int_equal(ctl_send(s[0], "x", 1, NULL, 0), -EPIPE);
	close(s[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_carries_descriptors),
		cmocka_unit_test(too_many_descriptors_are_all_closed),
		cmocka_unit_test(a_long_message_is_refused_whole),
		cmocka_unit_test(a_dead_peer_gives_an_error_not_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
