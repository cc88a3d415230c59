/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/ree/teec_fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/mipstee.h"

struct teec_fake teec_fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

void teec_fake_reset(void)
{
	unsigned int i;

	memset(&teec_fake, 0, sizeof(teec_fake));
	pthread_mutex_init(&teec_fake.lock, NULL);
	for (i = 1; i < FAKE_NUM_NODES; i++)
		teec_fake.node[i].open_error = -ENOENT;
	teec_fake.node[0].version.impl_id = MIPSTEE_IMPL_ID;
	teec_fake.node[0].version.gen_caps = TEE_GEN_CAP_GP | TEE_GEN_CAP_MEMREF_NULL;
	teec_fake.max_alloc = 64u << 20;
	teec_fake.ret_origin = 4;
	teec_fake.session = 7;
}

/* Called with the lock held. */
static int file_new(enum fake_kind kind, size_t size, void *mem)
{
	static int32_t last_id;
	unsigned int i;

	for (i = 0; i < FAKE_NUM_FDS; i++) {
		struct fake_file *f = &teec_fake.file[i];

		if (f->kind != FAKE_FREE || f->mapped)
			continue;
		f->kind = kind;
		f->id = kind == FAKE_NODE ? -1 : ++last_id;
		f->size = size;
		f->mem = mem;
		f->gone = false;
		f->older = f->newer = -1;
		return FAKE_FD_BASE + (int)i;
	}
	return -EMFILE;
}

static struct fake_file *file_of(int fd)
{
	if (fd < FAKE_FD_BASE || fd >= FAKE_FD_BASE + (int)FAKE_NUM_FDS)
		return NULL;
	if (teec_fake.file[fd - FAKE_FD_BASE].kind == FAKE_FREE)
		return NULL;
	return &teec_fake.file[fd - FAKE_FD_BASE];
}

static int fake_open(const char *node)
{
	unsigned int n;
	char extra;
	int ret;

	pthread_mutex_lock(&teec_fake.lock);
	snprintf(teec_fake.last_node, sizeof(teec_fake.last_node), "%s", node);
	teec_fake.opens++;
	if (sscanf(node, "/dev/tee%u%c", &n, &extra) != 1 || n >= FAKE_NUM_NODES)
		ret = -ENOENT;
	else if (teec_fake.node[n].open_error)
		ret = teec_fake.node[n].open_error;
	else
		ret = file_new(FAKE_NODE, n, NULL);
	pthread_mutex_unlock(&teec_fake.lock);
	return ret;
}

static int serve_version(const struct fake_file *f, struct tee_ioctl_version_data *v)
{
	if (teec_fake.version_error)
		return teec_fake.version_error;
	*v = teec_fake.node[f->size].version;
	return 0;
}

static int serve_alloc(struct tee_ioctl_shm_alloc_data *data)
{
	void *mem;
	int fd;

	teec_fake.allocs++;
	if (teec_fake.alloc_error)
		return teec_fake.alloc_error;
	if (!data->size || data->size > teec_fake.max_alloc || data->flags)
		return -EINVAL;
	/* A pool gives out memory as it was left. */
	mem = malloc(data->size);
	if (!mem)
		return -ENOMEM;
	memset(mem, 0xee, data->size);
	fd = file_new(FAKE_ALLOC, data->size, mem);
	if (fd < 0)
		free(mem);
	else
		data->id = file_of(fd)->id;
	return fd;
}

static int serve_register(struct tee_ioctl_shm_register_data *data)
{
	int fd;

	teec_fake.registers++;
	if (teec_fake.register_error && teec_fake.register_errors != 0) {
		teec_fake.register_errors--;
		return teec_fake.register_error;
	}
	if (!data->length || !data->addr || data->flags)
		return -EINVAL;
	fd = file_new(FAKE_REGISTERED, data->length, (void *)(uintptr_t)data->addr);
	if (fd >= 0)
		data->id = file_of(fd)->id;
	return fd;
}

static int serve_register_fd(struct tee_ioctl_shm_register_fd_data *data)
{
	int fd;

	teec_fake.registers++;
	if (teec_fake.register_error)
		return teec_fake.register_error;
	if (data->fd != 5)
		return -EBADF;
	fd = file_new(FAKE_BY_FD, 12288, NULL);
	if (fd >= 0) {
		data->size = 12288;
		data->id = file_of(fd)->id;
	}
	return fd;
}

static int serve_params(struct tee_ioctl_param *param, uint32_t num_params)
{
	if (num_params != 4)
		return -EINVAL;
	memcpy(teec_fake.param, param, sizeof(teec_fake.param));
	return 0;
}

static int serve_open(const struct tee_ioctl_buf_data *data)
{
	struct tee_ioctl_open_session_arg *arg = (void *)(uintptr_t)data->buf_ptr;

	teec_fake.opened++;
	if (data->buf_len != sizeof(*arg) + 4 * sizeof(struct tee_ioctl_param))
		return -EINVAL;
	memcpy(teec_fake.open_arg.uuid, arg->uuid, sizeof(arg->uuid));
	memcpy(teec_fake.open_arg.clnt_uuid, arg->clnt_uuid, sizeof(arg->clnt_uuid));
	teec_fake.open_arg.clnt_login = arg->clnt_login;
	teec_fake.open_arg.session = arg->session;
	teec_fake.open_arg.cancel_id = arg->cancel_id;
	teec_fake.open_arg.num_params = arg->num_params;
	if (serve_params(arg->params, arg->num_params))
		return -EINVAL;
	if (teec_fake.open_error)
		return teec_fake.open_error;
	if (teec_fake.serve)
		teec_fake.serve(arg->params);
	arg->ret = teec_fake.ret;
	arg->ret_origin = teec_fake.ret_origin;
	arg->session = teec_fake.session;
	return 0;
}

static int serve_invoke(const struct tee_ioctl_buf_data *data)
{
	struct tee_ioctl_invoke_arg *arg = (void *)(uintptr_t)data->buf_ptr;

	teec_fake.invoked++;
	if (data->buf_len != sizeof(*arg) + 4 * sizeof(struct tee_ioctl_param))
		return -EINVAL;
	teec_fake.invoke_arg.func = arg->func;
	teec_fake.invoke_arg.session = arg->session;
	teec_fake.invoke_arg.cancel_id = arg->cancel_id;
	teec_fake.invoke_arg.num_params = arg->num_params;
	if (serve_params(arg->params, arg->num_params))
		return -EINVAL;
	if (teec_fake.invoke_error)
		return teec_fake.invoke_error;
	if (teec_fake.serve)
		teec_fake.serve(arg->params);
	arg->ret = teec_fake.ret;
	arg->ret_origin = teec_fake.ret_origin;
	return 0;
}

static int serve(const struct fake_file *f, unsigned long request, void *arg)
{
	switch (request) {
	case TEE_IOC_VERSION:
		return serve_version(f, arg);
	case TEE_IOC_SHM_ALLOC:
		return serve_alloc(arg);
	case TEE_IOC_SHM_REGISTER:
		return serve_register(arg);
	case TEE_IOC_SHM_REGISTER_FD:
		return serve_register_fd(arg);
	case TEE_IOC_OPEN_SESSION:
		return serve_open(arg);
	case TEE_IOC_INVOKE:
		return serve_invoke(arg);
	case TEE_IOC_CLOSE_SESSION:
		teec_fake.closed++;
		memcpy(&teec_fake.close_arg, arg, sizeof(teec_fake.close_arg));
		return teec_fake.close_error;
	case TEE_IOC_CANCEL:
		teec_fake.cancelled++;
		memcpy(&teec_fake.cancel_arg, arg, sizeof(teec_fake.cancel_arg));
		return teec_fake.cancel_error;
	default:
		return -EINVAL;
	}
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	const struct fake_file *f;
	int ret;

	if (teec_fake.before)
		teec_fake.before(request);
	pthread_mutex_lock(&teec_fake.lock);
	f = file_of(fd);
	ret = f && f->kind == FAKE_NODE ? serve(f, request, arg) : -EBADF;
	if (f && f->gone)
		ret = -EIO;
	pthread_mutex_unlock(&teec_fake.lock);
	return ret;
}

static int fake_mmap(int fd, size_t len, void **addr)
{
	struct fake_file *f;
	int ret = -EINVAL;

	pthread_mutex_lock(&teec_fake.lock);
	f = file_of(fd);
	teec_fake.maps++;
	if (teec_fake.mmap_error) {
		ret = teec_fake.mmap_error;
	} else if (f && f->kind == FAKE_ALLOC && !f->mapped && len <= f->size) {
		f->mapped = true;
		*addr = f->mem;
		ret = 0;
	}
	pthread_mutex_unlock(&teec_fake.lock);
	return ret;
}

static void fake_munmap(void *addr, size_t len)
{
	unsigned int i;

	pthread_mutex_lock(&teec_fake.lock);
	for (i = 0; i < FAKE_NUM_FDS; i++) {
		struct fake_file *f = &teec_fake.file[i];

		if (!f->mapped || f->mem != addr || f->size != len)
			continue;
		f->mapped = false;
		teec_fake.unmaps++;
		break;
	}
	pthread_mutex_unlock(&teec_fake.lock);
}

/* Memory goes at the close: to use a mapping later than that is an error that a sanitizer sees. */
static void fake_close(int fd)
{
	struct fake_file *f;

	pthread_mutex_lock(&teec_fake.lock);
	f = file_of(fd);
	teec_fake.bad_closes += !f;
	for (; f; f = file_of(fd)) {
		if (f->kind == FAKE_ALLOC)
			free(f->mem);
		f->kind = FAKE_FREE;
		teec_fake.closes++;
		fd = f->older;
	}
	pthread_mutex_unlock(&teec_fake.lock);
}

/* A node that lives in the place of @fd, if that is gone; it closes @fd when it is closed. */
static int fake_renew(int fd)
{
	struct fake_file *f;
	int ret = fd;

	pthread_mutex_lock(&teec_fake.lock);
	for (f = file_of(fd); f && f->newer >= 0; f = file_of(fd))
		ret = fd = f->newer;
	if (!f)
		ret = -EBADF;
	else if (f->gone)
		ret = teec_fake.renew_error ? teec_fake.renew_error
					    : file_new(FAKE_NODE, f->size, NULL);
	if (f && f->gone && ret >= 0) {
		file_of(ret)->older = fd;
		f->newer = ret;
		teec_fake.renewals++;
	}
	pthread_mutex_unlock(&teec_fake.lock);
	return ret;
}

void teec_fake_go(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_NUM_FDS; i++)
		teec_fake.file[i].gone |= teec_fake.file[i].kind == FAKE_NODE;
}

uint8_t *teec_fake_bytes(const struct tee_ioctl_param *param)
{
	unsigned int i;

	if (param->c == TEE_MEMREF_NULL)
		return NULL;
	for (i = 0; i < FAKE_NUM_FDS; i++)
		if (teec_fake.file[i].kind != FAKE_FREE &&
		    teec_fake.file[i].id == (int32_t)param->c)
			return (uint8_t *)teec_fake.file[i].mem + param->a;
	return NULL;
}

unsigned int teec_fake_leaks(void)
{
	unsigned int i, leaks = teec_fake.bad_closes;

	for (i = 0; i < FAKE_NUM_FDS; i++) {
		leaks += teec_fake.file[i].kind != FAKE_FREE;
		leaks += teec_fake.file[i].mapped;
	}
	return leaks;
}

static const struct teec_sys_ops fake_ops = {
	.open = fake_open,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.close = fake_close,
	.renew = fake_renew,
};

/* Instead of the library's own: the linker doesn't take that one when there is one already. */
const struct teec_sys *teec_sys(void)
{
	static const struct teec_sys sys = { .ops = &fake_ops };

	return &sys;
}
