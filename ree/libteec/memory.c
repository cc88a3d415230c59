/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/libteec/result.h"
#include "ree/libteec/shm.h"

TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem)
{
	if (!context || !sharedMem)
		return TEEC_ERROR_BAD_PARAMETERS;
	return teec_result(teec_shm_register(context, sharedMem));
}

TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem)
{
	if (!context || !sharedMem)
		return TEEC_ERROR_BAD_PARAMETERS;
	return teec_result(teec_shm_allocate(context, sharedMem));
}

TEEC_Result TEEC_RegisterSharedMemoryFileDescriptor(TEEC_Context *context,
						    TEEC_SharedMemory *sharedMem, int fd)
{
	if (!context || !sharedMem || fd < 0)
		return TEEC_ERROR_BAD_PARAMETERS;
	return teec_result(teec_shm_register_fd(context, sharedMem, fd));
}

void TEEC_ReleaseSharedMemory(TEEC_SharedMemory *sharedMemory)
{
	if (sharedMemory)
		teec_shm_release(sharedMemory);
}
