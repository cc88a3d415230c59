/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "lib/trace.h"
#include "ree/tee/tee_private.h"
#include "ree/tee/uaccess.h"
#include "ree/tee/uapi.h"

int tee_session_check_login(uint32_t login)
{
	switch (login) {
	case TEE_IOCTL_LOGIN_PUBLIC:
	case TEE_IOCTL_LOGIN_USER:
	case TEE_IOCTL_LOGIN_GROUP:
	case TEE_IOCTL_LOGIN_REE_KERNEL:
		return 0;
	default:
		return -EINVAL;
	}
}

static int tee_ioctl_version(struct tee_context *ctx, uint64_t uarg)
{
	const struct tee_desc *desc = ctx->dev->desc;
	struct tee_ioctl_version_data vers = { 0 };

	desc->ops->get_version(ctx->dev, &vers);
	if (desc->flags & TEE_DESC_PRIVILEGED)
		vers.gen_caps |= TEE_GEN_CAP_PRIVILEGED;
	return uaccess_copy_out(uarg, &vers, sizeof(vers));
}

/* The filled argument and a descriptor of @shm, whose reference it takes over, for the client. */
static int give_shm(uint64_t uarg, const void *data, size_t size, struct tee_shm *shm)
{
	int ret;

	ret = uaccess_copy_out(uarg, data, size);
	if (!ret)
		ret = tee_shm_get_fd(shm);
	/* From here on the descriptor keeps the object, if there is one. */
	tee_shm_put(shm);
	return ret;
}

static int tee_ioctl_shm_alloc(struct tee_context *ctx, uint64_t uarg)
{
	struct tee_ioctl_shm_alloc_data data;
	struct tee_shm *shm;
	int ret;

	ret = uaccess_copy_in(&data, uarg, sizeof(data));
	if (ret)
		return ret;
	if (data.flags)
		return -EINVAL;
	ret = tee_shm_alloc(ctx, data.size, TEE_SHM_DMA_BUF, &shm);
	if (ret)
		return ret;
	data.id = shm->id;
	data.size = shm->size;
	return give_shm(uarg, &data, sizeof(data), shm);
}

static int tee_ioctl_shm_register(struct tee_context *ctx, uint64_t uarg)
{
	struct tee_ioctl_shm_register_data data;
	struct tee_shm *shm;
	int ret;

	ret = uaccess_copy_in(&data, uarg, sizeof(data));
	if (ret)
		return ret;
	if (data.flags & ~TEE_SHM_REGISTER_BRIEF)
		return -EINVAL;
	ret = tee_shm_register_user_buf(ctx, data.addr, data.length, data.flags, &shm);
	if (ret)
		return ret;
	data.id = shm->id;
	data.length = shm->size;
	return give_shm(uarg, &data, sizeof(data), shm);
}

static int tee_ioctl_shm_register_fd(struct tee_context *ctx, uint64_t uarg)
{
	struct tee_ioctl_shm_register_fd_data data;
	struct tee_shm *shm;
	int ret;

	ret = uaccess_copy_in(&data, uarg, sizeof(data));
	if (ret)
		return ret;
	if (data.flags || data.fd < 0 || data.fd > INT_MAX)
		return -EINVAL;
	ret = tee_shm_register_fd(ctx, (int)data.fd, &shm);
	if (ret)
		return ret;
	data.id = shm->id;
	data.size = shm->size;
	return give_shm(uarg, &data, sizeof(data), shm);
}

static int tee_ioctl_cancel(struct tee_context *ctx, uint64_t uarg)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	struct tee_ioctl_cancel_arg arg;
	int ret;

	if (!ops->cancel_req)
		return -EINVAL;
	ret = uaccess_copy_in(&arg, uarg, sizeof(arg));
	if (ret)
		return ret;
	tl_trace(TRACE_TEE, TRACE_DOWN, "cancel", arg.cancel_id);
	ret = ops->cancel_req(ctx, arg.cancel_id, arg.session);
	tl_trace(TRACE_TEE, TRACE_UP, "cancel", arg.cancel_id);
	return ret;
}

static int tee_ioctl_close_session(struct tee_context *ctx, uint64_t uarg)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	struct tee_ioctl_close_session_arg arg;
	int ret;

	if (!ops->close_session)
		return -EINVAL;
	ret = uaccess_copy_in(&arg, uarg, sizeof(arg));
	if (ret)
		return ret;
	tl_trace(TRACE_TEE, TRACE_DOWN, "close_session", arg.session);
	ret = ops->close_session(ctx, arg.session);
	tl_trace(TRACE_TEE, TRACE_UP, "close_session", arg.session);
	return ret;
}

static int dispatch(struct tee_context *ctx, unsigned int cmd, void *arg)
{
	uint64_t uarg = (uintptr_t)arg;

	switch (cmd) {
	case TEE_IOC_VERSION:
		return tee_ioctl_version(ctx, uarg);
	case TEE_IOC_SHM_ALLOC:
		return tee_ioctl_shm_alloc(ctx, uarg);
	case TEE_IOC_SHM_REGISTER:
		return tee_ioctl_shm_register(ctx, uarg);
	case TEE_IOC_SHM_REGISTER_FD:
		return tee_ioctl_shm_register_fd(ctx, uarg);
	case TEE_IOC_OPEN_SESSION:
		return tee_ioctl_open_session(ctx, uarg);
	case TEE_IOC_INVOKE:
		return tee_ioctl_invoke(ctx, uarg);
	case TEE_IOC_CANCEL:
		return tee_ioctl_cancel(ctx, uarg);
	case TEE_IOC_CLOSE_SESSION:
		return tee_ioctl_close_session(ctx, uarg);
	case TEE_IOC_SUPPL_RECV:
		return tee_ioctl_supp_recv(ctx, uarg);
	case TEE_IOC_SUPPL_SEND:
		return tee_ioctl_supp_send(ctx, uarg);
	default:
		return -EINVAL;
	}
}

int tee_ioctl(struct tee_context *ctx, unsigned int cmd, void *arg)
{
	int saved = errno;
	int ret = dispatch(ctx, cmd, arg);

	errno = saved;
	return ret;
}
