/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/libteec/result.h"

#include <errno.h>

TEEC_Result teec_result(int err)
{
	switch (-err) {
	case 0:
		return TEEC_SUCCESS;
	case EINVAL:
	case EBADF:
	case EFAULT:
		return TEEC_ERROR_BAD_PARAMETERS;
	case ENOMEM:
	case ENOSPC:
	case EMFILE:
	case ENFILE:
		return TEEC_ERROR_OUT_OF_MEMORY;
	case EACCES:
	case EPERM:
		return TEEC_ERROR_ACCESS_DENIED;
	case EBUSY:
	case EAGAIN:
		return TEEC_ERROR_BUSY;
	case ENOENT:
		return TEEC_ERROR_ITEM_NOT_FOUND;
	case ENOTTY:
	case ENOSYS:
	case EOPNOTSUPP:
		return TEEC_ERROR_NOT_SUPPORTED;
	case EIO:
	case ENODEV:
	case ENXIO:
	case EPIPE:
	case EPROTO:
	case ENOLINK:
	case EREMOTEIO:
	case ETIMEDOUT:
	case ENOTCONN:
	case ESHUTDOWN:
	case ECONNRESET:
	case ECONNABORTED:
	case ECONNREFUSED:
		return TEEC_ERROR_COMMUNICATION;
	default:
		return TEEC_ERROR_GENERIC;
	}
}

uint32_t teec_local_origin(int err)
{
	if (teec_result(err) == TEEC_ERROR_COMMUNICATION)
		return TEEC_ORIGIN_COMMS;
	return TEEC_ORIGIN_API;
}
