/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "lib/trace.h"
#include "ree/tee/tee_private.h"
#include "ree/tee/uaccess.h"

/* The fields of an argument's header that are answers: [@first, @end). */
struct answer_fields {
	size_t first, end, hdr_size;
};

static const struct answer_fields open_session_answer = {
	offsetof(struct tee_ioctl_open_session_arg, session),
	offsetof(struct tee_ioctl_open_session_arg, num_params),
	sizeof(struct tee_ioctl_open_session_arg),
};

static const struct answer_fields invoke_answer = {
	offsetof(struct tee_ioctl_invoke_arg, ret),
	offsetof(struct tee_ioctl_invoke_arg, num_params),
	sizeof(struct tee_ioctl_invoke_arg),
};

static int copy_out_answer(uint64_t uarg, const void *arg, const struct answer_fields *fields,
			   const struct tee_param *params, uint32_t num_params,
			   uaccess_copy_out_fn copy_out)
{
	const uint8_t *bytes = arg;
	int ret;

	ret = copy_out(uarg + fields->first, bytes + fields->first, fields->end - fields->first);
	if (ret)
		return ret;
	return tee_params_to_client(uarg + fields->hdr_size, num_params, params, copy_out);
}

static int do_open_session(struct tee_context *ctx, uint64_t uarg,
			   struct tee_ioctl_open_session_arg *arg)
{
	const struct tee_driver_ops *ops = ctx->dev->desc->ops;
	struct tee_param params[TEE_MAX_PARAMS];
	uint32_t num_params = arg->num_params;
	size_t sizes[TEE_MAX_PARAMS];
	int ret;

	ret = tee_params_from_client(ctx, params, num_params, arg->params);
	if (ret)
		return ret;
	if (arg->clnt_login >= TEE_IOCTL_LOGIN_REE_KERNEL_MIN &&
	    arg->clnt_login <= TEE_IOCTL_LOGIN_REE_KERNEL_MAX) {
		ret = -EPERM;
		goto out;
	}
	ret = tee_params_bounce_in(params, num_params, sizes);
	if (ret)
		goto out;
	ret = ops->open_session(ctx, arg, params);
	if (ret)
		goto out;
	ret = tee_params_bounce_out(params, num_params, sizes);
	if (!ret)
		ret = copy_out_answer(uarg, arg, &open_session_answer, params, num_params,
				      uaccess_copy_out);
	/* Nobody would know the session. */
	if (ret && !arg->ret && ops->close_session)
		ops->close_session(ctx, arg->session);
out:
	tee_params_put(params, num_params);
	return ret;
}

int tee_ioctl_open_session(struct tee_context *ctx, uint64_t ubuf)
{
	struct tee_ioctl_buf_data buf;
	union tee_arg_buf arg;
	int ret;

	if (!ctx->dev->desc->ops->open_session)
		return -EINVAL;
	ret = tee_arg_copy_in(ubuf, sizeof(arg.open), uaccess_copy_in, &buf, &arg);
	if (ret)
		return ret;
	if (!tee_arg_fits(buf.buf_len, sizeof(arg.open), arg.open.num_params))
		return -EINVAL;
	arg.open.session = 0;
	arg.open.ret = 0;
	arg.open.ret_origin = 0;

	tl_trace(TRACE_TEE, TRACE_DOWN, "open_session", arg.open.cancel_id);
	ret = do_open_session(ctx, buf.buf_ptr, &arg.open);
	tl_trace(TRACE_TEE, TRACE_UP, "open_session", arg.open.session);
	return ret;
}

static int do_invoke(struct tee_context *ctx, uint64_t uarg, struct tee_ioctl_invoke_arg *arg)
{
	struct tee_param params[TEE_MAX_PARAMS];
	uint32_t num_params = arg->num_params;
	size_t sizes[TEE_MAX_PARAMS];
	int ret;

	ret = tee_params_from_client(ctx, params, num_params, arg->params);
	if (ret)
		return ret;
	ret = tee_params_bounce_in(params, num_params, sizes);
	if (!ret)
		ret = ctx->dev->desc->ops->invoke_func(ctx, arg, params);
	if (!ret)
		ret = tee_params_bounce_out(params, num_params, sizes);
	if (!ret)
		ret = copy_out_answer(uarg, arg, &invoke_answer, params, num_params,
				      uaccess_copy_out_unchecked);
	tee_params_put(params, num_params);
	return ret;
}

int tee_ioctl_invoke(struct tee_context *ctx, uint64_t ubuf)
{
	struct tee_ioctl_buf_data buf;
	union tee_arg_buf arg;
	int ret;

	if (!ctx->dev->desc->ops->invoke_func)
		return -EINVAL;
	ret = tee_arg_copy_in(ubuf, sizeof(arg.invoke), uaccess_copy_in_unchecked, &buf, &arg);
	if (ret)
		return ret;
	if (!tee_arg_fits(buf.buf_len, sizeof(arg.invoke), arg.invoke.num_params))
		return -EINVAL;
	arg.invoke.ret = 0;
	arg.invoke.ret_origin = 0;

	tl_trace(TRACE_TEE, TRACE_DOWN, "invoke", arg.invoke.session);
	ret = do_invoke(ctx, buf.buf_ptr, &arg.invoke);
	tl_trace(TRACE_TEE, TRACE_UP, "invoke", arg.invoke.session);
	return ret;
}
