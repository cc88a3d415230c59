/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEM_PAGE_SIZE 4096u

#define MEM_FIRST_ROOM 4u

/* An object under construction; it holds no dataspace yet. */
struct run_list {
	struct vm_mem *mem;
	unsigned int room;
};

static int list_grow(struct run_list *l)
{
	unsigned int room = l->room ? 2 * l->room : MEM_FIRST_ROOM;
	struct vm_mem *mem;

	if (l->room == VM_MEM_MAX_RUNS)
		return -E2BIG;
	if (room > VM_MEM_MAX_RUNS)
		room = VM_MEM_MAX_RUNS;
	mem = realloc(l->mem, sizeof(*mem) + room * sizeof(mem->run[0]));
	if (!mem)
		return -ENOMEM;
	if (!l->room)
		*mem = (struct vm_mem){ .refs = 1 };
	l->mem = mem;
	l->room = room;
	return 0;
}

static int add_run(struct run_list *l, struct dataspace *ds, uint64_t offset, uint64_t len)
{
	unsigned int num = l->room ? l->mem->num_runs : 0;
	struct vm_run *last = num ? &l->mem->run[num - 1] : NULL;
	int ret = 0;

	if (last && __builtin_add_overflow(l->mem->size, len, &l->mem->size))
		return -EFAULT;
	if (last && last->ds == ds && last->offset + last->len == offset) {
		last->len += len;
		return 0;
	}
	if (num == l->room)
		ret = list_grow(l);
	if (ret)
		return ret;
	if (!num)
		l->mem->size = len;
	l->mem->run[num] = (struct vm_run){ .ds = ds, .offset = offset, .len = len };
	l->mem->num_runs = num + 1;
	return 0;
}

/* A range may go on from one dataspace to the next one. */
static int add_range(struct run_list *l, struct tee_vm *vm, uint64_t gpa, uint64_t len)
{
	uint64_t end;
	int ret;

	if (!len)
		return -EINVAL;
	if (__builtin_add_overflow(gpa, len, &end))
		return -EFAULT;
	while (len) {
		struct dataspace *ds = vm_find_ds(vm, gpa, 1);
		uint64_t offset, n;

		if (!ds)
			return -EFAULT;
		offset = gpa - ds->gpa;
		n = ds->size - offset < len ? ds->size - offset : len;
		ret = add_run(l, ds, offset, n);
		if (ret)
			return ret;
		gpa += n;
		len -= n;
	}
	return 0;
}

int vm_mem_create(struct tee_vm *vm, const struct vm_range *ranges, unsigned int num_ranges,
		  struct vm_mem **memp)
{
	struct run_list l = { .room = 0 };
	unsigned int i;
	int ret = num_ranges ? 0 : -EINVAL;

	for (i = 0; i < num_ranges && !ret; i++)
		ret = add_range(&l, vm, ranges[i].gpa, ranges[i].len);
	if (ret) {
		free(l.mem);
		return ret;
	}
	for (i = 0; i < l.mem->num_runs; i++)
		dataspace_get(l.mem->run[i].ds);
	*memp = l.mem;
	return 0;
}

int vm_mem_create_own(uint64_t size, struct vm_mem **memp)
{
	struct vm_mem *mem = calloc(1, sizeof(*mem) + sizeof(mem->run[0]));
	struct dataspace *ds = calloc(1, sizeof(*ds));

	if (!mem || !ds)
		goto err_free;
	ds->shm_base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ds->shm_base == MAP_FAILED)
		goto err_free;
	ds->refs = 1;
	ds->size = size;
	ds->fd_rw = -1;
	ds->fd_ro = -1;
	mem->refs = 1;
	mem->pool = true;
	mem->size = size;
	mem->num_runs = 1;
	mem->run[0] = (struct vm_run){ .ds = ds, .len = size };
	*memp = mem;
	return 0;
err_free:
	free(mem);
	free(ds);
	return -ENOMEM;
}

struct vm_mem *vm_mem_get(struct vm_mem *mem)
{
	__atomic_fetch_add(&mem->refs, 1u, __ATOMIC_RELAXED);
	return mem;
}

void vm_mem_put(struct vm_mem *mem)
{
	unsigned int i;

	if (!mem || __atomic_fetch_sub(&mem->refs, 1u, __ATOMIC_ACQ_REL) != 1)
		return;
	for (i = 0; i < mem->num_runs; i++)
		dataspace_put(mem->run[i].ds);
	free(mem);
}

/*
 * A fresh shared page costs a sixth when it is read before it is written: one read fault brings in its
 * neighbours too, a write fault brings in one page.
 */
static void touch(const uint8_t *shm_p, size_t len)
{
	const volatile uint8_t *shm_v = shm_p;
	size_t i;

	for (i = 0; i < len; i += MEM_PAGE_SIZE)
		(void)shm_v[i];
	(void)shm_v[len - 1];
}

/* One of @dst and @src is a private buffer, the other one is NULL. */
static int copy(const struct vm_mem *mem, uint64_t offset, uint8_t *dst, const uint8_t *src, size_t len)
{
	unsigned int i;

	if (offset > mem->size || len > mem->size - offset)
		return -EFAULT;
	for (i = 0; i < mem->num_runs && len; i++) {
		const struct vm_run *run = &mem->run[i];
		uint8_t *shm_p;
		size_t n;

		if (offset >= run->len) {
			offset -= run->len;
			continue;
		}
		shm_p = dataspace_map(run->ds);
		if (!shm_p)
			return -EFAULT;
		shm_p += run->offset + offset;
		n = run->len - offset < len ? (size_t)(run->len - offset) : len;
		if (dst) {
			memcpy(dst, shm_p, n);
			dst += n;
		} else {
			touch(shm_p, n);
			memcpy(shm_p, src, n);
			src += n;
		}
		len -= n;
		offset = 0;
	}
	return 0;
}

int vm_mem_copy_from(const struct vm_mem *mem, uint64_t offset, void *dst, size_t len)
{
	return copy(mem, offset, dst, NULL, len);
}

int vm_mem_copy_to(const struct vm_mem *mem, uint64_t offset, const void *src, size_t len)
{
	return copy(mem, offset, NULL, src, len);
}
