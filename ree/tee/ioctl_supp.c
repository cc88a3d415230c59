/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "ree/tee/tee_private.h"
#include "ree/tee/uaccess.h"

int tee_ioctl_supp_recv(struct tee_context *ctx, uint64_t ubuf)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	struct tee_param params[TEE_MAX_PARAMS];
	struct tee_ioctl_buf_data buf;
	uint32_t room, func = 0;
	union tee_arg_buf arg;
	int ret;

	if (!ops->supp_recv)
		return -EINVAL;
	ret = tee_arg_copy_in(ubuf, sizeof(arg.recv), uaccess_copy_in, &buf, &arg);
	if (ret)
		return ret;
	room = arg.recv.num_params;
	if (!tee_arg_fits(buf.buf_len, sizeof(arg.recv), room))
		return -EINVAL;
	ret = tee_params_from_client(ctx, params, room, arg.recv.params);
	if (ret)
		return ret;
	/* What the supplicant refers to is of no use to the driver: only attributes matter. */
	tee_params_put(params, room);

	ret = ops->supp_recv(ctx, &func, &arg.recv.num_params, params);
	if (ret)
		return ret;
	if (arg.recv.num_params > room)
		return -EINVAL;
	arg.recv.func = func;
	tee_params_to_supp(arg.recv.params, arg.recv.num_params, params);
	tee_params_put(params, arg.recv.num_params);
	return uaccess_copy_out(buf.buf_ptr, arg.bytes,
				sizeof(arg.recv) +
					arg.recv.num_params * sizeof(arg.recv.params[0]));
}

int tee_ioctl_supp_send(struct tee_context *ctx, uint64_t ubuf)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	struct tee_param params[TEE_MAX_PARAMS];
	struct tee_ioctl_buf_data buf;
	union tee_arg_buf arg;
	uint64_t need;
	int ret;

	if (!ops->supp_send)
		return -EINVAL;
	ret = tee_arg_copy_in(ubuf, sizeof(arg.send), uaccess_copy_in, &buf, &arg);
	if (ret)
		return ret;
	/* Room beyond the parameters is allowed: an answer may have fewer than its request. */
	need = sizeof(arg.send) + (uint64_t)arg.send.num_params * sizeof(arg.send.params[0]);
	if (need > buf.buf_len)
		return -EINVAL;
	ret = tee_params_from_supp(params, arg.send.num_params, arg.send.params);
	if (ret)
		return ret;
	return ops->supp_send(ctx, arg.send.ret, arg.send.num_params, params);
}
