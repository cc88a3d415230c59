/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/log.h"
#include "ree/tee/tee_private.h"
#include "ree/tee/uaccess.h"

/* An object that holds its context and the device; no memory yet. */
static int shm_create(struct tee_context *ctx, uint32_t flags, struct tee_shm **shmp)
{
	struct tee_device *dev = ctx->dev;
	struct tee_shm *shm;
	int ret;

	ret = tee_device_get(dev);
	if (ret)
		return ret;
	shm = calloc(1, sizeof(*shm));
	if (!shm) {
		tee_device_put(dev);
		return -ENOMEM;
	}
	tee_context_get(ctx);
	shm->ctx = ctx;
	shm->flags = flags;
	shm->fd = -1;
	shm->refs = 1;
	*shmp = shm;
	return 0;
}

static void shm_destroy(struct tee_shm *shm)
{
	struct tee_device *dev = shm->ctx->dev;

	tee_context_put(shm->ctx);
	free(shm->runs);
	free(shm);
	tee_device_put(dev);
}

/* Last step of making an object: from here on its client finds it. */
static int shm_publish(struct tee_shm *shm)
{
	struct tee_device *dev = shm->ctx->dev;
	int ret = 0;

	pthread_mutex_lock(&dev->lock);
	if (shm->flags & TEE_SHM_DMA_BUF) {
		ret = tee_idr_alloc(&dev->idr, shm);
		if (ret > 0)
			shm->id = ret;
	}
	if (ret >= 0) {
		dev->num_shm++;
		dev->shm_bytes += shm->size;
	}
	pthread_mutex_unlock(&dev->lock);
	return ret < 0 ? ret : 0;
}

int tee_shm_alloc(struct tee_context *ctx, size_t size, uint32_t flags, struct tee_shm **shmp)
{
	struct tee_shm_pool *pool = ctx->dev->pool;
	struct tee_shm *shm;
	int ret;

	if (!size || (flags & ~TEE_SHM_DMA_BUF))
		return -EINVAL;
	ret = shm_create(ctx, flags | TEE_SHM_POOL, &shm);
	if (ret)
		return ret;
	ret = pool->ops->alloc(pool, shm, size);
	if (ret)
		goto err_destroy;
	ret = shm_publish(shm);
	if (ret)
		goto err_free;
	*shmp = shm;
	return 0;

err_free:
	pool->ops->free(pool, shm);
err_destroy:
	shm_destroy(shm);
	return ret;
}

/*
 * The pages that lie wholly within the client's memory become the dataspace's, its edges stay copies:
 * what else lies in their pages is not for the secure world. Failing that, all is copied.
 */
static void shm_take_in_place(struct tee_shm *shm)
{
	const struct tee_subsys *subsys = shm->ctx->dev->subsys;
	size_t page = tee_page_size(), from = (page - shm->skip) % page, len;
	int ret;

	if (from >= shm->size)
		return;
	len = (shm->size - from) & ~(page - 1);
	if (!len)
		return;
	shm->in_place_from = from;
	ret = subsys->in_place->take(subsys->vm, (void *)(uintptr_t)(shm->uaddr + from), len,
				     shm->kaddr + shm->skip + from, &shm->in_place);
	if (ret)
		log_debug("tee: %zu bytes aren't taken in place: %s", shm->size, strerror(-ret));
}

/* The secure world gets a copy in memory of the pool. */
static int shm_bounce(struct tee_shm *shm, uint64_t addr, size_t len, bool in_place)
{
	struct tee_shm_pool *pool = shm->ctx->dev->pool;
	size_t skip = in_place ? addr & (tee_page_size() - 1) : 0;
	int ret;

	ret = uaccess_check_readable(addr, len);
	if (ret)
		return ret;
	shm->flags |= TEE_SHM_POOL | TEE_SHM_BOUNCED;
	ret = pool->ops->alloc(pool, shm, len + skip);
	if (ret)
		return ret;
	shm->uaddr = addr;
	shm->skip = skip;
	shm->size = len; /* what lies around it in its pages is nobody's */
	/* Memory of the static pool lies among other objects'. */
	if (in_place && shm->sec_world_id)
		shm_take_in_place(shm);
	return 0;
}

static void shm_free_pool(struct tee_shm *shm)
{
	struct tee_device *dev = shm->ctx->dev;

	if (shm->in_place)
		dev->subsys->in_place->give_back(dev->subsys->vm, shm->in_place);
	shm->in_place = NULL;
	shm->size += shm->skip;
	dev->pool->ops->free(dev->pool, shm);
}

static int shm_publish_or_undo(struct tee_shm *shm)
{
	int ret = shm_publish(shm);

	if (ret && shm->flags & TEE_SHM_POOL)
		shm_free_pool(shm);
	else if (ret)
		shm->ctx->dev->desc->ops->shm_unregister(shm->ctx, shm);
	return ret;
}

int tee_shm_register_user_buf(struct tee_context *ctx, uint64_t addr, uint64_t len, bool brief,
			      struct tee_shm **shmp)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	bool in_place = ctx->dev->subsys->in_place && !brief && len >= TEE_IN_PLACE_THRESHOLD;
	struct tee_shm *shm;
	int ret;

	if (!ops->shm_register || !ops->shm_unregister)
		return -TEE_ENOTSUPP;
	if (addr + len < addr || addr + len > UINTPTR_MAX)
		return -EFAULT;
	if (!len)
		return -ENOMEM;
	ret = shm_create(ctx, TEE_SHM_DMA_BUF | TEE_SHM_USER_MAPPED, &shm);
	if (ret)
		return ret;
	shm->kaddr = (uint8_t *)(uintptr_t)addr;
	shm->size = (size_t)len;
	ret = ops->shm_register(ctx, shm, shm->kaddr, shm->size);
	if (ret == -ENXIO)
		ret = shm_bounce(shm, addr, (size_t)len, in_place);
	if (!ret)
		ret = shm_publish_or_undo(shm);
	if (ret)
		shm_destroy(shm);
	else
		*shmp = shm;
	return ret;
}

int tee_shm_register_fd(struct tee_context *ctx, int fd, struct tee_shm **shmp)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	struct tee_shm *shm;
	int ret;

	if (!ops->shm_register_fd || !ops->shm_unregister)
		return -TEE_ENOTSUPP;
	ret = shm_create(ctx, TEE_SHM_DMA_BUF, &shm);
	if (ret)
		return ret;
	ret = ops->shm_register_fd(ctx, shm, fd);
	if (!ret)
		ret = shm_publish_or_undo(shm);
	if (ret)
		shm_destroy(shm);
	else
		*shmp = shm;
	return ret;
}

typedef int copy_fn(const struct tee_shm *shm, size_t offs, size_t len);

static int copy_in(const struct tee_shm *shm, size_t offs, size_t len)
{
	return uaccess_copy_in(shm->kaddr + shm->skip + offs, shm->uaddr + offs, len);
}

static int copy_out(const struct tee_shm *shm, size_t offs, size_t len)
{
	return uaccess_copy_out(shm->uaddr + offs, shm->kaddr + shm->skip + offs, len);
}

/* What lies before the part that both see, and what lies behind it. */
static int bounce(const struct tee_shm *shm, size_t offs, size_t len, copy_fn *copy)
{
	size_t end = offs + len, from = shm->in_place_from, to = from;
	int ret = 0;

	if (!(shm->flags & TEE_SHM_BOUNCED) || !len)
		return 0;
	if (shm->in_place)
		to += shm->ctx->dev->subsys->in_place->live(shm->in_place);
	if (from == to)
		return copy(shm, offs, len);
	if (offs < from)
		ret = copy(shm, offs, (end < from ? end : from) - offs);
	if (!ret && end > to)
		ret = copy(shm, offs > to ? offs : to, end - (offs > to ? offs : to));
	return ret;
}

int tee_shm_bounce_in(const struct tee_shm *shm, size_t offs, size_t len)
{
	return bounce(shm, offs, len, copy_in);
}

int tee_shm_bounce_out(const struct tee_shm *shm, size_t offs, size_t len)
{
	return bounce(shm, offs, len, copy_out);
}

static void shm_release(struct tee_shm *shm)
{
	struct tee_device *dev = shm->ctx->dev;
	int ret;

	if (shm->flags & TEE_SHM_POOL) {
		shm_free_pool(shm);
	} else {
		ret = dev->desc->ops->shm_unregister(shm->ctx, shm);
		if (ret)
			log_warn("tee: %s: unregistering object %d: %d", dev->name, shm->id, ret);
	}
	shm_destroy(shm);
}

void tee_shm_put(struct tee_shm *shm)
{
	struct tee_device *dev = shm->ctx->dev;
	bool last = false;

	pthread_mutex_lock(&dev->lock);
	if (!--shm->refs) {
		/* Off the table before the lock goes: nobody finds an object without references. */
		if (shm->id)
			tee_idr_remove(&dev->idr, shm->id);
		dev->num_shm--;
		dev->shm_bytes -= shm->size;
		last = true;
	}
	pthread_mutex_unlock(&dev->lock);
	if (last)
		shm_release(shm);
}

void tee_shm_get(struct tee_shm *shm)
{
	struct tee_device *dev = shm->ctx->dev;

	pthread_mutex_lock(&dev->lock);
	shm->refs++;
	pthread_mutex_unlock(&dev->lock);
}

int tee_shm_get_from_id(struct tee_context *ctx, uint64_t id, struct tee_shm **shmp)
{
	struct tee_device *dev = ctx->dev;
	struct tee_shm *shm;
	int ret = 0;

	pthread_mutex_lock(&dev->lock);
	shm = tee_idr_find(&dev->idr, id);
	if (shm && shm->ctx == ctx)
		shm->refs++;
	else
		ret = -EINVAL;
	pthread_mutex_unlock(&dev->lock);
	if (!ret)
		*shmp = shm;
	return ret;
}

int tee_shm_get_fd(struct tee_shm *shm)
{
	int fd;

	if (!(shm->flags & TEE_SHM_DMA_BUF))
		return -EINVAL;
	tee_shm_get(shm); /* the file's: dropped in its release */
	fd = node_install_fd(shm->ctx->dev->subsys->vm, &tee_shm_node_ops, shm);
	if (fd < 0)
		tee_shm_put(shm);
	return fd;
}

void *tee_shm_get_va(const struct tee_shm *shm, size_t offs)
{
	if (!shm->kaddr || offs >= shm->size)
		return NULL;
	return shm->kaddr + shm->skip + offs;
}

int tee_shm_get_pa(const struct tee_shm *shm, size_t offs, uint64_t *pa)
{
	if (offs >= shm->size)
		return -EINVAL;
	*pa = shm->paddr + shm->skip + offs;
	return 0;
}

uint32_t tee_shm_get_page_offset(const struct tee_shm *shm)
{
	return (uint32_t)(tee_shm_get_run(shm, 0).gpa % 4096u);
}

struct tee_shm_run tee_shm_get_run(const struct tee_shm *shm, unsigned int i)
{
	if (shm->runs)
		return shm->runs[i];
	return (struct tee_shm_run){ .gpa = shm->paddr, .len = shm->size };
}

static int shm_node_mmap(struct node_file *file, size_t len, int prot, void **addr)
{
	const struct tee_shm *shm = file->data;
	size_t page = tee_page_size();
	int saved = errno, ret;
	void *p;

	/* The client has that memory mapped already: it is its own. */
	if (shm->flags & TEE_SHM_USER_MAPPED)
		return -EINVAL;
	if (!len || len > shm->size || ((len + page - 1) & ~(page - 1)) > shm->size)
		return -EINVAL;
	if (shm->fd < 0)
		return -ENODEV;
	p = mmap(NULL, len, prot, MAP_SHARED, shm->fd, (off_t)shm->fd_offset);
	if (p == MAP_FAILED) {
		ret = -errno;
		errno = saved;
		return ret;
	}
	*addr = p;
	return 0;
}

static void shm_node_release(struct node_file *file)
{
	tee_shm_put(file->data);
}

const struct node_ops tee_shm_node_ops = {
	.release = shm_node_release,
	.mmap = shm_node_mmap,
};
