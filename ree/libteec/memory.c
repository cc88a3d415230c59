/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/libteec/context.h"
#include "ree/libteec/result.h"
#include "ree/libteec/shm.h"

TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem)
{
	TEEC_Context at;
	int ret;

	if (!context || !sharedMem)
		return TEEC_ERROR_BAD_PARAMETERS;
	ret = teec_context_at(context, &at);
	if (!ret)
		ret = teec_shm_register(&at, sharedMem);
	return teec_result(ret);
}

TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem)
{
	TEEC_Context at;
	int ret;

	if (!context || !sharedMem)
		return TEEC_ERROR_BAD_PARAMETERS;
	ret = teec_context_at(context, &at);
	if (!ret)
		ret = teec_shm_allocate(&at, sharedMem);
	return teec_result(ret);
}

TEEC_Result TEEC_RegisterSharedMemoryFileDescriptor(TEEC_Context *context,
						    TEEC_SharedMemory *sharedMem, int fd)
{
	TEEC_Context at;
	int ret;

	if (!context || !sharedMem || fd < 0)
		return TEEC_ERROR_BAD_PARAMETERS;
	ret = teec_context_at(context, &at);
	if (!ret)
		ret = teec_shm_register_fd(&at, sharedMem, fd);
	return teec_result(ret);
}

void TEEC_ReleaseSharedMemory(TEEC_SharedMemory *sharedMemory)
{
	if (sharedMemory)
		teec_shm_release(sharedMemory);
}
