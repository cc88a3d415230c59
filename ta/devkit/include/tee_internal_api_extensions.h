/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * OP-TEE's functions beyond GP's API.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TEE_INTERNAL_API_EXTENSIONS_H
#define TEE_INTERNAL_API_EXTENSIONS_H

#include <stdio.h>
#include <tee_api_defines_extensions.h>
#include <tee_api_types.h>
#include <trace.h>
#include <types_ext.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TEE_USER_MEM_HINT_NO_FILL_ZERO 0x80000000

/* Caches are coherent here: these check their range and are done. */
TEE_Result TEE_CacheClean(char *buf, size_t len);
TEE_Result TEE_CacheFlush(char *buf, size_t len);
TEE_Result TEE_CacheInvalidate(char *buf, size_t len);

/**
 * tee_map_zi() - zeroed memory in whole pages
 * @flags: TEE_MEMORY_ACCESS_ANY_OWNER (to be shared with other TAs) or 0
 *
 * Return: the caller's, for tee_unmap; NULL when there is none.
 */
void *tee_map_zi(size_t len, uint32_t flags);
TEE_Result tee_unmap(void *buf, size_t len);

/* "8aaaf200-2450-11e4-abe2-0002a5d5c51b". Return: TEE_SUCCESS, TEE_ERROR_BAD_PARAMETERS. */
TEE_Result tee_uuid_from_str(TEE_UUID *uuid, const char *s);

/**
 * tee_invoke_supp_plugin() - call a plugin of the supplicant
 * @buf, @len: in and out; may be NULL and 0
 * @outlen: how many bytes the plugin left there; may be NULL
 *
 * Return: what the plugin or the way to it returned.
 */
TEE_Result tee_invoke_supp_plugin(const TEE_UUID *uuid, uint32_t cmd, uint32_t sub_cmd, void *buf,
				  size_t len, size_t *outlen);

#ifdef __cplusplus
}
#endif

#endif
