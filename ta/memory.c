// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* TEE Internal Core API 4.11. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ta/runtime.h"

/* In front of every block; as long as malloc's alignment asks for. */
struct block {
	struct list link;
	size_t size;
	size_t mark; /* what block_mark says, as long as it is allocated */
};

#define BLOCK_OVERHEAD 16u /* what a block counts on top of its size against TA_DATA_SIZE */
#define ZERO_SIZED ((void *)(uintptr_t)1)
#define PROBE_PAGE 4096u
#define BLOCK_MARK 0x6d2b79f5u /* any number that other memory hardly holds there */

static bool heap_take(struct ta_runtime *rt, size_t size)
{
	if (size > SIZE_MAX / 2 || rt->heap_used > rt->heap_size ||
	    size + BLOCK_OVERHEAD > rt->heap_size - rt->heap_used)
		return false;
	rt->heap_used += size + BLOCK_OVERHEAD;
	return true;
}

static size_t block_mark(const struct block *b)
{
	return (size_t)(uintptr_t)b ^ b->size ^ BLOCK_MARK;
}

static struct block *block_of(void *buffer, const char *func)
{
	struct block *b = (struct block *)buffer - 1;

	if ((uintptr_t)buffer % _Alignof(max_align_t) || b->mark != block_mark(b))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "not what TEE_Malloc gave, or freed");
	return b;
}

void *TEE_Malloc(size_t size, uint32_t hint)
{
	struct ta_runtime *rt = ta_runtime_current();
	struct block *b;

	if (size == 0)
		return ZERO_SIZED;
	if (!heap_take(rt, size))
		return NULL;
	b = hint & TEE_MALLOC_NO_FILL ? malloc(sizeof(*b) + size) : calloc(1, sizeof(*b) + size);
	if (!b) {
		rt->heap_used -= size + BLOCK_OVERHEAD;
		return NULL;
	}
	b->size = size;
	b->mark = block_mark(b);
	list_add_tail(&rt->blocks, &b->link);
	return b + 1;
}

void TEE_Free(void *buffer)
{
	struct ta_runtime *rt = ta_runtime_current();
	struct block *b;

	if (!buffer || buffer == ZERO_SIZED)
		return;
	b = block_of(buffer, __func__);
	list_del(&b->link);
	rt->heap_used -= b->size + BLOCK_OVERHEAD;
	explicit_bzero(b, sizeof(*b) + b->size);
	free(b);
}

void *TEE_Realloc(void *buffer, size_t size)
{
	size_t old;
	void *grown;

	if (!buffer || buffer == ZERO_SIZED)
		return TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	old = block_of(buffer, __func__)->size;
	grown = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	if (!grown)
		return NULL;
	if (size)
		memcpy(grown, buffer, old < size ? old : size);
	TEE_Free(buffer);
	return grown;
}

void ta_blocks_free(struct ta_runtime *rt)
{
	struct list *pos;

	while ((pos = list_pop(&rt->blocks)))
		free(list_entry(pos, struct block, link));
	rt->heap_used = 0;
}

void *TEE_MemMove(void *dest, const void *src, size_t size)
{
	return size ? memmove(dest, src, size) : dest;
}

int32_t TEE_MemCompare(const void *buffer1, const void *buffer2, size_t size)
{
	const uint8_t *a = buffer1, *b = buffer2;
	int32_t diff = 0;
	size_t i;

	/* Secrets are compared with this: the time must not tell where they differ. */
	for (i = size; i-- > 0;) {
		int32_t d = (int32_t)a[i] - (int32_t)b[i];
		int32_t differs = (d | -d) >> 31;

		diff = (diff & ~differs) | (d & differs);
	}
	return diff;
}

void TEE_MemFill(void *buffer, uint8_t x, size_t size)
{
	if (size)
		memset(buffer, x, size);
}

void TEE_SetInstanceData(const void *instanceData)
{
	ta_runtime_current()->instance_data = instanceData;
}

const void *TEE_GetInstanceData(void)
{
	return ta_runtime_current()->instance_data;
}

static bool overlaps(const void *a, size_t a_len, const void *b, size_t b_len)
{
	uintptr_t pa = (uintptr_t)a, pb = (uintptr_t)b;

	return b && b_len && pa < pb + b_len && pb < pa + a_len;
}

bool ta_memory_is_shared(const struct ta_runtime *rt, const void *buffer, size_t size)
{
	unsigned int i;

	if (overlaps(buffer, size, rt->cfg->in_area, TA_AREA_SIZE) ||
	    overlaps(buffer, size, rt->cfg->io_area, TA_AREA_SIZE))
		return true;
	for (i = 0; i < MAILBOX_MAX_MAPS; i++)
		if (overlaps(buffer, size, rt->map[i].addr, rt->map[i].len))
			return true;
	return false;
}

/* A parameter's bytes have the rights that its type says, whatever the mapping would allow. */
static bool params_allow(const struct ta_runtime *rt, uint32_t flags, const void *buffer,
			 size_t size)
{
	unsigned int i;

	for (i = 0; i < TEE_NUM_PARAMS; i++) {
		uint32_t type = TEE_PARAM_TYPE_GET(rt->param_types, i);

		if (type < TEE_PARAM_TYPE_MEMREF_INPUT || type > TEE_PARAM_TYPE_MEMREF_INOUT ||
		    !overlaps(buffer, size, rt->params[i].memref.buffer,
			      rt->call.param[i].b))
			continue;
		if (flags & TEE_MEMORY_ACCESS_WRITE && type == TEE_PARAM_TYPE_MEMREF_INPUT)
			return false;
	}
	return true;
}

/*
 * Asks the kernel with the one system call that a TA surely has: a futex wait reads its word, and a
 * wake-op that adds nothing writes it; both fail with EFAULT instead of a signal.
 */
static bool probe(uintptr_t addr, bool write)
{
	const struct timespec now = { 0 };
	uint32_t word = 0;
	long ret;

	addr &= ~(uintptr_t)3;
	if (!write)
		ret = syscall(SYS_futex, addr, FUTEX_WAIT_PRIVATE, 0, &now, NULL, 0);
	else
		ret = syscall(SYS_futex, &word, FUTEX_WAKE_OP_PRIVATE, 0, 0, addr,
			      FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0));
	return ret >= 0 || errno != EFAULT;
}

static bool probe_all(uint32_t flags, const void *buffer, size_t size)
{
	uintptr_t addr = (uintptr_t)buffer, last = addr + size - 1;

	for (;;) {
		if (!probe(addr, flags & TEE_MEMORY_ACCESS_WRITE))
			return false;
		if (addr / PROBE_PAGE == last / PROBE_PAGE)
			return true;
		addr = (addr / PROBE_PAGE + 1) * PROBE_PAGE;
	}
}

TEE_Result TEE_CheckMemoryAccessRights(uint32_t flags, void *buffer, size_t size)
{
	const struct ta_runtime *rt = ta_runtime_current();

	if (size == 0)
		return TEE_SUCCESS;
	if (!buffer || (uintptr_t)buffer + size - 1 < (uintptr_t)buffer)
		return TEE_ERROR_ACCESS_DENIED;
	if (!(flags & TEE_MEMORY_ACCESS_ANY_OWNER) && ta_memory_is_shared(rt, buffer, size))
		return TEE_ERROR_ACCESS_DENIED;
	if (!params_allow(rt, flags, buffer, size) || !probe_all(flags, buffer, size))
		return TEE_ERROR_ACCESS_DENIED;
	return TEE_SUCCESS;
}
