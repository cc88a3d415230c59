/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/tee/tee_private.h"

int tee_arg_copy_in(uint64_t ubuf, size_t hdr_size, uaccess_copy_in_fn copy_in,
		    struct tee_ioctl_buf_data *buf, union tee_arg_buf *arg)
{
	int ret;

	ret = copy_in(buf, ubuf, sizeof(*buf));
	if (ret)
		return ret;
	if (buf->buf_len > TEE_MAX_ARG_SIZE || buf->buf_len < hdr_size)
		return -EINVAL;
	return copy_in(arg->bytes, buf->buf_ptr, buf->buf_len);
}
