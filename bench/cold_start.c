/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/cold_start.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/home.h"
#include "bench/link.h"
#include "bench/samples.h"
#include "lib/futex.h"

#define COLD_STARTS 5u

static const char program[] = "/proc/self/exe";

int cold_start_answer(void)
{
	struct link l;

	link_open(&l);
	link_invoke(&l);
	if (write(STDOUT_FILENO, "!", 1) != 1)
		return 1;
	link_close(&l);
	return 0;
}

static uint64_t cold_start_once(void)
{
	struct home home;
	uint64_t start, ns;
	int answer[2], status;
	pid_t pid;
	char c;

	home_create(&home);
	if (pipe(answer)) {
		perror("pipe");
		exit(1);
	}
	start = tl_now_ns();
	pid = fork();
	if (!pid) {
		dup2(answer[1], STDOUT_FILENO);
		close(answer[0]);
		close(answer[1]);
		execl(program, "bench", "--first-answer", (char *)NULL);
		_exit(127);
	}
	close(answer[1]);
	if (pid < 0 || read(answer[0], &c, 1) != 1) {
		fprintf(stderr, "bench: no answer after a cold start\n");
		home_remove(&home);
		exit(1);
	}
	ns = tl_now_ns() - start;
	close(answer[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	home_remove(&home);
	return ns;
}

double cold_start_ms(void)
{
	uint64_t ns[COLD_STARTS];
	unsigned int i;

	for (i = 0; i < COLD_STARTS; i++)
		ns[i] = cold_start_once();
	return (double)samples_percentile(ns, COLD_STARTS, 50) / 1e6;
}
