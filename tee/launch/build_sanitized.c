// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A sanitizer's shadow is private memory of terabytes. */
#include <errno.h>
#include <seccomp.h>
#include <sys/resource.h>

#include "tee/launch/confine.h"

const struct confine_extra confine_extras[] = {
	{ SCMP_SYS(readlink), EACCES },	   { SCMP_SYS(readlinkat), EACCES },
	{ SCMP_SYS(nanosleep), 0 },	   { SCMP_SYS(clock_nanosleep), 0 },
	{ SCMP_SYS(gettid), 0 },	   { SCMP_SYS(rt_sigprocmask), 0 },
	{ SCMP_SYS(sigaltstack), 0 },
};
const unsigned int confine_num_extras = sizeof(confine_extras) / sizeof(confine_extras[0]);

int confine_limits(uint32_t memory_mib)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit files = { CONFINE_MAX_FDS, CONFINE_MAX_FDS };

	(void)memory_mib;
	return setrlimit(RLIMIT_CORE, &none) || setrlimit(RLIMIT_NOFILE, &files) ? -errno : 0;
}
