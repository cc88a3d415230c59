/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/party.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/futex.h"

void party_die(const char *what)
{
	perror(what);
	exit(1);
}

pid_t party_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		party_die("fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

void party_reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void party_give(uint32_t *word, uint32_t turn)
{
	tl_store_release(word, turn);
	futex_wake_shared(word, 1);
}

void party_await(const uint32_t *word, uint32_t turn)
{
	uint32_t seen;

	while ((seen = tl_load_acquire(word)) != turn)
		futex_wait_shared(word, seen, 0);
}
