// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/launch/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tee/launch/arch.h"

/*
 * The two things that the loader wants of a path. A TA may call these too: it gets the image that
 * it has, or an error.
 */
static long answer_trap(int nr, const ucontext_t *uc)
{
	if (nr == SYS_openat) {
		const char *path = (const char *)arch_arg(uc, 1);

		return strncmp(path, CONFINE_IMAGE_DIR, strlen(CONFINE_IMAGE_DIR)) ?
			       -EACCES :
			       CONFINE_FD_IMAGE;
	}
	if (nr == SYS_newfstatat)
		return syscall(SYS_fstat, CONFINE_FD_IMAGE, arch_arg(uc, 2)) ? -errno : 0;
	return -ENOSYS;
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)sig;
	arch_set_result(context, answer_trap(info->si_syscall, context));
	errno = saved;
}

/* Root's machine: what the filter allows must not mean more for it than for anyone else. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return syscall(SYS_capset, &head, none) ? -errno : 0;
}

int confine_enter(const struct confine_filter *f, uint32_t memory_mib)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	int ret = confine_limits(memory_mib);

	if (!ret)
		ret = drop_capabilities();
	if (ret)
		return ret;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGSYS, &sa, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &f->prog))
		return -errno;
	return 0;
}
