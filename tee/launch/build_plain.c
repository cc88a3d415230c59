// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <sys/resource.h>

#include "tee/launch/confine.h"

const struct confine_extra confine_extras[1];
const unsigned int confine_num_extras;

/* Clients' objects included. Memory that is only read costs page tables: 2 MiB for each GiB. */
#define MAX_ADDRESS_SPACE (64ull << 30)
#define MAX_STACK (8ull << 20)

int confine_limits(uint32_t memory_mib)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit files = { CONFINE_MAX_FDS, CONFINE_MAX_FDS };
	const rlim_t bytes = (rlim_t)memory_mib << 20;
	const struct rlimit data = { bytes, bytes };
	const struct rlimit space = { MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE };
	const struct rlimit stack = { MAX_STACK, MAX_STACK };

	/* The stack's is the user's otherwise, and may be none: it counts as no private memory. */
	if (setrlimit(RLIMIT_CORE, &none) || setrlimit(RLIMIT_NOFILE, &files) ||
	    setrlimit(RLIMIT_DATA, &data) || setrlimit(RLIMIT_AS, &space) ||
	    setrlimit(RLIMIT_STACK, &stack))
		return -errno;
	return 0;
}
