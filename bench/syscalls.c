/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/syscalls.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACED_INVOKES 2000u
#define SYSCALL_STOP (SIGTRAP | 0x80) /* with PTRACE_O_TRACESYSGOOD */
#define EVENT(status) ((unsigned int)(status) >> 16)

struct syscalls {
	uint64_t *count; /* shared with the tracer */
	pid_t tracer;
};

/* Every thread that there is. Return: 0 when at least one is traced now. */
static int seize(pid_t pid)
{
	char path[64];
	struct dirent *e;
	int ret = -ESRCH;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE)) {
			ret = ret ? -errno : 0;
			continue;
		}
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
		ret = 0;
	}
	if (dir)
		closedir(dir);
	return ret;
}

/* The signal that the thread is to get, after a stop that isn't a system call's. */
static unsigned long signal_of(int status)
{
	return EVENT(status) ? 0 : (unsigned long)WSTOPSIG(status);
}

/* Ends when nobody is left to be traced, or by our own end, which lets all of them go. */
static void trace(uint64_t *count)
{
	struct __ptrace_syscall_info info;
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		unsigned long sig = 0;

		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) != SYSCALL_STOP)
			sig = signal_of(status);
		else if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) > 0 &&
			 info.op == PTRACE_SYSCALL_INFO_ENTRY)
			__atomic_fetch_add(count, 1u, __ATOMIC_RELAXED);
		ptrace(PTRACE_SYSCALL, tid, NULL, sig);
	}
}

static void __attribute__((noreturn))
tracer_main(uint64_t *count, pid_t pid, const int go[2], int answer)
{
	int ret;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(go[1]); /* the parent's end is the only one then */
	if (read(go[0], &c, 1) != 1)
		_exit(1);
	ret = seize(pid);
	if (write(answer, &ret, sizeof(ret)) != (ssize_t)sizeof(ret) || ret)
		_exit(1);
	trace(count);
	_exit(0);
}

static uint64_t syscalls_so_far(const struct syscalls *s)
{
	return __atomic_load_n(s->count, __ATOMIC_RELAXED);
}

static void syscalls_end(struct syscalls *s)
{
	if (s->tracer > 0) {
		kill(s->tracer, SIGKILL);
		while (waitpid(s->tracer, NULL, 0) < 0 && errno == EINTR)
			;
	}
	munmap(s->count, sizeof(*s->count));
}

/* Counts those of all threads of @pid from now on. -EPERM when it may not be traced; other -errno. */
static int syscalls_begin(struct syscalls *s, pid_t pid)
{
	int go[2], answer[2], ret = -EIO;

	s->count = mmap(NULL, sizeof(*s->count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (s->count == MAP_FAILED)
		return -errno;
	if (pipe(go) || pipe(answer)) {
		ret = -errno;
		munmap(s->count, sizeof(*s->count));
		return ret;
	}
	s->tracer = fork();
	if (!s->tracer)
		tracer_main(s->count, pid, go, answer[1]);
	close(go[0]);
	close(answer[1]);
	/* It may trace us, whatever Yama says of others. */
	prctl(PR_SET_PTRACER, s->tracer, 0, 0, 0);
	if (s->tracer < 0 || write(go[1], "", 1) != 1 ||
	    read(answer[0], &ret, sizeof(ret)) != (ssize_t)sizeof(ret))
		ret = -EIO;
	close(go[1]);
	close(answer[0]);
	if (ret)
		syscalls_end(s);
	return ret;
}

double syscalls_per_invoke(struct link *l, pid_t pid)
{
	struct syscalls s;
	uint64_t before;
	unsigned int i;
	double n;

	if (syscalls_begin(&s, pid))
		return -1;
	link_invoke(l);
	before = syscalls_so_far(&s);
	for (i = 0; i < TRACED_INVOKES; i++)
		link_invoke(l);
	n = (double)(syscalls_so_far(&s) - before) / TRACED_INVOKES;
	syscalls_end(&s);
	return n;
}
