// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/teepriv_mem.h"

#include <errno.h>
#include <string.h>

#include "ree/libteec/sys.h"
#include "ree/tee/uapi.h"

void teepriv_table_init(struct teepriv_table *t, const struct teec_sys_ops *sys, int device)
{
	memset(t, 0, sizeof(*t));
	t->sys = sys;
	t->device = device;
	pthread_mutex_init(&t->lock, NULL);
}

/* Lock held, or nobody else is there. */
static void let_go(struct teepriv_table *t, struct teepriv_mem *m)
{
	if (--m->refs)
		return;
	t->sys->munmap(m->shm_base, m->size);
	t->sys->close(m->fd);
}

void teepriv_table_release(struct teepriv_table *t)
{
	unsigned int i;

	for (i = 0; i < TEEPRIV_MAX_MEM; i++)
		if (t->mem[i].refs)
			let_go(t, &t->mem[i]);
	pthread_mutex_destroy(&t->lock);
}

static int make(struct teepriv_table *t, struct teepriv_mem *m, size_t size)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };
	int fd = t->sys->ioctl(t->device, TEE_IOC_SHM_ALLOC, &data);
	void *base;
	int ret;

	if (fd < 0)
		return fd;
	ret = data.size < size ? -EPROTO : t->sys->mmap(fd, size, &base);
	if (ret) {
		t->sys->close(fd);
		return ret;
	}
	*m = (struct teepriv_mem){
		.refs = 1, .id = data.id, .fd = fd, .shm_base = base, .size = size
	};
	return 0;
}

int teepriv_mem_create(struct teepriv_table *t, uint64_t size, int *id)
{
	unsigned int i = 0;
	int ret = -ENOSPC;

	if (!size || size > TEEPRIV_MEM_MAX_SIZE)
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	while (i < TEEPRIV_MAX_MEM && t->mem[i].refs)
		i++;
	if (i < TEEPRIV_MAX_MEM)
		ret = make(t, &t->mem[i], size);
	if (!ret)
		*id = t->mem[i].id;
	pthread_mutex_unlock(&t->lock);
	return ret;
}

/* Lock held. */
static struct teepriv_mem *find(struct teepriv_table *t, uint64_t id)
{
	unsigned int i;

	for (i = 0; i < TEEPRIV_MAX_MEM; i++)
		if (t->mem[i].refs && !t->mem[i].doomed && (uint64_t)t->mem[i].id == id)
			return &t->mem[i];
	return NULL;
}

int teepriv_mem_destroy(struct teepriv_table *t, uint64_t id)
{
	struct teepriv_mem *m;

	pthread_mutex_lock(&t->lock);
	m = find(t, id);
	if (m) {
		m->doomed = true;
		let_go(t, m);
	}
	pthread_mutex_unlock(&t->lock);
	return m ? 0 : -ENOENT;
}

struct teepriv_mem *teepriv_mem_get(struct teepriv_table *t, uint64_t id, uint64_t offset,
				    uint64_t size)
{
	struct teepriv_mem *m;

	pthread_mutex_lock(&t->lock);
	m = find(t, id);
	if (m && (offset > m->size || size > m->size - offset))
		m = NULL;
	if (m)
		m->refs++;
	pthread_mutex_unlock(&t->lock);
	return m;
}

void teepriv_mem_put(struct teepriv_table *t, struct teepriv_mem *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&t->lock);
	let_go(t, m);
	pthread_mutex_unlock(&t->lock);
}
