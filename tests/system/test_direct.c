/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Direct mode: data and kicks don't pass the hypervisor. strace watches it during a thousand calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

static const TEEC_UUID probe = PROBE_TA_UUID;

static int tracer_of(pid_t pid)
{
	char path[64], line[128];
	int tracer = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "TracerPid:", 10))
			tracer = atoi(line + 10);
	fclose(f);
	return tracer;
}

static pid_t start_strace(pid_t target, const char *out)
{
	char pid_text[16];
	unsigned int i;
	pid_t pid;

	snprintf(pid_text, sizeof(pid_text), "%d", target);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2);
		execlp("strace", "strace", "-f", "-q", "-o", out, "-p", pid_text, (char *)NULL);
		_exit(77);
	}
	for (i = 0; i < 500; i++) {
		if (tracer_of(target) == pid)
			return pid;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return 0;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

/* System calls that began while strace watched; the one that was under way shows up when it detaches. */
static unsigned int count_calls(const char *out)
{
	char line[512];
	unsigned int n = 0;
	FILE *f = fopen(out, "re");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "<detached") || strstr(line, "resumed>"))
			continue;
		print_message("teelinkd: %s", line);
		n++;
	}
	fclose(f);
	return n;
}

static void the_hypervisor_sleeps_through_invokes(void **state)
{
	char out[] = "/tmp/teelink-strace-XXXXXX";
	struct test_machine m;
	struct client c;
	unsigned int i;
	pid_t strace;

	(void)state;
	assert_true(mkstemp(out) >= 0);
	machine_start(&m, NULL, NULL);
	if (machine_is_proxied(&m)) {
		print_message("the hypervisor copies messages\n");
		machine_stop(&m);
		unlink(out);
		exit(77);
	}
	client_open(&c, &probe);
	client_works(&c);
	strace = start_strace(m.pid, out);
	if (!strace) {
		print_message("strace isn't there or may not attach\n");
		client_close(&c);
		machine_stop(&m);
		unlink(out);
		exit(77);
	}
	usleep(100000);
	for (i = 0; i < 1000; i++)
		client_works(&c);
	kill(strace, SIGINT);
	waitpid(strace, NULL, 0);
	assert_int_equal(count_calls(out), 0);
	unlink(out);
	client_close(&c);
	machine_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hypervisor_sleeps_through_invokes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
