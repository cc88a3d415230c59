/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/confine.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define NUM(a) (sizeof(a) / sizeof((a)[0]))

/* Whatever the arguments are: none of these reaches beyond what is open and mapped already. */
static const int plain_calls[] = {
	SCMP_SYS(read),		 SCMP_SYS(write),	   SCMP_SYS(readv),
	SCMP_SYS(writev),	 SCMP_SYS(pread64),	   SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),	 SCMP_SYS(close),	   SCMP_SYS(fcntl),
	SCMP_SYS(fstat),	 SCMP_SYS(newfstatat),	   SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),	 SCMP_SYS(memfd_create),   SCMP_SYS(eventfd2),
	SCMP_SYS(epoll_ctl),	 SCMP_SYS(epoll_wait),	   SCMP_SYS(epoll_pwait),
	SCMP_SYS(sendmsg),	 SCMP_SYS(recvmsg),	   SCMP_SYS(shutdown),
	SCMP_SYS(socketpair),	 SCMP_SYS(futex),	   SCMP_SYS(munmap),
	SCMP_SYS(mremap),	 SCMP_SYS(madvise),	   SCMP_SYS(brk),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),	 SCMP_SYS(getpid),	   SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),	 SCMP_SYS(rt_sigaction),   SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),	 SCMP_SYS(sigaltstack),	   SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),		 SCMP_SYS(set_tid_address), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),		 SCMP_SYS(exit_group),	   SCMP_SYS(poll),
	SCMP_SYS(ppoll),	 SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(dup),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
};

static int allow_plain(scmp_filter_ctx ctx)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < NUM(plain_calls) && !ret; i++) {
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, plain_calls[i], 0);
		if (ret == -EDOM) /* this architecture has no such call */
			ret = 0;
	}
	return ret;
}

/* Memory, but never code; threads, but never processes. */
static int allow_limited(scmp_filter_ctx ctx)
{
	int ret;

	ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM,
					       CLONE_THREAD | CLONE_VM));
	/*
	 * The C library's allocator looks into /proc before it gives memory of a thread's heap back, and
	 * does without when it can't.
	 */
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0);
	/* Its flags lie in memory where no filter can look: the C library then takes clone. */
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* How much of what was sent to a TA lies unread. */
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_EQ, SIOCOUTQ, 0));
	/* Where trusted applications run, and our own threads. */
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), 0);
	/* Naming a thread, and nothing else that prctl does. */
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	return ret;
}

int confine_secure_world(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!ctx)
		return -ENOMEM;
	ret = allow_plain(ctx);
	if (!ret)
		ret = allow_limited(ctx);
	if (!ret)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	return ret;
}
