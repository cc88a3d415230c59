// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "solo/fuzz/area.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ta/include/tee_api_defines.h"

#define OUTPUT_FILL 0x5a /* what is in a buffer that is only for output */
#define GAP TA_AREA_ALIGN

static void *map(int fd, size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int fuzz_area_map(struct fuzz_area *a, struct ta_runtime_config *cfg)
{
	int fd = memfd_create("in", MFD_CLOEXEC);

	memset(a, 0, sizeof(*a));
	if (fd < 0 || ftruncate(fd, TA_AREA_SIZE))
		return -errno;
	a->in = map(fd, TA_AREA_SIZE, PROT_READ | PROT_WRITE);
	cfg->in_area = map(fd, TA_AREA_SIZE, PROT_READ);
	close(fd);
	cfg->io_area = map(-1, TA_IO_SIZE, PROT_READ | PROT_WRITE);
	cfg->mailbox = map(-1, MAILBOX_SIZE, PROT_READ | PROT_WRITE);
	if (!a->in || !cfg->in_area || !cfg->io_area || !cfg->mailbox)
		return -ENOMEM;
	__asan_poison_memory_region(cfg->in_area, TA_AREA_SIZE);
	__asan_poison_memory_region(cfg->io_area, TA_AREA_SIZE);
	return 0;
}

static void close_all(struct fuzz_area *a)
{
	while (a->num_open) {
		a->num_open--;
		__asan_poison_memory_region(a->open[a->num_open].addr, a->open[a->num_open].size);
	}
}

static void open_one(struct fuzz_area *a, const uint8_t *addr, uint32_t size)
{
	a->open[a->num_open].addr = addr;
	a->open[a->num_open].size = size;
	a->num_open++;
	__asan_unpoison_memory_region(addr, size);
}

static void place_memref(struct fuzz_area *a, const struct ta_runtime_config *cfg,
			 const uint8_t *bytes, const struct fuzz_param *p, uint64_t at,
			 struct mailbox_param *mp)
{
	mp->a = at;
	if (p->type == TEE_PARAM_TYPE_MEMREF_INPUT) {
		mp->where = MAILBOX_WHERE_IN;
		memcpy(a->in + at, bytes, p->size);
		open_one(a, (const uint8_t *)cfg->in_area + at, p->size);
		return;
	}
	mp->where = MAILBOX_WHERE_IO;
	open_one(a, (const uint8_t *)cfg->io_area + at, p->size);
	if (p->type == TEE_PARAM_TYPE_MEMREF_INOUT)
		memcpy((uint8_t *)cfg->io_area + at, bytes, p->size);
	else
		memset((uint8_t *)cfg->io_area + at, OUTPUT_FILL, p->size);
}

void fuzz_area_place(struct fuzz_area *a, const struct ta_runtime_config *cfg,
		     const struct fuzz_calls *calls, const struct fuzz_call *c,
		     struct mailbox_param param[MAILBOX_NUM_PARAMS])
{
	uint64_t at = GAP;
	unsigned int i;

	close_all(a);
	memset(param, 0, MAILBOX_NUM_PARAMS * sizeof(*param));
	for (i = 0; c && i < MAILBOX_NUM_PARAMS; i++) {
		const struct fuzz_param *p = &c->param[i];

		param[i].type = p->type;
		if (fuzz_type_is_memref(p->type)) {
			param[i].b = p->size;
			param[i].where = MAILBOX_WHERE_NULL;
			if (p->null)
				continue;
			place_memref(a, cfg, calls->store + p->at, p, at, &param[i]);
			at += (p->size + GAP - 1) / GAP * GAP + GAP;
		} else if (fuzz_param_has_input(p)) {
			param[i].a = p->a;
			param[i].b = p->b;
		}
	}
}
