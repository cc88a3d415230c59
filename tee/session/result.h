/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GlobalPlatform's results, origins and login methods, as far as the session manager speaks them (TEE
 * Internal Core API 1.3, sections 3.3.3 and 4.2.2).
 * Thread rule: constants, and a pure function.
 * Ownership rule: none.
 */
#ifndef TEELINK_TEE_SESSION_RESULT_H
#define TEELINK_TEE_SESSION_RESULT_H

#include <errno.h>
#include <stdint.h>

#define TEE_SUCCESS 0x00000000u
#define TEE_ERROR_GENERIC 0xffff0000u
#define TEE_ERROR_ACCESS_DENIED 0xffff0001u
#define TEE_ERROR_CANCEL 0xffff0002u
#define TEE_ERROR_EXCESS_DATA 0xffff0004u
#define TEE_ERROR_BAD_FORMAT 0xffff0005u
#define TEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_NOT_IMPLEMENTED 0xffff0009u
#define TEE_ERROR_NOT_SUPPORTED 0xffff000au
#define TEE_ERROR_OUT_OF_MEMORY 0xffff000cu
#define TEE_ERROR_BUSY 0xffff000du
#define TEE_ERROR_COMMUNICATION 0xffff000eu
#define TEE_ERROR_SECURITY 0xffff000fu
#define TEE_ERROR_SHORT_BUFFER 0xffff0010u
#define TEE_ERROR_TARGET_DEAD 0xffff3024u

#define TEE_ORIGIN_TEE 3u
#define TEE_ORIGIN_TRUSTED_APP 4u

#define TEE_LOGIN_PUBLIC 0x00000000u
#define TEE_LOGIN_USER 0x00000001u
#define TEE_LOGIN_GROUP 0x00000002u
#define TEE_LOGIN_APPLICATION 0x00000004u
#define TEE_LOGIN_APPLICATION_USER 0x00000005u
#define TEE_LOGIN_APPLICATION_GROUP 0x00000006u
#define TEE_LOGIN_REE_KERNEL 0x80000000u
#define TEE_LOGIN_TRUSTED_APP 0xf0000000u

#define TEE_PARAM_TYPE_VALUE_INPUT 1u
#define TEE_PARAM_TYPE_VALUE_OUTPUT 2u
#define TEE_PARAM_TYPE_VALUE_INOUT 3u
#define TEE_PARAM_TYPE_MEMREF_INPUT 5u
#define TEE_PARAM_TYPE_MEMREF_OUTPUT 6u
#define TEE_PARAM_TYPE_MEMREF_INOUT 7u

/* What a client, or a TA, hears of an image that isn't loaded (ta_image_load's errors). */
static inline uint32_t image_load_result(int err)
{
	switch (err) {
	case -ENOENT:
		return TEE_ERROR_ITEM_NOT_FOUND;
	case -EKEYREJECTED:
		return TEE_ERROR_SECURITY;
	case -ENOEXEC:
		return TEE_ERROR_BAD_FORMAT;
	case -ECONNRESET:
	case -ETIMEDOUT:
		return TEE_ERROR_COMMUNICATION;
	case -ENOMEM:
		return TEE_ERROR_OUT_OF_MEMORY;
	default:
		return TEE_ERROR_GENERIC;
	}
}

#endif
