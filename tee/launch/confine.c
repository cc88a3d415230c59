// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/launch/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/teelink/ta_runtime.h"
#include "tee/launch/arch.h"
#include "wire/launch.h"

/*
 * The loader looks for libraries by their names in many folders: what its folders are doesn't
 * matter, it gets the one that was put into its place before.
 */
static long open_image(const char *path)
{
	const char *name = strrchr(path, '/');
	int library = ta_runtime_library(name ? name + 1 : path);

	if (library >= 0)
		return CONFINE_FD_LIBRARY + library;
	return strncmp(path, CONFINE_IMAGE_DIR, strlen(CONFINE_IMAGE_DIR)) ? -EACCES :
									     CONFINE_FD_IMAGE;
}

static bool is_code(uintptr_t fd)
{
	return fd == CONFINE_FD_IMAGE || fd - CONFINE_FD_LIBRARY < LAUNCH_MAX_LIBRARIES;
}

/*
 * The two things that the loader wants of a path. A TA may call these too: it gets the image that
 * it has, or an error.
 */
static long answer_trap(int nr, const ucontext_t *uc)
{
	if (nr == SYS_openat)
		return open_image((const char *)arch_arg(uc, 1));
	if (nr == SYS_newfstatat && is_code(arch_arg(uc, 0)))
		return syscall(SYS_fstat, arch_arg(uc, 0), arch_arg(uc, 2)) ? -errno : 0;
	return nr == SYS_newfstatat ? -EACCES : -ENOSYS;
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
