/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What OP-TEE's client library 2.0.0 has beyond the GlobalPlatform API.
 * Thread rule: as tee_client_api.h.
 * Ownership rule: as tee_client_api.h; a descriptor that is passed in stays the program's.
 */
#ifndef TEE_CLIENT_API_EXTENSIONS_H
#define TEE_CLIENT_API_EXTENSIONS_H

#include <tee_client_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * TEEC_RegisterSharedMemoryFileDescriptor() - share the memory behind a descriptor
 * @context: connection to the TEE to share it with
 * @sharedMem: flags set; size is filled in with the size of the memory, buffer with NULL: the
 *             library doesn't map it
 * @fd: a dma-buf for a kernel's TEE, a memfd with the SHRINK seal for the process's own VM. It may
 *      be closed afterwards.
 *
 * Undone by TEEC_ReleaseSharedMemory.
 *
 * Return: TEEC_SUCCESS; TEEC_ERROR_BAD_PARAMETERS: a NULL pointer, wrong flags or a descriptor that
 * can't be shared; TEEC_ERROR_NOT_SUPPORTED: the device can't do it; TEEC_ERROR_OUT_OF_MEMORY;
 * TEEC_ERROR_COMMUNICATION.
 */
TEEC_Result TEEC_RegisterSharedMemoryFileDescriptor(TEEC_Context *context,
						    TEEC_SharedMemory *sharedMem, int fd);

#ifdef __cplusplus
}
#endif

#endif
