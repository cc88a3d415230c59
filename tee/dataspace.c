/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DS_PAGE_MASK 4095u

int dataspace_create(uint64_t id, uint64_t gpa, uint64_t size, int fd_rw, int fd_ro,
		     struct dataspace **dsp)
{
	struct dataspace *ds;
	struct stat st;
	uint64_t end;

	if (!size || (size & DS_PAGE_MASK) || (gpa & DS_PAGE_MASK) ||
	    __builtin_add_overflow(gpa, size, &end) || size > SIZE_MAX / 2)
		return -EINVAL;
	if (fstat(fd_rw, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size < size)
		return -EINVAL;
	ds = calloc(1, sizeof(*ds));
	if (!ds)
		return -ENOMEM;
	ds->refs = 1;
	ds->id = id;
	ds->gpa = gpa;
	ds->size = size;
	ds->fd_rw = fd_rw;
	ds->fd_ro = fd_ro;
	*dsp = ds;
	return 0;
}

struct dataspace *dataspace_get(struct dataspace *ds)
{
	__atomic_fetch_add(&ds->refs, 1u, __ATOMIC_RELAXED);
	return ds;
}

void dataspace_put(struct dataspace *ds)
{
	if (!ds || __atomic_fetch_sub(&ds->refs, 1u, __ATOMIC_ACQ_REL) != 1)
		return;
	if (ds->shm_base)
		munmap(ds->shm_base, ds->size);
	if (ds->fd_rw >= 0)
		close(ds->fd_rw);
	if (ds->fd_ro >= 0)
		close(ds->fd_ro);
	free(ds);
}

void *dataspace_map(struct dataspace *ds)
{
	void *p = __atomic_load_n(&ds->shm_base, __ATOMIC_ACQUIRE);
	void *other = NULL;

	if (p)
		return p;
	p = mmap(NULL, ds->size, PROT_READ | PROT_WRITE, MAP_SHARED, ds->fd_rw, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (__atomic_compare_exchange_n(&ds->shm_base, &other, p, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return p;
	munmap(p, ds->size);
	return other;
}
