/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The five functions that a trusted application provides (TEE Internal Core API 4.3).
 * Thread rule: the TA's one entry thread; one call at a time.
 * Ownership rule: a session context is the TA's from open to close.
 */
#ifndef TEE_TA_API_H
#define TEE_TA_API_H

#include <tee_internal_api.h>

#define TA_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

TEE_Result TA_EXPORT TA_CreateEntryPoint(void);
void TA_EXPORT TA_DestroyEntryPoint(void);
TEE_Result TA_EXPORT TA_OpenSessionEntryPoint(uint32_t paramTypes,
					      TEE_Param params[TEE_NUM_PARAMS],
					      void **sessionContext);
void TA_EXPORT TA_CloseSessionEntryPoint(void *sessionContext);
TEE_Result TA_EXPORT TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID,
						uint32_t paramTypes,
						TEE_Param params[TEE_NUM_PARAMS]);

#ifdef __cplusplus
}
#endif

#endif
