// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/launch/areas.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "wire/mailbox.h"

static void *map(int fd, size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int areas_map(struct ta_runtime_config *cfg, const int fds[LAUNCH_FD_NUM])
{
	cfg->mailbox = map(fds[LAUNCH_FD_MAILBOX], MAILBOX_SIZE, PROT_READ | PROT_WRITE);
	cfg->in_area = map(fds[LAUNCH_FD_IN], TA_AREA_SIZE, PROT_READ);
	cfg->io_area = map(fds[LAUNCH_FD_IO], TA_IO_SIZE, PROT_READ | PROT_WRITE);
	if (cfg->mailbox && cfg->in_area && cfg->io_area)
		return 0;
	areas_unmap(cfg);
	return -ENOMEM;
}

void areas_unmap(struct ta_runtime_config *cfg)
{
	if (cfg->mailbox)
		munmap(cfg->mailbox, MAILBOX_SIZE);
	if (cfg->in_area)
		munmap((void *)(uintptr_t)cfg->in_area, TA_AREA_SIZE);
	if (cfg->io_area)
		munmap(cfg->io_area, TA_IO_SIZE);
	cfg->mailbox = NULL;
	cfg->in_area = NULL;
	cfg->io_area = NULL;
}
