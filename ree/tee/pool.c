/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"
#include "ree/tee/gen_pool.h"
#include "ree/tee/tee_private.h"

#define PRIV_ORDER 3u /* 8-byte units */

/* A static pool: one reserved area, two allocators of its guest-physical addresses. */
struct res_mem {
	struct tee_shm_pool pool;
	struct tee_shm_pool_mem mem; /* the aligned area */
	struct gen_pool *priv, *dma_buf;
};

size_t tee_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct gen_pool *part_of(struct res_mem *rm, const struct tee_shm *shm)
{
	return shm->flags & TEE_SHM_DMA_BUF ? rm->dma_buf : rm->priv;
}

static int res_mem_alloc(struct tee_shm_pool *pool, struct tee_shm *shm, size_t size)
{
	struct res_mem *rm = pool->private_data;
	size_t unit = shm->flags & TEE_SHM_DMA_BUF ? tee_page_size() : (size_t)1 << PRIV_ORDER;
	uint64_t addr;
	int ret;

	ret = gen_pool_alloc(part_of(rm, shm), size, &addr);
	if (ret)
		return ret;
	shm->paddr = addr;
	shm->kaddr = rm->mem.vaddr + (addr - rm->mem.paddr);
	shm->size = (size + unit - 1) & ~(unit - 1);
	shm->fd = rm->mem.fd;
	shm->fd_offset = rm->mem.fd_offset + (addr - rm->mem.paddr);
	return 0;
}

static void res_mem_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	struct res_mem *rm = pool->private_data;

	if (gen_pool_free(part_of(rm, shm), shm->paddr, shm->size))
		log_error("tee: object %d isn't of its pool", shm->id);
	shm->kaddr = NULL;
	shm->fd = -1;
}

static void res_mem_destroy(struct tee_shm_pool *pool)
{
	struct res_mem *rm = pool->private_data;

	gen_pool_destroy(rm->dma_buf);
	gen_pool_destroy(rm->priv);
	free(rm);
}

static const struct tee_shm_pool_ops res_mem_ops = {
	.alloc = res_mem_alloc,
	.free = res_mem_free,
	.destroy = res_mem_destroy,
};

/* The pages that lie wholly within @in. Return: 0 or -EINVAL. */
static int round_inward(const struct tee_shm_pool_mem *in, struct tee_shm_pool_mem *out)
{
	uint64_t page = tee_page_size();
	uint64_t begin, end, skip;

	if (!in->vaddr || in->paddr + in->size < in->paddr || in->paddr > UINT64_MAX - page)
		return -EINVAL;
	begin = (in->paddr + page - 1) & ~(page - 1);
	end = (in->paddr + in->size) & ~(page - 1);
	if (end <= begin || end - begin < 2 * TEE_SHM_NUM_PRIV_PAGES * page)
		return -EINVAL;
	skip = begin - in->paddr;
	*out = *in;
	out->vaddr += skip;
	out->paddr = begin;
	out->size = end - begin;
	out->fd_offset += skip;
	if (((uintptr_t)out->vaddr & (page - 1)) || (out->fd_offset & (page - 1)))
		return -EINVAL;
	return 0;
}

int tee_shm_pool_alloc_res_mem(const struct tee_shm_pool_mem *mem, struct tee_shm_pool **poolp)
{
	size_t page = tee_page_size();
	size_t priv_size = TEE_SHM_NUM_PRIV_PAGES * page;
	struct res_mem *rm;
	int ret;

	rm = calloc(1, sizeof(*rm));
	if (!rm)
		return -ENOMEM;
	ret = round_inward(mem, &rm->mem);
	if (ret)
		goto err_free;
	ret = gen_pool_create(rm->mem.paddr, priv_size, PRIV_ORDER, &rm->priv);
	if (ret)
		goto err_free;
	ret = gen_pool_create(rm->mem.paddr + priv_size, rm->mem.size - priv_size,
			      (unsigned int)__builtin_ctzl(page), &rm->dma_buf);
	if (ret)
		goto err_priv;
	rm->pool.ops = &res_mem_ops;
	rm->pool.private_data = rm;
	*poolp = &rm->pool;
	return 0;

err_priv:
	gen_pool_destroy(rm->priv);
err_free:
	free(rm);
	return ret;
}

void tee_shm_pool_free(struct tee_shm_pool *pool)
{
	if (pool)
		pool->ops->destroy(pool);
}
