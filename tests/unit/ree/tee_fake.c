/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/ree/tee_fake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fake_tee *of(struct tee_context *ctx)
{
	return ctx->data;
}

static void fake_get_version(struct tee_device *dev, struct tee_ioctl_version_data *vers)
{
	(void)dev;
	vers->impl_id = 4711;
	vers->impl_caps = 5;
	vers->gen_caps = TEE_GEN_CAP_GP;
}

static int fake_open(struct tee_context *ctx)
{
	ctx->data = tee_get_drvdata(ctx->dev);
	if (of(ctx)->open_ret)
		return of(ctx)->open_ret;
	ctx->cap_memref_null = !of(ctx)->no_memref_null;
	of(ctx)->opens++;
	return 0;
}

static void fake_release(struct tee_context *ctx)
{
	__atomic_add_fetch(&of(ctx)->releases, 1, __ATOMIC_SEQ_CST);
}

static void see_params(struct fake_tee *ft, struct tee_param *param, uint32_t num_params)
{
	ft->last_num_params = num_params;
	if (num_params)
		memcpy(ft->last_param, param, num_params * sizeof(*param));
	if (ft->during)
		ft->during(ft, param, num_params);
}

static int fake_open_session(struct tee_context *ctx, struct tee_ioctl_open_session_arg *arg,
			     struct tee_param *param)
{
	struct fake_tee *ft = of(ctx);

	if (ft->session_ret)
		return ft->session_ret;
	ft->sessions++;
	see_params(ft, param, arg->num_params);
	arg->session = FAKE_SESSION;
	arg->ret = ft->result;
	arg->ret_origin = 4;
	return 0;
}

static int fake_close_session(struct tee_context *ctx, uint32_t session)
{
	if (session != FAKE_SESSION)
		return -EINVAL;
	of(ctx)->closes++;
	return 0;
}

static int fake_invoke(struct tee_context *ctx, struct tee_ioctl_invoke_arg *arg,
		       struct tee_param *param)
{
	struct fake_tee *ft = of(ctx);

	if (arg->session != FAKE_SESSION)
		return -EINVAL;
	ft->invokes++;
	see_params(ft, param, arg->num_params);
	arg->ret = ft->result;
	arg->ret_origin = 4;
	return 0;
}

static int fake_cancel(struct tee_context *ctx, uint32_t cancel_id, uint32_t session)
{
	of(ctx)->cancels++;
	of(ctx)->last_cancel = cancel_id;
	of(ctx)->last_session = session;
	return 0;
}

static int fake_supp_recv(struct tee_context *ctx, uint32_t *func, uint32_t *num_params,
			  struct tee_param *param)
{
	struct fake_tee *ft = of(ctx);

	see_params(ft, param, *num_params);
	*func = 9;
	*num_params = 2;
	param[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT;
	param[0].u.value = (struct tee_param_value){ 1, 2, 3 };
	param[1].attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT;
	param[1].u.memref = (struct tee_param_memref){ 0, 100, NULL };
	return ft->session_ret;
}

static int fake_supp_send(struct tee_context *ctx, uint32_t ret, uint32_t num_params,
			  struct tee_param *param)
{
	of(ctx)->result = ret;
	see_params(of(ctx), param, num_params);
	return 0;
}

static int fake_register(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len)
{
	if (of(ctx)->register_ret)
		return of(ctx)->register_ret;
	shm->sec_world_id = 42;
	of(ctx)->reg_addr = addr;
	of(ctx)->reg_len = len;
	return 0;
}

static int fake_unregister(struct tee_context *ctx, struct tee_shm *shm)
{
	assert(shm->sec_world_id == 42);
	of(ctx)->unregisters++;
	return 0;
}

#define CLIENT_OPS                                                                                 \
	.get_version = fake_get_version, .open = fake_open, .release = fake_release,               \
	.open_session = fake_open_session, .close_session = fake_close_session,                    \
	.invoke_func = fake_invoke, .cancel_req = fake_cancel

static const struct tee_driver_ops client_ops = { CLIENT_OPS };
const struct tee_driver_ops fake_tee_ops = {
	CLIENT_OPS,
	.supp_recv = fake_supp_recv,
	.supp_send = fake_supp_send,
	.shm_register = fake_register,
	.shm_unregister = fake_unregister,
};
static const struct tee_driver_ops bare_ops = {
	.get_version = fake_get_version,
	.open = fake_open,
	.release = fake_release,
};

const struct tee_desc fake_tee_desc = { .name = "fake", .ops = &client_ops };
const struct tee_desc fake_reg_desc = { .name = "fake-reg", .ops = &fake_tee_ops };
const struct tee_desc fake_priv_desc = { "fake-priv", &fake_tee_ops, TEE_DESC_PRIVILEGED };
const struct tee_desc fake_bare_desc = { .name = "fake-bare", .ops = &bare_ops };

size_t fake_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

struct fake_tee *fake_tee_up(const struct tee_desc *desc)
{
	struct fake_tee *ft = calloc(1, sizeof(*ft));
	size_t size = FAKE_POOL_PAGES * fake_page();
	struct tee_shm_pool_mem mem;
	int ret;

	assert(ft);
	pthread_mutex_init(&ft->vm.node_lock, NULL);
	list_init(&ft->vm.nodes);
	ft->memfd = memfd_create("pool", MFD_CLOEXEC);
	assert(ft->memfd >= 0);
	ret = ftruncate(ft->memfd, (off_t)size);
	assert(!ret);
	ft->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ft->memfd, 0);
	assert(ft->mem != MAP_FAILED);
	mem = (struct tee_shm_pool_mem){ ft->mem, FAKE_POOL_GPA, size, ft->memfd, 0 };
	ret = tee_shm_pool_alloc_res_mem(&mem, &ft->pool);
	assert(!ret);
	ret = tee_subsys_create(&ft->vm, &ft->subsys);
	assert(!ret);
	ret = tee_device_alloc(desc, ft->subsys, ft->pool, ft, &ft->dev);
	assert(!ret);
	ret = tee_device_register(ft->dev);
	assert(!ret);
	return ft;
}

void fake_tee_down(struct fake_tee *ft)
{
	tee_device_unregister(ft->dev);
	tee_subsys_destroy(ft->subsys);
	tee_shm_pool_free(ft->pool);
	munmap(ft->mem, FAKE_POOL_PAGES * fake_page());
	close(ft->memfd);
	pthread_mutex_destroy(&ft->vm.node_lock);
	free(ft);
}
