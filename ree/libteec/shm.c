/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/libteec/shm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ree/libteec/result.h"
#include "ree/libteec/sys.h"
#include "ree/tee/uapi.h"

/* Devices don't make objects of no bytes; what a memref refers to may be empty all the same. */
#define SHM_MIN_SIZE 8u

void teec_shm_init(TEEC_SharedMemory *shm)
{
	shm->imp.id = -1;
	shm->imp.alloced_size = 0;
	shm->imp.shadow_buffer = NULL;
	shm->imp.registered_fd = -1;
	shm->imp.flags = 0;
}

static int shm_check(const TEEC_SharedMemory *shm)
{
	if (!shm->flags || (shm->flags & ~(uint32_t)(TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)))
		return -EINVAL;
	return 0;
}

static size_t shm_object_size(const TEEC_SharedMemory *shm)
{
	return shm->size ? shm->size : SHM_MIN_SIZE;
}

static void *pages_alloc(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	if (len > SIZE_MAX - page)
		return NULL;
	/* Whole pages: the device shares pages, and nothing else may lie in ours. */
	if (posix_memalign(&p, page, (len + page - 1) / page * page))
		return NULL;
	return p;
}

static void shm_live(const TEEC_Context *ctx, TEEC_SharedMemory *shm, int fd, int id, size_t len,
		     uint32_t kind)
{
	shm->imp.id = id;
	shm->imp.registered_fd = fd;
	shm->imp.alloced_size = len;
	shm->imp.flags = TEEC_SHM_LIVE | kind | (uint32_t)ctx->imp.fd << TEEC_SHM_DEVICE_SHIFT;
}

/* Shares memory that is there: @addr, @len. */
static int share_memory(TEEC_Context *ctx, TEEC_SharedMemory *shm, void *addr, size_t len,
			uint32_t kind, uint32_t flags)
{
	struct tee_ioctl_shm_register_data data = { .addr = (uintptr_t)addr, .length = len,
						    .flags = flags };
	int fd;

	fd = teec_sys()->ops->ioctl(ctx->imp.fd, TEE_IOC_SHM_REGISTER, &data);
	if (fd < 0)
		return fd;
	shm_live(ctx, shm, fd, data.id, len, kind);
	return 0;
}

/* Shares @len bytes from our heap. */
static int share_heap(TEEC_Context *ctx, TEEC_SharedMemory *shm, size_t len, void **addr)
{
	void *p = pages_alloc(len);
	int ret;

	if (!p)
		return -ENOMEM;
	ret = share_memory(ctx, shm, p, len, TEEC_SHM_HEAP, 0);
	if (ret) {
		free(p);
		return ret;
	}
	*addr = p;
	return 0;
}

/* Has the device make @len bytes and maps them. */
static int share_mapped(TEEC_Context *ctx, TEEC_SharedMemory *shm, size_t len, void **addr)
{
	const struct teec_sys_ops *ops = teec_sys()->ops;
	struct tee_ioctl_shm_alloc_data data = { .size = len };
	int fd, ret;

	fd = ops->ioctl(ctx->imp.fd, TEE_IOC_SHM_ALLOC, &data);
	/* The size is all that it can dislike: there is no memory of that size. */
	if (fd < 0)
		return fd == -EINVAL ? -ENOMEM : fd;
	ret = ops->mmap(fd, len, addr);
	if (ret) {
		ops->close(fd);
		return ret;
	}
	shm_live(ctx, shm, fd, data.id, len, TEEC_SHM_MAPPED);
	return 0;
}

int teec_shm_allocate(TEEC_Context *ctx, TEEC_SharedMemory *shm)
{
	size_t len = shm_object_size(shm);
	int ret;

	teec_shm_init(shm);
	shm->buffer = NULL;
	ret = shm_check(shm);
	if (ret)
		return ret;
	if (ctx->imp.reg_mem && !teec_sys()->ops->own_memory)
		return share_heap(ctx, shm, len, &shm->buffer);
	return share_mapped(ctx, shm, len, &shm->buffer);
}

static int shm_register(TEEC_Context *ctx, TEEC_SharedMemory *shm, uint32_t flags)
{
	size_t len = shm_object_size(shm);
	int ret;

	teec_shm_init(shm);
	ret = shm_check(shm);
	if (ret)
		return ret;
	if (!shm->buffer)
		return -EINVAL;
	if (!ctx->imp.reg_mem)
		return share_mapped(ctx, shm, len, &shm->imp.shadow_buffer);
	ret = share_memory(ctx, shm, shm->buffer, len, 0, flags);
	/* Refused for what the memory is, read-only perhaps: ordinary memory will do. */
	if (ret && !teec_sys()->ops->own_memory && teec_result(ret) != TEEC_ERROR_COMMUNICATION)
		ret = share_heap(ctx, shm, len, &shm->imp.shadow_buffer);
	return ret;
}

int teec_shm_register(TEEC_Context *ctx, TEEC_SharedMemory *shm)
{
	return shm_register(ctx, shm, 0);
}

int teec_shm_register_brief(TEEC_Context *ctx, TEEC_SharedMemory *shm)
{
	return shm_register(ctx, shm, teec_sys()->ops->own_memory ? TEE_SHM_REGISTER_BRIEF : 0);
}

int teec_shm_register_fd(TEEC_Context *ctx, TEEC_SharedMemory *shm, int fd)
{
	struct tee_ioctl_shm_register_fd_data data = { .fd = fd };
	int ret;

	teec_shm_init(shm);
	ret = shm_check(shm);
	if (ret)
		return ret;
	ret = teec_sys()->ops->ioctl(ctx->imp.fd, TEE_IOC_SHM_REGISTER_FD, &data);
	if (ret < 0)
		return ret;
	shm->buffer = NULL;
	shm->size = (size_t)data.size;
	shm_live(ctx, shm, ret, data.id, shm->size, 0);
	return 0;
}

void teec_shm_release(TEEC_SharedMemory *shm)
{
	const struct teec_sys_ops *ops = teec_sys()->ops;
	void *shared = shm->imp.shadow_buffer ? shm->imp.shadow_buffer : shm->buffer;

	if (!(shm->imp.flags & TEEC_SHM_LIVE))
		return;
	if (shm->imp.flags & TEEC_SHM_MAPPED)
		ops->munmap(shared, shm->imp.alloced_size);
	ops->close(shm->imp.registered_fd);
	/* Only now: until the close the TEE may write to it. */
	if (shm->imp.flags & TEEC_SHM_HEAP)
		free(shared);
	shm->buffer = NULL;
	teec_shm_init(shm);
}

static bool device_gone(int fd)
{
	struct tee_ioctl_version_data v = { 0 };

	return teec_sys()->ops->ioctl(fd, TEE_IOC_VERSION, &v) < 0;
}

int teec_shm_usable(const TEEC_SharedMemory *shm, int fd)
{
	uint32_t own = shm->imp.flags >> TEEC_SHM_DEVICE_SHIFT;

	if (own == ((uint32_t)fd & TEEC_SHM_DEVICE_MASK))
		return 0;
	return device_gone(fd) || device_gone((int)own) ? -EIO : -EINVAL;
}

void teec_shm_to_shadow(const TEEC_SharedMemory *shm, size_t offset, size_t len)
{
	if (shm->imp.shadow_buffer && len)
		memcpy((char *)shm->imp.shadow_buffer + offset, (char *)shm->buffer + offset, len);
}

void teec_shm_from_shadow(const TEEC_SharedMemory *shm, size_t offset, size_t len)
{
	if (shm->imp.shadow_buffer && len)
		memcpy((char *)shm->buffer + offset, (char *)shm->imp.shadow_buffer + offset, len);
}
